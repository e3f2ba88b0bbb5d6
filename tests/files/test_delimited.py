"""CSV and TSV: what is written comes back, and a ragged row never passes."""

import csv
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from chainrule.errors import InputError
from chainrule.files import bounds, delimited
from chainrule.files.delimited import MISSING, read_delimited

on_disk = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
# Anything a person may type, quotes, separators and line ends among it.
texts = st.text(
    st.one_of(st.sampled_from("\",\t\n;é 雪'#"), st.characters(codec="utf-8", exclude_characters="\r\0")),
    max_size=12,
)
cells = texts.filter(lambda text: text not in MISSING)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """A header of different names and rows of the same width."""
    header = draw(st.lists(texts.filter(bool), min_size=2, max_size=4, unique=True))
    row = st.lists(cells, min_size=len(header), max_size=len(header))
    return [header, *draw(st.lists(row, min_size=1, max_size=6))]


def written(path: Path, rows: list[list[str]], separator: str) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=separator, lineterminator="\n").writerows(rows)
    return path


@on_disk
@given(table=tables(), separator=st.sampled_from(",\t"))
def test_text_comes_back_as_it_was_written(tmp_path: Path, table: list[list[str]], separator: str) -> None:
    header, *rows = table
    frame = read_delimited(written(tmp_path / "t", table, separator), separator, text=header)
    expected = [tuple(cell or None for cell in row) for row in rows]
    assert frame.columns == header
    assert [tuple(cell or None for cell in row) for row in frame.rows()] == expected


@on_disk
@given(table=tables(), data=st.data())
def test_a_ragged_row_is_refused_with_its_line(tmp_path: Path, table: list[list[str]], data: st.DataObject) -> None:
    victim = data.draw(st.integers(1, len(table) - 1))
    width = data.draw(st.integers(1, 8).filter(lambda w: w != len(table[0])))
    table[victim] = data.draw(st.lists(cells, min_size=width, max_size=width))
    with pytest.raises(InputError, match=rf"line \d+: expected {len(table[0])} fields"):
        read_delimited(written(tmp_path / "t", table, ","), ",")


@on_disk
@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(-(2**63), 2**63 - 1),
            st.none() | st.floats(allow_nan=False),
            st.none() | st.booleans(),
        ),
        min_size=1,
    )
)
def test_numbers_come_back_with_their_types(
    tmp_path: Path, rows: list[tuple[int | None, float | None, bool | None]]
) -> None:
    frame = pl.DataFrame(
        rows,
        schema={
            "i": pl.Int64,
            "f": pl.Float64,
            "b": pl.Boolean,
        },
        orient="row",
    )
    frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))
    frame.write_csv(tmp_path / "t")
    back = read_delimited(tmp_path / "t", ",")
    # A column without a value has no type of its own.
    known = [c.name for c in frame.iter_columns() if c.null_count() < len(c)]
    numbers = [name for name in known if name != "b"]
    assert_frame_equal(back.select(numbers).cast(frame.select(numbers).schema), frame.select(numbers))
    assert "b" not in known or back["b"].to_list() == [b if b is None else str(b).lower() for b in frame["b"]]


def read(tmp_path: Path, content: str | bytes) -> pl.DataFrame:
    path = tmp_path / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_delimited(path, ",")


def test_missing_values_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    frame = read(tmp_path, b"\xef\xbb\xbfa,b\r\n1,NA\r\n,nan\r\n3,2.5\r\n\r\n\r\n")
    assert frame.rows() == [(1, None), (None, None), (3, 2.5)]


def test_text_late_in_a_column_of_numbers_makes_it_text(tmp_path: Path) -> None:
    frame = read(tmp_path, "a,b\n" + "1,2\n" * 5000 + "x,2\n")
    assert frame.schema == {"a": pl.String, "b": pl.Int64}


def test_a_blank_line_is_a_missing_value_only_in_a_table_of_one_column(tmp_path: Path) -> None:
    assert read(tmp_path, "a\n1\n\n3\n").rows() == [(1,), (None,), (3,)]
    with pytest.raises(InputError, match="line 3: expected 2 fields, got a blank line"):
        read(tmp_path, "a,b\n1,2\n\n3,4\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "expected column names in the first line"),
        ("a,b,c\n1,2,3\n4,5\n", "line 3: expected 3 fields as in the header, got 2"),
        ("a,b,c\n1,2,3\n4,5,6,7\n", "line 3: expected 3 fields as in the header, got 4"),
        ('a,b\n"x\ny",1\n2\n', "line 4: expected 2 fields as in the header, got 1"),
        ("a,a\n1,2\n", "two columns are called 'a'"),
        ("a,\n1,2\n", "column 2 has no name"),
        ("é,b\n1,2\n".encode("latin-1"), "not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "not UTF-8"),
        ('a,b\n"1,2\n3,4\n', "line 3: .*check the quotes"),
        ('a,b\n"x"y,2\n', "line 2: .*check the quotes"),
        ("a,b\r1,2\r3,4\r", "can be read in two ways"),
        ("a\n1\r2\n", "can be read in two ways"),
    ],
)
def test_what_is_not_a_table_is_refused(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, content)


def test_true_and_false_keep_their_spelling(tmp_path: Path) -> None:
    frame = read(tmp_path, "a,b,c\nTrue,true,1\nFalse,,true\n")
    assert frame.rows() == [("True", "true", "1"), ("False", None, "true")]


def test_a_long_field_is_read_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = csv.field_size_limit()
    assert read(tmp_path, f"a,b\n{'x' * 200_000},2\n").row(0) == ("x" * 200_000, 2)
    monkeypatch.setattr(delimited, "MAX_FIELD", 100)
    with pytest.raises(InputError, match=r"line 2: field larger than field limit \(100\)"):
        read(tmp_path, f"a,b\n{'x' * 200},2\n")
    assert csv.field_size_limit() == before


def test_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_CELLS", 5)
    monkeypatch.setattr(delimited, "MAX_COLUMNS", 3)
    with pytest.raises(InputError, match="at most 5 cells"):
        read(tmp_path, "a,b\n1,2\n3,4\n5,6\n")
    with pytest.raises(InputError, match="at most 3 columns"):
        read(tmp_path, "a,b,c,d\n1,2,3,4\n")
    monkeypatch.setattr(bounds, "MAX_BYTES", 3)
    (tmp_path / "t.csv").write_text("a,b\n")
    with pytest.raises(InputError, match="GB are read"):
        bounds.check_readable(tmp_path / "t.csv")
