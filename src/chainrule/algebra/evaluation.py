"""What an expression is worth in NumPy: at many points at once, for all values of its free indices at once.

Every value has the axes (point, index, …, index, row, column), one index axis for every index of the expression, of
length 1 where the value does not depend on it: NumPy's broadcasting is then all that an operation needs. A sum over an
index ends in an axis of length 1, which is what lets the same letter be bound twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, singledispatch
from typing import NamedTuple

import numpy as np

from chainrule.activations import Array
from chainrule.algebra import expressions as ex
from chainrule.algebra.expressions import Dimension, Expression, Index, ShapeError, Symbol, walk

__all__ = ["Compared", "Points", "compared", "discrepancy", "evaluate", "indices_of"]

# The step of a complex-step derivative: its square is lost beside 1, so there is nothing to cancel.
_STEP = 1e-30


@dataclass(eq=False)
class Points:
    """Where expressions are evaluated.

    Attributes
    ----------
    sizes : mapping of str to int
        What the dimensions' names stand for.
    values : dict of str to ndarray of shape (points, rows, columns)
        What is given: inputs, targets, parameters; and what was found through the definitions.
    definitions : mapping of str to Expression
        What the other symbols are, in terms of given ones and of each other.
    """

    sizes: Mapping[str, int]
    values: dict[str, Array]
    definitions: Mapping[str, Expression] = field(default_factory=dict)
    _moved: dict[str, "Points"] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def count(self) -> int:
        """How many points."""
        return max(len(value) for value in self.values.values())

    def size(self, dimension: Dimension) -> int:
        """Return what a dimension stands for."""
        return dimension if isinstance(dimension, int) else self.sizes[dimension]

    def value_of(self, symbol: Symbol) -> Array:
        """Return a symbol's values, computed at first use from its definition, after those of all that it needs."""
        needed = [symbol.name]
        while needed:
            name = needed[-1]
            if name not in self.values and name not in self.definitions:
                raise KeyError(f"{name} has no value and no definition")
            below = () if name in self.values else self.definitions[name].symbols
            if missing := [each.name for each in below if each.name not in self.values]:
                needed += missing
            else:
                self._compute(needed.pop())
        return self.values[symbol.name]

    def _compute(self, name: str) -> None:
        if name not in self.values:
            value = evaluate(self.definitions[name], self)
            self.values[name] = value.reshape(len(value), *value.shape[-2:])  # its indices are all bound

    def moved(self, symbol: Symbol) -> "Points":
        """Return points at which each entry of a symbol in turn has taken an imaginary step.

        Everything that was computed from it is computed anew: only what has no definition keeps its value. What was
        found there is kept for the next derivative by the same symbol.
        """
        if symbol.name not in self._moved:
            self._moved[symbol.name] = self._move(symbol)
        return self._moved[symbol.name]

    def _move(self, symbol: Symbol) -> "Points":
        base = self.value_of(symbol)
        entries = base.shape[1] * base.shape[2]
        steps = 1j * _STEP * np.eye(entries).reshape(entries, *base.shape[1:])
        kept = {name: value for name, value in self.values.items() if name not in self.definitions}
        values = {name: np.repeat(value, entries, axis=0) if len(value) > 1 else value for name, value in kept.items()}
        values[symbol.name] = (base[:, np.newaxis] + steps).reshape(-1, *base.shape[1:])
        return Points(self.sizes, values, self.definitions)


def indices_of(*expressions: Expression) -> tuple[Index, ...]:
    """Return the indices of expressions, free and bound, by name."""
    found = frozenset[Index]().union(*(expression.indices for expression in expressions))
    by_name = {index.name: index for index in sorted(found, key=str)}
    return tuple(by_name[name] for name in sorted(by_name))


def evaluate(expression: Expression, points: Points, indices: Sequence[Index] | None = None) -> Array:
    """Evaluate an expression.

    Parameters
    ----------
    expression : Expression
        Of symbols that the points have values or definitions of.
    points : Points
        Where.
    indices : sequence of Index, optional
        One index axis of the result for each; by default those of the expression.

    Returns
    -------
    ndarray of shape (points, index, …, row, column)
        Axes on which the value does not depend have length 1, the points' too. An expression without indices
        has three axes.
    """
    return _value(expression, _Context(points, indices_of(expression) if indices is None else tuple(indices)))


class Compared(NamedTuple):
    """The values of two expressions, and how far they are apart, with axes as of `evaluate`.

    Attributes
    ----------
    one, other : ndarray
        Their values, 0 where they are not compared.
    apart : ndarray
        Infinite where the other alone has no value, though it has one elsewhere; NaN where the first has none.
    holds : ndarray
        Where they are compared.
    """

    one: Array
    other: Array
    apart: Array
    holds: Array


