// What crosses from the engine to the kernels: plain data, the same for every instruction set.
#pragma once
#include <cstdint>

namespace chainrule {

class Team;

enum class Activation { identity, logistic, tanh, relu, leaky_relu };
enum class Output { softmax, logistic };
enum class Solver { sgd, nesterov, adam };

// A layer: z = a W + b. Its matrices are stored in panels: bands of a few vectors' columns, each band row after row, so
// that every loop over a panel reads memory in order. The columns that fill up the last vector stay zero for ever. Of [W; b]
// the last columns, if they are few, are a narrow panel, where four rows share a vector; see products.h.
template <class T>
struct Layer {
    int64_t d_in, d_out;
    int64_t ld;  // row stride of a and dz
    T* W;        // panels of [W; b], (d_in + 1, d_out): the bias is the last row of every panel
    T* Wt;       // panels of Wᵀ, (d_out, d_in), for B4; none in the first layer
    T* m;        // the optimiser's memory, laid out as W: velocity, or first moment, or the gradient that is summed up
    T* v;        // second moment
    T* a;        // z^l, then a^l in its place, (batch, ld)
    T* dz;       // (batch, ld)

    // Where the scores of a few rows are all that is asked: so many columns are not in the panels but read where they lie.
    int64_t in_place;
    const T *W_rows, *b;  // W (d_in, d_out) and b, row after row
};

// The columns that a narrow panel holds: those beyond whole lines of the cache, if there are such and these are few.
template <class T>
constexpr int64_t narrow_columns(int64_t d_out) {
    constexpr int64_t line = 64 / sizeof(T);
    return d_out > line && d_out % line <= 4 ? d_out % line : 0;
}
constexpr int64_t narrow_size = 16;  // four rows, or the bias, of such a panel

// X: dense with any strides (in elements), or CSR.
template <class T>
struct Rows {
    const T* values;
    int64_t row_stride, column_stride;
    const void* indices;  // CSR: column numbers, and where each row starts; both int32, or both int64 if `wide`
    const void* starts;
    bool sparse, wide;
};

template <class T>
struct Optimiser {
    double learning_rate, momentum, beta_1, beta_2, epsilon;
    double beta_1_t, beta_2_t;  // beta^t of the steps taken so far
};

template <class T>
struct Task {
    // the network
    Layer<T>* layers;
    int depth;
    Activation activation;
    T slope;
    Output output;
    double penalty;  // λ

    // the samples
    Rows<T> X;
    const uint8_t* Y;      // (n, K), 0 or 1
    const T* w;            // (n,), or none: all 1
    const int64_t* order;  // row numbers in the order of their use, or none: as they come
    int64_t n, batch;

    // scratch
    const T** rows;    // (batch,): where each row of the batch lies
    T* gathered;       // (batch, d_0): rows that are not contiguous in X
    T* losses;         // (batch,)
    T* columns;        // Y and z^L of as many samples as a vector has lanes, by columns, (threads, 2, ld, lanes)
    T* squares;        // column sums of W ⊙ W of all layers
    T* sparse_dW;      // a thread's part of a panel of dW^1, (threads, sparse_stride)
    int64_t sparse_stride;

    Optimiser<T> optimiser;
    Team* team;
    int threads;
    bool (*interrupted)(void*);  // asked by thread 0 after some 2²⁷ operations
    void* context;

    // results
    double loss;    // Σ w loss over the samples, and λ/2 ‖W‖² a batch
    double weight;  // Σ w over the samples
    int64_t steps;
    bool stop;
    T* scores;      // (n, K): z^L, or ŷ
    bool probabilities;
};

// The kernels as compiled for one instruction set. Every thread of the team calls the same function.
template <class T>
struct Kernels {
    const char* name;
    int64_t lanes, panel;  // columns of a vector and of a full panel
    void (*epoch)(Task<T>&, Solver, int thread);
    void (*gradient)(Task<T>&, int thread);
    void (*scores)(Task<T>&, int thread);
    void (*transpose)(Task<T>&, int thread);
};

template <class T>
const Kernels<T>& kernels();  // the best that this processor has, or the one that CHAINRULE_ISA names

}  // namespace chainrule
