// The end of the network: ŷ, the loss of each sample and dz^L, all from the scores z^L. A vector holds one column of as
// many samples as it has lanes: sums over the classes run from register to register, in the order of the classes.
#pragma once
#include "elementary.h"
#include "task.h"

namespace chainrule::CHAINRULE_ISA {

// z holds z^L by columns on entry, dz^L on return; y holds Y. Returns the losses of the samples in the lanes.
template <class T>
INLINE Vector<T> softmax_columns(T* z, const T* y, Vector<T> s, int64_t K) {
    constexpr int64_t n = lanes<T>;
    Vector<T> z_max = load(z), top{}, others{}, z_y{};
    for (int64_t k = 1; k < K; ++k) z_max = larger(load(z + k * n), z_max);
    for (int64_t k = 0; k < K; ++k) {
        const Vector<T> shifted = load(z + k * n) - z_max, e = exp<T>(shifted);
        top += shifted == 0 ? broadcast(T(1)) : Vector<T>{};
        others += shifted == 0 ? Vector<T>{} : e;
        z_y += load(y + k * n) != 0 ? shifted : Vector<T>{};
        store(z + k * n, e);
    }
    const Vector<T> scale = 1 / (top + others);
    for (int64_t k = 0; k < K; ++k) {
        const Vector<T> y_hat = load(z + k * n) * scale;      // F3
        store(z + k * n, s * (y_hat - load(y + k * n)));      // B1
    }
    // The 1 of the highest score is left to log1p, so that the loss of a good fit keeps its digits.
    const Vector<T> beside = (top - 1) + others;
    return (beside <= 1 ? log1p<T>(beside) : log<T>(1 + beside)) - z_y;  // L1
}

// As softmax_columns, for independent logistic units.
template <class T>
INLINE Vector<T> logistic_columns(T* z, const T* y, Vector<T> s, int64_t K) {
    constexpr int64_t n = lanes<T>;
    Vector<T> loss{};
    for (int64_t k = 0; k < K; ++k) {
        const Vector<T> x = load(z + k * n), Y = load(y + k * n);
        const Vector<T> t = exp<T>(x > 0 ? -x : x);
        const Vector<T> y_hat = (x > 0 ? broadcast(T(1)) : t) / (1 + t);                       // F3
        const Vector<T> right = Y != 0 ? x : -x;
        loss += log1p<T>(t) - (right < 0 ? right : Vector<T>{});                               // L1: softplus(z) − Y z
        store(z + k * n, s * (y_hat - Y));                                                     // B1
    }
    return loss;
}

// ŷ of a row of K scores, in its place.
template <class T>
void output_forward(T* z, Output output, int64_t K) {
    const auto over = [&](auto f) {
        for (int64_t k = 0; k < K; k += lanes<T>) store(z + k, f(load(z + k)));
    };
    if (output == Output::logistic) {
        over([](Vector<T> x) {
            const Vector<T> t = exp<T>(x > 0 ? -x : x);
            return (x > 0 ? broadcast(T(1)) : t) / (1 + t);  // F3
        });
        return;
    }
    T z_max = z[0], sum = 0;
    for (int64_t k = 1; k < K; ++k) z_max = z[k] > z_max ? z[k] : z_max;
    over([&](Vector<T> x) { return exp<T>(x - z_max); });
    for (int64_t k = 0; k < K; ++k) sum += z[k];
    over([&](Vector<T> e) { return e / sum; });  // F3
}

// F3, L1 and B1 for rows [begin, end) of the batch, which starts at `first` in the order; s = w / weight.
template <class T>
void output_backward(Task<T>& task, int thread, int64_t begin, int64_t end, int64_t first, double weight) {
    constexpr int64_t n = lanes<T>;
    const Layer<T>& last = task.layers[task.depth - 1];
    const int64_t K = last.d_out, ld = last.ld;
    T *const z = task.columns + thread * 2 * n * ld, *const y = z + n * ld;
    alignas(vector_bytes) T s[n], losses[n];
    store(s, broadcast(T(1 / weight)));

    for (int64_t i = begin; i < end; i += n) {
        const int64_t rows = end - i < n ? end - i : n;
        for (int64_t r = 0; r < rows; ++r) {
            const int64_t sample = task.order ? task.order[first + i + r] : first + i + r;
            const uint8_t* const Y = task.Y + sample * K;
            for (int64_t k = 0; k < K; ++k) y[k * n + r] = T(Y[k] != 0);
            if (task.w) s[r] = T(task.w[sample] / weight);
        }
        for (int64_t k = 0; k < K; k += n) transpose(z + k * n, n, last.a + i * ld + k, ld, rows, n);
        store(losses, task.output == Output::softmax ? softmax_columns<T>(z, y, load(s), K) : logistic_columns<T>(z, y, load(s), K));
        for (int64_t k = 0; k < K; k += n) transpose(last.dz + i * ld + k, ld, z + k * n, n, K - k, rows);
        for (int64_t r = 0; r < rows; ++r) task.losses[i + r] = losses[r];
    }
}

}  // namespace chainrule::CHAINRULE_ISA
