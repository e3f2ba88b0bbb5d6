"""Expressions as NumPy source: what is said by entries and sums becomes operations on whole arrays."""

from collections.abc import Iterator, Mapping
from enum import IntEnum
from functools import singledispatch
from typing import NamedTuple, TypeGuard

from chainrule.algebra import expressions as ex
from chainrule.algebra.expressions import Dimension, Expression, Index, Number, Shape, Symbol, mapped
from chainrule.algebra.functions import EXP, LOG

__all__ = ["numpy_source"]


def numpy_source(expression: Expression, names: Mapping[str, str] | None = None) -> str:
    """Return an expression as NumPy source.

    Parameters
    ----------
    expression : Expression
        Its symbols are arrays of two axes (or numbers) and its dimensions integers, all by name. Sums over entries
        become sums over arrays where an index stands for one axis, the same everywhere.
    names : mapping of str to str, optional
        How symbols and dimensions are called; by default as they are, lambda as ``lam``.

    Returns
    -------
    str
        An expression that needs ``np``, and ``softmax(z, axis)`` and ``logsumexp(z, axis)``, which keep the axis.

    Raises
    ------
    ValueError
        If it cannot be said this way; the message names the node.
    """
    return _source(expression, {"lambda": "lam"} | dict(names or {})).text


class _Level(IntEnum):
    """How tightly source holds together; ``*``, ``@`` and ``/`` are one level, from left to right."""

    COMPARISON = 0
    SUM = 1
    NEGATION = 2
    PRODUCT = 3
    POWER = 4
    ATOM = 5


class _Source(NamedTuple):
    text: str
    level: _Level = _Level.ATOM

    def at(self, level: _Level) -> str:
        """Return the text, in parentheses unless it holds together at a level."""
        return self.text if self.level >= level else f"({self.text})"


class _Form(NamedTuple):
    """How a function is said: its arguments stand where they hold together at a level."""

    form: str
    level: _Level = _Level.ATOM
    arguments: _Level = _Level.COMPARISON


_FORMS = {
    "class": _Form("np.argmax({0}, axis={axis}, keepdims=True) + 1", _Level.SUM, _Level.COMPARISON),
    "exp": _Form("np.exp({0})"),
    "largest": _Form("np.max({0}, axis={axis}, keepdims=True)"),
    "leaky_relu": _Form("np.where({0} > 0, {0}, {1} * {0})", arguments=_Level.ATOM),
    "leaky_relu_prime": _Form("np.where({0} > 0, 1, {1})", arguments=_Level.SUM),
    "log": _Form("np.log({0})"),
    "logistic": _Form("1 / (1 + np.exp(-{0}))", _Level.PRODUCT, _Level.ATOM),
    "logistic_prime": _Form("1 / (2 + np.exp({0}) + np.exp(-{0}))", _Level.PRODUCT, _Level.ATOM),
    "logsumexp": _Form("logsumexp({0}, axis={axis})"),
    "max": _Form("np.maximum({0}, {1})"),
    "relu": _Form("np.maximum({0}, 0)"),
    "relu_prime": _Form("np.where({0} > 0, 1, 0)", arguments=_Level.SUM),
    "softmax": _Form("softmax({0}, axis={axis})"),
    "tanh": _Form("np.tanh({0})"),
    "tanh_prime": _Form("1 - np.tanh({0}) ** 2", _Level.SUM),
}
_RELATIONS = {"=": "==", "≠": "!=", "<": "<", "≤": "<=", ">": ">", "≥": ">="}

_Names = Mapping[str, str]


@singledispatch
def _source(node: Expression, _names: _Names) -> _Source:
    raise ValueError(f"{type(node).__name__} has no NumPy source by itself")


@_source.register
def _(node: Number, _names: _Names) -> _Source:
    value = node.value
    if value < 0:
        return _Source(f"-{_source(Number(-value), _names).at(_Level.PRODUCT)}", _Level.NEGATION)
    if value.denominator == 1:
        return _Source(str(value.numerator))
    if 10**12 % value.denominator == 0:
        return _Source(repr(float(value)))
    return _Source(f"{value.numerator} / {value.denominator}", _Level.PRODUCT)


@_source.register
def _(node: Symbol, names: _Names) -> _Source:
    return _Source(names.get(node.name, node.name))


def _dimension(dimension: Dimension, names: _Names) -> str:
    return names.get(dimension, dimension) if isinstance(dimension, str) else str(dimension)


