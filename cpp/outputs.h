// The end of the network: ŷ, the loss of each sample and dz^L, all from the scores z^L.
#pragma once
#include "elementary.h"
#include "task.h"

namespace chainrule::CHAINRULE_ISA {

// Calls f(column, part of the block) for the vectors of a row of K columns and of what fills up its last block.
template <class T, class F>
INLINE void over_row(int64_t K, F f) {
    for (int64_t k = 0; k < K; k += block<T>)
#pragma GCC unroll 4
        for (int i = 0; i < block_vectors; ++i) f(k + i * lanes<T>, i);
}

template <class T>
INLINE Vector<T> valid_or(Vector<T> x, T fill, int64_t k, int64_t K) {
    using integer = typename VectorOf<T>::integer;
    return count<T>() + integer(k) < Integers<T>{} + integer(K) ? x : broadcast(fill);
}

template <class T>
INLINE T total(const Block<T>& x) {
    return across<T>(x, [](Vector<T> a, Vector<T> b) { return a + b; })[0];
}

// On entry dz holds Y, on return s ⊙ (ŷ − Y); z is spoilt. The loss of the row is log(sum) + rest.
template <class T>
INLINE void softmax_row(T& sum, T& rest, T* dz, T* z, T s, int64_t K) {
    using V = Vector<T>;
    const T infinity = __builtin_inf();
    Block<T> most, e_sum{}, hit{};
    for (V& part : most.part) part = broadcast(-infinity);
    over_row<T>(K, [&](int64_t k, int i) { most.part[i] = larger(valid_or<T>(load(z + k), -infinity, k, K), most.part[i]); });
    const V z_max = across<T>(most, [](V a, V b) { return larger(a, b); });
    over_row<T>(K, [&](int64_t k, int i) {
        const V shifted = load(z + k) - z_max;
        const V e = valid_or<T>(exp<T>(shifted), 0, k, K);
        e_sum.part[i] += e;
        hit.part[i] += load(dz + k) != 0 ? shifted : V{};
        store(z + k, e);
    });
    sum = total(e_sum);
    rest = -total(hit);                     // L1: log Σ e^(z − max) − (z[y] − max)
    over_row<T>(K, [&](int64_t k, int) {
        const V y_hat = load(z + k) / sum;  // F3
        store(dz + k, s * (y_hat - load(dz + k)));  // B1
    });
}

// As softmax_row, for independent logistic units.
template <class T>
INLINE void logistic_row(T& sum, T& rest, T* dz, const T* z, T s, int64_t K) {
    using V = Vector<T>;
    Block<T> loss{};
    over_row<T>(K, [&](int64_t k, int i) {
        const V x = load(z + k), y = load(dz + k);
        const V t = exp<T>(x > 0 ? -x : x);
        const V y_hat = (x > 0 ? broadcast(T(1)) : t) / (1 + t);                     // F3
        const V l = (x <= 0 ? V{} : x) + log1p<T>(t) - (y != 0 ? x : V{});           // L1: softplus(z) − Y z
        loss.part[i] += valid_or<T>(l, 0, k, K);
        store(dz + k, valid_or<T>(s * (y_hat - y), 0, k, K));  // B1
    });
    sum = 1;
    rest = total(loss);
}

// F3, L1 and B1 for rows [begin, end) of the batch, which starts at `first` in the order; s = w / weight.
template <class T>
void output_backward(Task<T>& task, int64_t begin, int64_t end, int64_t first, double weight) {
    const Layer<T>& last = task.layers[task.depth - 1];
    const int64_t K = last.d_out, ld = last.ld;
    T s = T(1 / weight);

    for (int64_t i = begin; i < end; ++i) {
        const uint8_t* Y = task.Y + (task.order ? task.order[first + i] : first + i) * K;
        T* dz = last.dz + i * ld;
        for (int64_t k = 0; k < K; ++k) dz[k] = T(Y[k] != 0);  // what fills up the row is 0 and stays so
    }
    // A vector of samples at a time, so that their logarithms are one.
    for (int64_t group = begin; group < end; group += lanes<T>) {
        alignas(vector_bytes) T sum[lanes<T>], rest[lanes<T>];
        store(sum, broadcast(T(1)));
        const int64_t members = end - group < lanes<T> ? end - group : lanes<T>;
        for (int64_t g = 0; g < members; ++g) {
            const int64_t i = group + g;
            if (task.w) s = T(task.w[task.order ? task.order[first + i] : first + i] / weight);
            T *dz = last.dz + i * ld, *z = last.a + i * ld;
            if (task.output == Output::softmax) softmax_row(sum[g], rest[g], dz, z, s, K);
            else logistic_row(sum[g], rest[g], dz, z, s, K);
        }
        const Vector<T> log_sum = log<T>(load(sum));
        for (int64_t g = 0; g < members; ++g) task.losses[group + g] = log_sum[g] + rest[g];  // L1
    }
}

}  // namespace chainrule::CHAINRULE_ISA
