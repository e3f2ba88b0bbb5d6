#include "engine.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace chainrule {

void meet(Team* team) {
    if (team) team->meet();
}

namespace {

int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

// Epochs at most that are left to one thread before all try again.
constexpr int most_alone = 32;

// Reads and writes subnormal numbers as 0 while it lives. The moments of a unit that has died shrink until they are
// subnormal, where rounding keeps them for ever, and every operation on them takes a hundred times as long.
class SubnormalsAreZero {
public:
#if defined(__x86_64__)
    SubnormalsAreZero() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040); }
    ~SubnormalsAreZero() { _mm_setcsr(before_); }

private:
    const unsigned before_;
#elif defined(__aarch64__)
    SubnormalsAreZero() : before_(__builtin_aarch64_get_fpcr()) { __builtin_aarch64_set_fpcr(before_ | 1u << 24); }
    ~SubnormalsAreZero() { __builtin_aarch64_set_fpcr(before_); }

private:
    const unsigned before_;
#endif
};

template <class T>
Buffer<T> zeros(int64_t n) {
    const size_t bytes = size_t(round_up(n * int64_t(sizeof(T)) + 1, 64));
    T* const p = static_cast<T*>(std::aligned_alloc(64, bytes));
    if (!p) throw std::bad_alloc();
    std::memset(p, 0, bytes);
    return Buffer<T>(p);
}

template <class T>
std::vector<Layer<T>> layers_of(const Architecture& architecture) {
    const int64_t line = 64 / sizeof(T);
    std::vector<Layer<T>> layers;
    for (size_t l = 1; l < architecture.sizes.size(); ++l) {
        Layer<T> layer{};
        layer.d_in = architecture.sizes[l - 1];
        layer.d_out = architecture.sizes[l];
        layer.ld = round_up(layer.d_out, line);
        if (layer.ld / line % 2 == 0) layer.ld += line;  // rows an even number of lines apart would crowd into few sets of the cache
        layers.push_back(layer);
    }
    return layers;
}

template <class T>
int64_t panels_size(const Layer<T>& layer, const Kernels<T>& kernels) {
    const int64_t narrow = narrow_columns<T>(layer.d_out), wide = layer.d_out - narrow - layer.in_place;
    return (layer.d_in + 1) * round_up(wide, kernels.lanes) + (narrow ? round_up(layer.d_in, 4) * 4 + narrow_size : 0);
}

// Calls f(where in the panels, row, first column, columns) for the rows of a layer's panels; row d_in is the bias.
template <class T, class F>
void over_panel_rows(const Layer<T>& layer, const Kernels<T>& kernels, F f) {
    const int64_t rows = layer.d_in + 1, narrow = narrow_columns<T>(layer.d_out), wide = layer.d_out - narrow - layer.in_place;
    for (int64_t c = 0; c < wide; c += kernels.panel) {
        const int64_t columns = std::min(kernels.panel, wide - c), width = round_up(columns, kernels.lanes);
        for (int64_t j = 0; j < rows; ++j) f(rows * c + j * width, j, layer.in_place + c, columns);
    }
    for (int64_t j = 0; narrow && j < rows; ++j) {
        const int64_t group = j < layer.d_in ? j / 4 : (layer.d_in + 3) / 4, place = j < layer.d_in ? j % 4 : 0;
        for (int64_t c = 0; c < narrow; ++c) f(rows * wide + group * narrow_size + 4 * c + place, j, layer.in_place + wide + c, 1);
    }
}

template <class T>
void pack(T* panels, const Layer<T>& layer, const Kernels<T>& kernels, const LayerArrays<const T>& from) {
    over_panel_rows(layer, kernels, [&](int64_t at, int64_t j, int64_t c, int64_t columns) {
        const T* const row = j < layer.d_in ? from.W + j * layer.d_out : from.b;
        if (columns == 1) panels[at] = row[c];
        else std::memcpy(panels + at, row + c, size_t(columns) * sizeof(T));
    });
}

}  // namespace

