"""chainrule check: exit codes, formats, many files, and one line about what is wrong."""

import csv
import io
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from chainrule.checking.apart import Failed, each_apart
from chainrule.checking.message import message
from chainrule.errors import InputError
from cli.conftest import Run

NETWORK = r"""
$$z = x W + b$$
$$\hat{y} = \text{softmax}(z)$$
$$L = -\sum_k y_k \log \hat{y}_k$$
"""
RIGHT = NETWORK + r"$$\frac{\partial L}{\partial z} = \hat{y} - y$$"
CONVENTION = NETWORK + r"$$\frac{\partial L}{\partial W} = (\hat{y} - y)\, x$$"
WRONG = NETWORK + r"$$\frac{\partial L}{\partial z} = y - \hat{y}$$"
UNREADABLE = RIGHT + r"$$\frac{\partial L}{\partial z} = ($$"
BACKWARD = """
import numpy as np

def backward(W, b, X, y):
    p = np.exp(X @ W + b)
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    p[np.arange(len(y)), y] -= 1
    return loss, {"W": X.T @ p / len(y), "b": p.sum(axis=0) / len(y)}

def example():
    random = np.random.default_rng(0)
    W, b = random.normal(size=(4, 3)), random.normal(size=3)
    return {"W": W, "b": b}, (random.normal(size=(5, 4)), random.integers(0, 3, 5))
"""


def written(**files: str) -> None:
    """Write files; an underscore in a name is the dot before its type."""
    for name, content in files.items():
        Path(name.replace("_", ".")).write_text(content, encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "code"),
    [(RIGHT, 0), (CONVENTION, 0), (WRONG, 1), (UNREADABLE, 3), (NETWORK, 3), (UNREADABLE + WRONG, 1)],
)
def test_the_exit_code_is_that_of_the_worst_step(run: Run, content: str, code: int) -> None:
    written(a_md=content)
    assert run("check", "a.md").code == code
    assert run("check", "a.md", "--format", "json").code == code


def test_the_first_wrong_line_comes_first_with_its_reason(run: Run) -> None:
    written(a_md=WRONG)
    result = run("check", "a.md")
    first, line, why, *_ = result.out.splitlines()
    assert first == "First wrong line"
    assert line == r"✗ 4     \frac{\partial L}{\partial z} = y - \hat{y}"
    assert why.strip().startswith("A sign is the other way round")
    assert result.err == ""


def test_the_sentences_are_in_the_language(run: Run) -> None:
    written(a_md=WRONG)
    assert run("check", "a.md", "--lang", "zh-Hans").out.startswith("第一处错误\n")
    assert '<html lang="zh-Hant">' in run("check", "a.md", "--lang", "zh-Hant", "--format", "html").out


GRADIENTS = r"""
$$\frac{\partial L}{\partial z_2} = \hat y - y$$
$$\frac{\partial L}{\partial W_2} = (\hat y - y) a_1^T$$
$$\frac{\partial L}{\partial z_1} = W_2^T (\hat y - y) \odot (1 - a_1^2)$$
"""


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        (("--activation", "tanh"), 0),
        (("--layout", "columns"), 0),
        (("--one",), 0),
        (("--activation", "tanh", "--layout", "columns", "--one"), 0),
        (("--activation", "relu"), 1),
        (("--layout", "rows"), 2),
    ],
)
def test_what_is_not_said_of_a_network_is_tried_in_several_ways(run: Run, options: tuple[str, ...], wrong: int) -> None:
    written(a_md=GRADIENTS)
    steps = json.loads(run("check", "a.md", "--format", "json", *options).out)["steps"]
    assert [step["verdict"] for step in steps].count("wrong") == wrong


def test_standard_input_is_a_document(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(WRONG.encode())))
    result = run("check", "-", "--format", "json")
    assert result.code == 1
    assert json.loads(result.out)["file"] == "standard input"


@pytest.mark.parametrize("suffix", ["txt", "json", "html", "csv"])
def test_a_file_has_the_format_of_its_name(run: Run, suffix: str) -> None:
    written(a_md=WRONG)
    form = {"txt": "text"}.get(suffix, suffix)
    printed = run("check", "a.md", "--format", form).out
    assert run("check", "a.md", "--out", f"out.{suffix}") == (1, "", "")
    assert Path(f"out.{suffix}").read_text(encoding="utf-8") == printed


def test_lines_of_numpy_without_a_function_are_a_document(run: Run) -> None:
    written(a_py="z = x @ W + b\nz = b + x @ W\nz = x @ W - b\nexit(1)\n")
    result = run("check", "a.py", "--format", "json")
    assert [step["verdict"] for step in json.loads(result.out)["steps"]] == ["correct", "wrong"]


