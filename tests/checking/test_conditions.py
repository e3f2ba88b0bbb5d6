"""Conditions: the formulas of which they are said, how long they hold, and what of them is told."""

import pytest

from chainrule.checking.check import check_document
from chainrule.checking.parsing.documents import read_text

SOFTMAX = r"$$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$" + "\n"
LOSS = r"""
$$z = W x + b$$
$$p = \text{softmax}(z)$$
$$L = -\sum_k y_k \log p_k$$
"""
RELU = r"""
$$z = W x + b$$
$$a = \max(0, z)$$
$$L = \frac{1}{2} \|a - y\|^2$$
"""
FORMULAS = {
    "SAME": r"$$\frac{\partial p_i}{\partial z_k} = p_i (1 - p_i)$$",
    "OTHER": r"$$\frac{\partial p_i}{\partial z_k} = -p_i p_k$$",
    "WHOLE": r"$$\frac{\partial p_i}{\partial z_k} = p_i (\delta_{ik} - p_k)$$",
    "TRUE": r"$$\frac{\partial L}{\partial z_i} = p_i - 1$$",
    "FALSE": r"$$\frac{\partial L}{\partial z_i} = p_i$$",
    "ALL": r"$$\frac{\partial L}{\partial z_i} = p_i - y_i$$",
    "ACTIVE": r"$$\frac{\partial L}{\partial z} = a - y$$",
}
SHORT = {"correct": "C", "convention": "v", "wrong": "W", "unreadable": "?"}


def judged(text: str) -> tuple[str, list[str]]:
    """Return the verdicts, a letter each, and what was granted."""
    for name, formula in FORMULAS.items():
        text = text.replace(name, f"\n{formula}\n")
    steps = check_document(read_text(text)).steps
    return "".join(SHORT[step.verdict] for step in steps), [each for step in steps for each in step.granted]


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        # A case is of what its sentence introduces.
        (r"If $i=k$, then SAME If $i \neq k$, then OTHER", "CC"),
        (r"Consider the case $i \neq k$. The quotient rule gives OTHER", "C"),
        ("Now suppose that $i \\neq k$.\n\nThe quotient rule gives OTHER", "C"),
        ("Case 1: $i = k$. SAME Case 2: $i \\neq k$. OTHER", "CC"),
        ("- For $i = k$: SAME\n- For $i \\neq k$: OTHER", "CC"),
        # It holds for what goes on from there.
        (r"For $i \neq k$ OTHER OTHER", "CC"),
        (r"For $i \neq k$: OTHER Therefore OTHER", "CC"),
        # It can stand behind its formula.
        (r"SAME for $i = k$, and OTHER for $i \neq k$.", "CC"),
        (r"We have SAME if $i = k$; and OTHER if $i \neq k$. Together OTHER WHOLE", "CCWC"),
        (r"WHOLE For $i \neq k$: OTHER", "CC"),
        # Words of all cases end it.
        (r"For $i \neq k$: OTHER In general: OTHER WHOLE", "CWC"),
        (r"For $i \neq k$: OTHER For all $i$ and $k$: OTHER", "CW"),
        (r"For $i \neq k$: OTHER Hence for every class OTHER", "CW"),
        (r"If $i = k$, then SAME if $i \neq k$, then OTHER Combining both cases, OTHER", "CCW"),
        (r"If $i = k$ this is $p_i (1 - p_i)$, if $i \neq k$ it is $-p_i p_k$; in general OTHER", "W"),
        ("For $i \\neq k$: OTHER\n\n## The whole\n\nThe derivative OTHER", "CW"),
        ("For $i \\neq k$: OTHER\n\n**The whole.** The derivative OTHER", "CW"),
        ("- For $i \\neq k$: OTHER\n- The whole derivative: OTHER", "CW"),
        ("(1) For $i \\neq k$: OTHER\n\n(2) OTHER", "CW"),
        (r"If $i=k$ SAME and otherwise OTHER", "CW"),
        # In Chinese.
        (r"当 $i = k$ 时， SAME 当 $i \neq k$ 时， OTHER 综上， OTHER WHOLE", "CCWC"),
        (r"若 $i \neq k$，则 OTHER 因此 OTHER 对所有 $i$： OTHER", "CCW"),
        (r"若 $i \neq k$，则 OTHER 一般地， OTHER", "CW"),
        (r"當 $i = k$ 時， SAME 當 $i \neq k$ 時， OTHER 綜上， OTHER WHOLE", "CCWC"),
        (r"若 $i \neq k$，則 OTHER 因此 OTHER 對所有 $i$： OTHER", "CCW"),
        (r"若 $i \neq k$，則 OTHER 合併兩種情況得 OTHER WHOLE", "CWC"),
    ],
)
def test_a_case_holds_where_it_is_meant(text: str, verdicts: str) -> None:
    assert judged(SOFTMAX + text) == (verdicts, [])


@pytest.mark.parametrize(
    "text",
    [
        r"For $i \neq k$: OTHER The derivative of the softmax is OTHER",
        "For $i \\neq k$: OTHER\n\nWe now differentiate the loss. OTHER",
        r"SAME for $i = k$. With $i \neq k$ we have found $-p_i p_k$. The derivative is OTHER",
    ],
)
def test_a_case_that_may_have_ended_is_told(text: str) -> None:
    assert judged(SOFTMAX + text) == ("Cv", ["restriction i ≠ k"])


