"""Verdicts where a definition is not understood: on it, and on what rests on it."""

import pytest

from chainrule.checking.check import check_document
from chainrule.checking.parsing.documents import read_text

OPAQUE = r"""
$$Z_1 = X W_1 + b_1$$
$$A_1 = \text{LayerNorm}(Z_1)$$
$$Z_2 = A_1 W_2 + b_2$$
$$L = \frac{1}{2m} \|Z_2 - Y\|^2$$
"""


def verdicts(text: str) -> list[str]:
    return [step.verdict for step in check_document(read_text(text)).steps]


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (r"\frac{\partial L}{\partial W_2} = \frac{1}{m} A_1^T (Z_2 - Y)", "correct"),
        (r"\frac{\partial L}{\partial W_2} = A_1^T (Z_2 - Y)", "wrong"),
        # 0 = 0 only because nobody knows how A_1 depends on Z_1
        (r"\frac{\partial L}{\partial W_1} = X^T \frac{\partial L}{\partial Z_1}", "unreadable"),
        (r"\frac{\partial L}{\partial Z_1} = \frac{\partial L}{\partial A_1} \odot (1 - A_1)", "unreadable"),
    ],
)
def test_what_rests_on_a_function_that_is_not_known(line: str, verdict: str) -> None:
    assert verdicts(f"{OPAQUE}$${line}$$") == ["unreadable", verdict]


@pytest.mark.parametrize("odd", [r"V = W - 0.1 (X (P - Y))", r"Q = X (P - Y)"])
def test_a_definition_that_does_not_conform_changes_nothing_else(odd: str) -> None:
    text = r"""
$$Z = X W + b$$
$$P = \text{softmax}(Z)$$
$$L = -\frac{1}{m} \sum_{i=1}^m \sum_k Y_{ik} \log P_{ik}$$
$$\frac{\partial L}{\partial Z} = \frac{1}{m} (P - Y)$$
$$\frac{\partial L}{\partial W} = \frac{1}{m} X^T (P - Y)$$
"""
    assert verdicts(text) == ["correct", "correct"]
    assert verdicts(f"{text}$${odd}$$") == ["correct", "correct", "unreadable"]
