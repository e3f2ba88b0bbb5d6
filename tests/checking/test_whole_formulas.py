"""Whatever of a formula is not read makes it unreadable: nothing is left out, and no step is passed over."""

import pytest

from chainrule.checking.check import check_document
from chainrule.checking.parsing.documents import read_text

ROW = r"""
$$s = x W + b$$
$$p = \mathrm{softmax}(s)$$
$$L = -\sum_k y_k \log p_k$$
"""
BATCH = r"""
$$Z = X W + b$$
$$L = \frac{1}{2m} \|Z - Y\|_F^2$$
"""


def verdicts(text: str, suffix: str = ".md") -> list[str]:
    """Return each step's block, link and verdict."""
    return [f"{step.block}.{step.link} {step.verdict}" for step in check_document(read_text(text, suffix=suffix)).steps]


# What is written after the network of one row, whose last block is the third, and what becomes of it.
AFTER_A_ROW = {
    # Every sign of a chain makes a link.
    r"$$\frac{\partial L}{\partial W} = x^T (y - p) \in \mathbb{R}^{D \times K}$$": ["4.1 wrong", "4.2 correct"],
    r"with $x \in \mathbb{R}^{1 \times D}$ and $y \in \mathbb{R}^{1 \times K}$ that gives "
    r"$$\frac{\partial L}{\partial W} = x^T (p - y) \in \mathbb{R}^{D \times K}$$"
    r"$$\frac{\partial L}{\partial W} = x^T (p - y) \in \mathbb{R}^{K \times D}$$"
    r"$$\frac{\partial L}{\partial b} \in \mathbb{R}^K = p - y$$"
    r"$$x^T y \in \mathbb{R}^{D \times D}$$": [
        "4.1 correct", "4.2 correct", "5.1 correct", "5.2 wrong", "6.1 correct", "6.2 correct", "7.1 wrong",
    ],
    r"$$G := \frac{\partial L}{\partial s} = y - p$$ $$\frac{\partial L}{\partial b} = G$$": [
        "4.2 wrong", "5.1 correct",
    ],
    r"$$\frac{\partial L}{\partial W} := x^T (y - p)$$": ["4.1 wrong"],
    r"$$\frac{\partial L}{\partial W} \triangleq x^T (p - y)$$": ["4.1 correct"],
    r"$$\frac{\partial L}{\partial W} \leftarrow x^T (y - p)$$": ["4.1 wrong"],
    r"$$dW \leftarrow x^T (p - y)$$ $$W \leftarrow W - \eta\,dW$$": ["4.1 correct"],
    r"$$\frac{\partial L}{\partial W} \approx x^T (p - y)$$": ["4.1 correct"],
    r"$$\frac{\partial L}{\partial W} \propto x^T (y - p)$$": ["4.1 unreadable"],
    r"$$\frac{\partial L}{\partial W} \to x^T (y - p)$$": ["4.1 unreadable"],
    r"$$L = -\sum_k y_k \log p_k \geq 0$$": ["4.1 correct", "4.2 unreadable"],
    r"$$0 \leq L = \sum_k y_k \log p_k$$": ["4.1 unreadable", "4.2 wrong"],
    r"$$0 < \alpha < 1$$ $$x \to s \to p \to L$$": [],
    # What stands beside an equation belongs to it.
    r"$$\frac{\partial L}{\partial W} = x^T \quad (p - y)$$": ["4.1 correct"],
    r"$$\frac{\partial L}{\partial W} = x^T\hspace{1mm}(y - p) \quad (12)$$": ["4.1 wrong"],
    r"$$\frac{\partial L}{\partial W} = x^T \\ (p - y)$$": ["4.1 correct"],
    r"$$\frac{\partial L}{\partial s} = p - y : W$$": ["4.1 unreadable"],
    r"$$\frac{\partial L}{\partial s} = p - y \text{by the rule} (p)$$": ["4.1 unreadable"],
    r"$$\frac{\partial L}{\partial s} = p - y, W$$": ["4.1 unreadable"],
    r"$$dW, db = x^T (p - y), p - y$$": ["4.1 unreadable"],
    r"$$\frac{\partial L}{\partial s} = p - y = p - y . W$$": ["4.1 correct", "4.2 unreadable"],
    # Rows fail alone, and so do the links of a row.
    r"$$\begin{aligned} \frac{\partial L}{\partial s} &= p - y \\ \frac{\partial L}{\partial W} &= x^T \pm s \\"
    r" \frac{\partial L}{\partial b} &= y - p \end{aligned}$$": ["4.1 correct", "4.2 unreadable", "4.3 wrong"],
    r"$$\begin{aligned} \frac{\partial L}{\partial s} &= p - y \\ &= \pm s = p \\ &= y - p \end{aligned}$$": [
        "4.1 correct", "4.2 unreadable", "4.3 unreadable", "4.4 wrong",
    ],
    r"$$\begin{aligned} \pm s &= p - y = p \\ \frac{\partial L}{\partial b} &= p - y \end{aligned}$$": [
        "4.1 unreadable", "4.2 unreadable", "4.3 correct",
    ],
    # A chain goes on in the next formula.
    r"$$\frac{\partial L}{\partial W} = x^T (p - y)$$ which is $$= x^T p - x^T y$$ $$= x^T y$$": [
        "4.1 correct", "5.1 correct", "6.1 wrong",
    ],
    r"$$\frac{\partial L}{\partial W} = \pm x$$ $$= x^T (p - y)$$": ["4.1 unreadable", "5.1 correct"],
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), AFTER_A_ROW.items())
def test_every_part_of_a_formula_counts(text: str, expected: list[str]) -> None:
    assert verdicts(ROW + "\n" + text) == expected


