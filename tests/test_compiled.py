"""The compiled core against the reference, and against itself: shapes, layouts, threads, instruction sets."""

import hashlib
import os
import platform
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from chainrule import MLPClassifier, Network, Parameters
from chainrule.engines import compiled, engine_of, reference
from chainrule.network import Samples
from chainrule.optimizers import SGD, Adam, Optimizer

ACTIVATIONS = ["identity", "logistic", "tanh", "relu", "leaky_relu"]
OUTPUTS = [("softmax", 3), ("softmax", 17), ("logistic", 1), ("logistic", 5)]
EDGES = [1, 2, 15, 16, 17, 31, 33, 47, 49, 63, 65]
OPTIMIZERS = ["sgd", "nesterov", "adam"]


def optimizer_of(name: str, parameters: Parameters) -> Optimizer:
    if name == "adam":
        return Adam.at_rest(parameters, 0.01, 0.9, 0.999, 1e-8)
    # Short steps: over many long ones, a batch of one row blows rounding itself up past any tolerance.
    return SGD.at_rest(parameters, 0.002, 0.9, name == "nesterov")


def problem(network: Network, m: int, dtype: Any, *, weighted: bool, seed: int = 0) -> tuple[Parameters, Samples]:
    random = np.random.RandomState(seed)
    K = network.layer_sizes[-1]
    X = random.standard_normal((m, network.layer_sizes[0])).astype(dtype)
    if network.output == "softmax":
        Y = random.randint(0, K, m)[:, np.newaxis] == np.arange(K)
    else:
        Y = random.randint(0, 2, (m, K)).astype(bool)
    w = random.uniform(0, 2, m).astype(dtype) if weighted else None
    return network.init(random, dtype), Samples(X, Y, w)


def trained(
    engine: Any, network: Network, start: Parameters, samples: Samples, optimizer: str, *, batch: int, threads: int = 1
) -> tuple[list[float], Parameters, Optimizer]:
    """Return losses, parameters and optimiser after two epochs, in an order that is not that of the rows."""
    parameters = start.copy()
    state = optimizer_of(optimizer, parameters)
    order = np.random.RandomState(1).permutation(len(samples.Y))
    with engine.descent(network, parameters, state, samples, batch, threads) as run_epoch:
        losses = [run_epoch(order), run_epoch(order[::-1].copy())]
    return losses, parameters, state


def assert_close(got: Any, expected: Any, dtype: Any) -> None:
    tolerance = 1e-11 if dtype == np.float64 else 2e-4
    for g, e in zip((*got.W, *got.b), (*expected.W, *expected.b), strict=True):
        assert g.dtype == e.dtype == dtype
        np.testing.assert_allclose(g, e, rtol=tolerance, atol=tolerance * max(np.abs(e).max(), 1e-3))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [[], [9], [9, 20], [9, 20, 5]], ids=str)
