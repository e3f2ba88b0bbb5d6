"""How far right code may be off from the truth."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from chainrule.activations import Array
from chainrule.checking.code.subject import Answer, Subject

__all__ = ["Tolerance", "tolerance_of"]

# An entry may be off by RELATIVE of itself, or of FLOOR times the largest of its array where that is more: small
# entries carry the rounding of large ones, but only theirs. There is no absolute bound, which small arrays would pass.
RELATIVE = 1e-6
FLOOR = 1e-2


class Tolerance(NamedTuple):
    """How far right code may be off.

    Attributes
    ----------
    relative : float
        Part of an entry, or of `floor` times the largest of its array.
    floor : float
    noise : mapping of str to float
        What its own rounding does to each gradient, which is allowed besides.
    """

    relative: float
    floor: float
    noise: Mapping[str, float]

    def allowed(self, name: str, true: Array) -> Array:
        """Return the bound for each entry of an array: of a gradient by name, or of any other."""
        size = np.abs(true)
        noise = self.noise.get(name, min(self.noise.values()))
        return self.relative * np.maximum(size, self.floor * np.nanmax(size, initial=0)) + noise


def tolerance_of(subject: Subject, given: Answer, off: float, random: Generator) -> Tolerance:
    """Return what rounding does to right code, as code shows when its parameters move by one rounding.

    A loss that is `off` from the table's, as one is that clips its probabilities, makes the bound as much wider.
    """
    scale = max(np.abs(g).max(initial=0.0) for g in given.gradients.values())
    noise = dict.fromkeys(given.gradients, 4 * given.precision * float(scale) if np.isfinite(scale) else 0.0)
    for _ in range(2):
        step = {name: a * (1 + given.precision * random.choice([-1, 1], a.shape)) for name, a in subject.arrays.items()}
        for name, moved in subject.at(step).gradients.items():
            if name in noise and moved.shape == given.gradients[name].shape:
                jump = float(np.abs(moved - given.gradients[name]).max(initial=0.0))
                noise[name] = max(noise[name], 4 * jump if np.isfinite(jump) else 0.0)
    relative = max(RELATIVE, 3 * float(np.sqrt(given.precision)))
    if 100 * off > relative:
        return Tolerance(100 * off, 1.0, noise)
    return Tolerance(relative, FLOOR, noise)
