"""What a model says about every row, as a table."""

import polars as pl
from sklearn.pipeline import Pipeline

__all__ = ["predictions"]


def predictions(model: Pipeline, X: pl.DataFrame, *, with_probabilities: bool) -> pl.DataFrame:
    """Return 'prediction' of every row of `X`, and on request 'probability_CLASS' of each class."""
    if not with_probabilities:
        return pl.DataFrame({"prediction": model.predict(X)})
    P = model.predict_proba(X)
    columns = {f"probability_{name}": P[:, k] for k, name in enumerate(model.classes_)}
    return pl.DataFrame({"prediction": model.classes_[P.argmax(axis=1)], **columns})
