"""The reference against complex-step derivatives, PyTorch, and itself."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array
from scipy.special import log_softmax

from chainrule import Network, Parameters, softmax_jacobian
from chainrule.activations import OUTPUTS, activation_of
from oracles import complex_step_gradients, relative_error

ACTIVATIONS = ["identity", "logistic", "tanh", "relu", "leaky_relu"]
HIDDEN: list[list[int]] = [[], [4], [4, 5], [4, 5, 3]]
NETWORK_OUTPUTS = [("softmax", 3), ("softmax", 2), ("logistic", 1), ("logistic", 3)]
M, INPUTS = 7, 6


def problem(network: Network, weighted: bool, seed: int = 0) -> tuple[Parameters, Any, Any, Any]:
    """Return parameters, X, y and w, with no hidden z within 1e-3 of a kink."""
    random = np.random.RandomState(seed)
    K = network.layer_sizes[-1]
    parameters = network.init(random)
    X = random.standard_normal((M, INPUTS))
    y = random.randint(0, 2, (M, K)) if network.output == "logistic" else random.randint(0, K, M)
    w = np.array([0.0, 0.5, 1.0, 2.0, 3.0, 0.25, 1.5]) if weighted else None
    q = network.forward(parameters, X)
    hidden = [q[f"z{l}"] for l in range(1, network.depth)]
    if any(np.abs(z).min() < 1e-3 for z in hidden):
        return problem(network, weighted, seed + 1)
    return parameters, X, y, w


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
@pytest.mark.parametrize("output", NETWORK_OUTPUTS, ids=str)
@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("alpha", [0.0, 0.7])
def test_gradients_are_those_of_the_loss(
    activation: str, hidden: list[int], output: tuple[str, int], weighted: bool, alpha: float
) -> None:
    network = Network([INPUTS, *hidden, output[1]], activation, output[0], alpha, negative_slope=0.2)
    parameters, X, y, w = problem(network, weighted)
    _, gradients = network.loss_and_gradients(parameters, X, y, w)
    assert relative_error(gradients, complex_step_gradients(network, parameters, X, y, w)) < 1e-12


@pytest.fixture(scope="module")
def torch_cases() -> Any:
    with np.load(Path(__file__).parent / "fixtures" / "torch.npz") as file:
        return dict(file)


@pytest.mark.parametrize("case", range(30))
def test_loss_and_gradients_agree_with_pytorch(torch_cases: dict[str, Any], case: int) -> None:
    one = {name.split("/", 1)[1]: value for name, value in torch_cases.items() if name.startswith(f"{case}/")}
    L = int(one["depth"])
    network = Network(
        one["layer_sizes"].tolist(),
        str(one["activation"]),
        str(one["output"]),
        float(one["alpha"]),
        0.1,
    )
    layers = range(1, L + 1)
    parameters = Parameters([one[f"W{l}"] for l in layers], [one[f"b{l}"] for l in layers])
    expected = Parameters([one[f"dW{l}"] for l in layers], [one[f"db{l}"] for l in layers])
    loss, gradients = network.loss_and_gradients(parameters, one["X"], one["y"], one["w"])
    assert loss == pytest.approx(float(one["loss"]), rel=1e-12)
    assert relative_error(gradients, expected) < 1e-12


def test_trace_names_every_quantity_of_the_table() -> None:
    network = Network([INPUTS, 4, 5, 3], "tanh", alpha=0.1)
    q = network.trace(*problem(network, weighted=False)[:3])
    names = "z1 a1 z2 a2 z3 y_hat data_loss penalty loss dz3 dW3 db3 da2 dz2 dW2 db2 da1 dz1 dW1 db1"
    assert " ".join(q) == names
    shapes = {name: np.shape(value) for name, value in q.items()}
    assert shapes["a2"] == shapes["da2"] == shapes["dz2"] == (M, 5)
    assert shapes["y_hat"] == shapes["dz3"] == (M, 3)
    assert shapes["dW2"] == (4, 5)
    assert shapes["db3"] == (3,)
    assert shapes["loss"] == ()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("output", NETWORK_OUTPUTS, ids=str)
def test_dtype_is_kept(dtype: Any, activation: str, output: tuple[str, int]) -> None:
    network = Network([INPUTS, 4, output[1]], activation, output[0], alpha=0.1)
    parameters, X, y, w = problem(network, weighted=True)
    q = network.trace(parameters.astype(dtype), X.astype(dtype), y, w)
    assert {np.asarray(value).dtype for value in q.values()} == {np.dtype(dtype)}
    network = Network([INPUTS, 4, output[1]], activation, output[0], np.float64(0.1), np.float64(0.2))  # from a grid
    q = network.trace(parameters.astype(dtype), X.astype(dtype), y, w)
    assert {np.asarray(value).dtype for value in q.values()} == {np.dtype(dtype)}


@pytest.mark.parametrize("output", NETWORK_OUTPUTS, ids=str)
def test_sparse_input_gives_the_same(output: tuple[str, int]) -> None:
    network = Network([INPUTS, 4, output[1]], "relu", output[0], alpha=0.1)
    parameters, X, y, w = problem(network, weighted=True)
    X = np.where(np.abs(X) < 1, 0, X)
    dense, sparse = (
        network.trace(parameters, X, y, w),
        network.trace(parameters, csr_array(X), y, w),
    )
    for name in dense:
        np.testing.assert_allclose(sparse[name], dense[name], rtol=1e-12, atol=1e-15)


def test_weights_count_as_repetitions() -> None:
    network = Network([INPUTS, 4, 3], "tanh", alpha=0.3)
    parameters, X, y, _ = problem(network, weighted=False)
    times = np.array([1, 3, 0, 2, 1, 1, 4])
    weighted = network.loss_and_gradients(parameters, X, y, times)
    repeated = network.loss_and_gradients(parameters, np.repeat(X, times, axis=0), np.repeat(y, times))
    assert weighted[0] == pytest.approx(repeated[0], rel=1e-13)
    assert relative_error(weighted[1], repeated[1]) < 1e-13


def test_jacobian_is_that_of_the_softmax() -> None:
    network = Network([4, 4])
    z = np.array([[0.3, -1.0, 2.0, 0.1], [5.0, 5.0, -3.0, 0.0]])
    unit = Parameters([np.eye(4)], [np.zeros(4)])
    y_hat = network.forward(unit, z)["y_hat"]
    J = softmax_jacobian(y_hat)
    for i in range(4):
        column = network.forward(unit, z + 1e-30j * np.eye(4)[i])["y_hat"].imag / 1e-30
        np.testing.assert_allclose(J[:, :, i], column, rtol=1e-13, atol=1e-16)
    np.testing.assert_array_equal(softmax_jacobian(y_hat[0]), J[0])


def test_loss_is_not_capped_where_probabilities_end() -> None:
    network = Network([1, 2])
    parameters = Parameters([np.array([[500.0, -500.0]], np.float32)], [np.zeros(2, np.float32)])
    q = network.trace(parameters, np.ones((1, 1), np.float32), [1])
    assert q["loss"] == 1000
    assert q["y_hat"][0, 1] == 0


@settings(max_examples=200, deadline=None)
@given(arrays(np.float64, (3, 4), elements=st.floats(-1e4, 1e4)))
def test_outputs_are_probabilities_and_their_logarithms(z: Any) -> None:
    softmax, logistic = OUTPUTS["softmax"], OUTPUTS["logistic"]
    Y = np.eye(4)[[0, 2, 3]]
    np.testing.assert_allclose(softmax.y_hat(z).sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(softmax.loss(z, Y), -log_softmax(z, axis=1)[Y == 1], rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(logistic.y_hat(z) + logistic.y_hat(-z), 1, rtol=1e-15)
    np.testing.assert_allclose(logistic.loss(z, Y), np.logaddexp(0, np.where(Y, -z, z)).sum(axis=1), rtol=1e-14)
    for output in (softmax, logistic):
        assert np.isfinite(output.log_y_hat(z)).all()
        np.testing.assert_allclose(np.exp(output.log_y_hat(z)), output.y_hat(z), rtol=1e-11, atol=1e-300)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_the_loss_of_a_good_fit_does_not_cancel(dtype: Any, offset: float) -> None:
    z = np.array([[0.0, 20.0, 8.0]], dtype) + dtype(offset)
    truth = np.log1p(np.exp(-20.0) + np.exp(-12.0))
    assert OUTPUTS["softmax"].loss(z, np.array([[0, 1, 0]]))[0] == pytest.approx(truth, rel=1e-6)
    z = np.array([[50.0], [-17.0]], dtype)
    expected = np.exp([-50.0, -17.0])
    np.testing.assert_allclose(OUTPUTS["logistic"].loss(z, np.array([[1], [0]])), expected, rtol=1e-6)


def test_relu_lets_nan_through_and_holds_infinity_back() -> None:
    z = np.array([np.nan, -np.inf, np.inf, 0.0, -0.0])
    np.testing.assert_array_equal(activation_of("relu").value(z), [np.nan, 0, np.inf, 0, 0])


def trace_of(y: Any, w: Any = None, X: Any = np.zeros((2, 3)), parameters: Any = None) -> None:  # noqa: B008
    network = Network([3, 2])
    network.trace(parameters or network.init(0), X, y, w)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Network([3]), "layer_sizes: expected two or more positive widths; got [3]"),
        (lambda: Network([3, 0, 2]), "got [3, 0, 2]"),
        (lambda: Network([3, 2], "swish"), "activation: expected one of identity, logistic"),
        (
            lambda: Network([3, 2], output="linear"),
            "output: expected one of softmax, logistic; got 'linear'",
        ),
        (
            lambda: Network([3, 2]).forward(Parameters([np.zeros((2, 3))], [np.zeros(2)]), np.zeros((1, 3))),
            "W1: expected shape (3, 2), got (2, 3)",
        ),
        (
            lambda: Network([3, 2]).trace(Network([3, 2]).init(0), np.zeros((2, 3)), [0, 2]),
            "y: expected class indices 0 to 1; got 2",
        ),
        (
            lambda: Network([3, 2]).trace(Network([3, 2]).init(0), np.zeros((1, 3)), [[0, 1, 0]]),
            "y: expected class indices of shape (1,) or targets of shape (1, 2); got shape (1, 3)",
        ),
        (lambda: trace_of([0, 0.5]), "y: expected class indices 0 to 1; got 0.5"),
        (lambda: trace_of([0]), "got shape (1,)"),
        (lambda: trace_of([[2, -1], [1, 0]]), "targets from 0 to 1, rows that sum to 1; got rows such as [2, -1]"),
        (lambda: trace_of([0, 1], [-1, 2]), "sample_weight: expected 2 finite weights, none negative, not all 0"),
        (lambda: trace_of([0, 1], [0, 0]), "not all 0; got [0, 0]"),
        (lambda: trace_of([0, 1], X=[[1.0, 2.0]] * 2), "X: expected shape (m, 3), got (2, 2)"),
        (
            lambda: trace_of([0, 1], parameters=Network([3, 2, 2]).init(0)),
            "parameters: expected 1 W and as many b, got 2 W",
        ),
        (lambda: Network([3, 2], alpha=-1.0), "alpha: expected a number from 0 on; got -1.0"),
        (lambda: softmax_jacobian(0.5), "y_hat: expected shape (K,) or (m, K), got ()"),
    ],
)
def test_what_is_no_network_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011
        make()
    assert message in str(error.value)
