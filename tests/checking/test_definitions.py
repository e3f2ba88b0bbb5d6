"""What a document defines: symbols in two letters, functions of a layer, and claims that look like definitions."""

import pytest

from chainrule.algebra.latex import latex
from chainrule.checking.check import Report, check_document
from chainrule.checking.faces.html import html_of
from chainrule.checking.faces.shown import notation_of, right_of
from chainrule.checking.parsing.documents import read_text

COURSE = r"""
$$Z^{[1]} = W^{[1]} X + b^{[1]}$$
$$A^{[1]} = g^{[1]}(Z^{[1]})$$
$$Z^{[2]} = W^{[2]} A^{[1]} + b^{[2]}$$
$$A^{[2]} = \sigma(Z^{[2]})$$
$$J = \frac{1}{2m} \sum_{i=1}^m \| a^{[2](i)} - y^{(i)} \|^2$$
"""
SAMPLES = r"""
$$z^{(i)} = w^T x^{(i)} + b$$
$$a^{(i)} = \sigma(z^{(i)})$$
$$J = -\frac{1}{m} \sum_{i=1}^m \left( y^{(i)} \log a^{(i)} + (1 - y^{(i)}) \log(1 - a^{(i)}) \right)$$
"""
SOFTMAX = r"""
$$z = W x + b$$
$$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$
$$L = -\sum_k y_k \log p_k$$
"""


def checked(*texts: str) -> Report:
    return check_document(read_text("\n".join(texts)))


def verdicts(*texts: str) -> list[str]:
    return [step.verdict for step in checked(*texts).steps]


def verdict(line: str, *before: str) -> str:
    return checked(*before, f"$${line}$$").steps[-1].verdict


# -- one symbol in two letters ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (r"\frac{\partial J}{\partial A^{[2]}} = \frac{1}{m} (A^{[2]} - Y)", "correct"),
        (r"\frac{\partial J}{\partial A^{[2]}} = A^{[2]} - Y", "wrong"),
        (r"\frac{\partial J}{\partial a^{[2](i)}} = \frac{1}{m} (a^{[2](i)} - y^{(i)})", "correct"),
    ],
)
def test_the_samples_of_a_batch_have_the_small_letter_in_the_loss(line: str, expected: str) -> None:
    assert verdict(line, COURSE) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([r"\frac{\partial J}{\partial w} = \frac{1}{m} X (A - Y)^T"], ["correct"]),
        ([r"\frac{\partial J}{\partial w} = \frac{1}{m} X (Y - A)^T"], ["wrong"]),
        ([r"\frac{\partial J}{\partial w} = \frac{1}{m} X^T (A - Y)"], ["correct"]),
        ([r"\frac{\partial J}{\partial Z} = \frac{1}{m} (A - Y)"], ["correct"]),
        # Samples are rows of the whole, or columns, and not now this, now that.
        (
            [
                r"\frac{\partial J}{\partial w} = \frac{1}{m} X (A - Y)^T",
                r"\frac{\partial J}{\partial w} = X \left( \frac{\partial J}{\partial Z} \right)^T",
                r"\frac{\partial J}{\partial w} = \frac{1}{m} X^T (A - Y)",
            ],
            ["correct", "correct", "wrong"],
        ),
    ],
)
def test_the_whole_of_samples_has_the_capital_letter(lines: list[str], expected: list[str]) -> None:
    assert verdicts(SAMPLES, *(f"$${line}$$" for line in lines)) == expected


def test_the_same_network_once_more_in_capitals_is_no_claim() -> None:
    assert verdicts(SAMPLES, r"$$Z = w^T X + b$$", r"$$A = \sigma(Z)$$") == []


def test_a_sample_of_what_is_defined_for_one_is_a_sample_of_the_batch() -> None:
    one = r"$$z = w^T x + b$$ $$a = \sigma(z)$$ $$\ell = \frac{1}{2} (a - y)^2$$"
    batch = r"$$Z = w^T X + b$$ $$A = \sigma(Z)$$ $$J = \frac{1}{2m} \sum_{i=1}^m (a^{(i)} - y^{(i)})^2$$"
    lines = r"$$\frac{\partial \ell}{\partial a} = a - y$$ $$\frac{\partial J}{\partial A} = \frac{1}{m} (A - Y)$$"
    assert verdicts(one, batch, lines) == ["correct", "correct"]


