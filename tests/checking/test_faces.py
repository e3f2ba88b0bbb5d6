"""Faces of a check: the author's own notation, every message in every language, and pages that hold no harm."""

import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter
from typing import Any, get_args
from xml.etree import ElementTree as ET

import pytest

from chainrule.algebra.boxes import Atom, Linked
from chainrule.algebra.latex import latex
from chainrule.algebra.mathml import mathml
from chainrule.algebra.notation import Notation
from chainrule.algebra.text import text
from chainrule.checking.check import Report, Step, check_document
from chainrule.checking.faces.data import record_of, row_of
from chainrule.checking.faces.html import html_of
from chainrule.checking.faces.shown import lines_of, notation_of
from chainrule.checking.faces.text import text_of
from chainrule.checking.faces.words import MARKS, said_of
from chainrule.checking.faces.written import Hand, written
from chainrule.checking.judging.edits import SLIPS as NAMES
from chainrule.checking.judging.verdicts import Verdict
from chainrule.checking.meaning.symbols import Symbols
from chainrule.checking.parsing.documents import read_document, read_text
from chainrule.checking.parsing.statements import chains_of
from chainrule.derivation.messages import LANGUAGES, messages

DERIVATIONS = sorted((Path(__file__).parents[1] / "fixtures" / "derivations").glob("*-*.md"))
SLIPS = Path(__file__).parents[1] / "fixtures" / "derivations" / "slips.md"
NETWORK = r"""
$$\mathbf{z}^{[1]} = \mathbf{x} W^{[1]} + b^{[1]}$$
$$\hat{\mathbf{y}} = \text{softmax}(\mathbf{z}^{[1]})$$
$$L = -\sum_k y_k \log \hat{y}_k$$
"""


def report_of(claims: str, before: str = "") -> Report:
    """Return the check of claims about one layer."""
    return check_document(read_text(before + NETWORK + claims), "claims.md")


def flat(table: Mapping[str, Any], above: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        found |= {f"{above}{key}": value} if isinstance(value, str) else flat(value, f"{above}{key}.")
    return found


def placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name}


# What is said.


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_languages_say_the_same_things(language: str) -> None:
    english, other = flat(messages("en", "checking")), flat(messages(language, "checking"))
    assert english.keys() == other.keys()
    for key in english:
        # In Chinese what a slip is says enough: its name is English.
        assert placeholders(english[key]) - ({"name"} if key == "code.slip" else set()) == placeholders(other[key]), key