@pytest.mark.parametrize("target", ["net.py", "net.py:backward", "net:backward"])
def test_a_backward_pass_is_run(run: Run, target: str) -> None:
    written(net_py=BACKWARD)
    result = run("check", target, "--format", "json")
    assert result.code == 0
    record = json.loads(result.out)
    assert [(step["source"], step["verdict"]) for step in record["steps"]] == [("W", "correct"), ("b", "correct")]


def test_a_wrong_backward_pass_names_its_slip(run: Run) -> None:
    written(net_py=BACKWARD.replace("X.T @ p / len(y)", "X.T @ p"))
    result = run("check", "net.py", "--format", "json")
    assert result.code == 1
    (step, *_) = json.loads(result.out)["steps"]
    assert step["mistakes"] == ["missing-mean"]
    assert "dW" in step["right"]
    assert "missing-mean" in run("check", "net.py").out
    assert "<pre>1 of 2 gradients wrong" in run("check", "net.py", "--format", "html").out


def folder() -> None:
    """Make a folder of submissions."""
    for name, content in {
        "ada/a.md": RIGHT,
        "bob/b.md": WRONG,
        "c.tex": UNREADABLE,
        ".d.md": WRONG,
        "e.py": "def f(): 1/0",
    }.items():
        path = Path("work", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def test_many_files_make_a_table(run: Run) -> None:
    folder()
    result = run("check", "work")
    cells = [line.split() for line in result.out.splitlines() if line.startswith(" work")]
    assert cells == [
        ["work/ada/a.md", "1", "1", "0", "0", "0"],
        ["work/bob/b.md", "1", "0", "0", "1", "0", "4"],
        ["work/c.tex", "2", "1", "0", "0", "1"],
    ]
    assert (result.code, result.err) == (1, "")


def test_many_files_make_one_csv(run: Run) -> None:
    folder()
    assert run("check", "work", "--out", "marks.csv") == (1, "", "")
    rows = list(csv.DictReader(io.StringIO(Path("marks.csv").read_text(encoding="utf-8"))))
    assert [row["wrong"] for row in rows] == ["0", "1", "0"]
    assert rows[1] == {
        "file": "work/bob/b.md", "steps": "1", "correct": "0", "convention": "0", "wrong": "1", "unreadable": "0",
        "first_wrong_block": "4", "first_wrong_link": "1", "error": "",
    }  # fmt: skip


def test_a_table_says_in_chinese_what_it_holds_and_what_failed(run: Run) -> None:
    folder()
    Path("work/bad.md").write_bytes(b"\xff")
    header, *rows = run("check", "work", "--lang", "zh-Hant", "--format", "csv").out.splitlines()
    assert header.startswith("檔案,步驟,正確,依慣例正確,錯誤,未讀懂,")
    (bad,) = (row for row in rows if "bad" in row)
    assert bad == "work/bad.md,0,0,0,0,0,,,應是 UTF-8 文字檔，卻含有別的位元組；請存為 UTF-8"
    assert bad.rpartition(",")[2] in run("check", "work", "--lang", "zh-Hant").out
    assert (
        run("check", "work/bad.md", "--lang", "zh-Hant").err.strip().endswith(f"work/bad.md: {bad.rpartition(',')[2]}")
    )


def test_code_is_judged_in_the_language_that_is_asked_for(run: Run) -> None:
    Path("backward.py").write_text(BACKWARD.replace('"W": X.T', '"W": -X.T'), encoding="utf-8")
    assert "正負號反了" in run("check", "backward.py", "--lang", "zh-Hant").out
    assert "符号反了" in run("check", "backward.py", "--lang", "zh-Hans", "--format", "html").out
    record = json.loads(run("check", "backward.py", "--lang", "zh-Hans", "--format", "json").out)
    assert "符号反了" in record["steps"][0]["explanation"]


def test_many_files_make_a_json_object_a_line(run: Run) -> None:
    folder()
    records = [
        json.loads(line) for line in run("check", "work/bob", "work/ada/a.md", "--format", "json").out.splitlines()
    ]
    assert [record["file"] for record in records] == ["work/bob/b.md", "work/ada/a.md"]
    assert records[0]["first_wrong"] == {"block": 4, "link": 1}


def test_many_files_make_a_page_each(run: Run) -> None:
    folder()
    result = run("check", "work", "--format", "html", "--out", "pages")
    assert result.code == 1
    assert "work/bob/b.md" in result.out
    pages = sorted(str(path.relative_to("pages")) for path in Path("pages").rglob("*.html"))
    assert pages == ["ada/a.md.html", "bob/b.md.html", "c.tex.html"]
    assert 'class="line wrong"' in Path("pages/bob/b.md.html").read_text(encoding="utf-8")


def test_a_file_that_cannot_be_read_has_a_page_that_says_so(run: Run) -> None:
    folder()
    Path("work/scan.md").write_bytes(b"%PDF-1.7")
    assert run("check", "work", "--format", "html", "--out", "pages", "--lang", "zh-Hans").code == 1
    page = Path("pages/scan.md.html").read_text(encoding="utf-8")
    assert '<html lang="zh-Hans">' in page
    assert "这份文件无法检查：" in page
    assert "PDF 文件" in page


def test_a_file_that_fails_or_hangs_costs_only_itself(run: Run) -> None:
    written(a_md=RIGHT, hang_py="while True: pass\ndef f(): pass", fails_py="import nowhere\ndef f(): pass")
    Path("broken.md").write_bytes(b"\xff" + WRONG.encode())
    files = ["a.md", "hang.py", "fails.py", "broken.md"]
    result = run("check", *files, "--seconds", "1", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.out)))
    assert result.code == 3
    assert [row["correct"] for row in rows] == ["1", "0", "0", "0"]
    assert [row["error"].partition(";")[0] for row in rows] == [
        "",
        "1: still running when time was up",
        "1: ModuleNotFoundError: No module named 'nowhere'",
        "expected text in UTF-8, found bytes that are not",
    ]
    result = run("check", "a.md", "broken.md", "--format", "json")
    assert len(result.out.splitlines()) == 2
    assert result.err.startswith("broken.md: expected text in UTF-8")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "Missing argument"),
        ("no.md", "no.md: no such file"),
        ("a.md no.md", "no.md: no such file"),
        ("empty", "empty: no document in this folder; expected files that end in .md, .tex, .ipynb, .txt"),
        ("a.md -", "-: standard input is checked alone"),
        ("a.md b.md --format html", "--format html: for several files, give --out a folder for their pages"),
        ("a.md b.md --out pages.html", "--format html: for several files, give --out a folder for their pages"),
        ("a.md --out a.pdf", "a.pdf: expected a name that ends in .txt or .json or .html or .csv"),
        ("a.md --lang fr", "'--lang': 'fr' is not one of"),
        ("a.md:Net.loss.py", "a.md:Net.loss.py: no such file"),
        ("fails.py:Net.loss", "fails.py:Net.loss: no method of a class is called; name the file alone"),
        ("a.md --seconds 0", "greater than or equal to 1"),
        ("picture.md", "picture.md: expected text in UTF-8"),
        ("fails.py", "fails.py:1: ZeroDivisionError: division by zero"),
        ("a.md:g", "a.md: ModuleNotFoundError"),
    ],
)
def test_what_is_wrong_takes_one_line_and_exit_code_2(run: Run, arguments: str, message: str) -> None:
    written(a_md=RIGHT, b_md=RIGHT, fails_py="1 / 0\ndef f(): pass")
    Path("picture.md").write_bytes(b"\x89PNG\0")
    Path("empty").mkdir()
    before = sorted(Path().iterdir())
    code, out, err = run("check", *arguments.split())
    assert (code, out) == (2, "")
    assert err.startswith("chainrule check: ")
    assert message in err
    assert err.count("\n") == 1
    assert sorted(Path().iterdir()) == before


