"""The rules: one function each, its docstring the theorem.

A rule says what one equation R = f(q, …) sends back to q, given G = ∂L/∂R: first for an entry of q, by the chain rule
and the local derivatives, then for q as a matrix.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from chainrule.algebra.expressions import (
    Call,
    Cases,
    Comparison,
    Derivative,
    Expression,
    Index,
    Indicator,
    Norm,
    Ones,
    Product,
    Shape,
    Symbol,
)
from chainrule.algebra.functions import (
    LEAKY_RELU,
    LEAKY_RELU_PRIME,
    LOGISTIC,
    LOGISTIC_PRIME,
    RELU,
    RELU_PRIME,
    TANH,
    TANH_PRIME,
)
from chainrule.derivation.equations import ONE, ZERO
from chainrule.derivation.setting import LOSS, entry, index, total

__all__ = ["Pull", "broadcast", "elementwise", "entry_of", "product_left", "product_right", "squared_norm"]


@dataclass(frozen=True)
class Pull:
    """What an equation sends back to one of its symbols q.

    Attributes
    ----------
    rule : str
        The rule's name.
    sum : Expression
        For an entry of q, by the chain rule: Σ ∂L/∂R_· ∂R_·/∂q_ij.
    local, local_is : Expression, tuple of Expression
        The last factor, and what it is, link by link.
    entries : Expression
        The sum with the local derivative put in.
    matrix : tuple of Expression
        The same for q as a whole, link by link.
    terms : mapping of str to Expression
        What the rule's sentence speaks of.
    """

    rule: str
    sum: Expression
    local: Expression
    local_is: tuple[Expression, ...]
    entries: Expression
    matrix: tuple[Expression, ...]
    terms: Mapping[str, Expression]


def entry_of(q: Symbol) -> tuple[Index | None, Index | None]:
    """Return the indices of q's entry: i and j, n for the samples, none on an axis of 1."""
    rows, columns = q.shape
    row = index(rows, "i")
    return row, index(columns, "i" if row is None or row.name == "n" else "j")


def product_right(R: Symbol, A: Expression, q: Symbol) -> Pull:
    """Z = A q + …: ∂L/∂q = Aᵀ ∂L/∂Z.

    Of all entries of Z only those of column j depend on q_ij, Z_pj = … + A_pi q_ij + …, so that
    ∂L/∂q_ij = Σ_p ∂L/∂Z_pj A_pi = (Aᵀ ∂L/∂Z)_ij.
    """
    i, j = entry_of(q)
    p = index(R.shape.rows, "k")
    G, moved, local_is = Derivative(LOSS, R), entry(R, p, j), entry(A, p, i)
    local = Derivative(moved, entry(q, i, j))
    upstream = Derivative(LOSS, moved)
    return Pull(
        "product_right",
        total(upstream @ local, p),
        local,
        (local_is,),
        total(local_is @ upstream, p),
        (A.T @ G,),
        {"R": R, "q": q, "A": A},
    )


def product_left(R: Symbol, B: Expression, q: Symbol) -> Pull:
    """Z = q B + …: ∂L/∂q = ∂L/∂Z Bᵀ.

    Of all entries of Z only those of row i depend on q_ij, Z_ip = … + q_ij B_jp + …, so that
    ∂L/∂q_ij = Σ_p ∂L/∂Z_ip B_jp = (∂L/∂Z Bᵀ)_ij.
    """
    i, j = entry_of(q)
    p = index(R.shape.columns, "k")
    G, moved, local_is = Derivative(LOSS, R), entry(R, i, p), entry(B, j, p)
    local = Derivative(moved, entry(q, i, j))
    upstream = Derivative(LOSS, moved)
    return Pull(
        "product_left",
        total(upstream @ local, p),
        local,
        (local_is,),
        total(upstream @ local_is, p),
        (G @ B.T,),
        {"R": R, "q": q, "A": B},
    )


