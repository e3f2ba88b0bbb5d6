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

// z = x W + b for one sparse row: the terms are those of the dense row without the zeros.
template <class T>
void sparse_product(T* z, const Rows<T>& X, int64_t row, const Layer<T>& layer) {
    over_panels(layer.W, layer.d_in + 1, layer.d_out, [&](Panel<T> panel) {
        with_vectors(panel.vectors, [&](auto V) {
            Vector<T> sum[V.value];
#pragma GCC unroll 4
            for (int v = 0; v < V.value; ++v) sum[v] = load(panel.data + layer.d_in * panel.width() + v * lanes<T>);
            over_entries(X, row, [&](int64_t j, T x) {
#pragma GCC unroll 4
                for (int v = 0; v < V.value; ++v) sum[v] = fma(broadcast(x), load(panel.data + j * panel.width() + v * lanes<T>), sum[v]);
            });
#pragma GCC unroll 4
            for (int v = 0; v < V.value; ++v) store(z + panel.column + v * lanes<T>, sum[v]);
        });
    });
}

// F1 and F2 for rows [begin, end) of the batch that starts at `first` in the order.
template <class T>
void forward(Task<T>& task, int64_t begin, int64_t end, int64_t first) {
    for (int l = 0; l < task.depth; ++l) {
        const Layer<T>& layer = task.layers[l];
        if (l > 0) {
            const Layer<T>& below = task.layers[l - 1];
            product(layer.a, layer.ld, [&](int64_t i) { return below.a + i * below.ld; }, layer.W, true, begin, end, layer.d_in, layer.d_out);  // F1
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
            product(layer.a, layer.ld, [&](int64_t i) { return task.rows[i]; }, layer.W, true, begin, end, layer.d_in, layer.d_out);  // F1
        }
        if (l + 1 < task.depth) activation_forward(layer.a + begin * layer.ld, task.activation, task.slope, (end - begin) * layer.ld);  // F2
    }
}

// B4 and B5 for rows [begin, end) of the batch.
template <class T>
void backward(Task<T>& task, int64_t begin, int64_t end) {
    for (int l = task.depth - 1; l > 0; --l) {
        const Layer<T>&layer = task.layers[l], &below = task.layers[l - 1];
        product(below.dz, below.ld, [&](int64_t i) { return layer.dz + i * layer.ld; }, layer.Wt, false, begin, end, layer.d_out, layer.d_in);  // B4
        activation_backward(below.dz + begin * below.ld, below.a + begin * below.ld, task.activation, task.slope, (end - begin) * below.ld);  // B5
    }
}

// A thread's part of the matrices: calls f(layer, panel, first row, end row) for contiguous stretches of panels that
// cost all threads the same; the bias is row d_in. Cuts are at multiples of a cache line's columns, for the
// transpose and so that no two threads write to one line.
template <class T, class F>
INLINE void over_part(Task<T>& task, int thread, F f) {
    int64_t cost = 0;
    for (int l = 0; l < task.depth; ++l) cost += (task.layers[l].d_in + 1) * ((task.layers[l].d_out + lanes<T> - 1) / lanes<T>);
    const int64_t low = cost * thread / task.threads, high = cost * (thread + 1) / task.threads;
    int64_t here = 0;
    constexpr int64_t line = 64 / sizeof(T);
    for (int l = 0; l < task.depth; ++l) {
        Layer<T>& layer = task.layers[l];
        const int64_t rows = layer.d_in + 1;
        over_panels(layer.W, rows, layer.d_out, [&](Panel<T> panel) {
            const auto cut = [&](int64_t at) {
                const int64_t row = at <= here ? 0 : ((at - here) / panel.vectors + line - 1) / line * line;
                return row < rows ? row : rows;
            };
            const int64_t begin = cut(low), end = cut(high);
            here += rows * panel.vectors;
            if (begin < end) f(l, panel, begin, end);
        });
    }
}

