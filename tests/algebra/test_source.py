"""NumPy source: how it reads, and that it computes what the expression is worth."""

import numpy as np
import pytest

from chainrule.activations import Array
from chainrule.algebra import functions as f
from chainrule.algebra.evaluation import Points, evaluate
from chainrule.algebra.expressions import (
    Call,
    Cases,
    Comparison,
    Derivative,
    Diagonal,
    Entries,
    Expression,
    Index,
    Indicator,
    Matrix,
    Norm,
    Ones,
    Product,
    Shape,
    Summation,
    Symbol,
    as_expression,
)
from chainrule.algebra.source import numpy_source

SIZES = {"m": 4, "d": 3, "K": 2}
X = Symbol("X", Shape("m", "d"))
W = Symbol("W1", Shape("d", "K"))
G = Symbol("G", Shape("m", "K"))
Y = Symbol("Y", Shape("m", "K"))
Q = Symbol("Q", Shape("K", "K"))
b = Symbol("b1", Shape(1, "K"))
s = Symbol("s", Shape("m", 1))
L, lam = Symbol("L"), Symbol("lambda")
n, i, j, k = Index("n", "m"), Index("i", "d"), Index("j", "K"), Index("k", "K")
ZERO = as_expression(0)
POSITIVE = Indicator(Comparison(G, ">", ZERO))
OVER_ROWS, OVER_COLUMNS = Ones(Shape(1, "m")), Ones(Shape("K", 1))


def log(z: Expression) -> Expression:
    return Call(f.LOG, (z,))


SOURCES = [
    (X @ W + b, "X @ W1 + b1"),
    (G - (Y - G), "G - (Y - G)"),
    (-G + Y, "-G + Y"),
    (-(G + Y), "-(G + Y)"),
    ((1 / lam) * (X.T @ G), "X.T @ G / lam"),
    (lam / 2 * W, "lam / 2 * W1"),
    (lam * X.T @ G, "lam * (X.T @ G)"),
    ((1 / lam) * (1 / lam), "1 / lam / lam"),
    (as_expression(0.01) * G, "0.01 * G"),
    ((1 / as_expression(3)) * G, "G / 3"),
    (lam * -2 * G, "lam * (-2) * G"),
    ((s.T @ s) @ Q, "s.T @ s * Q"),
    (Q @ (Q @ Q), "Q @ Q @ Q"),
    (Product((Q, Product((Q, Q)))), "Q @ (Q @ Q)"),
    ((X @ W) * G, "(X @ W1) * G"),
    (G * (X @ W), "G * (X @ W1)"),
    (G / (s * Y), "G / (s * Y)"),
    (G / Y / s, "G / Y / s"),
    (G**2, "G**2"),
    ((G + Y) ** 2, "(G + Y) ** 2"),
    ((-lam) ** 2, "(-lam) ** 2"),
    ((X @ W).T, "(X @ W1).T"),
    (Norm(W) ** 2, "(W1**2).sum()"),
    (Norm(W), "np.linalg.norm(W1)"),
    (Diagonal(b), "np.diagflat(b1)"),
    (Matrix(((lam, ZERO), (ZERO, lam))), "np.block([[lam, 0], [0, lam]])"),
    (G[:, 2], "G[:, 1:2]"),
    ((X @ W)[1, :], "(X @ W1)[0:1, :]"),
    # Functions.
    (Call(f.EXP, (X @ W,)), "np.exp(X @ W1)"),
    (Call(f.LOGISTIC, (G + Y,)), "1 / (1 + np.exp(-(G + Y)))"),
    (Call(f.LOGISTIC_PRIME, (G,)) * Y, "(1 / (2 + np.exp(G) + np.exp(-G))) * Y"),
    (Y * Call(f.LOGISTIC, (G,)), "Y * (1 / (1 + np.exp(-G)))"),
    (Call(f.TANH, (G,)), "np.tanh(G)"),
    (Y * Call(f.TANH_PRIME, (G,)), "Y * (1 - np.tanh(G) ** 2)"),
    (Call(f.RELU, (G,)), "np.maximum(G, 0)"),
    (Call(f.MAX, (ZERO, G)), "np.maximum(0, G)"),
    (Call(f.LEAKY_RELU, (G, lam)), "np.where(G > 0, G, lam * G)"),
    (Call(f.LEAKY_RELU_PRIME, (G, as_expression(0.01))), "np.where(G > 0, 1, 0.01)"),
    (Call(f.SOFTMAX, (G,), 1), "softmax(G, axis=1)"),
    (Call(f.SOFTMAX, (G.T,), 0), "softmax(G.T, axis=0)"),
    (Y * Call(f.RELU_PRIME, (G,)), "Y * (G > 0)"),
    (Y * POSITIVE, "Y * (G > 0)"),
    (POSITIVE, "np.where(G > 0, 1, 0)"),
    (POSITIVE + POSITIVE, "np.where(G > 0, 1, 0) + np.where(G > 0, 1, 0)"),
    (POSITIVE * POSITIVE, "np.where(G > 0, 1, 0) * (G > 0)"),
    (X.T @ Call(f.RELU_PRIME, (G,)), "X.T @ np.where(G > 0, 1, 0)"),
    # Sums over axes.
    (OVER_ROWS @ G, "G.sum(axis=0, keepdims=True)"),
    (OVER_ROWS @ (G + Y), "(G + Y).sum(axis=0, keepdims=True)"),
    (G @ OVER_COLUMNS, "G.sum(axis=1, keepdims=True)"),
    (Ones(Shape("m", 1)) @ b, "np.ones((m, 1)) @ b1"),
    (lam * (OVER_ROWS @ G), "lam * G.sum(axis=0, keepdims=True)"),
    # Sums over indices.
    (-Summation(Summation(Y[n, k] * log(G[n, k]), k), n), "-(Y * np.log(G)).sum()"),
    (Summation(s[n] * Call(f.LOGSUMEXP, (G[n, :],), 1), n), "(s * logsumexp(G, axis=1)).sum()"),
    (Entries(s[n] * (G[n, k] - Y[n, k]), n, k), "s * (G - Y)"),
    (Entries(G[n, :] + b, n, None), "G + b1"),
    (Summation(b[k], k), "b1.sum()"),
    (Summation(b[j] * Summation(b[k], k), j), "(b1.sum() * b1).sum()"),
    (lam * Summation(s[n], n), "lam * s.sum()"),
    (Summation(s[n] * Summation(G[n, k], k), n), "(s * G.sum(axis=1, keepdims=True)).sum()"),
    (Summation(b[k] * Summation(G[n, k], n), k), "(b1 * G.sum(axis=0, keepdims=True)).sum()"),
    (Summation(X[n, :] @ W[:, 1], n), "(X @ W1[:, 0:1]).sum()"),
    (Summation(Summation(X[n, :] @ W[:, k] * G[n, k], k), n), "(G * (X @ W1)).sum()"),
    (Summation(G[n, 1], n), "G[:, 0:1].sum()"),
    (Summation(Summation(G[n, k] - b[k], k), n), "(G - b1).sum()"),
]


