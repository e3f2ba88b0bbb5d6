"""Numbers beside the formulas: a symbol, the matrix of its values, and its shape."""

from math import floor, isfinite, isnan, log10

from chainrule.activations import Array
from chainrule.algebra.boxes import Atom, Box, Equation, Equations, Row, Scripts, Table
from chainrule.algebra.expressions import Shape
from chainrule.algebra.notation import Notation
from chainrule.algebra.typeset import shape_box, typeset
from chainrule.derivation.derive import Derivation
from chainrule.derivation.steps import Step
from chainrule.derivation.values import Value, values_of

__all__ = ["values_box"]

DIGITS = 4
# Of a larger matrix the first rows and columns are shown.
MOST_ROWS, MOST_COLUMNS = 6, 6
# Larger and smaller numbers have a power of ten.
LARGEST, MOST_DECIMALS = 1e6, 7


def values_box(step: Step, derivation: Derivation) -> Equations | None:
    """Return what a step's symbols are worth, a line each, if the derivation has numbers and the step has symbols."""
    values = values_of(step, derivation.points) if derivation.points else ()
    return Equations(tuple(_line(value, derivation.notation) for value in values)) if values else None


def _line(value: Value, notation: Notation) -> Equation:
    """Return a number; or a matrix, with dots for what is left out, and its shape beside it."""
    left = typeset(value.expression, notation)
    if value.array.size == 1:
        x = value.array.item()
        return Equation(left, "=", _number(x, f"{abs(x):.{DIGITS}g}"))
    return Equation(left, "=", _matrix(value.array), shape_box(Shape(*value.array.shape), notation))


def _matrix(array: Array) -> Table:
    corner = array[:MOST_ROWS, :MOST_COLUMNS]
    decimals = _decimals(corner)
    rows = [[_number(x, f"{abs(x):.{decimals}f}") for x in row] for row in corner.tolist()]
    dots: Box = Atom("…", "ordinary")
    if array.shape[1] > MOST_COLUMNS:
        rows = [[*row, dots] for row in rows]
    if array.shape[0] > MOST_ROWS:
        rows = [*rows, [dots] * len(rows[0])]
    return Table(tuple(map(tuple, rows)), "matrix")


def _decimals(array: Array) -> int:
    """Return how many decimals give the largest number all its digits; none where all are whole."""
    finite = [abs(x) for x in array.ravel().tolist() if isfinite(x)]
    if not any(finite) or all(x.is_integer() for x in finite):
        return 0
    decimals = DIGITS - 1 - floor(log10(max(finite)))
    return max(decimals, 0) if decimals <= MOST_DECIMALS else 0


def _number(x: float, written: str) -> Box:
    """Return a number as it is written, unless none of its digits would be seen: then it has a power of ten."""
    if not isfinite(x):
        box: Box = Atom("nan" if isnan(x) else "inf", "word")
    elif x and ("e" in written or float(written) == 0 or abs(x) >= LARGEST):
        mantissa, exponent = f"{abs(x):.{DIGITS - 1}e}".split("e")
        power = Scripts(Atom("10", "number"), sup=_signed(int(exponent), Atom(str(abs(int(exponent))), "number")))
        box = Row((Atom(mantissa, "number"), Atom("·", "operator"), power))
    else:
        box = Atom(written, "number")
    return _signed(x, box)


def _signed(x: float, box: Box) -> Box:
    return Row((Atom("−", "prefix"), box)) if x < 0 else box
