"""Shapes: what conforms, what is refused and how; what the operators build."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from chainrule.algebra import functions as f
from chainrule.algebra.expressions import (
    Addition,
    Call,
    Cases,
    Comparison,
    Derivative,
    Diagonal,
    Entries,
    Entry,
    Expression,
    Hadamard,
    Index,
    Indicator,
    Matrix,
    Negation,
    Norm,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    Shape,
    ShapeError,
    Summation,
    Symbol,
    Transpose,
    as_expression,
    walk,
)

X = Symbol("X", Shape("m", "d"))
W = Symbol("W", Shape("d", "K"))
G = Symbol("G", Shape("m", "K"))
b = Symbol("b", Shape(1, "K"))
s = Symbol("s", Shape("m", 1))
c = Symbol("c")
n, i, k = Index("n", "m"), Index("i", "d"), Index("k", "K")
EQUAL = Comparison(n, "=", k)


@pytest.mark.parametrize(
    ("expression", "shape"),
    [
        (c, (1, 1)),
        (as_expression(2), (1, 1)),
        (n, (1, 1)),
        (X @ W, ("m", "K")),
        (X @ W + b, ("m", "K")),
        (s * G, ("m", "K")),
        (G * b, ("m", "K")),
        (c * G, ("m", "K")),
        (G / s, ("m", "K")),
        (G**2, ("m", "K")),
        (-G, ("m", "K")),
        (G.T, ("K", "m")),
        (X.T @ G, ("d", "K")),
        (s.T @ s, (1, 1)),
        ((s.T @ s) @ W, ("d", "K")),
        (G[n, k], (1, 1)),
        (G[n, :], (1, "K")),
        (G[:, k], ("m", 1)),
        (s[n], (1, 1)),
        (b[k], (1, 1)),
        (Ones(Shape(1, "m")) @ G, (1, "K")),
        (Call(f.SOFTMAX, (G,), 1), ("m", "K")),
        (Call(f.LOGSUMEXP, (G,), 1), ("m", 1)),
        (Call(f.LOGSUMEXP, (G,), 0), (1, "K")),
        (Call(f.MAX, (as_expression(0), G)), ("m", "K")),
        (Indicator(Comparison(G, ">", as_expression(0))), ("m", "K")),
        (Summation(G[n, k], n), (1, 1)),
        (Summation(G[n, :], n), (1, "K")),
        (Cases(((c, EQUAL), (as_expression(0), EQUAL))), (1, 1)),
        (Diagonal(b), ("K", "K")),
        (Diagonal(s), ("m", "m")),
        (Norm(G), (1, 1)),
        (Matrix(((c, c, c), (c, c, c))), (2, 3)),
        (Derivative(c, W), ("d", "K")),
        (Derivative(s, c), ("m", 1)),
        (Derivative(b, s), ("K", "m")),
        (Derivative(G[n, :], b), ("K", "K")),
        (Derivative(c, W[i, k]), (1, 1)),
        (Entries(G[n, k], k, n), ("K", "m")),
        (Entries(G[n, :], n, None), ("m", "K")),
    ],
)
def test_shapes(expression: Expression, shape: tuple[str | int, str | int]) -> None:
    assert expression.shape == shape


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: X @ G, "cannot multiply m × d by m × K"),
        (lambda: X + G, "cannot add m × d and m × K"),
        (lambda: X * G, "cannot multiply elementwise m × d and m × K"),
        (lambda: X / G, "cannot divide m × d and m × K"),
        (lambda: Power(c, G), "an exponent is a scalar; got m × K"),
        (lambda: G[n], "an entry of a matrix of m × K takes two indices; got one"),
        (lambda: G[i, k], "index i runs to d, but the axis has m entries"),
        (lambda: Symbol("A", Shape(2, 3))[1, 4], "there is no entry 4 on an axis of 3"),
        (lambda: Symbol("A", Shape(2, 3))[0, 1], "there is no entry 0 on an axis of 2"),
        (lambda: Call(f.SOFTMAX, (G,)), "softmax takes an axis"),
        (lambda: Call(f.LOG, (G,), 1), "log takes no axis"),
        (lambda: Call(f.MAX, (X, G)), "cannot take max of m × d and m × K"),
        (lambda: Comparison(X, ">", G), "cannot compare m × d and m × K"),
        (lambda: Entries(G[n, :], n, k), "k cannot number the K entries of an axis that is there"),
        (lambda: Diagonal(G), "diag takes a vector; got m × K"),
        (lambda: Matrix(((c, c), (c,))), r"the rows of a matrix have one length; got \[2, 1\]"),
        (lambda: Matrix(((c, b),)), "the entries of a matrix are scalars; got 1 × K"),
        (lambda: Derivative(c, X @ W), "a derivative is taken by a symbol or by entries of one"),
        (lambda: Derivative(G, W), "the derivative of m × K by d × K has more than two axes: take entries"),
    ],
)
def test_what_does_not_conform_is_refused(build: Callable[[], Expression], message: str) -> None:
    with pytest.raises(ShapeError, match=f"^{message}$"):
        build()


def test_operators_build_flat_nodes() -> None:
    assert X @ W + b + G == Addition((Product((X, W)), b, G))
    assert Product((X, W, Transpose(G))) == X @ W @ G.T
    assert G * G * b == Hadamard((G, G, b))
    assert c * G == Product((c, G))
    assert G - b == Addition((G, Negation(b)))
    assert 1 - c == Addition((as_expression(1), Negation(c)))
    assert c / 2 == Quotient(c, as_expression(2))
    assert 1 / c == Quotient(as_expression(1), c)
    assert 2 + c == Addition((as_expression(2), c))
    assert b[k] == Entry(b, None, k)
    assert s[1] == Entry(s, Number(Fraction(1)), None)


def test_what_undoes_itself() -> None:
    assert G.T.T == G
    negative = -G
    assert -negative == G
    assert c.T is c


def test_a_decimal_is_exact() -> None:
    assert as_expression(0.01) == Number(Fraction(1, 100))


def test_walk_finds_everything_from_the_outside_in() -> None:
    expression = Summation(c * G[n, k], n)
    assert list(walk(expression)) == [expression, expression.body, c, G[n, k], G, n, k, n]
    assert expression.symbols == {c, G}
