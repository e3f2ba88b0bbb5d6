// Microseconds a training step, and what part of the machine's matrix-product peak that is.
// bench [threads] [float|double] [repeats] [layers]; the peak is that of a large square product by the OpenBLAS that NumPy
// brings along, whose path is in the environment variable PEAK_BLAS. Everything is timed in short turns, so that minima
// mean something on a busy machine.
#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>

#include "../engine.h"

using namespace chainrule;

namespace {

// With one thread its own processor time, which other processes do not lengthen so much.
bool own_time = false;
double now() {
    timespec t;
    clock_gettime(own_time ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

constexpr int batches = 10;

template <class T>
struct Shape {
    std::vector<int64_t> sizes;
    int64_t batch;
    std::unique_ptr<Engine<T>> engine;
    Samples<T> samples;
    std::vector<T> X;
    std::vector<uint8_t> Y;
    std::vector<int64_t> order;
    double best = 1e9, flops = 0;
    std::vector<double> all;
};

template <class T>
using Gemm = void (*)(int, int, int, int64_t, int64_t, int64_t, T, const T*, int64_t, const T*, int64_t, T, T*, int64_t);

template <class T>
double peak(int threads) {
    static void* const blas = dlopen(std::getenv("PEAK_BLAS") ? std::getenv("PEAK_BLAS") : "", RTLD_NOW);
    if (!blas || std::getenv("NO_PEAK")) return 1e9;
    reinterpret_cast<void (*)(int64_t)>(dlsym(blas, "scipy_openblas_set_num_threads64_"))(threads);
    static const auto gemm = reinterpret_cast<Gemm<T>>(dlsym(blas, sizeof(T) == 4 ? "scipy_cblas_sgemm64_" : "scipy_cblas_dgemm64_"));
    constexpr int n = 1024;
    static std::vector<T> a(n * n, T(0.5)), b(n * n, T(0.5)), c(n * n);
    double best = 1e9;
    for (int repeat = 0; repeat < 3; ++repeat) {
        const double start = now();
        gemm(101, 111, 111, n, n, n, 1, a.data(), n, b.data(), n, 0, c.data(), n);
        best = std::min(best, now() - start);
    }
    return 2.0 * n * n * n / best;
}

template <class T>
void bench(int threads, int repeats, const std::string& only) {
    const std::pair<std::vector<int64_t>, int64_t> shapes[] = {{{784, 100, 10}, 200}, {{784, 512, 10}, 128}, {{384, 256, 20}, 256}, {{784, 256, 128, 10}, 128}, {{100, 1000, 50}, 64}, {{64, 32, 10}, 32}, {{4, 10, 3}, 16}, {{64, 100, 10}, 200}};
    std::vector<Shape<T>> runs;
    std::mt19937 random(1);
    for (const auto& [sizes, batch] : shapes) {
        Shape<T> s;
        s.sizes = sizes;
        s.batch = batch;
        std::string name;
        for (auto d : sizes) name.append(name.empty() ? "" : "-").append(std::to_string(d));
        if (!only.empty() && only != name) continue;
        s.engine = std::make_unique<Engine<T>>(Architecture{sizes, Activation::relu, 0.01, Output::softmax, 0}, batch, threads);
        const int64_t n = batch * batches, d = sizes[0], K = sizes.back();
        s.X.resize(n * d);
        for (T& x : s.X) x = T(random() >> 8) / T(1 << 24);
        s.Y.resize(n * K);
        for (int64_t i = 0; i < n; ++i) s.Y[i * K + random() % K] = 1, s.order.push_back(i);
        std::shuffle(s.order.begin(), s.order.end(), random);
        if (const char* z = std::getenv("MOD")) for (auto& o : s.order) o %= std::atoi(z);
        std::vector<std::vector<T>> arrays;
        std::vector<LayerArrays<const T>> views;
        for (size_t l = 1; l < sizes.size(); ++l) {
            const double bound = std::sqrt(6.0 / double(sizes[l - 1] + sizes[l]));
            arrays.emplace_back(sizes[l - 1] * sizes[l]);
            for (T& x : arrays.back()) x = T((2 * double(random()) / 4294967296.0 - 1) * bound);
            arrays.emplace_back(sizes[l]);
            s.flops += 2.0 * double(batch) * double(sizes[l - 1] * sizes[l]) * (l > 1 ? 3 : 2);
        }
        for (size_t l = 0; l < arrays.size(); l += 2) views.push_back({arrays[l].data(), arrays[l + 1].data()});
        s.engine->set(Engine<T>::parameters, views);
        s.samples.n = n;
        runs.push_back(std::move(s));
        Shape<T>& r = runs.back();
        r.samples.X = {r.X.data(), d, 1, nullptr, nullptr, false, false};
        r.samples.Y = r.Y.data();
        r.samples.order = r.order.data();
    }
    double top = 0;
    std::vector<double> tops;
    for (int repeat = 0; repeat < repeats; ++repeat) {
        const double p = peak<T>(threads);
        tops.push_back(p);
        top = std::max(top, p);
        for (Shape<T>& s : runs) {
            const int epochs = std::max(1, int(0.0005 / (batches * s.flops / 1.5e11 + 1e-5)));
            Descent descent;
            s.engine->epoch(s.samples, descent);
            const double start = now();
            for (int e = 0; e < epochs; ++e) s.engine->epoch(s.samples, descent);
            const double time = (now() - start) / epochs / batches;
            s.best = std::min(s.best, time);
            s.all.push_back(time);
        }
    }
    std::sort(tops.begin(), tops.end());
    std::printf("%s, %s, %d thread(s): peak %.1f GFLOPS (median %.1f)\n", Engine<T>::isa(), sizeof(T) == 4 ? "float32" : "float64", threads, top / 1e9, tops[tops.size() / 2] / 1e9);
    for (Shape<T>& s : runs) {
        std::string name;
        for (auto d : s.sizes) name.append(name.empty() ? "" : "-").append(std::to_string(d));
        std::sort(s.all.begin(), s.all.end());
        std::printf("%20s; %3d  threads %d  best %8.2f us  median %8.2f us  %5.1f %% of the peak (%.1f %% by medians)\n", name.c_str(), int(s.batch), s.engine->threads(), s.best * 1e6, s.all[s.all.size() / 2] * 1e6, 100 * s.flops / s.best / top, 100 * s.flops / s.all[s.all.size() / 2] / tops[tops.size() / 2]);
    }
}

}  // namespace

int main(int argc, char** argv) {
    own_time = std::getenv("OWN_TIME") != nullptr;
    const int threads = argc > 1 ? std::atoi(argv[1]) : 1, repeats = argc > 3 ? std::atoi(argv[3]) : 40;
    const std::string only = argc > 4 ? argv[4] : "";
    if (argc > 2 && std::string(argv[2]) == "double") bench<double>(threads, repeats, only);
    else bench<float>(threads, repeats, only);
}
