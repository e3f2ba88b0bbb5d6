"""What happens to the columns before the network sees them."""

import numpy as np
import polars as pl
import pytest

from chainrule import MLPClassifier
from chainrule.tabular.columns import features_of, inputs, labels
from chainrule.tabular.pipeline import MAX_CATEGORIES, make_pipeline
from chainrule.tabular.predictions import predictions
from chainrule.tabular.scores import score

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

    def predict_proba(self, X: object) -> np.ndarray:
        return self.P

    def predict_log_proba(self, X: object) -> np.ndarray:
        return np.log(self.P)

    def predict(self, X: object) -> np.ndarray:
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
