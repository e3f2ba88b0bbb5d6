// A network in training: its parameters in panels, the optimiser's memory, scratch and threads, kept over a whole fit.
#pragma once
#include <cstdlib>
#include <memory>
#include <mutex>
#include <vector>

#include "task.h"
#include "team.h"

namespace chainrule {

struct Architecture {
    std::vector<int64_t> sizes;  // d_0 … d_L
    Activation activation = Activation::relu;
    double slope = 0.01;  // of leaky_relu
    Output output = Output::softmax;
    double penalty = 0;  // λ
};

template <class T>
struct Samples {
    Rows<T> X;
    const uint8_t* Y = nullptr;  // (n, K), 0 or 1
    const T* w = nullptr;        // (n,), or none: all 1
    const int64_t* order = nullptr;
    int64_t n = 0;
};

struct Descent {
    Solver solver = Solver::adam;
    double learning_rate = 1e-3, momentum = 0.9, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-8;
    int64_t t = 0;  // steps taken so far
};

struct Progress {
    double loss;  // mean of the batches' losses, each taken before its own step, weighted by the batches' weights
    int64_t steps;
    bool interrupted;
};

// One layer's arrays as scikit-learn has them: W (d_in, d_out) and b (d_out,), both C-contiguous.
template <class T>
struct LayerArrays {
    T *W, *b;
};

template <class T>
struct Free {
    void operator()(T* p) const { std::free(p); }
};
template <class T>
using Buffer = std::unique_ptr<T[], Free<T>>;

template <class T>
class Engine {
public:
    enum Matrix { parameters, first_memory, second_memory };  // the optimiser's memory: velocity; or m and v; or dW, db

    // Threads are the most that may be used: a batch that is too small to share gets one, unless `all_threads`.
    Engine(Architecture architecture, int64_t batch, int threads, bool all_threads = false);

    void set(Matrix which, const std::vector<LayerArrays<const T>>& from);
    void get(Matrix which, const std::vector<LayerArrays<T>>& to);
    bool finite() const;  // are the parameters?

    Progress epoch(const Samples<T>& samples, const Descent& descent, bool (*interrupted)(void*) = nullptr, void* context = nullptr);
    double gradient(const Samples<T>& samples);  // returns the loss; the gradient is then in first_memory
    void scores(T* scores, const Rows<T>& X, int64_t n, bool probabilities);  // z^L, or ŷ

    const Architecture& architecture() const { return architecture_; }
    int64_t batch() const { return batch_; }
    int threads() const { return team_.size(); }
    static const char* isa() { return kernels<T>().name; }

private:
    static int useful_threads(const Architecture& architecture, int64_t batch, int most);

    T* matrix(Matrix which, int layer);
    void prepare_to_train();
    Task<T> task(const Samples<T>& samples);
    template <class F>
    void on_threads(int threads, const F& f);
    template <class F>
    void train(Task<T>& task, const F& f);

    const Kernels<T>& kernels_ = kernels<T>();
    Architecture architecture_;
    int64_t batch_;
    Team team_;
    std::mutex scratch_;  // one caller at a time: what lies between the layers is kept from call to call
    std::vector<Layer<T>> layers_;
    Buffer<T> W_, Wt_, m_, v_, a_, dz_, gathered_, losses_, columns_, squares_, sparse_dW_;
    std::vector<const T*> rows_;
    int64_t size_ = 0;
    int alone_ = 0;     // epochs that one thread has to itself yet
    int patience_ = 0;  // how many it got the last time that the others were kept from their cores
    bool transposed_ = false;  // is Wt the transpose of W?
};

// The scores of a few dense rows, one after the other and to the bit as an engine has them: the parameters, which have to
// stay, are read where they lie, as to put them into panels would take many times as long.
template <class T>
class FewRows {
public:
    FewRows(Architecture architecture, const std::vector<LayerArrays<const T>>& parameters);
    void scores(T* scores, const Rows<T>& X, int64_t n, bool probabilities);  // z^L, or ŷ

    const Architecture& architecture() const { return architecture_; }

private:
    const Kernels<T>& kernels_ = kernels<T>();
    Architecture architecture_;
    std::vector<Layer<T>> layers_;
    Buffer<T> W_, a_, gathered_;
};

}  // namespace chainrule
