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
INLINE Vector<T> load_anywhere(const T* p) {  // where load expects an address that is a multiple of a vector
    Vector<T> x;
    std::memcpy(&x, p, sizeof x);
    return x;
}
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

// The same four numbers again and again, where a vector holds more than four.
#if defined(__AVX512F__)
INLINE Vector<float> repeat(const float* p) { return Vector<float>(_mm512_broadcast_f32x4(_mm_loadu_ps(p))); }
INLINE Vector<double> repeat(const double* p) { return Vector<double>(_mm512_broadcast_f64x4(_mm256_loadu_pd(p))); }
#elif defined(__AVX2__)
INLINE Vector<float> repeat(const float* p) { return Vector<float>(_mm256_set_m128(_mm_loadu_ps(p), _mm_loadu_ps(p))); }
#endif

// Each of the numbers first, first + 1, … of x four times.
template <int first, class V, size_t... lane>
INLINE V fourfold(V x, std::index_sequence<lane...>) {
    return __builtin_shufflevector(x, x, (first + int(lane) / 4)...);
}

template <class V>
INLINE V larger(V a, V b) { return a > b ? a : b; }

// The transpose of a square of lanes × lanes: swap quarters, then the quarters of those.
template <int half, class V, size_t... lane>
INLINE void swap_quarters(V& a, V& b, std::index_sequence<lane...>) {
    constexpr int n = sizeof...(lane);
    const V upper = __builtin_shufflevector(a, b, (lane & half ? n + lane - half : lane)...);
    b = __builtin_shufflevector(a, b, (lane & half ? n + lane : lane + half)...);
    a = upper;
}

template <int half, class V, size_t n>
INLINE void transpose_square(V (&x)[n]) {
    if constexpr (half > 0) {
#pragma GCC unroll 16
        for (size_t i = 0; i < n; ++i)
            if (!(i & half)) swap_quarters<half>(x[i], x[i + half], std::make_index_sequence<n>{});
        transpose_square<half / 2>(x);
    }
}

// Transposes the first `rows` rows of a square, the others being 0, and writes the first `columns` of the result.
template <class T>
INLINE void transpose(T* to, int64_t ld_to, const T* from, int64_t ld_from, int64_t rows, int64_t columns) {
    Vector<T> x[lanes<T>] = {};
#pragma GCC unroll 16
    for (int i = 0; i < lanes<T>; ++i)
        if (i < rows) x[i] = load(from + i * ld_from);
    transpose_square<lanes<T> / 2>(x);
#pragma GCC unroll 16
    for (int i = 0; i < lanes<T>; ++i)
        if (i < columns) store(to + i * ld_to, x[i]);
}

template <int n>
struct Int {
    static constexpr int value = n;
};

}  // namespace chainrule::CHAINRULE_ISA