def test_another_symbol_with_the_capital_letter() -> None:
    normalizer = r"$$p_k = \frac{e^{z_k}}{Z}$$ $$Z = \sum_j e^{z_j}$$"
    assert verdict(r"\frac{\partial p_k}{\partial z_i} = p_k (\delta_{ki} - p_i)", normalizer) == "correct"
    size = r"$$z_{nk} = \sum_j x_{nj} w_{jk} + b_k$$ $$L = \frac{1}{2B} \sum_n \sum_k (z_{nk} - y_{nk})^2$$"
    assert verdict(r"\frac{\partial L}{\partial b_k} = \frac{1}{B} \sum_n (z_{nk} - y_{nk})", size) == "correct"


def test_the_right_line_stacks_the_samples_as_the_author_does() -> None:
    rows = r"$$\frac{\partial J}{\partial w} = \frac{1}{m} X^T (A - Y)$$"
    report = checked(SAMPLES, rows, r"$$\frac{\partial J}{\partial w} = X^T (A - Y)$$")
    assert report.steps[-1].mistakes == ("missing-mean",)
    right = right_of(report.steps[-1], report, notation_of(report))
    assert not isinstance(right, str | None)
    assert latex(right) == r"\frac{1}{m} X^\top (A - Y)"


def test_the_weights_of_a_class_are_a_column_where_samples_are_rows() -> None:
    rows = r"$$z = x W$$ $$p = \text{softmax}(z)$$ $$L = -\sum_k y_k \log p_k$$"
    assert verdict(r"\nabla_{w_k} L = (p_k - y_k) x^T", rows) == "correct"
    assert verdict(r"\nabla_{w_k} L = (y_k - p_k) x^T", rows) == "wrong"


# -- functions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "slope"),
    [
        ("$g^{[1]}$ is tanh, and the output is a sigmoid.", "1 - A^{[1]} * A^{[1]}"),
        ("The hidden layer has ReLU; for it we write $g^{[1]}$.", r"1[Z^{[1]} > 0]"),
        (r"$$g^{[1]}(z) = \tanh(z)$$", "1 - A^{[1]} * A^{[1]}"),
        (r"$$g^{[1]} = \tanh$$", "1 - A^{[1]} * A^{[1]}"),
        (r"$$g(z) = \max(0, z)$$", r"1[Z^{[1]} > 0]"),
        ("", r"{g^{[1]}}'(Z^{[1]})"),
    ],
)
def test_the_activation_of_a_layer(said: str, slope: str) -> None:
    report = checked(said, COURSE, f"$$g^{{[1]\\prime}}(Z^{{[1]}}) = {slope}$$")
    assert [step.verdict for step in report.steps] == ["correct"]
    assert verdict(r"g^{[1]'}(Z^{[1]}) = A^{[1]} * (1 - A^{[1]})", said, COURSE) == "wrong"


def test_the_activations_of_two_layers_are_two() -> None:
    network = r"$$h = f_1(V x)$$ $$o = f_2(U h)$$ $$E = \frac{1}{2} \|o - y\|^2$$"
    assert verdict(r"\frac{\partial E}{\partial U} = ((o - y) \odot f_2'(U h)) h^T", network) == "correct"
    assert verdict(r"\frac{\partial E}{\partial U} = ((o - y) \odot f_1'(U h)) h^T", network) == "wrong"