# What is no English in a sentence: code, and names.
CODE = {
    "softmax", "Jacobian", "row", "column", "Python", "python", "where", "begin", "end", "leaky_relu", "da", "dropout",
    "UTF", "MiB", "Jupyter", "MemoryError", "SystemExit", "params", "args", "example", "B1", "B5",
    "PDF", "Markdown", "LaTeX",
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_chinese_has_no_english_left_and_no_space_beside_its_punctuation(language: str) -> None:
    for key, message in flat(messages(language, "checking")).items():
        words = set(re.findall(r"[A-Za-z]\w+", re.sub(r"\{[^{}]+\}", "", message)))
        assert words <= CODE, key
        assert not re.search(r" [，。：；（）]|[，。：；（）] ", message), key


def test_every_slip_of_the_list_and_every_verdict_has_its_words() -> None:
    listed = re.search(r"Mistake names: (.*?)\n\n", (SLIPS.parent / "expected.toml").read_text(), re.DOTALL)
    assert listed
    told = messages("en", "checking")
    assert set(re.findall(r"[a-z-]+", listed[1])) <= told["slips"].keys() == set(NAMES)
    assert set(get_args(Verdict)) == told["verdicts"].keys() == MARKS.keys()


@pytest.mark.parametrize("path", DERIVATIONS, ids=lambda path: path.stem)
def test_every_convention_that_is_granted_has_its_words(path: Path) -> None:
    names = tuple(messages("en", "checking")["grants"])
    for step in check_document(read_document(path)).steps:
        assert all(grant.startswith(names) for grant in step.granted), step.granted


@pytest.mark.parametrize(
    ("granted", "expected"),
    [
        ("transpose", "同一个向量写成行或写成列"),
        ("outer product (a - y) x^T", "两个向量并排，表示它们的外积：(a − y) xᵀ"),
        ("restriction z_1 ≥ 0", "文中所说的情形：z₁ ≥ 0"),
        ("restriction $(", "文中所说的情形：$("),
        ("something new", "something new"),
    ],
)
def test_a_convention_is_said_with_its_formula(granted: str, expected: str) -> None:
    step = Step(1, 1, 1, "a = b", "convention", (granted, "inner product"))
    (saying,) = said_of(step, report_of(""), Notation(), "zh-Hans")
    said = "".join(piece if isinstance(piece, str) else text(piece) for piece in saying.sentence)
    assert said == f"按以下惯例理解便是正确的：{expected}；两个向量并排，表示它们的内积。"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_step_says_its_slip_numbers_what_is_right_and_the_line_of_the_table(language: str) -> None:
    report = report_of(r"$$\frac{\partial L}{\partial \mathbf{z}^{[1]}} = y - \hat{\mathbf{y}}$$")
    assert report.first_wrong
    sayings = list(said_of(report.first_wrong, report, notation_of(report), language))
    assert [saying.kind for saying in sayings] == ["why", "example", "right", "tag"]
    assert sayings[0].sentence == (messages(language, "checking")["slips"]["sign"],)
    assert "B1" in str(sayings[-1].sentence)


# How it is written.


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"\mathbf{z}^{[1]}_{ij}", r"\mathbf{z}_{ij}^{[1]}"),
        (r"\hat{\boldsymbol\theta}_k", r"\hat{\boldsymbol{\theta}}_k"),
        (r"x'^T (\hat y - y)/m", r"x'^\top (\hat{y} - y)/m"),
        (r"\frac{1}{2m} \|W_1\|_F^2", r"\frac{1}{2m} \lVert W_1 \rVert_F^2"),
        (r"\log \hat y_k + \log(a_1) + \log\exp(z)", r"\log\hat{y}_k + \log(a_1) + \log\exp(z)"),
        (r"e^{z_k} \exp\left(z_k\right)", r"e^{z_k} \exp(z_k)"),
        (r"1[z > 0] \odot [i = k]", r"1[z > 0] \odot [i = k]"),
        (r"1\{z > 0\} |a|", r"1\{ z > 0 \} \lvert a \rvert"),
        (r"\sum_{i=1}^m (A)_i \times B", r"\sum_{i=1}^m (A)_i \times B"),
        (r"\begin{cases} 1 & z > 0 \\ 0 & \text{else} \end{cases}",
         r"\begin{cases} 1 & z > 0 \\ 0 & \text{else} \end{cases}"),
        (r"\begin{pmatrix} a & -b \\ c & \dots \end{pmatrix}", r"\begin{pmatrix} a & -b \\ c & \dots \end{pmatrix}"),
        (r"\frac{\partial}{\partial z} (\log z)", r"\frac{\partial}{\partial z} (\log z)"),
        ("∂L/∂ŷ", r"\partial L/\partial\hat{y}"),
        (r"\text{LeakyReLU}(z, \alpha = 0.01)", r"\operatorname{LeakyReLU}(z, \alpha = 0.01)"),
        (r"(1, \dots, 1)_{1 \times B} \cdot A", r"(1, \dots, 1)_{1 \times B} \cdot A"),
    ],
)  # fmt: skip
def test_formulas_are_shown_as_their_author_wrote_them(source: str, expected: str) -> None:
    (chain,) = chains_of(source)
    assert latex(written(chain.members[0], Hand(source, Symbols()))) == expected


@pytest.mark.parametrize("path", DERIVATIONS, ids=lambda path: path.stem)
def test_every_formula_of_the_derivations_can_be_shown(path: Path) -> None:
    report = check_document(read_document(path), path.name)
    for block in report.document.blocks:
        for line in lines_of(block, report):
            assert line.formula is not None
            ET.fromstring(mathml(line.formula))  # noqa: S314
            assert text(line.formula)


@pytest.mark.parametrize("path", DERIVATIONS, ids=lambda path: path.stem)
def test_every_step_is_on_one_line_of_its_block(path: Path) -> None:
    report = check_document(read_document(path), path.name)
    shown = [line.step for block in report.document.blocks for line in lines_of(block, report) if line.step]
    assert shown == list(report.steps)


def test_a_statement_that_is_not_judged_is_shown_without_a_verdict() -> None:
    report = report_of(
        r"$$\begin{aligned} \hat{y}_1 &\geq 0 \\ \frac{\partial L}{\partial b^{[1]}} &= \hat{\mathbf{y}} - y \\"
        r" &= y \end{aligned}$$"
    )
    lines = lines_of(report.document.blocks[-1], report)
    assert [line.step and line.step.verdict for line in lines] == [None, "correct", "wrong"]
    assert [line.goes_on for line in lines] == [False, False, True]
    assert [line.source for line in lines][2] == "= y"


