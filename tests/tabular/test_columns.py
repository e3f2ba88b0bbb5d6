"""What a column may hold, as a feature and as a target."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from chainrule.errors import InputError
from chainrule.tabular.columns import MAX_TEXT_VALUES, Features, features_of, inputs, labels


def test_columns_are_sorted_by_what_they_hold() -> None:
    frame = pl.DataFrame(
        {
            "y": ["a", "b"],
            "count": [1, 2],
            "share": [0.5, float("nan")],
            "smokes": [True, None],
            "colour": ["red", None],
            "size": pl.Series(["S", "M"], dtype=pl.Categorical),
        }
    )
    features = features_of(frame, "y")
    assert features == Features(["count", "share", "smokes"], ["colour", "size"])
    assert inputs(frame, features).rows() == [(1, 0.5, 1, "red", "S"), (2, None, None, None, "M")]


def test_inputs_come_by_name_and_a_row_without_a_value_is_a_row() -> None:
    frame = pl.DataFrame({"text": [None], "more": [1], "number": [None]})
    X = inputs(frame, Features(["number"], ["text"]))
    assert X.schema == {"number": pl.Float64, "text": pl.String}


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([None, None], "'x': all empty"),
        ([float("nan")] * 2, "'x': all empty"),
        ([dt.date(2020, 1, 1)] * 2, "'x': expected numbers, booleans or text, got Date"),
        ([[1], [2]], "'x': expected numbers, booleans or text, got List"),
        ([b"1", b"2"], "'x': expected numbers, booleans or text, got Binary"),
    ],
)
def test_a_feature_that_cannot_be_learned_from_is_refused(column: list[Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        features_of(pl.DataFrame({"x": column, "y": ["a", "b"]}), "y")


def test_a_text_column_of_too_many_values_is_refused() -> None:
    frame = pl.DataFrame({"id": [f"{i}" for i in range(MAX_TEXT_VALUES + 1)]})
    with pytest.raises(InputError, match="'id': 10,001 different texts, at most 10,000"):
        features_of(frame.with_columns(y=pl.lit("a")), "y")


def test_the_target_alone_is_not_enough() -> None:
    with pytest.raises(InputError, match="no column but the target 'y'"):
        features_of(pl.DataFrame({"y": ["a", "b"]}), "y")


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([1.0, float("inf")], "'x', row 2: expected a finite number, got infinity"),
        (["1", "many"], "'x': expected numbers as in training, got '1'"),
    ],
)
def test_inputs_other_than_finite_numbers_are_refused(column: list[Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        inputs(pl.DataFrame({"x": column}), Features(["x"], []))


def test_missing_columns_are_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match="no column 'heigth', 'w'; did you mean 'height'"):
        inputs(pl.DataFrame({"height": [1]}), Features(["heigth"], ["w"]))


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([3, 1], [3, 1]),
        ([3.0, 1.0], [3, 1]),
        (["b", "é"], ["b", "é"]),
        ([True, False], ["true", "false"]),
        (pl.Series(["b", "a"], dtype=pl.Categorical), ["b", "a"]),
    ],
)
def test_a_target_is_whole_numbers_or_text(column: Any, expected: list[Any]) -> None:
    y = labels(pl.DataFrame({"y": column}), "y")
    assert y.tolist() == expected
    assert y.dtype.kind in "iU"


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([1.0, 2.5], "expected classes, text or whole numbers, got 2.5"),
        ([1.0, float("inf")], "expected classes, text or whole numbers, got inf"),
        ([1, 2**63], r"expected whole numbers from .* to 2\^63 - 1, got 9223372036854775808"),
        (["a", None], r"1 of 2 rows have none, the first is row 2; remove them \(in a text file an empty field, NA,"),
        ([1.0, float("nan")], "1 of 2 rows have none, the first is row 2"),
        (["a", "a"], "expected two classes or more, every row has 'a'"),
        ([dt.date(2020, 1, 1)] * 2, "expected numbers, booleans or text, got Date"),
    ],
)
def test_what_is_not_a_target_is_refused(column: list[Any], message: str) -> None:
    frame = pl.DataFrame({"y": pl.Series(column, dtype=pl.UInt64 if 2**63 in column else None)})
    with pytest.raises(InputError, match=message):
        labels(frame, "y")


def test_a_class_that_the_model_does_not_know_is_refused() -> None:
    frame = pl.DataFrame({"y": ["a", "q"]})
    with pytest.raises(InputError, match="'q' is not among the model's classes, 'a', 'b'"):
        labels(frame, "y", np.array(["a", "b"]))
    assert labels(pl.DataFrame({"y": ["a"]}), "y", np.array(["a", "b"])).tolist() == ["a"]


def test_whole_numbers_of_more_than_64_bits_are_no_classes() -> None:
    frame = pl.DataFrame({"y": pl.Series([10**20 + 1, 2], dtype=pl.Int128)})
    with pytest.raises(InputError, match=r"to 2\^63 - 1, got 100000000000000000001; put a letter before"):
        labels(frame, "y")


@pytest.mark.parametrize("column", [[True, False, None], ["True", "False", None], ["true", "FALSE", None]])
def test_true_and_false_are_one_and_zero_in_any_spelling(column: list[Any]) -> None:
    frame = pl.DataFrame({"x": column, "y": ["a", "b", "a"]})
    features = features_of(frame, "y")
    assert features == Features(["x"], [])
    assert inputs(frame, features)["x"].to_list() == [1, 0, None]


@pytest.mark.parametrize("known", [["False", "True"], ["false", "true"], ["FALSE", "True"]])
@pytest.mark.parametrize("column", [[True, False], ["True", "False"], ["true", "false"]])
def test_true_and_false_are_the_classes_of_a_model_in_any_spelling(known: list[str], column: list[Any]) -> None:
    classes = np.array(known)
    assert labels(pl.DataFrame({"y": column}), "y", classes).tolist() == known[::-1]


def test_the_spelling_of_other_classes_counts() -> None:
    with pytest.raises(InputError, match="'A' is not among"):
        labels(pl.DataFrame({"y": ["A", "b"]}), "y", np.array(["a", "b"]))
    assert labels(pl.DataFrame({"y": ["True", "False"]}), "y").tolist() == ["True", "False"]


def test_numbers_too_far_apart_to_be_scaled_are_refused() -> None:
    with pytest.raises(InputError, match=r"'x': its numbers, up to 1e\+300, are too far apart"):
        features_of(pl.DataFrame({"x": [1.0, 1e300], "y": ["a", "b"]}), "y")
