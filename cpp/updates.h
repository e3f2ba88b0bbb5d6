// What becomes of a gradient: scikit-learn's SGD and Adam, or a sum over the whole data set.
#pragma once
#include "task.h"
#include "vectors.h"

namespace chainrule::CHAINRULE_ISA {

template <class T, bool nesterov>
struct Sgd {
    T learning_rate, momentum;
    explicit Sgd(const Optimiser<T>& o) : learning_rate(T(o.learning_rate)), momentum(T(o.momentum)) {}

    INLINE void operator()(T* W, T* m, T*, Vector<T> g) const {
        const Vector<T> step = learning_rate * g;
        Vector<T> update = momentum * load(m) - step;
        store(m, update);
        if constexpr (nesterov) update = momentum * update - step;
        store(W, load(W) + update);
    }
};

template <class T>
struct Adam {
    T rate, beta_1, gain_1, beta_2, gain_2, epsilon;
    explicit Adam(const Optimiser<T>& o)
        : rate(T(o.learning_rate * __builtin_sqrt(1 - o.beta_2_t) / (1 - o.beta_1_t))),
          beta_1(T(o.beta_1)), gain_1(T(1 - o.beta_1)), beta_2(T(o.beta_2)), gain_2(T(1 - o.beta_2)), epsilon(T(o.epsilon)) {}

    INLINE void operator()(T* W, T* m, T* v, Vector<T> g) const {
        const Vector<T> first = fma(broadcast(beta_1), load(m), gain_1 * g);
        const Vector<T> second = fma(broadcast(beta_2), load(v), gain_2 * (g * g));
        store(m, first);
        store(v, second);
        store(W, load(W) - rate * first / (sqrt(second) + epsilon));
    }
};

template <class T>
struct Sum {
    explicit Sum(const Optimiser<T>&) {}
    INLINE void operator()(T*, T* m, T*, Vector<T> g) const { store(m, load(m) + g); }
};

// A stretch of a matrix whose gradient waits; the bias may be its last row.
template <class T, class Rule>
class Pending {
public:
    Pending(Rule rule, T decay) : rule_(rule), decay_(decay) {}

    // The next stretch: of so many elements of W, and after them of so many of the bias.
    void await(T* W, T* m, T* v, const T* gradient, int64_t weights, int64_t biases) {
        W_ = W, m_ = m, v_ = v, gradient_ = gradient, left_ = weights + biases, biases_ = biases;
    }

    // Updates a vector of them, if there is one left.
    INLINE void one() {
        if (left_ <= 0) return;
        const Vector<T> decay = broadcast(left_ > biases_ ? decay_ : T(0));  // λ / Σ w
        rule_(W_, m_, v_, fma(decay, load(W_), load(gradient_)));            // B2, the second term
        W_ += lanes<T>, m_ += lanes<T>, v_ += lanes<T>, gradient_ += lanes<T>, left_ -= lanes<T>;
    }
    INLINE void all() {
        while (left_ > 0) one();
    }

    // How many of m samples should pass between two vectors.
    INLINE int64_t pace(int64_t m) const {
        const int64_t samples = left_ > 0 ? m * lanes<T> / left_ : m;
        return samples > 1 ? samples : 1;
    }

private:
    Rule rule_;
    T decay_;
    T *W_, *m_, *v_;
    const T* gradient_;
    int64_t left_ = 0, biases_ = 0;
};

}  // namespace chainrule::CHAINRULE_ISA
