// The core against the reference, and against itself: the same bits for any number of threads and instruction set.
// `test_core` compares; `test_core --digest` prints a hash of all results, to be compared between instruction sets.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "reference.h"

using namespace chainrule;
using reference::Matrix;

namespace {

int failures = 0, checks = 0;
uint64_t digest = 1469598103934665603u;

void hash(const void* p, size_t n) {
    for (size_t i = 0; i < n; ++i) digest = (digest ^ static_cast<const unsigned char*>(p)[i]) * 1099511628211u;
}

struct Case {
    Architecture net;
    Descent descent;
    int64_t n, batch;
    bool weighted;
    enum { dense, strided, fortran, sparse32, sparse64 } layout = dense;
    std::string name() const {
        std::string s;
        for (auto d : net.sizes) s += std::to_string(d) + "-";
        return s + " activation " + std::to_string(int(net.activation)) + " output " + std::to_string(int(net.output)) + " solver " + std::to_string(int(descent.solver)) + " penalty " + std::to_string(net.penalty) + " n " + std::to_string(n) + " batch " + std::to_string(batch) + (weighted ? " weighted" : "") + " layout " + std::to_string(int(layout));
    }
};

template <class T>
struct Arrays {
    std::vector<std::vector<T>> W, b;
    std::vector<LayerArrays<T>> views() {
        std::vector<LayerArrays<T>> v;
        for (size_t l = 0; l < W.size(); ++l) v.push_back({W[l].data(), b[l].data()});
        return v;
    }
    std::vector<LayerArrays<const T>> const_views() const {
        std::vector<LayerArrays<const T>> v;
        for (size_t l = 0; l < W.size(); ++l) v.push_back({W[l].data(), b[l].data()});
        return v;
    }
    std::vector<T> flat() const {
        std::vector<T> f;
        for (size_t l = 0; l < W.size(); ++l) {
            f.insert(f.end(), W[l].begin(), W[l].end());
            f.insert(f.end(), b[l].begin(), b[l].end());
        }
        return f;
    }
    explicit Arrays(const Architecture& net) {
        for (size_t l = 1; l < net.sizes.size(); ++l) {
            W.emplace_back(net.sizes[l - 1] * net.sizes[l]);
            b.emplace_back(net.sizes[l]);
        }
    }
};

template <class T>
struct Results {
    std::vector<T> parameters, m, v, gradient, scores;
    std::vector<double> losses;
};

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() && (a.empty() || !std::memcmp(a.data(), b.data(), a.size() * sizeof(T)));
}

void expect(bool ok, const std::string& what, const Case& c) {
    ++checks;
    if (!ok && ++failures < 40) std::printf("FAILED %s: %s\n", what.c_str(), c.name().c_str());
}

template <class T, class U>
void expect_close(const std::vector<T>& got, const std::vector<U>& expected, double scale, const std::string& what, const Case& c) {
    double worst = 0, most = 0;
    for (U x : expected) most = std::max(most, std::abs(double(x)));
    for (size_t i = 0; i < got.size(); ++i) {
        const double error = std::abs(double(got[i]) - double(expected[i]));
        worst = error <= worst ? worst : error;  // and NaN
    }
    const double tolerance = scale * (most + 1e-3) * std::numeric_limits<T>::epsilon();
    expect(got.size() == expected.size() && worst <= tolerance, what + " differs by " + std::to_string(worst / (tolerance / scale)) + " ulp of the largest", c);
}

template <class T>
Results<T> run(const Case& c, const Arrays<T>& start, const Samples<T>& samples, int threads) {
    Results<T> r;
    Engine<T> engine(c.net, c.batch, threads, true);
    Arrays<T> arrays = start;
    engine.set(Engine<T>::parameters, start.const_views());
    engine.gradient(samples);
    engine.get(Engine<T>::first_memory, arrays.views());
    r.gradient = arrays.flat();
    r.scores.resize(c.n * c.net.sizes.back());
    engine.scores(r.scores.data(), samples.X, c.n, false);

    const Arrays<T> zeros(c.net);
    engine.set(Engine<T>::first_memory, zeros.const_views());
    Descent descent = c.descent;
    for (int e = 0; e < 3; ++e) {
        const Progress p = engine.epoch(samples, descent);
        descent.t += p.steps;
        r.losses.push_back(p.loss);
    }
    engine.get(Engine<T>::parameters, arrays.views());
    r.parameters = arrays.flat();
    engine.get(Engine<T>::first_memory, arrays.views());
    r.m = arrays.flat();
    if (c.descent.solver == Solver::adam) {
        engine.get(Engine<T>::second_memory, arrays.views());
        r.v = arrays.flat();
    }
    r.losses.push_back(engine.gradient(samples));
    expect(engine.finite(), "finite", c);
    return r;
}

