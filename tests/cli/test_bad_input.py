"""Whatever is wrong, one line says so, the exit code says whose fault it was, and nothing is lost."""

import errno
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from chainrule import MLPClassifier
from chainrule.cli.progress import EpochBar

GOOD = "x,y\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(40))

# The content of t.csv, the arguments, what the line says.
UNUSABLE = [
    ("", "train t.csv", "t.csv: expected column names in the first line"),
    ("x,y\n", "train t.csv", "t.csv: has column names but no rows"),
    (GOOD, "train t.csv", "the table has no column 'target'; it has 'x', 'y'"),
    (GOOD, "train t.csv --target Y", "did you mean 'y'?"),
    ("x,y\n1,a\n2\n", "train t.csv --target y", "t.csv, line 3: expected 2 fields as in the header, got 1"),
    ("x,y\n1,a\n2,b,c\n", "train t.csv --target y", "t.csv, line 3: expected 2 fields as in the header, got 3"),
    ("x,x,y\n1,2,a\n", "train t.csv --target y", "two columns are called 'x'"),
    ("x,y\n1,a\n2,a\n", "train t.csv --target y", "target 'y': expected two classes or more"),
    ("x,y\n1,a\n2,\n", "train t.csv --target y", "target 'y': 1 of 2 rows have none, the first is row 2"),
    ("x,y\n1,0.5\n2,1.5\n", "train t.csv --target y", "expected classes, text or whole numbers, got 0.5"),
    (GOOD + "7,c\n", "train t.csv --target y", "class 'c' has a single row"),
    ("x,z,y\n1,,a\n2,,b\n", "train t.csv --target y", "column 'z': all empty"),
    (GOOD + "inf,a\n", "train t.csv --target y", "column 'x', row 41: expected a finite number, got infinity"),
    (GOOD, "train t.csv --target y --test-size 0", "--test-size 0 of 40 rows holds out 0"),
    (GOOD, "train t.csv --target y --test-size nan", "'--test-size'"),
    (GOOD, "train t.csv --target y --test-size 1", "--test-size 1 of 40 rows holds out 40"),
    (GOOD, "train t.csv --target y --learning-rate 0", "learning_rate"),
    (GOOD, "train t.csv --target y --learning-rate fast", "'--learning-rate'"),
    (GOOD, "train t.csv --target y --epochs 0", "'--epochs'"),
    (GOOD, "train t.csv --target y --hidden 10,0", "'--hidden': expected whole numbers such as 100"),
    (GOOD, "train t.csv --target y --activation step", "'--activation'"),
    (GOOD, "train t.csv --target y --seed -1", "'--seed'"),
    (GOOD, "train t.csv --target y --out m.pkl", "m.pkl: expected a name that ends in .skops"),
    (GOOD, "train t.csv --target y --out no/m.skops", "no/m.skops: there is no folder"),
    (GOOD, "train t.csv --target y --plot c.gif", "c.gif: expected a name that ends in .png"),
    (GOOD, "train t.csv --target y --fast", "No such option: --fast"),
    (GOOD, "train absent.csv", "absent.csv: no such file"),
    (GOOD, "train iriss", "iriss: expected one of breast_cancer, digits, iris, wine, or a file"),
    (GOOD + "7,c\n7,c\n", "train t.csv --target y --early-stopping", "drop --early-stopping or add rows"),
    (GOOD + "1e300,a\n", "train t.csv --target y", "column 'x': its numbers, up to 1e+300, are too far apart"),
    ("x,y\n1,100000000000000000001\n2,2\n", "train t.csv --target y", "got 100000000000000000001; put a letter"),
    ("x,y\n1,NA\n2,EU\n", "train t.csv --target y", "an empty field, NA, N/A"),
    (GOOD, f"train t.csv --target y --out {'a' * 250}.skops", "a.skops: no file can be written there: File name too"),
    (GOOD, "train t.csv --target y --out /proc/m.skops", "/proc/m.skops: no file can be written there"),
    (GOOD, "train", "Missing argument 'source'"),
    (GOOD, "learn", "No such command 'learn'"),
    (GOOD, "inspect t.csv", "t.csv: not a model file, or damaged"),
    (GOOD, "evaluate absent.skops t.csv", "absent.skops: no such file"),
    (GOOD, "predict absent.skops t.csv --out p.xls", "p.xls: expected a name that ends in .csv"),
]


def is_one_line(err: str, command: str) -> bool:
    return err.startswith(f"chainrule{command}: ") and err.endswith("\n") and err.count("\n") == 1


