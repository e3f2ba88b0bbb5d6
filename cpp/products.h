// The two matrix products, in register tiles: every sum is one chain of fma in the order of its terms, so that no split
// of the work, over threads or over tiles, can change a bit of it. (In narrow panels it is four such chains.)
#pragma once
#include "task.h"
#include "vectors.h"

namespace chainrule::CHAINRULE_ISA {

template <int R, class F>
INLINE void in_tiles(int64_t begin, int64_t end, F f) {
    for (; begin + R <= end; begin += R) f(Int<R>{}, begin);
    if constexpr (R > 1) in_tiles<R / 2>(begin, end, f);
}

// How a panel lays out its columns. Wide: a row after a row, each a few vectors.
template <class T, int V>
struct Wide {
    static constexpr int rows = 1, vectors = V;
    static constexpr int product_rows = tile_rows;
    static constexpr int gradient_rows = V == 1 ? 2 * tile_rows : tile_rows;  // one vector wide, a tile needs more of them to keep the multipliers busy

    static INLINE Vector<T> entry(const T* a, int) { return broadcast(*a); }
    static INLINE Vector<T> columns(const T* b, int v) { return load(b + v * lanes<T>); }
    static INLINE Vector<T> bias(Vector<T> sum, int) { return sum; }
    static INLINE void finish(T* C, const Vector<T> (&sum)[V]) {
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) store(C + v * lanes<T>, sum[v]);
    }
};

// Narrow: the last columns, up to four, would leave most of a vector empty. Here four rows stand side by side, for each
// column the four of them in turn, and a sum runs in four chains, each over every fourth term. The bias is a first row
// without the three that would follow.
template <class T>
struct Narrow {
    static constexpr int rows = 4, vectors = narrow_size / lanes<T>;
    static constexpr int gradient_rows = 2 * tile_rows / vectors;  // in groups of four
    static constexpr int product_rows = gradient_rows < tile_rows ? gradient_rows : tile_rows;

    static INLINE Vector<T> entry(const T* a, int v) {
        if constexpr (lanes<T> > 4) return repeat(a);
        else return load_anywhere(a + v * lanes<T> % 4);
    }
    static INLINE Vector<T> columns(const T* b, int v) {
        constexpr auto all = std::make_index_sequence<lanes<T>>{};
        if constexpr (lanes<T> <= 4) return broadcast(b[v * lanes<T> / 4]);
        else return v == 0 ? fourfold<0>(load(b), all) : fourfold<narrow_size / 4 - lanes<T> / 4>(load(b), all);
    }
    static INLINE Vector<T> bias(Vector<T> sum, int v) {
        alignas(vector_bytes) static constexpr T first[narrow_size] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};
        return load(first + v * lanes<T>) != 0 ? sum : Vector<T>{};
    }
    static INLINE void finish(T* C, const Vector<T> (&sum)[vectors]) {
        alignas(64) T chains[narrow_size];
        typedef T Four __attribute__((vector_size(4 * sizeof(T)), may_alias));
#pragma GCC unroll 8
        for (int v = 0; v < vectors; ++v) store(chains + v * lanes<T>, sum[v]);
        Four x[4];
        std::memcpy(x, chains, sizeof x);
        transpose_square<2>(x);
        const Four total = (x[0] + x[1]) + (x[2] + x[3]);
        std::memcpy(C, &total, sizeof total);
    }
};

// A band of columns of a matrix in panels.
template <class T>
struct Panel {
    int64_t column, width;  // where it starts, how wide it is
    T* data;
    bool narrow;
    // Where row j starts, a multiple of four if it is narrow; and the bias, which follows the d_in rows.
    T* row(int64_t j) const { return data + j * width; }
    T* bias(int64_t d_in) const { return row(narrow ? (d_in + 3) / 4 * 4 : d_in); }
};

template <class T, class F>
INLINE void over_wide_panels(T* matrix, int64_t rows, int64_t columns, F f) {
    for (int64_t c = 0; c < columns; c += tile_vectors * lanes<T>) {
        const int64_t rest = (columns - c + lanes<T> - 1) / lanes<T>;
        f(Panel<T>{c, (rest < tile_vectors ? rest : tile_vectors) * lanes<T>, matrix + rows * c, false});
    }
}

// The panels of [W; b]; those of Wᵀ are all wide.
template <class T, class F>
INLINE void over_panels(const Layer<T>& layer, F f) {
    const int64_t rows = layer.d_in + 1, narrow = narrow_columns<T>(layer.d_out), wide = layer.d_out - narrow - layer.in_place;
    over_wide_panels(layer.W, rows, wide, [&](Panel<T> panel) {
        panel.column += layer.in_place;
        f(panel);
    });
    if (narrow) f(Panel<T>{layer.in_place + wide, 4, layer.W + rows * wide, true});
}

// Calls f with the layout of a panel as a type.
template <class T, class F>
INLINE void with_layout(Panel<T> panel, F f) {
    static_assert(tile_vectors == 3);
    if (panel.narrow) f(Narrow<T>{});
    else if (panel.width == 3 * lanes<T>) f(Wide<T, 3>{});
    else if (panel.width == 2 * lanes<T>) f(Wide<T, 2>{});
    else f(Wide<T, 1>{});
}

