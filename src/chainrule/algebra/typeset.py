"""From expressions to boxes: signs, their order, and the parentheses that a reader needs and no others."""

from collections.abc import Sequence
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction as Rational
from functools import singledispatch
from typing import NamedTuple

from chainrule.algebra import expressions as ex
from chainrule.algebra.boxes import (
    APPLIED,
    JUXTAPOSED,
    Atom,
    Box,
    Equation,
    Equations,
    Fence,
    Fraction,
    Linked,
    Row,
    Scripts,
    Table,
    UnderOver,
    first_of,
    is_tall,
    scripted,
)
from chainrule.algebra.expressions import Expression, Index, Number, Shape, Symbol, walk
from chainrule.algebra.functions import CLASS
from chainrule.algebra.notation import Notation, symbol_box

__all__ = ["chain", "shape_box", "typeset"]


def typeset(expression: Expression, notation: Notation) -> Box:
    """Return an expression as its readers write it."""
    return _set(expression, notation).box


def shape_box(shape: Shape, notation: Notation) -> Box:
    """Return m × K."""
    return Row((notation.dimension(shape.rows), Atom("×", "operator"), notation.dimension(shape.columns)))


def chain(
    left: Expression, rights: Sequence[Expression], notation: Notation, condition: Box | None = None
) -> Equations:
    """Return left = right = right …, a line each, with the condition beside the last."""
    last = len(rights) - 1
    return Equations(
        tuple(
            Equation(
                typeset(left, notation) if place == 0 else None,
                "=",
                typeset(right, notation),
                condition if place == last else None,
            )
            for place, right in enumerate(rights)
        )
    )


class _Level(IntEnum):
    """How tightly an expression holds together."""

    LOOSE = 0  # cases, comparisons
    SUM = 1
    HADAMARD = 2
    PRODUCT = 3
    FRACTION = 4  # closed beside others, but not under a script
    TIGHT = 5


class _Set(NamedTuple):
    """A box and what its surroundings have to know.

    Attributes
    ----------
    box : Box
    level : _Level
    opens : bool
        Whether it goes on as far to the right as it can, as Σ a and log a do.
    """

    box: Box
    level: _Level = _Level.TIGHT
    opens: bool = False


class _Name(NamedTuple):
    """How a function is written.

    Attributes
    ----------
    box : Box
    shown : int or None
        How many of its arguments are; by default all.
    bare : bool
        Whether a simple argument stands without parentheses.
    """

    box: Box
    shown: int | None = None
    bare: bool = False


# A name that ends in _prime is written as the one without, and a prime; one that is not here, as a symbol: g, φ.
_NAMES = {
    "exp": _Name(Atom("exp", "word")),
    "largest": _Name(Atom("max", "word")),
    "leaky_relu": _Name(Atom("LeakyReLU", "word"), shown=1),
    "log": _Name(Atom("log", "word"), bare=True),
    "logistic": _Name(Atom("σ", "identifier")),
    "logsumexp": _Name(Atom("logsumexp", "word")),
    "max": _Name(Atom("max", "word")),
    "relu": _Name(Atom("ReLU", "word")),
    "softmax": _Name(Atom("softmax", "word")),
    "tanh": _Name(Atom("tanh", "word")),
}

_ONE = Atom("1", "number", "bold")
_INDICATOR = Atom("1", "number", "double-struck")
_PARTIAL = Atom("∂", "ordinary")
_TOP = Atom("⊤", "ordinary")
_COMMA = Atom(",", "punctuation")
_OPEN, _CLOSED = Atom("(", "ordinary"), Atom(")", "ordinary")
_DOT = Atom("·", "operator")


@singledispatch
def _set(node: Expression, _notation: Notation) -> _Set:
    raise TypeError(f"{type(node).__name__} cannot be typeset")


def _held(node: Expression, notation: Notation, level: _Level) -> Box:
    """Return a part's box, in parentheses unless it holds together at a level."""
    return _fenced(_set(node, notation), level)


def _fenced(part: _Set, level: _Level, *, last: bool = True) -> Box:
    """Return a part's box, in parentheses unless it holds at a level and does not run into what follows."""
    return part.box if part.level >= level and (last or not part.opens) else Fence(part.box)


@_set.register
def _(node: Number, _notation: Notation) -> _Set:
    value = abs(node.value)
    box = _magnitude(value)
    if node.value < 0:
        return _Set(Row((Atom("−", "prefix"), box)), _Level.SUM)
    return _Set(box, _Level.FRACTION if isinstance(box, Fraction) else _Level.TIGHT)