def softmax(z: Array, axis: int) -> Array:
    return np.exp(z) / np.exp(z).sum(axis, keepdims=True)


def logsumexp(z: Array, axis: int) -> Array:
    return np.log(np.exp(z).sum(axis, keepdims=True))


def values() -> dict[str, Array]:
    """Return values for all symbols, at one point."""
    draw = np.random.default_rng(0)
    shapes = {x.name: [SIZES.get(str(d), 1) for d in x.shape] for x in (X, W, G, Y, Q, b, s, lam)}
    return {name: draw.normal(size=(1, *shape)) for name, shape in shapes.items()}


@pytest.mark.parametrize(("expression", "source"), SOURCES, ids=[source for _, source in SOURCES])
def test_source_reads_well_and_computes_the_same(expression: Expression, source: str) -> None:
    assert numpy_source(expression) == source
    given = values()
    if "log" in source:
        given["G"] = np.abs(given["G"])
    names = {"lam" if name == "lambda" else name: value[0] for name, value in given.items()}
    scope = {"np": np, "softmax": softmax, "logsumexp": logsumexp, **SIZES, **names}
    computed = np.asarray(eval(source, scope))  # noqa: S307
    expected = evaluate(expression, Points(SIZES, given)).squeeze()
    assert computed.dtype != bool
    np.testing.assert_allclose(computed.squeeze(), expected, rtol=1e-12, atol=1e-12)


def test_names() -> None:
    assert numpy_source(Derivative(L, W)) == "dW1"
    assert numpy_source(lam * W, {"W1": "self.W", "lambda": "alpha"}) == "alpha * self.W"
    assert numpy_source(Ones(Shape("m", 1)) @ b, {"m": "rows"}) == "np.ones((rows, 1)) @ b1"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (G[n, k], "Entry: index n is not summed over"),
        (Summation(G[n, k], n), "Entry: index k is not summed over"),
        (k + lam, "Index has no NumPy source by itself"),
        (Cases(((lam, Comparison(j, "=", k)),)), "Cases has no NumPy source by itself"),
        (Derivative(L, W[i, k]), "Derivative: only the gradients of a loss by a symbol have names"),
        (Summation(b[j], j, Comparison(j, "≠", k)), "Summation: a condition cannot be said by axes"),
        (Call(f.Function("g", lambda z: z), (lam,)), "Call: NumPy has no g"),
        (Summation(lam, n), "Summation: n is not the index of any entry"),
        (Summation(Q[k, k], k), "Summation: k stands for rows here and columns there"),
        (Summation(Summation(Q[j, k] * Q[k, j], k), j), "Summation: j stands for rows here and columns there"),
        (Summation(Summation(b[j] * b[k], k), j), "Summation: j and k run along the same axis"),
        (Summation(Summation(b[j] ** 2 * b[k], k) * b[j], j), "Summation: k runs along another index's axis"),
        (Entries(Q[k, j], j, k), "Entries: the entries' indices are not the axes"),
        (Entries(b[k], n, k), "Entries: the entries' indices are not the axes"),
        (Summation(G[n, :], n), "entries that the sum's indices do not tell apart"),
        (Summation((W.T @ X[n, :].T)[1, 1], n), "Entry: of something that depends on an index itself"),
        (Summation(Norm(X[n, :]), n), "Norm: it cannot be said for all values of an index at once"),
        (Summation(Call(f.LOGSUMEXP, (s[n],), 0), n), "Call: logsumexp is along the axis where an index runs"),
        (Summation(X[n, :].T @ X[n, :] @ W[:, 1] @ b[1], n), "Product: its own axis is where an index runs"),
        (Summation(X[1, :] @ X[n, :].T, n), "Product: an index runs along an axis that the product sums over"),
        (Summation((X[n, :] + W[:, 1].T).T[1, 1], n), "Entry: of something that depends on an index itself"),
    ],
)
def test_what_cannot_be_said_is_refused(expression: Expression, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        numpy_source(expression)