@pytest.mark.parametrize(
    ("beside", "verdict"),
    [
        (r"\quad \forall i, k", "W"),
        (r", \quad i = 1, \dots, K", "W"),
        (r"\quad \text{in general}", "W"),
        (r", \quad i \neq k", "C"),
        (r", \quad i = k", "W"),
    ],
)
def test_what_stands_beside_a_formula_goes_before_what_was_said(beside: str, verdict: str) -> None:
    other = FORMULAS["OTHER"].replace("p_k$$", f"p_k {beside}$$")
    assert judged(rf"{SOFTMAX}For $i \neq k$: OTHER {other}") == (f"C{verdict}", [])


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        (r"Let $y_t = 1$. Then for $i = t$ TRUE and for $i \neq t$ FALSE Combining both cases, FALSE ALL", "CCWC"),
        (r"Let $y_t = 1$. For $i \neq t$ FALSE Hence in total for every class $i$ FALSE so for all $i$ TRUE", "CWW"),
        (r"where $y_t = 1$ and $y_i = 0$ for $i \neq t$. FALSE ALL", "WC"),
        (r"where $y_i = 1$ for $i = t$ and $y_i = 0$ otherwise. TRUE ALL", "WC"),
        (r"where $y_i = 1$ if $i$ is the true class and $0$ otherwise. TRUE ALL", "WC"),
        (r"If $y_i = 1$, TRUE and in general TRUE ALL", "CWC"),
        (r"When $y_k = 1$, for $i = k$: TRUE If $i \neq k$: FALSE In general FALSE ALL", "CCWC"),
        # A claim in the text is no condition.
        (r"We know that $\frac{\partial L}{\partial z_i} = p_i$. So FALSE ALL", "WC"),
        (r"ALL with $i = 1, \dots, K$", "C"),
    ],
)
def test_what_is_said_of_the_true_class(text: str, verdicts: str) -> None:
    assert judged(LOSS + text) == (verdicts, [])


def test_a_range_beside_a_formula_is_no_condition() -> None:
    whole = FORMULAS["ALL"].replace("y_i$$", r"y_i, \quad i = 1, \dots, K$$")
    assert judged(LOSS + whole) == ("C", [])


def test_a_restriction_ends_as_a_case_does() -> None:
    assert judged(RELU + "If $z > 0$, ACTIVE Overall ACTIVE") == ("vW", ["restriction z > 0"])
    assert judged(RELU + "If $z > 0$, ACTIVE Hence ACTIVE") == ("vv", ["restriction z > 0"] * 2)


def test_only_what_is_needed_is_told() -> None:
    text = r"For $i \neq k$: OTHER If $z_i > 0$ then OTHER"
    assert judged(SOFTMAX + text) == ("Cv", ["restriction i ≠ k"])


def test_the_target_of_one_unit_is_a_case_too() -> None:
    text = r"""
$$z = w^T x + b$$
$$p = \sigma(z)$$
$$L = -y \log p - (1 - y) \log(1 - p)$$
If $y = 1$,
$$\frac{\partial L}{\partial z} = p - 1$$
If $y = 0$,
$$\frac{\partial L}{\partial z} = p$$
In general
$$\frac{\partial L}{\partial z} = p - 1$$
$$\frac{\partial L}{\partial z} = p - y$$
"""
    assert judged(text) == ("CCWC", [])


@pytest.mark.parametrize(
    ("target", "words", "verdicts"),
    [
        ("p", "$p$ is one-hot with $p_t = 1$.", ["correct", "correct"]),
        ("d", "Here $d$ is one-hot, where $d_t = 1$.", ["correct", "correct"]),
        ("y", "$y$ 是独热向量，$y_t = 1$。", ["correct", "correct"]),
    ],
)
def test_targets_have_any_letter(target: str, words: str, verdicts: list[str]) -> None:
    network = (
        rf"$$o = U h$$ $$\hat{{{target}}} = \text{{softmax}}(o)$$ $$L = -\sum_i {target}_i \ln \hat{{{target}}}_i$$"
    )
    lines = (
        rf"$$L = -\ln \hat{{{target}}}_t$$ $$\frac{{\partial L}}{{\partial o_j}} = \hat{{{target}}}_j, \quad j \neq t$$"
    )
    report = check_document(read_text(f"{network}\n\n{words}\n\n{lines}"))
    assert [step.verdict for step in report.steps] == verdicts
    right = rf"$$\frac{{\partial L}}{{\partial o_j}} = \hat{{{target}}}_j - {target}_j, \quad j \neq t$$"
    assert check_document(read_text(f"{network}\n\n{words}\n\n{right}")).steps[-1].verdict == "correct"


def test_a_case_of_a_letter_that_nobody_knows_makes_nothing_wrong() -> None:
    network = r"$$o = U h$$ $$q = \text{softmax}(o)$$ $$L = -\sum_i y_i \ln q_i$$ with $y$ one-hot."
    lines = (
        r"$$\frac{\partial L}{\partial o_j} = q_j, \quad j \neq t$$",
        r"$$\frac{\partial L}{\partial o_j} = q_j - y_j, \quad j \neq t$$",
    )
    report = check_document(read_text("\n\n".join((network, *lines))))
    assert [step.verdict for step in report.steps] == ["unreadable", "correct"]


def test_a_zero_is_one_of_every_shape() -> None:
    network = r"$$z = W x$$ $$a = \text{ReLU}(z)$$ $$L = \frac12 \|a - y\|^2$$"
    lines = {
        r"\frac{\partial L}{\partial z} = 0, \quad z < 0": "convention",
        r"\frac{\partial L}{\partial z} = 0, \quad z > 0": "wrong",
        r"\frac{\partial L}{\partial z} = 0": "wrong",
    }
    report = check_document(read_text(network + "\n\n".join(f"$${line}$$" for line in lines)))
    assert [step.verdict for step in report.steps] == [*lines.values()]
