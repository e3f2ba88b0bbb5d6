// The table of equations in plain loops and double precision, for the tests alone.
#pragma once
#include <cmath>
#include <vector>

#include "../engine.h"

namespace reference {

using namespace chainrule;
using Matrix = std::vector<std::vector<double>>;  // rows

inline Matrix zeros(int64_t rows, int64_t columns) { return Matrix(rows, std::vector<double>(columns)); }

struct Parameters {
    std::vector<Matrix> W;
    Matrix b;
};

inline Parameters like(const Architecture& net) {
    Parameters p;
    for (size_t l = 1; l < net.sizes.size(); ++l) {
        p.W.push_back(zeros(net.sizes[l - 1], net.sizes[l]));
        p.b.push_back(std::vector<double>(net.sizes[l]));
    }
    return p;
}

inline double sigma(const Architecture& net, double z) {
    switch (net.activation) {
        case Activation::logistic: return 1 / (1 + std::exp(-z));
        case Activation::tanh: return std::tanh(z);
        case Activation::relu: return z > 0 ? z : 0;
        case Activation::leaky_relu: return z > 0 ? z : net.slope * z;
        default: return z;
    }
}

inline double sigma_prime(const Architecture& net, double a) {
    switch (net.activation) {
        case Activation::logistic: return a * (1 - a);
        case Activation::tanh: return 1 - a * a;
        case Activation::relu: return a > 0;
        case Activation::leaky_relu: return a > 0 ? 1 : net.slope;
        default: return 1;
    }
}

// Loss and gradients of some samples; w are their weights. `scores` receives z^L if it is given.
inline double loss_and_gradients(Parameters& d, const Architecture& net, const Parameters& p, const Matrix& X, const Matrix& Y, const std::vector<double>& w, Matrix* scores = nullptr) {
    const size_t L = net.sizes.size() - 1, m = X.size();
    double weight = 0, loss = 0;
    for (double x : w) weight += x;
    d = like(net);
    for (size_t i = 0; i < m; ++i) {
        Matrix a{X[i]};
        for (size_t l = 0; l < L; ++l) {
            std::vector<double> z = p.b[l];
            for (size_t k = 0; k < z.size(); ++k) {
                for (size_t j = 0; j < a[l].size(); ++j) z[k] += a[l][j] * p.W[l][j][k];  // F1
                if (l + 1 < L) z[k] = sigma(net, z[k]);                                   // F2
            }
            a.push_back(z);
        }
        std::vector<double> dz = a[L];
        if (scores) (*scores)[i] = dz;
        const size_t K = dz.size();
        if (net.output == Output::softmax) {
            double most = dz[0], sum = 0;
            for (double z : dz) most = std::max(most, z);
            for (double z : dz) sum += std::exp(z - most);
            for (size_t k = 0; k < K; ++k) {
                loss += w[i] / weight * Y[i][k] * (most + std::log(sum) - dz[k]);           // L1
                dz[k] = w[i] / weight * (std::exp(dz[k] - most) / sum - Y[i][k]);           // F3, B1
            }
        } else {
            for (size_t k = 0; k < K; ++k) {
                loss += w[i] / weight * (std::max(dz[k], 0.0) + std::log1p(std::exp(-std::abs(dz[k]))) - Y[i][k] * dz[k]);  // L1
                dz[k] = w[i] / weight * (1 / (1 + std::exp(-dz[k])) - Y[i][k]);                                             // F3, B1
            }
        }
        for (size_t l = L; l-- > 0;) {
            std::vector<double> da(a[l].size());
            for (size_t k = 0; k < dz.size(); ++k) {
                d.b[l][k] += dz[k];  // B3
                for (size_t j = 0; j < da.size(); ++j) {
                    d.W[l][j][k] += a[l][j] * dz[k];  // B2
                    da[j] += dz[k] * p.W[l][j][k];    // B4
                }
            }
            if (l > 0)
                for (size_t j = 0; j < da.size(); ++j) da[j] *= sigma_prime(net, a[l][j]);  // B5
            dz = da;
        }
    }
    for (size_t l = 0; l < L; ++l)
        for (size_t j = 0; j < p.W[l].size(); ++j)
            for (size_t k = 0; k < p.W[l][j].size(); ++k) {
                loss += net.penalty / (2 * weight) * p.W[l][j][k] * p.W[l][j][k];  // L2
                d.W[l][j][k] += net.penalty / weight * p.W[l][j][k];               // B2
            }
    return loss;
}

template <class F>
void over_all(Parameters& p, F f) {
    for (size_t l = 0; l < p.W.size(); ++l) {
        for (auto& row : p.W[l])
            for (double& x : row) f(x);
        for (double& x : p.b[l]) f(x);
    }
}

struct Memory {
    std::vector<double> m, v;
};

inline double epoch(Parameters& p, Memory& memory, const Architecture& net, Descent descent, const Matrix& X, const Matrix& Y, const std::vector<double>& w, const std::vector<int64_t>& order, size_t batch) {
    double loss = 0, weight = 0;
    size_t count = 0;
    over_all(p, [&](double&) { ++count; });
    memory.m.resize(count);
    memory.v.resize(count);
    for (size_t first = 0; first < order.size(); first += batch) {
        Matrix X_b, Y_b;
        std::vector<double> w_b;
        double batch_weight = 0;
        for (size_t i = first; i < std::min(first + batch, order.size()); ++i) {
            X_b.push_back(X[order[i]]);
            Y_b.push_back(Y[order[i]]);
            w_b.push_back(w[order[i]]);
            batch_weight += w_b.back();
        }
        if (batch_weight == 0) continue;
        Parameters d;
        loss += batch_weight * loss_and_gradients(d, net, p, X_b, Y_b, w_b);
        weight += batch_weight;
        ++descent.t;
        const double rate = descent.learning_rate * std::sqrt(1 - std::pow(descent.beta_2, descent.t)) / (1 - std::pow(descent.beta_1, descent.t));
        std::vector<double> g;
        over_all(d, [&](double& x) { g.push_back(x); });
        size_t i = 0;
        over_all(p, [&](double& x) {
            double &m = memory.m[i], &v = memory.v[i];
            if (descent.solver == Solver::adam) {
                m = descent.beta_1 * m + (1 - descent.beta_1) * g[i];
                v = descent.beta_2 * v + (1 - descent.beta_2) * g[i] * g[i];
                x -= rate * m / (std::sqrt(v) + descent.epsilon);
            } else {
                m = descent.momentum * m - descent.learning_rate * g[i];
                x += descent.solver == Solver::nesterov ? descent.momentum * m - descent.learning_rate * g[i] : m;
            }
            ++i;
        });
    }
    return loss / weight;
}

}  // namespace reference
