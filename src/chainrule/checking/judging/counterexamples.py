"""Numbers at which a wrong line fails."""

from dataclasses import dataclass

import numpy as np

from chainrule.algebra.evaluation import evaluate, indices_of
from chainrule.algebra.expressions import Expression, Shape, ShapeError
from chainrule.checking.judging.equality import entry_by_entry
from chainrule.checking.meaning.systems import System

__all__ = ["Counterexample", "counterexample_of"]


@dataclass(frozen=True)
class Counterexample:
    """Numbers at which a line fails.

    Attributes
    ----------
    indices : tuple of (str, int)
        Which entry, from 1: by the line's own letters, or ``row`` and ``column``.
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
    conditions = () if where is None else (where,)
    indices = indices_of(one, other, *conditions)
    try:
        right, left = np.broadcast_arrays(*(evaluate(side, system.points, indices) for side in (one, other)))
    except (ShapeError, ValueError):  # a letter that runs along axes of two lengths
        return None
    apart = np.abs(right - left)
    for condition in conditions:
        apart = np.where(evaluate(condition, system.points, indices) != 0, apart, 0)
    left, right = (np.broadcast_to(side, apart.shape) for side in (left, right))
    place = np.unravel_index(int(np.nanargmax(apart)), apart.shape)
    names = [*(index.name for index in indices), "row", "column"]
    entry = zip(names, place[1:], apart.shape[1:], strict=True)
    which = tuple((name, int(at) + 1) for name, at, size in entry if size > 1)
    return Counterexample(which, float(left[place]), float(right[place]))
