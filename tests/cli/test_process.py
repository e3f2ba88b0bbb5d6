"""The program as the shell sees it: exit codes, what goes where, signals and pipes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = "import sys; from chainrule.cli.app import main; sys.exit(main())"


def python(folder: Path, code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(  # noqa: S603
        command,
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def shell(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return python(folder, PROGRAM, *arguments)


def test_standard_output_is_one_json_object(tmp_path: Path) -> None:
    done = shell(tmp_path, "train", "iris", "--epochs", "5", "--out", "m.skops", "--json")
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    assert {"accuracy", "log_loss", "macro_f1", "n_iter", "seconds"} <= set(json.loads(done.stdout))
    assert "\x1b" not in done.stderr
    (tmp_path / "m.skops").write_bytes((tmp_path / "m.skops").read_bytes()[:5000])
    done = shell(tmp_path, "predict", "m.skops", "iris")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("chainrule predict: m.skops: not a model file, or damaged")
    assert done.stderr.count("\n") == 1


def test_a_failure_is_exit_code_one(tmp_path: Path) -> None:
    done = shell(tmp_path, "train", "iris", "--solver", "sgd", "--learning-rate", "1e30")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1


def test_help_does_not_wait_for_heavy_modules(tmp_path: Path) -> None:
    code = "import sys; from chainrule.cli.app import main; main(['train', '--help']); "
    code += "print([m for m in ('numpy', 'polars', 'sklearn', 'skops') if m in sys.modules])"
    assert python(tmp_path, code).stdout.splitlines()[-1] == "[]"


@pytest.mark.skipif(os.name != "posix", reason="signals and pipes of POSIX")
def test_a_reader_that_leaves_is_no_news(tmp_path: Path) -> None:
    assert shell(tmp_path, "train", "digits", "--epochs", "1", "--out", "m.skops").returncode == 0
    # More than a pipe holds at once, and so little that it is written at the very end.
    for options in (["--proba"], []):
        command = [sys.executable, "-c", PROGRAM, "predict", "m.skops", "digits", *options]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=pipe, stderr=pipe) as process:  # noqa: S603
            assert process.stdout
            assert process.stderr
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 1


@pytest.mark.skipif(os.name != "posix", reason="signals and pipes of POSIX")
def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    interrupted = """
import os, signal, sys, time
from chainrule import MLPClassifier
from chainrule.cli.app import main

def fit(*_):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(20)

MLPClassifier.fit = fit
sys.exit(main(["train", "digits", "--out", "m.skops"]))
"""
    done = python(tmp_path, interrupted)
    assert (done.returncode, done.stderr) == (130, "chainrule train: interrupted\n")
    assert not list(tmp_path.iterdir())


def test_standard_output_is_utf8_whatever_the_terminal_is(tmp_path: Path) -> None:
    rows = "".join(f"{i},{('ä', 'λ')[i % 2]}\n" for i in range(40))
    (tmp_path / "t.csv").write_text("x,target\n" + rows, encoding="utf-8")
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    done = python(tmp_path, PROGRAM, "train", "t.csv", "--epochs", "1", "--out", "m.skops", "--json", **ascii_only)
    assert done.returncode == 0
    json.loads(done.stdout)
    done = python(tmp_path, PROGRAM, "inspect", "m.skops", "--json", **ascii_only)
    assert json.loads(done.stdout)["classes"] == ["ä", "λ"]
    done = python(tmp_path, PROGRAM, "predict", "m.skops", "t.csv", "--proba", **ascii_only)
    assert done.stdout.splitlines()[0] == "prediction,probability_ä,probability_λ"
    assert "λ" in python(tmp_path, PROGRAM, "train", "--help", **ascii_only).stdout


@pytest.mark.skipif(os.name != "posix", reason="descriptors of POSIX")
@pytest.mark.parametrize("closed", [1, 2])
def test_a_closed_stream_is_no_failure(tmp_path: Path, closed: int) -> None:
    code = "import os, subprocess, sys\n"
    code += f"run = [sys.executable, '-m', 'chainrule', *sys.argv[1:]]; os.close({closed}); os.execv(run[0], run)"
    done = python(tmp_path, code, "train", "iris", "--epochs", "1", "--json")
    assert done.returncode == 0
    assert "'NoneType'" not in done.stderr
    assert bool(done.stdout) is (closed == 2)


def test_the_module_is_the_program(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "chainrule", "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.startswith("chainrule 0.")
