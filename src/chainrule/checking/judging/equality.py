"""Whether two expressions are equal: at all points, of all sizes, wherever their conditions hold."""

from enum import Enum
from math import prod

import numpy as np

from chainrule.algebra.evaluation import Points, discrepancy, evaluate
from chainrule.algebra.expressions import Entry, Expression, Index, ShapeError
from chainrule.checking.meaning.systems import System
from chainrule.checking.patience import go_on

__all__ = ["NOISE", "TOLERANCE", "Outcome", "compare", "entry_by_entry", "is_too_large"]

TOLERANCE = 1e-9
# What is left where terms cancel, relative to the largest of them.
NOISE = 1e-12
MOST_NUMBERS = 5_000_000
MORE_SEEDS = (1, 2)


class Outcome(Enum):
    """How two expressions compare."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNDEFINED = "undefined"


def compare(one: Expression, other: Expression, system: System, where: Expression | None = None) -> Outcome:
    """Compare two expressions at a system's points, and if they are equal there, at points of other sizes.

    A condition that holds at none of them, and a value that is no number, make the outcome undefined.
    """
    go_on()
    outcome = _at(system.points, one, other, where)
    for seed in MORE_SEEDS:
        if outcome is Outcome.EQUAL:
            further = _at(system.more_points(seed), one, other, where)
            outcome = further if further is not Outcome.UNDEFINED else outcome
    return outcome


def _at(points: Points, one: Expression, other: Expression, where: Expression | None) -> Outcome:
    if is_too_large(one, points) or is_too_large(other, points):
        return Outcome.UNDEFINED
    try:
        apart = discrepancy(one, other, points, where)
    except (ShapeError, KeyError, ValueError):
        return Outcome.UNDEFINED
    if np.isnan(apart):
        return Outcome.UNDEFINED
    beside_zero = where is None and apart == 1  # all of the larger side is what they are apart
    if apart <= TOLERANCE or (beside_zero and _is_noise(one, other, points)):
        return Outcome.EQUAL
    return Outcome.DIFFERENT


@np.errstate(all="ignore")
def _is_noise(one: Expression, other: Expression, points: Points) -> bool:
    """Return whether one side is zero, and the other what rounding leaves of terms that cancel."""
    values = [np.abs(evaluate(side, points)).max() for side in (one, other)]
    if min(values) != 0:
        return False
    whole = (one, other)[int(np.argmax(values))]
    parts = [np.abs(evaluate(part, points)).max() for part in whole.children if not isinstance(part, Index)]
    return bool(parts) and bool(max(values) <= NOISE * max(parts))


def is_too_large(expression: Expression, points: Points) -> bool:
    """Return whether it takes too many numbers to evaluate an expression."""
    return points.count * max(prod(map(points.size, axes)) for axes in expression.axes) > MOST_NUMBERS


def entry_by_entry(one: Expression, other: Expression) -> tuple[Expression, Expression]:
    """Return a whole beside its entries, A = (… z_i …), as entries on both sides: A_i = … z_i …."""
    if other.shape.is_scalar and not one.shape.is_scalar:
        added = other.free_indices - one.free_indices
        by_dimension = {index.dimension: index for index in added}
        row, column = (by_dimension.get(dimension) for dimension in one.shape)
        if len(added) == sum(dimension != 1 for dimension in one.shape) == (row is not None) + (column is not None):
            return Entry(one, row, column), other
    return one, other