def test_words_about_one_activation_do_not_speak_of_another() -> None:
    network = r"$$h = \text{ReLU}(V x)$$ $$q = \sigma(U h)$$ $$E = \frac{1}{2} \|q - y\|^2$$"
    assert (
        verdict(r"\frac{\partial E}{\partial U} = ((q - y) \odot q \odot (1 - q)) h^T", "# ReLU", network) == "correct"
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (r"\log p_i = z_i - \log \sum_j e^{z_j}", "correct"),
        (r"\log p_i = z_i + \log \sum_j e^{z_j}", "wrong"),
        (r"\ln(p_i) = z_i + \ln \sum_j e^{z_j}", "wrong"),
        (r"\exp(z_i) = p_i \sum_j e^{z_j}", "correct"),
    ],
)
def test_an_equation_about_a_logarithm_is_a_claim(line: str, expected: str) -> None:
    assert verdicts(SOFTMAX, f"$${line}$$") == [expected]


def test_the_error_of_the_input_is_of_the_sum_of_the_losses_too() -> None:
    network = r"$$Z = W X + b$$ $$A = \tanh(Z)$$ $$J = \frac{1}{2m} \|A - Y\|^2$$ $$dW = \frac{1}{m} dZ X^T$$"
    assert verdict("dX = W^T dZ", network) == "convention"
    assert verdict(r"dX = \frac{1}{m} W^T dZ", network) == "wrong"


# -- names with their arguments ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "right", "wrong"),
    [
        (
            r"$$h_w(x) = \sigma(w^T x + b)$$ $$J(w, b) = -y \ln h_w(x) - (1 - y) \ln(1 - h_w(x))$$",
            r"\frac{\partial J(w, b)}{\partial w_j} = (h_w(x) - y) x_j",
            r"\frac{\partial J(w, b)}{\partial w_j} = (y - h_w(x)) x_j",
        ),
        (
            r"$$f(x) = V \tanh(U x)$$ $$E = \frac{1}{2} \|f(x) - y\|^2$$",
            r"\frac{\partial E}{\partial V} = (f(x) - y) \tanh(U x)^T",
            r"\frac{\partial E}{\partial V} = (f(x) - y) (U x)^T",
        ),
        (
            r"$$z = W x$$ $$\Omega(W) = \frac{1}{2} \|W\|^2$$ $$L = \frac{1}{2} \|z - y\|^2 + \lambda \Omega(W)$$",
            r"\frac{\partial L}{\partial W} = (z - y) x^T + \lambda W",
            r"\frac{\partial L}{\partial W} = (z - y) x^T + 2 \lambda W",
        ),
        (
            r"$$z = W x$$ $$p = \text{softmax}(z)$$ $$\text{CE}(y, p) = -\sum_k y_k \log p_k$$",
            r"\frac{\partial \text{CE}(y, p)}{\partial z} = p - y",
            r"\frac{\partial \text{CE}(y, p)}{\partial z} = y - p",
        ),
        (
            r"$$h(x) = W x$$ $$J(W) = \frac{1}{2} \sum_{i=1}^m \| h(x^{(i)}) - y^{(i)} \|^2$$",
            r"\nabla_W J(W) = \sum_{i=1}^m (h(x^{(i)}) - y^{(i)}) (x^{(i)})^T",
            r"\nabla_W J(W) = \sum_{i=1}^m x^{(i)} (h(x^{(i)}) - y^{(i)})^T",
        ),
    ],
)
def test_a_name_with_its_arguments_is_a_symbol(network: str, right: str, wrong: str) -> None:
    assert verdicts(network, f"$${right}$$") == ["correct"]
    assert verdict(wrong, network) == "wrong"


@pytest.mark.parametrize(
    ("definition", "claim"),
    [
        (r"f(x) = \max(0, x)", r"f'(x) = \begin{cases} 1 & x > 0 \\ 0 & x < 0 \end{cases}"),
        (r"g(x) = \frac{1}{1 + e^{-x}}", r"g'(x) = g(x) (1 - g(x))"),
    ],
)
def test_a_function_of_one_number_stays_one(definition: str, claim: str) -> None:
    network = r"$$h = f(W x)$$ $$q = g(V h)$$"
    assert verdicts(f"$${definition}$$", network, f"$${claim}$$")[-1] in ("correct", "convention")