def test_what_is_right_is_in_the_letters_of_the_author() -> None:
    report = report_of(r"$$\frac{\partial L}{\partial W^{[1]}} = -\mathbf{x}^T (\hat{\mathbf{y}} - y)$$")
    (step,) = record_of(report, "en")["steps"]
    assert step["verdict"] == "wrong"
    assert r"\mathbf{x}^\top" in step["right"]
    assert r"\hat{\mathbf{y}}" in step["right"]


RAISED = r"""
$$z^{(i)} = W x^{(i)} + b$$
$$p^{(i)} = \text{softmax}(z^{(i)})$$
$$L = -\frac{1}{m} \sum_{i=1}^m \sum_k y^{(i)}_k \log p^{(i)}_k$$
$$\frac{\partial L}{\partial z^{(i)}} = p^{(i)} - y^{(i)}$$
$$\frac{\partial L}{\partial z^{(i)}_k} = \frac{1}{m} (p^{(i)}_k + y^{(i)}_k)$$
"""
BELOW = r"""
$$z_i = W x_i + b$$
$$p_i = \text{softmax}(z_i)$$
$$\ell_i = -\sum_k y_{ik} \log p_{ik}$$
$$L = \frac{1}{m} \sum_{i=1}^m \ell_i$$
$$\frac{\partial L}{\partial z_i} = p_i - y_i$$
$$\frac{\partial L}{\partial z_{ik}} = \frac{1}{m} (p_{ik} + y_{ik})$$
"""


@pytest.mark.parametrize(
    ("document", "right"),
    [
        (RAISED, [r"\frac{1}{m} (p^{(i)} - y^{(i)})", r"\frac{1}{m} (p_k^{(i)} - y_k^{(i)})"]),
        (BELOW, [r"\frac{1}{m} (p_i - y_i)", r"\frac{1}{m} (p_{ik} - y_{ik})"]),
    ],
)
def test_a_sample_is_written_as_the_author_writes_it(document: str, right: list[str]) -> None:
    assert [step["right"] for step in record_of(check_document(read_text(document)), "en")["steps"]] == right


SUMMED = r"""
$$Z_1 = W_1 X + b_1$$ $$A_1 = \tanh(Z_1)$$ $$Z_2 = W_2 A_1 + b_2$$ $$A_2 = \sigma(Z_2)$$
$$\mathcal{L} = -\frac{1}{m} \sum_{i=1}^m (Y_i \log A_{2,i} + (1 - Y_i) \log(1 - A_{2,i}))$$
$$dZ_2 = A_2 - Y$$ $$db_2 = \frac{1}{m} dZ_2 \mathbf{1}_m$$ $$db_1 = \frac{1}{m} dZ_1 \mathbf{1}_m$$
"""
DELTAS = r"""
$$z_1 = W_1 x + b_1$$ $$a_1 = \sigma(z_1)$$ $$z_2 = W_2 a_1 + b_2$$ $$p = \text{softmax}(z_2)$$
$$\mathcal{L} = -\sum_k y_k \log p_k$$ $$\delta^{(2)} = \frac{\partial \mathcal{L}}{\partial z_2} = p - y$$
"""


@pytest.mark.parametrize(
    ("document", "line", "right"),
    [
        (SUMMED, r"dW_2 = dZ_2 A_1^T", r"\frac{1}{m} dZ_2A_1^\top"),
        (SUMMED, r"dZ_1 = W_2^T dZ_2", r"W_2^\top dZ_2 \odot (1 - A_1^2)"),
        (SUMMED, r"dW_1 = dZ_1 X^T", r"\frac{1}{m} dZ_1X^\top"),
        (DELTAS, r"\delta^{(1)} = W_2^T \delta^{(2)}", r"W_2^\top \delta^{(2)} \odot a_1 \odot (1 - a_1)"),
        (DELTAS, r"\frac{\partial \mathcal{L}}{\partial W_1} = \delta^{(1)} a_1^T", r"\delta^{(1)} x^\top"),
        (DELTAS, r"\frac{\partial \mathcal{L}}{\partial W_{1,ij}} = -\delta^{(1)}_i x_j", r"\delta_i^{(1)} x_j"),
        (
            DELTAS,
            r"\frac{\partial \mathcal{L}}{\partial b_1} = -\frac{\partial \mathcal{L}}{\partial z_1}",
            r"\frac{\partial\mathcal{L}}{\partial z_1}",
        ),
    ],
)
def test_a_gradient_has_the_name_that_its_author_gave_it(document: str, line: str, right: str | None) -> None:
    step = record_of(check_document(read_text(f"{document}$${line}$$")), "en")["steps"][-1]
    assert step["right"] == right