@_source.register
def _(node: ex.Ones, names: _Names) -> _Source:
    return _Source("np.ones(({}, {}))".format(*(_dimension(dimension, names) for dimension in node.shape)))


@_source.register
def _(node: ex.Entry, names: _Names) -> _Source:
    places = [_place(node, place) for place in (node.row, node.column)]
    of = _source(node.of, names)
    return of if places == [":", ":"] else _Source(f"{of.at(_Level.ATOM)}[{', '.join(places)}]")


def _place(node: ex.Entry, place: Expression | None) -> str:
    """Return a slice: what is left has two axes."""
    if isinstance(place, Index):
        raise ValueError(f"{type(node).__name__}: index {place.name} is not summed over")
    if place is not None and not isinstance(place, Number):
        raise ValueError(f"{type(node).__name__}: an index that is computed")
    return ":" if place is None else f"{int(place.value) - 1}:{int(place.value)}"


@_source.register
def _(node: ex.Addition, names: _Names) -> _Source:
    text = ""
    for term in node.terms:
        negative, positive = (True, term.of) if isinstance(term, ex.Negation) else (False, term)
        # a - (b + c) needs its parentheses; a + (b + c) could do without and keeps its order with them.
        part = _source(positive, names).at(_Level.NEGATION)
        sign = (" - " if negative else " + ") if text else ("-" if negative else "")
        text += sign + part
    return _Source(text, _Level.SUM)


@_source.register
def _(node: ex.Negation, names: _Names) -> _Source:
    return _Source(f"-{_source(node.of, names).at(_Level.PRODUCT)}", _Level.NEGATION)


@_source.register
def _(node: ex.Product, names: _Names) -> _Source:
    """Put numbers before matrices, and fractions 1 / m as divisions at the end."""
    matrices = [factor for factor in node.factors if not factor.shape.is_scalar]
    numbers = [factor for factor in node.factors if factor.shape.is_scalar and not _is_reciprocal(factor)]
    divisors = [factor.denominator for factor in node.factors if _is_reciprocal(factor)]
    parts = [_source(number, names) for number in numbers] + ([_chained(matrices, names)] if matrices else [])
    result, *rest = parts or [_Source("1")]
    for part in rest:
        result = _Source(f"{result.at(_Level.PRODUCT)} * {part.at(_Level.POWER)}", _Level.PRODUCT)
    for divisor in divisors:
        result = _Source(f"{result.at(_Level.PRODUCT)} / {_source(divisor, names).at(_Level.POWER)}", _Level.PRODUCT)
    return result


def _is_reciprocal(node: Expression) -> TypeGuard[ex.Quotient]:
    return isinstance(node, ex.Quotient) and node.numerator == ex.as_expression(1) and node.shape.is_scalar


def _chained(matrices: list[Expression], names: _Names) -> _Source:
    """Return a product of matrices, taken from the left."""
    taken, *rest = matrices
    result = _source(taken, names)
    for factor in rest:
        result, taken = _times(result, taken, factor, names), taken @ factor
    return result


def _times(left: _Source, taken: Expression, factor: Expression, names: _Names) -> _Source:
    """Return source times one matrix more; ones at a side add up an axis."""
    right = _source(factor, names)
    if isinstance(taken, ex.Ones) and isinstance(factor, ex.Ones) and taken.shape.rows == factor.shape.columns == 1:
        return _Source(_dimension(factor.shape.rows, names))
    if taken.shape.is_scalar:  # as xᵀ y in xᵀ y Z is
        return _Source(f"{left.at(_Level.PRODUCT)} * {right.at(_Level.POWER)}", _Level.PRODUCT)
    if isinstance(taken, ex.Ones) and taken.shape.rows == 1:
        return _Source(f"{right.at(_Level.ATOM)}.sum(axis=0, keepdims=True)")
    if isinstance(factor, ex.Ones) and factor.shape.columns == 1:
        return _Source(f"{left.at(_Level.ATOM)}.sum(axis=1, keepdims=True)")
    return _Source(f"{left.at(_Level.PRODUCT)} @ {right.at(_Level.POWER)}", _Level.PRODUCT)


@_source.register
def _(node: ex.Hadamard, names: _Names) -> _Source:
    # A mask is a factor as it is, true for 1, unless there are only masks: the product has to be of numbers.
    masks = [_mask(factor) for factor in node.factors]
    if all(masks):
        masks[0] = None
    parts = (_source(mask or factor, names) for mask, factor in zip(masks, node.factors, strict=True))
    return _Source(" * ".join(part.at(_Level.POWER) for part in parts), _Level.PRODUCT)


