"""The numbers of a network beside the symbols: those of the reference, on that sample."""

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from chainrule import MLPClassifier, Network
from chainrule.algebra.evaluation import Points
from chainrule.algebra.expressions import Derivative, Expression, Symbol
from chainrule.algebra.text import text
from chainrule.derivation.derive import derive
from chainrule.derivation.faces.numbers import values_box
from chainrule.derivation.setting import LOSS, Setting
from chainrule.derivation.steps import Step
from chainrule.derivation.values import network_of, points_of, values_of, with_values
from chainrule.derivation.verification import verify
from chainrule.errors import InputError

MODELS = [
    ((), "relu", 3, 0.0),
    ((4,), "relu", 2, 0.1),
    ((4,), "leaky_relu", 3, 1e-4),
    ((5, 4), "tanh", 3, 0.5),
    ((4, 3, 2), "logistic", 5, 0.0),
    ((2, 3, 4, 2), "identity", 2, 0.2),
]


def trained(hidden: tuple[int, ...], activation: str, classes: int, alpha: float) -> MLPClassifier:
    random = np.random.RandomState(0)
    X, y = random.standard_normal((40, 6)), np.arange(40) % classes
    options: dict[str, Any] = {"alpha": alpha, "activation": activation, "negative_slope": 0.2, "random_state": 0}
    with warnings.catch_warnings(action="ignore"):  # three epochs are few
        return MLPClassifier(hidden, engine="reference", max_iter=3, **options).fit(X, y)


def name_of(expression: Expression) -> str | None:
    """Return what `Network.trace` calls a quantity."""
    match expression:
        case Symbol(name):
            return "loss" if expression == LOSS else name
        case Derivative(of, Symbol(name)) if of == LOSS:
            return f"d{name}"
    return None


@pytest.mark.parametrize("layout", ["rows", "columns"])
@pytest.mark.parametrize(("hidden", "activation", "classes", "alpha"), MODELS)
def test_values_are_the_reference_s(
    hidden: tuple[int, ...], activation: str, classes: int, alpha: float, layout: Any
) -> None:
    network, parameters = network_of(trained(hidden, activation, classes, alpha))
    X, y = np.random.RandomState(1).standard_normal((1, 6)), [classes - 1]
    derivation = with_values(derive(network, layout=layout, batch=False), network, parameters, X, y)
    points = derivation.points
    assert points is not None
    q = network.trace(parameters, X, y) | {"X": X, "Y": np.eye(max(classes, 3))[y][:, :classes]}
    q |= {"lambda": alpha} | ({"Y": np.ones((1, 1))} if classes == 2 else {})
    for l in range(1, network.depth + 1):
        q |= {f"W{l}": parameters.W[l - 1], f"b{l}": parameters.b[l - 1]}
    seen = set()
    for step in (*derivation.network, *derivation.steps):
        verify(step, points)
        for expression, array in values_of(step, points):
            assert array.shape == tuple(map(points.size, expression.shape))
            if (name := name_of(expression)) in q:
                seen.add(name)
                expected = np.atleast_2d(q[name])
                np.testing.assert_allclose(array if layout == "rows" else array.T, expected, rtol=1e-12, atol=1e-15)
    assert {name for name in q if name.startswith("d") and name != "data_loss"} < seen
    assert {"X", "Y", "loss", "y_hat"} < seen


def test_a_batch_has_values_too() -> None:
    network = Network([4, 3, 2], "tanh", alpha=0.3)
    parameters = network.init(0)
    X, y = np.random.RandomState(0).standard_normal((5, 4)), [0, 1, 1, 0, 1]
    points = points_of(derive(network).setting, network, parameters, X, y)
    q = network.trace(parameters, X, y)
    for section in derive(network).sections[2:]:
        (value, *_) = values_of(section.answer, points)
        np.testing.assert_allclose(value.array, np.atleast_2d(q[section.quantity]), rtol=1e-12)


def test_steps_of_single_entries_have_no_values() -> None:
    network = Network([4, 3, 2])
    derivation = derive(network, "dW1", entries=True, batch=False)
    points = points_of(derivation.setting, network, network.init(0), np.ones((1, 4)), [0])
    assert [values_of(step, points) for step in derivation.steps if step.tag == "B2"] == [()] * 3


