"""The same draws, the same shuffles, the same numbers as scikit-learn: 1e-8 after 20 epochs in float64."""

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csc_array, csr_matrix
from sklearn.datasets import load_breast_cancer, load_digits, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier as Sklearn
from sklearn.preprocessing import scale

import chainrule.classifier
from chainrule import MLPClassifier

pytestmark = [
    pytest.mark.usefixtures("engine"),
    pytest.mark.filterwarnings(f"ignore::{ConvergenceWarning.__module__}.ConvergenceWarning"),
]

DIGITS = load_digits(return_X_y=True)
DIGITS = (DIGITS[0][:500] / 16, DIGITS[1][:500])
CANCER = load_breast_cancer(return_X_y=True)
CANCER = (scale(CANCER[0])[:300], np.array(["malignant", "benign"])[CANCER[1][:300]])
LABELS = make_multilabel_classification(n_samples=200, n_classes=4, random_state=0)
DATA = {"multiclass": DIGITS, "binary": CANCER, "multilabel": LABELS}

SOLVERS: dict[str, dict[str, Any]] = {
    "adam": {},
    "adam, other betas": {
        "beta_1": 0.5,
        "beta_2": 0.9,
        "epsilon": 1e-4,
        "learning_rate_init": 0.01,
    },
    "sgd": {"solver": "sgd", "learning_rate_init": 0.05},
    "sgd, no momentum": {"solver": "sgd", "momentum": 0.0},
    "sgd, plain momentum": {"solver": "sgd", "nesterovs_momentum": False},
    "sgd, invscaling": {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.3},
    "sgd, adaptive": {
        "solver": "sgd",
        "learning_rate": "adaptive",
        "tol": 0.05,
        "n_iter_no_change": 1,
    },
    "lbfgs": {"solver": "lbfgs"},
}


def close(got: Any, expected: Any) -> None:
    """Assert 1e-8 of an array's largest entry."""
    expected = np.asarray(expected)
    np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-8 * np.abs(expected).max())


def assert_same_fit(ours: Any, theirs: Any, X: Any, losses: bool = True) -> None:
    for got, expected in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        assert got.dtype == expected.dtype
        close(got, expected)
    close(ours.predict_proba(X), theirs.predict_proba(X))
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    assert (ours.n_iter_, ours.t_) == (theirs.n_iter_, theirs.t_)
    if losses:
        assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-8)
        if ours.solver != "lbfgs":  # which keeps no curve in scikit-learn
            np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-8)
            assert (ours.best_loss_ is None) == (theirs.best_loss_ is None)
            if ours.best_loss_ is not None:
                assert ours.best_loss_ == pytest.approx(theirs.best_loss_, rel=1e-8)


def both(**options: Any) -> tuple[MLPClassifier, Any]:
    defaults: dict[str, Any] = {"max_iter": 20, "random_state": 3, "hidden_layer_sizes": (12,)}
    return MLPClassifier(**defaults | options), Sklearn(**defaults | options)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("data", DATA)
def test_solvers_and_activations(solver: str, activation: str, data: str) -> None:
    X, y = DATA[data]
    ours, theirs = both(activation=activation, alpha=0.1, **SOLVERS[solver])
    assert_same_fit(ours.fit(X, y), theirs.fit(X, y), X)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("hidden", [(), (1,), (20, 10), (8, 7, 6)], ids=str)
@pytest.mark.parametrize("data", DATA)
def test_depths(solver: str, hidden: tuple[int, ...], data: str) -> None:
    X, y = DATA[data]
    # A random state with which no trial step of L-BFGS takes a score past 36: there scikit-learn caps the loss.
    ours, theirs = both(solver=solver, hidden_layer_sizes=hidden, alpha=0.0, random_state=0)
    assert_same_fit(ours.fit(X, y), theirs.fit(X, y), X)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("options", [{"batch_size": 37}, {"shuffle": False}, {"batch_size": 1, "max_iter": 2}], ids=str)
def test_batches(solver: str, options: dict[str, Any]) -> None:
    X, y = DIGITS
    ours, theirs = both(solver=solver, **options)
    assert_same_fit(ours.fit(X, y), theirs.fit(X, y), X)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("container", [csr_matrix, csc_array])
