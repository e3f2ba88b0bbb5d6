"""Verdicts where a sum does not say what it runs over, and where a loss has no other names in it."""

import pytest

from chainrule.checking.check import Step, check_document
from chainrule.checking.parsing.documents import read_text


def steps(text: str) -> tuple[Step, ...]:
    return check_document(read_text(text)).steps


def verdicts(text: str) -> list[str]:
    return [step.verdict for step in steps(text)]


ONE_SAMPLE = r"""
$$z = W x + b$$
$$p = \text{softmax}(z)$$
$$L = -\sum_k y_k \log p_k$$
"""
ROWS = r"""
$$Z = X W + b$$
$$P = \text{softmax}(Z)$$
$$L = -\frac{1}{m} \sum_{i=1}^m \sum_k Y_{ik} \log P_{ik}$$
"""


@pytest.mark.parametrize(
    ("network", "line", "verdict"),
    [
        # Over the one letter that the left side does not have.
        (ONE_SAMPLE, r"{\partial x_j} = \sum (p_k - y_k) W_{kj}", "correct"),
        (ONE_SAMPLE, r"{\partial x_j} = \sum (p_k - y_k) W_{jk}", "wrong"),
        (
            ONE_SAMPLE,
            r"{\partial W_{ij}} = \sum \frac{\partial L}{\partial z_k} \frac{\partial z_k}{\partial W_{ij}}",
            "correct",
        ),
        (ROWS, r"{\partial b_k} = \frac{1}{m} \sum (P_{ik} - Y_{ik})", "correct"),
        (ROWS, r"{\partial b_k} = \sum (P_{ik} - Y_{ik})", "wrong"),
        # There is none.
        (ONE_SAMPLE, r"{\partial z} = \sum (p - y)", "unreadable"),
        (ONE_SAMPLE, r"{\partial z} = \sum^m (p - y)", "unreadable"),
        (ONE_SAMPLE, r"{\partial z_i} = \sum (p_i - y_i)", "unreadable"),
        (ROWS, r"{\partial Z_{ik}} = \frac{1}{m} \sum (P_{ik} - Y_{ik})", "unreadable"),
        # Over the samples of a batch.
        (ROWS, r"{\partial b} = \frac{1}{m} \sum (P - Y)", "convention"),
        (ROWS, r"{\partial b} = \frac{1}{m} \sum_{i=1}^m (P - Y)", "convention"),
        (ROWS, r"{\partial b} = \frac{1}{m} \sum_i (P - Y)", "convention"),
        (ROWS, r"{\partial b} = \sum \frac{\partial L}{\partial Z}", "convention"),
        (ROWS, r"{\partial b} = \sum (P - Y)", "wrong"),
        (ROWS, r"{\partial Z} = \frac{1}{m} \sum (P - Y)", "wrong"),
    ],
)
def test_a_sum_in_a_claim(network: str, line: str, verdict: str) -> None:
    judged = steps(rf"{network}$$\frac{{\partial L}}{line}$$")[-1]
    assert judged.verdict == verdict
    assert judged.granted == (("a sum over the samples",) if verdict == "convention" else ())


CLASSES = (r"\frac{\partial L}{\partial z_k} = p_k - y_k", r"\frac{\partial L}{\partial z_k} = y_k - p_k")
NUMBERS = (
    r"\frac{\partial E}{\partial W} = (z - t) x^T + \lambda W",
    r"\frac{\partial E}{\partial W} = (z - t) x^T",
)
UNITS = (r"\frac{\partial J}{\partial W} = \frac{1}{m} (A - Y) X^T", r"\frac{\partial J}{\partial W} = (A - Y) X^T")
LOGISTIC = (
    r"\frac{\partial J}{\partial w} = \frac{1}{m} \sum x^{(i)} (a^{(i)} - y^{(i)})",
    r"\frac{\partial J}{\partial w} = \sum x^{(i)} (a^{(i)} - y^{(i)})",
)


@pytest.mark.parametrize(
    ("definitions", "lines"),
    [
        (r"$$z = W x + b$$ $$p = \text{softmax}(z)$$ $$L = -\sum y_i \log p_i$$", CLASSES),
        (r"$$z_k = \sum w_{kj} x_j$$ $$p_k = \frac{e^{z_k}}{\sum e^{z_j}}$$ $$L = -\sum y_k \log p_k$$", CLASSES),
        (r"$$z_k = \sum w_{kj} x_j$$ $$p_k = \frac{e^{z_k}}{\sum e^{z_k}}$$ $$L = -\sum y_k \log p_k$$", CLASSES),
        (r"$$z = W x + b$$ $$p = \frac{e^z}{\sum e^z}$$ $$L = -\sum y \log p$$", CLASSES),
        (r"$$z = W x$$ $$E = \frac12 \sum (z_k - t_k)^2 + \frac{\lambda}{2} \sum W_{kj}^2$$", NUMBERS),
        (r"$$z = W x$$ $$E = \frac12 \sum (z - t)^2 + \frac{\lambda}{2} \sum W^2$$", NUMBERS),
        (r"$$Z = W X$$ $$A = \sigma(Z)$$ $$J = -\frac1m \sum (Y \log A + (1 - Y) \log(1 - A))$$", UNITS),
        (
            r"""$$z^{(i)} = w^T x^{(i)} + b$$ $$a^{(i)} = \sigma(z^{(i)})$$
            $$J = -\frac1m \sum (y^{(i)} \log a^{(i)} + (1 - y^{(i)}) \log (1 - a^{(i)}))$$""",
            LOGISTIC,
        ),
    ],
)
def test_a_sum_in_a_definition(definitions: str, lines: tuple[str, str]) -> None:
    assert verdicts("\n".join((definitions, *(f"$${line}$$" for line in lines)))) == ["correct", "wrong"]


@pytest.mark.parametrize(
    ("loss", "right", "wrong"),
    [
        (r"\frac12 \|W x + b - y\|^2", r"(W x + b - y) x^T", r"(y - W x - b) x^T"),
        (r"\frac12 \|y - W x\|^2", r"(W x - y) x^T", r"(W x - y)"),
        (r"\frac{1}{2N} \|X W - Y\|^2", r"\frac1N X^T (X W - Y)", r"X^T (X W - Y)"),
        (r"-\sum_k y_k \log \text{softmax}(W x)_k", r"(\text{softmax}(W x) - y) x^T", r"(y - \text{softmax}(W x)) x^T"),
    ],
)
def test_a_loss_in_one_line(loss: str, right: str, wrong: str) -> None:
    lines = [rf"$$\frac{{\partial L}}{{\partial W}} = {line}$$" for line in (right, wrong)]
    assert verdicts("\n".join((f"$$L = {loss}$$", *lines))) == ["correct", "wrong"]


def test_an_index_may_have_a_prime() -> None:
    text = r"""
$$p_k = \frac{e^{z_k}}{\sum_{k'} e^{z_{k'}}}$$
$$\frac{\partial p_k}{\partial z_{k'}} = p_k (\delta_{kk'} - p_{k'})$$
$$\frac{\partial p_k}{\partial z_{k'}} = p_k (1[k = k'] - p_{k'})$$
$$\frac{\partial p_k}{\partial z_{k'}} = -p_k p_{k'}, \quad k' \neq k$$
$$\frac{\partial p_k}{\partial z_{k'}} = p_k p_{k'}, \quad k \neq k'$$
"""
    assert verdicts(text) == ["correct", "correct", "correct", "wrong"]