@pytest.mark.parametrize("output", OUTPUTS, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_is_that_of_the_reference(
    activation: str, hidden: list[int], output: tuple[str, int], dtype: Any
) -> None:
    for optimizer, weighted, alpha in product(OPTIMIZERS, [False, True], [0.0, 0.5]):
        network = Network([6, *hidden, output[1]], activation, output[0], alpha, negative_slope=0.2)
        start, samples = problem(network, 23, dtype, weighted=weighted)
        ours = trained(compiled, network, start, samples, optimizer, batch=10)
        theirs = trained(reference, network, start, samples, optimizer, batch=10)
        np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-11 if dtype == np.float64 else 1e-5)
        assert_close(ours[1], theirs[1], dtype)
        if isinstance(ours[2], Adam) and isinstance(theirs[2], Adam):
            assert ours[2].t == theirs[2].t == 6
            assert_close(ours[2].m, theirs[2].m, dtype)
            assert_close(ours[2].v, theirs[2].v, dtype)
        elif isinstance(ours[2], SGD) and isinstance(theirs[2], SGD):
            assert_close(ours[2].velocity, theirs[2].velocity, dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("width", EDGES)
def test_sizes_around_the_edges_of_a_tile(width: int, dtype: Any) -> None:
    for d_0, K, m in ((width, 3, 7), (5, width, 7), (5, 3, width)):
        network = Network([d_0, width, K], "tanh", alpha=0.1)
        start, samples = problem(network, m, dtype, weighted=True)
        ours = trained(compiled, network, start, samples, "adam", batch=max(m - 1, 1))
        theirs = trained(reference, network, start, samples, "adam", batch=max(m - 1, 1))
        assert_close(ours[1], theirs[1], dtype)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    sizes=st.lists(st.integers(1, 40), min_size=2, max_size=5),
    m=st.integers(1, 60),
    batch=st.integers(1, 70),
    activation=st.sampled_from(ACTIVATIONS),
    output=st.sampled_from(["softmax", "logistic"]),
    weighted=st.booleans(),
    threads=st.integers(1, 3),
)
def test_any_shape(
    sizes: list[int], m: int, batch: int, activation: str, output: str, weighted: bool, threads: int
) -> None:
    network = Network(sizes, activation, output, alpha=0.1)
    start, samples = problem(network, m, np.float64, weighted=weighted)
    if weighted and samples.total_weight == 0:
        return
    loss, gradients = compiled.loss_and_gradients(network, start, samples, threads)
    expected_loss, expected = reference.loss_and_gradients(network, start, samples, threads)
    assert loss == pytest.approx(expected_loss, rel=1e-12)
    assert_close(gradients, expected, np.float64)
    ours = trained(compiled, network, start, samples, "nesterov", batch=batch, threads=threads)
    theirs = trained(reference, network, start, samples, "nesterov", batch=batch)
    assert_close(ours[1], theirs[1], np.float64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("output", OUTPUTS, ids=str)
@pytest.mark.parametrize("m", [1, 2, 300])
def test_scores(dtype: Any, output: tuple[str, int], m: int) -> None:
    network = Network([7, 20, output[1]], "relu", output[0])
    start, samples = problem(network, m, dtype, weighted=False)
    got = compiled.scores(network, start, samples.X, 2)
    np.testing.assert_allclose(
        got, reference.scores(network, start, samples.X, 2), rtol=1e-4 if dtype == np.float32 else 1e-12, atol=1e-5
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", [[7, 20, 1], [5, 3], [13, 100, 10], [65, 150, 49, 18], [3, 16, 36]], ids=str)
def test_a_row_by_itself_has_the_scores_that_it_has_among_many(sizes: list[int], dtype: Any) -> None:
    network = Network(sizes, "tanh", "logistic")
    start, samples = problem(network, 40, dtype, weighted=False)
    many, predict_proba = compiled.scores(network, start, samples.X, 1), compiled.predictor(network, start)
    probabilities = predict_proba(samples.X)
    for X in (samples.X, np.asfortranarray(samples.X)):
        for rows in (slice(0, 1), slice(3, 6), slice(0, 0)):
            np.testing.assert_array_equal(compiled.scores(network, start, X[rows], 1), many[rows])
            np.testing.assert_array_equal(predict_proba(X[rows]), probabilities[rows])


def layouts(X: Any, folder: Path) -> dict[str, Any]:
    """Return the same numbers as NumPy may hand them over."""
    read_only = X.copy()
    read_only.flags.writeable = False
    mapped = np.memmap(folder / "X", X.dtype, "w+", shape=X.shape)
    mapped[:] = X
    wide = np.zeros((2 * len(X), 3 * X.shape[1]), X.dtype)
    wide[::2, ::3] = X
    backwards = np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1]
    sparse = csr_array(X)
    sparse_64 = csr_array((sparse.data, sparse.indices.astype(np.int64), sparse.indptr.astype(np.int64)), X.shape)
    return {
        "read-only": read_only,
        "Fortran": np.asfortranarray(X),
        "memory-mapped": mapped,
        "strided": wide[::2, ::3],
        "rows apart": wide[::2, : X.shape[1]] * 0 + X,
        "backwards": backwards,
        "CSR": sparse,
        "CSR, 64-bit": sparse_64,
    }


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layouts_of_the_input(dtype: Any, tmp_path: Path) -> None:
    network = Network([11, 18, 3], "relu", alpha=0.1)
    start, samples = problem(network, 29, dtype, weighted=True)
    samples = samples._replace(X=np.where(samples.X > 0.5, samples.X, 0).astype(dtype))
    expected = trained(compiled, network, start, samples, "adam", batch=10)
    z = compiled.scores(network, start, samples.X, 1)
    for name, X in layouts(samples.X, tmp_path).items():
        got = trained(compiled, network, start, samples._replace(X=X), "adam", batch=10)
        assert_close(got[1], expected[1], dtype)
        if "CSR" not in name:
            np.testing.assert_array_equal(got[1].W[0], expected[1].W[0], err_msg=name)
        np.testing.assert_allclose(compiled.scores(network, start, X, 1), z, rtol=1e-5, atol=1e-6, err_msg=name)


# ------------------------------------------------------------ the same bits

WIDE: list[tuple[Network, int, Any]] = [
    (Network([100, 200, 60, 10], "tanh", alpha=0.1), 128, np.float32),
    (Network([300, 130, 7], "logistic", "logistic", alpha=0.1), 90, np.float64),
    (Network([5, 3], "relu"), 16, np.float32),
]


def digest(threads: int) -> str:
    """Return a hash of everything that training leaves behind, over several networks and solvers."""
    bits = hashlib.sha256()
    for (network, batch, dtype), optimizer, sparse in product(WIDE, OPTIMIZERS, [False, True]):
        start, samples = problem(network, 300, dtype, weighted=True)
        if sparse:
            samples = samples._replace(X=csr_array(np.where(samples.X > 1, samples.X, 0).astype(dtype)))
        losses, parameters, _ = trained(compiled, network, start, samples, optimizer, batch=batch, threads=threads)
        loss, gradients = compiled.loss_and_gradients(network, start, samples, threads)
        z = compiled.scores(network, parameters, samples.X, threads)
        for array in (*parameters.W, *parameters.b, *gradients.W, *gradients.b, z, np.array([*losses, loss])):
            bits.update(np.ascontiguousarray(array).tobytes())
    return bits.hexdigest()


def test_the_same_bits_for_any_number_of_threads_and_from_run_to_run() -> None:
    assert digest(1) == digest(1) == digest(2) == digest(3) == digest(7)


def digest_under(isa: str) -> str:
    code = "import test_compiled, sys; sys.stdout.write(test_compiled.digest(2) + test_compiled.compiled.isa())"
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    environment = os.environ | {"CHAINRULE_ISA": isa, "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)  # noqa: S603
    assert done.stdout.endswith(isa)
    return done.stdout.removesuffix(isa)


@pytest.mark.skipif(compiled.isa() != "v4", reason="needs a processor with AVX-512")
def test_the_same_bits_with_avx2_and_avx512() -> None:
    assert digest_under("v3") == digest_under("v4") == digest(1)


@pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="names instruction sets of x86-64")
def test_the_baseline_runs_everywhere_and_an_unknown_instruction_set_is_refused() -> None:
    assert len(digest_under("baseline")) == 64
    with pytest.raises(subprocess.CalledProcessError) as error:
        digest_under("v5")
    assert "CHAINRULE_ISA: expected one of" in error.value.stderr


# ---------------------------------------------------------- through the estimator


def test_the_estimator_gives_the_same_bits_for_any_n_jobs() -> None:
    random = np.random.RandomState(0)
    X, y = random.standard_normal((600, 200)), random.randint(0, 5, 600)
    models = [
        MLPClassifier((300,), max_iter=3, random_state=0, tol=0, n_iter_no_change=99, n_jobs=n_jobs)
        for n_jobs in (1, 2, -1)
    ]
    with pytest.warns(UserWarning, match="Maximum iterations"):
        probabilities = [model.fit(X, y).predict_proba(X) for model in models]
    for p in probabilities:
        np.testing.assert_array_equal(p, probabilities[0])


def test_threads_follow_n_jobs_and_threadpoolctl() -> None:
    cores = MLPClassifier(n_jobs=-1)._threads
    assert cores >= 1
    assert MLPClassifier(n_jobs=1)._threads == 1
    assert MLPClassifier(n_jobs=5)._threads == 5
    with threadpool_limits(1):
        assert MLPClassifier()._threads == 1


def test_an_interrupt_ends_the_fit_soon_and_leaves_a_usable_estimator() -> None:
    random = np.random.RandomState(0)
    X, y = random.standard_normal((20_000, 200)).astype(np.float32), random.randint(0, 5, 20_000)
    model = MLPClassifier((500,), max_iter=10_000, n_iter_no_change=np.inf, random_state=0)
    threading.Timer(1.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    start = time.perf_counter()
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.fit(X, y)
    assert time.perf_counter() - start < 60  # and not the hours that 10,000 epochs take
    assert np.isfinite(model.predict_proba(X[:10])).all()
    model.set_params(max_iter=1, warm_start=True)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        model.fit(X[:1000], y[:1000])


def test_weights_that_diverge_are_found_at_the_end_of_their_epoch() -> None:
    X, y = np.random.RandomState(0).standard_normal((50, 4)), np.arange(50) % 3
    model = MLPClassifier(solver="sgd", learning_rate_init=1e200, batch_size=5, max_iter=100)
    with pytest.raises(ValueError, match=r"non-finite parameter weights.*Epoch 1 ended"):
        model.fit(X, y)
    assert model.n_iter_ == 1


def test_without_the_extension_the_error_says_how_to_build_it(monkeypatch: pytest.MonkeyPatch) -> None:
    engine_of.cache_clear()
    monkeypatch.delitem(sys.modules, "chainrule.engines.compiled")
    monkeypatch.setitem(sys.modules, "chainrule._core", None)
    monkeypatch.delattr("chainrule._core", raising=False)
    with pytest.raises(ImportError, match=r"`pip install .`.*or ask for engine='reference'"):
        MLPClassifier().fit([[0.0], [1.0]], [0, 1])
    assert MLPClassifier(engine="reference", max_iter=300, tol=1).fit([[0.0], [1.0]], [0, 1]).n_iter_ > 0


def test_a_predictor_serves_several_threads() -> None:
    random = np.random.default_rng(0)
    X, y = random.normal(size=(400, 20)), random.integers(0, 5, 400)
    model = MLPClassifier(hidden_layer_sizes=(64,), max_iter=2, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y)
    predict = model.predictor()
    expected = predict(X)

    def is_right(first: int) -> bool:
        rows = slice(first, first + 40)
        return all(np.array_equal(predict(X[rows]), expected[rows]) for _ in range(300))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(is_right, range(0, 400, 40)))
