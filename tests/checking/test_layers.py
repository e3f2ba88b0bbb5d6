"""Layers: sums over them, statements of any of them, and letters that look like one and are none."""

import re

import pytest

from chainrule.checking.check import check_document
from chainrule.checking.parsing.documents import read_text

NETWORK = r"""
$$Z_1 = X W_1 + b_1$$
$$A_1 = \tanh(Z_1)$$
$$Z_2 = A_1 W_2 + b_2$$
$$P = \text{softmax}(Z_2)$$
"""
CLAIMS = r"""
$$\frac{\partial J}{\partial W_2} = \frac{1}{m} (A_1)^T (P - Y) + \frac{\lambda}{m} W_2$$
$$\frac{\partial J}{\partial W_2} = \frac{1}{m} (A_1)^T (P - Y)$$
$$\frac{\partial J}{\partial W_1} = X^T \frac{\partial J}{\partial Z_1} + \frac{\lambda}{m} W_1$$
$$\frac{\partial J}{\partial W_1} = X^T \frac{\partial J}{\partial Z_1} + \frac{2\lambda}{m} W_1$$
$$\frac{\partial J}{\partial b_2} = \frac{1}{m} \sum_{i=1}^m (P - Y)_i$$
"""
DATA = r"-\frac{1}{m} \sum_{i=1}^m \sum_{k=1}^K Y_{ik} \log P_{ik}"
AT_ONCE = rf"$$J = {DATA} + \frac{{\lambda}}{{2m}} PENALTY$$"
APART = r"$$R = \frac{\lambda}{2m} PENALTY$$" + "\n" + rf"$$J = {DATA} + R$$"
STYLES = {"below": r"_{\1}", "brackets": r"^{[\1]}", "parentheses": r"^{(\1)}", "above": r"^{\1}"}
JUDGED = ["correct", "wrong", "correct", "wrong", "correct"]


def verdicts(text: str) -> list[str]:
    return [step.verdict for step in check_document(read_text(text)).steps]


def styled(text: str, style: str) -> str:
    """Return a text in which the layers of W, b, Z and A stand elsewhere."""
    return re.sub(r"(?<=[WbZA])_(\w|\{[^}]*\})", lambda found: STYLES[style].replace(r"\1", found[1].strip("{}")), text)


@pytest.mark.parametrize(("style", "loss"), [*((style, AT_ONCE) for style in STYLES), ("below", APART)])
@pytest.mark.parametrize(
    "penalty",
    [
        r"\sum_{l=1}^2 \|W_l\|^2",
        r"\left( \sum_{l=1}^{2} \|W_l\|_F^2 \right)",
        r"\sum_{l=1}^L \|W_l\|^2",
        r"\sum_l \|W_l\|^2",
        r"\sum_{l=1,2} \|W_l\|^2",
        r"\sum_{1 \leq l \leq 2} \|W_l\|^2",
        r"\sum_{l \in \{1, 2\}} \|W_l\|^2",
        r"\sum_{l=0}^1 \|W_{l+1}\|^2",
        r"\sum_{j=1}^2 \|W_j\|^2",
        r"\sum_k \|W_k\|_F^2",
        r"\sum_{n=1}^N \|W_n\|^2",
        r"\sum_l \sum_{i,j} (W_l)_{ij}^2",
        r"\sum_{l=1}^L \sum_i \sum_j (W_l)_{ij}^2",
        r"\sum_{l,i,j} (W_l)_{ij}^2",
        r"\sum_{l=1}^2 \text{tr}((W_l)^T W_l)",
    ],
)
def test_a_penalty_is_of_all_layers(penalty: str, loss: str, style: str) -> None:
    assert verdicts(styled(NETWORK + loss.replace("PENALTY", penalty) + CLAIMS, style)) == JUDGED


@pytest.mark.parametrize(
    ("penalty", "judged"),
    [
        (r"\sum_{l=2}^2 \|W_l\|^2", ["correct", "wrong", "wrong", "wrong", "correct"]),
        (r"\sum_{l=1}^1 \|W_l\|^2", ["wrong", "correct", "correct", "wrong", "correct"]),
        (r"\sum_{l \neq 1} \|W_l\|^2", ["correct", "wrong", "wrong", "wrong", "correct"]),
    ],
)
def test_a_penalty_is_of_the_layers_that_its_limits_say(penalty: str, judged: list[str]) -> None:
    assert verdicts(NETWORK + AT_ONCE.replace("PENALTY", penalty) + CLAIMS) == judged


