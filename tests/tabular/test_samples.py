"""One row of a table, as the network of a saved model takes it."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.pipeline import Pipeline

from chainrule import MLPClassifier
from chainrule.errors import InputError
from chainrule.tabular.columns import features_of, inputs, labels
from chainrule.tabular.pipeline import make_pipeline
from chainrule.tabular.samples import sample_of

TABLE = pl.DataFrame(
    {"height": [1.0, 2.0, None, 4.0], "leaf": ["oval", "lobed", "oval", None], "kind": ["ash", "oak", "ash", "beech"]}
)


@pytest.fixture
def trained(tmp_path: Path) -> tuple[Pipeline, dict[str, Any]]:
    """Return a model of the table, and what it says of itself."""
    TABLE.write_csv(tmp_path / "trees.csv")
    features = features_of(TABLE, "kind")
    model = make_pipeline(features, MLPClassifier((3,), solver="lbfgs", engine="reference", random_state=0), "float32")
    model.fit(inputs(TABLE, features), labels(TABLE, "kind"))
    about = {"source": str(tmp_path / "trees.csv"), "target": "kind", **features._asdict()}
    return model, about


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_row_is_what_the_pipeline_makes_of_it(trained: tuple[Pipeline, dict[str, Any]], number: int) -> None:
    model, about = trained
    X, y = sample_of(model, about, number)
    assert X.shape == (1, model[-1].n_features_in_)
    assert X.dtype == np.float64
    row = TABLE[number - 1 : number]
    np.testing.assert_array_equal(model[-1].predict_proba(X.astype(np.float32)), model.predict_proba(row.drop("kind")))
    assert model.classes_[y].tolist() == row["kind"].to_list()


def test_another_table_takes_the_place_of_the_model_s(trained: tuple[Pipeline, dict[str, Any]], tmp_path: Path) -> None:
    model, about = trained
    TABLE.reverse().write_csv(tmp_path / "other.csv")
    X, y = sample_of(model, about, 1, str(tmp_path / "other.csv"))
    expected_X, expected_y = sample_of(model, about, 4)
    np.testing.assert_array_equal(X, expected_X)
    np.testing.assert_array_equal(y, expected_y)


@pytest.mark.parametrize("number", [-1, 0, 5])
def test_a_row_that_is_not_there(trained: tuple[Pipeline, dict[str, Any]], number: int) -> None:
    model, about = trained
    with pytest.raises(InputError, match=rf"^sample: .*trees\.csv has the rows 1 to 4; got {number}$"):
        sample_of(model, about, number)


def test_a_model_that_does_not_know_its_table(trained: tuple[Pipeline, dict[str, Any]]) -> None:
    model, about = trained
    with pytest.raises(InputError, match=r"^the model does not say which table it was trained on: name a table$"):
        sample_of(model, {name: about[name] for name in ("target", "numeric", "text")}, 1)


def test_a_table_of_something_else(trained: tuple[Pipeline, dict[str, Any]]) -> None:
    model, about = trained
    with pytest.raises(InputError, match=r"^the table has no column 'kind'"):
        sample_of(model, about, 1, "iris")