// Below some 2.5 · 10⁵ multiplications a thread in each half of a step, meeting costs more than sharing saves: measured by
// benchmarks/threads.py.
template <class T>
int Engine<T>::useful_threads(const Architecture& architecture, int64_t batch, int most) {
    double products = 0;
    for (size_t l = 1; l < architecture.sizes.size(); ++l) products += double(architecture.sizes[l - 1]) * double(architecture.sizes[l]);
    const double useful = products * double(batch) / 2.5e5;
    return useful < 2 || most < 2 ? 1 : useful < most ? int(useful) : most;
}

template <class T>
Engine<T>::Engine(Architecture architecture, int64_t batch, int threads, bool all_threads)
    : architecture_(std::move(architecture)), batch_(batch), team_(all_threads ? threads : useful_threads(architecture_, batch, threads)), layers_(layers_of<T>(architecture_)) {
    int64_t activations = 0;
    for (const Layer<T>& layer : layers_) {
        size_ += panels_size(layer, kernels_);
        activations += layer.ld;
    }
    W_ = zeros<T>(size_);
    a_ = zeros<T>(batch_ * activations);
    T *W = W_.get(), *a = a_.get();
    for (Layer<T>& layer : layers_) {
        layer.W = W;
        layer.a = a;
        W += panels_size(layer, kernels_);
        a += batch_ * layer.ld;
    }
    rows_.resize(batch_);
}

template <class T>
T* Engine<T>::matrix(Matrix which, int layer) {
    Buffer<T>& buffer = which == parameters ? W_ : which == first_memory ? m_ : v_;
    if (!buffer) buffer = zeros<T>(size_);
    for (int l = 0; l < int(layers_.size()); ++l) {
        layers_[l].m = m_ ? m_.get() + (layers_[l].W - W_.get()) : nullptr;
        layers_[l].v = v_ ? v_.get() + (layers_[l].W - W_.get()) : nullptr;
    }
    return buffer.get() + (layers_[layer].W - W_.get());
}

template <class T>
void Engine<T>::set(Matrix which, const std::vector<LayerArrays<const T>>& from) {
    for (size_t l = 0; l < layers_.size(); ++l) pack(matrix(which, int(l)), layers_[l], kernels_, from[l]);
    if (which == parameters) transposed_ = false;
}

template <class T>
void Engine<T>::get(Matrix which, const std::vector<LayerArrays<T>>& to) {
    for (size_t l = 0; l < layers_.size(); ++l) {
        const T* const p = matrix(which, int(l));
        const int64_t d_in = layers_[l].d_in, d_out = layers_[l].d_out;
        over_panel_rows(layers_[l], kernels_, [&](int64_t at, int64_t j, int64_t c, int64_t columns) {
            std::memcpy(j < d_in ? to[l].W + j * d_out + c : to[l].b + c, p + at, size_t(columns) * sizeof(T));
        });
    }
}

template <class T>
bool Engine<T>::finite() const {
    const T* const W = W_.get();
    int64_t bad = 0;
    for (int64_t i = 0; i < size_; ++i) bad += !(std::abs(W[i]) <= std::numeric_limits<T>::max());
    return bad == 0;
}

template <class T>
void Engine<T>::prepare_to_train() {
    if (dz_) return;
    int64_t activations = 0, transposed = 0;
    for (size_t l = 0; l < layers_.size(); ++l) {
        activations += layers_[l].ld;
        if (l > 0) transposed += layers_[l].d_out * round_up(layers_[l].d_in, kernels_.lanes);
    }
    dz_ = zeros<T>(batch_ * activations);
    Wt_ = zeros<T>(transposed);
    losses_ = zeros<T>(batch_);
    columns_ = zeros<T>(team_.size() * 2 * layers_.back().ld * kernels_.lanes);
    squares_ = zeros<T>(activations);
    T *dz = dz_.get(), *Wt = Wt_.get();
    for (size_t l = 0; l < layers_.size(); ++l) {
        layers_[l].dz = dz;
        dz += batch_ * layers_[l].ld;
        if (l == 0) continue;
        layers_[l].Wt = Wt;
        Wt += layers_[l].d_out * round_up(layers_[l].d_in, kernels_.lanes);
    }
}