def test_an_activation_may_be_said_within_a_definition() -> None:
    said = r"$$a = g(w^T x + b) = \frac{1}{1 + e^{-(w^T x + b)}}$$ $$L = \frac{1}{2} (a - y)^2$$"
    assert verdict(r"\frac{\partial L}{\partial b} = (a - y) a (1 - a)", said) == "correct"
    assert verdict(r"\frac{\partial L}{\partial b} = (a - y) (1 - a^2)", said) == "wrong"


def test_a_page_shows_a_name_with_its_arguments() -> None:
    page = html_of(checked(r"$$h_w(x) = w^T x$$ $$L(w) = \frac{1}{2} (h_w(x) - y)^2$$"), "en")
    assert '<msub><mi>h</mi><mi class="s-w" data-symbol="w">w</mi></msub><mo>\u2061</mo>' in page


# -- losses with one letter -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of_sample", ["L_n", r"L(p_n, y_n)"])
def test_the_loss_of_a_sample_and_that_of_all(of_sample: str) -> None:
    network = (
        rf"$$z_n = W x_n$$ $$p_n = \text{{softmax}}(z_n)$$ $${of_sample} = -y_n^T \log p_n$$ $$L = \sum_n {of_sample}$$"
    )
    lines = [
        rf"\frac{{\partial {of_sample}}}{{\partial z_n}} = p_n - y_n",
        r"\frac{\partial L}{\partial W} = \sum_n (p_n - y_n) x_n^T",
        rf"\frac{{\partial {of_sample}}}{{\partial W}} = (p_n - y_n) x_n^T",
    ]
    assert verdicts(network, *(f"$${line}$$" for line in lines)) == ["correct"] * 3
    assert verdict(rf"\frac{{\partial {of_sample}}}{{\partial z_n}} = y_n - p_n", network) == "wrong"
    assert verdict(r"\frac{\partial L}{\partial W} = \frac{1}{N} \sum_{n=1}^N (p_n - y_n) x_n^T", network) == "wrong"


def test_a_loss_that_is_said_in_other_words_is_a_claim_and_one_of_other_things_is_another() -> None:
    again = r"$$L = -\sum_k y_k z_k + \log \sum_k e^{z_k}$$"
    assert verdicts(SOFTMAX, "with $y$ one-hot", again) == ["correct"]
    of_class = r"$$z = W x$$ $$p = \text{softmax}(z)$$ $$L = -\log p_c$$"
    assert verdict(r"L = -z_c + \log \sum_j e^{z_j}", of_class) == "correct"
    assert verdict(r"L = z_c + \log \sum_j e^{z_j}", of_class) == "wrong"
    batch = r"$$Z = W X + b$$ $$L = \frac{1}{m} \|Z - Y\|^2$$"
    one, all_of_them = (
        r"$$\frac{\partial L}{\partial z} = p - y$$",
        r"$$\frac{\partial L}{\partial Z} = \frac{2}{m} (Z - Y)$$",
    )
    assert verdicts(SOFTMAX, one, batch, all_of_them) == ["correct", "correct"]


def test_a_loss_defined_twice_is_held_against_the_second_from_there_on() -> None:
    batch = r"$$Z = W X + b$$ $$P = \text{softmax}(Z)$$ $$L = -\frac{1}{m} \sum_{i=1}^m \sum_k Y_{ki} \log P_{ki}$$"
    again = r"$$L = -\frac{1}{m} \sum_{i,k} Y_{ki} \log P_{ki}$$"
    assert verdicts(SOFTMAX, batch, again) == ["correct"]
    assert verdicts(SOFTMAX, batch, again.replace(r"\frac{1}{m} ", "")) == ["wrong"]


def test_the_loss_of_which_there_is_no_sample_is_not_understood() -> None:
    network = r"$$h(x) = W x$$ $$J(W) = \frac{1}{m} \sum_{i=1}^m \| h(x^{(i)}) - y^{(i)} \|^2$$"
    one = r"For one sample, $J(W; x, y) = \| h(x) - y \|^2$."
    claim = r"$$\nabla_W J(W) = \frac{1}{m} \sum_{i=1}^m \nabla_W J(W; x^{(i)}, y^{(i)})$$"
    assert verdicts(network, one, claim)[-1] == "unreadable"


