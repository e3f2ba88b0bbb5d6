// Vectors of the widest registers that this translation unit is compiled for. Arithmetic on them is the compiler's
// (GCC's vector extensions, which Clang shares); what these lack is spelt here once.
#pragma once
#include <cstdint>
#include <cstring>
#include <utility>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace chainrule::CHAINRULE_ISA {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64, tile_rows = 8;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32, tile_rows = 4;
#elif defined(__aarch64__)
constexpr int vector_bytes = 16, tile_rows = 8;
#else
constexpr int vector_bytes = 16, tile_rows = 4;
#endif
constexpr int tile_vectors = 3;  // tile_rows × 3 sums, 3 vectors and a broadcast fill 16 or 32 registers

template <class T>
struct VectorOf;
template <>
struct VectorOf<float> {
    typedef float type __attribute__((vector_size(vector_bytes), may_alias));
    typedef int32_t integers __attribute__((vector_size(vector_bytes), may_alias));
    using integer = int32_t;
};
template <>
struct VectorOf<double> {
    typedef double type __attribute__((vector_size(vector_bytes), may_alias));
    typedef int64_t integers __attribute__((vector_size(vector_bytes), may_alias));
    using integer = int64_t;
};
template <class T>
using Vector = typename VectorOf<T>::type;
template <class T>
using Integers = typename VectorOf<T>::integers;
template <class T>
constexpr int64_t lanes = vector_bytes / sizeof(T);

#define INLINE inline __attribute__((always_inline))

template <class T>
INLINE Vector<T> load(const T* p) { return *reinterpret_cast<const Vector<T>*>(p); }
template <class T>
INLINE void store(T* p, Vector<T> x) { *reinterpret_cast<Vector<T>*>(p) = x; }
template <class T>
INLINE Vector<T> broadcast(T x) { return x - Vector<T>{}; }

// a b + c in one rounding. Contraction is off: what is not written as fma is rounded twice, in every build alike.
// The baseline has no such instruction and rounds twice here too.
#if defined(__AVX512F__)
INLINE Vector<float> fma(Vector<float> a, Vector<float> b, Vector<float> c) { return Vector<float>(_mm512_fmadd_ps(a, b, c)); }
INLINE Vector<double> fma(Vector<double> a, Vector<double> b, Vector<double> c) { return Vector<double>(_mm512_fmadd_pd(a, b, c)); }
INLINE Vector<float> sqrt(Vector<float> x) { return Vector<float>(_mm512_sqrt_ps(x)); }
INLINE Vector<double> sqrt(Vector<double> x) { return Vector<double>(_mm512_sqrt_pd(x)); }
#elif defined(__AVX2__)
INLINE Vector<float> fma(Vector<float> a, Vector<float> b, Vector<float> c) { return Vector<float>(_mm256_fmadd_ps(a, b, c)); }
INLINE Vector<double> fma(Vector<double> a, Vector<double> b, Vector<double> c) { return Vector<double>(_mm256_fmadd_pd(a, b, c)); }
INLINE Vector<float> sqrt(Vector<float> x) { return Vector<float>(_mm256_sqrt_ps(x)); }
INLINE Vector<double> sqrt(Vector<double> x) { return Vector<double>(_mm256_sqrt_pd(x)); }
#elif defined(__aarch64__)
INLINE Vector<float> fma(Vector<float> a, Vector<float> b, Vector<float> c) { return Vector<float>(vfmaq_f32(float32x4_t(c), float32x4_t(a), float32x4_t(b))); }
INLINE Vector<double> fma(Vector<double> a, Vector<double> b, Vector<double> c) { return Vector<double>(vfmaq_f64(float64x2_t(c), float64x2_t(a), float64x2_t(b))); }
INLINE Vector<float> sqrt(Vector<float> x) { return Vector<float>(vsqrtq_f32(float32x4_t(x))); }
INLINE Vector<double> sqrt(Vector<double> x) { return Vector<double>(vsqrtq_f64(float64x2_t(x))); }
#else
INLINE Vector<float> fma(Vector<float> a, Vector<float> b, Vector<float> c) { return a * b + c; }
INLINE Vector<double> fma(Vector<double> a, Vector<double> b, Vector<double> c) { return a * b + c; }
INLINE Vector<float> sqrt(Vector<float> x) { return Vector<float>(_mm_sqrt_ps(x)); }
INLINE Vector<double> sqrt(Vector<double> x) { return Vector<double>(_mm_sqrt_pd(x)); }
#endif

template <class V>
INLINE V larger(V a, V b) { return a > b ? a : b; }

// Sums across lanes go by 64 bytes, half onto half, whatever the width of a vector: the order, and so the bits, are the
// same everywhere. The result fills all lanes.
constexpr int64_t block_bytes = 64;
template <class T>
constexpr int64_t block = block_bytes / sizeof(T);  // columns; strides of rows are multiples of it
constexpr int block_vectors = block_bytes / vector_bytes;

template <int distance, class V, size_t... lane>
INLINE V exchange(V x, std::index_sequence<lane...>) { return __builtin_shufflevector(x, x, (lane ^ distance)...); }

template <class T, int distance = lanes<T> / 2, class Combine>
INLINE Vector<T> across(Vector<T> x, Combine combine) {
    if constexpr (distance > 0) {
        x = combine(x, exchange<distance>(x, std::make_index_sequence<lanes<T>>{}));
        return across<T, distance / 2>(x, combine);
    }
    return x;
}

template <class T>
struct Block {
    Vector<T> part[block_vectors];
};

template <class T, class Combine>
INLINE Vector<T> across(Block<T> x, Combine combine) {
#pragma GCC unroll 4
    for (int half = block_vectors / 2; half > 0; half /= 2)
#pragma GCC unroll 4
        for (int i = 0; i < half; ++i) x.part[i] = combine(x.part[i], x.part[i + half]);
    return across<T>(x.part[0], combine);
}

// Integers 0, 1, 2, … in the lanes.
template <class T, size_t... lane>
INLINE Integers<T> count(std::index_sequence<lane...>) { return Integers<T>{typename VectorOf<T>::integer(lane)...}; }
template <class T>
INLINE Integers<T> count() { return count<T>(std::make_index_sequence<lanes<T>>{}); }

template <int n>
struct Int {
    static constexpr int value = n;
};

}  // namespace chainrule::CHAINRULE_ISA
