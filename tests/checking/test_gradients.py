"""`check_gradients`: right code passes however it is written, and wrong code is told where and why."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import Network
from chainrule.checking.code.gradients import assert_gradients, check_gradients
from chainrule.checking.code.report import GradientReport
from chainrule.errors import InputError

rng = np.random.default_rng(0)
m, WIDTHS = 7, (5, 4, 3)
X, y = rng.normal(size=(m, 5)), rng.integers(0, 3, m)
Y = np.eye(3)[y]
W1, b1, W2, b2 = rng.normal(size=(5, 4)), rng.normal(size=4), rng.normal(size=(4, 3)), rng.normal(size=3)
PARAMS = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
LAM = 0.7


def softmax(z: Any, axis: int = 1) -> Any:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def rows(params: Any, X: Any, Y: Any, **slips: Callable[[dict[str, Any]], Any]) -> Any:
    """A right backward pass in rows; a slip by the name of a quantity takes the place of its line."""
    q = dict(params, X=X, Y=Y, m=len(X))

    def make(name: str, value: Any) -> None:
        q[name] = value
        q[name] = slips[name](q) if name in slips else value

    q["z1"] = X @ q["W1"] + q["b1"]
    q["a1"] = np.maximum(q["z1"], 0)
    q["y_hat"] = softmax(q["a1"] @ q["W2"] + q["b2"])
    penalty = LAM / (2 * len(X)) * ((q["W1"] ** 2).sum() + (q["W2"] ** 2).sum())
    loss = -(Y * np.log(q["y_hat"])).sum() / len(X) + penalty
    make("dz2", (q["y_hat"] - Y) / len(X))
    make("dW2", q["a1"].T @ q["dz2"] + LAM / len(X) * q["W2"])
    make("db2", q["dz2"].sum(axis=0))
    make("da1", q["dz2"] @ q["W2"].T)
    make("dz1", q["da1"] * (q["z1"] > 0))
    make("dW1", X.T @ q["dz1"] + LAM / len(X) * q["W1"])
    make("db1", q["dz1"].sum(axis=0))
    return loss, {name: q[name] for name in ("dW1", "db1", "dW2", "db2")}


def columns(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, y: Any) -> Any:
    m = X.shape[1]
    z1 = W1 @ X + b1
    a1 = np.tanh(z1)
    y_hat = softmax(W2 @ a1 + b2, axis=0)
    loss = -np.log(y_hat[y, np.arange(m)]).sum()
    dz2 = y_hat - np.eye(3)[y].T
    dz1 = W2.T @ dz2 * (1 - a1**2)
    return loss, dz1 @ X.T, dz1.sum(axis=1, keepdims=True), dz2 @ a1.T, dz2.sum(axis=1, keepdims=True)


def slips_of(report: GradientReport) -> list[tuple[str, str]]:
    return [(slip.name, slip.where) for slip in report.slips]


def test_right_code_in_rows() -> None:
    report = check_gradients(rows, PARAMS, X, Y)
    assert report, report
    assert "relu, softmax, mean over m = 7 rows, penalty 0.1/2 Σ‖W‖²" in str(report.network)
    assert max(finding.error for finding in report.findings) < 1e-13
    assert "all 20 entries" in str(report)
    assert "complex steps" in str(report)


def test_right_code_in_columns_with_a_sum() -> None:
    params = (W1.T, b1[:, np.newaxis], W2.T, b2[:, np.newaxis])
    report = check_gradients(columns, params, X.T, y)
    assert report, report
    assert "tanh, softmax, sum over m = 7 columns" in str(report.network)


def test_weights_that_are_turned_and_lists() -> None:
    def lists(params: Any, X: Any, Y: Any) -> Any:
        assert all(isinstance(p, list) for p in params.values())
        q = {name: np.array(p).T if name[0] == "W" else np.array(p) for name, p in params.items()}
        loss, found = rows(q, np.array(X), np.array(Y))
        return loss, {f"{name[1:]}_grad": (g.T if name[1] == "W" else g).tolist() for name, g in found.items()}

    params = {name: p.T.tolist() for name, p in PARAMS.items()}
    report = check_gradients(lists, params, X.tolist(), Y.tolist())
    assert report, report
    assert report.network


def test_the_network_of_this_project_takes_and_gives_named_tuples() -> None:
    for activation in ("identity", "logistic", "tanh", "relu", "leaky_relu"):
        network = Network([5, 4, 6, 3], activation, alpha=0.3)
        report = check_gradients(network.loss_and_gradients, network.init(0), X, y)
        assert report, report
        assert f" {activation}," in str(report.network)


def test_a_small_penalty_is_seen_too() -> None:
    network = Network([5, 4, 3], "leaky_relu", alpha=1e-4, negative_slope=0.2)
    report = check_gradients(network.loss_and_gradients, network.init(0), X, y)
    assert report, report
    assert f"penalty {1e-4 / m:.4g}/2" in str(report.network)


def test_a_binary_target_and_sample_weights() -> None:
    network = Network([5, 4, 1], "tanh", "logistic")
    w = rng.uniform(0.5, 2, m)
    report = check_gradients(network.loss_and_gradients, network.init(0), X, y > 1, w)
    assert report, report
    assert "logistic" in str(report.network)


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]])
def test_gradients_in_any_order(order: list[int]) -> None:
    square = {"W1": rng.normal(size=(4, 4)), "b1": b1, "W2": rng.normal(size=(4, 4)), "b2": rng.normal(size=4)}
    X, Y = rng.normal(size=(m, 4)), np.eye(4)[rng.integers(0, 4, m)]

    def shuffled(*args: Any) -> Any:
        loss, found = rows(*args)
        values = list(found.values())
        return loss, [values[k] for k in order]

    report = check_gradients(shuffled, square, X, Y)
    assert report, report


def test_like_shapes_without_names_are_told_apart_or_said_to_be_ambiguous() -> None:
    def wrong(params: Any, X: Any, Y: Any) -> Any:
        loss, found = rows(params, X, Y)
        return loss, [-1.5 * g[::-1] for g in found.values()]

    square = {"W1": rng.normal(size=(4, 4)), "b1": b1, "W2": rng.normal(size=(4, 4)), "b2": rng.normal(size=4)}
    report = check_gradients(wrong, square, rng.normal(size=(m, 4)), np.eye(4)[rng.integers(0, 4, m)])
    assert not report
    assert "by order" in str(report)


SLIPS: dict[str, tuple[str, Callable[[dict[str, Any]], Any]]] = {
    "missing-mean": ("dz2", lambda q: q["y_hat"] - q["Y"]),
    "extra-mean": ("db1", lambda q: q["dz1"].mean(axis=0)),
    "sign": ("dz2", lambda q: (q["Y"] - q["y_hat"]) / q["m"]),
    "wrong-input": ("dW2", lambda q: q["z1"].T @ q["dz2"] + LAM / q["m"] * q["W2"]),
    "missing-activation-derivative": ("dz1", lambda q: q["da1"]),
    "wrong-activation-derivative": ("dz1", lambda q: q["da1"] * q["a1"] * (1 - q["a1"])),
    "missing-penalty": ("dW1", lambda q: q["X"].T @ q["dz1"]),
    "penalty-factor": ("dW2", lambda q: q["dW2"] + LAM / q["m"] * q["W2"]),
    "penalty-on-bias": ("db2", lambda q: q["db2"] + LAM / q["m"] * q["b2"]),
    "diagonal-only-jacobian": ("dz2", lambda q: -q["Y"] * (1 - q["y_hat"]) / q["m"]),
    "missing-sum": ("db1", lambda q: q["dz1"]),
    "missing-transpose": ("dW1", lambda q: q["dz1"].T @ q["X"]),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_each_slip_is_named_where_it_is(slip: str) -> None:
    where, line = SLIPS[slip]
    report = check_gradients(partial(rows, **{where: line}), PARAMS, X, Y)
    assert not report
    assert slips_of(report) == [(slip, where)], report
    text = str(report)
    assert f"{slip} in {where}" in text
    assert f"{where} = " in text


def penalised(params: Any, X: Any, Y: Any, *, strength: float, m: int) -> Any:
    """The loss of `rows` with another penalty, whose gradient is missing."""
    loss, found = rows(params, X, Y)
    squares = (params["W1"] ** 2).sum() + (params["W2"] ** 2).sum()
    gradients = {name: g - LAM / m * params[name[1:]] if name[1] == "W" else g for name, g in found.items()}
    return loss + (strength - LAM) / (2 * m) * squares, gradients


def by_argument(params: Any, X: Any, Y: Any, c: float, rate: float) -> Any:
    return penalised(params, X, Y, strength=c, m=len(X))


def by_default(params: Any, X: Any, Y: Any, lam: float = 2.0) -> Any:
    return penalised(params, X, Y, strength=lam * len(X), m=len(X))


def by_constant(params: Any, X: Any, Y: Any) -> Any:
    return penalised(params, X, Y, strength=2 * LAM, m=len(X))


def by_none(params: Any, X: Any, Y: Any) -> Any:
    return penalised(params, X, Y, strength=0.3, m=len(X))


@pytest.mark.parametrize(
    ("backward", "others", "line"),
    [
        (by_argument, (3.5, 0.5), "dW2 = a1.T @ dz2 + c / m * W2  # B2"),  # 0.5 is the rate's value, too
        (by_default, (), "dW2 = a1.T @ dz2 + lam * W2  # B2"),
        (by_default, (2.0 / 7,), "dW2 = a1.T @ dz2 + lam * W2  # B2"),  # and not the default's, over m
        (by_constant, (), "dW2 = a1.T @ dz2 + 2 * LAM / m * W2  # B2"),
        (by_none, (), "dW2 = a1.T @ dz2 + 0.0428571 * W2  # B2"),
    ],
)
def test_the_penalty_is_called_as_the_code_calls_it(backward: Any, others: tuple[float, ...], line: str) -> None:
    report = check_gradients(backward, PARAMS, X, Y, *others)
    assert report.findings[0].slips[0].line == line


def test_an_error_carried_on_is_told_from_a_new_one() -> None:
    report = check_gradients(
        partial(rows, dz2=SLIPS["missing-mean"][1], dW1=lambda q: q["dW1"] - LAM / q["m"] * q["W1"]), PARAMS, X, Y
    )
    assert slips_of(report) == [("missing-mean", "dz2"), ("missing-penalty", "dW1")]
    of = {finding.name: finding for finding in report.findings}
    assert of["b1"].carried_from == ["dz2"]
    assert not of["b1"].slips
    assert of["W1"].carried_from == ["dz2"]
    assert [slip.name for slip in of["W1"].slips] == ["missing-penalty"]
    assert str(report).index("W2 (4, 3): wrong") < str(report).index("W1 (5, 4): wrong")


def test_the_report_says_by_how_much() -> None:
    text = str(check_gradients(partial(rows, db2=lambda q: q["m"] * q["db2"]), PARAMS, X, Y))
    assert "1 of 4 gradients wrong" in text
    assert "everywhere 7 times too large" in text
    assert "b2[" in text
    assert "got" in text


def test_what_no_slip_explains_is_not_explained() -> None:
    noise = rng.normal(size=W2.shape)
    report = check_gradients(partial(rows, dW2=lambda q: q["dW2"] + noise), PARAMS, X, Y)
    assert not report
    assert report.slips == []
    assert "no slip known here" in str(report)


@pytest.mark.parametrize("name", PARAMS)
def test_one_entry_of_any_array_is_found(name: str) -> None:
    def wrong(params: Any, X: Any, Y: Any) -> Any:
        loss, found = rows(params, X, Y)
        found[f"d{name}"].flat[2] += 1e-4 * np.abs(found[f"d{name}"]).max()
        return loss, found

    report = check_gradients(wrong, PARAMS, X, Y)
    assert [(f.name, f.wrong, f.compared) for f in report.findings if f.wrong] == [(name, 1, PARAMS[name].size)]
    assert report.findings[0].entries[0].index == np.unravel_index(2, PARAMS[name].shape)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_small_gradients_are_neither_always_right_nor_always_wrong(scale: float) -> None:
    def scaled(params: Any, X: Any, Y: Any, off: float = 1.0) -> Any:
        loss, found = rows(params, X, Y)
        return scale * loss, {name: scale * g * (off if name == "dW1" else 1) for name, g in found.items()}

    assert check_gradients(scaled, PARAMS, X, Y)
    report = check_gradients(partial(scaled, off=1.001), PARAMS, X, Y)
    assert [finding.name for finding in report.findings if finding.verdict == "wrong"] == ["W1"]


def test_small_gradients_of_a_lower_layer() -> None:
    small = {**PARAMS, "W2": 1e-7 * W2}
    assert check_gradients(rows, small, X, Y)
    assert not check_gradients(partial(rows, dz1=lambda q: 1.001 * q["dz1"]), small, X, Y)


def test_shapes() -> None:
    report = check_gradients(partial(rows, db1=lambda q: q["db1"][np.newaxis]), PARAMS, X, Y)
    assert not report
    assert "db1: expected shape (4,), got (1, 4)\n  reshaped, its values are right" in str(report)
    report = check_gradients(lambda *a: (rows(*a)[0], {"dW1": rows(*a)[1]["dW1"]}), PARAMS, X, Y)
    assert "b1 (4,): wrong\n  no gradient was returned for it" in str(report)


def test_float32_gets_its_own_tolerance() -> None:
    def single(off: float, params: Any, X: Any, Y: Any) -> Any:
        params = {name: p.astype(np.float32) for name, p in params.items()}
        loss, found = rows(params, X.astype(np.float32), Y.astype(np.float32))
        return np.float32(loss), {name: np.float32(off) * g.astype(np.float32) for name, g in found.items()}

    narrow = {name: p.astype(np.float32) for name, p in PARAMS.items()}
    assert check_gradients(rows, narrow, X.astype(np.float32), Y.astype(np.float32))
    assert check_gradients(partial(single, 1.0), PARAMS, X, Y)  # which no wider argument makes wider
    report = check_gradients(partial(single, 1.01), PARAMS, X, Y)
    assert all(finding.verdict == "wrong" for finding in report.findings)


def test_code_that_takes_no_complex_numbers() -> None:
    def real(params: Any, X: Any, Y: Any) -> Any:
        loss, found = rows(params, X, Y)
        return float(loss), found

    report = check_gradients(real, PARAMS, X, Y)
    assert report, report
    assert "central differences" in str(report)


def absolute(w: Any, x: Any, sides: float = 1.0) -> Any:
    """Σ |w x| + Σ w², which is no network of the table; NumPy's abs of a complex number is not analytic."""
    return np.abs(w * x).sum() + (w**2).sum(), sides * (np.sign(w * x) * x + 2 * w)