@pytest.mark.parametrize("letter", [r"\sigma", "f"])
def test_the_slope_of_a_function_may_be_said_of_the_function_alone(letter: str) -> None:
    network = rf"$$z = W x + b$$ $$a = {letter}(z)$$ $$L = \frac{{1}}{{2}} \|a - y\|^2$$"
    said = (
        rf"where ${letter}$ is the sigmoid, $f(u) = 1 / (1 + e^{{-u}})$, so that ${letter}' = {letter}(1 - {letter})$."
    )
    back = rf"\frac{{\partial L}}{{\partial z}} = (a - y) \odot {letter}'(z)"
    assert verdict(back, network, said) == "correct"
    assert verdict(rf"{letter}' = {letter}(1 - {letter})", network, said, f"$${back}$$") == "correct"
    assert verdict(rf"{letter}' = {letter} - {letter}^2", network, said) == "correct"
    assert verdict(rf"{letter}' = 1 - {letter}^2", network, said) == "wrong"


def test_the_right_slope_is_written_without_a_number_too() -> None:
    network = r"$$z = W x$$ $$a = \sigma(z)$$ $$L = \frac{1}{2} \|a - y\|^2$$"
    report = checked(network, r"$$\sigma' = \sigma (1 + \sigma)$$")
    right = right_of(report.steps[-1], report, notation_of(report))
    assert not isinstance(right, str | None)
    assert latex(right) == r"\sigma (1 - \sigma)"


def test_a_letter_that_is_defined_is_no_function() -> None:
    network = r"$$z = W x$$ $$f = \sigma(z)$$ $$f' = f \odot (1 - f)$$ $$L = \frac{1}{2} \|f - y\|^2$$"
    assert verdict(r"\frac{\partial L}{\partial z} = (f - y) \odot f'", network) == "correct"


# -- one quantity written twice ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "right", "wrong"),
    [
        (
            r"$$p = \text{softmax}(W x + b)$$ $$L = -\sum_k y_k \log p_k$$ $$z = b + W x$$",
            r"\frac{\partial L}{\partial z} = p - y",
            r"\frac{\partial L}{\partial z} = y - p",
        ),
        (
            r"$$a = W x$$ $$l = -y^T \log \text{softmax}(W x)$$",
            r"\frac{\partial l}{\partial a} = \text{softmax}(a) - y",
            r"\frac{\partial l}{\partial a} = \text{softmax}(a)",
        ),
        (
            r"$$u = U x$$ $$h = \tanh(u)$$ $$L = \frac{1}{2} \|V \tanh(U x) + c - y\|^2$$ $$o = V h + c$$",
            r"\frac{\partial L}{\partial u} = V^T (o - y) \odot (1 - h \odot h)",
            r"\frac{\partial L}{\partial u} = V^T (o - y) \odot (1 - h)",
        ),
        (
            r"$$z_n = w^T x_n + b$$ $$h_n = \sigma(w^T x_n + b)$$ $$L = \frac{1}{2} \sum_n (h_n - y_n)^2$$",
            r"\frac{\partial L}{\partial z_n} = (h_n - y_n) h_n (1 - h_n)",
            r"\frac{\partial L}{\partial z_n} = (h_n - y_n) (1 - h_n)",
        ),
    ],
)
def test_a_derivative_goes_through_what_is_written_out_once_more(network: str, right: str, wrong: str) -> None:
    assert verdict(right, network) == "correct"
    assert verdict(wrong, network) == "wrong"


def test_a_derivative_to_which_no_definition_leads_is_not_judged() -> None:
    network = r"$$p = \sigma(w^T x)$$ $$L = -y \log p - (1 - y) \log(1 - p)$$ $$s = w^T x / 2 + w^T x / 2$$"
    report = checked(network, r"$$\frac{\partial L}{\partial s} = p - y$$")
    assert [(step.verdict, step.reason and step.reason.key) for step in report.steps] == [
        ("unreadable", "reasons.apart")
    ]
    assert verdict(r"\frac{\partial L}{\partial s} = 0", network) == "correct"
    assert verdict(r"\frac{\partial L}{\partial w} = y - p", network) == "wrong"


