"""CSV and TSV: a row without the header's number of fields is refused, with its line."""

import csv
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from chainrule.errors import InputError
from chainrule.files.bounds import MAX_CELLS, MAX_COLUMNS, MAX_FIELD
from chainrule.files.panics import panics_as_errors

if TYPE_CHECKING:
    from _csv import Reader

__all__ = ["MISSING", "read_delimited"]

# What people and programs write for "not known".
MISSING = ["NA", "N/A", "NaN", "nan", "NULL", "null"]


def read_delimited(path: Path, separator: str, text: Collection[str] = ()) -> pl.DataFrame:
    """Read a UTF-8 file with a header line.

    Polars fills up a short row with nulls and says nothing, so the fields are counted first, by the
    csv module, and the two readers have to agree on what they saw.

    Parameters
    ----------
    path : Path
        The file.
    separator : str
        One character.
    text : collection of str
        Columns to take as text, whatever they look like. The others are numbers if all of their
        values are, and text otherwise; true and false stay text, in the spelling of the file.

    Returns
    -------
    polars.DataFrame

    Raises
    ------
    InputError
        When the file is not UTF-8, has no usable header, a row with too many or too few fields, or
        broken quotes.
    """
    header, rows = _header_and_rows(path, separator)
    disagreement = InputError(
        f"{path}: its quotes or line ends can be read in two ways; "
        "write it anew, every text in quotes and every line ended by \\n"
    )
    try:
        frame = _read(path, separator, header, text)
        if truths := [column.name for column in frame.iter_columns() if column.dtype == pl.Boolean]:
            frame = _read(path, separator, header, [*text, *truths])
    except pl.exceptions.PolarsError as error:
        raise disagreement from error
    # What polars has beyond the counted rows are the blank lines that end the file.
    if frame.width != len(header) or frame.height < rows:
        raise disagreement
    return frame.head(rows)


def _read(path: Path, separator: str, header: list[str], text: Collection[str]) -> pl.DataFrame:
    with panics_as_errors():
        return pl.read_csv(
            path,
            separator=separator,
            new_columns=header,  # polars leaves doubled quotes in names as they are
            infer_schema_length=None,
            null_values=MISSING,
            schema_overrides={column: pl.String for column in text if column in header},
            glob=False,
        )


@contextmanager
def _field_limit(characters: int) -> Iterator[None]:
    before = csv.field_size_limit(characters)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _header_and_rows(path: Path, separator: str) -> tuple[list[str], int]:
    """Return the header and the number of rows under it, every one of them of the right width."""
    with _field_limit(MAX_FIELD), path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines, delimiter=separator, strict=True)
        try:
            header = next(reader, [])
            _check_header(path, header)
            return header, _count_rows(path, reader, len(header))
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: not UTF-8 ({error.reason}); save it as UTF-8") from error
        except csv.Error as error:
            raise InputError(f"{path}, line {reader.line_num}: {error}; check the quotes around here") from error


def _check_header(path: Path, header: list[str]) -> None:
    if not header:
        raise InputError(f"{path}: expected column names in the first line, found nothing there")
    if len(header) > MAX_COLUMNS:
        raise InputError(f"{path}: at most {MAX_COLUMNS:,} columns are read, this has {len(header):,}")
    if "" in header:
        raise InputError(f"{path}: column {header.index('') + 1} has no name; name it in the first line")
    repeated = [name for name in dict.fromkeys(header) if header.count(name) > 1]
    if repeated:
        raise InputError(f"{path}: two columns are called {repeated[0]!r}; rename one")


def _count_rows(path: Path, reader: "Reader", width: int) -> int:
    rows = 0
    blank_line = 0
    for row in reader:
        if not row and width > 1:
            blank_line = blank_line or reader.line_num
            continue
        if blank_line:
            raise InputError(f"{path}, line {blank_line}: expected {width} fields, got a blank line; remove it")
        # In a table of one column a blank line is a missing value.
        if row and len(row) != width:
            raise InputError(
                f"{path}, line {reader.line_num}: expected {width} fields as in the header, got {len(row)}"
            )
        rows += 1
        if rows * width > MAX_CELLS:
            raise InputError(f"{path}: at most {MAX_CELLS:,} cells are read; take fewer rows")
    return rows
