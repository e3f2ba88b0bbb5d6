// The training step, compiled once for every instruction set. Nothing of the standard library is instantiated here: the
// linker keeps one copy of such a template, and it might be one that this processor cannot run.
#include "activations.h"
#include "outputs.h"
#include "products.h"
#include "task.h"
#include "updates.h"

namespace chainrule {

void meet(Team*);

namespace CHAINRULE_ISA {
namespace {

template <class T>
INLINE int64_t sample(const Task<T>& task, int64_t i) {
    return task.order ? task.order[i] : i;
}

// Calls f(column, value) for the entries of a CSR row in the order of their storage.
template <class T, class F>
INLINE void over_entries(const Rows<T>& X, int64_t row, F f) {
    const auto visit = [&](auto* indices, auto* starts) {
        for (int64_t e = starts[row]; e < starts[row + 1]; ++e) f(int64_t(indices[e]), X.values[e]);
    };
    if (X.wide) visit(static_cast<const int64_t*>(X.indices), static_cast<const int64_t*>(X.starts));
    else visit(static_cast<const int32_t*>(X.indices), static_cast<const int32_t*>(X.starts));
}

// An entry of row j of a panel's matrix alone among those that stand side by side.
template <class T, class Layout>
struct Alone {
    T entries[4] = {};
    Alone(int64_t j, T x) { entries[j % Layout::rows] = x; }
    INLINE Vector<T> operator[](int v) const { return Layout::entry(entries, v); }
};

// z = x W + b for one sparse row: the terms are those of the dense row without the zeros.
template <class T>
void sparse_product(T* z, const Rows<T>& X, int64_t row, const Layer<T>& layer) {
    over_panels(layer, [&](Panel<T> panel) {
        with_layout(panel, [&](auto layout) {
            using Layout = decltype(layout);
            constexpr int V = Layout::vectors;
            Vector<T> sum[V];
#pragma GCC unroll 8
            for (int v = 0; v < V; ++v) sum[v] = load(panel.bias(layer.d_in) + v * lanes<T>);
            over_entries(X, row, [&](int64_t j, T x) {
                const Alone<T, Layout> entry(j, x);
                const T* const W_j = panel.row(j - j % Layout::rows);
#pragma GCC unroll 8
                for (int v = 0; v < V; ++v) sum[v] = fma(entry[v], load(W_j + v * lanes<T>), sum[v]);
            });
            Layout::finish(z + panel.column, sum);
        });
    });
}

// z = a W + b for rows [begin, end); row(i) is where a_i lies.
template <class T, class Row>
void affine(const Layer<T>& layer, Row row, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end && layer.in_place; ++i)
        row_product(layer.a + i * layer.ld, layer.b, row(i), layer.W_rows, layer.d_out, layer.d_in, layer.in_place / lanes<T>);
    over_panels(layer, [&](Panel<T> panel) { panel_product(layer.a, layer.ld, row, panel, panel.bias(layer.d_in), begin, end, layer.d_in); });
}

// F1 and F2 for rows [begin, end) of the batch that starts at `first` in the order.
template <class T>
void forward(Task<T>& task, int64_t begin, int64_t end, int64_t first) {
    for (int l = 0; l < task.depth; ++l) {
        const Layer<T>& layer = task.layers[l];
        if (l > 0) {
            const Layer<T>& below = task.layers[l - 1];
            affine(layer, [&](int64_t i) { return below.a + i * below.ld; }, begin, end);  // F1
        } else if (task.X.sparse) {
            for (int64_t i = begin; i < end; ++i) sparse_product(layer.a + i * layer.ld, task.X, sample(task, first + i), layer);  // F1
        } else {
            for (int64_t i = begin; i < end; ++i) {
                const T* const x = task.X.values + sample(task, first + i) * task.X.row_stride;
                task.rows[i] = x;
                if (task.X.column_stride != 1) {
                    T* const gathered = task.gathered + i * layer.d_in;
                    for (int64_t j = 0; j < layer.d_in; ++j) gathered[j] = x[j * task.X.column_stride];
                    task.rows[i] = gathered;
                }
            }
            affine(layer, [&](int64_t i) { return task.rows[i]; }, begin, end);  // F1
        }
        if (l + 1 < task.depth) activation_forward(layer.a + begin * layer.ld, task.activation, task.slope, (end - begin) * layer.ld);  // F2
    }
}

// B4 and B5 for rows [begin, end) of the batch.
template <class T>
void backward(Task<T>& task, int64_t begin, int64_t end) {
    alignas(vector_bytes) static constexpr T zeros[tile_vectors * lanes<T>] = {};
    for (int l = task.depth - 1; l > 0; --l) {
        const Layer<T>&layer = task.layers[l], &below = task.layers[l - 1];
        over_wide_panels(layer.Wt, layer.d_out, layer.d_in, [&](Panel<T> panel) {
            panel_product(below.dz, below.ld, [&](int64_t i) { return layer.dz + i * layer.ld; }, panel, zeros, begin, end, layer.d_out);  // B4
        });
        activation_backward(below.dz + begin * below.ld, below.a + begin * below.ld, task.activation, task.slope, (end - begin) * below.ld);  // B5
    }
}

// A thread's part of the matrices: calls f(layer, panel, first row, end row) for contiguous stretches of panels that
// cost all threads the same; the bias is row d_in. Cuts are at multiples of a cache line's columns, for the
// transpose and so that no two threads write to one line.
template <class T, class F>
INLINE void over_part(Task<T>& task, int thread, F f) {
    int64_t cost = 0;
    for (int l = 0; l < task.depth; ++l) over_panels(task.layers[l], [&](Panel<T> panel) { cost += (task.layers[l].d_in + 1) * panel.width; });
    const int64_t low = cost * thread / task.threads, high = cost * (thread + 1) / task.threads;
    int64_t here = 0;
    constexpr int64_t line = 64 / sizeof(T);
    for (int l = 0; l < task.depth; ++l) {
        Layer<T>& layer = task.layers[l];
        const int64_t rows = layer.d_in + 1;
        over_panels(layer, [&](Panel<T> panel) {
            const auto cut = [&](int64_t at) {
                const int64_t row = at <= here ? 0 : ((at - here) / panel.width + line - 1) / line * line;
                return row < rows ? row : rows;
            };
            const int64_t begin = cut(low), end = cut(high);
            here += rows * panel.width;
            if (begin < end) f(l, panel, begin, end);
        });
    }
}

// The transpose of rows [begin, end) of a panel, for B4.
template <class T>
void transpose_stretch(const Layer<T>& layer, Panel<T> panel, int64_t begin, int64_t end) {
    const int64_t full = tile_vectors * lanes<T>, rows_end = end < layer.d_in ? end : layer.d_in;
    constexpr int64_t fours = lanes<T> < 4 ? lanes<T> : 4;
    const int64_t step = panel.narrow ? fours : lanes<T>;
    for (int64_t j = begin; j < rows_end; j += step) {
        const int64_t column = j / full * full, width_left = (layer.d_in - column + lanes<T> - 1) / lanes<T> * lanes<T>;
        const int64_t width = width_left < full ? width_left : full;
        T* const Wt = layer.Wt + column * layer.d_out + (j - column);
        for (int64_t k = panel.column; k < panel.column + panel.width && k < layer.d_out; k += panel.narrow ? 1 : lanes<T>) {
            if (panel.narrow) std::memcpy(Wt + k * width, panel.row(j - j % 4) + 4 * (k - panel.column) + j % 4, fours * sizeof(T));  // transposed already
            else transpose(Wt + k * width, width, panel.row(j) + k - panel.column, panel.width, rows_end - j, layer.d_out - k);
        }
    }
}

template <class T>
void transpose_part(Task<T>& task, int thread) {
    over_part(task, thread, [&](int l, Panel<T> panel, int64_t begin, int64_t end) {
        if (l > 0) transpose_stretch(task.layers[l], panel, begin, end);
    });
}

// dW^1 of sparse rows for one stretch of a panel: no row of W but gets its update.
template <class T>
void sparse_transposed_product(T* dW, Task<T>& task, const Layer<T>& layer, Panel<T> panel, int64_t begin, int64_t end, int64_t first, int64_t m) {
    with_layout(panel, [&](auto layout) {
        using Layout = decltype(layout);
        constexpr int V = Layout::vectors;
        const int64_t rows = (end - begin + Layout::rows - 1) / Layout::rows * Layout::rows;
        for (int64_t j = 0; j < rows * panel.width; j += lanes<T>) store(dW + j, Vector<T>{});
        for (int64_t i = 0; i < m; ++i) {
            const T* const dz = layer.dz + i * layer.ld + panel.column;
            over_entries(task.X, sample(task, first + i), [&](int64_t j, T x) {
                if (j < begin || j >= end) return;
                const Alone<T, Layout> entry(j, x);
                T* const dW_j = dW + (j - j % Layout::rows - begin) * panel.width;
#pragma GCC unroll 8
                for (int v = 0; v < V; ++v) store(dW_j + v * lanes<T>, fma(entry[v], Layout::columns(dz, v), load(dW_j + v * lanes<T>)));
            });
        }
    });
}

// B2 and B3 of the batch and the update, for a thread's part of the matrices. The gradient of a tile waits in a corner of
// the first-level cache while that of the next is summed; its update runs in between, where the divider is idle.
template <class T, class Rule>
void gradient_and_update(Task<T>& task, int thread, int64_t first, int64_t m, T decay) {
    constexpr int64_t tile_size = tile_rows * tile_vectors * lanes<T>, bias_size = tile_vectors * lanes<T>;
    static_assert(Narrow<T>::gradient_rows * narrow_size <= tile_size);
    alignas(64) T tiles[2][tile_size + (bias_size > narrow_size ? bias_size : narrow_size)];
    int turn = 0;
    Pending<T, Rule> pending(Rule(task.optimiser), decay);

    over_part(task, thread, [&](int l, Panel<T> panel, int64_t begin, int64_t end) {
        const Layer<T>& layer = task.layers[l];
        const int64_t end_W = end < layer.d_in ? end : layer.d_in;
        const T* const dz = layer.dz + panel.column;
        with_layout(panel, [&](auto layout) {
            using Layout = decltype(layout);
            constexpr int64_t width = Layout::vectors * lanes<T>;  // of the bias, or of rows side by side
            const auto await = [&](const T* dW, const T* W, int64_t weights, int64_t biases) {
                const int64_t at = W - layer.W;
                pending.await(layer.W + at, layer.m + at, layer.v + at, dW, weights, biases);
            };
            const auto sum_tile = [&](auto R, auto row, int64_t j) {
                T* const dW = tiles[turn ^= 1];
                const int64_t pace = pending.pace(m);
                transposed_product_tile<T, R.value, Layout>(dW, row, j, dz, layer.ld, m, pace, [&] { pending.one(); });  // B2
                const bool with_bias = j + R.value * Layout::rows >= layer.d_in && end > layer.d_in;
                if (with_bias) column_sums<T, Layout>(dW + R.value * width, dz, layer.ld, m);  // B3
                pending.all();
                await(dW, panel.row(j), R.value * width, with_bias ? width : 0);
            };
            const auto sum_tiles = [&](auto row) {
                const int64_t groups = end_W / Layout::rows;
                in_tiles<Layout::gradient_rows>(begin / Layout::rows, groups, [&](auto R, int64_t group) { sum_tile(R, row, group * Layout::rows); });
                if (const int64_t j = groups * Layout::rows; j < end_W) {  // the rest of the rows, and nothing to be read beyond them
                    T rest[4] = {};
                    sum_tile(Int<1>{}, [&](int64_t i) {
                        for (int64_t k = j; k < end_W; ++k) rest[k - j] = row(i)[k];
                        return rest - j;
                    }, j);
                }
            };
            if (l > 0) sum_tiles([a = task.layers[l - 1].a, ld = task.layers[l - 1].ld](int64_t i) { return a + i * ld; });
            else if (!task.X.sparse) sum_tiles([rows = task.rows](int64_t i) { return rows[i]; });
            else {
                T* const dW = task.sparse_dW + thread * task.sparse_stride;
                sparse_transposed_product(dW, task, layer, panel, begin, end_W, first, m);  // B2
                pending.all();
                await(dW, panel.row(begin), (end_W - begin + Layout::rows - 1) / Layout::rows * width, 0);
                pending.all();
            }
            if (end > layer.d_in && (begin == layer.d_in || (l == 0 && task.X.sparse))) {  // a bias by itself
                T* const db = tiles[turn ^= 1];
                column_sums<T, Layout>(db, dz, layer.ld, m);  // B3
                pending.all();
                await(db, panel.bias(layer.d_in), 0, width);
            }
        });
    });
    pending.all();
    transpose_part(task, thread);
}

// Column sums of W ⊙ W, for L2, in four chains; panels in turn to the threads.
template <class T>
void square_columns(Task<T>& task, int thread) {
    T* squares = task.squares;
    int64_t turn = 0;
    for (int l = 0; l < task.depth; squares += task.layers[l++].ld) {
        const Layer<T>& layer = task.layers[l];
        over_panels(layer, [&](Panel<T> panel) {
            if (turn++ % task.threads != thread) return;
            with_layout(panel, [&](auto layout) {
                using Layout = decltype(layout);
                constexpr int V = Layout::vectors, chains = 4 / Layout::rows;  // narrow, a vector has four in itself
                Vector<T> sum[chains][V] = {};
                for (int64_t j = 0; j < layer.d_in; j += 4)
#pragma GCC unroll 4
                    for (int chain = 0; chain < chains; ++chain) {
                        if (j + chain >= layer.d_in) break;
#pragma GCC unroll 8
                        for (int v = 0; v < V; ++v) {
                            const Vector<T> w = load(panel.row(j + chain) + v * lanes<T>);
                            sum[chain][v] = fma(w, w, sum[chain][v]);
                        }
                    }
                if constexpr (chains == 4)
#pragma GCC unroll 8
                    for (int v = 0; v < V; ++v) sum[0][v] = (sum[0][v] + sum[1][v]) + (sum[2][v] + sum[3][v]);
                Layout::finish(squares + panel.column, sum[0]);
            });
        });
    }
}

template <class T>
double squared_norm(const Task<T>& task) {
    const T* squares = task.squares;
    double sum = 0;
    for (int l = 0; l < task.depth; squares += task.layers[l++].ld)
        for (int64_t k = 0; k < task.layers[l].d_out; ++k) sum += squares[k];
    return sum;
}

template <class T>
double weight_of(const Task<T>& task, int64_t first, int64_t m) {
    if (!task.w) return double(m);
    double weight = 0;
    for (int64_t i = first; i < first + m; ++i) weight += task.w[sample(task, i)];
    return weight;
}

template <class T>
double operations(const Task<T>& task, int64_t m) {
    double products = 0;
    for (int l = 0; l < task.depth; ++l) products += double(task.layers[l].d_in + 1) * double(task.layers[l].d_out);
    return products * double(6 * m + 32);
}

// All batches in their order. With `whole` the optimiser only adds up gradients, of the loss over all samples.
template <class T, class Rule, bool whole>
void run_batches(Task<T>& task, int thread) {
    double since_asked = 0;
    const double all = whole ? weight_of(task, 0, task.n) : 0;
    for (int64_t first = 0; first < task.n; first += task.batch) {
        const int64_t m = task.n - first < task.batch ? task.n - first : task.batch;
        const double batch_weight = weight_of(task, first, m), weight = whole ? all : batch_weight;
        if (!(batch_weight > 0)) continue;
        if (thread == 0 && !whole) {
            task.optimiser.beta_1_t *= task.optimiser.beta_1;
            task.optimiser.beta_2_t *= task.optimiser.beta_2;
        }

        const int64_t begin = m * thread / task.threads, end = m * (thread + 1) / task.threads;
        const bool penalised = task.penalty != 0 && (!whole || task.steps == 0);
        if (penalised) square_columns(task, thread);
        forward(task, begin, end, first);
        output_backward(task, thread, begin, end, first, weight);
        backward(task, begin, end);
        meet(task.team);

        gradient_and_update<T, Rule>(task, thread, first, m, whole ? T(0) : T(task.penalty / weight));
        if (thread == 0) {
            double loss = 0;
            for (int64_t i = 0; i < m; ++i) loss += double(task.losses[i]) * (task.w ? double(task.w[sample(task, first + i)]) : 1.0);
            if (penalised) loss += task.penalty / 2 * squared_norm(task);  // L2
            task.loss += loss;
            task.weight += batch_weight;
            ++task.steps;
            since_asked += operations(task, m);
            if (since_asked > 1 << 27) {
                since_asked = 0;
                task.stop = task.interrupted && task.interrupted(task.context);
            }
        }
        meet(task.team);
        if (task.stop) return;
    }
}

template <class T>
void epoch(Task<T>& task, Solver solver, int thread) {
    switch (solver) {
        case Solver::sgd: return run_batches<T, Sgd<T, false>, false>(task, thread);
        case Solver::nesterov: return run_batches<T, Sgd<T, true>, false>(task, thread);
        case Solver::adam: return run_batches<T, Adam<T>, false>(task, thread);
    }
}

template <class T>
void gradient(Task<T>& task, int thread) {
    run_batches<T, Sum<T>, true>(task, thread);
}

// Every thread takes its own share of the scratch, and rows of X in turn.
template <class T>
void scores(Task<T>& task, int thread) {
    const int64_t share = task.batch / task.threads, begin = share * thread;
    const Layer<T>& last = task.layers[task.depth - 1];
    for (int64_t i = begin; i < task.n; i += share * task.threads) {
        const int64_t m = task.n - i < share ? task.n - i : share;
        forward(task, begin, begin + m, i - begin);
        for (int64_t r = 0; r < m && task.probabilities; ++r) output_forward(last.a + (begin + r) * last.ld, task.output, last.d_out);
        for (int64_t r = 0; r < m; ++r)
            for (int64_t k = 0; k < last.d_out; ++k) task.scores[(i + r) * last.d_out + k] = last.a[(begin + r) * last.ld + k];
    }
}

}  // namespace

#define CHAINRULE_STRING_(x) #x
#define CHAINRULE_STRING(x) CHAINRULE_STRING_(x)
extern const Kernels<float> table_float;
extern const Kernels<double> table_double;
const Kernels<float> table_float = {CHAINRULE_STRING(CHAINRULE_ISA), lanes<float>, tile_vectors * lanes<float>, epoch<float>, gradient<float>, scores<float>, transpose_part<float>};
const Kernels<double> table_double = {CHAINRULE_STRING(CHAINRULE_ISA), lanes<double>, tile_vectors * lanes<double>, epoch<double>, gradient<double>, scores<double>, transpose_part<double>};

}  // namespace CHAINRULE_ISA
}  // namespace chainrule
