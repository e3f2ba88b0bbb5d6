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

// A stretch of a matrix whose gradient waits in `gradient`: W, m, v and the gradient move on together.
template <class T, class Rule>
struct Pending {
    Rule rule;
    T decay;  // λ / Σ w, 0 for a bias
    T *W, *m, *v;
    const T* gradient;
    int64_t left = 0;

    Pending(Rule r, T d) : rule(r), decay(d) {}
    INLINE void one() {
        rule(W, m, v, fma(broadcast(decay), load(W), load(gradient)));  // B2, the second term
        W += lanes<T>, m += lanes<T>, v += lanes<T>, gradient += lanes<T>, left -= lanes<T>;
    }
    INLINE void all() {
        while (left > 0) one();
    }
};

}  // namespace chainrule::CHAINRULE_ISA
