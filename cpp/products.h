// The two matrix products, in register tiles: every sum is one chain of fma in the order of its terms, so that no split
// of the work, over threads or over tiles, can change a bit of it.
#pragma once
#include "vectors.h"

namespace chainrule::CHAINRULE_ISA {

template <int R, class F>
INLINE void in_tiles(int64_t begin, int64_t end, F f) {
    for (; begin + R <= end; begin += R) f(Int<R>{}, begin);
    if constexpr (R > 1) in_tiles<R / 2>(begin, end, f);
}

template <class F>
INLINE void with_vectors(int64_t vectors, F f) {
    static_assert(tile_vectors == 3);
    if (vectors >= 3) f(Int<3>{});
    else if (vectors == 2) f(Int<2>{});
    else f(Int<1>{});
}

// A band of columns of a matrix in panels.
template <class T>
struct Panel {
    int64_t column, vectors;  // where it starts, how wide it is
    T* data;
    int64_t width() const { return vectors * lanes<T>; }
};

template <class T, class F>
INLINE void over_panels(T* matrix, int64_t rows, int64_t columns, F f) {
    for (int64_t c = 0; c < columns; c += tile_vectors * lanes<T>) {
        const int64_t rest = (columns - c + lanes<T> - 1) / lanes<T>;
        f(Panel<T>{c, rest < tile_vectors ? rest : tile_vectors, matrix + rows * c});
    }
}

// C = start + A B for R rows and V vectors of columns; a[r] is a row of A, B a panel. start and C may be the same.
template <class T, int R, int V>
INLINE void product_tile(T* C, int64_t ldc, const T* start, int64_t ld_start, const T* const (&a)[R], const T* B, int64_t n) {
    Vector<T> sum[R][V];
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) sum[r][v] = load(start + r * ld_start + v * lanes<T>);
    for (int64_t k = 0; k < n; ++k, B += V * lanes<T>) {
        Vector<T> b[V];
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) b[v] = load(B + v * lanes<T>);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
            const Vector<T> x = broadcast(a[r][k]);
#pragma GCC unroll 4
            for (int v = 0; v < V; ++v) sum[r][v] = fma(x, b[v], sum[r][v]);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) store(C + r * ldc + v * lanes<T>, sum[r][v]);
}

// So many rows of a full panel stay in the second-level cache while all samples pass. (Blocks for the first level were
// slower: the panel streams in time, and rows of X that are new to the caches come faster in long runs.)
template <class T>
constexpr int64_t panel_rows = (512 << 10) / (tile_vectors * vector_bytes);

// C = A B, or A B + the row that follows B's n rows (`biased`), for rows [begin, end); row(i) is where row i of A lies.
template <class T, class Row>
void product(T* C, int64_t ldc, Row row, T* B, bool biased, int64_t begin, int64_t end, int64_t n, int64_t columns) {
    alignas(vector_bytes) static constexpr T zeros[tile_vectors * lanes<T>] = {};
    over_panels(B, n + biased, columns, [&](Panel<T> panel) {
        with_vectors(panel.vectors, [&](auto V) {
            const int64_t blocks = (n + panel_rows<T> - 1) / panel_rows<T>, block_rows = (n + blocks - 1) / blocks;
            for (int64_t k = 0; k < n; k += block_rows) {
                const int64_t terms = n - k < block_rows ? n - k : block_rows;
                const T* const B_k = panel.data + k * panel.width();
                in_tiles<tile_rows>(begin, end, [&](auto R, int64_t i) {
                    T* const C_i = C + i * ldc + panel.column;
                    const T* a[R.value];
#pragma GCC unroll 8
                    for (int r = 0; r < R.value; ++r) a[r] = row(i + r) + k;
                    const T* const start = k ? C_i : biased ? panel.data + n * panel.width() : zeros;
                    product_tile<T, R.value, V.value>(C_i, ldc, start, k ? ldc : 0, a, B_k, terms);
                });
            }
        });
    });
}

// C = Aᵀ B for R columns of A from j on and V vectors of columns of B, summed over m samples; C is contiguous.
// After every `pace` samples `meanwhile` is called: work for the divider, say, which the sums leave idle.
template <class T, int R, int V, class Row, class Meanwhile>
INLINE void transposed_product_tile(T* C, Row row, int64_t j, const T* B, int64_t ldb, int64_t m, int64_t pace, Meanwhile meanwhile) {
    Vector<T> sum[R][V] = {};
    for (int64_t i = 0; i < m;) {
        const int64_t pause = i + pace < m ? i + pace : m;
        for (; i < pause; ++i, B += ldb) {
            Vector<T> b[V];
            const T* const a = row(i) + j;
#pragma GCC unroll 4
            for (int v = 0; v < V; ++v) b[v] = load(B + v * lanes<T>);
#pragma GCC unroll 16
            for (int r = 0; r < R; ++r) {
                const Vector<T> x = broadcast(a[r]);
#pragma GCC unroll 4
                for (int v = 0; v < V; ++v) sum[r][v] = fma(x, b[v], sum[r][v]);
            }
        }
        meanwhile();
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) store(C + (r * V + v) * lanes<T>, sum[r][v]);
}

// C = 1ᵀ B, in four chains that end in one.
template <class T, int V>
INLINE void column_sums(T* C, const T* B, int64_t ldb, int64_t m) {
    Vector<T> sum[4][V] = {};
    int64_t i = 0;
    for (; i + 4 <= m; i += 4)
#pragma GCC unroll 4
        for (int chain = 0; chain < 4; ++chain)
#pragma GCC unroll 4
            for (int v = 0; v < V; ++v) sum[chain][v] += load(B + (i + chain) * ldb + v * lanes<T>);
    for (; i < m; ++i)
        for (int v = 0; v < V; ++v) sum[0][v] += load(B + i * ldb + v * lanes<T>);
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) store(C + v * lanes<T>, (sum[0][v] + sum[1][v]) + (sum[2][v] + sum[3][v]));
}

}  // namespace chainrule::CHAINRULE_ISA