def test_what_is_not_analytic_is_found_out() -> None:
    w, x = rng.normal(size=6), rng.normal(size=6)
    report = check_gradients(absolute, w, x)
    assert report, report
    assert report.network is None
    assert "all 6 entries by central differences" in str(report)
    assert slips_of(check_gradients(partial(absolute, sides=-1), w, x)) == [("sign", "dw")]
    assert slips_of(check_gradients(partial(absolute, sides=6), w, x)) == [("missing-mean", "dw")]


@pytest.mark.parametrize("distance", [0.0, 1e-12, 1e-6, 1e-3])
def test_a_kink_beside_is_no_mistake(distance: float) -> None:
    w, x = rng.normal(size=6), rng.normal(size=6)
    w[2] = distance
    report = check_gradients(absolute, w, x)
    assert report, report
    w[2] = distance
    assert check_gradients(partial(absolute, sides=1.01), w, x).findings[0].wrong >= 5


def test_all_units_of_a_relu_on_the_kink() -> None:
    zero = {**PARAMS, "W1": 0 * W1, "b1": 0 * b1}
    one_sided = partial(rows, dz1=lambda q: q["da1"] * (q["z1"] >= 0))
    assert check_gradients(rows, zero, X, Y)
    report = check_gradients(one_sided, zero, X, Y)
    assert report, report
    assert "on a kink left out" in str(report)


