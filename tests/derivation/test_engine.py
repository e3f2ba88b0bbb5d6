"""The derivation of every setting: verified step by step, complete, and the same numbers as the reference."""

from itertools import combinations, product

import numpy as np
import pytest

from chainrule.activations import Array
from chainrule.algebra.evaluation import Points, evaluate
from chainrule.algebra.expressions import Derivative, Expression, Symbol
from chainrule.derivation.derive import Derivation, derivation_of
from chainrule.derivation.engine import ancestors, quantities
from chainrule.derivation.setting import LOSS, Setting
from corruptions import places
from settings import OPTIONS, covering, independent_points, name_of, reference

SETTINGS = covering(3)
TAGS = {"W": {"B2"}, "b": {"B3"}, "a": {"B4"}, "X": {"B4"}, "z": {"B5"}, "J": {"J1"}, "y": {"B1"}}
POINTS = 2


def expected_quantities(hidden: int) -> list[str]:
    below = ["dz1", "dW1", "db1"]
    for l in range(2, hidden + 2):
        below = [f"dz{l}", f"dW{l}", f"db{l}", f"da{l - 1}", *below]
    return ["J", "dy_hat", *below]


@pytest.mark.parametrize("setting", SETTINGS, ids=name_of)
def test_derivation(setting: Setting) -> None:
    derivation = derivation_of(setting)  # which verifies every step
    assert [section.quantity for section in derivation.sections] == expected_quantities(setting.hidden)
    assert {tag for step in derivation.network for tag in step.tag.split()} == network_tags(setting)
    for section in derivation.sections:
        name = section.quantity.removeprefix("d")
        expected = {"B1"} if name == f"z{setting.depth}" else TAGS[name[0]]
        assert {step.tag for step in section.steps} == expected
        assert section.answer.result
        assert all(step.chain for step in section.steps)
    check_numbers(derivation)


def network_tags(setting: Setting) -> set[str]:
    hidden = {"F2"} if setting.hidden else set()
    penalty = {"L2"} if setting.penalty != "none" else set()
    return {"F1", "F3", "L1"} | hidden | penalty


def check_numbers(derivation: Derivation) -> None:
    """Hold every matrix that a quantity comes to against `Network.trace`, without a single complex step."""
    setting = derivation.setting
    points = independent_points(setting, POINTS)
    traces = [reference(setting, points, point) for point in range(POINTS)]
    for step in derivation.network:
        if isinstance(step.left, Symbol):
            name = {"L": "loss"}.get(step.left.name, step.left.name)
            for link in step.chain:
                assert_close(evaluate(link, points), np.stack([trace[name] for trace in traces]))
    gradients = {name: np.stack([trace[name] for trace in traces]) for name in traces[0] if name.startswith("d")}
    known = Points(points.sizes, points.values | gradients, points.definitions)
    for section in derivation.sections[2:]:
        for link in section.answer.chain:
            assert_close(evaluate(with_known_gradients(link), known), gradients[section.quantity])


def with_known_gradients(expression: Expression) -> Expression:
    """Return an expression with a symbol dQ for ∂L/∂Q."""
    for node, put in places(expression):
        if isinstance(node, Derivative) and node.of == LOSS and isinstance(node.by, Symbol):
            return with_known_gradients(put(Symbol(f"d{node.by.name}", node.shape)))
    return expression


def assert_close(got: Array, expected: Array) -> None:
    got = got.reshape(len(got), *got.shape[-2:])  # its indices are all bound
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())


def test_any_three_options_take_all_their_values_together() -> None:
    for names in combinations(OPTIONS, 3):
        taken = {tuple(getattr(setting, name) for name in names) for setting in SETTINGS}
        assert taken == set(product(*(OPTIONS[name] for name in names)))


@pytest.mark.parametrize(
    ("hidden", "name", "expected"),
    [
        (0, "J", ["J"]),
        (0, "dy_hat", ["dy_hat"]),
        (0, "dz1", ["J", "dy_hat", "dz1"]),
        (0, "dW1", ["J", "dy_hat", "dz1", "dW1"]),
        (0, "dX", ["J", "dy_hat", "dz1", "dX"]),
        (2, "db3", ["J", "dy_hat", "dz3", "db3"]),
        (2, "da2", ["J", "dy_hat", "dz3", "da2"]),
        (2, "dz2", ["J", "dy_hat", "dz3", "da2", "dz2"]),
        (2, "dW1", ["J", "dy_hat", "dz3", "da2", "dz2", "da1", "dz1", "dW1"]),
        (2, "dX", ["J", "dy_hat", "dz3", "da2", "dz2", "da1", "dz1", "dX"]),
    ],
)
def test_ancestors(hidden: int, name: str, expected: list[str]) -> None:
    assert ancestors(Setting(hidden), name) == expected
    assert [section.quantity for section in derivation_of(Setting(hidden), [name]).sections] == expected


@pytest.mark.parametrize("setting", [Setting(2), Setting(0, output="logistic", batch=False)], ids=name_of)
def test_ancestors_are_in_the_order_of_quantities(setting: Setting) -> None:
    known = quantities(setting)
    assert len(set(known)) == len(known)
    for name in known:
        way = ancestors(setting, name)
        assert way[-1] == name
        assert sorted(way, key=known.index) == way


@pytest.mark.parametrize(("entries", "brief"), [(True, False), (False, True), (True, True)])
def test_shorter_derivations_are_part_of_the_whole(entries: bool, brief: bool) -> None:
    whole = {section.quantity: section.steps for section in derivation_of(Setting(2)).sections}
    part = derivation_of(Setting(2), entries=entries, brief=brief)
    assert [section.quantity for section in part.sections] == list(whole)
    for section in part.sections:
        assert section.steps
        assert set(map(str, section.steps)) < set(map(str, whole[section.quantity]))
        assert not entries or all(step.left.shape.is_scalar for step in section.steps)
        assert not brief or all(step.result for step in section.steps)