template <class T>
Task<T> Engine<T>::task(const Samples<T>& samples) {
    Task<T> task{};
    task.layers = layers_.data();
    task.depth = int(layers_.size());
    task.activation = architecture_.activation;
    task.slope = T(architecture_.slope);
    task.output = architecture_.output;
    task.penalty = architecture_.penalty;
    task.X = samples.X;
    task.Y = samples.Y;
    task.w = samples.w;
    task.order = samples.order;
    task.n = samples.n;
    task.batch = batch_;
    if (!samples.X.sparse && samples.X.column_stride != 1 && !gathered_) gathered_ = zeros<T>(batch_ * layers_[0].d_in);
    task.rows = rows_.data();
    task.gathered = gathered_.get();
    task.losses = losses_.get();
    task.columns = columns_.get();
    task.squares = squares_.get();
    task.team = &team_;
    task.threads = team_.size();
    if (samples.X.sparse && dz_) {  // no thread's part of a panel is larger than this
        const int64_t panel = std::min(kernels_.panel, round_up(layers_[0].d_out, std::max(kernels_.lanes, int64_t(4))));
        task.sparse_stride = std::min(round_up(layers_[0].d_in, 4) * panel, round_up(size_ / task.threads, 64) + 64 * panel);
        if (!sparse_dW_) sparse_dW_ = zeros<T>(task.threads * task.sparse_stride);
        task.sparse_dW = sparse_dW_.get();
    }
    return task;
}

template <class T>
template <class F>
void Engine<T>::on_threads(int threads, const F& f) {
    const auto job_of_a_thread = [&](int thread) {
        const SubnormalsAreZero guard;
        f(thread);
    };
    if (threads == 1) return job_of_a_thread(0);
    struct Job {
        const decltype(job_of_a_thread)& f;
        int threads;
    } job{job_of_a_thread, threads};
    team_.run([](void* p, int thread) {
        const Job& job = *static_cast<Job*>(p);
        if (thread < job.threads) job.f(thread);
    }, &job);
}

template <class T>
template <class F>
void Engine<T>::train(Task<T>& task, const F& f) {
    on_threads(task.threads, [&](int thread) {
        if (!transposed_) {
            kernels_.transpose(task, thread);
            meet(task.team);
        }
        f(thread);
    });
    transposed_ = true;
}

// Where another process keeps a thread from its core, the others wait for it at every meeting, and one thread by itself
// is faster than all. If the waiting adds up to more than a third of an epoch, the next one is left to one thread, and
// then all try again; each time in a row that they wait as long, twice as many are. The numbers are the same either way.
template <class T>
Progress Engine<T>::epoch(const Samples<T>& samples, const Descent& d, bool (*interrupted)(void*), void* context) {
    const std::lock_guard<std::mutex> alone(scratch_);
    prepare_to_train();
    matrix(first_memory, 0);
    if (d.solver == Solver::adam) matrix(second_memory, 0);
    Task<T> task = this->task(samples);
    task.optimiser = {d.learning_rate, d.momentum, d.beta_1, d.beta_2, d.epsilon, std::pow(d.beta_1, double(d.t)), std::pow(d.beta_2, double(d.t))};
    task.interrupted = interrupted;
    task.context = context;
    if (alone_ > 0) {
        --alone_;
        task.threads = 1;
        task.team = nullptr;
    }
    const auto start = std::chrono::steady_clock::now();
    train(task, [&](int thread) { kernels_.epoch(task, d.solver, thread); });
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (task.threads > 1) {
        const bool contended = team_.take_waited() > elapsed.count() / 3;
        patience_ = contended ? std::min(std::max(2 * patience_, 1), most_alone) : 0;
        alone_ = patience_;
    }
    return {task.loss / task.weight, task.steps, task.stop};
}

