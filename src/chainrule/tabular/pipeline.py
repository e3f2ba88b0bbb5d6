"""From the columns of a table to the classes: one scikit-learn pipeline, saved and loaded whole."""

from typing import Any

import numpy as np
import polars as pl
from scipy.sparse import issparse
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from chainrule import MLPClassifier
from chainrule.errors import InputError
from chainrule.tabular.columns import Features

__all__ = ["make_pipeline", "prepared"]

DTYPES = {"float32": np.float32, "float64": np.float64}

# Rarer values of a text column share one input: one of identifiers does not widen the network.
MAX_CATEGORIES = 100


def make_pipeline(features: Features, network: MLPClassifier, dtype: str) -> Pipeline:
    """Put what prepares the columns before a network.

    Numbers: a missing one becomes the median, then mean 0 and standard deviation 1, in float64;
    only then comes the cast, so that large offsets lose no digits. Text: one input a value, a
    missing one being a value of its own; a value that training never saw counts as one of the rare
    ones, or as none.

    Parameters
    ----------
    features : Features
        The columns by kind; `inputs` brings a table into their form.
    network : MLPClassifier
        Not fitted yet.
    dtype : {'float32', 'float64'}
        What the network computes in.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Steps 'columns' and 'network'.
    """
    numbers = Pipeline(
        [
            ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
            ("scale", StandardScaler()),
            ("cast", FunctionTransformer(DTYPES[dtype])),
        ]
    )
    text = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MAX_CATEGORIES, dtype=DTYPES[dtype])
    columns = ColumnTransformer([("numeric", numbers, features.numeric), ("text", text, features.text)])
    return Pipeline([("columns", columns), ("network", network)])


def prepared(model: Pipeline, X: pl.DataFrame) -> Any:
    """Return a table as the network of a pipeline takes it, dense or sparse as its columns ask for.

    Parameters
    ----------
    model : Pipeline
        Its columns fitted.
    X : polars.DataFrame of shape (m, columns)
        From `inputs`, the numeric columns first.

    Raises
    ------
    InputError
        When a number is so large that it is infinite in the dtype of the network.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        Z = model[0].transform(X)
    if not np.isfinite(Z.data if issparse(Z) else Z).all():
        numbers = Z[:, : sum(dtype.is_float() for dtype in X.dtypes)]
        row, k = np.argwhere(~np.isfinite(numbers.toarray() if issparse(Z) else numbers))[0]
        raise InputError(
            f"column {X.columns[k]!r}, row {row + 1}: {X[int(row), int(k)]:g} is too far from the values in training "
            f"to be computed with in {Z.dtype}; correct or remove it"
        )
    return Z