@pytest.mark.parametrize(("content", "arguments", "message"), UNUSABLE)
def test_what_was_given_cannot_be_used(run: Any, content: str, arguments: str, message: str) -> None:
    Path("t.csv").write_text(content)
    result = run(*arguments.split())
    command = arguments.split(maxsplit=1)[0]
    assert is_one_line(result.err, "" if command == "learn" else f" {command}")
    assert message in result.err
    assert (result.code, result.out) == (2, "")
    assert list(Path().iterdir()) == [Path("t.csv")]


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        ("height,code\n1,00\n", "predict m.skops t.csv", "the table has no column 'evergreen'"),
        ("height,code,evergreen\ntall,00,true\n", "predict m.skops t.csv", "column 'height': expected numbers"),
        ("height,code,evergreen\ninf,00,true\n", "predict m.skops t.csv", "got infinity"),
        ("height,code,evergreen\n1,0,true\n1e300,0,true\n", "predict m.skops t.csv", "column 'height', row 2: 1e+300"),
        ("height,code,evergreen,kind\n-1e300,0,true,ash\n", "evaluate m.skops t.csv", "column 'height', row 1"),
        ("height,code,evergreen,kind\n1,00,true,oak\n", "evaluate m.skops t.csv", "'oak' is not among"),
        ("height,code,evergreen,kind\n1,00,true,\n", "evaluate m.skops t.csv", "1 of 1 rows have none"),
        ("height,code,evergreen\n1,00,true\n", "evaluate m.skops t.csv", "no column 'kind'"),
    ],
)
def test_a_table_that_does_not_fit_the_model(run: Any, model: str, content: str, arguments: str, message: str) -> None:
    Path("t.csv").write_text(content)
    result = run(*arguments.split())
    assert is_one_line(result.err, f" {arguments.split(maxsplit=1)[0]}")
    assert message in result.err
    assert (result.code, result.out) == (2, "")


def test_weights_that_diverge_are_a_failure_and_leave_the_old_model(run: Any) -> None:
    Path("m.skops").write_text("old")
    result = run("train", "iris", "--solver", "sgd", "--learning-rate", "1e30", "--out", "m.skops")
    assert result.code == 1
    assert is_one_line(result.err, " train")
    assert "non-finite" in result.err
    assert Path("m.skops").read_text() == "old"


@pytest.mark.parametrize(
    "options",
    [
        "--learning-rate 1e38 --early-stopping",
        "--solver sgd --learning-rate 1e20 --early-stopping",
        "--solver lbfgs --alpha 1e300",
    ],
)
def test_figures_that_are_not_finite_are_a_failure_and_leave_the_old_model(run: Any, options: str) -> None:
    Path("m.skops").write_text("old")
    result = run("train", "iris", *options.split(), "--out", "m.skops", "--json")
    assert (result.code, result.out) == (1, "")
    assert is_one_line(result.err, " train")
    assert "loss nan" in result.err or "loss inf" in result.err
    assert Path("m.skops").read_text() == "old"


def test_a_full_disk_is_a_failure_and_leaves_the_old_model(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("m.skops").write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    result = run("train", "iris", "--epochs", "2", "--out", "m.skops", "--json")
    assert (result.code, result.out) == (1, "")
    last = result.err.splitlines()[-1]
    assert last.startswith("chainrule train: ")
    assert last.endswith("m.skops: No space left on device; nothing was written, an older file is as it was")
    assert Path("m.skops").read_text() == "old"
    assert list(Path().iterdir()) == [Path("m.skops")]


def test_a_plot_without_matplotlib_is_refused_before_training(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(MLPClassifier, "fit", None)
    result = run("train", "iris", "--plot", "c.png")
    assert result.code == 2
    assert result.err == "chainrule train: plots need matplotlib: pip install 'chainrule[plot]'\n"


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (KeyboardInterrupt(), 130, "chainrule train: interrupted\n"),
        (MemoryError(), 1, "chainrule train: not enough memory; take fewer rows or smaller layers\n"),
        (RuntimeError("two\nlines \x1b[2J"), 1, "chainrule train: two lines ?[2J\n"),
        (RuntimeError(), 1, "chainrule train: RuntimeError\n"),
        (PermissionError(13, "Permission denied", "f"), 1, "chainrule train: f: Permission denied\n"),
    ],
)
def test_every_other_end_is_one_line_too(
    run: Any, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, line: str
) -> None:
    def fit(*_: Any) -> None:
        raise error

    monkeypatch.setattr(MLPClassifier, "fit", fit)
    result = run("train", "iris")
    assert (result.code, result.out, result.err) == (code, "", line)


def test_an_interrupted_fit_is_not_a_short_one(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(bar: EpochBar, estimator: MLPClassifier, context: Any) -> None:
        if context.task_name == "epoch":
            raise KeyboardInterrupt

    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(EpochBar, "on_fit_task_end", interrupted)
    result = run("train", "iris", "--out", "m.skops")
    assert result.code == 130
    assert result.err.endswith("chainrule train: interrupted\n")
    assert not list(Path().iterdir())
