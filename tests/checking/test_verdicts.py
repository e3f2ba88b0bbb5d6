"""Verdicts: on whole documents, on the conventions that are granted, and on what must not be."""

import random
import tomllib
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from chainrule.checking.judging.choice import judged
from chainrule.checking.judging.verdicts import Judgement, judge
from chainrule.checking.meaning.assumed import assumed_network
from chainrule.checking.meaning.symbols import Key
from chainrule.checking.meaning.systems import System, systems_of
from chainrule.checking.parsing.documents import read_document, read_text
from chainrule.checking.parsing.syntax import Document
from chainrule.checking.preparing.prepared import prepared
from chainrule.derivation.setting import Setting
from rendered import corrupted, is_true, random_paper, verdict_on

OURS = Path(__file__).parent / "documents"
THEIRS = Path(__file__).parents[3] / "shared" / "derivations"

COLUMN = r"""
$$z_1 = W_1 x + b_1$$
$$a_1 = \text{ReLU}(z_1)$$
$$z_2 = W_2 a_1 + b_2$$
$$p = \text{softmax}(z_2)$$
$$L = -\sum_k y_k \log p_k$$
"""
# So that a document writes a transpose somewhere.
TRANSPOSED = r"$$\frac{\partial L}{\partial W_2} = (p - y) a_1^T$$" + "\n"
BATCH = r"""
$$Z = X W + b$$
$$P = \text{softmax}(Z)$$
$$L = -\frac{1}{m} \sum_{i=1}^m \sum_k Y_{ik} \log P_{ik}$$
"""


def steps_of(document: Document) -> tuple[System, list[Judgement]]:
    """Judge a document in the system in which most of it is right."""
    found = judged(prepared(document))
    assert found is not None
    return found.system, found.judgements


def last(text: str) -> Judgement:
    return steps_of(read_text(text))[1][-1]


def entries(folder: Path) -> dict[str, list[dict[str, object]]]:
    path = folder / "expected.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


def check(document: Document, expected: list[dict[str, object]]) -> None:
    found = {(each.block, each.link): each for each in steps_of(document)[1]}
    assert list(found) == [(each["block"], each["link"]) for each in expected]
    for each in expected:
        judgement = found[each["block"], each["link"]]  # type: ignore[index]
        assert judgement.verdict in each["verdict"], (each, judgement.reason)  # type: ignore[operator]


@pytest.mark.parametrize("name", entries(OURS))
def test_our_documents(name: str) -> None:
    expected = entries(OURS)[name]
    check(read_document(OURS / name), expected)
    found = {(each.block, each.link): each.granted for each in steps_of(read_document(OURS / name))[1]}
    for each in expected:
        assert list(found[each["block"], each["link"]]) == each.get("granted", [])  # type: ignore[index]


def test_every_document_is_expected() -> None:
    assert {path.name for path in OURS.iterdir()} == {*entries(OURS), "expected.toml"}


@pytest.mark.skipif(not THEIRS.exists(), reason="the derivations are not there")
@pytest.mark.parametrize("name", entries(THEIRS))
def test_their_documents(name: str) -> None:
    check(read_document(THEIRS / f"{name}.md"), entries(THEIRS)[name])


