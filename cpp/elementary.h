// exp, log and tanh on vectors: within 2 units in the last place, the same bits in every build that has fma.
#pragma once
#include "vectors.h"

namespace chainrule::CHAINRULE_ISA {

template <class T>
struct Constants;
template <>
struct Constants<float> {
    static constexpr int mantissa = 23, bias = 127, exp_terms = 7, log_terms = 9;
    static constexpr float shifter = 12582912.0f;  // 1.5 · 2²³: adding it rounds to an integer
    static constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    static constexpr float exp_least = -87.0f, exp_most = 88.0f;
    static constexpr int32_t half_sqrt2 = 0x3f3504f3;  // the bits of √½
};
template <>
struct Constants<double> {
    static constexpr int mantissa = 52, bias = 1023, exp_terms = 13, log_terms = 18;
    static constexpr double shifter = 6755399441055744.0;
    static constexpr double ln2_high = 6.93145751953125e-1, ln2_low = 1.42860682030941723212e-6;
    static constexpr double exp_least = -708.0, exp_most = 709.0;
    static constexpr int64_t half_sqrt2 = 0x3fe6a09e667f3bcd;
};

// e^x = scale + scale · rest with x = k ln 2 + r, |r| ≤ ln 2 / 2, scale = 2^k and rest = e^r − 1 by Taylor's series.
template <class T>
struct Exponential {
    Vector<T> scale, rest;
};

template <class T>
INLINE Exponential<T> exponential(Vector<T> x) {
    using C = Constants<T>;
    x = x < C::exp_least ? broadcast(C::exp_least) : x;
    x = x > C::exp_most ? broadcast(C::exp_most) : x;
    const Vector<T> shifted = fma(x, broadcast(T(1.44269504088896340736)), broadcast(C::shifter));
    const Vector<T> k = shifted - C::shifter;
    Vector<T> r = fma(k, broadcast(-C::ln2_high), x);
    r = fma(k, broadcast(-C::ln2_low), r);

    T factorial = 1;
    for (int i = 2; i <= C::exp_terms; ++i) factorial *= i;
    Vector<T> p = broadcast(1 / factorial);
#pragma GCC unroll 16
    for (int i = C::exp_terms; i > 1; --i) {
        factorial /= i;
        p = fma(p, r, broadcast(1 / factorial));
    }
    const Integers<T> bits = ((Integers<T>)shifted << C::mantissa) + (typename VectorOf<T>::integer(C::bias) << C::mantissa);
    return {(Vector<T>)bits, p * r};
}

// Below the normal numbers the result is 0, above the largest it stays there.
template <class T>
INLINE Vector<T> exp(Vector<T> x) {
    const auto e = exponential<T>(x);
    return x < Constants<T>::exp_least ? Vector<T>{} : fma(e.scale, e.rest, e.scale);
}

// (e^(2x) − 1) / (e^(2x) + 1), exact to the last places near 0 too.
template <class T>
INLINE Vector<T> tanh(Vector<T> x) {
    const T most = sizeof(T) == 4 ? 10 : 20;
    x = x > most ? broadcast(most) : x;
    x = x < -most ? broadcast(-most) : x;
    const auto e = exponential<T>(x + x);
    const Vector<T> u = fma(e.scale, e.rest, e.scale - 1);
    return u / (u + 2);
}

// log((1 + t) / (1 − t)) = 2 (t + t³/3 + t⁵/5 + …), |t| ≤ 1/3.
template <class T>
INLINE Vector<T> log_ratio(Vector<T> t) {
    const Vector<T> t2 = t * t;
    Vector<T> p = broadcast(T(1) / (2 * Constants<T>::log_terms + 1));
#pragma GCC unroll 32
    for (int i = Constants<T>::log_terms - 1; i > 0; --i) p = fma(p, t2, broadcast(T(1) / (2 * i + 1)));
    t = t + t;
    return fma(t * t2, p, t);
}

// log(1 + x) for 0 ≤ x ≤ 1.
template <class T>
INLINE Vector<T> log1p(Vector<T> x) {
    return log_ratio<T>(x / (x + 2));
}

// log x for normal x > 0: x = 2^k f with √½ ≤ f < √2.
template <class T>
INLINE Vector<T> log(Vector<T> x) {
    using C = Constants<T>;
    const Integers<T> bits = (Integers<T>)x;
    const Integers<T> exponent = (bits - C::half_sqrt2) >> C::mantissa;
    const Vector<T> f = (Vector<T>)(bits - (exponent << C::mantissa));
    const Vector<T> k = (Vector<T>)(exponent + (Integers<T>)broadcast(C::shifter)) - C::shifter;
    const Vector<T> y = log_ratio<T>((f - 1) / (f + 1));
    return fma(k, broadcast(C::ln2_high), fma(k, broadcast(C::ln2_low), y));
}

}  // namespace chainrule::CHAINRULE_ISA