@pytest.mark.parametrize(
    "penalty",
    [
        r"\|W\|^2",
        r"\|\theta\|^2",
        r"\sum_W \|W\|^2",
        r"\sum_{l=1}^3 \|W_l\|^2",
        r"\sum_{l=1}^m \|W_l\|^2",
        r"\prod_{l=1}^2 \|W_l\|^2",
        r"\sum_l \sum_j \sum_k \sum_n \|W_l\| \|W_j\| \|W_k\| \|W_n\|",
    ],
)
def test_a_penalty_that_is_not_understood_makes_no_line_right(penalty: str) -> None:
    assert set(verdicts(NETWORK + AT_ONCE.replace("PENALTY", penalty) + CLAIMS)) == {"unreadable"}


def test_l_may_be_the_index_of_a_class() -> None:
    text = r"""
$$z = W x + b$$
$$p_k = \frac{e^{z_k}}{\sum_l e^{z_l}}$$
$$L = -\sum_{l=1}^K y_l \log p_l$$
$$\frac{\partial p_k}{\partial z_l} = p_k (\delta_{kl} - p_l)$$
$$\frac{\partial L}{\partial b_l} = p_l - y_l$$
$$\frac{\partial L}{\partial W_{lj}} = (p_l - y_l) x_j$$
$$\frac{\partial L}{\partial x_j} = \sum_{l=1}^K W_{lj} (p_l - y_l)$$
$$\frac{\partial L}{\partial b_l} = p_l$$
"""
    assert verdicts(text) == ["correct"] * 4 + ["wrong"]


def test_a_letter_of_an_entry_is_no_layer_where_the_layer_is_in_brackets() -> None:
    text = r"""
$$z^{[1]} = W^{[1]} x + b^{[1]}$$
$$a^{[1]} = \tanh(z^{[1]})$$
$$z^{[2]} = W^{[2]} a^{[1]} + b^{[2]}$$
$$L = \frac{1}{2} \sum_k (z_k^{[2]} - t_k)^2$$
$$\frac{\partial L}{\partial a_j^{[1]}} = \sum_k (z_k^{[2]} - t_k) W_{kj}^{[2]}$$
$$\frac{\partial L}{\partial a_j^{[1]}} = \sum_l (z_l^{[2]} - t_l) W_{lj}^{[2]}$$
$$\frac{\partial L}{\partial a_j^{[1]}} = \sum_l (z_l^{[2]} - t_l) W_{jl}^{[2]}$$
"""
    assert verdicts(text) == ["correct", "correct", "wrong"]


def test_a_statement_of_any_layer_is_of_the_layers_that_are_there() -> None:
    text = r"""
$$z^{(l+1)} = W^{(l)} a^{(l)} + b^{(l)}$$
$$a^{(l+1)} = f(z^{(l+1)})$$
with $a^{(1)} = x$
$$J = \frac{1}{2} \|a^{(3)} - y\|^2
+ \frac{\lambda}{2} \sum_{l=1}^2 \sum_{i=1}^{s_l} \sum_{j=1}^{s_{l+1}} (W_{ji}^{(l)})^2$$
$$\delta^{(3)} = -(y - a^{(3)}) \odot f'(z^{(3)})$$
$$\delta^{(l)} = (W^{(l)})^T \delta^{(l+1)} \odot f'(z^{(l)})$$
$$\nabla_{W^{(l)}} J = \delta^{(l+1)} (a^{(l)})^T + \lambda W^{(l)}$$
$$\nabla_{W^{(l)}} J = \delta^{(l+1)} (a^{(l)})^T$$
"""
    assert verdicts(text) == ["correct", "correct", "correct", "wrong"]


def test_the_letter_of_one_sum_is_another_in_the_next() -> None:
    text = r"""
$$Z = X W + b$$
$$L = \frac{1}{2} \sum_{i=1}^m \sum_k (Z_{ik} - T_{ik})^2 + \frac{\lambda}{2} \sum_i \sum_k W_{ik}^2$$
$$\frac{\partial L}{\partial W} = X^T (Z - T) + \lambda W$$
$$\frac{\partial L}{\partial W} = X^T (Z - T)$$
"""
    assert verdicts(text) == ["correct", "wrong"]