def _mask(node: Expression) -> Expression | None:
    """Return the comparison that a factor of zeros and ones is."""
    match node:
        case ex.Indicator(condition):
            return condition
        case ex.Call(function, (z,)) if function.name == "relu_prime":
            return ex.Comparison(z, ">", ex.as_expression(0))
        case _:
            return None


@_source.register
def _(node: ex.Comparison, names: _Names) -> _Source:
    left, right = (_source(side, names).at(_Level.SUM) for side in (node.left, node.right))
    return _Source(f"{left} {_RELATIONS[node.relation]} {right}", _Level.COMPARISON)


@_source.register
def _(node: ex.Indicator, names: _Names) -> _Source:
    return _Source(f"np.where({_source(node.condition, names).text}, 1, 0)")


@_source.register
def _(node: ex.Quotient, names: _Names) -> _Source:
    top, bottom = _source(node.numerator, names), _source(node.denominator, names)
    return _Source(f"{top.at(_Level.PRODUCT)} / {bottom.at(_Level.POWER)}", _Level.PRODUCT)


@_source.register
def _(node: ex.Power, names: _Names) -> _Source:
    if isinstance(node.base, ex.Norm) and node.exponent == ex.as_expression(2):
        return _Source(f"({_power(_source(node.base.of, names).at(_Level.ATOM), '2')}).sum()")
    return _Source(_power(*(_source(part, names).at(_Level.ATOM) for part in (node.base, node.exponent))), _Level.POWER)


def _power(base: str, exponent: str) -> str:
    """Return a power as formatters write it: close together where both are simple."""
    is_simple = base.isidentifier() and exponent.isalnum()
    return f"{base}**{exponent}" if is_simple else f"{base} ** {exponent}"


@_source.register
def _(node: ex.Transpose, names: _Names) -> _Source:
    return _Source(f"{_source(node.of, names).at(_Level.ATOM)}.T")


@_source.register
def _(node: ex.Call, names: _Names) -> _Source:
    match node:
        case ex.Call(outer, (ex.Addition((one, ex.Call(inner, (z,)))),)) if (
            outer is LOG and inner is EXP and one == ex.as_expression(1)
        ):  # log(1 + e^z), which does not overflow so
            return _Source(f"np.logaddexp(0, {_source(z, names).text})")
    form = _FORMS.get(node.function.name)
    if form is None:
        raise ValueError(f"Call: NumPy has no {node.function.name}")
    arguments = [_source(argument, names).at(form.arguments) for argument in node.arguments]
    return _Source(form.form.format(*arguments, axis=node.axis), form.level)


@_source.register
def _(node: ex.Diagonal, names: _Names) -> _Source:
    return _Source(f"np.diagflat({_source(node.of, names).text})")


@_source.register
def _(node: ex.Norm, names: _Names) -> _Source:
    return _Source(f"np.linalg.norm({_source(node.of, names).text})")


@_source.register
def _(node: ex.Matrix, names: _Names) -> _Source:
    rows = (", ".join(_source(entry, names).text for entry in row) for row in node.rows)
    return _Source(f"np.block([{', '.join(f'[{row}]' for row in rows)}])")


@_source.register
def _(node: ex.Derivative, names: _Names) -> _Source:
    """Return dW1 for ∂L/∂W1: gradients are those of the loss, whatever it is called."""
    if not (isinstance(node.of, Symbol) and node.of.shape.is_scalar and isinstance(node.by, Symbol)):
        raise ValueError("Derivative: only the gradients of a loss by a symbol have names")
    return _Source(f"d{_source(node.by, names).text}")


@_source.register
def _(node: ex.Summation, names: _Names) -> _Source:
    axes: dict[str, int] = {}
    body: Expression = node
    while isinstance(body, ex.Summation) and body.index.name not in axes:
        axes[body.index.name] = _axis(body)
        body = body.body
    if len(set(axes.values())) != len(axes):
        raise ValueError(f"Summation: {' and '.join(axes)} run along the same axis")
    whole = _lifted(body, axes)
    if not body.shape.is_scalar or any(axis not in axes.values() for axis in _long_axes(whole.shape)):
        raise ValueError("Summation: what is summed has entries that the sum's indices do not tell apart")
    return _Source(f"{_source(whole, names).at(_Level.ATOM)}.sum()")