@np.errstate(all="ignore")
def compared(one: Expression, other: Expression, points: Points, where: Expression | None = None) -> Compared:
    """Hold an expression against another.

    Parameters
    ----------
    one, other : Expression
        What is right, and what is held against it: of one shape, or of one that stretches to the other's.
    points : Points
        Where they are compared, for all values of their free indices.
    where : Expression, optional
        Only where this holds.
    """
    condition = ex.Number(Fraction(1)) if where is None else where
    indices = indices_of(one, other, condition)
    values = (evaluate(expression, points, indices) for expression in (one, other, condition))
    a, b, holds = np.broadcast_arrays(*values)
    holds = holds != 0
    a, b = (np.where(holds, value, 0) for value in (a, b))
    is_lost = np.isfinite(a) & ~_has_value(other, b) & np.isfinite(b[holds]).any()
    apart = np.where(np.isfinite(a) & np.isfinite(b), np.abs(a - b), np.nan)
    return Compared(a, b, np.where(is_lost, np.inf, apart), holds)


def _has_value(expression: Expression, value: Array) -> Array:
    """Return where an expression has a value; of what none of its cases covers it says nothing."""
    has_cases = any(isinstance(node, ex.Cases) for node in walk(expression))
    return np.isfinite(value) | (np.isnan(value) & has_cases)


@np.errstate(all="ignore")
def discrepancy(one: Expression, other: Expression, points: Points, where: Expression | None = None) -> float:
    """Return how far two expressions are apart, relative to the larger of them: 0 for equal ones.

    Parameters
    ----------
    one, other, points, where
        See `compared`.

    Returns
    -------
    float
        Infinite if somewhere the other alone has no value; NaN if somewhere the first has none, or the condition never
        holds.
    """
    found = compared(one, other, points, where)
    if not found.holds.any():
        return float("nan")
    if np.isinf(found.apart).any():
        return float("inf")
    scale = max(np.abs(found.one).max(), np.abs(found.other).max(), 1e-300)
    return float(found.apart.max() / scale)


@dataclass(frozen=True)
class _Context:
    points: Points
    indices: tuple[Index, ...]

    def axis(self, index: Index) -> int:
        """Return an index's axis."""
        return 1 + next(place for place, other in enumerate(self.indices) if other.name == index.name)

    def spread(self, value: Array) -> Array:
        """Return (points, rows, columns) with an axis for every index between."""
        return value.reshape(len(value), *(1 for _ in self.indices), *value.shape[1:])


@singledispatch
def _value(node: Expression, _context: _Context) -> Array:
    raise TypeError(f"{type(node).__name__} has no value")


@_value.register
def _(node: ex.Number, context: _Context) -> Array:
    return context.spread(np.full((1, 1, 1), float(node.value)))


@_value.register
def _(node: Symbol, context: _Context) -> Array:
    return context.spread(context.points.value_of(node))


@_value.register
def _(node: Index, context: _Context) -> Array:
    numbers = np.arange(1.0, context.points.size(node.dimension) + 1)
    return np.expand_dims(
        numbers, tuple(axis for axis in range(len(context.indices) + 3) if axis != context.axis(node))
    )


@_value.register
def _(node: ex.Ones, context: _Context) -> Array:
    return context.spread(np.ones((1, *(context.points.size(dimension) for dimension in node.shape))))


@_value.register
def _(node: ex.Entry, context: _Context) -> Array:
    return _entry(_value(node.of, context), node, context)


def _entry(value: Array, node: ex.Entry, context: _Context) -> Array:
    """Put the row's and the column's axis of a value where their indices are."""
    for axis, index in ((-2, node.row), (-1, node.column)):
        if isinstance(index, ex.Number):
            if not 1 <= index.value <= value.shape[axis]:
                raise ShapeError(f"there is no entry {index.value} on an axis of {value.shape[axis]}")
            value = np.take(value, [int(index.value) - 1], axis)
        elif index is not None and not isinstance(index, Index):
            numbers = _value(index, context).real.astype(int) - 1
            value = np.take_along_axis(value, numbers, axis)
        elif index is not None:
            place = context.axis(index)
            if value.shape[place] == 1:
                value = value.swapaxes(place, axis)
            else:  # the value depends on the index already: W_ii, and what a row of an entry's own index holds
                diagonal = np.diagonal(value, axis1=place, axis2=value.ndim + axis)
                value = np.expand_dims(np.moveaxis(diagonal, -1, place), axis)
    return value


@_value.register
def _(node: ex.Entries, context: _Context) -> Array:
    value = _value(node.entry, context)
    for axis, index in ((-2, node.row), (-1, node.column)):
        if index is not None:
            value = value.swapaxes(context.axis(index), axis)
            if value.shape[axis] == 1:  # the entries do not depend on the index
                value = np.repeat(value, context.points.size(index.dimension), axis)
    return value


@_value.register
def _(node: ex.Addition, context: _Context) -> Array:
    first, *rest = (_value(term, context) for term in node.terms)
    return sum(rest, first)


@_value.register
def _(node: ex.Negation, context: _Context) -> Array:
    return -_value(node.of, context)