@pytest.mark.parametrize(
    ("line", "verdict", "granted"),
    [
        (r"\frac{\partial L}{\partial W_2} = (p - y) a_1", "convention", ("outer product (p - y) a_1^T",)),
        (r"\frac{\partial L}{\partial W_2} = a_1 (p - y)^T", "wrong", ()),
        (r"\frac{\partial L}{\partial a_1} = W_2 (p - y)", "wrong", ()),
        (r"\frac{\partial L}{\partial a_1} = (p - y) W_2", "wrong", ()),
        (r"\frac{\partial L}{\partial a_1} = (p - y)^T W_2", "convention", ("numerator layout",)),
        (r"\frac{\partial L}{\partial a_1} = \frac{\partial L}{\partial z_2} W_2", "convention", ("numerator layout",)),
        (r"\frac{\partial L}{\partial a_1} = W_2 \frac{\partial L}{\partial z_2}", "wrong", ()),
        (
            r"\frac{\partial L}{\partial W_1} = \frac{\partial L}{\partial z_1} \frac{\partial z_1}{\partial W_1}",
            "convention",
            ("the chain rule as a formal product, summed over all entries",),
        ),
        (
            r"\nabla_{z_1} L = \frac{\partial L}{\partial a_1} \odot \frac{\partial a_1}{\partial z_1}",
            "convention",
            ("derivative of each entry by its own",),
        ),
        (
            r"\frac{\partial L}{\partial z_2} = \frac{\partial L}{\partial p} \odot \frac{\partial p}{\partial z_2}",
            "wrong",
            (),
        ),
        (r"\frac{\partial p}{\partial z_2} = 0", "wrong", ()),
        (r"\frac{\partial L}{\partial z_1} = W_2^T (p - y), \quad z_1 > 0", "convention", ("restriction z_1 > 0",)),
        (
            r"\frac{\partial L}{\partial W_1} = W_2^T (p - y) x, \quad z_1 > 0",
            "convention",
            ("outer product W_2^⊤ (p - y) x^T", "restriction z_1 > 0"),
        ),
        (r"\frac{\partial L}{\partial W_1} = ((p - y)^T W_2) x, \quad z_1 > 0", "wrong", ()),
        (r"\frac{\partial L}{\partial W_1} = x^T (W_2^T (p - y)), \quad z_1 > 0", "wrong", ()),
        (
            r"\frac{\partial L}{\partial W_1} = x \cdot (W_2^T (p - y)), \quad z_1 > 0",
            "convention",
            ("outer product (W_2^⊤ (p - y)) x^T", "restriction z_1 > 0"),
        ),
        (r"\frac{\partial L}{\partial z_1} = W_2^T (p - y)", "wrong", ()),
        (r"\frac{\partial L}{\partial z_2} = p - y, \quad z_1 > 0", "correct", ()),
    ],
)
def test_a_document_that_writes_its_transposes(line: str, verdict: str, granted: tuple[str, ...]) -> None:
    judgement = last(f"{COLUMN}{TRANSPOSED}$${line}$$")
    assert (judgement.verdict, judgement.granted) == (verdict, granted)


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (r"\frac{\partial L}{\partial a_1} = W_2 (p - y)", "convention"),
        (r"\frac{\partial L}{\partial a_1} = (p - y) W_2", "convention"),
        (r"\frac{\partial L}{\partial W_1} = (W_2 (p - y) \odot 1[z_1 > 0]) x", "convention"),
        (r"\frac{\partial L}{\partial a_1} = W_2 (y - p)", "wrong"),
    ],
)
def test_a_document_that_never_writes_a_transpose(line: str, verdict: str) -> None:
    assert last(f"{COLUMN}$${line}$$").verdict == verdict


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (r"\sum_k \frac{\partial P_{ik}}{\partial Z_{ij}} = 0", "correct"),
        (r"\sum_k \frac{\partial P_{ik}}{\partial Z_{ij}} = 10^{-15}", "wrong"),
        (r"10^{-12} \frac{\partial L}{\partial Z} = 10^{-12} \frac{1}{m} (P - Y)", "correct"),
        (r"10^{-12} \frac{\partial L}{\partial Z} = 10^{-12} (P - Y)", "wrong"),
        (r"\frac{\partial L}{\partial Z} = \frac{1}{m} (P - 1.0000001 Y)", "wrong"),
        (r"\frac{\partial L}{\partial Z} = \log(-P)", "unreadable"),
        (r"\frac{\partial L}{\partial Z_{ij}} = 5, \quad i \neq i", "unreadable"),
        # What is right for one size is right for none: m is no number.
        (r"\frac{\partial L}{\partial Z} = \frac{1}{3} (P - Y)", "wrong"),
        (r"\frac{\partial L}{\partial Z} = \frac{1}{4} (P - Y)", "wrong"),
        (r"\frac{\partial L}{\partial Z} = \frac{1}{5} (P - Y)", "wrong"),
    ],
)
def test_equality(line: str, verdict: str) -> None:
    assert last(f"{BATCH}$${line}$$").verdict == verdict