# -- one sample and all of them ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("of_each", [r"\ell^{(i)}", r"\ell(p^{(i)}, y^{(i)})"])
def test_what_is_said_of_one_sample_is_said_of_each(of_each: str) -> None:
    network = (
        rf"$$z = W x + b$$ $$p = \text{{softmax}}(z)$$ $$\ell = -y^T \ln p$$ $$J = \frac1m \sum_{{i=1}}^m {of_each}$$"
    )
    lines = {
        r"\frac{\partial \ell}{\partial z} = p - y": "correct",
        r"\frac{\partial \ell}{\partial W} = (p - y) x^T": "correct",
        r"\frac{\partial J}{\partial W} = \frac1m \sum_{i=1}^m (p^{(i)} - y^{(i)}) x^{(i)T}": "correct",
        r"\frac{\partial J}{\partial W} = \frac1m (P - Y) X^T": "correct",
        r"\frac{\partial J}{\partial W} = (p - y) x^T": "wrong",
        r"\frac{\partial J}{\partial W} = \frac1m (p - y) x^T": "wrong",
        r"\frac{\partial J}{\partial b} = \sum_{i=1}^m (p^{(i)} - y^{(i)})": "wrong",
        r"\frac{\partial \ell}{\partial z} = \frac1m (p - y)": "wrong",
    }
    assert verdicts(network, *(f"$${line}$$" for line in lines)) == [*lines.values()]


def test_a_batch_with_capital_letters_stays_one() -> None:
    network = r"$$Z = W X + b$$ $$P = \text{softmax}(Z)$$ $$J = -\frac1m \sum_{i=1}^m y^{(i)T} \ln p^{(i)}$$"
    assert verdict(r"\frac{\partial J}{\partial W} = \frac1m (P - Y) X^T", network) == "correct"
    assert verdict(r"\frac{\partial J}{\partial Z} = P - Y", network) == "wrong"


# -- layers -----------------------------------------------------------------------------------------------------------


LAYERS = r"""
$$z^l_j = \sum_k w^l_{jk} a^{l-1}_k + b^l_j$$
$$a^l_j = \sigma(z^l_j)$$
$$C = \frac{1}{2} \sum_j (y_j - a^L_j)^2$$
"""


@pytest.mark.parametrize("first", ["", "The input is $a^1 = x$.", "The input is $a^0 = x$."])
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (r"\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)", "correct"),
        (r"\delta^l = ((w^l)^T \delta^{l+1}) \odot \sigma'(z^l)", "wrong"),
        (r"\frac{\partial C}{\partial w^l_{jk}} = a^{l-1}_k \delta^l_j", "correct"),
        (r"\frac{\partial C}{\partial w^l_{jk}} = a^l_k \delta^l_j", "wrong"),
        (r"\frac{\partial z^{l+1}_k}{\partial z^l_j} = w^{l+1}_{kj} \sigma'(z^l_j)", "correct"),
        (r"\frac{\partial C}{\partial w^l} = \delta^l (a^{l-1})^T", "correct"),
    ],
)
def test_no_layer_makes_the_input(first: str, line: str, expected: str) -> None:
    assert verdict(line, first, LAYERS) == expected


@pytest.mark.parametrize(("slope", "expected"), [(r"\sigma'(z^L)", "correct"), (r"\sigma(z^L)", "wrong")])
def test_the_activations_of_which_the_cost_is_made_are_the_last(slope: str, expected: str) -> None:
    assert verdict(rf"\delta^L = \nabla_a C \odot {slope}", "The input is $a^1 = x$.", LAYERS) == expected


def test_a_power_in_a_cost_is_no_layer() -> None:
    network = r"$$z_j = \sum_k w_{jk} x_k$$ $$C = \frac{1}{2} \sum_j z_j^2$$"
    assert verdict(r"\nabla_z C = z", network) == "correct"
    assert verdict(r"\nabla_z C = 2 z", network) == "wrong"


