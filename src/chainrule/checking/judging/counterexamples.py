"""Numbers at which a wrong line fails."""

from dataclasses import dataclass

import numpy as np

from chainrule.algebra.evaluation import Compared, compared, indices_of
from chainrule.algebra.expressions import Expression, Shape, ShapeError
from chainrule.checking.judging.equality import NOISE, entry_by_entry
from chainrule.checking.judging.trials import UNREADABLE
from chainrule.checking.meaning.reading import Reading
from chainrule.checking.meaning.symbols import within
from chainrule.checking.meaning.systems import System
from chainrule.checking.parsing.syntax import Node

__all__ = ["Counterexample", "counterexample_of", "misfit_of"]


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
    shapes : tuple of (tuple of Shape, Shape), optional
        What is written and what is right, where these differ; then there are no numbers. Where what is written has no
        shape, those of the parts that do not fit together.
    """

    indices: tuple[tuple[str, int], ...] = ()
    written: float = float("nan")
    right: float = float("nan")
    shapes: tuple[tuple[Shape, ...], Shape] | None = None


def counterexample_of(
    truth: Expression, written: Expression, where: Expression | None, system: System
) -> Counterexample | None:
    """Return the entry at which a formula is furthest from the truth, where a condition holds."""
    one, other = entry_by_entry(truth, written)
    if one.shape != other.shape:
        return Counterexample(shapes=((other.shape,), one.shape))
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


def misfit_of(truth: Expression, written: Node, system: System) -> Counterexample | None:
    """Return the shapes in a formula that do not fit together, and the one that is right."""
    apart = tuple(shape for shape in _apart(written, system) if not shape.is_scalar)
    return Counterexample(shapes=(apart, truth.shape)) if len(apart) > 1 else None


def _apart(node: Node, system: System) -> tuple[Shape, ...]:
    """Return the shapes of the parts of the inmost formula that has none."""
    shapes: list[Shape] = []
    for part in within(node):
        readings = _readings(part, system)
        if not readings:
            return _apart(part, system)
        shapes.append(readings[0].expression.shape)
    return tuple(shapes)


def _readings(node: Node, system: System) -> list[Reading]:
    try:
        return system.meaning.readings(node)
    except UNREADABLE:
        return []


def _number(value: float, found: Compared) -> float:
    """Return a number without what rounding leaves of nothing, and without the sign of zero."""
    largest = max(np.abs(side[np.isfinite(side)]).max(initial=0) for side in (found.one, found.other))
    return 0.0 if abs(value) <= NOISE * largest else float(value)
