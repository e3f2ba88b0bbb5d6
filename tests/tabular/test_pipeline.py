"""What happens to the columns before the network sees them."""

import numpy as np
import polars as pl
import pytest

from chainrule import MLPClassifier
from chainrule.errors import InputError
from chainrule.tabular.columns import features_of, inputs, labels
from chainrule.tabular.pipeline import MAX_CATEGORIES, make_pipeline, prepared
from chainrule.tabular.predictions import predictions
from chainrule.tabular.scores import score
from chainrule.tabular.split import check_early_stopping

MIXED = pl.DataFrame(
    {
        # In float32 numbers of this size are 128 apart: scaled after the cast, all would be the same.
        "time": [1.7e9, 1.7e9 + 1, 1.7e9 + 2, None, 1.7e9 + 5],
        "colour": ["red", "blue", "red", None, "green"],
        "kind": ["a", "b", "a", "b", "a"],
    }
)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_columns_are_filled_in_scaled_and_cast(dtype: str) -> None:
    features = features_of(MIXED, "kind")
    model = make_pipeline(features, MLPClassifier(5, tol=1e3), dtype)
    X = model.fit(inputs(MIXED, features), labels(MIXED, "kind"))[0].transform(inputs(MIXED, features))
    assert X.dtype == model[-1].coefs_[0].dtype == dtype
    filled = np.array([0, 1, 2, 1.5, 5])
    np.testing.assert_allclose(X[:, 0], (filled - filled.mean()) / filled.std(), atol=1e-6)
    assert X[:, 1:].tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 1, 0, 0]]


def test_a_value_that_training_never_saw_is_none_or_one_of_the_rare() -> None:
    features = features_of(MIXED, "kind")
    columns = make_pipeline(features, MLPClassifier(), "float64")[0].fit(inputs(MIXED, features))
    new = pl.DataFrame({"colour": ["mauve"], "time": [None], "unused": [1]})
    assert columns.transform(inputs(new, features))[0, 1:].tolist() == [0, 0, 0, 0]

    many = pl.DataFrame({"text": [f"{i}" for i in range(2 * MAX_CATEGORIES)], "y": ["a", "b"] * MAX_CATEGORIES})
    features = features_of(many, "y")
    columns = make_pipeline(features, MLPClassifier(), "float64")[0].fit(inputs(many, features))
    encoded = columns.transform(pl.DataFrame({"text": ["new"]}))
    assert encoded.shape == (1, MAX_CATEGORIES)
    assert encoded.sum() == 1


class Oracle:
    """Says what it is told, with probabilities."""

    classes_ = np.array(["a", "b", "c"])

    def __init__(self, P: list[list[float]]) -> None:
        self.P = np.array(P)

    def predict_proba(self, Z: object) -> np.ndarray:
        return self.P

    def predict_log_proba(self, Z: object) -> np.ndarray:
        return np.log(self.P)

    def predict(self, Z: object) -> np.ndarray:
        return self.classes_[self.P.argmax(axis=1)]


def test_scores_of_rows_that_lack_a_class() -> None:
    oracle = Oracle([[0.8, 0.1, 0.1], [0.3, 0.2, 0.5], [0.25, 0.5, 0.25], [0.1, 0.2, 0.7]])
    figures = score(oracle, pl.DataFrame(), np.array(["a", "a", "b", "b"]))
    assert figures == {
        "rows": 4,
        "accuracy": 0.5,
        "log_loss": pytest.approx(-np.log([0.8, 0.3, 0.5, 0.2]).mean()),
        "macro_f1": pytest.approx((2 / 3 + 2 / 3 + 0) / 3),
        "confusions": [
            {"true": "a", "predicted": "c", "rows": 1},
            {"true": "b", "predicted": "c", "rows": 1},
        ],
    }


def test_predictions_have_a_column_a_class() -> None:
    table = predictions(Oracle([[0.8, 0.1, 0.1], [0.3, 0.2, 0.5]]), pl.DataFrame(), with_probabilities=True)
    assert table.columns == ["prediction", "probability_a", "probability_b", "probability_c"]
    assert table.rows() == [("a", 0.8, 0.1, 0.1), ("c", 0.3, 0.2, 0.5)]


def test_predictions_are_the_same_with_probabilities_and_without() -> None:
    class Close(Oracle):
        """Two classes whose scores differ by less than their probabilities can tell."""

        def predict(self, Z: object) -> np.ndarray:
            return np.array(["b"])

    close = Close([[0.45, 0.45, 0.1]])
    assert predictions(close, None, with_probabilities=True)["prediction"].to_list() == ["b"]
    assert predictions(close, None, with_probabilities=False).columns == ["prediction"]
    assert score(close, None, np.array(["b"]))["accuracy"] == 1


def test_scores_that_overflow_are_no_answer() -> None:
    oracle = Oracle([[0.8, 0.1, 0.1], [np.nan, 0.5, 0.5]])
    with pytest.raises(FloatingPointError, match="row 2: its numbers are so large"):
        predictions(oracle, None, with_probabilities=False)
    with pytest.raises(FloatingPointError, match="the scores overflow: log loss nan"):
        score(oracle, None, np.array(["a", "a"]))


@pytest.mark.parametrize("colours", [3, 60])  # dense, and so wide that the columns are sparse
@pytest.mark.parametrize(("dtype", "number"), [("float32", 1e300), ("float64", 1e308)])
def test_a_number_beyond_the_dtype_is_named(colours: int, dtype: str, number: float) -> None:
    frame = pl.DataFrame({"a": [0.0, 1.0] * 30, "x": [0.0, 0.1] * 30, "colour": [f"{i % colours}" for i in range(60)]})
    features = features_of(frame.with_columns(y=pl.lit("a")), "y")
    model = make_pipeline(features, MLPClassifier(), dtype)
    model[0].fit(inputs(frame, features))
    large = frame.with_columns(x=pl.when(pl.int_range(60) == 4).then(number).otherwise("x"))
    with pytest.raises(InputError, match=rf"column 'x', row 5: 1e\+30. is too far .* in {dtype}"):
        prepared(model, inputs(large, features))
    assert prepared(model, inputs(frame, features)).shape == (60, 2 + colours)


def test_early_stopping_wants_a_row_of_every_class_on_either_side() -> None:
    check_early_stopping(np.array(["a", "b"] * 10), 0.1)
    with pytest.raises(InputError, match=r"class 'c' has a single row among 21: .*; drop --early-stopping or add rows"):
        check_early_stopping(np.array(["a", "b"] * 10 + ["c"]), 0.1)
    with pytest.raises(InputError, match="--early-stopping of 10 rows sets aside 1: expected a row of each of the 2"):
        check_early_stopping(np.array(["a", "b"] * 5), 0.1)