def test_weights_are_no_powers_where_none_is_of_the_first_layer() -> None:
    network = r"$$z^2 = w^2 x + b^2$$ $$a^2 = \tanh(z^2)$$ $$z^3 = w^3 a^2 + b^3$$ $$C = \frac{1}{2} \|z^3 - y\|^2$$"
    assert (
        verdict(r"\frac{\partial C}{\partial w^2} = ((w^3)^T (z^3 - y) \odot (1 - a^2 \odot a^2)) x^T", network)
        == "correct"
    )
    assert verdict(r"\frac{\partial C}{\partial a^2} = (w^2)^T (z^3 - y)", network) == "wrong"


def test_an_error_of_the_first_layer_is_that_of_the_others() -> None:
    network = (
        r"$$a^{(1)} = x$$ $$z^{(l+1)} = \Theta^{(l)} a^{(l)}$$ $$a^{(l+1)} = g(z^{(l+1)})$$ where $g$ is the sigmoid"
    )
    loss = r"$$J = \frac{1}{2} \|a^{(L)} - y\|^2$$"
    back = r"\delta^{(l)} = (\Theta^{(l)})^T \delta^{(l+1)} \odot a^{(l)} \odot (1 - a^{(l)})"
    assert verdict(back, network, loss) == "correct"
    assert verdict(back.replace("(1 -", "(2 -"), network, loss) == "wrong"


def test_what_an_error_is_whose_definition_was_not_understood_is_not_known() -> None:
    layer = r"$$z^{(l)} = W^{(l)} a^{(l-1)}$$ $$a^{(l)} = \tanh(z^{(l)})$$"
    unknown = r"$$\delta^{(l)} := \frac{\partial L}{\partial z^{(l)}}$$"
    back = r"\delta^{(l)} = (W^{(l+1)})^T \delta^{(l+1)} \odot (1 - a^{(l)} \odot a^{(l)})"
    assert verdict(back, "The input is $a^{(0)} = x$.", layer, unknown) == "unreadable"
    assert (
        verdict(r"\frac{\partial L}{\partial W} = \delta^{(2)} x^T", r"$$p = \text{softmax}(W x)$$ $$L = -\log p_c$$")
        == "unreadable"
    )


def test_the_loss_of_one_sample_by_its_arguments_and_that_of_all() -> None:
    one = r"$$z = W x + b$$ $$J(W, b; x, y) = \frac{1}{2} \|z - y\|^2$$"
    everyone = (
        r"$$J(W, b) = \frac1m \sum_{i=1}^m J(W, b; x^{(i)}, y^{(i)}) + \frac{\lambda}{2} \sum_i \sum_j (W_{ji})^2$$"
    )
    lines = {
        r"\nabla_b J(W, b; x, y) = z - y": "correct",
        r"\nabla_W J(W, b; x, y) = x (z - y)^T": "wrong",
        r"\nabla_b J(W, b) = \frac1m \sum_{k=1}^m \nabla_b J(W, b; x^{(k)}, y^{(k)})": "correct",
        r"\frac{\partial J(W, b)}{\partial W_{rs}} = \frac1m \sum_{k=1}^m \frac{\partial}{\partial W_{rs}}"
        r" J(W, b; x^{(k)}, y^{(k)}) + \lambda W_{rs}": "correct",
        r"\frac{\partial J(W, b)}{\partial W_{is}} = \frac1m \sum_{i=1}^m \frac{\partial}{\partial W_{is}}"
        r" J(W, b; x^{(i)}, y^{(i)}) + \lambda W_{is}": "unreadable",
        r"\nabla_W J(W, b) = \frac1m \sum_{k=1}^m \nabla_W J(W, b; x^{(k)}, y^{(k)})": "wrong",
    }
    assert verdicts(one, everyone, *(f"$${line}$$" for line in lines)) == [*lines.values()]


