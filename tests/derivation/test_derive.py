"""What `derive` makes of what it is asked, and what it refuses."""

from typing import Any

import pytest

from chainrule import Network, derive
from chainrule.algebra.text import text
from chainrule.algebra.typeset import shape_box, typeset
from chainrule.derivation.setting import Setting
from chainrule.errors import InputError


def test_alone_it_is_the_network_of_one_hidden_relu_layer() -> None:
    derivation = derive()
    assert derivation.setting == Setting()
    assert [section.quantity for section in derivation.sections] == [
        "J", "dy_hat", "dz2", "dW2", "db2", "da1", "dz1", "dW1", "db1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "way"),
    [
        ("dW2", ["J", "dy_hat", "dz2", "dW2"]),
        ("db1", ["J", "dy_hat", "dz2", "da1", "dz1", "db1"]),
        ("dX", ["J", "dy_hat", "dz2", "da1", "dz1", "dX"]),
        ("j", ["J"]),
    ],
)
def test_what_is_on_the_way_is_derived_too(wanted: str, way: list[str]) -> None:
    assert [section.quantity for section in derive(wanted).sections] == way
    assert [section.quantity for section in derive(None, wanted).sections] == way


def test_a_network_says_what_it_is() -> None:
    network = Network([5, 7, 4, 3], activation="leaky_relu", negative_slope=0.2, alpha=0.1)
    derivation = derive(network, "dW1", brief=True)
    expected = Setting(hidden=2, activation="leaky_relu", negative_slope=0.2, penalty="lambda/2m", classes=3)
    assert derivation.setting == expected
    notation = derivation.notation
    assert [text(shape_box(expected.W(l).shape, notation)) for l in expected.layers] == ["5 × 7", "7 × 4", "4 × 3"]


@pytest.mark.parametrize(
    ("alpha", "choices", "penalty"),
    [
        (0.0, {}, "none"),
        (0.1, {}, "lambda/2m"),
        (0.1, {"batch": False}, "lambda/2"),
        (0.1, {"l2": "none"}, "none"),
        (0.1, {"l2": False}, "none"),
        (0.1, {"l2": "lambda/2"}, "lambda/2"),
        (0.0, {"l2": True}, "lambda/2m"),
        (0.0, {"l2": True, "batch": False}, "lambda/2"),
    ],
)
def test_the_penalty_is_the_networks_unless_said_otherwise(alpha: float, choices: dict[str, Any], penalty: str) -> None:
    assert derive(Network([4, 3, 2], alpha=alpha), "J", **choices).setting.penalty == penalty


@pytest.mark.parametrize(
    ("choices", "hidden", "classes"),
    [
        ({"depth": 0}, 0, None),
        ({"depth": 4}, 4, None),
        ({"widths": ["d", "h", "K"]}, 1, None),
        ({"widths": [5, 4, 3], "depth": 1}, 1, 3),
        ({"widths": [64, 10]}, 0, None),
        ({"widths": [64, 1], "output": "logistic"}, 0, 1),
        ({"widths": [64, 10], "output": "logistic"}, 0, 4),
    ],
)
def test_widths_say_the_depth_and_the_classes(choices: dict[str, Any], hidden: int, classes: int | None) -> None:
    setting = derive("J", **choices).setting
    assert (setting.hidden, setting.classes) == (hidden, classes)


def test_entries_and_briefness() -> None:
    assert all(step.left.shape.is_scalar for step in derive("dW1", entries=True).steps)
    assert all(step.result for step in derive("dW1", brief=True).steps)
    both = derive("dW1", entries=True, brief=True).steps
    assert all(step.result and step.left.shape.is_scalar for step in both)


def test_symbols_are_the_readers() -> None:
    derivation = derive("dW1", names={"a1": "h", "y_hat": r"\beta"}, style="W^{[1]}")
    setting, notation = derivation.setting, derivation.notation
    shown = [text(typeset(symbol, notation)) for symbol in (setting.a(1), setting.y_hat, setting.W(2))]
    assert shown == ["h", "β", "W^{[2]}"]


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"activation": "rellu"}, "activation: 'rellu' is not known; did you mean"),
        ({"output": "sigmoid"}, "output: 'sigmoid' is not known; expected one of softmax, logistic"),
        ({"layout": "row"}, "layout: 'row' is not known; did you mean rows"),
        ({"average": "median"}, "average: 'median' is not known; did you mean mean"),
        ({"l2": "lambda/m"}, "l2: 'lambda/m' is not known; did you mean lambda/2m"),
        ({"language": "fr"}, "language: 'fr' is not known"),
        ({"average": "mean", "batch": False}, "nothing to average in one sample"),
        ({"l2": "lambda/2m", "batch": False}, "one sample has no m; choose lambda/2"),
        ({"negative_slope": 0.1}, "only leaky_relu has one, not relu"),
        ({"negative_slope": float("nan"), "activation": "leaky_relu"}, "negative slope: expected a number, got nan"),
        ({"depth": 5}, "expected 0 to 4 hidden layers"),
        ({"depth": -1}, "expected 0 to 4 hidden layers"),
        ({"depth": 2, "widths": [5, 4, 3]}, "3 widths make depth 1, but depth is 2"),
        ({"widths": [5]}, "expected 0 to 4 hidden layers, that is 2 to 6 widths"),
        ({"widths": [5, 0, 3]}, "expected positive numbers, got 5,0,3"),
        ({"widths": [5, 4, 1]}, "a softmax has 2 classes or more"),
        ({"widths": ["d", "h", "K"], "output": "logistic"}, "expected a number of units at the end, got K"),
        ({"widths": ["m", "h", "K"]}, "widths: m and d_0 would both be written m"),
        ({"widths": ["n", "h", "K"]}, "widths: the index n and d_0 would both be written n"),
        ({"widths": ["W_1", "h", "K"]}, "widths: W1 and d_0 would both be written W₁"),
        ({"widths": ["$", "h", "K"]}, "symbol '\\$': expected a letter"),
        ({"names": {"h": "a"}}, "there is no symbol 'h' here"),
        ({"names": {"a2": "h"}}, "there is no symbol 'a2' here; expected one of X, Y"),
        ({"names": {"a1": "h", "z1": "h"}}, "names: z1 and a1 would both be written h"),
        ({"names": {"a1": "Z_{1}"}}, "names: z1 and a1 would both be written Z₁"),
        ({"names": {"a1": "k"}}, "names: the index k and a1 would both be written k"),
        ({"names": {"a1": "d_0"}}, "widths: a1 and d_0 would both be written d₀"),
        ({"names": {"W1": "W^T"}}, "W1=W\\^T names a transpose; for the other layout choose layout"),
        ({"names": {"a1": "h g"}}, "symbol 'h g'"),
        ({"style": "W1"}, "style: 'W1' is not known"),
    ],
)
def test_what_cannot_be_meant_is_refused(choices: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        derive("J", **choices)


def test_a_letter_is_free_where_nothing_else_has_it() -> None:
    assert derive("J", batch=False, widths=["n", "m", "K"], names={"a1": "s"})


def test_an_unknown_quantity_is_refused() -> None:
    with pytest.raises(InputError, match="quantity: 'dW3' is not one of this network; did you mean dW2 or dW1"):
        derive("dW3")


def test_a_network_is_not_described_twice() -> None:
    with pytest.raises(InputError, match="activation, output: the network says it already"):
        derive(Network([3, 2]), activation="tanh", output="softmax")