def test_sparse_input(solver: str, container: Any) -> None:
    X, y = DIGITS
    ours, theirs = both(solver=solver)
    assert_same_fit(ours.fit(container(X), y), theirs.fit(container(X), y), container(X))


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("data", DATA)
def test_sample_weights(solver: str, data: str) -> None:
    X, y = DATA[data]
    w = np.random.RandomState(0).uniform(0, 3, len(X))
    ours, theirs = both(solver=solver, alpha=0.5)
    # A curve over several batches of other weight is averaged by weight here, by rows there.
    assert_same_fit(ours.fit(X, y, w), theirs.fit(X, y, w), X, losses=solver == "lbfgs")
    ours, theirs = both(solver=solver, alpha=0.5, batch_size=len(X))
    assert_same_fit(ours.fit(X, y, w), theirs.fit(X, y, w), X)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("data", DATA)
def test_early_stopping(solver: str, weighted: bool, data: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if data == "multiclass":  # where scikit-learn does not stratify

        def unstratified(*arrays: Any, stratify: Any, **options: Any) -> Any:
            return train_test_split(*arrays, **options)

        monkeypatch.setattr(chainrule.classifier, "train_test_split", unstratified)
    X, y = DATA[data]
    w = np.random.RandomState(0).uniform(0.5, 3, len(X)) if weighted else None
    ours, theirs = both(solver=solver, early_stopping=True, validation_fraction=0.2, n_iter_no_change=3)
    assert_same_fit(ours.fit(X, y, w), theirs.fit(X, y, w), X, losses=not weighted)
    np.testing.assert_allclose(ours.validation_scores_, theirs.validation_scores_, rtol=1e-12)
    assert ours.best_validation_score_ == pytest.approx(theirs.best_validation_score_, rel=1e-12)
    assert ours.best_loss_ is None


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_warm_start(solver: str) -> None:
    X, y = CANCER
    ours, theirs = both(solver=solver, warm_start=True, max_iter=7)
    for _ in range(3):
        assert_same_fit(ours.fit(X, y), theirs.fit(X, y), X)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("data", DATA)
def test_partial_fit(solver: str, data: str) -> None:
    X, y = DATA[data]
    classes = np.arange(4) if data == "multilabel" else np.unique(y)
    ours, theirs = both(solver=solver, learning_rate="invscaling", batch_size=30)
    for start in range(0, 200, 50):
        part = slice(start, start + 50)
        ours.partial_fit(X[part], y[part], classes=classes)
        theirs.partial_fit(X[part], y[part], classes=classes)
    assert_same_fit(ours, theirs, X)


def test_partial_fit_goes_on_after_fit() -> None:
    X, y = DIGITS
    ours, theirs = both()
    for model in (ours, theirs):
        model.fit(X, y).partial_fit(X[:100], y[:100])
    assert_same_fit(ours, theirs, X)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_float32(solver: str) -> None:
    X, y = DIGITS[0].astype(np.float32), DIGITS[1]
    ours, theirs = both(solver=solver, max_iter=5)
    ours.fit(X, y)
    theirs.fit(X, y)
    assert all(p.dtype == np.float32 for p in ours.coefs_ + ours.intercepts_)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-3, atol=1e-5)


def test_a_random_state_goes_on_like_scikit_learns() -> None:
    X, y = CANCER
    ours, theirs = both(max_iter=3)
    ours.set_params(random_state=np.random.RandomState(5))
    theirs.set_params(random_state=np.random.RandomState(5))
    for _ in range(2):
        assert_same_fit(ours.fit(X, y), theirs.fit(X, y), X)


@pytest.mark.parametrize(
    "options", [{"early_stopping": True}, {"learning_rate": "adaptive", "solver": "sgd", "tol": 1}]
)
def test_it_says_the_same(options: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    X, y = CANCER
    said = []
    for model in both(verbose=True, n_iter_no_change=2, **options):
        model.fit(X, y)
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert "Iteration 1, loss = " in said[0]