@_source.register
def _(node: ex.Entries, names: _Names) -> _Source:
    axes = {index.name: axis for axis, index in enumerate((node.row, node.column)) if index is not None}
    whole = _lifted(node.entry, axes)
    used = [set(_axes_of(index, node.entry)) == {axes[index.name]} for index in (node.row, node.column) if index]
    if not all(used) or whole.shape != node.shape:
        raise ValueError("Entries: the entries' indices are not the axes of what they are entries of")
    return _source(whole, names)


def _axis(node: ex.Summation) -> int:
    """Return the axis that a sum's index stands for in every entry of its body."""
    if node.condition is not None:
        raise ValueError("Summation: a condition cannot be said by axes")
    found = set(_axes_of(node.index, node.body))
    if len(found) != 1:
        reason = "stands for rows here and columns there" if found else "is not the index of any entry"
        raise ValueError(f"Summation: {node.index.name} {reason}")
    return found.pop()


def _axes_of(index: Index, node: Expression) -> Iterator[int]:
    """Yield the axis of every entry that an index, free in a node, is used in."""
    if isinstance(node, ex.Entry):
        yield from (axis for axis, place in enumerate((node.row, node.column)) if place == index)
    for child in node.children:
        if index in child.free_indices & node.free_indices:
            yield from _axes_of(index, child)


def _long_axes(shape: Shape) -> list[int]:
    return [axis for axis, dimension in enumerate(shape) if dimension != 1]


def _lifted(node: Expression, axes: Mapping[str, int]) -> Expression:
    """Return an expression for all values of indices at once, each along its axis.

    Where a part does not depend on an index it keeps an axis of 1 there, which stretches.
    """
    bound = _bound(node, axes)
    if not bound:
        return node
    if any(node.shape[axis] != 1 for axis in bound):
        raise ValueError(f"{type(node).__name__}: its own axis is where an index runs")
    match node:
        case ex.Entry():
            return _lifted_entry(node, axes)
        case ex.Product():
            return _lifted_product(node, axes)
        case ex.Summation():
            return _collapsed(node, axes)
        case ex.Call(axis=axis) if axis in bound:
            raise ValueError(f"Call: {node.function.name} is along the axis where an index runs")
        case ex.Addition() | ex.Negation() | ex.Hadamard() | ex.Quotient() | ex.Power() | ex.Call():
            return mapped(node, lambda part: _lifted(part, axes))
        case ex.Indicator() | ex.Comparison():
            return mapped(node, lambda part: _lifted(part, axes))
        case _:
            raise ValueError(f"{type(node).__name__}: it cannot be said for all values of an index at once")


def _bound(node: Expression, axes: Mapping[str, int]) -> set[int]:
    """Return the axes of the indices that are free in a node."""
    return {axes[index.name] for index in node.free_indices if index.name in axes}


def _lifted_entry(node: ex.Entry, axes: Mapping[str, int]) -> Expression:
    if _bound(node.of, axes):
        raise ValueError("Entry: of something that depends on an index itself")
    row, column = (
        None if isinstance(place, Index) and place.name in axes else place for place in (node.row, node.column)
    )
    return node.of if row is None and column is None else ex.Entry(node.of, row, column)


def _lifted_product(node: ex.Product, axes: Mapping[str, int]) -> Expression:
    """Return numbers as elementwise factors; rows times a matrix stay a product, and so does a matrix times columns."""
    numbers = [_lifted(factor, axes) for factor in node.factors if factor.shape.is_scalar]
    matrices = [factor for factor in node.factors if not factor.shape.is_scalar]
    if matrices:
        for place, factor in enumerate(matrices):
            allowed = {axis for axis, end in enumerate((0, len(matrices) - 1)) if place == end}
            if not _bound(factor, axes) <= allowed:
                raise ValueError("Product: an index runs along an axis that the product sums over")
        numbers.append(ex.Product(tuple(_lifted(factor, axes) for factor in matrices)))
    first, *rest = numbers
    for number in rest:
        first = first * number
    return first


def _collapsed(node: ex.Summation, axes: Mapping[str, int]) -> Expression:
    """Return a sum inside of others: its axis is added up and stays."""
    axis = _axis(node)
    if axis in axes.values():
        raise ValueError(f"Summation: {node.index.name} runs along another index's axis")
    body = _lifted(node.body, {**axes, node.index.name: axis})
    if axis == 0:
        return ex.Ones(Shape(1, node.index.dimension)) @ body
    return body @ ex.Ones(Shape(node.index.dimension, 1))
