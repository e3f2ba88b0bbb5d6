"""What MLPClassifier does beyond, and better than, scikit-learn's; and how it refuses."""

import pickle
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.datasets import load_breast_cancer, load_digits, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier as Sklearn
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.utils.class_weight import compute_sample_weight

from chainrule import MLPClassifier

pytestmark = [
    pytest.mark.usefixtures("engine"),
    pytest.mark.filterwarnings(f"ignore::{ConvergenceWarning.__module__}.ConvergenceWarning"),
]

X, Y = load_digits(return_X_y=True)
X, Y = X[:400] / 16, Y[:400]
X2, Y2 = load_breast_cancer(return_X_y=True)
X2 = scale(X2)
LABELS = make_multilabel_classification(n_samples=400, n_classes=3, random_state=0)[1]


def small(**options: Any) -> MLPClassifier:
    defaults: dict[str, Any] = {"hidden_layer_sizes": (10,), "max_iter": 15, "random_state": 0}
    return MLPClassifier(**defaults | options)


class Recorder:
    """A callback that notes what happens, and stops after some epochs."""

    def __init__(self, stop_after: int = 10**9) -> None:
        self.events: list[Any] = []
        self.losses: list[float] = []
        self.stop_after = stop_after

    def setup(self, estimator: Any, context: Any) -> None:
        self.events.append(("setup", context.task_name, context.max_subtasks))

    def teardown(self, estimator: Any, context: Any) -> None:
        self.events.append(("teardown", context.task_name))

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        self.events.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(self, estimator: Any, context: Any, *, fitted_estimator: Any = None) -> bool:
        self.events.append(("end", context.task_name, context.task_id))
        if context.task_name == "epoch":
            self.losses.append(estimator.loss_)
            assert fitted_estimator.coefs_[0] is not estimator.coefs_[0]
        return len(self.losses) >= self.stop_after


# ------------------------------------------------ where scikit-learn errs


def test_early_stopping_split_is_stratified_for_many_classes() -> None:
    y = np.repeat(["a", "b", "c"], [380, 10, 10])
    model = small(early_stopping=True, validation_fraction=0.1)
    seen: list[Any] = []
    model._split = lambda samples: seen.append(MLPClassifier._split(model, samples)) or seen[0]  # type: ignore[method-assign,func-returns-value]
    model.fit(X, y)
    train, validation = seen[0]
    np.testing.assert_array_equal(train.Y.sum(axis=0), [342, 9, 9])
    np.testing.assert_array_equal(validation.Y.sum(axis=0), [38, 1, 1])


def test_a_class_too_small_to_stratify_by_is_no_hindrance() -> None:
    y = np.array(["common"] * 399 + ["rare"], dtype=object)
    y[0] = y[1] = "other"
    with pytest.warns(UserWarning, match="sets 40 of 400 rows aside.*the split is not stratified"):
        small(early_stopping=True).fit(X, y)


def test_loss_is_averaged_by_weight() -> None:
    # Two batches that do not move (learning rate next to nothing): the epoch's loss is that of all rows at once.
    w = np.where(np.arange(400) < 200, 9.0, 1.0)
    model = small(max_iter=1, learning_rate_init=1e-300, shuffle=False, batch_size=200, alpha=0.0)
    model.fit(X, Y, w)
    assert model.loss_ == pytest.approx(log_loss(Y, model.predict_proba(X), sample_weight=w), rel=1e-12)
    theirs = Sklearn(**{k: v for k, v in model.get_params().items() if k in Sklearn().get_params()}).fit(X, Y, w)
    assert theirs.loss_ != pytest.approx(model.loss_, rel=1e-4)