// C = start + A B for R rows; a[r] is a row of A, B a panel. Where the panel is wide, start may be C.
template <class T, int R, class Layout>
INLINE void product_tile(T* C, int64_t ldc, const T* start, int64_t ld_start, const T* const (&a)[R], const T* B, int64_t n) {
    constexpr int V = Layout::vectors;
    Vector<T> sum[R][V];
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) sum[r][v] = load(start + r * ld_start + v * lanes<T>);
    const auto add = [&](const T* const(&a)[R], int64_t k) __attribute__((always_inline)) {
        Vector<T> b[V];
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) b[v] = load(B + v * lanes<T>);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
            for (int v = 0; v < V; ++v) sum[r][v] = fma(Layout::entry(a[r] + k, v), b[v], sum[r][v]);
        B += V * lanes<T>;
    };
    int64_t k = 0;
    for (; k + Layout::rows <= n; k += Layout::rows) add(a, k);
    if constexpr (Layout::rows > 1) {
        if (k < n) {  // fewer terms than make up a step, and nothing to be read beyond them
            T rest[R][Layout::rows] = {};
            const T* rests[R];
            for (int r = 0; r < R; ++r) {
                for (int64_t i = k; i < n; ++i) rest[r][i - k] = a[r][i];
                rests[r] = rest[r];
            }
            add(rests, 0);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) Layout::finish(C + r * ldc, sum[r]);
}

// So many rows of a full panel stay in the second-level cache while all samples pass. (Blocks for the first level were
// slower: the panel streams in time, and rows of X that are new to the caches come faster in long runs.)
template <class T>
constexpr int64_t panel_rows = (512 << 10) / (tile_vectors * vector_bytes);

// Columns of C = start + A B, for rows [begin, end) and a panel B of n rows; row(i) is where row i of A lies.
template <class T, class Row>
INLINE void panel_product(T* C, int64_t ldc, Row row, Panel<T> panel, const T* start, int64_t begin, int64_t end, int64_t n) {
    with_layout(panel, [&](auto layout) {
        using Layout = decltype(layout);
        const int64_t blocks = panel.narrow ? 1 : (n + panel_rows<T> - 1) / panel_rows<T>, block_rows = (n + blocks - 1) / blocks;
        for (int64_t k = 0; k < n; k += block_rows) {
            const int64_t terms = n - k < block_rows ? n - k : block_rows;
            in_tiles<Layout::product_rows>(begin, end, [&](auto R, int64_t i) {
                T* const C_i = C + i * ldc + panel.column;
                const T* a[R.value];
#pragma GCC unroll 8
                for (int r = 0; r < R.value; ++r) a[r] = row(i + r) + k;
                product_tile<T, R.value, Layout>(C_i, ldc, k ? C_i : start, k ? ldc : 0, a, panel.row(k), terms);
            });
        }
    });
}

// One row of C = start + a B, V vectors of columns of it; B is not in panels, its rows are ldb apart.
template <class T, int V>
INLINE void row_tile(T* C, const T* start, const T* a, const T* B, int64_t ldb, int64_t n) {
    Vector<T> sum[V];
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) sum[v] = load_anywhere(start + v * lanes<T>);
    for (int64_t k = 0; k < n; ++k, B += ldb) {
        const Vector<T> x = broadcast(a[k]);
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) sum[v] = fma(x, load_anywhere(B + v * lanes<T>), sum[v]);
    }
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) store(C + v * lanes<T>, sum[v]);
}

// Calls f with n as a type, or with `most` if it is more.
template <int most, class F>
INLINE void with_at_most(int64_t n, F f) {
    if constexpr (most > 1)
        if (n < most) return with_at_most<most - 1>(n, f);
    f(Int<most>{});
}

// As many columns of C = start + a B as n vectors hold: eight at a time, to keep the multipliers busy with one row.
template <class T>
void row_product(T* C, const T* start, const T* a, const T* B, int64_t ldb, int64_t terms, int64_t n) {
    for (int64_t v = 0; v < n; v += 8)
        with_at_most<8>(n - v, [&](auto V) {
            const int64_t column = v * lanes<T>;
            row_tile<T, V.value>(C + column, start + column, a, B + column, ldb, terms);
        });
}

// C = Aᵀ B for R rows (or groups of rows) of a panel C, from the one on that column j of A makes, summed over m samples.
// After every `pace` samples `meanwhile` is called: work for the divider, say, which the sums leave idle.
template <class T, int R, class Layout, class Row, class Meanwhile>
INLINE void transposed_product_tile(T* C, Row row, int64_t j, const T* B, int64_t ldb, int64_t m, int64_t pace, Meanwhile meanwhile) {
    constexpr int V = Layout::vectors;
    Vector<T> sum[R][V] = {};
    for (int64_t i = 0; i < m;) {
        const int64_t pause = i + pace < m ? i + pace : m;
        for (; i < pause; ++i, B += ldb) {
            Vector<T> b[V];
            const T* const a = row(i) + j;
#pragma GCC unroll 8
            for (int v = 0; v < V; ++v) b[v] = Layout::columns(B, v);
#pragma GCC unroll 16
            for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
                for (int v = 0; v < V; ++v) sum[r][v] = fma(Layout::entry(a + r * Layout::rows, v), b[v], sum[r][v]);
        }
        meanwhile();
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) store(C + (r * V + v) * lanes<T>, sum[r][v]);
}

// C = 1ᵀ B, in four chains that end in one.
template <class T, class Layout>
INLINE void column_sums(T* C, const T* B, int64_t ldb, int64_t m) {
    constexpr int V = Layout::vectors;
    Vector<T> sum[4][V] = {};
    int64_t i = 0;
    for (; i + 4 <= m; i += 4)
#pragma GCC unroll 4
        for (int chain = 0; chain < 4; ++chain)
#pragma GCC unroll 8
            for (int v = 0; v < V; ++v) sum[chain][v] += Layout::columns(B + (i + chain) * ldb, v);
    for (; i < m; ++i)
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) sum[0][v] += Layout::columns(B + i * ldb, v);
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) store(C + v * lanes<T>, Layout::bias((sum[0][v] + sum[1][v]) + (sum[2][v] + sum[3][v]), v));
}

}  // namespace chainrule::CHAINRULE_ISA
