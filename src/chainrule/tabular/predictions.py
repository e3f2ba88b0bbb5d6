"""What a network says about every row, as a table."""

from typing import Any

import numpy as np
import polars as pl

__all__ = ["predictions"]


def predictions(network: Any, Z: Any, *, with_probabilities: bool) -> pl.DataFrame:
    """Return 'prediction' of every row, and on request 'probability_CLASS' of each class.

    Parameters
    ----------
    network : MLPClassifier
        Fitted.
    Z : {ndarray, sparse matrix} of shape (m, features)
        The rows, prepared for it.
    with_probabilities : bool
        Whether to add the probabilities. The predictions are the same ones without.

    Raises
    ------
    FloatingPointError
        When the probabilities of a row are not finite.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        P = network.predict_proba(Z)
    if (bad := ~np.isfinite(P).all(axis=1)).any():
        raise FloatingPointError(f"row {bad.argmax() + 1}: its numbers are so large that its scores overflow")
    columns = {f"probability_{name}": P[:, k] for k, name in enumerate(network.classes_)} if with_probabilities else {}
    return pl.DataFrame({"prediction": network.predict(Z), **columns})
