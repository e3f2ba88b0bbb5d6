"""Vectors of ones, and vectors of which only a length is declared: rows or columns, as long as they have to be."""

import pytest

from chainrule.checking.check import check_document
from chainrule.checking.parsing.documents import read_text

ROWS = r"$$Z = X W + b$$ $$L = \frac{1}{2m} \|Z - Y\|_F^2$$ "
COLUMNS = r"$$Z = W X + b$$ $$L = \frac{1}{2m} \|Z - Y\|_F^2$$ "
ONE = r"$$z = W x$$ $$L = -y^\top z + \log(\mathbf{1}^\top \exp(z))$$ "


def verdicts(text: str) -> list[str]:
    return [step.verdict for step in check_document(read_text(text)).steps]


@pytest.mark.parametrize(
    ("text", "line", "verdict"),
    [
        (ROWS, r"\nabla_b L = \frac{1}{m} \mathbf{1}^\top (Z - Y)", "correct"),
        (ROWS, r"\nabla_b L = \frac{1}{m} \mathbf{1}_m^\top (Z - Y)", "correct"),
        (ROWS, r"\nabla_b L = \frac{1}{m} \mathbf{1}_n^\top (Z - Y)", "unreadable"),
        (ROWS, r"\nabla_b L = \frac{1}{m} (Z - Y) \mathbf{1}", "wrong"),
        (ROWS, r"\nabla_b L = \mathbf{1}^\top (Z - Y)", "wrong"),
        (COLUMNS, r"\nabla_b L = \frac{1}{m} (Z - Y) \mathbf{1}", "correct"),
        (COLUMNS, r"\nabla_b L = \frac{1}{m} (Z - Y) \vec{1}_m", "correct"),
        (COLUMNS, r"\nabla_b L = \frac{1}{m} \mathbf{1}^\top (Z - Y)", "wrong"),
        (COLUMNS, r"\nabla_b L = \frac{1}{m} (Z - Y) 1", "wrong"),  # the number
        (ONE, r"\nabla_z L = \frac{\exp(z)}{\mathbf{1}^\top \exp(z)} - y", "correct"),
        (ONE, r"\nabla_z L = \frac{\exp(z)}{\mathbf{1}^\top \exp(z)} (\mathbf{1}^\top y) - y", "correct"),
        (ONE, r"\nabla_z L = \frac{\exp(z)}{\mathbf{1}^\top z} - y", "wrong"),
    ],
)
def test_ones_are_as_many_as_their_neighbours_take(text: str, line: str, verdict: str) -> None:
    assert verdicts(f"{text} $${line}$$") == [verdict]


@pytest.mark.parametrize("ones", [r"\mathbf{1}_m \, b^\top", r"\mathbf{1} \, b^\top"])
def test_a_bias_that_ones_spread(ones: str) -> None:
    text = rf"$$Z = X W + {ones}$$ $$L = \frac{{1}}{{2m}} \|Z - Y\|_F^2$$ "
    assert verdicts(text + r"$$\nabla_b L = \frac{1}{m} (Z - Y)^\top \mathbf{1}_m$$") == ["correct"]
    assert verdicts(text + r"$$\nabla_b L = \frac{1}{m} (Z - Y)^\top$$") == ["wrong"]


def test_a_loss_summed_by_ones() -> None:
    text = r"$$Z = X W$$ $$P = \text{softmax}(Z)$$ $$L = -\frac{1}{m} \mathbf{1}^\top (Y \odot \log P) \mathbf{1}$$ "
    assert verdicts(text + r"$$\nabla_Z L = \frac{1}{m} (P - Y)$$ $$\nabla_Z L = P - Y$$") == ["correct", "wrong"]


@pytest.mark.parametrize(
    ("declared", "text", "line"),
    [
        ("w \\in R^d", r"$$z = X w$$ $$J = \frac{1}{2n} \|z - y\|^2$$", r"\nabla_w J = \frac{1}{n} X^T (z - y)"),
        ("y \\in R^n", r"$$z = X w$$ $$J = \frac{1}{2n} \|z - y\|^2$$", r"\nabla_w J = \frac{1}{n} X^T (z - y)"),
        ("b \\in R^k", r"$$Z = X W + b$$ $$J = \|Z\|^2$$", r"\nabla_b J = 2 \sum_i Z_i"),
        ("v \\in R^k", r"$$H = \tanh(X W)$$ $$z = H v$$ $$J = \frac{1}{2} \|z - y\|^2$$", r"\nabla_H J = (z - y) v^T"),
        ("x \\in R^d", r"$$z = x W$$ $$J = \frac{1}{2} \|z - y\|^2$$", r"\nabla_W J = x^T (z - y)"),
        ("x \\in R^d", r"$$z = W x$$ $$J = \frac{1}{2} \|z - y\|^2$$", r"\nabla_W J = (z - y) x^T"),
    ],
)
def test_a_vector_of_a_declared_length_lies_as_it_fits(declared: str, text: str, line: str) -> None:
    spaces = r"$X \in R^{n \times d}$, $W \in R^{d \times k}$, " if "X" in text else ""
    assert verdicts(f"With {spaces}${declared}$:\n\n{text} $${line}$$") == ["correct"]


def test_a_declared_length_holds() -> None:
    text = r"With $X \in R^{n \times 3}$, $w \in R^5$: $$z = X w$$ $$J = \|z\|^2$$ $$\nabla_w J = 2 X^T z$$"
    assert set(verdicts(text)) == {"unreadable"}