@_value.register
def _(node: ex.Product, context: _Context) -> Array:
    result = np.ones((1,) * (len(context.indices) + 3))
    for factor in node.factors:
        value = _value(factor, context)
        scales = (1, 1) in (result.shape[-2:], value.shape[-2:])
        result = result * value if scales else result @ value
    return result


@_value.register
def _(node: ex.Hadamard, context: _Context) -> Array:
    first, *rest = (_value(factor, context) for factor in node.factors)
    for value in rest:
        first = first * value
    return first


@_value.register
def _(node: ex.Quotient, context: _Context) -> Array:
    return _value(node.numerator, context) / _value(node.denominator, context)


@_value.register
def _(node: ex.Power, context: _Context) -> Array:
    base, exponent = _value(node.base, context), _value(node.exponent, context)
    is_root_of_negative = (base.real < 0) & (exponent.real != np.round(exponent.real))
    return np.where(is_root_of_negative, np.nan, base) ** exponent


@_value.register
def _(node: ex.Transpose, context: _Context) -> Array:
    return _value(node.of, context).swapaxes(-1, -2)


@_value.register
def _(node: ex.Call, context: _Context) -> Array:
    values = (_value(argument, context) for argument in node.arguments)
    return node.function.value(*values) if node.axis is None else node.function.value(*values, axis=node.axis - 2)


_RELATIONS = {
    "=": np.equal,
    "≠": np.not_equal,
    "<": np.less,
    "≤": np.less_equal,
    ">": np.greater,
    "≥": np.greater_equal,
}


@_value.register
def _(node: ex.Comparison, context: _Context) -> Array:
    left, right = _value(node.left, context), _value(node.right, context)
    return _RELATIONS[node.relation](left.real, right.real) * 1.0


@_value.register
def _(node: ex.Indicator, context: _Context) -> Array:
    return _value(node.condition, context)


@_value.register
def _(node: ex.Summation, context: _Context) -> Array:
    value = _value(node.body, context)
    if node.condition is not None:
        value = np.where(_value(node.condition, context) != 0, value, 0)
    axis = context.axis(node.index)
    if value.shape[axis] == 1:  # the body does not depend on the index
        value = value * context.points.size(node.index.dimension)
    return value.sum(axis, keepdims=True)


@_value.register
def _(node: ex.Cases, context: _Context) -> Array:
    result = np.full((1,) * (len(context.indices) + 3), np.nan)
    for value, condition in reversed(node.branches):
        result = np.where(_value(condition, context) != 0, _value(value, context), result)
    return result


@_value.register
def _(node: ex.Diagonal, context: _Context) -> Array:
    value = _value(node.of, context)
    column = value if node.of.shape.columns == 1 else value.swapaxes(-1, -2)
    return column * np.eye(column.shape[-2])


@_value.register
def _(node: ex.Norm, context: _Context) -> Array:
    value = _value(node.of, context)
    return np.sqrt((value * value).sum((-2, -1), keepdims=True))


@_value.register
def _(node: ex.Matrix, context: _Context) -> Array:
    rows = [np.concatenate(np.broadcast_arrays(*(_value(entry, context) for entry in row)), -1) for row in node.rows]
    return np.concatenate(np.broadcast_arrays(*rows), -2)


@_value.register
def _(node: ex.Derivative, context: _Context) -> Array:
    moved = context.points.moved(node.moved)
    value = _value(node.of, _Context(moved, context.indices))
    shape = moved.values[node.moved.name].shape[1:]
    if len(value) == 1:  # of constants alone
        value = np.broadcast_to(value, (context.points.count * shape[0] * shape[1], *value.shape[1:]))
    tensor = value.imag.reshape(-1, *shape, *value.shape[1:]) / _STEP
    # (points, q's rows, q's columns, index, …, p's rows, p's columns): p's entries last but two, and q's last.
    tensor = np.moveaxis(tensor, (-2, -1, 1, 2), (-4, -3, -2, -1))
    return _folded(tensor, node, context)


def _folded(tensor: Array, node: ex.Derivative, context: _Context) -> Array:
    """Return (points, index, …, p's rows, p's columns, q's rows, q's columns) as the matrix that ∂p/∂q is."""
    rows, columns = tensor.shape[-4:-2]
    if isinstance(node.by, ex.Entry):
        entries = [_entry(tensor[..., i, j, :, :], node.by, context) for i in range(rows) for j in range(columns)]
        tensor = np.stack(np.broadcast_arrays(*entries), axis=-3).reshape(
            *entries[0].shape[:-2], rows, columns, *entries[0].shape[-2:]
        )
    p, q = tensor.shape[-4:-2], tensor.shape[-2:]
    if p == (1, 1):
        return tensor[..., 0, 0, :, :]
    if q == (1, 1):
        return tensor[..., 0, 0]
    return tensor.reshape(*tensor.shape[:-4], p[0] * p[1], q[0] * q[1])
