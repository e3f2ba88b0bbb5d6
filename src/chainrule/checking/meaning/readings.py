"""What each kind of node can mean: strictly as written first, then with what a kind reader would grant."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction as Rational
from functools import singledispatch
from itertools import islice
from typing import TYPE_CHECKING

from chainrule.algebra.expressions import (
    Addition,
    Call,
    Cases,
    Comparison,
    Derivative,
    Entries,
    Entry,
    Expression,
    Index,
    Matrix,
    Number,
    Ones,
    Quotient,
    Shape,
    ShapeError,
    Symbol,
    Transpose,
    as_expression,
)
from chainrule.algebra.expressions import Norm as NormOf
from chainrule.algebra.functions import ABSOLUTE
from chainrule.checking.meaning.applications import called
from chainrule.checking.meaning.calls import readings_of_call
from chainrule.checking.meaning.outputs import LOSSES
from chainrule.checking.meaning.products import readings_of_product
from chainrule.checking.meaning.reading import Reading, all_ones, built, derivative, entry_at, is_movable, joint, total
from chainrule.checking.meaning.shapes import LARGEST, SAMPLES
from chainrule.checking.meaning.sums import readings_of_sum
from chainrule.checking.meaning.symbols import Key, Reference, is_symbol, is_transpose
from chainrule.checking.parsing import syntax as sx
from chainrule.checking.parsing.problems import NotUnderstood

if TYPE_CHECKING:
    from chainrule.checking.meaning.meaning import Meaning

__all__ = ["OWN", "readings_of"]

OWN = "derivative of each entry by its own"


def readings_of(node: sx.Node, meaning: "Meaning") -> Iterator[Reading]:
    """Yield what a formula can mean.

    Raises
    ------
    NotUnderstood
        If something in it has no meaning here.
    """
    if is_symbol(node):
        yield Reading(meaning.symbol(node))
    else:
        yield from _readings(node, meaning)


@singledispatch
def _readings(node: sx.Node, _meaning: "Meaning") -> Iterator[Reading]:
    raise NotUnderstood("no-meaning", node)


@_readings.register(sx.Unread)
def _(node: sx.Unread, _meaning: "Meaning") -> Iterator[Reading]:
    raise node.problem.error()


@_readings.register(sx.Numeral)
def _(node: sx.Numeral, meaning: "Meaning") -> Iterator[Reading]:
    value = _value(node)
    if value > LARGEST and value.denominator == 1 and (size := meaning.size_named(node.text)) is not None:
        yield Reading(size)  # a dimension that is tried as a smaller one
    else:
        yield Reading(Number(value))


@_readings.register(sx.Negation)
def _(node: sx.Negation, meaning: "Meaning") -> Iterator[Reading]:
    yield from built(lambda inner: -inner, [meaning.readings(node.of)])


@_readings.register(sx.Sum)
def _(node: sx.Sum, meaning: "Meaning") -> Iterator[Reading]:
    yield from built(lambda *parts: Addition(parts), [meaning.readings(term) for term in node.terms])


@_readings.register(sx.Group)
def _(node: sx.Group, meaning: "Meaning") -> Iterator[Reading]:
    if len(node.items) != 1:
        raise NotUnderstood("list", node)
    for reading in meaning.readings(node.items[0]):
        is_size = node.brackets == "||"
        yield joint(Call(ABSOLUTE, (reading.expression,)), [reading]) if is_size else reading


@_readings.register(sx.Product)
def _(node: sx.Product, meaning: "Meaning") -> Iterator[Reading]:
    yield from readings_of_product(node, meaning)


@_readings.register(sx.Apply)
def _(node: sx.Apply, meaning: "Meaning") -> Iterator[Reading]:
    function, _, _ = called(node.function)
    if isinstance(function, sx.Scripted) and function.sup is not None and len(function.sup.items) == 1:  # tanh² z
        bare = replace(node, function=replace(function, sup=None))
        for reading in meaning.readings(bare):
            yield joint(meaning.power(reading.expression, function.sup.items[0]), [reading])
        return
    yield from readings_of_call(node, meaning)


@_readings.register(sx.Norm)
def _(node: sx.Norm, meaning: "Meaning") -> Iterator[Reading]:
    if node.kind == "1":
        yield from built(lambda of: total(Call(ABSOLUTE, (of,))), [meaning.readings(node.of)])
        return
    if node.kind not in ("", "F", "2"):
        raise NotUnderstood("unknown-norm", node)
    yield from built(NormOf, [meaning.readings(node.of)])


@_readings.register(sx.Relation)
def _(node: sx.Relation, meaning: "Meaning") -> Iterator[Reading]:
    condition = meaning.condition(node)
    if condition is None or condition.relation == "=":
        raise NotUnderstood("equation-inside", node)
    yield Reading(condition)  # (Z > 0) of code is 1 where it holds


@_readings.register(sx.Table)
def _(node: sx.Table, meaning: "Meaning") -> Iterator[Reading]:
    if any(isinstance(cell, sx.Dots) for row in node.rows for cell in row):
        raise NotUnderstood("dots", node)
    if len({len(row) for row in node.rows}) != 1:
        raise NotUnderstood("ragged-matrix", node)
    yield Reading(Matrix(tuple(tuple(meaning.strict(cell) for cell in row) for row in node.rows)))


@_readings.register(sx.Cases)
def _(node: sx.Cases, meaning: "Meaning") -> Iterator[Reading]:
    branches = []
    for value, condition in node.branches:
        where = meaning.condition(condition) if condition is not None else Comparison(ZERO, "=", ZERO)
        if where is None:
            raise NotUnderstood("case-without-condition", condition or node)
        branches.append((meaning.strict(value), where))
    yield Reading(Cases(tuple(branches)))


ZERO = as_expression(0)
LONGEST_NUMBER = 30


def _value(node: sx.Numeral) -> Rational:
    exponent = node.text.lower().partition("e")[2]
    if len(node.text) > LONGEST_NUMBER or len(exponent) > len("-99"):
        raise NotUnderstood("long-number", node)
    return Rational(node.text)


# -- scripts ----------------------------------------------------------------------------------------------------------


@_readings.register(sx.Scripted)
def _(node: sx.Scripted, meaning: "Meaning") -> Iterator[Reading]:
    """Yield (…)ᵀ, (…)_ij, (…)²; a row of ones with its shape."""
    ones = _ones(node, meaning)
    for reading in [Reading(ones)] if ones is not None else meaning.readings(node.base):
        expression = reading.expression
        if node.sub is not None and ones is None:
            expression = meaning.entry(expression, Reference(Key(""), node.sub.items), node)
        for item in node.sup.items if node.sup is not None else ():
            if is_transpose(item):
                expression = expression.T
            elif isinstance(item, sx.Group):
                raise NotUnderstood("brackets-above", item)
            else:
                expression = meaning.power(expression, item)
        yield joint(expression, [reading])


def _ones(node: sx.Scripted, meaning: "Meaning") -> Expression | None:
    """Return (1, …, 1)_{1 × B}, the ones of 1ᵀ A and 1_m, and the 1 in the place of a class, 1_y."""
    below = node.sub.items if node.sub is not None else ()
    is_row = (
        isinstance(node.base, sx.Group)
        and len(node.base.items) > 1
        and all(isinstance(item, sx.Dots) or item == sx.Numeral("1") for item in node.base.items)
    )
    if not is_row and node.base != sx.Numeral("1"):
        return None
    match below:
        case (sx.Product((rows, columns), ("×",)),):
            return Ones(Shape(_size(rows, meaning), _size(columns, meaning)))
        case (of,) if meaning.shapes.symbols.is_class(of):
            return meaning.symbol(of)
        case (size,) if not is_row:
            return all_ones(_size(size, meaning), 1)
    if is_row or node.sup is None or not any(is_transpose(item) for item in node.sup.items):
        raise NotUnderstood("how-many-ones", node)
    samples = meaning.shapes.find(SAMPLES)
    if not meaning.has_axis(samples):
        raise NotUnderstood("ones-of-one-sample", node)
    return all_ones(samples, 1)


def _size(node: sx.Node, meaning: "Meaning") -> int | str:
    size = meaning.shapes.size_of(node)
    if size is None or not meaning.has_axis(size):
        raise NotUnderstood("no-dimension", node)
    return size


# -- derivatives ------------------------------------------------------------------------------------------------------


@_readings.register(sx.Partial)
def _(node: sx.Partial, meaning: "Meaning") -> Iterator[Reading]:
    if node.of is None:
        raise NotUnderstood("derivative-of-what", node)
    if node.by is None:
        yield Reading(meaning.gradient(node.of))
    else:
        ofs, bys = meaning.readings(node.of), meaning.readings(node.by)
        yield from built(lambda p, q: derivative(_of_sample(p, q, node), q), [ofs, bys])


@_readings.register(sx.Fraction)
def _(node: sx.Fraction, meaning: "Meaning") -> Iterator[Reading]:
    of, by = node.numerator, node.denominator
    if isinstance(of, sx.Partial) and isinstance(by, sx.Partial) and of.of is not None and by.of is not None:
        yield from _derivative(node, of.of, by.of, meaning)
    else:
        yield from built(Quotient, [meaning.readings(of), meaning.readings(by)])


def _derivative(node: sx.Fraction, of: sx.Node, by: sx.Node, meaning: "Meaning") -> Iterator[Reading]:
    """Yield ∂p/∂q; where p and q have one shape, also what each entry of p is by its own entry of q."""
    is_understood = is_tried = False
    for q in islice(meaning.readings(by), 1):
        if not is_movable(q.expression):
            raise NotUnderstood("derivative-by-what", by)
        for read in meaning.readings(of):
            p = replace(read, expression=_of_sample(read.expression, q.expression, of))
            try:
                yield joint(derivative(p.expression, q.expression), (p, q))
                is_understood = True
            except ShapeError:
                is_tried = True
            if p.expression.shape == q.expression.shape and not p.expression.shape.is_scalar:
                is_understood = True
                yield from _own(p, q, meaning)
    if not is_understood:
        raise NotUnderstood("too-many-axes" if is_tried else "misfit", node)


def _of_sample(p: Expression, q: Expression, node: sx.Node) -> Expression:
    """Return p, but of a loss that every sample has one of, that of the sample by which the derivative is taken."""
    if not isinstance(p, Symbol) or p.name.partition("_")[0] not in LOSSES or SAMPLES not in p.shape:
        return p
    whole = q.of if isinstance(q, Entry) else q
    place = (q.row, q.column)[whole.shape.index(SAMPLES)] if isinstance(q, Entry) and SAMPLES in whole.shape else None
    if place is None:
        raise NotUnderstood("loss-of-which-sample", node)
    return Entry(p, place, None) if p.shape.rows == SAMPLES else Entry(p, None, place)


def _own(p: Reading, q: Reading, meaning: "Meaning") -> Iterator[Reading]:
    """Yield the matrix of ∂p_ij/∂q_ij, provided that p_ij depends on no other entry of q."""
    if isinstance(q.expression, Transpose):
        for turned in _own(replace(p, expression=p.expression.T), replace(q, expression=q.expression.of), meaning):
            yield replace(turned, expression=turned.expression.T)
    if not isinstance(q.expression, Symbol):
        return
    letters = meaning.unused_letters()
    i, j = (None if dimension == 1 else Index(next(letters), dimension) for dimension in q.expression.shape)
    own = Entries(Derivative(entry_at(p.expression, i, j), entry_at(q.expression, i, j)), i, j)
    all_by_own = Derivative(total(p.expression), q.expression)
    reading = joint(own, (p, q), OWN)
    yield Reading(own, reading.granted, (*reading.provided, (own, all_by_own)))


@_readings.register(sx.BigSum)
def _(node: sx.BigSum, meaning: "Meaning") -> Iterator[Reading]:
    yield from readings_of_sum(node, meaning)
