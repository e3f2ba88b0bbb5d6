"""Where a table comes from, and what is no table."""

import os
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from chainrule.errors import InputError
from chainrule.files import tables
from chainrule.files.panics import panics_as_errors
from chainrule.files.tables import BUNDLED, TABLE_SUFFIXES, read_table, write_table

FRAME = pl.DataFrame({"x": [1, 2], "text": ['a "quoted" tab\t', "line\nend, é"], "f": [0.1, None]})


@pytest.mark.parametrize("suffix", TABLE_SUFFIXES)
def test_a_table_that_was_written_is_read_as_it_was(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"table{suffix.upper()}"
    write_table(FRAME, path)
    assert_frame_equal(read_table(str(path)), FRAME)
    as_text = read_table(str(path), ["x", "absent"])
    assert as_text["x"].to_list() == ["1", "2"]


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_tables_have_named_columns_and_a_target(name: str) -> None:
    frame = read_table(name)
    assert frame.columns[-1] == "target"
    assert frame.height > 100
    assert frame["target"].dtype == (pl.Int64 if name == "digits" else pl.String)


def test_what_is_no_table_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"irsi: expected one of breast_cancer, digits, iris, wine"):
        read_table("irsi")
    with pytest.raises(InputError, match="no such file"):
        read_table(str(tmp_path / "absent.csv"))
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="expected a file, this is a directory"):
        read_table(str(tmp_path / "folder.csv"))
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match="not readable as Parquet"):
        read_table(str(tmp_path / "t.parquet"))
    (tmp_path / "t.csv").write_text("a,b\n")
    with pytest.raises(InputError, match="column names but no rows"):
        read_table(str(tmp_path / "t.csv"))
    FRAME.write_parquet(tmp_path / "t.parquet")
    monkeypatch.setattr(tables, "MAX_CELLS", 5)
    with pytest.raises(InputError, match="at most 5 cells are read, this has 6"):
        read_table(str(tmp_path / "t.parquet"))


def test_a_parquet_column_without_a_name_is_refused(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1], "": [2]}).write_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputError, match="column 2 has no name"):
        read_table(str(tmp_path / "t.parquet"))


def test_a_damaged_parquet_file_is_one_error_and_rust_says_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    frame = pl.DataFrame({"x": [float(i) for i in range(300)], "s": [f"a{i % 7}" for i in range(300)]})
    frame.write_parquet(tmp_path / "t.parquet")
    data = (tmp_path / "t.parquet").read_bytes()
    refused = 0
    for place in range(4, len(data), max(1, len(data) // 150)):
        (tmp_path / "t.parquet").write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        try:
            read_table(str(tmp_path / "t.parquet"))
        except InputError as error:
            assert "not readable as Parquet" in str(error)  # noqa: PT017 - many a flipped byte does no harm
            refused += 1
    assert refused
    assert capfd.readouterr() == ("", "")


def test_a_panic_of_polars_is_an_error_of_polars(capfd: pytest.CaptureFixture[str]) -> None:
    def panic() -> None:
        os.write(2, b"thread panicked")
        raise pl.exceptions.PanicException("assertion failed")

    with pytest.raises(pl.exceptions.PolarsError, match="the file is damaged"), panics_as_errors():
        panic()
    os.write(2, b"heard again")
    assert capfd.readouterr().err == "heard again"
