"""Verdicts where not everything has a value everywhere: logarithms, quotients, roots; and what numbers are shown."""

import math

import pytest

from chainrule.checking.check import Step, check_document
from chainrule.checking.faces.text import text_of
from chainrule.checking.parsing.documents import read_text

SOFTMAX = r"$$z = W x + b$$ $$p = \text{softmax}(z)$$ $$L = -\sum_k y_k \log p_k$$"
PROBABILITY = r"$$L = -y \log p - (1 - y) \log(1 - p)$$"
ANY = r"""$$Z = W X + b$$ $$A = g(Z)$$
$$J = -\frac1m \sum_{i=1}^m (Y_i \log A_i + (1 - Y_i) \log(1 - A_i))$$"""
DIVERGENCE = r"$$z = W x + b$$ $$p = \text{softmax}(z)$$ $$L = \sum_k y_k \log \frac{y_k}{p_k}$$"
DISTANCE = r"$$z = W x + b$$ $$L = \sqrt{\sum_k (z_k - y_k)^2}$$"


def judged(network: str, line: str) -> Step:
    return check_document(read_text(f"{network}\n$${line}$$")).steps[-1]


@pytest.mark.parametrize(
    ("network", "line", "verdict"),
    [
        (PROBABILITY, r"\frac{\partial L}{\partial p} = -\frac{y}{p} + \frac{1 - y}{1 - p}", "correct"),
        (PROBABILITY, r"\frac{\partial L}{\partial p} = \frac{y}{p} + \frac{1 - y}{1 - p}", "wrong"),
        (ANY, r"\frac{\partial J}{\partial Z} = \frac{\partial J}{\partial A} \odot g'(Z)", "correct"),
        (ANY, r"\frac{\partial J}{\partial Z} = \frac{\partial J}{\partial A} \odot g(Z)", "wrong"),
        (ANY, r"\frac{\partial J}{\partial A} = \frac{1}{m} (-\frac{Y}{A} + \frac{1 - Y}{1 - A})", "correct"),
        (DIVERGENCE, r"\frac{\partial L}{\partial z} = p - y", "correct"),
        (DIVERGENCE, r"\frac{\partial L}{\partial z} = y - p", "wrong"),
        (DISTANCE, r"\frac{\partial L}{\partial z} = \frac{z - y}{L}", "correct"),
        (DISTANCE, r"\frac{\partial L}{\partial z} = \frac{z - y}{2 L}", "wrong"),
        # A target is 0 or 1.
        (SOFTMAX, r"\frac{\partial L}{\partial p_k} = -\frac{y_k}{p_k}", "correct"),
        (SOFTMAX, r"\frac{\partial L}{\partial p_k} = -\frac{p_k}{y_k}", "wrong"),
        (SOFTMAX, r"\frac{\partial L}{\partial p_k} = -\frac{1}{y_k p_k}", "wrong"),
        # What has no value anywhere is not understood.
        (SOFTMAX, r"\frac{\partial L}{\partial z_k} = \log(-p_k)", "unreadable"),
    ],
)
def test_a_line_is_tried_where_it_has_a_value(network: str, line: str, verdict: str) -> None:
    assert judged(network, line).verdict == verdict


def test_of_a_value_that_is_missing_this_is_said() -> None:
    step = judged(SOFTMAX, r"\frac{\partial L}{\partial p_k} = -\frac{p_k}{y_k}")
    assert step.counterexample is not None
    assert math.isinf(step.counterexample.written)
    assert math.isfinite(step.counterexample.right)
    report = check_document(read_text(rf"{SOFTMAX} $$\frac{{\partial L}}{{\partial p_k}} = -\frac{{p_k}}{{y_k}}$$"))
    assert "∞" in text_of(report, "en")


def test_no_rounding_is_shown_of_what_is_nothing() -> None:
    for line in (r"\frac{\partial L}{\partial z} = (p - y) - (p - y)", r"\frac{\partial L}{\partial z} = -0 p"):
        found = judged(SOFTMAX, line).counterexample
        assert found is not None
        assert (found.written, math.copysign(1, found.written)) == (0, 1)
    line = r"\sum_k \frac{\partial p_k}{\partial z_j} = p_j"  # 0, but for rounding
    found = judged(SOFTMAX, line).counterexample
    assert found is not None
    assert found.right == 0


ROWS = "z = X @ W + b\np = softmax(z)\n"


@pytest.mark.parametrize(
    ("loss", "line", "verdict"),
    [
        ("-np.sum(Y * np.log(p + 1e-8)) / m", "(p - Y) / m", "convention"),
        ("-np.sum(Y * np.log(p + eps)) / m", "(p - Y) / m", "convention"),
        ("-np.sum(Y * np.log(np.clip(p, 1e-12, 1 - 1e-12))) / m", "(p - Y) / m", "convention"),
        ("-np.sum(Y * np.log(np.maximum(p, 1e-12))) / m", "(p - Y) / m", "correct"),  # it is larger
        ("-np.sum(Y * np.log(p + 1e-8)) / m", "(Y - p) / m", "wrong"),
        ("-np.sum(Y * np.log(p + 1)) / m", "(p - Y) / m", "wrong"),  # this is not small
        ("np.sum(np.maximum(z, 1)) / m", "(z + 1 - z) / m", "wrong"),  # nor is this a small bound
        ("np.sum((p - Y) ** 2) / m + eps * np.sum(W ** 2)", "0 * p", "wrong"),
    ],
)
def test_what_only_keeps_a_logarithm_from_failing_is_negligible(loss: str, line: str, verdict: str) -> None:
    step = check_document(read_text(f"```python\n{ROWS}loss = {loss}\ndz = {line}\n```")).steps[-1]
    assert step.verdict == verdict
    assert step.granted == (("ε is negligible",) if verdict == "convention" else ())


def test_what_is_right_with_a_small_number_needs_nothing_granted() -> None:
    loss = r"$$z = W x + b$$ $$p = \text{softmax}(z)$$ $$L = -\sum_k y_k \log(p_k + \epsilon)$$"
    for line, verdict in (
        (r"\frac{\partial L}{\partial p_k} = -\frac{y_k}{p_k + \epsilon}", "correct"),
        (r"\frac{\partial L}{\partial p_k} = -\frac{y_k}{p_k}", "convention"),
        (r"\frac{\partial L}{\partial z} = p - y", "convention"),
        (r"\frac{\partial L}{\partial z} = y - p", "wrong"),
    ):
        assert judged(loss, line).verdict == verdict
