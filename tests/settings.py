"""Settings of derivations for tests, points to hold them at, and what the NumPy reference says there."""

import random
from collections.abc import Iterator
from itertools import combinations, product
from typing import Any, get_args

import numpy as np

from chainrule import Network, Parameters
from chainrule.algebra.evaluation import Points
from chainrule.derivation.equations import definitions
from chainrule.derivation.setting import Activation, Average, Layout, Output, Penalty, Setting

OPTIONS: dict[str, tuple[Any, ...]] = {
    "hidden": (0, 1, 2, 3, 4),
    "activation": get_args(Activation),
    "output": get_args(Output),
    "layout": get_args(Layout),
    "batch": (True, False),
    "average": get_args(Average),
    "penalty": get_args(Penalty),
    "classes": (None, 3),
}
CANDIDATES = 50

Options = frozenset[tuple[str, Any]]


def covering(strength: int) -> list[Setting]:
    """Return settings in which any so many options take all their values together."""
    draw = random.Random(0)  # noqa: S311
    missing: set[Options] = {
        frozenset(zip(names, values, strict=True))
        for names in combinations(OPTIONS, strength)
        for values in product(*(OPTIONS[name] for name in names))
    }
    chosen = []
    while missing:
        start = dict(min(missing, key=lambda options: sorted(map(str, options))))
        candidates = [
            {name: draw.choice(values) for name, values in OPTIONS.items()} | start for _ in range(CANDIDATES)
        ]
        best = max(candidates, key=lambda options: len(missing.intersection(covered(options, strength))))
        missing.difference_update(covered(best, strength))
        chosen.append(Setting(**best))
    return chosen


def covered(options: dict[str, Any], strength: int) -> Iterator[Options]:
    return map(frozenset, combinations(options.items(), strength))


def name_of(setting: Setting) -> str:
    """Return a setting as the name of a test."""
    return "-".join(str(getattr(setting, name)) for name in OPTIONS)


def sizes_of(setting: Setting) -> dict[str, int]:
    """Return what the dimensions are: none like another, and not what the derivation was verified with."""
    K = setting.classes or 4
    widths = (6, 2, 5, 7, 8)
    return {"m": 3 if setting.batch else 1, "K": K, **{f"d_{l}": widths[l] for l in range(setting.depth)}}


def independent_points(setting: Setting, count: int) -> Points:
    """Return points of a network that share nothing with those of `random_points`."""
    draw = np.random.RandomState(7)
    sizes = sizes_of(setting)
    m, layers = sizes["m"], [sizes.get(str(width), 1) for width in setting.widths]
    given: dict[str, Any] = {"X": draw.standard_normal((count, m, layers[0]))}
    for l in setting.layers:
        given[f"W{l}"] = draw.standard_normal((count, layers[l - 1], layers[l])) / np.sqrt(layers[l - 1])
        given[f"b{l}"] = draw.standard_normal((count, 1, layers[l]))
    if setting.output == "softmax":
        given["Y"] = np.eye(layers[-1])[draw.randint(layers[-1], size=(count, m))]
    else:
        given["Y"] = draw.randint(2, size=(count, m, layers[-1])).astype(float)
    given["s"] = draw.dirichlet(np.ones(m), count)[:, :, np.newaxis]
    if setting.layout == "columns":
        given = {name: value.swapaxes(1, 2) for name, value in given.items()}
    given["lambda"] = draw.uniform(0.2, 3, (count, 1, 1))
    given["m"] = np.full((1, 1, 1), float(m))
    return Points(sizes, given, definitions(setting))


def reference(setting: Setting, points: Points, point: int) -> dict[str, Any]:
    """Return what `Network.trace` computes at one of the points, in the setting's layout and with its loss.

    Its mean over samples of total weight m is all that the reference knows: a sum is m times the mean, and λ is
    scaled so that the penalty has the setting's factor.
    """
    in_rows = setting.layout == "rows"
    at = {name: value[point % len(value)] for name, value in points.values.items()}
    rows = {name: value if in_rows else value.T for name, value in at.items()}
    m = len(rows["X"])
    times = m if setting.batch and setting.average == "sum" else 1
    strength = {"lambda/2m": 1, "lambda/2": m, "none": 0}[setting.penalty] / times * at["lambda"].item()
    parameters = Parameters([rows[f"W{l}"] for l in setting.layers], [rows[f"b{l}"][0] for l in setting.layers])
    network = Network(
        [len(parameters.W[0]), *(W.shape[1] for W in parameters.W)],
        setting.activation,
        setting.output,
        alpha=strength,
        negative_slope=setting.negative_slope,
    )
    weights = rows["s"][:, 0] * m if setting.batch and setting.average == "weights" else None
    q = network.trace(parameters, rows["X"], rows["Y"], weights)
    q["dX"] = q["dz1"] @ parameters.W[0].T
    of_loss = [name for name in q if name.startswith("d") or name == "loss"]
    q |= {name: times * q[name] for name in of_loss}
    return {name: np.atleast_2d(value) if in_rows else np.atleast_2d(value).T for name, value in q.items()}