def test_an_index_joins_the_subscript_of_the_author() -> None:
    document = read_text(
        r"$$z_2 = x W_2 + b_2$$ $$p = \text{softmax}(z_2)$$ $$L = -\sum_k y_k \log p_k$$"
        r"$$\frac{e^{z_{2i}}}{\left(\sum_j e^{z_{2j}}\right)^2} = p_i$$"
    )
    (step,) = record_of(check_document(document), "en")["steps"]
    assert step["right"] == r"\frac{e^{z_{2i}}}{\sum_j e^{z_{2j}}} = p_i"


def test_a_shape_is_said_in_the_dimensions_of_the_author() -> None:
    document = read_text(
        r"$x \in \mathbb{R}^{1 \times d}$ $W \in \mathbb{R}^{d \times h}$ $$z = x W$$ $$p = \text{softmax}(z)$$"
        r"$$L = -\sum_k y_k \log p_k$$ $$\frac{\partial L}{\partial W} = x^T (p - y)$$"
        r"$$W \in \mathbb{R}^{h \times d}$$"
    )
    _, step = record_of(check_document(document), "en")["steps"]
    assert step["counterexample"] == {"shapes": {"written": "h × d", "right": "d × h"}}


def test_of_a_line_of_the_table_that_is_not_known_nothing_is_said() -> None:
    report = check_document(read_document(Path(__file__).parent / "documents" / "derivatives-of-activations.md"))
    assert report.first_wrong
    assert report.first_wrong.tag == ""  # σ' alone is no gradient of a network


def test_a_line_of_code_stays_code_and_what_is_right_is_code() -> None:
    forward = "z1 = X @ W1 + b1\na1 = np.maximum(0, z1)\nz2 = a1 @ W2 + b2\np = softmax(z2)\n"
    loss = "loss = -np.sum(Y * np.log(p)) / m\ndz2 = (p - Y) / m\ndW2 = a1.T @ dz2\n"
    report = check_document(read_text(f"{forward}{loss}da1 = dz2 @ W2\ndz1 = da1 * a1\n", suffix=".py"), "lines.py")
    assert all(line.formula is None for block in report.document.blocks for line in lines_of(block, report))
    assert [step["right"] for step in record_of(report, "en")["steps"][2:]] == ["dz2 @ W2.T", "da1 * (z1 > 0)"]


# The faces.


def test_the_text_has_the_first_wrong_line_first_and_then_all_steps() -> None:
    report = check_document(read_document(SLIPS), "slips.md")
    lines = text_of(report, "en").splitlines()
    assert lines[0] == "First wrong line"
    assert lines[1].startswith("✗ 7 ")
    start = lines.index("All steps in order")
    steps = [line for line in lines[start:] if line[:1] in MARKS.values()]
    assert len(steps) == len(report.steps)
    assert lines[-1].startswith(f"slips.md: {len(report.steps)} steps, ")
    assert not any("\x1b" in line or line.endswith(" ") for line in lines)


def test_the_text_obeys_no_control_character_of_a_file() -> None:
    report = report_of("$$\\frac{\\partial L}{\\partial b^{[1]}} = \x1b[31m y$$")
    assert "\x1b" not in text_of(report, "en")


def test_a_record_has_these_keys_and_its_numbers_are_json() -> None:
    report = check_document(read_document(SLIPS), "slips.md")
    record = json.loads(json.dumps(record_of(report, "en"), allow_nan=False))
    assert list(record) == ["file", "steps", "first_wrong"]
    keys = [
        "block",
        "link",
        "line",
        "source",
        "verdict",
        "granted",
        "mistakes",
        "explanation",
        "counterexample",
        "right",
    ]
    assert all(list(step) == keys for step in record["steps"])
    assert record["first_wrong"] == {"block": 7, "link": 1}
    assert record_of(report_of(""), "en")["first_wrong"] is None
    assert row_of(record)["steps"] == len(report.steps)


