"""Values of expressions beside plain NumPy, and beside an evaluator that goes index by index in loops."""

from collections.abc import Callable, Mapping
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.activations import Array
from chainrule.algebra import expressions as ex
from chainrule.algebra import functions as f
from chainrule.algebra.evaluation import Points, discrepancy, evaluate, indices_of
from chainrule.algebra.expressions import (
    Call,
    Cases,
    Comparison,
    Derivative,
    Diagonal,
    Expression,
    Index,
    Indicator,
    Matrix,
    Norm,
    Ones,
    Shape,
    Summation,
    Symbol,
    as_expression,
)

SIZES = {"m": 4, "d": 3, "K": 2}
X = Symbol("X", Shape("m", "d"))
W = Symbol("W", Shape("d", "K"))
G = Symbol("G", Shape("m", "K"))
b = Symbol("b", Shape(1, "K"))
s = Symbol("s", Shape("m", 1))
Q = Symbol("Q", Shape("K", "K"))
c = Symbol("c")
GIVEN = (X, W, G, b, s, Q, c)
n, i, j, k = Index("n", "m"), Index("i", "d"), Index("j", "K"), Index("k", "K")
ZERO = as_expression(0)


def size(dimension: ex.Dimension) -> int:
    return dimension if isinstance(dimension, int) else SIZES[dimension]


def values_at(seed: int, count: int = 1) -> dict[str, Array]:
    draw = np.random.default_rng(seed)
    return {x.name: draw.normal(size=(count, size(x.shape.rows), size(x.shape.columns))) for x in GIVEN}


V = {name: value[0] for name, value in values_at(0).items()}


def at_one(expression: Expression, definitions: Mapping[str, Expression] | None = None) -> Array:
    """Return the value at the first point, with an axis for each index in front."""
    return evaluate(expression, Points(SIZES, values_at(0), definitions or {}))[0]


def softmax(z: Array, axis: int) -> Array:
    e = np.exp(z)
    return e / e.sum(axis, keepdims=True)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (as_expression(0.25), np.full((1, 1), 0.25)),
        (X @ W + b, V["X"] @ V["W"] + V["b"]),
        (G - s, V["G"] - V["s"]),
        (c * X @ W, V["c"] * (V["X"] @ V["W"])),
        ((s.T @ s) @ Q, (V["s"] ** 2).sum() * V["Q"]),
        (s * G * b, V["s"] * V["G"] * V["b"]),
        (G / s, V["G"] / V["s"]),
        (-G, -V["G"]),
        (G**3, V["G"] ** 3),
        (G.T, V["G"].T),
        (Ones(Shape(1, "m")) @ G, V["G"].sum(0, keepdims=True)),
        (Call(f.EXP, (G,)), np.exp(V["G"])),
        (Call(f.LOG, (G**2,)), np.log(V["G"] ** 2)),
        (Call(f.LOGISTIC, (G,)), 1 / (1 + np.exp(-V["G"]))),
        (Call(f.TANH_PRIME, (G,)), 1 - np.tanh(V["G"]) ** 2),
        (Call(f.RELU, (G,)), np.maximum(V["G"], 0)),
        (Call(f.RELU_PRIME, (G,)), V["G"] > 0),
        (Call(f.LEAKY_RELU, (G, as_expression(0.1))), np.maximum(V["G"], 0.1 * V["G"])),
        (Call(f.LEAKY_RELU_PRIME, (G, as_expression(0.1))), np.where(V["G"] > 0, 1, 0.1)),
        (Call(f.MAX, (ZERO, G)), np.maximum(0, V["G"])),
        (Call(f.SOFTMAX, (G,), 1), softmax(V["G"], 1)),
        (Call(f.SOFTMAX, (G,), 0), softmax(V["G"], 0)),
        (Call(f.LOGSUMEXP, (G,), 1), np.log(np.exp(V["G"]).sum(1, keepdims=True))),
        (Call(f.LARGEST, (G,), 0), V["G"].max(0, keepdims=True)),
        (Call(f.LOGSUMEXP, (G,), 0), np.log(np.exp(V["G"]).sum(0, keepdims=True))),
        (Indicator(Comparison(G, ">", ZERO)), V["G"] > 0),
        (Indicator(Comparison(G, "≤", s)), V["G"] <= V["s"]),
        (Diagonal(b), np.diag(V["b"][0])),
        (Diagonal(s), np.diag(V["s"][:, 0])),
        (Norm(G), np.full((1, 1), np.linalg.norm(V["G"]))),
        (Matrix(((c, ZERO), (ZERO, c * c))), np.diag([V["c"][0, 0], V["c"][0, 0] ** 2])),
        (ex.Entries(2 * G[n, k], n, k), 2 * V["G"]),
        (ex.Entries(G[n, k], k, n), V["G"].T),
        (ex.Entries(G[n, :], n, None), V["G"]),
        (X[2, 3], V["X"][1:2, 2:3]),
        (X[2, :], V["X"][1:2]),
        (X[:, 3], V["X"][:, 2:3]),
    ],
)
def test_matrices(expression: Expression, expected: Array) -> None:
    value = at_one(expression)
    matrix = value.reshape(value.shape[-2:])  # there is no free index
    np.testing.assert_allclose(np.broadcast_to(matrix, expected.shape), expected, rtol=1e-13)