template <class T>
void check(const Case& c, bool compare) {
    std::mt19937 random(unsigned(c.n * 31 + c.batch * 7 + c.net.sizes[0] + int(c.net.activation)));
    const auto uniform = [&](double a, double b) { return a + (b - a) * double(random() >> 8) / double(1 << 24); };
    const int64_t d = c.net.sizes[0], K = c.net.sizes.back();

    Matrix X = reference::zeros(c.n, d), Y = reference::zeros(c.n, K);
    std::vector<double> w(c.n, 1);
    std::vector<uint8_t> Y_bytes(c.n * K);
    std::vector<T> w_T(c.n);
    std::vector<int64_t> order(c.n);
    const bool sparse = c.layout >= Case::sparse32;
    for (int64_t i = 0; i < c.n; ++i) {
        for (double& x : X[i]) x = sparse && random() % 4 ? 0 : T(uniform(-1, 1));
        if (c.net.output == Output::softmax) Y[i][random() % K] = 1;
        else
            for (double& y : Y[i]) y = random() % 2;
        for (int64_t k = 0; k < K; ++k) Y_bytes[i * K + k] = uint8_t(Y[i][k]);
        if (c.weighted) w[i] = i < c.batch ? 0 : T(uniform(0, 2));
        if (c.weighted && c.n <= c.batch) w[i] = T(uniform(0.1, 2));
        w_T[i] = T(w[i]);
        order[i] = i;
    }
    if (!c.weighted) std::shuffle(order.begin(), order.end(), random);

    Samples<T> samples;
    std::vector<T> values;
    std::vector<int32_t> indices32, starts32{0};
    std::vector<int64_t> indices64, starts64{0};
    if (sparse) {
        for (const auto& row : X) {
            for (int64_t j = 0; j < d; ++j)
                if (row[j] != 0) values.push_back(T(row[j])), indices32.push_back(int32_t(j)), indices64.push_back(j);
            starts32.push_back(int32_t(values.size()));
            starts64.push_back(int64_t(values.size()));
        }
        const bool wide = c.layout == Case::sparse64;
        samples.X = {values.data(), 0, 0, wide ? (const void*)indices64.data() : indices32.data(), wide ? (const void*)starts64.data() : starts32.data(), true, wide};
    } else {
        const int64_t row_stride = c.layout == Case::fortran ? 1 : c.layout == Case::strided ? 2 * d + 3 : d, column_stride = c.layout == Case::fortran ? c.n : c.layout == Case::strided ? 2 : 1;
        values.resize(c.n * row_stride + d * column_stride);
        for (int64_t i = 0; i < c.n; ++i)
            for (int64_t j = 0; j < d; ++j) values[i * row_stride + j * column_stride] = T(X[i][j]);
        samples.X = {values.data(), row_stride, column_stride, nullptr, nullptr, false, false};
    }
    samples.Y = Y_bytes.data();
    samples.w = c.weighted ? w_T.data() : nullptr;
    samples.order = order.data();
    samples.n = c.n;

    Arrays<T> start(c.net);
    reference::Parameters p = reference::like(c.net);
    for (size_t l = 0; l < start.W.size(); ++l) {
        const int64_t d_in = c.net.sizes[l], d_out = c.net.sizes[l + 1];
        const double bound = std::sqrt(6.0 / double(d_in + d_out));
        for (int64_t j = 0; j < d_in; ++j)
            for (int64_t k = 0; k < d_out; ++k) p.W[l][j][k] = start.W[l][j * d_out + k] = T(uniform(-bound, bound));
        for (int64_t k = 0; k < d_out; ++k) p.b[l][k] = start.b[l][k] = T(uniform(-bound, bound));
    }

    const Results<T> r = run(c, start, samples, 1);
    hash(r.parameters.data(), r.parameters.size() * sizeof(T));
    hash(r.gradient.data(), r.gradient.size() * sizeof(T));
    hash(r.scores.data(), r.scores.size() * sizeof(T));
    hash(r.losses.data(), r.losses.size() * sizeof(double));
    if (!compare) return;

    for (int threads : {2, 3}) {
        const Results<T> other = run(c, start, samples, threads);
        expect(same_bits(r.parameters, other.parameters) && same_bits(r.m, other.m) && same_bits(r.v, other.v) && same_bits(r.gradient, other.gradient) && same_bits(r.scores, other.scores) && same_bits(r.losses, other.losses),
               "bits with " + std::to_string(threads) + " threads", c);
    }

    reference::Parameters gradient;
    Matrix scores = reference::zeros(c.n, K);
    reference::loss_and_gradients(gradient, c.net, p, X, Y, w, &scores);
    std::vector<double> flat;
    reference::over_all(gradient, [&](double& x) { flat.push_back(x); });
    double length = double(c.n);
    for (int64_t size : c.net.sizes) length += double(size);
    expect_close(r.gradient, flat, 2 * length, "gradient", c);
    flat.clear();
    for (const auto& row : scores) flat.insert(flat.end(), row.begin(), row.end());
    expect_close(r.scores, flat, length, "scores", c);

    reference::Memory memory;
    Descent descent = c.descent;
    std::vector<double> losses;
    for (int e = 0; e < 3; ++e) {
        losses.push_back(reference::epoch(p, memory, c.net, descent, X, Y, w, order, size_t(c.batch)));
        int64_t steps = 0;
        for (int64_t first = 0; first < c.n; first += c.batch) {
            double weight = 0;
            for (int64_t i = first; i < std::min(first + c.batch, c.n); ++i) weight += w[order[i]];
            steps += weight > 0;
        }
        descent.t += steps;
    }
    losses.push_back(reference::loss_and_gradients(gradient, c.net, p, X, Y, w));
    flat.clear();
    reference::over_all(p, [&](double& x) { flat.push_back(x); });
    // Adam divides by the root of what may be next to nothing: its steps do not shrink with the gradient's error.
    const double steps = 3 * double((c.n + c.batch - 1) / c.batch);
    expect_close(r.parameters, flat, 20 * length * steps, "parameters", c);
    std::vector<T> losses_T(r.losses.begin(), r.losses.end());
    expect_close(losses_T, losses, 20 * length * steps, "losses", c);
}