class Page(HTMLParser):
    """The elements of a page, each closed in its place, and what could run or load something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", DERIVATIONS, ids=lambda path: path.stem)
def test_a_page_is_well_formed_and_loads_nothing(path: Path, language: str) -> None:
    report = check_document(read_document(path), path.name)
    content = html_of(report, language)
    page = Page(content)
    assert f'<html lang="{language}">' in content
    assert not re.search(r"https?:|\bsrc=|url\(|@import|<link", content)
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids)) == len(report.steps)
    assert {value for name, value in page.attributes if name == "href"} <= {f"#{each}" for each in ids}
    for step in report.steps:
        assert f'class="line {step.verdict}" id="step-{step.block}-{step.link}"' in content
    assert "<code" not in content


HARM = '</p></main></math></style></script><script>alert(1)</script><img src=x onerror=alert(2)>" onclick="alert(3)'


@pytest.mark.parametrize(
    "claims",
    [
        f"# {HARM}",
        HARM,
        rf"Let $a = {HARM}$ be, or $b = \text{{{HARM}}}$ and `{HARM}`.",
        f"$${HARM} = 1$$",
        rf"$$\frac{{\partial L}}{{\partial b^{{[1]}}}} = y, \quad \text{{{HARM}}}$$",
        rf"$$\text{{a {HARM}}}_1 = \text{{a {HARM}}}_2$$",
        f"```python\nW = '{HARM}'\n```",
        f"$${HARM}",
        "$a\\1 = b$ \\g<0> $$\\text{a\\1b} = c$$",
        "{style} {content} {0} %s",
    ],
)
def test_no_file_gets_anything_onto_a_page_but_its_text(claims: str) -> None:
    plain = Page(html_of(report_of(""), "en"))
    report = report_of(claims)
    for each in (report, Report(HARM, report.document, report.steps, report.system)):
        page = Page(html_of(each, "en"))
        assert page.tags.count("script") == plain.tags.count("script") == 1
        assert page.tags.count("style") == 1
        assert not {"img", "svg", "iframe", "object", "link"} & set(page.tags)
        assert not any(name.startswith("on") or name in ("src", "srcdoc") for name, _ in page.attributes)
        assert not any((value or "").startswith("javascript:") for _, value in page.attributes)


def test_the_name_of_a_symbol_gets_out_of_no_attribute() -> None:
    page = Page(mathml(Linked(Atom("x", "identifier"), 'x" onclick="alert(1)" \\1 <i>')))
    assert page.tags == ["math", "mi"]
    assert [name for name, _ in page.attributes] == ["display", "class", "data-symbol"]


def test_a_page_shows_headings_lists_and_what_cannot_be_read() -> None:
    content = html_of(report_of("1. one $x$\n2. two $)($ \n\n$$a = (b$$", "# The $L$ title\n## Second\ntext\n"), "en")
    assert re.search(r"<h2>The <math>.*</math> title</h2>\n<h3>Second</h3>\n<p>\ntext</p>", content)
    assert re.search(r"<p>1\. one <math>.*</math><br>\n2\. two \$\)\(\$", content)
    assert '<code class="scroll">a = (b<mark class="here">…</mark></code>' in content


def test_the_script_of_a_page_is_the_one_that_its_policy_allows() -> None:
    from base64 import b64encode
    from hashlib import sha256

    content = html_of(report_of(""), "en")
    script = re.search(r"<script>(.*)</script>", content, re.DOTALL)
    assert script
    digest = b64encode(sha256(script[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in content


def test_where_shapes_do_not_fit_together_they_are_the_counterexample() -> None:
    document = read_text(
        r"$x \in \mathbb{R}^{1 \times d}$ $W \in \mathbb{R}^{d \times h}$ $$z = x W$$ $$p = \text{softmax}(z)$$"
        r"$$L = -\sum_k y_k \log p_k$$ $$\frac{\partial L}{\partial x} = 2 (p - y) W$$"
        r"$$\frac{\partial L}{\partial z} = x^T$$"
    )
    report = check_document(document)
    apart, differ = (step["counterexample"] for step in record_of(report, "en")["steps"])
    assert apart == {"shapes": {"written": "1 × h, d × h", "right": "1 × d"}}
    assert differ == {"shapes": {"written": "d × 1", "right": "1 × h"}}
    said = "The shapes in it are 1 × h, d × h, and 1 × d is what it should come to."
    assert said in " ".join(text_of(report, "en").split())