# Whole documents.
WHOLE = {
    # The equations of an array are equations.
    r"$$\begin{array}{rcl} Z &=& X W + b \\ L &=& \frac{1}{2m} \|Z - Y\|_F^2 \end{array}$$"
    r"$$\begin{array}{l} \frac{\partial L}{\partial Z} = \frac{1}{m} (Z - Y) \\ dW = X^T (Z - Y) \end{array}$$": [
        "2.1 correct", "2.2 wrong",
    ],
    r"$$\left\{ \begin{array}{l} Z = X W + b \\ L = \frac{1}{2m} \|Z - Y\|_F^2 \end{array} \right.$$"
    r"$$dW = \frac{1}{m} X^T (Z - Y)$$": ["2.1 correct"],
    # A definition may say what set it is of, and a set may be said of several symbols.
    r"$$X \in \mathbb{R}^{m \times n}, \quad Y, Z \in \mathbb{R}^{m \times K}$$"
    r"$$Z = X W + b \in \mathbb{R}^{m \times K}$$"
    r"$$L = \frac{1}{2m} \|Z - Y\|_F^2$$ $$dW = \frac{1}{m} X^T (Z - Y) \in \mathbb{R}^{n \times n}$$": [
        "4.1 correct", "4.2 wrong",
    ],
    # Lengths of which nothing else speaks are what they are the first time.
    r"$$Z = X W + b$$ $$L = \frac{1}{2m} \|Z - Y\|_F^2$$ $$X \in \mathbb{R}^{m \times n}$$"
    r"$$dW = \frac{1}{m} X^T (Z - Y) \in \mathbb{R}^{n \times K}$$ $$W \in \mathbb{R}^{K \times n}$$": [
        "3.1 correct", "4.1 correct", "4.2 correct", "5.1 wrong",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), WHOLE.items())
def test_every_equation_counts(text: str, expected: list[str]) -> None:
    assert verdicts(text) == expected


def test_what_cannot_be_read_is_shown_as_far_as_it_goes_on() -> None:
    report = check_document(read_text(ROW + r"$$\frac{\partial L}{\partial s} = p - y ⊙ ⊘ W$$"))
    (step,) = report.steps
    assert step.source == r"\frac{\partial L}{\partial s} = p - y ⊙ ⊘ W"
    assert step.place
    assert report.document.blocks[-1].source[slice(*step.place)] == "⊘"


def test_the_definition_that_a_row_loses_is_not_made_of_half_of_it() -> None:
    text = BATCH.replace(r"\|Z - Y\|_F^2", r"\|Z - Y\|_F^2 \text{reg} (W)") + r"$$dW = \frac{1}{m} X^T (Z - Y)$$"
    assert verdicts(text) == ["2.1 unreadable", "3.1 unreadable"]