template <class T>
void check_all(bool compare) {
    Descent sgd{Solver::sgd, 0.1}, nesterov{Solver::nesterov, 0.1}, adam{Solver::adam, 0.01};
    adam.epsilon = 1e-4;  // keeps apart what rounding does to tiny gradients and what a wrong formula does
    const Descent descents[] = {sgd, nesterov, adam};
    int turn = 0;
    for (int activation = 0; activation < 5; ++activation)
        for (int depth = 0; depth < 4; ++depth)
            for (int output = 0; output < 3; ++output)
                for (double penalty : {0.0, 0.3})
                    for (bool weighted : {false, true})
                        for (const Descent& descent : descents) {
                            Case c;
                            c.net.sizes = {13};
                            const int64_t hidden[] = {19, 20, 9};
                            for (int l = 0; l < depth; ++l) c.net.sizes.push_back(hidden[l]);
                            c.net.sizes.push_back(output == 0 ? 3 : output == 1 ? 1 : 5);
                            c.net.activation = Activation(activation);
                            c.net.slope = 0.05;
                            c.net.output = output == 0 ? Output::softmax : Output::logistic;
                            c.net.penalty = penalty;
                            c.descent = descent;
                            c.n = 37;
                            c.batch = 11;
                            c.weighted = weighted;
                            c.layout = decltype(c.layout)(turn++ % 5);
                            check<T>(c, compare);
                        }
    const int64_t edges[] = {1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 47, 48, 49, 63, 65, 97};
    for (int64_t a : edges)
        for (int64_t b : edges) {
            Case c;
            c.net.sizes = {a, b, (a * 3 + b) % 53 + 2};
            c.net.activation = Activation::tanh;
            c.net.penalty = 0.1;
            c.descent = descents[turn++ % 3];
            c.n = 2 * b + 1;
            c.batch = b;
            c.weighted = a % 2;
            c.layout = decltype(c.layout)(turn % 5);
            check<T>(c, compare);
        }
    for (int64_t n : edges) {
        Case c;
        c.net.sizes = {300, 130, 70, 10};
        c.net.activation = Activation::tanh;
        c.descent = adam;
        c.n = c.batch = n;
        c.weighted = false;
        check<T>(c, compare);
    }
}

// exp, log and their kin are reached through the network alone; extreme scores test their ends.
template <class T>
void check_extremes() {
    for (const auto output : {Output::softmax, Output::logistic})
        for (const double size : {1e2, 1e4, 1e30}) {
            Case c;
            c.net.sizes = {1, 2};
            c.net.output = output;
            c.n = c.batch = 1;
            Engine<T> engine(c.net, 1, 1);
            const T W[] = {T(size), T(-size)}, b[] = {0, 0}, X[] = {1};
            engine.set(Engine<T>::parameters, {{W, b}});
            for (uint8_t hit : {0, 1}) {
                const uint8_t Y[] = {uint8_t(!hit), hit};
                Samples<T> samples{{X, 1, 1, nullptr, nullptr, false, false}, Y, nullptr, nullptr, 1};
                const double loss = engine.gradient(samples), expected = hit * 2 * size;
                expect(std::abs(loss - expected) <= 1e-5 * expected + 1e-30, "loss of scores of " + std::to_string(size), c);
            }
        }
}

}  // namespace

int main(int argc, char** argv) {
    const bool compare = argc < 2 || std::string(argv[1]) != "--digest";
    check_all<float>(compare);
    check_all<double>(compare);
    check_extremes<float>();
    check_extremes<double>();
    if (compare) std::printf("%s: %d checks, %d failures\n", Engine<float>::isa(), checks, failures);
    else std::printf("%016llx\n", static_cast<unsigned long long>(digest));
    return failures ? 1 : 0;
}
