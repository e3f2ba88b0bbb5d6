// σ and σ' side by side.
#pragma once
#include "elementary.h"
#include "task.h"

namespace chainrule::CHAINRULE_ISA {

template <class T, class F>
INLINE void elementwise(T* out, const T* in, int64_t n, F f) {
    for (int64_t i = 0; i < n; i += lanes<T>) store(out + i, f(load(out + i), load(in + i)));
}

// a = σ(z), in place; n a multiple of a vector.
template <class T>
void activation_forward(T* a, Activation activation, T slope, int64_t n) {
    using V = Vector<T>;
    switch (activation) {
        case Activation::identity:
            break;
        case Activation::logistic:
            elementwise(a, a, n, [](V z, V) { return 1 / (1 + exp<T>(-z)); });  // F2
            break;
        case Activation::tanh:
            elementwise(a, a, n, [](V z, V) { return tanh<T>(z); });  // F2
            break;
        case Activation::relu:  // z <= 0 rather than z > 0 lets NaN through
            elementwise(a, a, n, [](V z, V) { return z <= 0 ? V{} : z; });  // F2
            break;
        case Activation::leaky_relu:
            elementwise(a, a, n, [=](V z, V) { return z > 0 ? z : z * slope; });  // F2
            break;
    }
}

// dz = da ⊙ σ'(z), in place, with σ' from a; n a multiple of a vector.
template <class T>
void activation_backward(T* dz, const T* a, Activation activation, T slope, int64_t n) {
    using V = Vector<T>;
    switch (activation) {
        case Activation::identity:
            break;
        case Activation::logistic:
            elementwise(dz, a, n, [](V da, V a) { return da * (a * (1 - a)); });  // B5
            break;
        case Activation::tanh:
            elementwise(dz, a, n, [](V da, V a) { return da * ((1 - a) * (1 + a)); });  // B5
            break;
        case Activation::relu:
            elementwise(dz, a, n, [](V da, V a) { return a > 0 ? da : V{}; });  // B5
            break;
        case Activation::leaky_relu:
            elementwise(dz, a, n, [=](V da, V a) { return a > 0 ? da : da * slope; });  // B5
            break;
    }
}

}  // namespace chainrule::CHAINRULE_ISA