def test_a_checker_that_breaks_does_not_say_that_a_step_is_wrong(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("oh\nno")

    monkeypatch.setattr("chainrule.checking.faces.outcome.check_document", broken)
    written(a_md=RIGHT)
    assert run("check", "a.md", "--out", "a.html") == (3, "", "a.md: RuntimeError: oh?no\n")
    assert not Path("a.html").exists()


def test_help_does_not_wait_for_what_checks() -> None:
    program = (
        "import sys; from chainrule.cli.app import main; main(['check', '--help']); "
        "print([name for name in ('numpy', 'chainrule.algebra', 'chainrule.checking') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.splitlines()[-1] == "[]"


# Work in processes of their own.


def work(item: str) -> Any:
    """Do what the item says."""
    match item:
        case "hang":
            time.sleep(60)
        case "input":
            raise InputError("not this")
        case "fail":
            raise RuntimeError("oh")
        case "die":
            import os

            os._exit(7)
    return item.upper()


def test_each_piece_of_work_has_a_process_of_its_own() -> None:
    start = time.monotonic()
    items = ["a", "hang", "input", "fail", "die", "b"]
    found = dict(each_apart(work, items, 10, [__name__]))
    assert time.monotonic() - start < 50
    assert [found[place] for place in range(len(items))] == [
        "A",
        Failed(message("errors.no-answer", seconds=10)),
        Failed("not this"),
        Failed("RuntimeError: oh"),
        Failed(message("errors.ended-alone")),
        "B",
    ]