@pytest.mark.parametrize(
    ("scores", "transposed", "granted"),
    [
        ("W x + b", "W^T (p - y)", ("(p - y) x^T", "∂L/∂z x^T")),
        ("x W + b", "(p - y) W^T", ("x^T (p - y)", "x^T ∂L/∂z")),
    ],
)
def test_an_outer_product_is_granted_where_no_transpose_is_written(
    scores: str, transposed: str, granted: tuple[str, ...]
) -> None:
    network = rf"""
$$z = {scores}$$
$$p = \text{{softmax}}(z)$$
$$L = -\sum_k y_k \log p_k$$
$$\frac{{\partial L}}{{\partial x}} = {transposed}$$
"""
    for error, right in zip(("(p - y)", r"\frac{\partial L}{\partial z}"), granted, strict=True):
        for order, turns in product((1, -1), product(("", "^T"), repeat=2)):
            factors = " ".join(f"{factor}{turn}" for factor, turn in zip((error, "x")[::order], turns, strict=True))
            judgement = last(rf"{network}$$\frac{{\partial L}}{{\partial W}} = {factors}$$")
            is_right = factors == right.replace("∂L/∂z", error)
            expected = "correct" if is_right else "wrong" if any(turns) else "convention"
            assert judgement.verdict == expected, factors
            assert judgement.granted == ((f"outer product {right}",) if expected == "convention" else ())


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        ("_{i=1}^m", "correct"),
        ("_i^m", "correct"),
        (r"_{i=1,\dots,m}", "correct"),
        (r"_{1 \leq i \leq m}", "correct"),
        (r"_{i \leq m}", "correct"),
        (r"_{i \in \{1, \dots, m\}}", "correct"),
        ("_{i=0}^{m-1}", "correct"),
        ("_{i=1}^K", "wrong"),
        ("_{i=1}^n", "wrong"),
        (r"_{i=1,\dots,K}", "wrong"),
        (r"_{1 \leq i \leq K}", "wrong"),
        (r"_{i \leq n}", "wrong"),
        ("_{i=1}^{m-1}", "wrong"),
        ("_{i=2}^m", "wrong"),
        ("_{i=2}^{m-1}", "wrong"),
        ("_{i=1}^N", "unreadable"),
        ("_{i=1}^{2m}", "unreadable"),
        ("_{i=1}^{m+1}", "unreadable"),
        ("_{i=0}^m", "unreadable"),
        ("_{i=1}^{10}", "unreadable"),
    ],
)
def test_a_sum_runs_as_far_as_its_limits_say(limits: str, verdict: str) -> None:
    text = f"{BATCH}\n" + r"with $X \in R^{m \times n}$, $W \in R^{n \times K}$." + "\n\n"
    for line in (
        rf"\frac{{\partial L}}{{\partial b_k}} = \frac{{1}}{{m}} \sum{limits} (P_{{ik}} - Y_{{ik}})",
        rf"\frac{{\partial L}}{{\partial b}} = \frac{{1}}{{m}} \sum{limits} (P - Y)_i",
    ):
        assert last(f"{text}$${line}$$").verdict == verdict, line


def test_a_limit_without_a_name_is_one_name_for_one_axis() -> None:
    text = r"""
$$Z = X W + b$$
$$P = \text{softmax}(Z)$$
$$L = -\sum_i \sum_k Y_{ik} \log P_{ik}$$
$$\sum_{k=1}^K P_{ik} = 1$$
$$\frac{\partial L}{\partial b_k} = \sum_{i=1}^N (P_{ik} - Y_{ik})$$
$$\frac{\partial L}{\partial b_k} = \sum_{i=1}^K (P_{ik} - Y_{ik})$$
$$\frac{\partial L}{\partial b_k} = \sum_{i=1}^M (P_{ik} - Y_{ik})$$
"""
    verdicts = [each.verdict for each in steps_of(read_text(text))[1]]
    assert verdicts == ["correct", "correct", "unreadable", "unreadable"]


def test_only_the_letter_of_the_definitions_counts_the_samples() -> None:
    verdicts = [
        last(rf"{BATCH}$$\frac{{\partial L}}{{\partial Z}} = \frac{{1}}{each} (P - Y)$$").verdict for each in "mnN"
    ]
    assert verdicts == ["correct", "wrong", "wrong"]