def test_a_batch_without_weight_is_passed_over() -> None:
    w = np.repeat([0.0, 1.0], 200)
    options: dict[str, Any] = {"shuffle": False, "batch_size": 200}
    model = small(**options).fit(X, Y, w)
    rest = small(**options).fit(X[200:], Y[200:], w[200:])
    for got, expected in zip(model.coefs_, rest.coefs_, strict=True):
        np.testing.assert_array_equal(got, expected)
    assert model.loss_curve_ == pytest.approx(rest.loss_curve_)
    with pytest.raises(ZeroDivisionError):
        Sklearn(hidden_layer_sizes=(10,), **options).fit(X, Y, w)


@pytest.mark.parametrize("output", ["auto", "softmax"])
def test_loss_and_log_proba_come_from_the_scores(output: str) -> None:
    x = np.array([[-1.0], [1.0]], np.float32)
    model = small(hidden_layer_sizes=(), out_activation=output, alpha=0.0).fit(x, [0, 1])
    model.coefs_ = [
        np.full_like(W, 1) * np.linspace(-200, 200, W.shape[1] + 1, dtype=np.float32)[1:] for W in model.coefs_
    ]
    model.intercepts_ = [np.zeros_like(b) for b in model.intercepts_]
    log_proba = model.predict_log_proba(x)
    assert np.isfinite(log_proba).all()
    assert log_proba.min() == pytest.approx(-200)
    assert model.predict_proba(x).min() < 1e-38
    # One more epoch of the wrong labels starts at the loss these weights have: 200, where scikit-learn says 15.9.
    assert model.partial_fit(x, [1, 0]).loss_ == pytest.approx(200)


def test_a_converged_warm_start_gets_its_patience_back() -> None:
    options: dict[str, Any] = {
        "warm_start": True,
        "tol": 0.5,
        "n_iter_no_change": 4,
        "max_iter": 50,
        "random_state": 0,
    }
    ours, theirs = MLPClassifier(**options).fit(X, Y), Sklearn(**options).fit(X, Y)
    assert ours.n_iter_ == theirs.n_iter_ > 5
    ours.fit(X, Y)
    theirs.fit(X, Y)
    assert theirs.n_iter_ == 1
    assert ours.n_iter_ >= 5


def test_early_stopping_can_be_turned_on_in_a_warm_start() -> None:
    model = small(warm_start=True).fit(X, Y).set_params(early_stopping=True).fit(X, Y)
    assert len(model.validation_scores_) == model.n_iter_
    assert model.set_params(early_stopping=False).fit(X, Y).best_loss_ > 0


# ------------------------------------------------------- what was refused


