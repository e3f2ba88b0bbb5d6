"""What the columns of a table are: numbers, text, and the target."""

from collections.abc import Sequence
from difflib import get_close_matches
from math import isfinite
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from chainrule.errors import InputError
from chainrule.files.delimited import MISSING

__all__ = ["Features", "features_of", "inputs", "labels"]

MAX_TEXT_VALUES = 10_000
TRUTHS = ["false", "true"]


class Features(NamedTuple):
    """The columns that a model reads: `numeric` ones, with true and false as 1 and 0, and `text` ones."""

    numeric: list[str]
    text: list[str]


def features_of(frame: pl.DataFrame, target: str) -> Features:
    """Sort the columns of a table to train on, all but the target, by what they hold.

    Raises
    ------
    InputError
        When a column is all empty, holds neither numbers nor booleans nor text, or numbers too far
        apart to be scaled, or none is left.
    """
    _require(frame, [target])
    features = Features([], [])
    for column in frame.drop(target).iter_columns():
        if _nan_as_null(column).null_count() == len(column):
            raise InputError(f"column {column.name!r}: all empty; remove it or fill it in")
        if _is_numeric(column):
            _check_spread(column)
            features.numeric.append(column.name)
        else:
            _check_variety(_text(column))
            features.text.append(column.name)
    if not any(features):
        raise InputError(f"there is no column but the target {target!r} to learn from")
    return features


def inputs(frame: pl.DataFrame, features: Features) -> pl.DataFrame:
    """Return the columns that a model reads: Float64 with nulls for missing numbers, and String.

    Raises
    ------
    InputError
        When a column is missing, holds text where numbers are due, or infinity.
    """
    _require(frame, [*features.numeric, *features.text])
    numbers = [_numbers(frame[name]) for name in features.numeric]
    return pl.DataFrame([*numbers, *(_text(frame[name]) for name in features.text)])


def labels(frame: pl.DataFrame, target: str, classes: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
    """Return the target column as whole numbers or text, whichever it holds; booleans are text.

    Where true and false are the classes that a model knows, any spelling of them is taken for the model's.

    Parameters
    ----------
    frame : polars.DataFrame
        The table.
    target : str
        Its column with the classes.
    classes : ndarray, optional
        Those that a model knows: no other may occur. Without them at least two have to occur.

    Returns
    -------
    ndarray of shape (rows,)

    Raises
    ------
    InputError
        When a row has no class or an unknown one, or the column does not hold classes.
    """
    _require(frame, [target])
    column = _nan_as_null(frame[target])
    if empty := column.null_count():
        first = column.is_null().arg_true()[0] + 1
        raise InputError(
            f"target {target!r}: {empty} of {len(column)} rows have none, the first is row {first}; remove them "
            f"(in a text file an empty field, {', '.join(MISSING)} mean that there is none)"
        )
    if not column.dtype.is_numeric():
        column = _spelled_as(classes, _text(column))
    y = _whole_numbers(column) if column.dtype.is_numeric() else column.to_numpy().astype(str)
    found = np.unique(y)
    if classes is None and len(found) < 2:
        raise InputError(f"target {target!r}: expected two classes or more, every row has {str(found[0])!r}")
    if classes is not None and (unknown := set(found.tolist()) - set(classes.tolist())):
        raise InputError(
            f"target {target!r}: {_listed(sorted(unknown))} is not among the model's classes, "
            f"{_listed(classes.tolist())}"
        )
    return y


def _check_variety(column: pl.Series) -> None:
    if (different := column.n_unique()) > MAX_TEXT_VALUES:
        raise InputError(
            f"column {column.name!r}: {different:,} different texts, "
            f"at most {MAX_TEXT_VALUES:,} are told apart; "
            "if it is a name or a number of the row, remove it"
        )


def _nan_as_null(column: pl.Series) -> pl.Series:
    return column.fill_nan(None) if column.dtype.is_float() else column


def _is_numeric(column: pl.Series) -> bool:
    """Return whether a column holds numbers or true and false, the latter in any type and spelling."""
    if column.dtype == pl.String:
        return bool(_folded(column).is_in(TRUTHS).all())
    return column.dtype.is_numeric() or column.dtype == pl.Boolean


def _folded(column: pl.Series) -> pl.Series:
    return column.str.to_lowercase()


def _spelled_as(classes: npt.NDArray[Any] | None, column: pl.Series) -> pl.Series:
    """Return text as it is, but true and false in the spelling of a model that knows just these two."""
    spellings = {} if classes is None else {str(name).lower(): str(name) for name in classes}
    return _folded(column).replace(spellings) if sorted(spellings) == TRUTHS else column


def _check_spread(column: pl.Series) -> None:
    numbers = _numbers(column)
    if not isfinite(cast("float", numbers.var() or 0.0)):
        raise InputError(
            f"column {column.name!r}: its numbers, up to {cast('float', numbers.abs().max()):g}, are too far apart "
            "to be scaled; correct them or remove it"
        )


def _numbers(column: pl.Series) -> pl.Series:
    # A column without a value, as a table of one row may well have, has no type of its own.
    if not (_is_numeric(column) or column.null_count() == len(column)):
        raise InputError(f"column {column.name!r}: expected numbers as in training, got {column.drop_nulls()[0]!r}")
    if column.dtype == pl.String:
        column = _folded(column) == "true"
    numbers = column.cast(pl.Float64).fill_nan(None)
    if numbers.is_infinite().any():
        row = numbers.is_infinite().arg_true()[0] + 1
        raise InputError(f"column {column.name!r}, row {row}: expected a finite number, got infinity")
    return numbers


def _text(column: pl.Series) -> pl.Series:
    if column.dtype.is_nested() or column.dtype.is_temporal() or column.dtype in (pl.Binary, pl.Object):
        raise InputError(
            f"column {column.name!r}: expected numbers, booleans or text, got {column.dtype}; "
            "turn it into one of them, or remove it"
        )
    return column.cast(pl.String)


def _whole_numbers(column: pl.Series) -> npt.NDArray[Any]:
    if (large := column.filter(_is_large(column))).len():
        raise InputError(
            f"target {column.name!r}: expected whole numbers from -2^63 to 2^63 - 1, got {large[0]}; "
            "put a letter before each, so that they are text"
        )
    whole = column.cast(pl.Int64, strict=False)
    if (odd := column.filter((whole != column).fill_null(value=True))).len():
        raise InputError(
            f"target {column.name!r}: expected classes, text or whole numbers, got {odd[0]}; "
            "to learn ranges of a number, make them classes first"
        )
    return whole.to_numpy()


def _is_large(column: pl.Series) -> pl.Series:
    """Return whether finite numbers are beyond 64 bits."""
    as_float = column.cast(pl.Float64)
    return column.cast(pl.Int64, strict=False).is_null() & as_float.is_finite() & (as_float.abs() >= 2.0**63)


def _require(frame: pl.DataFrame, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        folded = {name.casefold(): name for name in frame.columns}
        near = get_close_matches(missing[0].casefold(), folded, n=1)
        hint = f"did you mean {folded[near[0]]!r}?" if near else f"it has {_listed(frame.columns)}"
        raise InputError(f"the table has no column {_listed(missing)}; {hint}")


def _listed(values: Sequence[Any], most: int = 4) -> str:
    """Return some values for a message, not all of a wide table's."""
    shown = ", ".join(repr(value) for value in values[:most])
    return f"{shown} and {len(values) - most} more" if len(values) > most else shown