# Values for all of the indices, which are in the order of their names; the entry itself is 1 × 1.
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (G[n, k], V["G"].T),
        (Q[k, k], np.diagonal(V["Q"])),
        (Q[j, k] * Q[k, j], V["Q"] * V["Q"].T),
        ((X @ W)[n, k], (V["X"] @ V["W"]).T),
        (Summation(X[n, i] * W[i, k], i)[1, 1], np.einsum("ni,ik->kn", V["X"], V["W"])[np.newaxis]),
        (Indicator(Comparison(j, "=", k)), np.eye(2)),
        (Indicator(Comparison(j, "<", k)), np.triu(np.ones((2, 2)), 1)),
        (Cases(((b[j], Comparison(j, "=", k)), (c, Comparison(j, "≠", k)))), np.where(np.eye(2), V["b"].T, V["c"])),
        (Summation(b[j], j, Comparison(j, "≠", k)), V["b"][:, ::-1]),
        (k, np.array([1, 2])),
    ],
)
def test_entries(expression: Expression, expected: Array) -> None:
    value = at_one(expression)
    np.testing.assert_allclose(value[..., 0, 0], expected, rtol=1e-13)
    assert value.shape[-2:] == (1, 1)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (Summation(c, n), 4 * V["c"]),
        (Summation(G[n, :], n), V["G"].sum(0, keepdims=True)),
        (Summation(Summation(G[n, k], k), n), V["G"].sum()),
        (Summation(G[n, k] * Summation(b[k], k), k), (V["G"].sum(1) * V["b"].sum())[:, np.newaxis, np.newaxis]),
    ],
    ids=["constant", "rows", "nested", "the same letter bound twice"],
)
def test_sums(expression: Expression, expected: Array) -> None:
    value = at_one(expression)
    np.testing.assert_allclose(value.squeeze(), np.squeeze(expected), rtol=1e-13)


def test_many_points_are_each_their_own() -> None:
    values = values_at(1, count=5)
    many = evaluate(X @ W + c * G, Points(SIZES, dict(values)))
    for place in range(5):
        x, w, g, scale = (values[symbol.name][place] for symbol in (X, W, G, c))
        np.testing.assert_allclose(many[place], x @ w + scale * g, rtol=1e-13)


def test_definitions_are_looked_up() -> None:
    A = Symbol("A", Shape("m", "K"))
    np.testing.assert_allclose(at_one(A + b, {"A": X @ W}), V["X"] @ V["W"] + V["b"])
    with pytest.raises(KeyError, match="A has no value and no definition"):
        at_one(A)


Z = Symbol("Z", Shape("m", "K"))
P = Symbol("P", Shape("m", "K"))
L = Symbol("L")
NETWORK: dict[str, Expression] = {
    "Z": X @ W + b,
    "P": Call(f.SOFTMAX, (Z,), 1),
    "L": -Summation(Summation(G[n, k] * Call(f.LOG, (P[n, k],)), k), n),
}
PROBABILITIES = softmax(V["X"] @ V["W"] + V["b"], 1)
DELTA = PROBABILITIES * V["G"].sum(1, keepdims=True) - V["G"]


@pytest.mark.parametrize(
    ("derivative", "expected"),
    [
        (Derivative(Norm(W) ** 2, W), 2 * V["W"]),
        (Derivative(c**3, c), 3 * V["c"] ** 2),
        (Derivative(as_expression(1), W), np.zeros((3, 2))),
        (Derivative(L, Z), DELTA),
        (Derivative(L, W), V["X"].T @ DELTA),
        (Derivative(L, b), DELTA.sum(0, keepdims=True)),
        (Derivative(L, X), DELTA @ V["W"].T),
        (Derivative(L, W[2, 1]), (V["X"].T @ DELTA)[1:2, :1]),
        (Derivative(L, W[:, 1]), (V["X"].T @ DELTA)[:, :1]),
        (Derivative(c * s, c), V["s"]),
        (Derivative(Z[1, :], b), np.eye(2)),
        (Derivative(P[1, :], Z[1, :]), np.diag(PROBABILITIES[0]) - np.outer(PROBABILITIES[0], PROBABILITIES[0])),
        (Derivative(Z[1, :], X[1, :]), V["W"].T),
    ],
)
def test_derivatives(derivative: Expression, expected: Array) -> None:
    np.testing.assert_allclose(at_one(derivative, NETWORK), expected, rtol=1e-12, atol=1e-12)


