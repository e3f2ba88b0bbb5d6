"""Every reason for not understanding something: a sentence in every language, and the place of what is meant."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import chainrule.checking
from chainrule.checking.check import check_document
from chainrule.checking.faces.data import record_of
from chainrule.checking.faces.html import html_of
from chainrule.checking.faces.text import text_of
from chainrule.checking.parsing.documents import read_text
from chainrule.derivation.messages import LANGUAGES, messages

NETWORK = r"""
$$z = x W + b$$
$$\hat{y} = \text{softmax}(z)$$
$$L = -\sum_k y_k \log \hat{y}_k$$
"""
SOURCES = sorted(Path(chainrule.checking.__file__).parent.rglob("*.py"))
GIVING = {"NotUnderstood", "Misfit", "unreadable", "fail", "problem"}  # take the name of a reason, and its terms
PASSING = {"reason"}  # what the functions call it that pass it on

Given = tuple[str, frozenset[str]]


def given(path: Path) -> Iterator[Given]:
    """Yield the reasons that a module gives, each with the names of its terms."""
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        terms = frozenset(keyword.arg or "" for keyword in call.keywords)
        match name, call.args:
            case "Message", [ast.Constant(value=str(key)), *rest] if key.startswith("reasons."):
                keys = rest[0].keys if rest and isinstance(rest[0], ast.Dict) else []
                yield key.removeprefix("reasons."), frozenset(ast.literal_eval(key) for key in keys if key)
            case str(), [ast.Name(id=passed), *_] if name in GIVING and passed in PASSING:
                continue
            case str(), [ast.Constant(value=str(reason)), *_] if name in GIVING:
                yield reason, terms
            case str(), [ast.IfExp(body=ast.Constant(value=one), orelse=ast.Constant(value=other)), *_] if (
                name in GIVING
            ):
                yield from ((reason, terms) for reason in (one, other) if isinstance(reason, str))
            case str(), _ if name in GIVING:
                pytest.fail(f"{path.name}:{call.lineno}: give a reason by its name in messages/*.toml, and its terms")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_that_is_given_has_its_sentence_and_no_other_has(language: str) -> None:
    told = messages(language, "checking")["reasons"]
    found = [(path.name, *each) for path in SOURCES for each in given(path)]
    for path, reason, terms in found:
        assert reason in told, f"{path}: {reason} is not in {language}.toml"
        places = {name for _, name, _, _ in Formatter().parse(told[reason]) if name}
        assert places == terms, f"{path}: {reason}"
    assert {reason for _, reason, _ in found} == told.keys()


# Claims that are not understood, each with the spot.
SPOTS = {
    r"\frac{\partial L}{\partial W} = x^T q_7": "q_7",
    r"\frac{\partial L}{\partial W} = x^T \operatorname{foo}(y)": r"\operatorname{foo}",
    r"\frac{\partial L}{\partial b} = \|y\|_7": r"\|y\|_7",
    r"\frac{\partial L}{\partial b} = \sum_{k=2}^{K} y_k": "k=2",
    r"\frac{\partial L}{\partial z} = x^T r y = q": "r",
    r"\begin{aligned} L &= y q \\ &= r \end{aligned}": "q",
    r"\frac{\partial L}{\partial b} = \pm y": r"\pm",
    r"\frac{\partial L}{\partial b} = y -": "",
    r"\frac{\partial L}{\partial z_k} = \hat{y}_k - y_k \quad \text{if } (w_k > 0)": "w_k",
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
