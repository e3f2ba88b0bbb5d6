"""Tables in and out: a bundled data set, or a CSV, TSV or Parquet file."""

from collections.abc import Collection
from pathlib import Path

import polars as pl

from chainrule.errors import InputError
from chainrule.files.bounds import MAX_CELLS, check_readable
from chainrule.files.delimited import read_delimited
from chainrule.files.panics import panics_as_errors
from chainrule.files.writing import written_whole

__all__ = ["BUNDLED", "TABLE_SUFFIXES", "read_table", "write_table"]

BUNDLED = ("breast_cancer", "digits", "iris", "wine")
SEPARATORS = {".csv": ",", ".tsv": "\t"}
TABLE_SUFFIXES = (*SEPARATORS, ".parquet")


def read_table(source: str, text: Collection[str] = ()) -> pl.DataFrame:
    """Read the table that a name or a path stands for.

    Parameters
    ----------
    source : str
        'breast_cancer', 'digits', 'iris' or 'wine', whose classes are in the column 'target'; or
        the path of a .csv, .tsv or .parquet file.
    text : collection of str
        Columns to take as text, whatever they look like.

    Returns
    -------
    polars.DataFrame
        At least one row, columns of different names.

    Raises
    ------
    InputError
        When there is no such table, or it cannot be read.
    """
    if source in BUNDLED:
        return _bundled(source)
    path = Path(source)
    suffix = path.suffix.lower()
    if suffix not in TABLE_SUFFIXES:
        raise InputError(
            f"{source}: expected one of {', '.join(BUNDLED)}, or a file that ends in {', '.join(TABLE_SUFFIXES)}"
        )
    check_readable(path)
    separator = SEPARATORS.get(suffix)
    frame = read_delimited(path, separator, text) if separator else _read_parquet(path, text)
    if frame.is_empty():
        raise InputError(f"{path}: has column names but no rows")
    return frame


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Write a .csv, .tsv or .parquet file, whole or not at all."""
    with written_whole(path) as file:
        if path.suffix.lower() == ".parquet":
            frame.write_parquet(file)
        else:
            frame.write_csv(file, separator=SEPARATORS[path.suffix.lower()])


def _bundled(name: str) -> pl.DataFrame:
    from sklearn import datasets

    data = getattr(datasets, f"load_{name}")()
    features = pl.DataFrame(data.data, schema=list(data.feature_names))
    return features.with_columns(target=pl.Series(data.target_names[data.target]))


def _read_parquet(path: Path, text: Collection[str]) -> pl.DataFrame:
    try:
        with panics_as_errors():
            lazy = pl.scan_parquet(path, glob=False)
            columns = lazy.collect_schema().names()
            if "" in columns:
                raise InputError(f"{path}: column {columns.index('') + 1} has no name; name it")
            # A small file can hold a very large table, so its size is asked for before it is unpacked.
            cells = lazy.select(pl.len()).collect().item() * len(columns)
            if cells > MAX_CELLS:
                raise InputError(f"{path}: at most {MAX_CELLS:,} cells are read, this has {cells:,}; take fewer rows")
            return lazy.with_columns(pl.col(name).cast(pl.String) for name in text if name in columns).collect()
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{path}: not readable as Parquet: {str(error).splitlines()[0]}") from error