@pytest.mark.parametrize("row", ["W_k^T", r"W_{:,k}^T"])
def test_one_index_of_a_matrix_goes_along_the_axis_that_it_fits(row: str) -> None:
    network = r"""
$$z = x W + b$$
$$p = \text{softmax}(z)$$
$$L = -\sum_{k=1}^K y_k \log p_k$$
"""
    assert (
        last(rf"{network}$$\frac{{\partial L}}{{\partial x}} = \sum_{{k=1}}^K (p_k - y_k) {row}$$").verdict == "correct"
    )


def test_dimensions_differ_by_what_stands_above_them() -> None:
    text = r"""
$$z^{[1]} = W^{[1]} x + b^{[1]}$$
$$a^{[1]} = \tanh(z^{[1]})$$
$$z^{[2]} = W^{[2]} a^{[1]} + b^{[2]}$$
$$p = \text{softmax}(z^{[2]})$$
$$L = -\sum_k y_k \log p_k$$
with $W^{[1]} \in R^{n^{[1]} \times n^{[0]}}$ and $W^{[2]} \in R^{n^{[2]} \times n^{[1]}}$.
$$\frac{\partial L}{\partial a_j^{[1]}} = \sum_{k=1}^{n^{[2]}} (p_k - y_k) W_{kj}^{[2]}$$
$$\frac{\partial L}{\partial a_j^{[1]}} = \sum_{k=1}^{n^{[1]}} (p_k - y_k) W_{kj}^{[2]}$$
"""
    assert [each.verdict for each in steps_of(read_text(text))[1]] == ["correct", "wrong"]


def test_a_letter_with_two_conditions_is_summed_once() -> None:
    text = r"""
$$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$
$$\frac{\partial p_i}{\partial z_i} = p_i \sum_{k=1, k \neq i}^K p_k$$
"""
    assert last(text).verdict == "correct"


def test_every_gradient_in_numerator_layout_or_none() -> None:
    one = r"$$\frac{\partial L}{\partial W_2} = a_1 (p - y)^T$$"
    other = r"$$\frac{\partial L}{\partial W_1} = x \frac{\partial L}{\partial z_1}^T$$"
    right = r"$$\frac{\partial L}{\partial W_1} = \frac{\partial L}{\partial z_1} x^T$$"
    both = steps_of(read_text("\n".join((COLUMN, one, other))))[1]
    assert [each.verdict for each in both] == ["convention", "convention"]
    mixed = steps_of(read_text("\n".join((COLUMN, one, right))))[1]
    assert [each.verdict for each in mixed] == ["wrong", "correct"]


def test_a_condition_gives_way_to_the_next() -> None:
    text = r"""
$$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$
If $i = k$, then
$$\frac{\partial p_i}{\partial z_k} = p_i (1 - p_i)$$
If $i \neq k$, then
$$\frac{\partial p_i}{\partial z_k} = -p_i p_k$$
## Together
$$\frac{\partial p_i}{\partial z_k} = -p_i p_k$$
"""
    assert [each.verdict for each in steps_of(read_text(text))[1]] == ["correct", "correct", "wrong"]


@pytest.mark.parametrize(("words", "layout"), [("Every row is a sample.", "rows"), ("各列為一個樣本。每一列", "rows")])
def test_the_layout_of_the_words_comes_first(words: str, layout: str) -> None:
    entrywise = r"$$z_j = \sum_i w_{ij} x_i$$" + "\n" + r"$$L = \frac{1}{2} \sum_j (z_j - t_j)^2$$"
    assert systems_of(prepared(read_text(f"{words}\n\n{entrywise}")))[0].layout == layout
    assert systems_of(prepared(read_text(entrywise)))[0].layout == "rows"
    columns = "Every sample is a column."
    assert systems_of(prepared(read_text(f"{columns}\n\n{entrywise}")))[0].layout == "columns"


def test_a_definition_that_fits_nothing_is_left_out() -> None:
    steps = steps_of(read_text(COLUMN + r"$$q = \text{foo}(z_1)$$" + "\n$$r = q + 1$$\n" + TRANSPOSED))[1]
    assert [each.verdict for each in steps] == ["unreadable", "correct"]
    assert "not known" in str(steps[0].reason)


