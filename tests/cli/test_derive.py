"""chainrule derive: formats, files, and one line about what is wrong."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from chainrule import derive
from cli.conftest import Run

FORMATS = {
    "text": derive("dW1", l2=True).to_text(),
    "latex": derive("dW1", l2=True).to_latex(),
    "markdown": derive("dW1", l2=True).to_markdown(),
    "html": derive("dW1", l2=True).to_html(),
}
SUFFIXES = {"txt": "text", "tex": "latex", "md": "markdown", "html": "html"}


def test_alone_it_prints_all_gradients_as_plain_text(run: Run) -> None:
    assert run("derive") == (0, derive().to_text(), "")


@pytest.mark.parametrize("form", FORMATS)
def test_a_format_is_printed(run: Run, form: str) -> None:
    assert run("derive", "dW1", "--l2", "--format", form) == (0, FORMATS[form], "")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_has_the_format_of_its_name(run: Run, suffix: str) -> None:
    assert run("derive", "dW1", "--l2", "--out", f"d.{suffix}") == (0, "", "")
    assert Path(f"d.{suffix}").read_text(encoding="utf-8") == FORMATS[SUFFIXES[suffix]]
    assert [path.name for path in Path().iterdir()] == [f"d.{suffix}"]


def test_a_format_that_is_said_counts_whatever_the_name(run: Run) -> None:
    assert run("derive", "dW1", "--l2", "--format", "markdown", "--out", "notes.qmd").code == 0
    assert Path("notes.qmd").read_text(encoding="utf-8") == FORMATS["markdown"]


def test_the_numpy_source_runs(run: Run) -> None:
    source = run("derive", "--format", "numpy").out
    assert "def loss_and_gradients" in source
    exec(compile(source, "derived.py", "exec"), {})  # noqa: S102


def test_a_fragment_has_no_preamble(run: Run) -> None:
    fragment = run("derive", "dW1", "--format", "latex", "--fragment")
    assert fragment == (0, derive("dW1").to_latex(standalone=False), "")


def test_every_option_says_the_same_as_in_python(run: Run) -> None:
    options = (
        "dw1 --activation leaky_relu --widths 5,h,3 --slope 0.2 --layout columns --average weights --l2-factor lambda/2"
        " --entries --brief --style W^{[1]} --names a1=g,W1=V_{1,2} --lang zh-Hans"
    )
    expected = derive(
        "dW1",
        activation="leaky_relu",
        widths=[5, "h", 3],
        negative_slope=0.2,
        layout="columns",
        average="weights",
        l2="lambda/2",
        entries=True,
        brief=True,
        style="W^{[1]}",
        names={"a1": "g", "W1": "V_{1,2}"},
        language="zh-Hans",
    )
    assert run("derive", *options.split()) == (0, expected.to_text(), "")
    one = derive("J", depth=0, output="logistic", batch=False, l2=True)
    assert run("derive", "J", "--depth", "0", "--output", "logistic", "--one", "--l2").out == one.to_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("dW9", "quantity: 'dW9' is not one of this network; did you mean dW2 or dW1?"),
        ("--activation rellu", "'rellu' is not one of 'identity', 'logistic', 'tanh', 'relu', 'leaky_relu'"),
        ("--names a1=h,a1=g", "a1 is given twice, as h and as g"),
        ("--names a1", "expected pairs such as a1=h,y_hat=p, got 'a1'"),
        ("--names a1=", "expected pairs such as a1=h,y_hat=p, got 'a1='"),
        ("--names a1=h}", "symbol 'h}': expected"),
        ("--names W1=W^T", "names a transpose; for the other layout choose layout"),
        ("--depth 5", "expected 0 to 4 hidden layers"),
        ("--depth two", "'--depth'"),
        ("--widths 5", "expected two or more names or numbers such as 5,4,3 or d,h,K, got '5'"),
        ("--widths 5,,3", "got '5,,3'"),
        ("--widths 5,4.5,3", "symbol '4.5': expected a letter"),
        ("--widths 5,4,3 --depth 2", "3 widths make depth 1, but depth is 2"),
        ("--widths m,4,3", "m and d_0 would both be written m"),
        ("--one --average mean", "nothing to average in one sample"),
        ("--one --l2-factor lambda/2m", "one sample has no m"),
        ("--slope 0.1", "only leaky_relu has one, not relu"),
        ("--lang fr", "'fr' is not one of 'en', 'zh-Hans', 'zh-Hant'"),
        ("--fragment", "--fragment: only LaTeX has one, not text"),
        ("--out d.pdf", "d.pdf: expected a name that ends in .txt or .tex or .md or .html or .py"),
        ("--out no/d.md", "no/d.md: there is no folder"),
    ],
)
def test_what_is_wrong_takes_one_line_and_exit_code_2(run: Run, arguments: str, message: str) -> None:
    code, out, err = run("derive", *arguments.split())
    assert (code, out) == (2, "")
    assert err.startswith("chainrule derive: ")
    assert message in err
    assert err.count("\n") == 1
    assert list(Path().iterdir()) == []


def test_an_older_file_survives_a_mistake(run: Run) -> None:
    Path("d.md").write_text("mine")
    assert run("derive", "dW9", "--out", "d.md").code == 2
    assert Path("d.md").read_text() == "mine"


def test_an_older_file_survives_a_full_disk(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    Path("d.md").write_text("mine")
    monkeypatch.setattr("os.fsync", full)
    code, out, err = run("derive", "J", "--out", "d.md")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "d.md: No space left on device" in err
    assert [path.read_text() for path in Path().iterdir()] == ["mine"]


def test_help_does_not_wait_for_what_derives() -> None:
    program = (
        "import sys; from chainrule.cli.app import main; main(['derive', '--help']); "
        "print([name for name in ('numpy', 'chainrule.algebra', 'chainrule.derivation') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.splitlines()[-1] == "[]"
