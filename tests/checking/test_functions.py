"""Functions that a document defines or writes in its own way, and equations about functions."""

import pytest

from chainrule.checking.check import check_document
from chainrule.checking.parsing.documents import read_text

SCORES = "$$z = W x + b$$ "
LOSS = r" $$L = \frac{1}{2} \|h - y\|^2$$ "


def verdicts(text: str) -> list[str]:
    return [step.verdict for step in check_document(read_text(text)).steps]


@pytest.mark.parametrize(
    "unit", ["[z]_+", "(z)_+", "z^+", r"\frac{1}{2} (z + |z|)", r"z \cdot 1[z > 0]", r"z 1_{z > 0}", r"\max(0, z)"]
)
def test_a_relu_however_it_is_written(unit: str) -> None:
    text = rf"{SCORES} $$h = {unit}$$ {LOSS} $$\nabla_z L = (h - y) \odot 1[z > 0]$$ $$\nabla_z L = h - y$$"
    assert verdicts(text) == ["correct", "wrong"]
    rows = text.replace("z", "Z").replace("W x", "X W").replace(r"\nabla_Z L", r"\nabla_{Z} L")
    assert verdicts(rows) == ["correct", "wrong"]


@pytest.mark.parametrize(
    ("slope", "verdict"),
    [
        (r"\operatorname{step}(z)", "correct"),
        (r"\operatorname{sign}(h)", "correct"),
        (r"\frac{1 + \operatorname{sgn}(z)}{2}", "correct"),
        (r"\Theta(z)", "correct"),
        (r"\mathbb{1}_{\mathbb{R}^+}(z)", "correct"),
        (r"\chi_{\{z > 0\}}", "correct"),
        (r"H(z)", "correct"),
        (r"u(z)", "correct"),
        (r"\operatorname{sign}(z)", "wrong"),
        (r"H(-z)", "wrong"),
    ],
)
def test_the_slope_of_a_relu_however_it_is_written(slope: str, verdict: str) -> None:
    words = r"$H$ is the Heaviside step function, and $u(\cdot)$ the unit step."
    text = rf"{SCORES} $$h = \max(0, z)$$ {LOSS} {words} $$\nabla_z L = (h - y) \odot {slope}$$"
    assert verdicts(text) == [verdict]


@pytest.mark.parametrize(
    ("function", "right", "wrong"),
    [
        (r"s(t) = t \sigma(t)", r"s'(t) = \sigma(t) + t \sigma(t) (1 - \sigma(t))", r"s'(t) = \sigma(t) + t \sigma(t)"),
        (r"g(z) = \frac{1}{1 + e^{-z}}", r"\frac{dg}{dz} = g(z) (1 - g(z))", r"\frac{dg}{dz} = g(z) (1 + g(z))"),
        (
            r"f(u) = \begin{cases} u & u > 0 \\ \kappa u & u \leq 0 \end{cases}",
            r"f'(u) = \begin{cases} 1 & u > 0 \\ \kappa & u \leq 0 \end{cases}",
            r"f'(u) = \begin{cases} 1 & u > 0 \\ 0 & u \leq 0 \end{cases}",
        ),
        (
            r"\phi(t) = \begin{cases} t, & t > 0 \\ 0.01 t, & t \leq 0 \end{cases}",
            r"\phi'(t) = \begin{cases} 1, & t > 0 \\ 0.01, & t \leq 0 \end{cases}",
            r"\phi'(t) = \begin{cases} 1, & t > 0 \\ 0.1, & t \leq 0 \end{cases}",
        ),
        (
            r"f(u) = \max(\alpha u, u)",
            r"f'(u) = \begin{cases} 1 & u > 0 \\ \alpha & u \leq 0 \end{cases}",
            r"f'(u) = \begin{cases} \alpha & u > 0 \\ 1 & u \leq 0 \end{cases}",
        ),
        (
            r"\text{ELU}(z) = \begin{cases} z & z > 0 \\ \alpha (e^z - 1) & z \leq 0 \end{cases}",
            r"\text{ELU}'(z) = \begin{cases} 1 & z > 0 \\ \text{ELU}(z) + \alpha & z \leq 0 \end{cases}",
            r"\text{ELU}'(z) = \begin{cases} 1 & z > 0 \\ \text{ELU}(z) & z \leq 0 \end{cases}",
        ),
    ],
)
def test_a_function_that_a_document_defines(function: str, right: str, wrong: str) -> None:
    name = function.partition("(")[0]
    text = rf"{SCORES} $${function}$$ $$h = {name}(z)$$ {LOSS}"
    assert verdicts(rf"{text} $${right}$$ $${wrong}$$") == ["correct", "wrong"]
    slopes = rf"$$\nabla_z L = (h - y) \odot {name}'(z)$$ $$\nabla_z L = (h - y) \odot {name}(z)$$"
    assert verdicts(text + slopes) == ["correct", "wrong"]