def test_points_have_sizes_of_their_own_and_both_signs() -> None:
    system, _ = steps_of(read_text(COLUMN + TRANSPOSED))
    for points in (system.points, system.more_points(1), system.more_points(2)):
        assert len(set(points.sizes.values())) == len(points.sizes)
        z = points.value_of(system.meaning.symbols[Key("z", label="1")])
        assert (z > 0).any(0).all()
        assert (z < 0).any(0).all()
        assert np.all(points.values["y"].sum(1) == 1)
    assert system.points.sizes != system.more_points(1).sizes


def test_the_network_of_the_table_is_assumed_where_nothing_is_defined() -> None:
    text = "```python\ndz2 = (y_hat - y) / m\ndW2 = a1.T @ dz2\ndz1 = dz2 @ W2.T * a1 * (1 - a1)\ndW1 = a1.T @ dz1\n```"
    document = prepared(read_text(text))
    assert {each.verdict for judged in judge(document, systems_of(document)) for each in judged} == {"unreadable"}
    system = systems_of(document, assumed_network(document, Setting(1, "logistic")))[0]
    assert [each.verdict for each in judge(document, [system])[0]] == ["correct", "correct", "correct", "wrong"]


@pytest.mark.parametrize(
    "line",
    [
        r"\frac{\partial L}{\partial z_2} = \frac{1}{1000000000} \sum_{n=1}^{1000000000} (p - y)",
        r"\frac{\partial L}{\partial z_2} = " + "9" * 5000 + "(p - y)",
        r"\frac{\partial L}{\partial z_2} = 2^{1000000000} (p - y)",
        r"\frac{\partial L}{\partial z_2} = " + "".join(rf"\sum_{i}" for i in "acdefghijklmnoqrst") + " p_a p_c p_d",
        r"\frac{\partial L}{\partial z_2} = \sum_{k=1}^{2K} (p_k - y_k)",
        r"W_2 = W_2 - \eta \frac{\partial L}{\partial W_2}",
        r"\frac{\partial L}{\partial b_2} = W_2^{-1} (p - y)",
    ],
)
def test_what_is_refused(line: str) -> None:
    judgement = last(f"{COLUMN}$${line}$$")
    assert judgement.verdict == "unreadable"
    assert judgement.reason


def test_two_activations_of_which_nothing_is_known_are_two() -> None:
    text = r"""
$$z_1 = W_1 x + b_1$$
$$a_1 = f(z_1)$$
$$z_2 = W_2 a_1 + b_2$$
$$a_2 = g(z_2)$$
$$E = \frac{1}{2} \sum_k (a_{2,k} - t_k)^2$$
$$\frac{\partial E}{\partial z_2} = (a_2 - t) \odot g'(z_2)$$
$$\frac{\partial E}{\partial z_2} = (a_2 - t) \odot f'(z_2)$$
"""
    assert [each.verdict for each in steps_of(read_text(text))[1]] == ["correct", "wrong"]


def test_long_products_are_not_tried_in_every_order() -> None:
    for factors in ("(p - y) " * 60, "W_2 " * 60, r"\frac{\partial L}{\partial z_2} " * 40):
        assert last(rf"{COLUMN}$$\frac{{\partial L}}{{\partial z_2}} = {factors}$$").verdict == "wrong"


def test_no_corrupted_line_is_blessed_and_no_true_one_blamed() -> None:
    draw = random.Random(4)  # noqa: S311
    tried = 0
    for _ in range(4):
        paper = random_paper(draw)
        assert paper is not None
        for line in paper.lines:
            judgement = verdict_on(line.source, paper)
            assert judgement is not None
            assert judgement.verdict == "correct", line.source
            made = list(corrupted(paper, line))
            for slip, formula, source in draw.sample(made, min(len(made), 4)):
                judgement = verdict_on(source, paper)
                tried += 1
                if judgement is not None and judgement.verdict in ("correct", "convention"):
                    assert is_true(formula, line, paper), (slip, source, judgement.granted)
    assert tried > 300
