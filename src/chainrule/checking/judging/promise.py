"""Which repairs of one slip leave a line that a second one can make true: they are gone on with first."""

import numpy as np

from chainrule.activations import Array
from chainrule.algebra.expressions import Derivative
from chainrule.checking.judging.edits import Edits, Repair
from chainrule.checking.judging.trials import Trial
from chainrule.checking.parsing.syntax import BigSum, Node, Product, Sum

__all__ = ["Promise"]

NEARLY = 1 - 1e-9  # how parallel two arrays are


class Promise:
    """What a line with one slip undone has in common with the truth.

    It is worth going on with where it is the truth but for a number and a penalty, or where the part of it that was
    repaired is, but for a number, the gradient by something on the way: ∂L/∂a within ∂L/∂W.
    """

    def __init__(self, edits: Edits, trial: Trial) -> None:
        roles = edits.materials.background.roles
        on_the_way = [each for each in roles.signals if each.name in trial.system.definitions]
        gradients = (trial.value(Derivative(loss, each)) for loss in roles.losses[-1:] for each in on_the_way)
        self._trial = trial
        self._truth = trial.value(trial.truth)
        self._decay = next((self._value(each) for each in edits.materials.decays), None)
        self._gradients = [each for each in gradients if each is not None]

    def _value(self, node: Node) -> Array | None:
        meaning = self._trial.meaning(node)
        return None if meaning is None else self._trial.value(meaning)

    @np.errstate(all="ignore")  # what is not a number is parallel to nothing
    def is_made_by(self, repair: Repair) -> bool:
        """Return whether a repair is worth going on with."""
        return self._is_nearly_true(repair.node) or any(map(self._is_gradient, repair.parts))

    def _is_nearly_true(self, node: Node) -> bool:
        value = self._value(node)
        return value is not None and self._truth is not None and _are_parallel(value, self._truth, self._decay)

    def _is_gradient(self, part: Node) -> bool:
        value = self._value(part) if isinstance(part, Product | Sum | BigSum) else None
        return value is not None and any(_are_parallel(value, gradient) for gradient in self._gradients)


def _are_parallel(one: Array, other: Array, beside: Array | None = None) -> bool:
    """Return whether two arrays are the same but for a number at each point, and multiples of a third."""
    if one.shape != other.shape or one[0].size <= (1 if beside is None else 2):
        return False
    a, b = (_without(array, beside) for array in (one, other))
    product, squares = (a * b).sum(1), (a * a).sum(1) * (b * b).sum(1)
    return bool(np.all(squares > 0) and np.all(product**2 >= NEARLY * squares))


def _without(array: Array, beside: Array | None) -> Array:
    """Return what is left of arrays, a row for each point, when the multiples of others are taken away."""
    rows = array.reshape(len(array), -1)
    if beside is None or beside.shape != array.shape:
        return rows
    along = beside.reshape(len(beside), -1)
    return rows - along * ((rows * along).sum(1) / (along * along).sum(1))[:, np.newaxis]
