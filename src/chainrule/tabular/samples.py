"""One row of a table, as the network of a saved model takes it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.pipeline import Pipeline

from chainrule.errors import InputError
from chainrule.files.tables import read_table
from chainrule.tabular.columns import Features, inputs, labels
from chainrule.tabular.pipeline import prepared

__all__ = ["sample_of"]


def sample_of(
    model: Pipeline, about: dict[str, Any], number: int, source: str | None = None
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return a row of a table and its class.

    Parameters
    ----------
    model : Pipeline
        From `load_model`.
    about : dict
        From `load_model`.
    number : int
        The row's, from 1.
    source : str, optional
        The table, see `read_table`; by default the one that the model was trained on.

    Returns
    -------
    X : ndarray of shape (1, d_0)
        Prepared as the network takes it.
    y : ndarray of shape (1,)
        The place of its class among ``model.classes_``.

    Raises
    ------
    InputError
        If there is no such table or no such row, or it does not fit the model.
    """
    source = source or about.get("source")
    if source is None:
        raise InputError("the model does not say which table it was trained on: name a table")
    texts = [*about["text"], about["target"]] if model.classes_.dtype.kind == "U" else about["text"]
    frame = read_table(source, texts)
    if not 1 <= number <= len(frame):
        raise InputError(f"sample: {source} has the rows 1 to {len(frame)}; got {number}")
    row = frame[number - 1 : number]
    y = np.searchsorted(model.classes_, labels(row, about["target"], model.classes_))
    X = prepared(model, inputs(row, Features(about["numeric"], about["text"])))
    return (X.toarray() if issparse(X) else X).astype(np.float64), y