def test_large_arrays_are_sampled_and_one_wrong_entry_is_still_found() -> None:
    def large(w: Any, x: Any, off: float = 0.0) -> Any:
        g = np.cos(w) * x
        g[17, 31] += off
        return (np.sin(w) * x).sum(), g

    w, x = rng.normal(size=(60, 50)), rng.normal(size=(60, 50))
    report = check_gradients(large, w, x, entries=50)
    assert report, report
    assert "50 of 3000 entries" in str(report)
    report = check_gradients(partial(large, off=0.05), w, x, entries=50)
    assert report.findings[0].entries[0].index == (17, 31)


def test_clipped_probabilities_are_no_mistake_of_the_gradients() -> None:
    def clipped(params: Any, X: Any, Y: Any) -> Any:
        q = softmax(np.maximum(X @ params["W1"] + params["b1"], 0) @ params["W2"] + params["b2"])
        loss, found = rows(params, X, Y)
        return loss + (Y * (np.log(q) - np.log(q + 1e-9))).sum() / len(X), found

    report = check_gradients(clipped, PARAMS, X, Y)
    assert report, report
    assert "clips" in str(report)


def test_positional_and_keyword_parameters() -> None:
    def positional(X: Any, Y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        return rows({"W1": W1, "b1": b1, "W2": W2, "b2": b2}, X, Y)

    assert check_gradients(positional, PARAMS, X, Y)
    first = lambda W1, b1, W2, b2, X, Y: positional(X, Y, W1, b1, W2, b2)  # noqa: E731
    report = check_gradients(first, tuple(PARAMS.values()), X, Y)
    assert report, report
    assert [finding.name for finding in report.findings] == ["W2", "b2", "W1", "b1"]


def test_what_changes_its_arguments_is_given_copies() -> None:
    def trains(params: Any, X: Any, Y: Any) -> Any:
        loss, found = rows(params, X, Y)
        for name in params:
            params[name] -= 0.1 * found[f"d{name}"]
        return loss, found

    before = {name: p.copy() for name, p in PARAMS.items()}
    assert check_gradients(trains, PARAMS, X, Y)
    assert all((before[name] == PARAMS[name]).all() for name in PARAMS)


def test_what_cannot_be_checked_is_refused() -> None:
    with pytest.raises(InputError, match="expected a loss, which is one number, and gradients; got None"):
        check_gradients(lambda w: None, W1)
    with pytest.raises(InputError, match=r"got an array of shape \(5, 4\)"):
        check_gradients(lambda w: w, W1)
    with pytest.raises(InputError, match="gradients beside the loss"):
        check_gradients(lambda w: (1.0, None), W1)
    with pytest.raises(InputError, match="expected a finite number, got nan"):
        check_gradients(lambda w: (np.nan, w), W1)
    with pytest.raises(InputError, match="for the same arguments"):
        check_gradients(lambda w: (rng.normal(), w), W1)
    with pytest.raises(InputError, match="cannot be called"):
        check_gradients(lambda w: (1.0, w), (W1, W2), X)
    with pytest.raises(InputError, match="expected arrays"):
        check_gradients(lambda w: (1.0, w), {})


def test_gradients_that_are_not_finite_are_wrong() -> None:
    report = check_gradients(partial(rows, dW2=lambda q: q["dW2"] * np.nan), PARAMS, X, Y)
    assert report.findings[0].name == "W2"
    json.dumps(report.to_dict(), allow_nan=False)


def test_a_report_is_an_assertion_and_json() -> None:
    report = check_gradients(partial(rows, dz1=SLIPS["missing-activation-derivative"][1]), PARAMS, X, Y)
    assert repr(report) == str(report)
    again = GradientReport.from_dict(json.loads(json.dumps(report.to_dict(), allow_nan=False)))
    assert str(again) == str(report)
    with pytest.raises(AssertionError, match="missing-activation-derivative in dz1"):
        assert_gradients(partial(rows, dz1=SLIPS["missing-activation-derivative"][1]), PARAMS, X, Y)
    assert_gradients(rows, PARAMS, X, Y)


class Tensor:
    """As much of a PyTorch tensor as is looked at."""

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)

    def detach(self) -> "Tensor":
        return self

    def cpu(self) -> "Tensor":
        return self

    def numpy(self) -> Any:
        return self.values

    def double(self) -> "Tensor":
        return Tensor(self.values.astype(np.float64))

    def new_tensor(self, values: Any) -> "Tensor":
        if np.iscomplexobj(values):
            raise TypeError("complex numbers in a real tensor")
        return Tensor(np.asarray(values, self.values.dtype))


