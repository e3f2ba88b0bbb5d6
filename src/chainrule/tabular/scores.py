"""How good a model is on rows it was not trained on."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import Pipeline

__all__ = ["score"]

MOST_CONFUSIONS = 10


def score(model: Pipeline, X: pl.DataFrame, y: npt.NDArray[Any]) -> dict[str, Any]:
    """Judge a model on rows with known classes.

    Parameters
    ----------
    model : Pipeline
        Fitted.
    X : polars.DataFrame of shape (m, columns)
        Its inputs.
    y : ndarray of shape (m,)
        The true classes, all of them among ``model.classes_``; not every one of those has to occur.

    Returns
    -------
    dict
        'rows', 'accuracy', 'log_loss' (mean of −log of the true class's probability, nats),
        'macro_f1' (mean over the classes that occur) and 'confusions': the ten most frequent pairs
        'true', 'predicted' that differ, with their 'rows'.
    """
    log_probabilities = model.predict_log_proba(X)
    predicted = model.classes_[log_probabilities.argmax(axis=1)]
    true_columns = np.searchsorted(model.classes_, y)
    return {
        "rows": len(y),
        "accuracy": float(accuracy_score(y, predicted)),
        "log_loss": float(-log_probabilities[np.arange(len(y)), true_columns].mean(dtype=float)),
        "macro_f1": float(f1_score(y, predicted, average="macro", zero_division=0)),
        "confusions": _confusions(y, predicted),
    }


def _confusions(y: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> list[dict[str, Any]]:
    pairs = pl.DataFrame({"true": y, "predicted": predicted}).filter(pl.col("true") != pl.col("predicted"))
    counts = pairs.group_by("true", "predicted").agg(rows=pl.len())
    return counts.sort("rows", "true", "predicted", descending=[True, False, False]).head(MOST_CONFUSIONS).to_dicts()