def broadcast(R: Symbol, q: Symbol) -> Pull:
    """Z = … + q, where q is added to each row (or column) of Z: ∂L/∂q = 1ᵀ ∂L/∂Z, the sum over them.

    Every sample's Z_nj = … + q_j depends on q_j with slope 1, so that ∂L/∂q_j = Σ_n ∂L/∂Z_nj. With one sample
    there is nothing to sum: ∂L/∂q = ∂L/∂Z.
    """
    i, j = entry_of(q)
    n = next((index(of_R, "n") for of_R, of_q in zip(R.shape, q.shape, strict=True) if of_q == 1 != of_R), None)
    G = Derivative(LOSS, R)
    matrix: Expression = G
    moved = entry(R, i, j)
    if n is not None:
        over_rows = R.shape.rows == n.dimension
        moved = entry(R, n, j) if over_rows else entry(R, i, n)
        ones = Ones(Shape(1, n.dimension) if over_rows else Shape(n.dimension, 1))
        matrix = ones @ G if over_rows else G @ ones
    local, upstream = Derivative(moved, entry(q, i, j)), Derivative(LOSS, moved)
    return Pull(
        "broadcast" if n else "addition",
        total(upstream @ local, n),
        local,
        (ONE,),
        total(upstream, n),
        (matrix,),
        {"R": R, "q": q},
    )


def elementwise(R: Symbol, f: Call | Symbol, q: Symbol) -> Pull:
    """Entry by entry, A = σ(q): ∂L/∂q = ∂L/∂A ⊙ σ'(q).

    A_ij depends on q_ij alone, so that ∂L/∂q_ij = ∂L/∂A_ij σ'(q_ij).
    """
    i, j = entry_of(q)
    G, moved = Derivative(LOSS, R), entry(R, i, j)
    local, upstream = Derivative(moved, entry(q, i, j)), Derivative(LOSS, moved)
    local_is = slopes(f, entry(q, i, j), moved)
    whole = slopes(f, q, R)
    matrix = (G,) if whole[-1] == ONE else tuple(G * slope for slope in whole)
    entries = upstream if local_is[-1] == ONE else upstream @ local_is[-1]
    return Pull("elementwise", upstream @ local, local, local_is, entries, matrix, {"R": R, "q": q})


def slopes(f: Call | Symbol, z: Expression, a: Expression) -> tuple[Expression, ...]:
    """σ'(z): 1 of the identity, 1[z > 0] of relu, α beside it of leaky_relu, a (1 − a) of logistic, 1 − a² of tanh."""
    if isinstance(f, Symbol):
        return (ONE,)
    above = Comparison(z, ">", ZERO)
    if f.function is RELU:
        return Call(RELU_PRIME, (z,)), Indicator(above)
    if f.function is LEAKY_RELU:
        slope = f.arguments[1]
        below = Comparison(z, "≤", ZERO)
        if z.shape.is_scalar:
            return Call(LEAKY_RELU_PRIME, (z, slope)), Cases(((ONE, above), (slope, below)))
        return Call(LEAKY_RELU_PRIME, (z, slope)), Indicator(above) + slope @ Indicator(below)
    if f.function is LOGISTIC:
        return Call(LOGISTIC_PRIME, (z,)), a * (ONE - a)
    if f.function is TANH:
        return Call(TANH_PRIME, (z,)), ONE - a**2
    raise TypeError(f"no slope is known of {f.function.name}")


def squared_norm(factor: Expression, decay: Expression, q: Symbol) -> Pull:
    """L = … + c ‖q‖²: ∂L/∂q = … + 2c q.

    ‖q‖² = Σ_ij q_ij², of which one term depends on q_ij, with slope 2 q_ij.
    """
    i, j = entry_of(q)
    local = Derivative(Product((factor, Norm(q) ** 2)), entry(q, i, j))
    of_entry = decay @ entry(q, i, j)
    return Pull("squared_norm", local, local, (of_entry,), of_entry, (decay @ q,), {"q": q})
