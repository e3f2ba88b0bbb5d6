"""What the gradients should be: B1–B5 where the network is the table's, derivatives of the loss where it is not."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from chainrule.activations import Array
from chainrule.checking.code.differences import Derivatives, Slope
from chainrule.checking.code.matching import Match
from chainrule.checking.code.subject import Answer
from chainrule.checking.code.table import Table
from chainrule.checking.code.tolerance import Tolerance
from chainrule.checking.message import Message, message

__all__ = ["Truth", "confirmed", "differentiated", "probes", "searched", "truths_of"]

CONFIRMED = 8


class Truth(NamedTuple):
    """The true gradient of an array where it is known (NaN elsewhere), how far off it can be, and where it is from."""

    values: Array
    errors: Array
    method: Message


def probes(derivatives: Derivatives, given: Answer) -> Iterator[tuple[str, int]]:
    """Yield entries to try complex steps at: the largest of each array by the gradients, and the middle."""
    for name, array in derivatives.arrays.items():
        yield from ((name, k) for k in {*_largest(array, given, 1), array.size // 2})


def confirmed(table: Table | None, derivatives: Derivatives, random: Generator) -> Table | None:
    """Return the table if derivatives of the loss at some entries are its own, as they are but for kinks."""
    if table is None:
        return None
    agree = []
    for name, true in table.gradients(derivatives.arrays).items():
        scale = np.abs(true).max()
        for k in random.choice(true.size, min(CONFIRMED, true.size), replace=False):
            slope = derivatives.entry(name, int(k))
            agree.append(abs(slope.value - true.flat[k]) <= slope.error + 1e-4 * scale)
    return table if 2 * sum(agree) > len(agree) else None


def truths_of(
    derivatives: Derivatives, given: Answer, table: Table | None, entries: int, random: Generator
) -> dict[str, Truth]:
    """Return the true gradients, by the parameters' names."""
    if table is None:
        return {
            name: differentiated(derivatives, name, _chosen(array, given, entries, random))
            for name, array in derivatives.arrays.items()
        }
    method = message("code.of-the-table", method=derivatives.method)
    of_table = table.gradients(derivatives.arrays).items()
    return {name: Truth(true, np.zeros(true.shape), method) for name, true in of_table}


def differentiated(derivatives: Derivatives, name: str, chosen: list[int]) -> Truth:
    """Return the derivatives with respect to some entries of an array."""
    values, errors = (np.full(derivatives.arrays[name].shape, np.nan) for _ in range(2))
    for k in chosen:
        values.flat[k], errors.flat[k] = derivatives.entry(name, k)
    return Truth(values, errors, derivatives.method)


def _chosen(array: Array, given: Answer, entries: int, random: Generator) -> list[int]:
    """Return the entries to differentiate: all, or the largest gradients and as many by chance."""
    if array.size <= entries:
        return list(range(array.size))
    chosen = [*_largest(array, given, entries // 2)[: entries // 2], *map(int, random.permutation(array.size))]
    return list(dict.fromkeys(chosen))[:entries]


def _largest(array: Array, given: Answer, count: int) -> list[int]:
    """Return the places of the largest entries of every gradient that is as large as an array."""
    alike = [np.abs(g.ravel()) for g in given.gradients.values() if g.size == array.size]
    return list(dict.fromkeys(int(k) for g in alike for k in np.argsort(-g)[:count]))


def searched(
    derivatives: Derivatives,
    given: Answer,
    truths: dict[str, Truth],
    matches: Mapping[str, Match | None],
    tolerance: Tolerance,
    random: Generator,
) -> dict[str, Truth]:
    """Add the worst entry to what is known of large arrays, if there is a wrong one among those not differentiated."""
    for name, match in matches.items():
        rest = np.flatnonzero(np.isnan(truths[name].values))
        if match is None or not rest.size or given.gradients[match.name].shape != truths[name].values.shape:
            continue
        found = _wrong_one(derivatives, name, given.gradients[match.name], rest, tolerance, truths[name], random)
        if found is not None:
            truths[name].values.flat[found[0]], truths[name].errors.flat[found[0]] = found[1]
    return truths


def _wrong_one(
    derivatives: Derivatives,
    name: str,
    gradient: Array,
    rest: Array,
    tolerance: Tolerance,
    truth: Truth,
    random: Generator,
) -> tuple[int, Slope] | None:
    """Find a wrong entry by derivatives along random signs of many at once, then of one half after the other."""
    signs = random.choice([-1.0, 1.0], gradient.size)

    def along(where: Array) -> tuple[float, Slope]:
        direction = np.zeros(gradient.size)
        direction[where] = signs[where]
        slope = derivatives.along(name, direction.reshape(gradient.shape))
        return float(abs(slope.value - direction @ gradient.ravel())), slope

    apart, slope = along(rest)
    allowed = np.nanmin(tolerance.allowed(name, truth.values))
    if apart <= slope.error + 4 * np.sqrt(rest.size) * allowed:
        return None
    while rest.size > 1:
        rest = max(np.array_split(rest, 2), key=lambda half: along(half)[0])
    return int(rest[0]), derivatives.entry(name, int(rest[0]))