@pytest.mark.parametrize(
    ("network", "shape", "message"),
    [
        (Network([4, 3, 3, 2]), (1, 4), "expected hidden layers 1 as in the derivation, got 2"),
        (Network([4, 3, 2], "tanh"), (1, 4), "expected activation leaky_relu as in the derivation, got tanh"),
        (Network([4, 3, 2], "leaky_relu"), (1, 4), "expected slope 0.1 as in the derivation, got 0.01"),
        (Network([4, 3, 1], output="logistic"), (1, 4), "expected output softmax as in the derivation, got logistic"),
        (Network([4, 3, 2]), (2, 4), "expected inputs of shape (1, 4) as in the derivation, got (2, 4)"),
        (Network([4, 3, 2]), (1, 5), "expected inputs of shape (1, 4) as in the derivation, got (1, 5)"),
    ],
)
def test_what_does_not_fit_is_refused(network: Network, shape: tuple[int, int], message: str) -> None:
    derivation = derive(batch=False, activation="leaky_relu", negative_slope=0.1)
    with pytest.raises(InputError) as raised:
        with_values(derivation, network, network.init(0), np.ones(shape), [0] * shape[0])
    assert str(raised.value) == f"values: {message}"


@pytest.mark.parametrize("layout", ["rows", "columns"])
def test_a_network_in_float32_has_the_values_of_float64(layout: Any) -> None:
    network = Network([4, 3, 2], "tanh", alpha=0.3)
    parameters = network.init(0, np.float32)
    X = np.random.RandomState(0).standard_normal((1, 4)).astype(np.float32)
    derivation = derive(network, layout=layout, batch=False)
    points = points_of(derivation.setting, network, parameters, X, [1])
    expected = network.trace(parameters.astype(np.float64), X.astype(np.float64), [1])
    ((_, loss), *_) = values_of(derivation.network[-1], points)
    assert loss.item() == pytest.approx(expected["loss"], rel=1e-14)


def shown(array: Any) -> str:
    """Return how an array is shown as the value of X."""
    X = Setting(batch=False).a(0)
    points = Points({}, {"X": np.asarray(array, float)[np.newaxis]})
    box = values_box(Step("F1", "affine", X, (X,)), replace(derive(batch=False), points=points))
    assert box is not None
    return text(box)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        ([[0.0001]], "x = 0.0001"),
        ([[-1234.56]], "x = −1235"),
        ([[12345678.0]], "x = 1.235 · 10⁷"),
        ([[0, 1, 0]], "x = (0  1  0)    1 × 3"),
        ([[0.5, -12.3456]], "x = (0.50  −12.35)    1 × 2"),
        ([[1, 1e-9, -0.25]], "x = (1.000  1.000 · 10⁻⁹  −0.250)    1 × 3"),
        ([[3e-8, 0]], "x = (3.000 · 10⁻⁸  0)    1 × 2"),
        ([[np.nan, -np.inf, 0.5]], "x = (nan  −inf  0.5000)    1 × 3"),
        (np.arange(8.0)[np.newaxis], "x = (0  1  2  3  4  5  …)    1 × 8"),
    ],
)
def test_numbers_have_four_digits(array: Any, expected: str) -> None:
    assert shown(array) == expected


def test_of_a_large_matrix_a_corner_is_shown() -> None:
    lines = shown(np.arange(800.0).reshape(8, 100)).splitlines()
    assert len(lines) == 7
    assert lines[0].split() == ["⎛", "0", "1", "2", "3", "4", "5", "…⎞"]
    assert lines[-1].split() == ["⎝", "…", "…", "…", "…", "…", "…", "…⎠"]
    assert any(line.endswith("8 × 100") for line in lines)


@pytest.mark.parametrize("brief", [False, True])
@pytest.mark.parametrize("face", ["text", "markdown", "latex", "html"])
def test_every_face_shows_the_values(face: str, brief: bool) -> None:
    network = Network([4, 3, 2], "tanh")
    parameters = network.init(0)
    X = np.random.RandomState(0).standard_normal((1, 4))
    derivation = derive(network, "db1", batch=False, brief=brief)
    numbers = [f"{abs(x):.4f}" for x in network.trace(parameters, X, [1])["db1"]]
    written = getattr(with_values(derivation, network, parameters, X, [1]), f"to_{face}")()
    assert all(number in written for number in numbers)
    assert not any(number in getattr(derivation, f"to_{face}")() for number in numbers)
