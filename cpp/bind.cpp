// The engine as Python sees it: shapes and types are checked here, and the GIL is free while the kernels run.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "engine.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace chainrule {
namespace {

template <class E>
E named(const std::string& what, const std::string& name, const std::map<std::string, E>& known) {
    if (const auto found = known.find(name); found != known.end()) return found->second;
    std::string names;
    for (const auto& [each, value] : known) names += (names.empty() ? "" : ", ") + each;
    throw nb::value_error((what + ": expected one of " + names + "; got '" + name + "'").c_str());
}

Activation activation_of(const std::string& name) {
    return named<Activation>("activation", name, {{"identity", Activation::identity}, {"logistic", Activation::logistic}, {"tanh", Activation::tanh}, {"relu", Activation::relu}, {"leaky_relu", Activation::leaky_relu}});
}
Output output_of(const std::string& name) { return named<Output>("output", name, {{"softmax", Output::softmax}, {"logistic", Output::logistic}}); }
Solver solver_of(const std::string& name) { return named<Solver>("solver", name, {{"sgd", Solver::sgd}, {"nesterov", Solver::nesterov}, {"adam", Solver::adam}}); }

template <class T>
constexpr const char* type_name = std::is_same_v<T, float> ? "float32" : std::is_same_v<T, double> ? "float64" : std::is_same_v<T, int64_t> ? "int64" : std::is_same_v<T, int32_t> ? "int32" : "uint8 or bool";

std::string text(const std::vector<int64_t>& shape) {
    std::string s = "(";
    for (size_t i = 0; i < shape.size(); ++i) s += (i ? ", " : "") + (shape[i] < 0 ? std::string("n") : std::to_string(shape[i]));
    return s + (shape.size() == 1 ? ",)" : ")");
}

// An array of the type and shape that are expected (-1: any length), or an error that says what came instead.
template <class Array>
Array array(const std::string& name, nb::handle object, const std::vector<int64_t>& shape, const std::string& type) {
    const auto shape_of = [&](const auto& given) {
        std::vector<int64_t> got;
        for (size_t i = 0; i < given.ndim(); ++i) got.push_back(int64_t(given.shape(i)));
        return got;
    };
    const auto fits = [&](const auto& given) {
        bool same = given.ndim() == shape.size();
        for (size_t i = 0; same && i < shape.size(); ++i) same = shape[i] < 0 || shape[i] == int64_t(given.shape(i));
        return same;
    };
    Array result;
    if (nb::try_cast(object, result, false) && fits(result)) return result;

    nb::ndarray<nb::ro> any;
    if (!nb::try_cast(object, any, false)) {
        const std::string got = nb::cast<std::string>(nb::type_name(object.type()));
        throw nb::type_error((name + ": expected an array of " + type + ", got " + got).c_str());
    }
    if (!fits(any)) throw nb::value_error((name + ": expected shape " + text(shape) + ", got " + text(shape_of(any))).c_str());
    const std::string got = nb::hasattr(object, "dtype") ? nb::cast<std::string>(object.attr("dtype").attr("name")) : "another type";
    const bool same = type.find(got) != std::string::npos;
    throw nb::type_error((name + ": expected " + type + (same ? ", C-contiguous and writable where it is written to; got another layout" : ", got " + got)).c_str());
}

template <class T>
T* contiguous(const std::string& name, nb::handle object, const std::vector<int64_t>& shape) {
    return array<nb::ndarray<T, nb::c_contig, nb::device::cpu>>(name, object, shape, type_name<std::remove_const_t<T>>).data();
}

template <class T>
const uint8_t* indicators(nb::handle object, int64_t n, int64_t K) {
    nb::ndarray<const bool, nb::c_contig, nb::device::cpu> as_bool;
    if (nb::try_cast(object, as_bool, false) && as_bool.ndim() == 2 && int64_t(as_bool.shape(0)) == n && int64_t(as_bool.shape(1)) == K) return reinterpret_cast<const uint8_t*>(as_bool.data());
    return contiguous<const uint8_t>("Y", object, {n, K});
}

// X, and n: a dense array of any strides, or a CSR matrix. The arrays live as long as `object` does.
template <class T>
std::pair<Rows<T>, int64_t> rows_of(nb::handle object, int64_t d) {
    Rows<T> X{};
    if (!nb::hasattr(object, "indptr")) {
        const auto dense = array<nb::ndarray<const T, nb::ndim<2>, nb::device::cpu>>("X", object, {-1, d}, type_name<T>);
        X.values = dense.data();
        X.row_stride = dense.stride(0);
        X.column_stride = d == 1 ? 1 : dense.stride(1);
        return {X, int64_t(dense.shape(0))};
    }
    const auto [n, columns] = nb::cast<std::pair<int64_t, int64_t>>(object.attr("shape"));
    if (columns != d) throw nb::value_error(("X: expected shape " + text({-1, d}) + ", got " + text({n, columns})).c_str());
    if (nb::cast<std::string>(object.attr("format")) != "csr") throw nb::type_error("X: expected a dense array or a CSR matrix; convert with X.tocsr()");
    const nb::object indices = object.attr("indices"), starts = object.attr("indptr");
    X.sparse = true;
    X.values = contiguous<const T>("X.data", object.attr("data"), {-1});
    X.wide = nb::cast<int64_t>(indices.attr("itemsize")) == 8;
    const auto take = [&](auto zero) {
        using I = decltype(zero);
        const I* const column = contiguous<const I>("X.indices", indices, {-1});
        const I* const start = contiguous<const I>("X.indptr", starts, {n + 1});
        const int64_t entries = nb::cast<int64_t>(object.attr("data").attr("size"));
        bool fits = start[0] == 0 && int64_t(start[n]) <= entries && int64_t(start[n]) <= nb::cast<int64_t>(indices.attr("size"));
        for (int64_t i = 0; fits && i < n; ++i) fits = start[i] <= start[i + 1];
        for (int64_t e = 0; fits && e < int64_t(start[n]); ++e) fits = column[e] >= 0 && int64_t(column[e]) < d;
        if (!fits) throw nb::value_error("X: not a valid CSR matrix; see X.check_format()");
        X.indices = column;
        X.starts = start;
    };
    if (X.wide) take(int64_t());
    else take(int32_t());
    return {X, n};
}

// Asks Python for pending signals now and then. Only its main thread ever answers.
bool interrupted(void* last_asked) {
    using clock = std::chrono::steady_clock;
    auto& last = *static_cast<clock::time_point*>(last_asked);
    if (clock::now() - last < std::chrono::milliseconds(50)) return false;
    last = clock::now();
    const nb::gil_scoped_acquire acquired;
    return PyErr_CheckSignals() != 0;
}

template <class T>
std::vector<LayerArrays<T>> layers_of(const Architecture& net, const std::vector<nb::object>& W, const std::vector<nb::object>& b) {
    const size_t L = net.sizes.size() - 1;
    if (W.size() != L || b.size() != L) throw nb::value_error(("W, b: expected " + std::to_string(L) + " arrays each, got " + std::to_string(W.size()) + " and " + std::to_string(b.size())).c_str());
    std::vector<LayerArrays<T>> arrays;
    for (size_t l = 0; l < L; ++l) {
        const std::string number = std::to_string(l + 1);
        arrays.push_back({contiguous<T>("W" + number, W[l], {net.sizes[l], net.sizes[l + 1]}), contiguous<T>("b" + number, b[l], {net.sizes[l + 1]})});
    }
    return arrays;
}

template <class T>
Samples<T> samples_of(const Architecture& net, nb::handle X, nb::handle Y, nb::handle w, nb::handle order) {
    Samples<T> samples;
    int64_t n;
    std::tie(samples.X, n) = rows_of<T>(X, net.sizes.front());
    samples.n = n;
    samples.Y = indicators<T>(Y, n, net.sizes.back());
    if (!w.is_none()) samples.w = contiguous<const T>("sample_weight", w, {n});
    if (!order.is_none()) {
        const auto rows = array<nb::ndarray<const int64_t, nb::c_contig, nb::device::cpu>>("order", order, {-1}, "int64");
        samples.order = rows.data();
        samples.n = int64_t(rows.shape(0));
        for (int64_t i = 0; i < samples.n; ++i)
            if (samples.order[i] < 0 || samples.order[i] >= n) throw nb::value_error(("order: expected rows 0 to " + std::to_string(n - 1) + ", got " + std::to_string(samples.order[i])).c_str());
    }
    return samples;
}

using Arrays = const std::vector<nb::object>&;

template <class T>
struct HeldFewRows : FewRows<T> {
    HeldFewRows(Architecture architecture, Arrays W, Arrays b) : FewRows<T>(architecture, layers_of<const T>(architecture, W, b)), held{W, b} {}
    const std::vector<nb::object> held[2];
};

template <class T>
void bind(nb::module_& module, const std::string& dtype) {
    using E = Engine<T>;
    using Few = HeldFewRows<T>;
    const auto check_sizes = [](const std::vector<int64_t>& sizes) {
        if (sizes.size() < 2 || *std::min_element(sizes.begin(), sizes.end()) < 1) throw nb::value_error(("sizes: expected two or more positive widths, got " + text(sizes)).c_str());
    };
    nb::class_<Few>(module, ("FewRows" + dtype).c_str(), "The scores of a few dense rows, from W and b where they lie.")
        .def("__init__", [=](Few* self, std::vector<int64_t> sizes, Arrays W, Arrays b, const std::string& activation, double negative_slope, const std::string& output) {
                check_sizes(sizes);
                new (self) Few({std::move(sizes), activation_of(activation), negative_slope, output_of(output), 0}, W, b);
            },
            "sizes"_a, "W"_a, "b"_a, nb::kw_only(), "activation"_a = "relu", "negative_slope"_a = 0.01, "output"_a = "softmax")
        .def("scores", [](Few& self, nb::object X, nb::object out, bool probabilities) {
                const auto [rows, n] = rows_of<T>(X, self.architecture().sizes.front());
                if (rows.sparse) throw nb::type_error("X: expected a dense array");
                self.scores(contiguous<T>("out", out, {n, self.architecture().sizes.back()}), rows, n, probabilities);
            },
            "X"_a, "out"_a, "probabilities"_a = false, "Write z^L of each row of X into out, or ŷ.");
    nb::class_<E>(module, ("Engine" + dtype).c_str(), "A network in training; see chainrule.engines.compiled.")
        .def("__init__", [=](E* self, std::vector<int64_t> sizes, const std::string& activation, double negative_slope, const std::string& output, double alpha, int64_t batch_size, int threads, bool all_threads) {
                check_sizes(sizes);
                if (batch_size < 1) throw nb::value_error("batch_size: expected 1 or more");
                if (threads < 1) throw nb::value_error("threads: expected 1 or more");
                new (self) E({std::move(sizes), activation_of(activation), negative_slope, output_of(output), alpha}, batch_size, threads, all_threads);
            },
            "sizes"_a, nb::kw_only(), "activation"_a = "relu", "negative_slope"_a = 0.01, "output"_a = "softmax", "alpha"_a = 0.0, "batch_size"_a = 200, "threads"_a = 1, "all_threads"_a = false,
            "Threads are the most that may be used: a batch too small to share gets one, unless all_threads.")
        .def_prop_ro("threads", &E::threads)
        .def_prop_ro("batch_size", &E::batch)
        .def("set_parameters", [](E& self, Arrays W, Arrays b) { self.set(E::parameters, layers_of<const T>(self.architecture(), W, b)); }, "W"_a, "b"_a)
        .def("get_parameters", [](E& self, Arrays W, Arrays b) { self.get(E::parameters, layers_of<T>(self.architecture(), W, b)); }, "W"_a, "b"_a, "Write the parameters into W and b.")
        .def("set_first_moments", [](E& self, Arrays W, Arrays b) { self.set(E::first_memory, layers_of<const T>(self.architecture(), W, b)); }, "W"_a, "b"_a, "The velocity of SGD, or Adam's m; 0 at the start.")
        .def("get_first_moments", [](E& self, Arrays W, Arrays b) { self.get(E::first_memory, layers_of<T>(self.architecture(), W, b)); }, "W"_a, "b"_a)
        .def("set_second_moments", [](E& self, Arrays W, Arrays b) { self.set(E::second_memory, layers_of<const T>(self.architecture(), W, b)); }, "W"_a, "b"_a, "Adam's v; 0 at the start.")
        .def("get_second_moments", [](E& self, Arrays W, Arrays b) { self.get(E::second_memory, layers_of<T>(self.architecture(), W, b)); }, "W"_a, "b"_a)
        .def("all_finite", &E::finite, nb::call_guard<nb::gil_scoped_release>())
        .def("epoch", [](E& self, nb::object X, nb::object Y, nb::object sample_weight, nb::object order, const std::string& solver, double learning_rate, double momentum, double beta_1, double beta_2, double epsilon, int64_t t) {
                const Samples<T> samples = samples_of<T>(self.architecture(), X, Y, sample_weight, order);
                const Descent descent{solver_of(solver), learning_rate, momentum, beta_1, beta_2, epsilon, t};
                auto last_asked = std::chrono::steady_clock::now();
                Progress progress;
                {
                    const nb::gil_scoped_release released;
                    progress = self.epoch(samples, descent, interrupted, &last_asked);
                }
                if (progress.interrupted) throw nb::python_error();
                return std::pair(progress.loss, progress.steps);
            },
            "X"_a, "Y"_a, "sample_weight"_a.none() = nb::none(), "order"_a.none() = nb::none(), nb::kw_only(), "solver"_a = "adam", "learning_rate"_a = 1e-3, "momentum"_a = 0.9, "beta_1"_a = 0.9, "beta_2"_a = 0.999, "epsilon"_a = 1e-8, "t"_a = 0,
            "Take a step for each batch of the rows in `order`, t steps having been taken before. Return the mean loss on the way and the number of steps.")
        .def("loss_and_gradients", [](E& self, nb::object X, nb::object Y, nb::object sample_weight, Arrays dW, Arrays db) {
                const Samples<T> samples = samples_of<T>(self.architecture(), X, Y, sample_weight, nb::none());
                const auto gradients = layers_of<T>(self.architecture(), dW, db);
                const nb::gil_scoped_release released;
                const double loss = self.gradient(samples);
                self.get(E::first_memory, gradients);
                return loss;
            },
            "X"_a, "Y"_a, "sample_weight"_a.none(), "dW"_a, "db"_a, "Return the loss over all rows and write its gradients; the first moments are lost.")
        .def("scores", [](E& self, nb::object X, nb::object out, bool probabilities) {
                const auto [rows, n] = rows_of<T>(X, self.architecture().sizes.front());
                T* const scores = contiguous<T>("out", out, {n, self.architecture().sizes.back()});
                const nb::gil_scoped_release released;
                self.scores(scores, rows, n, probabilities);
            },
            "X"_a, "out"_a, "probabilities"_a = false, "Write z^L of each row of X into out, or ŷ.");
}

}  // namespace
}  // namespace chainrule

NB_MODULE(_core, module) {
    using namespace chainrule;
    module.doc() = "The compiled core.";
    bind<float>(module, "Float32");
    bind<double>(module, "Float64");
    module.def("isa", &Engine<float>::isa, "The instruction set that the kernels in use were compiled for.");
}
