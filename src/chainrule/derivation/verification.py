"""Random points at which every step is tried, and the trial."""

from functools import cache

import numpy as np
from numpy.random import Generator

from chainrule.activations import Array
from chainrule.algebra.evaluation import Points, discrepancy
from chainrule.algebra.expressions import Symbol
from chainrule.derivation.equations import definitions
from chainrule.derivation.setting import Setting
from chainrule.derivation.steps import Step

__all__ = ["VerificationError", "random_points", "verify"]

TOLERANCE = 1e-9
SAMPLES_IN_ALL = 18


class VerificationError(AssertionError):
    """A step does not hold; it is never shown."""


def verify(step: Step, points: Points) -> None:
    """Evaluate both sides of each link of a step.

    Derivatives in it are complex-step derivatives through the network's equations, so a step that speaks of the loss
    is held against the loss itself.

    Raises
    ------
    VerificationError
        If the sides of a link differ in shape, or in value by more than 1e-9 of the largest entry.
    """
    for number, (one, other) in enumerate(step.links(), start=1):
        sizes = [tuple(map(points.size, side.shape)) for side in (one, other)]
        if sizes[0] != sizes[1]:
            raise VerificationError(f"{step.tag} {step.rule}, link {number}: {one.shape} beside {other.shape}")
        apart = discrepancy(one, other, points, step.condition)
        if not apart <= TOLERANCE:  # NaN is no agreement
            raise VerificationError(f"{step.tag} {step.rule}, link {number}: the sides are {apart:.2g} apart")


@cache
def random_points(setting: Setting) -> Points:
    """Return points of a network: no two dimensions alike, m > 1, λ ≠ 0, both signs of every pre-activation."""
    random = np.random.default_rng(0)
    sizes = _sizes(setting)
    samples = (0, 1) if setting.layout == "rows" else (0, 2)
    while True:
        points = Points(sizes, _draw(setting, sizes, random), definitions(setting))
        scores = (points.value_of(setting.z(l)) for l in setting.layers)
        if all((z > 0).any(samples).all() and (z < 0).any(samples).all() for z in scores):
            return points


def _sizes(setting: Setting) -> dict[str, int]:
    K = setting.classes or 3
    m = next(size for size in (3, 4) if size != K)  # not 2, with which 1/m would be the 1/2 of the penalty
    widths = [size for size in range(2, 12) if size not in (K, m)]
    return {"m": m if setting.batch else 1, "K": K, **{f"d_{l}": widths[l] for l in range(setting.depth)}}


def _draw(setting: Setting, sizes: dict[str, int], random: Generator) -> dict[str, Array]:
    count = SAMPLES_IN_ALL // sizes["m"]
    classes = sizes["K"] if setting.widths[-1] == "K" else 1

    def normal(symbol: Symbol) -> Array:
        # As wide as keeps the scores of any depth about 1: no probability is to be lost beside another.
        width = sizes[str(setting.widths[int(symbol.name[1:]) - 1])] if symbol.name.startswith("W") else 1
        size = (count, *(sizes.get(str(dimension), 1) for dimension in symbol.shape))
        return random.normal(size=size) / np.sqrt(width)

    drawn = [setting.a(0), *(p(l) for l in setting.layers for p in (setting.W, setting.b))]
    values: dict[str, Array] = {symbol.name: normal(symbol) for symbol in drawn}
    if setting.output == "softmax":
        targets: Array = np.eye(classes)[random.integers(0, classes, (count, sizes["m"]))]
    else:
        targets = random.integers(0, 2, (count, sizes["m"], classes)) * 1.0
    weights: Array = random.dirichlet(np.full(sizes["m"], 5.0), count)[:, :, np.newaxis]
    for name, value in (("Y", targets), ("s", weights)):
        values[name] = value if setting.layout == "rows" else value.swapaxes(1, 2)
    values["lambda"] = random.uniform(0.5, 2, (count, 1, 1))
    values["m"] = np.full((1, 1, 1), float(sizes["m"]))
    return values
