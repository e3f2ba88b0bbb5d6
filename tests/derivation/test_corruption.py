"""Every step, corrupted in every way: what is not true any more is refused, or cannot be written at all."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chainrule.algebra.evaluation import Points, discrepancy
from chainrule.algebra.expressions import Expression, ShapeError, walk
from chainrule.derivation.derive import derivation_of
from chainrule.derivation.setting import Setting
from chainrule.derivation.steps import Step
from chainrule.derivation.verification import TOLERANCE, VerificationError, random_points, verify
from corruptions import SLIPS, Corruption, Statement, corruptions
from settings import covering, independent_points, name_of

POINTS = 50
RICH = [
    Setting(2, "tanh", penalty="lambda/2m", classes=3),
    Setting(2, "leaky_relu", "logistic", layout="columns", average="weights", penalty="lambda/2", classes=3),
    Setting(1, "relu", layout="columns", average="weights"),
]


def corrupted_steps(setting: Setting) -> Iterator[tuple[Step, Corruption]]:
    """Yield a step for each link of a derivation and each corruption of it."""
    derivation = derivation_of(setting)
    for step in (*derivation.network, *derivation.steps):
        for left, right in step.links():
            for corruption in corruptions(Statement(setting, left, right)):
                chain = () if corruption.formula is None else (corruption.formula,)
                yield replace(step, left=left, chain=chain), corruption


def is_refused(step: Step, points: Points) -> bool:
    if not step.chain:  # it cannot be written
        return True
    try:
        verify(step, points)
    except (VerificationError, ShapeError):
        return True
    return False


def is_true(step: Step, points: Points) -> bool:
    (right,) = step.chain
    sizes = [tuple(map(points.size, side.shape)) for side in (step.left, right)]
    return sizes[0] == sizes[1] and discrepancy(step.left, right, points, step.condition) <= TOLERANCE


@pytest.mark.parametrize("setting", covering(2), ids=name_of)
def test_no_corruption_slips_through(setting: Setting) -> None:
    points, others = random_points(setting), independent_points(setting, POINTS)
    tried, slipped = Counter[str](), []
    for step, corruption in corrupted_steps(setting):
        tried[corruption.slip] += 1
        if not is_refused(step, points) and not is_true(step, others):
            slipped.append((step.tag, step.rule, *corruption))
    assert slipped == []
    assert tried.total() > 200


def test_every_slip_and_every_kind_of_node_is_refused_somewhere() -> None:
    refused, kinds, occurring = Counter[str](), set[type[Expression]](), set[type[Expression]]()
    for setting in RICH:
        points = random_points(setting)
        derivation = derivation_of(setting)
        sides = (side for step in (*derivation.network, *derivation.steps) for link in step.links() for side in link)
        occurring |= {type(node) for side in sides for node in walk(side)}
        for step, corruption in corrupted_steps(setting):
            if is_refused(step, points):
                refused[corruption.slip] += 1
                kinds.add(corruption.node)
    assert refused.keys() == SLIPS.keys()
    assert {kind.__name__ for kind in occurring - kinds} == {"Index"}  # an entry's are wrong in it
    assert refused.total() > 4000