@pytest.mark.parametrize("about", [r"$\sigma' = \sigma (1 - \sigma)$", r"$$\sigma' = \sigma (1 - \sigma)$$"])
def test_an_equation_about_a_function_makes_it_no_symbol(about: str) -> None:
    text = rf"{SCORES} $$h = \sigma(z)$$ {LOSS} Since {about}: $$\nabla_z L = (h - y) \odot h \odot (1 - h)$$"
    assert set(verdicts(text)) == {"correct"}


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (r"\sigma' = \sigma (1 - \sigma)", "correct"),
        (r"\sigma' = \sigma (1 + \sigma)", "wrong"),
        (r"\tanh' = 1 - \tanh^2", "correct"),
        (r"\frac{d\sigma}{dz} = \sigma (1 - \sigma)", "correct"),
        (r"\sigma'(z) = \sigma(z) (1 - \sigma(z))", "correct"),
        (r"\sigma(-z) = 1 - \sigma(z)", "correct"),
        (r"\text{ReLU}'(z) = 1", "wrong"),  # it holds for half of all numbers
        (r"\text{ReLU}'(z) = 1, \quad z > 0", "convention"),
        (r"\text{ReLU}'(z) = 1, \quad z < 0", "wrong"),
    ],
)
@pytest.mark.parametrize("network", ["", SCORES])
def test_an_equation_about_a_function_is_of_any_number(network: str, line: str, verdict: str) -> None:
    assert verdicts(f"{network} $${line}$$") == [verdict]


def test_which_function_a_letter_is_in_words() -> None:
    text = r"""
其中 $f_1$ 为 tanh，$f_2$ 为 softmax。
$$z = W x + b$$
$$a = f_1(z)$$
$$p = f_2(V a + c)$$
$$L = -\sum_k y_k \log p_k$$
$$\frac{\partial L}{\partial c} = p - y$$
$$\frac{\partial L}{\partial z} = V^T (p - y) \odot (1 - a^2)$$
$$\frac{\partial L}{\partial z} = V^T (p - y) \odot a \odot (1 - a)$$
"""
    assert verdicts(text) == ["correct", "correct", "wrong"]


def test_what_stands_on_the_left_of_an_equation_about_a_function_is_its_subject() -> None:
    report = check_document(read_text(rf"{SCORES} $$h = \max(0, z)$$ {LOSS} $$\text{{ReLU}}'(z) = 1$$"))
    assert [(step.verdict, step.mistakes, step.right) for step in report.steps] == [("wrong", (), None)]


def test_a_t_that_is_any_number_is_no_target() -> None:
    function = r"$$\phi(t) = \begin{cases} t & t > 0 \\ \beta t & t \leq 0 \end{cases}$$"
    slope = r"$$\phi'(t) = \begin{cases} 1 & t > 0 \\ \beta & t < 0 \end{cases}$$"
    loss = r"$$p = \text{softmax}(V h)$$ $$L = -\sum_k y_k \log p_k$$"
    assert verdicts(rf"{function} {SCORES} $$h = \phi(z)$$ {loss} {slope}") == ["correct"]


def test_a_slope_is_missing_of_a_function_with_a_letter() -> None:
    function = r"$$f(u) = \begin{cases} u & u > 0 \\ \kappa u & u \leq 0 \end{cases}$$"
    report = check_document(read_text(rf"{function} {SCORES} $$h = f(z)$$ {LOSS} $$\nabla_z L = h - y$$"))
    assert [step.mistakes for step in report.steps] == [("missing-activation-derivative",)]


@pytest.mark.parametrize("step", [r"\mathrm{H}(Z)", "H(Z)"])
def test_a_step_function_with_the_letter_of_a_layer(step: str) -> None:
    network = r"$$Z = X U + b$$ $$H = \max(0, Z)$$ $$O = H V + c$$ $$L = \frac{1}{2} \|O - Y\|_F^2$$"
    line = rf"$$\frac{{\partial L}}{{\partial Z}} = (O - Y) V^T \odot {step}$$"
    product = r"$$\frac{\partial L}{\partial V} = H^T (O - Y)$$"
    assert verdicts(network + line + product) == ["unreadable", "correct"]
    words = r"Here $\mathrm{H}(\cdot)$ is the Heaviside step function."
    assert verdicts(network + words + line) == ["correct"]
