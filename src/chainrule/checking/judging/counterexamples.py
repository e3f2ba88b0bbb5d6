"""Numbers at which a wrong line fails."""

from dataclasses import dataclass

import numpy as np

from chainrule.algebra.evaluation import Compared, compared, indices_of
from chainrule.algebra.expressions import Expression, Shape, ShapeError
from chainrule.checking.judging.equality import NOISE, entry_by_entry
from chainrule.checking.meaning.systems import System

__all__ = ["Counterexample", "counterexample_of"]


@dataclass(frozen=True)
class Counterexample:
    """Numbers at which a line fails.

    Attributes
    ----------
    indices : tuple of (str, int)
        Of what is said of any layer, which one; and which entry, from 1: by the line's own letters, or ``row`` and
        ``column``.
    written, right : float
        What the line says there, and what is true.
    shapes : tuple of Shape, optional
        Of both sides, where they differ; then there are no numbers.
    """

    indices: tuple[tuple[str, int], ...] = ()
    written: float = float("nan")
    right: float = float("nan")
    shapes: tuple[Shape, Shape] | None = None


def counterexample_of(
    truth: Expression, written: Expression, where: Expression | None, system: System
) -> Counterexample | None:
    """Return the entry at which a formula is furthest from the truth, where a condition holds."""
    one, other = entry_by_entry(truth, written)
    if one.shape != other.shape:
        return Counterexample(shapes=(other.shape, one.shape))
    try:
        found = compared(one, other, system.points, where)
    except (ShapeError, ValueError):  # a letter that runs along axes of two lengths
        return None
    place = np.unravel_index(int(np.argmax(np.nan_to_num(found.apart, posinf=np.inf))), found.apart.shape)
    conditions = () if where is None else (where,)
    names = [*(index.name for index in indices_of(one, other, *conditions)), "row", "column"]
    entry = zip(names, place[1:], found.apart.shape[1:], strict=True)
    which = tuple((name, int(at) + 1) for name, at, size in entry if size > 1)
    left, right = (_number(side[place], found) for side in (found.other, found.one))
    return Counterexample(which, left, right)


def _number(value: float, found: Compared) -> float:
    """Return a number without what rounding leaves of nothing, and without the sign of zero."""
    largest = max(np.abs(side[np.isfinite(side)]).max(initial=0) for side in (found.one, found.other))
    return 0.0 if abs(value) <= NOISE * largest else float(value)