# -- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["=:", r"\equiv", r"\eqqcolon", ":="])
def test_a_name_may_be_given_at_the_end_of_a_line(sign: str) -> None:
    lines = {
        rf"\frac{{\partial L}}{{\partial z}} = p - y {sign} g": "correct",
        r"\frac{\partial L}{\partial W} = g x^T": "correct",
        r"\frac{\partial L}{\partial b} = -g": "wrong",
    }
    assert verdicts(SOFTMAX, *(f"$${line}$$" for line in lines)) == [*lines.values()]
    wrong = rf"\frac{{\partial L}}{{\partial z}} = y - p {sign} g"
    assert verdicts(SOFTMAX, f"$${wrong}$$", r"$$\frac{\partial L}{\partial W} = (p - y) x^T$$") == ["wrong", "correct"]


def test_what_ends_a_line_and_has_a_definition_is_a_claim() -> None:
    network = r"$$z = W x + b$$ $$p = \text{softmax}(z)$$ $$L = -\sum_k y_k \log p_k$$ $$e = p - y$$"
    assert verdict(r"\frac{\partial L}{\partial z} \equiv e", network) == "correct"
    assert verdict(r"-\frac{\partial L}{\partial z} \equiv e", network) == "wrong"


@pytest.mark.parametrize(
    ("defined", "differentiated"), [("J", r"\mathcal{J}"), (r"\mathcal{L}", "L"), ("E", r"\mathscr{E}")]
)
def test_a_loss_may_change_its_font(defined: str, differentiated: str) -> None:
    network = rf"$$z = W x$$ $$a^{{(L)}} = \tanh(z)$$ $${defined} = \frac{{1}}{{2}} \|a^{{(L)}} - y\|^2$$"
    line = rf"\frac{{\partial {differentiated}}}{{\partial a^{{(L)}}}} = a^{{(L)}} - y"
    assert verdict(line, network) == "correct"
    assert verdict(rf"\nabla_{{a^{{(L)}}}} {differentiated} = y - a^{{(L)}}", network) == "wrong"


def test_two_losses_in_two_fonts_are_two() -> None:
    network = r"$$z = W x$$ $$\mathcal{L} = \frac{1}{2} \|z - y\|^2$$ $$L = \mathcal{L} + \lambda \|W\|^2$$"
    assert verdict(r"\frac{\partial L}{\partial W} = (z - y) x^T + 2 \lambda W", network) == "correct"
    assert verdict(r"\frac{\partial \mathcal{L}}{\partial W} = (z - y) x^T + 2 \lambda W", network) == "wrong"


# -- layers told apart by the letters of their units ------------------------------------------------------------------


def test_an_author_may_say_of_what_each_error_is_the_gradient() -> None:
    network = r"$$z_j = \sum_i w_{ji} x_i$$ $$h_j = \tanh(z_j)$$ $$o_k = \sum_j v_{kj} h_j$$"
    loss = r"$$L = \frac{1}{2} \sum_k (o_k - y_k)^2$$"
    lines = {
        r"\delta_k = \frac{\partial L}{\partial o_k} = o_k - y_k": "correct",
        r"\delta_j = \frac{\partial L}{\partial z_j} = (1 - h_j^2) \sum_k v_{kj} \delta_k": "correct",
        r"\frac{\partial L}{\partial w_{ji}} = \delta_j x_i": "correct",
        r"\frac{\partial L}{\partial v_{kj}} = \delta_j h_j": "wrong",
    }
    assert verdicts(network, loss, *(f"$${line}$$" for line in lines)) == [*lines.values()]


def test_letters_that_only_count_tell_no_layers_apart() -> None:
    network = r"$$z_k = \sum_j w_{kj} x_j$$ $$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$ $$L = -\sum_i y_i \log p_i$$"
    lines = {
        r"\delta_i = p_i - y_i": "correct",
        r"\delta_k = p_k - y_k": "correct",
        r"\delta_k = y_k - p_k": "wrong",
        r"\frac{\partial L}{\partial w_{kj}} = \delta_k x_j": "correct",
    }
    assert verdicts(network, *(f"$${line}$$" for line in lines)) == [*lines.values()]
