"""Numbers that are said in passing: the slope of a leaky ReLU, the worth of a letter, its bounds."""

import pytest

from chainrule.checking.check import check_document
from chainrule.checking.parsing.documents import read_text

SCORES = r"$$z = W x + b$$"
SLOPE = r"\frac{\partial a_i}{\partial z_i} = \begin{cases} 1 & z_i > 0 \\ %s & z_i < 0 \end{cases}"


def verdicts(*parts: str) -> list[str]:
    return [step.verdict for step in check_document(read_text("\n\n".join(parts))).steps]


@pytest.mark.parametrize(
    ("words", "unit", "right", "wrong"),
    [
        ("", r"\text{LeakyReLU}(z, \alpha = 0.1)", (r"\alpha", "0.1"), ("0.01", "0")),
        ("", r"\text{LeakyReLU}(z, 0.1)", ("0.1",), ("0.01", r"0.2")),
        ("", r"\text{LeakyReLU}(z, \alpha)", (r"\alpha",), ("0.01", r"\alpha^2")),
        ("", r"\text{LeakyReLU}_\alpha(z)", (r"\alpha",), ("0.01", r"2 \alpha")),
        ("", r"\text{LeakyReLU}_{0.3}(z)", ("0.3",), ("0.01",)),
        ("", r"\text{LeakyReLU}(z)", ("0.01",), ("0.1",)),
        ("", r"\text{LeakyReLU}(z)", (r"\alpha",), ("0",)),
        ("", r"\max(\alpha z, z)", (r"\alpha",), ("1", "0")),
        ("", r"\max(0.1 z, z)", ("0.1",), ("0.2",)),
        (r"Let $0 < \beta < 1$.", r"\max(z, \beta z)", (r"\beta",), ("1",)),
        (r"We take $\gamma = 0.1$.", r"\max(z, \gamma z)", (r"\gamma", "0.1"), ("0.2",)),
        (r"Its slope for negative scores is 0.2.", r"\text{LeakyReLU}(z)", ("0.2",), ("0.01",)),
        (r"取 $\alpha = 0.2$。当 $\alpha = 0.5$ 时不同。", r"\text{LeakyReLU}(z)", ("0.2", r"\alpha"), ("0.5",)),
        (r"$$\alpha = 0.2$$", r"\text{LeakyReLU}(z)", ("0.2", r"\alpha"), ("0.01",)),
        (r"The learning rate is $\alpha = 0.2$.", r"\text{LeakyReLU}(z)", ("0.01",), ("0.2",)),
        (r"$$\text{LeakyReLU}(z) = \max(\alpha z, z)$$", r"\text{LeakyReLU}(z)", (r"\alpha",), ("0.01",)),
    ],
)
def test_the_slope_of_a_leaky_relu(words: str, unit: str, right: tuple[str, ...], wrong: tuple[str, ...]) -> None:
    for slope, verdict in (*((slope, "correct") for slope in right), *((slope, "wrong") for slope in wrong)):
        assert verdicts(words, SCORES, f"$$a = {unit}$$", f"$${SLOPE % slope}$$") == [verdict], slope


@pytest.mark.parametrize(
    ("factor", "verdict"),
    [
        (r"\text{LeakyReLU}'(z)", "correct"),
        (r"\text{LeakyReLU}'(z, \alpha)", "correct"),
        (r"\text{LeakyReLU}'_{\alpha}(z)", "correct"),
        (r"(1[z > 0] + \alpha 1[z < 0])", "correct"),
        (r"\text{LeakyReLU}'(z, 0.01)", "wrong"),
        (r"\text{ReLU}'(z)", "wrong"),
    ],
)
def test_the_derivative_has_the_slope_of_the_unit(factor: str, verdict: str) -> None:
    unit, loss = r"$$a = \text{LeakyReLU}(z, \alpha = 0.1)$$", r"$$L = \frac12 \|a - y\|^2$$"
    line = rf"$$\frac{{\partial L}}{{\partial z}} = (a - y) \odot {factor}$$"
    assert verdicts(SCORES, unit, loss, line) == [verdict]


@pytest.mark.parametrize(
    ("words", "line", "verdict"),
    [
        (r"Let $\lambda = 0.01$.", r"(z - y) x^T + 0.01 W", "correct"),
        (r"Let $\lambda = 0.01$.", r"(z - y) x^T + \lambda W", "correct"),
        (r"Let $\lambda = 0.01$.", r"(z - y) x^T + 2 \lambda W", "wrong"),
        # What is only supposed is not said.
        (r"For $\lambda = 0$ there is no penalty.", r"(z - y) x^T", "wrong"),
        (r"There is none if $\lambda = 0.5$ is small.", r"(z - y) x^T + 0.5 W", "wrong"),
        (r"With $\lambda = 1$ it is simple.", r"(z - y) x^T + W", "wrong"),
        (r"Let $\lambda = 0.2$, and later $\lambda = 0.3$.", r"(z - y) x^T + 0.2 W", "wrong"),
    ],
)
def test_the_worth_of_a_letter(words: str, line: str, verdict: str) -> None:
    loss = r"$$L = \frac12 \|z - y\|^2 + \frac{\lambda}{2} \|W\|^2$$"
    assert verdicts(words, SCORES, loss, rf"$$\frac{{\partial L}}{{\partial W}} = {line}$$") == [verdict]


def test_a_letter_is_drawn_from_within_its_bounds() -> None:
    # Where λ > 1, |λ − 1| is λ − 1.
    loss = r"$$L = \frac12 \|z - y\|^2 + \max(\lambda - 1, 1 - \lambda) \|W\|^2$$"
    line = r"$$\frac{\partial L}{\partial W} = (z - y) x^T + 2 (\lambda - 1) W$$"
    assert verdicts(r"Here $\lambda > 1$.", SCORES, loss, line) == ["correct"]
    assert verdicts(r"Here $\lambda \in (0, 1)$.", SCORES, loss, line) == ["wrong"]