// The gradient starts as that of the penalty; the kernel adds the samples'.
template <class T>
double Engine<T>::gradient(const Samples<T>& samples) {
    const std::lock_guard<std::mutex> alone(scratch_);
    prepare_to_train();
    double weight = samples.w ? 0 : double(samples.n);
    if (samples.w)
        for (int64_t i = 0; i < samples.n; ++i) weight += samples.w[i];
    const T decay = T(architecture_.penalty / weight);
    for (size_t l = 0; l < layers_.size(); ++l) {
        const T* const W = layers_[l].W;
        T* const dW = matrix(first_memory, int(l));
        over_panel_rows(layers_[l], kernels_, [&](int64_t at, int64_t j, int64_t, int64_t columns) {
            for (int64_t k = 0; k < columns; ++k) dW[at + k] = j < layers_[l].d_in ? decay * W[at + k] : 0;
        });
    }
    Task<T> task = this->task(samples);
    train(task, [&](int thread) { kernels_.gradient(task, thread); });
    return task.loss / task.weight;
}

template <class T>
void Engine<T>::scores(T* scores, const Rows<T>& X, int64_t n, bool probabilities) {
    const std::lock_guard<std::mutex> alone(scratch_);
    Samples<T> samples;
    samples.X = X;
    samples.n = n;
    Task<T> task = this->task(samples);
    task.scores = scores;
    task.probabilities = probabilities;
    const auto run = [&](int thread) { kernels_.scores(task, thread); };
    // Waking the team for a few rows would cost more than they do.
    task.threads = int(std::min({int64_t(task.threads), (n + 63) / 64, batch_}));
    on_threads(task.threads, run);
}

// Columns in whole lines are read in place, the rest of them are packed.
template <class T>
FewRows<T>::FewRows(Architecture architecture, const std::vector<LayerArrays<const T>>& parameters)
    : architecture_(std::move(architecture)), layers_(layers_of<T>(architecture_)), gathered_(zeros<T>(layers_[0].d_in)) {
    const int64_t line = 64 / sizeof(T);
    int64_t size = 0, activations = 0;
    for (size_t l = 0; l < layers_.size(); ++l) {
        Layer<T>& layer = layers_[l];
        layer.in_place = layer.d_out / line * line;
        layer.W_rows = parameters[l].W;
        layer.b = parameters[l].b;
        size += panels_size(layer, kernels_);
        activations += layer.ld;
    }
    W_ = zeros<T>(size);
    a_ = zeros<T>(activations);
    T *W = W_.get(), *a = a_.get();
    for (size_t l = 0; l < layers_.size(); ++l) {
        layers_[l].W = W;
        layers_[l].a = a;
        pack(W, layers_[l], kernels_, parameters[l]);
        W += panels_size(layers_[l], kernels_);
        a += layers_[l].ld;
    }
}

template <class T>
void FewRows<T>::scores(T* scores, const Rows<T>& X, int64_t n, bool probabilities) {
    const SubnormalsAreZero guard;
    const T* row;
    Task<T> task{};
    task.layers = layers_.data();
    task.depth = int(layers_.size());
    task.activation = architecture_.activation;
    task.slope = T(architecture_.slope);
    task.output = architecture_.output;
    task.X = X;
    task.n = n;
    task.batch = task.threads = 1;
    task.rows = &row;
    task.gathered = gathered_.get();
    task.scores = scores;
    task.probabilities = probabilities;
    kernels_.scores(task, 0);
}

template class FewRows<float>;
template class FewRows<double>;
template class Engine<float>;
template class Engine<double>;

}  // namespace chainrule
