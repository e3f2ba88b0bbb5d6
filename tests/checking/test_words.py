"""What is said: a sentence in every language, with the spot of what is not understood."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import numpy as np
import pytest

import chainrule.checking
from chainrule import Network, Parameters
from chainrule.checking.check import check_document
from chainrule.checking.code.gradients import check_gradients
from chainrule.checking.faces.data import record_of, record_of_code
from chainrule.checking.faces.html import html_of
from chainrule.checking.faces.text import text_of
from chainrule.checking.faces.words import MARKS
from chainrule.checking.parsing.documents import read_text
from chainrule.derivation.messages import LANGUAGES, messages

NETWORK = r"""
$$z = x W + b$$
$$\hat{y} = \text{softmax}(z)$$
$$L = -\sum_k y_k \log \hat{y}_k$$
"""
SOURCES = sorted(Path(chainrule.checking.__file__).parent.rglob("*.py"))
# What takes the name of a message, and what stands in its places; the table that the name is in.
TABLES = {
    **dict.fromkeys(("NotUnderstood", "Misfit", "unreadable", "fail", "unread", "problem"), "reasons."),
    "Refused": "errors.",
    "said": "code_slips.",
    "message": "",
}
SAID = ("reasons", "errors", "kinds", "code", "code_slips", "code_notes")


def given(path: Path) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the messages that a module gives, each with the names of its places."""
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and call.args:
            taker = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if taker in TABLES:
                places = frozenset(keyword.arg or "" for keyword in call.keywords)
                found = names(call.args[0])
                assert found is not None, f"{path}:{call.lineno}: give a message by its name in messages/*.toml"
                yield from ((f"{TABLES[taker]}{name}", places) for name in found)


def names(node: ast.expr) -> list[str] | None:
    """Return what the name of a message can be; nothing of one that is only passed on; None of what is no name."""
    match node:
        case ast.Constant(value=str(name)) if " " not in name:
            return [name]
        case ast.IfExp(body=ast.Constant(value=str(one)), orelse=ast.Constant(value=str(other))):
            return [one, other]
        case (
            ast.Name(id="reason") | ast.JoinedStr(values=[_, ast.FormattedValue(value=ast.Name(id="reason" | "name"))])
        ):
            return []
    return None


def test_every_message_that_is_given_has_its_sentence_and_no_other_has() -> None:
    told = messages("en", "checking")  # the other languages say the same: see test_faces.py
    sentences = {f"{table}.{name}": words for table in SAID for name, words in told[table].items()}
    found = {(path.name, *each) for path in SOURCES for each in given(path)}
    for module, key, places in found:
        assert key in sentences, f"{module}: {key} is not in en.toml"
        assert {name for _, name, _, _ in Formatter().parse(sentences[key]) if name} == places, f"{module}: {key}"
    assert {key for _, key, _ in found} == sentences.keys()


# Claims that are not understood, each with the spot.
SPOTS = {
    r"\frac{\partial L}{\partial W} = x^T q_7": "q_7",
    r"\frac{\partial L}{\partial W} = x^T \operatorname{foo}(y)": r"\operatorname{foo}",
    r"\frac{\partial L}{\partial b} = \|y\|_7": r"\|y\|_7",
    r"\frac{\partial L}{\partial b} = \sum_{k=0}^{K} y_k": "k=0",
    r"\frac{\partial L}{\partial z} = x^T r y = q": "r",
    r"\begin{aligned} L &= y q \\ &= r \end{aligned}": "q",
    r"\frac{\partial L}{\partial b} = \pm y": r"\pm",
    r"\frac{\partial L}{\partial b} = y -": "",
    r"\frac{\partial L}{\partial z_k} = \hat{y}_k - y_k \quad \text{if } (v_k > 0)": "v_k",
    r"b = b - y": "=",
    "y \\in 数": "数",
    r"\frac{\partial L}{\partial (y + y)} = 0": "(y + y)",
}