def _magnitude(value: Rational) -> Box:
    """Return 3, 1/2, 3/4, and as a decimal what nobody writes as a fraction: 0.01, 0.05."""
    if value.denominator == 1:
        return Atom(str(value.numerator), "number")
    if value.denominator % 10 == 0 and 10**12 % value.denominator == 0:
        return Atom(f"{Decimal(value.numerator) / value.denominator:f}", "number")
    return Fraction(Atom(str(value.numerator), "number"), Atom(str(value.denominator), "number"))


@_set.register
def _(node: Symbol, notation: Notation) -> _Set:
    return _Set(notation.symbol(node.name))


@_set.register
def _(node: Index, notation: Notation) -> _Set:
    return _Set(notation.index(node.name))


@_set.register
def _(node: ex.Ones, notation: Notation) -> _Set:
    if node.shape.is_scalar:
        return _Set(Atom("1", "number"))
    rows, columns = node.shape
    if rows == 1:
        return _Set(Scripts(_ONE, notation.dimension(columns), _TOP))
    return _Set(Scripts(_ONE, notation.dimension(rows) if columns == 1 else shape_box(node.shape, notation)))


@_set.register
def _(node: ex.Entry, notation: Notation) -> _Set:
    base = _held(node.of, notation, _Level.TIGHT)
    places, sample = _places(node, notation)
    if not any(places) and sample is None:
        return _Set(base)
    below = _listed([_axis_box(place, notation) for place in places])
    above = Row((_OPEN, typeset(sample, notation), _CLOSED)) if sample is not None else None
    if notation.joins_indices and isinstance(base, Linked) and isinstance(base.of, Scripts):
        inner = base.of
        return _Set(Linked(Scripts(inner.base, _beside(inner.sub, below), _beside(inner.sup, above)), base.symbol))
    return _Set(scripted(base, below, above))


def _places(node: ex.Entry, notation: Notation) -> tuple[list[Expression | None], Expression | None]:
    """Return what stands below an entry, None for a whole axis, and the sample above it."""
    axes = (node.row, node.column)
    sampled = notation.samples.get(node.of.name) if isinstance(node.of, Symbol) else None
    if sampled is None or (sample := axes[sampled.axis]) is None:
        return [place for place, dimension in zip(axes, node.of.shape, strict=True) if dimension != 1], None
    entry = axes[1 - sampled.axis]
    if sampled.is_raised:
        return [entry] if entry else [], sample
    return [sample, entry] if entry else [sample], None


def _listed(signs: list[Box]) -> Box | None:
    """Return indices side by side, with a comma where they are not single letters."""
    if len(signs) < 2:
        return signs[0] if signs else None
    letters = all(isinstance(sign, Atom) and sign.kind != "number" and len(sign.text) == 1 for sign in signs)
    return Row((signs[0], signs[1]) if letters else (signs[0], _COMMA, signs[1]))


def _beside(script: Box | None, other: Box | None) -> Box | None:
    return Row((script, other)) if script and other else script or other


@_set.register
def _(node: ex.Entries, notation: Notation) -> _Set:
    if (moved := _entry_by_entry(node)) is not None:
        return _derivative(*moved, notation)
    indices = Row(tuple(notation.index(index.name) for index in (node.row, node.column) if index is not None))
    return _Set(Scripts(Fence(typeset(node.entry, notation), "[]"), indices), _Level.FRACTION)


def _entry_by_entry(node: ex.Entries) -> tuple[Expression, Expression] | None:
    """Return the A and Z of [∂A_ij/∂Z_ij]_ij, which is written ∂A/∂Z as the derivative of a number is."""
    match node:
        case ex.Entries(ex.Derivative(ex.Entry(of, i, j), ex.Entry(by, k, l)), row, column):
            return (of, by) if (i, j) == (k, l) == (row, column) else None
    return None


def _axis_box(place: Expression | None, notation: Notation) -> Box:
    return Atom(":", "ordinary") if place is None else typeset(place, notation)


@_set.register
def _(node: ex.Addition, notation: Notation) -> _Set:
    items: list[Box] = []
    opens = False
    for place, term in enumerate(node.terms):
        negative, positive = _signed(term)
        if items or negative:
            items.append(Atom("−" if negative else "+", "operator" if items else "prefix"))
        part = _set(positive, notation)
        opens = part.opens
        box = _fenced(part, _Level.HADAMARD if negative else _Level.SUM)
        items.append(Fence(box) if _runs_into(positive, node.terms[place + 1 :]) else box)
    return _Set(Row(tuple(items)), _Level.SUM, opens)