def test_derivatives_of_entries_by_entries() -> None:
    jacobian = at_one(Derivative(P[n, k], Z[n, j]), NETWORK)[..., 0, 0]
    expected = np.einsum("nk,jk->jkn", PROBABILITIES, np.eye(2)) - np.einsum("nk,nj->jkn", PROBABILITIES, PROBABILITIES)
    np.testing.assert_allclose(jacobian, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("node", "slope"), [(Call(f.LOG, (c,)), 1 / 2), (ex.Power(c, as_expression(0.5)), 1 / np.sqrt(8))]
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_has_no_value_has_no_derivative(node: Expression, slope: float) -> None:
    below, above = (Points({}, {"c": np.full((1, 1, 1), value)}) for value in (-2.0, 2.0))
    assert np.isnan(evaluate(Derivative(node, c), below)).all()
    np.testing.assert_allclose(evaluate(Derivative(node, c), above).ravel(), slope)


def test_a_value_that_is_there_on_the_right_side_alone_is_a_difference() -> None:
    points = Points({"n": 2}, {"g": np.array([[[0.0], [1.0]]]), "h": np.array([[[2.0], [1.0]]])})
    g, h = Symbol("g", Shape("n", 1)), Symbol("h", Shape("n", 1))
    assert discrepancy(h, h / g, points) == np.inf
    assert np.isnan(discrepancy(h / g, h, points))  # nobody knows what is right
    assert np.isnan(discrepancy(h, h / (g - g), points))  # it has no value anywhere
    i = Index("i", "n")
    is_one = Cases(((h[i, 1], Comparison(g[i, 1], "=", as_expression(1))),))
    assert np.isnan(discrepancy(h[i, 1], is_one, points))  # it says nothing of the others
    assert discrepancy(h, h / g, points, where=Comparison(g, ">", ZERO)) == 0


def test_discrepancy_is_relative_and_can_look_elsewhere() -> None:
    points = Points(SIZES, values_at(2, count=3))
    assert discrepancy((X @ W).T, W.T @ X.T, points) < 1e-14
    assert discrepancy(G, G * 1.001, points) == pytest.approx(0.001, rel=1e-2)
    same = Comparison(j, "=", k)
    assert discrepancy(Q[j, k], Q[k, k], points) > 0.1
    assert discrepancy(Q[j, k], Q[k, k], points, where=same) == 0


# An evaluator with nothing in common with the other: real matrices, one value of every index at a time.
_ELEMENTWISE: dict[str, Callable[..., Array]] = {
    "exp": np.exp,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "max": np.maximum,
}


def naive(node: Expression, at: Mapping[str, int]) -> Array:  # noqa: C901
    match node:
        case ex.Number(value):
            return np.array([[float(value)]])
        case Symbol(name):
            return V[name]
        case Index(name):
            return np.array([[at[name]]])
        case Ones(shape):
            return np.ones(tuple(map(size, shape)))
        case ex.Addition(terms):
            return sum((naive(term, at) for term in terms[1:]), naive(terms[0], at))
        case ex.Negation(of):
            return -naive(of, at)
        case ex.Product(factors):
            result = np.ones((1, 1))
            for factor in factors:
                part = naive(factor, at)
                result = result * part if 1 in (result.size, part.size) else result @ part
            return result
        case ex.Hadamard(factors):
            return naive(factors[0], at) * naive(factors[1], at)
        case ex.Transpose(of):
            return naive(of, at).T
        case ex.Entry(of, (Index() | ex.Number() | None) as row, (Index() | ex.Number() | None) as column):
            return naive(of, at)[naive_slice(row, at), naive_slice(column, at)]
        case Call(function, arguments):
            return _ELEMENTWISE[function.name](*(naive(argument, at) for argument in arguments))
        case Comparison(left, relation, right):
            holds = naive(left, at) == naive(right, at)
            return holds if relation == "=" else ~holds
        case Indicator(condition):
            return naive(condition, at) * 1.0
        case Summation(body, index, condition):
            total = np.zeros((1, 1))
            for number in range(1, size(index.dimension) + 1):
                inner = {**at, index.name: number}
                if condition is None or naive(condition, inner).item():
                    total = total + naive(body, inner)
            return total
        case _:
            raise AssertionError(node)


def naive_slice(place: Index | ex.Number | None, at: Mapping[str, int]) -> slice:
    if place is None:
        return slice(None)
    number = int(naive(place, at).item())
    return slice(number - 1, number)


INDICES = (n, i, j, k)


@st.composite
def matrices(draw: st.DrawFn, shape: Shape, depth: int) -> Expression:
    """Draw an expression of a shape."""
    ready = [symbol for symbol in GIVEN if symbol.shape == shape]
    if depth == 0:
        return draw(st.sampled_from(ready)) if ready else draw(products(shape, 0))
    kind = draw(st.sampled_from(["leaf", "sum", "product", "hadamard", "call", "transpose", "scale"]))
    part = matrices(shape, depth - 1)
    match kind:
        case "sum":
            return draw(part) - draw(part)
        case "product":
            return draw(products(shape, depth - 1))
        case "hadamard":
            return ex.Hadamard((draw(part), draw(part)))
        case "call":
            return Call(draw(st.sampled_from([f.TANH, f.RELU])), (draw(part),))
        case "transpose":
            return draw(matrices(Shape(shape.columns, shape.rows), depth - 1)).T
        case "scale":
            return draw(scalars(depth - 1)) * draw(part)
        case _:
            return draw(matrices(shape, 0))


@st.composite
def products(draw: st.DrawFn, shape: Shape, depth: int) -> Expression:
    """Draw A @ B, with the middle dimension one that there are symbols of."""
    if depth == 0:
        return Ones(shape) if shape != (1, 1) else c
    middle = draw(st.sampled_from(["m", "d", "K"]))
    return draw(matrices(Shape(shape.rows, middle), depth - 1)) @ draw(
        matrices(Shape(middle, shape.columns), depth - 1)
    )


@st.composite
def scalars(draw: st.DrawFn, depth: int) -> Expression:  # noqa: C901
    """Draw a scalar of indices, free and bound."""
    kinds = ["c", "number", "index", "G", "Q", "X"]
    kinds += ["sum", "conditional", "times", "plus", "call", "indicator", "entry"] if depth > 0 else []
    part = scalars(depth - 1)
    match draw(st.sampled_from(kinds)):
        case "number":
            return as_expression(draw(st.integers(-3, 3)))
        case "index":
            return draw(st.sampled_from(INDICES))
        case "G":
            return G[n, draw(st.sampled_from((j, k)))]
        case "Q":
            return Q[draw(st.sampled_from((j, k))), draw(st.sampled_from((j, k)))]
        case "X":
            return X[n, i]
        case "sum":
            return Summation(draw(part), draw(st.sampled_from(INDICES)))
        case "conditional":
            return Summation(draw(part), j, Comparison(j, draw(st.sampled_from(("=", "≠"))), k))
        case "times":
            return draw(part) * draw(part)
        case "plus":
            return draw(part) + draw(part)
        case "call":
            return Call(f.TANH, (draw(part),))
        case "indicator":
            return Indicator(Comparison(j, draw(st.sampled_from(("=", "≠"))), k)) * draw(part)
        case "entry":
            return draw(matrices(Shape("m", "K"), depth - 1))[n, k]
        case _:
            return c


@settings(max_examples=200, deadline=None)
@given(st.one_of(scalars(4), matrices(Shape("m", "K"), 3)))
def test_values_are_those_of_loops(expression: Expression) -> None:
    value = at_one(expression)
    indices = indices_of(expression)
    shape = tuple(map(size, expression.shape))
    for numbers in product(*(range(size(index.dimension)) for index in indices)):
        own = tuple(number if length > 1 else 0 for number, length in zip(numbers, value.shape, strict=False))
        at = {index.name: number + 1 for index, number in zip(indices, numbers, strict=True)}
        expected = naive(expression, at)
        np.testing.assert_allclose(
            np.broadcast_to(value[own], shape), np.broadcast_to(expected, shape), rtol=1e-9, atol=1e-9
        )


def test_an_entry_by_the_class_of_each_sample() -> None:
    y = np.array([1, 0, 1, 1])
    targets = Symbol("Y", Shape("m", "K"))
    points = Points(SIZES, values_at(0) | {"Y": np.eye(2)[y][np.newaxis]})
    number = Call(f.CLASS, (targets[n, :],), axis=1)
    assert (evaluate(number, points)[0].ravel() == y + 1).all()
    chosen = ex.Entry(G, n, number)
    assert (evaluate(chosen, points)[0].ravel() == V["G"][range(4), y]).all()
    assert (evaluate(Derivative(Summation(chosen, n), G), points)[0] == np.eye(2)[y]).all()
    with pytest.raises(ex.ShapeError, match="an index is a number"):
        ex.Entry(G, n, targets)