def of_tensors(params: Any, X: Tensor, Y: Tensor, **slips: Any) -> Any:
    loss, found = rows({name: p.values for name, p in params.items()}, X.values, Y.values, **slips)
    return Tensor(loss), {name: Tensor(g) for name, g in found.items()}


def test_tensors() -> None:
    params = {name: Tensor(p.astype(np.float32)) for name, p in PARAMS.items()}
    args = Tensor(X.astype(np.float32)), Tensor(Y.astype(np.float32))
    report = check_gradients(of_tensors, params, *args)
    assert report, report
    assert report.network
    report = check_gradients(partial(of_tensors, dz1=lambda q: q["da1"]), params, *args)
    assert slips_of(report) == [("missing-activation-derivative", "dz1")]


def test_pytorch() -> None:
    torch = pytest.importorskip("torch")

    def fn(w: Any, x: Any) -> Any:
        return (torch.tanh(w) * x).sum(), (1 - torch.tanh(w) ** 2) * x

    for dtype in (torch.float32, torch.float64):
        assert check_gradients(fn, torch.randn(3, 4, dtype=dtype), torch.randn(3, 4, dtype=dtype))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(1, 6), min_size=2, max_size=4),
    st.sampled_from(["identity", "logistic", "tanh", "relu", "leaky_relu"]),
    st.sampled_from(["softmax", "logistic"]),
    st.integers(1, 9),
    st.sampled_from([0.0, 0.5]),
    st.integers(0, 1000),
)
def test_right_gradients_are_right(
    widths: list[int], activation: str, output: str, m: int, alpha: float, seed: int
) -> None:
    if output == "softmax" and widths[-1] == 1:
        widths[-1] = 2
    network = Network(widths, activation, output, alpha=alpha)
    random = np.random.default_rng(seed)
    X, K = random.normal(size=(m, widths[0])), widths[-1]
    Y = np.eye(K)[random.integers(0, K, m)] if output == "softmax" else random.integers(0, 2, (m, K)).astype(float)
    report = check_gradients(network.loss_and_gradients, network.init(seed), X, Y)
    assert report, report
