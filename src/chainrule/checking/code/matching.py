"""Which of the returned gradients is whose."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from chainrule.activations import Array
from chainrule.checking.message import Message, message

__all__ = ["Match", "matched"]

_PREFIX = re.compile(r"^(grad(ient)?s?_?(of_)?|delta_?|nabla_?|∂_?|∇_?|d_?)(?=[A-Za-zα-ω])", re.IGNORECASE)
_SUFFIX = re.compile(r"(_?grad(ient)?|_?bar|_d)$", re.IGNORECASE)


class Match(NamedTuple):
    """A parameter's gradient.

    Attributes
    ----------
    name : str
        The name it was returned by.
    note : Message, optional
        How it was found, where that is not plain.
    """

    name: str
    note: Message | None = None


def matched(
    parameters: Mapping[str, Array], gradients: Mapping[str, Array], distance: Callable[[str, Array], float]
) -> dict[str, Match | None]:
    """Match gradients to parameters: by name, else by shape, among like shapes by value, and by order at last.

    Parameters
    ----------
    parameters, gradients : mapping of str to ndarray
    distance : callable
        How far a gradient is from a parameter's true one, relatively.

    Returns
    -------
    dict of str to Match, or None
        For every parameter; None for one without a gradient.
    """
    plain = {name: _plain(name) for name in gradients}
    found: dict[str, Match | None] = {}
    for name in parameters:
        same = [each for each, of in plain.items() if of in (name, name.rpartition(".")[2])]
        same = same or [each for each, of in plain.items() if of.casefold() == name.casefold()]
        if len(same) == 1:
            found[name] = Match(same[0])
    taken = {match.name for match in found.values() if match}
    if len(taken) < len(found):  # two parameters of one name: names say nothing
        found, taken = {}, set()
    names = [name for name in parameters if name not in found]
    rest = [name for name in gradients if name not in taken]
    for shape in dict.fromkeys(parameters[name].shape for name in names):
        alike = [name for name in names if parameters[name].shape == shape]
        found |= _by_value(alike, [name for name in rest if gradients[name].shape == shape], gradients, distance)
    names = [name for name in names if name not in found]
    taken = {match.name for match in found.values() if match}
    left = [name for name in rest if name not in taken]
    note = message("code_notes.left-over") if len(left) > 1 else None
    for k, name in enumerate(names):  # nothing of the right shape is left
        found[name] = Match(left[k], note) if k < len(left) else None
    return {name: found[name] for name in parameters}


def _by_value(
    names: list[str], candidates: list[str], gradients: Mapping[str, Array], distance: Callable[[str, Array], float]
) -> dict[str, Match | None]:
    if not candidates:
        return {}
    if len(names) == len(candidates) == 1:
        return {names[0]: Match(candidates[0])}
    apart = np.array([[min(distance(name, gradients[each]), 10.0) for each in candidates] for name in names])
    fits = apart < 1e-3
    # A little in favour of the order given, which decides where no value fits.
    cost = np.where(fits, 0.0, 1 + 1e-3 * apart)
    cost += 1e-2 * np.abs(np.subtract.outer(np.arange(len(names)), np.arange(len(candidates))))
    found: dict[str, Match | None] = {}
    for row, column in zip(*linear_sum_assignment(cost), strict=True):
        others = ", ".join(each for each in candidates if each != candidates[column])
        by_order = message("code_notes.by-order", name=candidates[column], others=others)
        found[names[row]] = Match(candidates[column], None if fits[row, column] else by_order)
    return found


def _plain(name: str) -> str:
    """Return what a gradient's name says it is the gradient of: W1 for dW1, grad_W1, W1_grad, ∂W1, grads.dW1."""
    last = name.rpartition(".")[2]
    return _SUFFIX.sub("", _PREFIX.sub("", last, count=1)) or last
