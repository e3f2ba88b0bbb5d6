"""From the columns of a table to the classes: one scikit-learn pipeline, saved and loaded whole."""

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from chainrule import MLPClassifier
from chainrule.tabular.columns import Features

__all__ = ["make_pipeline"]

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