def _runs_into(term: Expression, following: Sequence[Expression]) -> bool:
    """Return whether terms that follow a sum have its index in them, free, and would look summed too."""
    bound = {part.index for part in walk(term) if isinstance(part, ex.Summation)}
    return any(isinstance(part, Index) and part in bound for other in following for part in other.free_indices)


def _signed(node: Expression) -> tuple[bool, Expression]:
    """Return whether a minus stands in front, and the expression without it."""
    match node:
        case ex.Negation(of):
            return True, of
        case Number(value):
            return value < 0, Number(abs(value))
        case ex.Quotient(numerator, denominator):
            negative, positive = _signed(numerator)
            return negative, ex.Quotient(positive, denominator) if negative else node
        case ex.Product():
            first, *rest = _scalars_first(node)
            negative, positive = _signed(first)
            if not negative:
                return False, node
            kept = rest if positive == Number(Rational(1)) and rest else [positive, *rest]
            return True, kept[0] if len(kept) == 1 else ex.Product(tuple(kept))
        case _:
            return False, node


@_set.register
def _(node: ex.Negation, notation: Notation) -> _Set:
    part = _set(node.of, notation)
    return _Set(Row((Atom("−", "prefix"), _fenced(part, _Level.HADAMARD))), _Level.SUM, part.opens)


@_set.register
def _(node: ex.Product, notation: Notation) -> _Set:
    negative, positive = _signed(node)
    if negative:
        return _set(ex.Negation(positive), notation)
    factors = _scalars_first(node)
    parts = [_set(factor, notation) for factor in factors]
    items: list[Box] = []
    for place, (factor, part) in enumerate(zip(factors, parts, strict=True)):
        last = place == len(parts) - 1
        box = Fence(part.box) if _makes_a_number(factor) else _fenced(part, _Level.PRODUCT, last=last)
        if place > 0:
            items.append(_DOT if _misleads(items[-1], box) else JUXTAPOSED)
        items.append(box)
    return _Set(Row(tuple(items)), _Level.PRODUCT, parts[-1].opens)


def _scalars_first(node: ex.Product) -> list[Expression]:
    """Return the factors with numbers in front, and scalars before matrices: they commute with everything."""
    if node.shape.is_scalar:
        return sorted(node.factors, key=lambda factor: not isinstance(factor, Number))
    return sorted(node.factors, key=lambda factor: 2 - isinstance(factor, Number) - factor.shape.is_scalar)


def _makes_a_number(node: Expression) -> bool:
    """Return whether this is a number made of matrices, such as xᵀ y, which its neighbours must not come between."""
    return isinstance(node, ex.Product) and node.shape.is_scalar and not all(f.shape.is_scalar for f in node.factors)


def _misleads(left: Box, right: Box) -> bool:
    """Return whether two factors side by side would read as one number: 2 · 3, 2 · 1/3 and 0.01 · 1[z > 0]."""
    first, follows_number = first_of(right), isinstance(left, Atom) and left.kind == "number"
    if isinstance(first, Fraction):
        return follows_number and isinstance(first.numerator, Atom)
    return isinstance(first, Atom) and first.kind == "number" and (first.style == "plain" or follows_number)


@_set.register
def _(node: ex.Hadamard, notation: Notation) -> _Set:
    parts = [_set(factor, notation) for factor in node.factors]
    items: list[Box] = []
    for place, (factor, part) in enumerate(zip(node.factors, parts, strict=True)):
        if place > 0:
            items.append(Atom("⊙", "operator"))
        last = place == len(parts) - 1
        items.append(Fence(part.box) if _wide(factor) else _fenced(part, _Level.HADAMARD, last=last))
    return _Set(Row(tuple(items)), _Level.HADAMARD, parts[-1].opens)


def _wide(node: Expression) -> bool:
    """Return whether parentheses beside ⊙ help: A B ⊙ C is (A B) ⊙ C by precedence, but few know it.

    A number times one matrix comes to the same either way.
    """
    matrices = isinstance(node, ex.Product) and sum(not factor.shape.is_scalar for factor in node.factors) > 1
    return matrices or isinstance(node, ex.Summation)


@_set.register
def _(node: ex.Quotient, notation: Notation) -> _Set:
    return _Set(Fraction(typeset(node.numerator, notation), typeset(node.denominator, notation)), _Level.FRACTION)


@_set.register
def _(node: ex.Power, notation: Notation) -> _Set:
    exponent = typeset(node.exponent, notation)
    if notation.marks_powers and not node.shape.is_scalar:
        exponent = Row((Atom("⊙", "ordinary"), exponent))
    return _Set(scripted(_held(node.base, notation, _Level.TIGHT), sup=exponent), _Level.FRACTION)