// The transpose of rows [begin, end) of a panel, for B4.
template <class T>
void transpose_stretch(const Layer<T>& layer, Panel<T> panel, int64_t begin, int64_t end) {
    const int64_t full = tile_vectors * lanes<T>, rows_end = end < layer.d_in ? end : layer.d_in;
    for (int64_t j = begin; j < rows_end; j += lanes<T>) {
        const int64_t column = j / full * full, width_left = (layer.d_in - column + lanes<T> - 1) / lanes<T> * lanes<T>;
        const int64_t width = width_left < full ? width_left : full;
        T* const Wt = layer.Wt + column * layer.d_out + (j - column);
        for (int64_t k = panel.column; k < panel.column + panel.width() && k < layer.d_out; k += lanes<T>) {
            transpose(Wt + k * width, width, panel.data + j * panel.width() + k - panel.column, panel.width(), rows_end - j, layer.d_out - k);
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
    const int64_t width = panel.width();
    for (int64_t j = 0; j < (end - begin) * width; j += lanes<T>) store(dW + j, Vector<T>{});
    with_vectors(panel.vectors, [&](auto V) {
        for (int64_t i = 0; i < m; ++i) {
            const T* const dz = layer.dz + i * layer.ld + panel.column;
            over_entries(task.X, sample(task, first + i), [&](int64_t j, T x) {
                if (j < begin || j >= end) return;
                T* const dW_j = dW + (j - begin) * width;
#pragma GCC unroll 4
                for (int v = 0; v < V.value; ++v) store(dW_j + v * lanes<T>, fma(broadcast(x), load(dz + v * lanes<T>), load(dW_j + v * lanes<T>)));
            });
        }
    });
}

// B2 and B3 of the batch and the update, for a thread's part of the matrices. The gradient of a tile waits in a corner of
// the first-level cache while that of the next is summed; its update runs in between, where the divider is idle.
template <class T, class Rule>
void gradient_and_update(Task<T>& task, int thread, int64_t first, int64_t m, T decay) {
    constexpr int64_t tile_size = tile_rows * tile_vectors * lanes<T>, bias_size = tile_vectors * lanes<T>;
    alignas(64) T tiles[2][tile_size + bias_size];
    int turn = 0;
    Pending<T, Rule> pending(Rule(task.optimiser), decay);

    over_part(task, thread, [&](int l, Panel<T> panel, int64_t begin, int64_t end) {
        const Layer<T>& layer = task.layers[l];
        const int64_t end_W = end < layer.d_in ? end : layer.d_in, width = panel.width();
        const T* const dz = layer.dz + panel.column;
        const auto await = [&](const T* dW, int64_t row, int64_t rows, int64_t biases) {
            const int64_t at = panel.data - layer.W + row * width;
            pending.await(layer.W + at, layer.m + at, layer.v + at, dW, rows * width, biases * width);
        };
        with_vectors(panel.vectors, [&](auto V) {
            const auto sum_bias = [&](T* db) { column_sums<T, V.value>(db, dz, layer.ld, m); };  // B3
            const auto sum_tiles = [&](auto row) {
                // One vector wide, a tile needs more rows to keep the multipliers busy.
                in_tiles<V.value == 1 ? 2 * tile_rows : tile_rows>(begin, end_W, [&](auto R, int64_t j) {
                    T* const dW = tiles[turn ^= 1];
                    const int64_t pace = pending.pace(m);
                    transposed_product_tile<T, R.value, V.value>(dW, row, j, dz, layer.ld, m, pace, [&] { pending.one(); });  // B2
                    const bool with_bias = j + R.value == layer.d_in && end > layer.d_in;
                    if (with_bias) sum_bias(dW + R.value * width);
                    pending.all();
                    await(dW, j, R.value, with_bias);
                });
            };
            if (l > 0) sum_tiles([a = task.layers[l - 1].a, ld = task.layers[l - 1].ld](int64_t i) { return a + i * ld; });
            else if (!task.X.sparse) sum_tiles([rows = task.rows](int64_t i) { return rows[i]; });
            else {
                T* const dW = task.sparse_dW + thread * task.sparse_stride;
                sparse_transposed_product(dW, task, layer, panel, begin, end_W, first, m);  // B2
                pending.all();
                await(dW, begin, end_W - begin, 0);
                pending.all();
            }
            if (end > layer.d_in && (begin == layer.d_in || (l == 0 && task.X.sparse))) {  // a bias by itself
                T* const db = tiles[turn ^= 1];
                sum_bias(db);
                pending.all();
                await(db, layer.d_in, 0, 1);
            }
        });
    });
    pending.all();
    transpose_part(task, thread);
}

// Column sums of W ⊙ W, for L2; panels in turn to the threads.
template <class T>
void square_columns(Task<T>& task, int thread) {
    T* squares = task.squares;
    int64_t turn = 0;
    for (int l = 0; l < task.depth; ++l) {
        const Layer<T>& layer = task.layers[l];
        over_panels(layer.W, layer.d_in + 1, layer.d_out, [&](Panel<T> panel) {
            if (turn++ % task.threads == thread)
                for (int64_t v = 0; v < panel.width(); v += lanes<T>) {
                    Vector<T> sum[4] = {};
                    for (int64_t j = 0; j < layer.d_in; ++j) {
                        const Vector<T> w = load(panel.data + j * panel.width() + v);
                        sum[j % 4] = fma(w, w, sum[j % 4]);
                    }
                    store(squares + v, (sum[0] + sum[1]) + (sum[2] + sum[3]));
                }
            squares += panel.width();
        });
    }
}

template <class T>
double squared_norm(const Task<T>& task) {
    const T* squares = task.squares;
    double sum = 0;
    for (int l = 0; l < task.depth; ++l) {
        for (int64_t k = 0; k < task.layers[l].d_out; ++k) sum += squares[k];
        squares += (task.layers[l].d_out + lanes<T> - 1) / lanes<T> * lanes<T>;
    }
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