@pytest.mark.parametrize("class_weight", ["balanced", {0: 5.0, 3: 0.5}])
@pytest.mark.parametrize("weighted", [False, True])
def test_class_weight_is_a_sample_weight(class_weight: Any, weighted: bool) -> None:
    w = np.random.RandomState(0).randint(1, 4, 400).astype(float) if weighted else np.ones(400)
    if class_weight == "balanced":
        total = np.bincount(Y, weights=w)
        equal = w * (w.sum() / (10 * total))[Y]
    else:
        equal = w * compute_sample_weight(class_weight, Y)
    by_class = small(class_weight=class_weight).fit(X, Y, w if weighted else None)
    by_sample = small().fit(X, Y, equal)
    for got, expected in zip(by_class.coefs_, by_sample.coefs_, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


def test_class_weight_in_partial_fit_needs_no_class_of_the_batch() -> None:
    model = small(class_weight={0: 3.0}).partial_fit(X[Y == 1], Y[Y == 1], classes=range(10))
    assert model.n_iter_ == 1


def test_balanced_weights_over_a_class_without_weight() -> None:
    w = np.where(Y == 3, 0.0, 1.0)
    assert np.isfinite(small(class_weight="balanced").fit(X, Y, w).loss_)


def test_leaky_relu_has_its_slope() -> None:
    leaky = small(activation="leaky_relu", negative_slope=0.0).fit(X, Y)
    relu = small(activation="relu").fit(X, Y)
    np.testing.assert_array_equal(leaky.coefs_[0], relu.coefs_[0])
    linear = small(activation="leaky_relu", negative_slope=1.0).fit(X, Y)
    identity = small(activation="identity").fit(X, Y)
    np.testing.assert_array_equal(linear.coefs_[0], identity.coefs_[0])
    assert small(activation="leaky_relu").fit(X, Y).loss_ != relu.loss_


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_own_validation_data_gives_curves_and_changes_nothing(solver: str) -> None:
    plain = small(solver=solver).fit(X[:300], Y[:300])
    w = np.linspace(0, 1, 100)
    model = small(solver=solver).fit(X[:300], Y[:300], X_val=X[300:], y_val=Y[300:], sample_weight_val=w)
    np.testing.assert_array_equal(model.coefs_[0], plain.coefs_[0])
    assert plain.validation_scores_ is None
    assert plain.validation_loss_curve_ is None
    assert len(model.validation_scores_) == len(model.validation_loss_curve_) == model.n_iter_
    assert model.validation_scores_[-1] == pytest.approx(model.score(X[300:], Y[300:], w))
    expected = log_loss(Y[300:], model.predict_proba(X[300:]), sample_weight=w, labels=range(10))
    assert model.validation_loss_curve_[-1] == pytest.approx(expected)
    assert model.best_validation_score_ == max(model.validation_scores_)


def test_own_validation_data_takes_the_place_of_the_split() -> None:
    model = small(early_stopping=True, max_iter=200, n_iter_no_change=3, learning_rate_init=0.05)
    model.fit(X[:300], Y[:300], X_val=X[300:], y_val=Y[300:])
    assert model.n_iter_ < 200
    assert model.t_ == 300 * model.n_iter_
    assert model.score(X[300:], Y[300:]) == pytest.approx(model.best_validation_score_)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_keep_best_ends_with_the_best_epoch(solver: str) -> None:
    options: dict[str, Any] = {"solver": solver, "learning_rate_init": 0.2, "batch_size": 20}
    validation: dict[str, Any] = {"X_val": X[300:], "y_val": Y[300:]}
    last = small(**options).fit(X[:300], Y[:300], **validation)
    best = small(**options, keep_best=True).fit(X[:300], Y[:300], **validation)
    assert best.validation_scores_ == last.validation_scores_
    assert best.score(X[300:], Y[300:]) == max(best.validation_scores_)
    epoch = int(np.argmax(last.validation_scores_)) + 1
    then = small(**options | {"max_iter": epoch}).fit(X[:300], Y[:300])
    np.testing.assert_array_equal(best.coefs_[0], then.coefs_[0])


def test_keep_best_without_validation_goes_by_the_loss_of_the_weights() -> None:
    class Losses(Recorder):
        def on_fit_task_end(self, estimator: Any, context: Any, *, fitted_estimator: Any = None) -> bool:
            if context.task_name == "epoch":
                self.losses.append(log_loss(Y, fitted_estimator.predict_proba(X)))
            return False

    losses = Losses()
    options: dict[str, Any] = {"solver": "sgd", "learning_rate_init": 0.3, "batch_size": 10, "alpha": 0.0}
    best = small(**options, keep_best=True).set_callbacks(losses).fit(X, Y)
    assert np.argmin(losses.losses) < best.n_iter_ - 1
    assert log_loss(Y, best.predict_proba(X)) == pytest.approx(min(losses.losses), rel=1e-12)


def test_keep_best_is_per_fit() -> None:
    model = small(warm_start=True, keep_best=True).fit(X, Y)
    before = model.coefs_[0].copy()
    model.fit(X, (Y + 1) % 10)  # harder for these weights than what they were fitted to
    assert not np.array_equal(model.coefs_[0], before)


def test_a_fit_that_dies_leaves_nothing_to_the_next() -> None:
    class Die(Recorder):
        def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
            if context.task_id == 2:
                raise RuntimeError

    model = small(early_stopping=True).set_callbacks(Die())
    with pytest.raises(RuntimeError):
        model.fit(X, Y)
    model.set_callbacks().set_params(early_stopping=False).fit(X, Y)
    np.testing.assert_array_equal(model.coefs_[0], small().fit(X, Y).coefs_[0])


def test_decision_function_is_the_scores() -> None:
    many = small().fit(X, Y)
    z = many.decision_function(X)
    assert z.shape == (400, 10)
    np.testing.assert_array_equal(many.predict(X), z.argmax(axis=1))
    np.testing.assert_allclose(many.predict_log_proba(X)[:, 1] - many.predict_log_proba(X)[:, 0], z[:, 1] - z[:, 0])

    labels = make_multilabel_classification(n_samples=50, n_classes=4, random_state=0)
    model = small().fit(*labels)
    np.testing.assert_array_equal(model.predict(labels[0]), model.decision_function(labels[0]) > 0)


@pytest.mark.parametrize("output", ["auto", "softmax"])
def test_two_classes_have_log_odds_whatever_the_output(output: str) -> None:
    model = small(out_activation=output, learning_rate_init=0.01).fit(X2, np.array(["no", "yes"])[Y2])
    z = model.decision_function(X2)
    assert z.shape == (len(X2),)
    p = model.predict_proba(X2)
    np.testing.assert_allclose(np.log(p[:, 1] / p[:, 0]), z, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(model.predict(X2), np.where(z > 0, "yes", "no"))
    assert model.n_outputs_ == (2 if output == "softmax" else 1)
    assert model.out_activation_ == ("softmax" if output == "softmax" else "logistic")
    assert model.score(X2, np.array(["no", "yes"])[Y2]) > 0.9


def test_balanced_weights_of_the_training_rows_hold_for_the_validation_rows() -> None:
    part = Y[:300] < 5
    validation: dict[str, Any] = {"X_val": X[:300][part], "y_val": Y[:300][part]}
    balanced = small(class_weight="balanced").fit(X, Y, **validation)
    weights = len(Y) / (10 * np.bincount(Y))
    by_sample = small().fit(X, Y, weights[Y], **validation, sample_weight_val=weights[validation["y_val"]])
    np.testing.assert_allclose(balanced.validation_loss_curve_, by_sample.validation_loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(balanced.validation_scores_, by_sample.validation_scores_, rtol=1e-9)


def test_partial_fit_goes_on_after_early_stopping() -> None:
    model = small(early_stopping=True).fit(X, Y).set_params(early_stopping=False)
    assert model.partial_fit(X, Y).best_loss_ > 0


@pytest.mark.parametrize("act", ["fit", "partial_fit"])
def test_warnings_point_at_the_line_that_called(act: str) -> None:
    model = small(batch_size=1000, max_iter=1)
    options: dict[str, Any] = {"classes": range(10)} if act == "partial_fit" else {}
    with pytest.warns(UserWarning, match="going to be clipped") as caught:
        getattr(model, act)(X, Y, **options)
    assert {warning.filename for warning in caught} == {__file__}


def test_an_interrupted_partial_fit_is_a_warning() -> None:
    class Interrupt(Recorder):
        def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
            if context.task_name == "epoch":
                raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="Training interrupted by user"):
        small().set_callbacks(Interrupt()).partial_fit(X, Y, classes=range(10))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("data", ["multiclass", "binary", "softmax", "multilabel"])
def test_the_predictor_answers_as_predict_proba(dtype: Any, data: str) -> None:
    x, y = {"multiclass": (X, Y), "multilabel": (X, LABELS)}.get(data, (X2, Y2))
    x = x.astype(dtype)
    model = small(out_activation="softmax" if data == "softmax" else "auto").fit(x, y)
    predict_proba, expected = model.predictor(), model.predict_proba(x)
    model.coefs_[0][:] = 0  # which is nothing to the predictor
    for rows in (x, x[:1], np.asfortranarray(x[:5]), csr_array(x[:3])):
        got = predict_proba(rows)
        assert got.dtype == dtype
        tolerance = 1e-5 if dtype == np.float32 else 1e-12
        np.testing.assert_allclose(got, expected[: len(got)], rtol=tolerance, atol=tolerance)


# ----------------------------------------------------------------- callbacks


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_callbacks_see_every_epoch(solver: str) -> None:
    recorder = Recorder()
    model = small(solver=solver, max_iter=3).set_callbacks(recorder).fit(X, Y)
    epochs = [(when, "epoch", i) for i in range(3) for when in ("begin", "end")]
    assert recorder.events == [
        ("setup", "fit", 3), ("begin", "fit", 0), *epochs, ("end", "fit", 0), ("teardown", "fit")
    ]  # fmt: skip
    assert recorder.losses == model.loss_curve_
    np.testing.assert_array_equal(model.coefs_[0], small(solver=solver, max_iter=3).fit(X, Y).coefs_[0])


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_callback_may_stop_the_fit(solver: str) -> None:
    model = small(solver=solver, max_iter=50).set_callbacks(Recorder(stop_after=4)).fit(X, Y)
    assert model.n_iter_ == 4
    np.testing.assert_allclose(model.coefs_[0], small(solver=solver, max_iter=4).fit(X, Y).coefs_[0])


def test_scikit_learns_own_callbacks_work(capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.DataFrame(X, columns=[f"pixel {i}" for i in range(64)])
    monitor = ScoringMonitor(scoring="accuracy")
    model = small(max_iter=4).set_callbacks(monitor, ProgressBar()).fit(frame, Y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(rows) == 4
    assert rows[-1]["accuracy"] == model.score(frame, Y)
    assert "MLPClassifier - fit" in capsys.readouterr().out


def test_callbacks_reach_through_a_pipeline_and_a_search() -> None:
    recorder = Recorder()
    inner = small(max_iter=2).set_callbacks(recorder)
    make_pipeline(StandardScaler(), inner).fit(X, Y)
    GridSearchCV(inner, {"alpha": [0.1, 1.0]}, cv=2).fit(X, Y)
    assert sum(event[:2] == ("end", "epoch") for event in recorder.events) == 2 + 2 * (2 * 2 + 1)


# ------------------------------------------------------------------- input


@pytest.mark.parametrize("library", [pd, pl])
def test_data_frames(library: Any) -> None:
    frame = library.DataFrame({f"c{i}": column for i, column in enumerate(X.T)})
    names = np.array([f"class {i}" for i in range(10)])[Y]
    model = small().fit(frame, library.Series(names))
    assert model.feature_names_in_.tolist() == [f"c{i}" for i in range(64)]
    assert model.predict(frame).dtype.kind in "OUT"
    np.testing.assert_array_equal(model.coefs_[0], small().fit(X, Y).coefs_[0])


def test_models_survive_pickle_and_clone() -> None:
    model = small().fit(X, Y)
    again = pickle.loads(pickle.dumps(model))  # noqa: S301
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(again.partial_fit(X, Y).coefs_[0], model.partial_fit(X, Y).coefs_[0])
    assert clone(model).get_params() == model.get_params()


def test_every_parameter_of_scikit_learn_has_its_default() -> None:
    theirs = Sklearn().get_params()
    ours = MLPClassifier().get_params()
    assert {name: ours[name] for name in theirs} == theirs
    assert set(ours) - set(theirs) == {
        "class_weight",
        "negative_slope",
        "out_activation",
        "keep_best",
        "engine",
        "n_jobs",
    }
    fitted = {name for name in vars(Sklearn(max_iter=1).fit(X, Y)) if name.endswith("_") and not name.startswith("_")}
    assert fitted - set(vars(small(max_iter=1).fit(X, Y))) == set()


NAN, INFINITE, NEGATIVE = X[:4].copy(), X[:4].copy(), np.array([1.0, -2.0, 1.0, 1.0])
ONE = np.eye(400)[0]
NAN[1, 2], INFINITE[1, 2] = np.nan, np.inf


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: small().fit(NAN, Y[:4]), "Input X contains NaN."),
        (lambda: small().fit(INFINITE, Y[:4]), "Input X contains infinity"),
        (
            lambda: small().fit(X[:4], Y[:4], NEGATIVE),
            "sample_weight: expected no negative weight; got -2.0 in row 1",
        ),
        (
            lambda: small().fit(X[:4], Y[:4], np.zeros(4)),
            "must contain at least one non-zero number",
        ),
        (lambda: small().fit(X[:4], Y[:3]), "inconsistent numbers of samples: [4, 3]"),
        (
            lambda: small().partial_fit(X, np.minimum(Y, 2), classes=[0, 1, 2]).partial_fit(X, Y),
            "`y` has classes not in `self.classes_`. `self.classes_` has [0 1 2].",
        ),
        (
            lambda: small(hidden_layer_sizes=(5, -1)).fit(X, Y),
            "hidden_layer_sizes must be > 0, got [5, -1].",
        ),
        (
            lambda: small(activation="swish").fit(X, Y),
            "The 'activation' parameter of MLPClassifier must be a str among",
        ),
        (
            lambda: small(solver="sgd", learning_rate_init=1e200).fit(X, Y),
            "Solver produced non-finite parameter weights.",
        ),
        (
            lambda: small(solver="sgd", learning_rate_init=1e200).fit(X, Y),
            "or lower learning_rate_init",
        ),
        (lambda: small().fit(X, Y, X_val=X), "needs both X_val and y_val; y_val was not provided"),
        (lambda: small().fit(X, Y, y_val=Y), "needs both X_val and y_val; X_val was not provided"),
        (
            lambda: small().fit(X, Y, X_val=X, y_val=Y + 1),
            "`y_val` has classes not in `self.classes_`.",
        ),
        (
            lambda: small().fit(X, Y, X_val=X[:, :3], y_val=Y),
            "X has 3 features, but MLPClassifier is expecting 64",
        ),
        (lambda: small(class_weight={77: 2.0}).fit(X, Y), "not in class_weight"),
        (
            lambda: small(class_weight="balanced").fit(X, LABELS),
            "class_weight expects one class a row",
        ),
        (
            lambda: small(out_activation="softmax").fit(X, LABELS),
            "out_activation='softmax' expects one class a row",
        ),
        (
            lambda: small(keep_best=True).partial_fit(X, Y, classes=range(10)),
            "does not support keep_best=True",
        ),
        (
            lambda: small(class_weight="balanced").partial_fit(X, Y, classes=range(10)),
            "needs all rows at once",
        ),
        (
            lambda: small(early_stopping=True).fit(X[:4], LABELS[:4]),
            "The validation set is too small.",
        ),
    ],
)
def test_bad_input_is_refused_in_words(act: Any, message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011
        act()
    assert message in str(error.value)


def test_divergence_with_early_stopping_keeps_the_best_epoch_and_says_so() -> None:
    model = small(solver="sgd", early_stopping=True, learning_rate_init=1e100, batch_size=360)
    with pytest.warns(ConvergenceWarning, match="Epoch 3 ended with non-finite weights; the best epoch's are kept"):
        model.fit(X, Y)
    assert np.isfinite(model.coefs_[0]).all()
    with pytest.raises(ValueError, match="non-finite parameter weights"):  # in the first epoch: there is no best
        model.set_params(learning_rate_init=1e200, batch_size=10).fit(X, Y)


def test_an_interrupted_fit_keeps_what_it_has() -> None:
    class Interrupt(Recorder):
        def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
            if context.task_id == 2:
                raise KeyboardInterrupt

    for solver in ("adam", "lbfgs"):
        model = small(solver=solver).set_callbacks(Interrupt())
        with pytest.warns(UserWarning, match="Training interrupted by user"):
            model.fit(X, Y)
        assert model.n_iter_ == 2
        assert model.score(X, Y) > 0
