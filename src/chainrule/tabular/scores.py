"""How good a model is on rows it was not trained on."""

from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.metrics import accuracy_score, f1_score

__all__ = ["score"]

MOST_CONFUSIONS = 10


def score(network: Any, Z: Any, y: npt.NDArray[Any]) -> dict[str, Any]:
    """Judge a network on rows with known classes.

    Parameters
    ----------
    network : MLPClassifier
        Fitted.
    Z : {ndarray, sparse matrix} of shape (m, features)
        The rows, prepared for it.
    y : ndarray of shape (m,)
        The true classes, all of them among ``network.classes_``; not every one of those has to occur.

    Returns
    -------
    dict
        'rows', 'accuracy', 'log_loss' (mean of −log of the true class's probability, nats),
        'macro_f1' (mean over the classes that occur) and 'confusions': the ten most frequent pairs
        'true', 'predicted' that differ, with their 'rows'.

    Raises
    ------
    FloatingPointError
        When the log loss is not finite.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        log_probabilities = network.predict_log_proba(Z)
    predicted = network.predict(Z)
    true_columns = np.searchsorted(network.classes_, y)
    log_loss = float(-log_probabilities[np.arange(len(y)), true_columns].mean(dtype=float))
    if not isfinite(log_loss):
        raise FloatingPointError(f"the scores overflow: log loss {log_loss:g}; weights or numbers are too large")
    return {
        "rows": len(y),
        "accuracy": float(accuracy_score(y, predicted)),
        "log_loss": log_loss,
        "macro_f1": float(f1_score(y, predicted, average="macro", zero_division=0)),
        "confusions": _confusions(y, predicted),
    }


def _confusions(y: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> list[dict[str, Any]]:
    pairs = pl.DataFrame({"true": y, "predicted": predicted}).filter(pl.col("true") != pl.col("predicted"))
    counts = pairs.group_by("true", "predicted").agg(rows=pl.len())
    return counts.sort("rows", "true", "predicted", descending=[True, False, False]).head(MOST_CONFUSIONS).to_dicts()