@_set.register
def _(node: ex.Transpose, notation: Notation) -> _Set:
    return _Set(scripted(_held(node.of, notation, _Level.TIGHT), sup=_TOP))


@_set.register
def _(node: ex.Call, notation: Notation) -> _Set:
    if node.function is CLASS:
        return _class(node.arguments[0], notation)
    if node.function.name == "exp" and node.shape.is_scalar:  # of a matrix it would be the matrix exponential
        return _Set(Scripts(Atom("e", "identifier"), sup=typeset(node.arguments[0], notation)), _Level.FRACTION)
    bare = node.function.name.removesuffix("_prime")
    name = _NAMES.get(bare) or _Name(symbol_box(bare))
    word = Scripts(name.box, sup=Atom("′", "ordinary")) if node.function.name.endswith("_prime") else name.box
    if name.bare and (part := _set(node.arguments[0], notation)).level == _Level.TIGHT:
        return _Set(Row((word, APPLIED, part.box)), _Level.PRODUCT, opens=True)
    shown = len(node.arguments) - len(node.function.letters) if name.shown is None else name.shown
    box = _applied(word, *(typeset(argument, notation) for argument in node.arguments[:shown]))
    return _Set(box, _Level.FRACTION if name.bare else _Level.TIGHT)  # log(a)² is read as log(a²)


def _class(target: Expression, notation: Notation) -> _Set:
    """Return the number of a class by the letter of its one-hot vector: c, and y_n of the sample n."""
    match target:
        case ex.Entry(of):
            places, sample = _places(target, notation)
            below = _listed([typeset(place, notation) for place in places if place is not None])
            above = Row((_OPEN, typeset(sample, notation), _CLOSED)) if sample is not None else None
            return _Set(scripted(_class(of, notation).box, below, above))
        case Symbol(name):
            return _Set(Linked(symbol_box(name), name))
    return _set(target, notation)


def _applied(word: Box, *arguments: Box) -> Box:
    """Return f(a, b)."""
    first, *rest = arguments
    listed = Row((first, *(box for argument in rest for box in (_COMMA, argument)))) if rest else first
    return Row((word, APPLIED, Fence(listed)))


@_set.register
def _(node: ex.Comparison, notation: Notation) -> _Set:
    left, right = (_held(side, notation, _Level.SUM) for side in (node.left, node.right))
    return _Set(Row((left, Atom(node.relation, "operator"), right)), _Level.LOOSE)


@_set.register
def _(node: ex.Indicator, notation: Notation) -> _Set:
    return _Set(Row((_INDICATOR, APPLIED, Fence(typeset(node.condition, notation), "[]"))))


@_set.register
def _(node: ex.Summation, notation: Notation) -> _Set:
    sigma = Atom("∑", "ordinary")
    index = notation.index(node.index.name)
    if node.condition is None:
        start = Row((index, Atom("=", "operator"), Atom("1", "number")))
        limits = UnderOver(sigma, start, notation.dimension(node.index.dimension))
    else:
        limits = UnderOver(sigma, typeset(node.condition, notation))
    return _Set(Row((limits, _held(node.body, notation, _Level.PRODUCT))), _Level.PRODUCT, opens=True)


@_set.register
def _(node: ex.Cases, notation: Notation) -> _Set:
    rows = tuple(tuple(typeset(part, notation) for part in branch) for branch in node.branches)
    return _Set(Table(rows, "cases"), _Level.LOOSE)


@_set.register
def _(node: ex.Diagonal, notation: Notation) -> _Set:
    return _Set(_applied(Atom("diag", "word"), typeset(node.of, notation)))


@_set.register
def _(node: ex.Norm, notation: Notation) -> _Set:
    return _Set(Fence(typeset(node.of, notation), "‖‖"))


@_set.register
def _(node: ex.Matrix, notation: Notation) -> _Set:
    return _Set(Table(tuple(tuple(typeset(entry, notation) for entry in row) for row in node.rows), "matrix"))


@_set.register
def _(node: ex.Derivative, notation: Notation) -> _Set:
    return _derivative(node.of, node.by, notation)


def _derivative(of: Expression, by: Expression, notation: Notation) -> _Set:
    below = Row((_PARTIAL, typeset(by, notation)))
    above = typeset(of, notation)
    if isinstance(of, Symbol | ex.Entry) and not is_tall(above):
        return _Set(Fraction(Row((_PARTIAL, above)), below), _Level.FRACTION)
    return _Set(Row((Fraction(_PARTIAL, below), JUXTAPOSED, Fence(above))), _Level.PRODUCT)