@pytest.mark.parametrize(("claim", "spot"), SPOTS.items())
def test_every_face_shows_the_spot(claim: str, spot: str) -> None:
    report = check_document(read_text(f"{NETWORK}\n$${claim}$$\n"), "claims.md")
    step = next(step for step in report.steps if step.verdict == "unreadable")
    assert step.place
    assert report.document.blocks[-1].source[slice(*step.place)] == spot
    assert f'<mark class="here">{spot or "…"}</mark>'.replace(" ", "") in html_of(report, "en").replace(" ", "")
    lines = text_of(report, "en").splitlines()
    at = next(number for number, line in enumerate(lines) if line.strip().startswith("^"))
    marked = [c for c, mark in zip(lines[at - 1].ljust(len(lines[at])), lines[at], strict=False) if mark == "^"]
    assert "".join(marked).strip() == spot
    (record,) = (
        each for each in record_of(report, "en")["steps"] if each["block"] == step.block and each["link"] == step.link
    )
    assert f"The spot: {spot or 'the end'}" in record["explanation"]


def test_the_spot_in_a_line_of_code_is_the_function_that_is_not_known() -> None:
    code = "z = X @ W\np = softmax(z)\nloss = -np.sum(Y * np.log(p))\ndW = X.T @ np.linalg.inv(p - Y)\n"
    (*_, step) = check_document(read_text(code, suffix=".py")).steps
    assert step.place
    assert step.source[slice(*step.place)] == "inv"


WRONG = [
    r"\frac{\partial L}{\partial z} = y - \hat{y}",
    r"\begin{aligned} \frac{\partial L}{\partial b} &= y - \hat{y} \\ &= -(\hat{y} - y) \end{aligned}",
    r"\frac{\partial L}{\partial z} = x x",
    r"\frac{\partial L}{\partial W} = x (\hat{y} - y)^\top",
    r"\frac{\partial \hat{y}_k}{\partial z_i} = \hat{y}_k + \hat{y}_i",
]
GRANTED = [
    r"\frac{\partial L}{\partial b} = \hat{y} - y",
    r"\frac{\partial L}{\partial b} = (\hat{y} - y)^\top",
    r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial z} \frac{\partial z}{\partial W}",
]
GRADIENTS: dict[str, Callable[[Any, Any], Any]] = {
    "right": lambda w, x: 2 * w * x,
    "sign": lambda w, x: -2 * w * x,
    "mean": lambda w, x: 2 * w * x / 3,
    "penalty": lambda w, x: 2 * w * x + 0.1 * w,
    "shape": lambda w, x: (2 * w * x)[np.newaxis],
    "none": lambda w, x: np.ones(5),
}
ENGLISH = re.compile(r"[A-Za-z]{2,},? [a-z]{2,}")


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_a_chinese_report_on_a_derivation_has_no_english_in_it(language: str) -> None:
    claims = "\n".join(f"$${claim}$$" for claim in (*SPOTS, *WRONG, *GRANTED))
    report = check_document(read_text(f"{NETWORK}\n{claims}\n"), "claims.md")
    steps = record_of(report, language)["steps"]
    assert {step["verdict"] for step in steps} == {"correct", "convention", "wrong", "unreadable"}
    for step in steps:
        assert not ENGLISH.search(step["explanation"]), step
    for line in text_of(report, language).splitlines():
        assert line.startswith(tuple(MARKS.values())) or not ENGLISH.search(line), line


@pytest.mark.parametrize("language", LANGUAGES[1:])
@pytest.mark.parametrize("gradient", GRADIENTS)
def test_a_chinese_report_on_code_has_no_english_in_it(gradient: str, language: str) -> None:
    w, x = np.array([1.0, 2.0, -1.5]), np.array([0.5, 3.0, 1.0])
    report = check_gradients(lambda w, x: ((w * w * x).sum(), {"w": GRADIENTS[gradient](w, x)}), w, x)
    steps = record_of_code("backward.py", report, language)["steps"]
    for said in (*report.told(language).splitlines(), *(step["explanation"] for step in steps)):
        assert not ENGLISH.search(said)


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_a_chinese_report_on_a_network_has_no_english_in_it(language: str) -> None:
    network = Network([3, 4, 2], "tanh", alpha=0.3)
    X, y = np.random.default_rng(0).normal(size=(6, 3)), np.array([0, 1, 0, 1, 1, 0])

    def backward(parameters: Parameters, X: Any, y: Any) -> Any:
        loss, (W, b) = network.loss_and_gradients(parameters, X, y)
        return loss, Parameters([2 * W[0], W[1] - 0.05 * parameters.W[1]], [b[0].sum(keepdims=True), -b[1]])

    report = check_gradients(backward, network.init(0), X, y)
    assert not report
    for line in report.told(language).splitlines():
        assert not ENGLISH.search(line.partition("#")[0]), line
