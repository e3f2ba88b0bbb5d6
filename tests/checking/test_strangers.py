"""Somebody's file, checked in a process of its own: what is found in it, and how it can fail."""

import sys
import time
from pathlib import Path

import pytest

from chainrule.checking.code.child import answer
from chainrule.checking.code.report import with_messages
from chainrule.checking.code.strangers import check_code
from chainrule.errors import InputError

SOFTMAX = """import numpy as np

def _softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
"""
ROWS = """
def backward(X, y, W1, b1, W2, b2, lam=0.0):
    m = len(X)
    z1 = X @ W1 + b1
    a1 = np.maximum(z1, 0)
    p = _softmax(a1 @ W2 + b2)
    loss = -np.log(p[np.arange(m), y]).mean() + lam / (2 * m) * ((W1**2).sum() + (W2**2).sum())
    p[np.arange(m), y] -= 1
    d1 = (p @ W2.T) * (z1 > 0)
    return loss, X.T @ d1 / m + lam / m * W1, d1.sum(0) / m, a1.T @ p / m + lam / m * W2, p.sum(0) / m
"""
COLUMNS = """import numpy as np

def forward(params, X):
    A1 = np.tanh(params["W1"] @ X + params["b1"])
    Z2 = params["W2"] @ A1 + params["b2"]
    return A1, 1 / (1 + np.exp(-Z2))

def backprop(params, X, Y):
    A1, A2 = forward(params, X)
    m = X.shape[1]
    loss = -(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)).sum() / m
    dZ2 = A2 - Y
    dZ1 = params["W2"].T @ dZ2 * (1 - A1**2)
    return loss, {
        "dW1": dZ1 @ X.T / m, "db1": dZ1.sum(axis=1, keepdims=True) / m,
        "dW2": dZ2 @ A1.T / m, "db2": dZ2.sum(axis=1, keepdims=True) / m,
    }
"""
EXAMPLE = """import numpy as np

def example():
    return {"w": np.array([1.0, 2.0, 3.0])}, (np.array([0.5, -1.0, 2.0]),)

def cost(p, x):
    return (p["w"] ** 2 * x).sum(), {"w": p["w"] * x}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backward.py"


@pytest.mark.parametrize(("code", "network"), [(SOFTMAX + ROWS, "relu, softmax"), (COLUMNS, "tanh, logistic")])
def test_arguments_are_drawn_in_the_layout_that_the_code_takes(file: Path, code: str, network: str) -> None:
    file.write_text(code, encoding="utf-8")
    report = check_code(str(file))
    assert report, report
    assert network in str(report.network)


def test_the_slip_is_named(file: Path) -> None:
    file.write_text(SOFTMAX + ROWS.replace("d1.sum(0) / m", "d1.sum(0)"), encoding="utf-8")
    report = check_code(f"{file}:backward")
    assert [(slip.name, slip.where) for slip in report.slips] == [("missing-mean", "db1")]


def test_the_example_of_the_file_comes_first(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(EXAMPLE, encoding="utf-8")
    report = check_code(f"{file}:cost")
    assert report.findings[0].ratio == pytest.approx(0.5)
    monkeypatch.chdir(file.parent)
    assert str(check_code("backward:cost")) == str(report)
    assert str(check_code("backward")) == str(report)


@pytest.fixture
def _imports_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "modules", {**sys.modules})


def error_of(file: Path, function: str | None = None) -> str:
    return str(with_messages(answer(str(file), function)["error"]))


@pytest.mark.usefixtures("_imports_as_before")
@pytest.mark.parametrize(
    ("code", "line", "error"),
    [
        ("def f(w):\n    return 1 / 0\n", 2, "ZeroDivisionError: division by zero"),
        ("def g(w):\n    w[99]\ndef f(w):\n    return g(w)\n", 2, "IndexError: index 99 is out of bounds"),
        ("def f(w:\n", 1, "SyntaxError: '(' was never closed"),
        ("import nowhere_at_all\n", 1, "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("import sys\ndef f(w):\n    sys.exit(3)\n", 3, "it ends the program: SystemExit(3)"),
        ("def f(w):\n    raise KeyboardInterrupt\n", 2, "KeyboardInterrupt"),
        ("def f(w):\n    return w\n", None, "expected a loss, which is one number, and gradients; got an array"),
        ("def f(w):\n    return None\n", None, "expected a loss, which is one number, and gradients; got None"),
        ("f = 1\n", None, "no function in it"),
        ("def f(strange):\n    pass\n", None, "f(strange): no telling what to call it with; define example()"),
        ("def example():\n    return 1\ndef f(w):\n    pass\n", None, "example(): expected (params, args)"),
    ],
)
def test_failures_have_their_place(file: Path, code: str, line: int | None, error: str) -> None:
    file.write_text(code, encoding="utf-8")
    assert error_of(file, "f").startswith(error)
    assert answer(str(file), "f")["line"] == line


@pytest.mark.usefixtures("_imports_as_before")
def test_the_function_is_found_or_asked_for(file: Path) -> None:
    file.write_text("x = 1\n", encoding="utf-8")
    assert error_of(file).startswith("no function in it")
    file.write_text("def f(w):\n    pass\ndef g(w):\n    pass\n", encoding="utf-8")
    assert error_of(file) == "which function? add one of its names after a colon: f, g"
    file.write_text(COLUMNS, encoding="utf-8")
    assert error_of(file, "bakprop") == "no function 'bakprop' in it; it has: forward, backprop"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import os\nos._exit(3)\n", ": the process ended without an answer (exit code 3)"),
        ("import os\nos.kill(os.getpid(), 11)\n", ": the process ended without an answer (signal SIGSEGV)"),
        ("while True:\n    print('x' * 1000)\n", ":2: still running when time was up"),
        ("def f(w):\n    return [0] * 10**12\n", ":2: MemoryError: more memory than allowed"),
        ("def f(w):\n    return input()\n", ":2: EOFError: EOF when reading a line"),
        ("import os\nos.write(3, b'[]')\nos._exit(0)\n", ": the process ended without an answer (exit code 0)"),
    ],
)
def test_what_ends_a_process_ends_in_one_line(file: Path, code: str, message: str) -> None:
    file.write_text(code, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        check_code(str(file), seconds=2)
    assert str(caught.value) == f"{file}{message}"


def test_what_catches_everything_is_killed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chainrule.checking.code.strangers.GRACE", 1.0)
    file.write_text("while True:\n    try:\n        while True: pass\n    except: pass\n", encoding="utf-8")
    start = time.monotonic()
    with pytest.raises(InputError, match="no answer after 1 s"):
        check_code(str(file), seconds=1)
    assert time.monotonic() - start < 10


def test_what_it_has_started_ends_with_it(file: Path) -> None:
    number = file.with_name("number")
    starting = "import pathlib, subprocess\nsleeping = subprocess.Popen(['sleep', '600'])\n"
    keeping = f"pathlib.Path({str(number)!r}).write_text(str(sleeping.pid))\n"
    file.write_text(starting + keeping + EXAMPLE, encoding="utf-8")
    check_code(f"{file}:cost")
    state = Path(f"/proc/{number.read_text(encoding='utf-8')}/stat")
    until = time.monotonic() + 10
    while state.exists() and state.read_text(encoding="utf-8").split()[2] != "Z":
        assert time.monotonic() < until


def test_no_such_file(file: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        check_code(str(file))
