"""What products mean: the matrix product, strictly; then what a convention makes of one that does not conform."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise, permutations, product
from typing import TYPE_CHECKING, NamedTuple

from chainrule.algebra.expressions import (
    Derivative,
    Entries,
    Expression,
    Hadamard,
    Index,
    ShapeError,
    Summation,
    Symbol,
    Transpose,
)
from chainrule.algebra.expressions import Product as ProductOf
from chainrule.checking.meaning.inference import runs_of
from chainrule.checking.meaning.ones import are_ones, filled
from chainrule.checking.meaning.reading import MOST_READINGS, MOST_TRIED, Reading, as_column, built, entry_at, joint
from chainrule.checking.meaning.shapes import SAMPLES
from chainrule.checking.parsing.plain import plain
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.syntax import ELEMENTWISE, Fraction, Node, Operator, Partial, Product
from chainrule.checking.patience import go_on

if TYPE_CHECKING:
    from chainrule.checking.meaning.meaning import Meaning

__all__ = ["BY_ENTRY", "readings_of_product"]

BY_ENTRY = "elementwise product written as a plain one"
OF_PEOPLE = ("outer product", BY_ENTRY)  # conventions that no machine knows
MOST_FACTORS = 5  # of a product that does not conform


def readings_of_product(node: Product, meaning: "Meaning") -> Iterator[Reading]:
    """Yield what a product can mean: A B ⊙ C is (A B) ⊙ C, and A ⊙ B C, if B C does not conform, (A ⊙ B) C.

    An asterisk in a text is the matrix product where entry by entry nothing conforms. Of code only what a machine makes
    of it is meant: vectors side by side have no outer product there.
    """
    is_code = "@" in node.operators
    runs = [list(islice(_run(run, meaning, is_code=is_code), MOST_READINGS)) for run in runs_of(node)]
    if len(runs) == 1:
        yield from runs[0]
        return
    is_strict = False
    for reading in built(_elementwise, runs):
        is_strict = is_strict or not reading.granted
        yield reading
    if not is_strict:
        yield from _from_the_left(node, meaning)
    if not is_strict and "∗" in node.operators:
        plain: tuple[Operator, ...] = tuple("·" if sign == "∗" else sign for sign in node.operators)
        yield from readings_of_product(replace(node, operators=plain), meaning)


def _elementwise(*parts: Expression) -> Expression:
    scale = tuple(part for part in parts if part.shape.is_scalar)
    rest = tuple(part for part in parts if not part.shape.is_scalar)
    whole = (Hadamard(rest),) if len(rest) > 1 else rest
    return ProductOf((*scale, *whole)) if len(scale) + len(whole) > 1 else (*scale, *whole)[0]


def _from_the_left(node: Product, meaning: "Meaning") -> Iterator[Reading]:
    """Yield ((A ⊙ B) C) ⊙ …, sign by sign."""

    def multiplied(*parts: Expression) -> Expression:
        result = parts[0]
        for sign, part in zip(node.operators, parts[1:], strict=True):
            result = result * part if sign in ELEMENTWISE else result @ part
        return result

    yield from built(multiplied, [meaning.readings(factor) for factor in node.factors])


def _run(factors: list[Node], meaning: "Meaning", *, is_code: bool) -> Iterator[Reading]:
    """Yield a matrix product; where the shapes do not conform, what a convention makes of it."""
    if len(factors) == 1:
        yield from meaning.readings(factors[0])
        return
    chained = _chained(factors, meaning)
    choices = [_choices(whole, meaning) for whole in chained]
    if len(chained) < len(factors):
        # The derivatives as Jacobians that conform, before the chain rule as a formal product.
        yield from _jacobians(factors, meaning)
    for places in islice(product(*choices), MOST_TRIED):
        chosen = [each for each in places if isinstance(each, Reading)]
        parts = filled([each.expression if isinstance(each, Reading) else each for each in places], meaning)
        try:
            yield joint(ProductOf(parts), chosen)
        except ShapeError:
            for expression, grants in _granted(parts, chained, meaning):
                if not (is_code and any(grant.startswith(OF_PEOPLE) for grant in grants)):
                    yield joint(expression, chosen, *grants)


def _choices(whole: Node | Reading, meaning: "Meaning") -> Sequence[Reading | Node]:
    """Return what a factor can mean; ones mean something among the others only."""
    return [whole] if isinstance(whole, Reading) or are_ones(whole) else meaning.readings(whole)


def _jacobians(factors: list[Node], meaning: "Meaning") -> Iterator[Reading]:
    try:
        yield from built(lambda *parts: ProductOf(parts), [meaning.readings(factor) for factor in factors])
    except NotUnderstood:
        return


# -- conventions for products that do not conform ---------------------------------------------------------------------


def _granted(
    parts: tuple[Expression, ...], nodes: Sequence[Node | Reading], meaning: "Meaning"
) -> Iterator[tuple[Expression, tuple[str, ...]]]:
    """Yield what a product whose shapes do not conform may have been meant as."""
    scale = tuple(part for part in parts if part.shape.is_scalar)
    factors = [
        _Factor(part, "" if isinstance(node, Reading) else plain(node), _may_flip(part, meaning), _is_turned(part))
        for part, node in zip(parts, nodes, strict=True)
        if not part.shape.is_scalar
    ]
    if len(factors) > MOST_FACTORS:
        return
    orders = [tuple(factors)] if meaning.writes_transposes else permutations(factors)
    for order in orders:
        go_on()
        for whole, grants in _folded(order[0], order[1:]):
            yield ProductOf((*scale, whole.value)) if scale else whole.value, grants


class _Factor(NamedTuple):
    """A factor or a product of some.

    Attributes
    ----------
    value : Expression
        What it says.
    written : str
        How it is written.
    may_flip : bool
        Whether it may have been meant transposed.
    is_turned : bool
        Whether it is a vector that the author has transposed.
    is_product : bool
        Whether it is made of others.
    """

    value: Expression
    written: str
    may_flip: bool
    is_turned: bool
    is_product: bool = False

    def __str__(self) -> str:
        """Return how it is written, so that something may stand above it."""
        return f"({self.written})" if self.is_product else self.written


def _may_flip(part: Expression, meaning: "Meaning") -> bool:
    """Return whether a factor may be transposed that the author did not transpose.

    Derivatives may be in the other layout; everything else only where the document never writes a transpose.
    """
    is_vector = isinstance(part, Derivative) and part.shape.is_vector
    return is_vector or _is_jacobian(part) or not meaning.writes_transposes


def _is_turned(part: Expression) -> bool:
    """Return whether a vector is transposed as it is written: xᵀ, and xᵀ W."""
    if part.shape.is_scalar or not part.shape.is_vector:
        return False
    if isinstance(part, Transpose):
        return not _is_turned(part.of)
    return any(map(_is_turned, part.children))


def _folded(first: _Factor, rest: tuple[_Factor, ...]) -> Iterator[tuple[_Factor, tuple[str, ...]]]:
    """Yield what can be made of factors from the left, and what has to be granted for it."""
    if not rest:
        yield first, ()
        return
    for whole, grant in _of_two(first, rest[0]):
        for result, grants in _folded(whole, rest[1:]):
            yield result, (*grant, *grants)


def _of_two(a: _Factor, b: _Factor) -> Iterator[tuple[_Factor, tuple[str, ...]]]:
    """Yield the matrix product of two factors; else an outer, an inner or an elementwise one, or one of transposes."""

    def made(value: Expression, *granted: str) -> tuple[_Factor, tuple[str, ...]]:
        written = f"{a.written} {b.written}"
        return _Factor(value, written, a.may_flip and b.may_flip, a.is_turned or b.is_turned, is_product=True), granted

    if a.value.shape.columns == b.value.shape.rows:
        yield made(a.value @ b.value)
        return
    if _have_outer_product(a, b):
        for one, other in ((a, b), (b, a)):
            yield made(as_column(one.value) @ as_column(other.value).T, f"outer product {_outer(one, other)}".strip())
        if a.may_flip and b.may_flip and as_column(a.value).shape == as_column(b.value).shape:
            yield made(as_column(a.value).T @ as_column(b.value), "inner product")
    if a.value.shape == b.value.shape:
        yield made(a.value * b.value, BY_ENTRY)
    is_derivative = isinstance(a.value, Derivative) or isinstance(b.value, Derivative)
    grant = "numerator layout" if is_derivative else "implied transpose"
    forms = [(each.value, each.value.T) if each.may_flip else (each.value,) for each in (a, b)]
    for left, right in product(*forms):
        if left.shape.columns == right.shape.rows:
            yield made(left @ right, grant)


def _have_outer_product(a: _Factor, b: _Factor) -> bool:
    """Return whether the outer product of two factors may be meant: of two vectors without a transpose.

    One number a sample is no vector. Where the author never writes a transpose, he may leave out any.
    """
    if not (a.value.shape.is_vector and b.value.shape.is_vector):
        return False
    lie_alike = (a.value.shape.rows == 1) == (b.value.shape.rows == 1)
    is_bare = lie_alike and not (a.is_turned or b.is_turned) and SAMPLES not in (*a.value.shape, *b.value.shape)
    return is_bare or (a.may_flip and b.may_flip)


def _outer(one: _Factor, other: _Factor) -> str:
    """Return an outer product as it would have to be written, a bᵀ of columns and aᵀ b of rows."""
    if not (one.written and other.written):
        return ""
    left = one.written if one.value.shape.columns == 1 else f"{one}^T"
    right = other.written if other.value.shape.rows == 1 else f"{other}^T"
    return f"{left} {right}"


def _is_jacobian(part: Expression) -> bool:
    return isinstance(part, Derivative) and not part.of.shape.is_scalar and not part.by.shape.is_scalar


# -- the chain rule as a formal product -------------------------------------------------------------------------------


def _chained(factors: list[Node], meaning: "Meaning") -> list[Node | Reading]:
    """Return factors in which ∂L/∂Z ∂Z/∂W is one: it is summed over the entries of Z, whatever their shapes.

    The last factor of a chain of derivatives may stand first: ∂Z/∂W ∂L/∂Z.
    """
    result: list[Node | Reading] = []
    rest = list(factors)
    while rest:
        length = _links(rest)
        if length > 1 and (whole := _contracted(rest[:length], meaning)) is not None:
            result.append(whole)
        else:
            result += rest[:length]
        rest = rest[length:]
    return result


def _links(factors: list[Node]) -> int:
    """Return how many factors from the first on are derivatives in which what one is by the next is of."""
    length = 1
    forward = backward = True
    while (
        length < len(factors)
        and (pair := (_quotient(factors[length - 1]), _quotient(factors[length])))
        and None not in pair
    ):
        (one_of, one_by), (other_of, other_by) = pair  # type: ignore[misc]
        forward, backward = forward and one_by == other_of, backward and one_of == other_by
        if not forward and not backward:
            break
        length += 1
    return length


def _quotient(node: Node) -> tuple[Node, Node] | None:
    match node:
        case Fraction(Partial(of), Partial(by)) if of is not None and by is not None:
            return of, by
    return None


def _contracted(factors: list[Node], meaning: "Meaning") -> Reading | None:
    """Return ∂L/∂W = Σ ∂L/∂Z_ij ∂Z_ij/∂W over the entries of Z, where L is a scalar."""
    quotients = [quotient for factor in factors if (quotient := _quotient(factor)) is not None]
    if quotients[0][1] != quotients[1][0]:
        quotients.reverse()
    moved = [meaning.strict(by) for _, by in quotients]
    of = meaning.strict(quotients[0][0])
    if not of.shape.is_scalar or not all(isinstance(q, Symbol) for q in moved[:-1]):
        return None
    letters = meaning.unused_letters()
    result: Expression = Derivative(of, moved[0])
    for q, by in pairwise(moved):
        result = _summed(result, q, by, letters)
    return Reading(result, ("the chain rule as a formal product, summed over all entries",))


def _summed(gradient: Expression, q: Expression, by: Expression, letters: Iterator[str]) -> Expression:
    """Return Σ_ij gradient_ij ∂q_ij/∂by."""
    i, j = _indices(q, letters)
    k, l = _indices(by, letters) if isinstance(by, Symbol) else (None, None)
    local = Derivative(entry_at(q, i, j), entry_at(by, k, l))
    body: Expression = entry_at(gradient, i, j) @ local
    for index in (j, i):
        body = body if index is None else Summation(body, index)
    return body if k is None and l is None else Entries(body, k, l)


def _indices(of: Expression, letters: Iterator[str]) -> tuple[Index | None, Index | None]:
    """Return an index for each axis that is not 1."""
    rows, columns = (None if dimension == 1 else Index(next(letters), dimension) for dimension in of.shape)
    return rows, columns
