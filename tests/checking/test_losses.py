"""Losses as people write them: the verdicts on what follows from them."""

import pytest

from chainrule.checking.check import check_document
from chainrule.checking.parsing.documents import read_text

SCORES = r"$$z = W x + b$$ $$p = \text{softmax}(z)$$ "
ROWS = r"$$Z = X W + b$$ $$P = \text{softmax}(Z)$$ "


def verdicts(text: str) -> list[str]:
    return [step.verdict for step in check_document(read_text(text)).steps]


@pytest.mark.parametrize(
    ("loss", "right", "wrong"),
    [
        (
            r"L = -\log p_c",
            r"\frac{\partial L}{\partial z_k} = p_k - 1[k = c]",
            r"\frac{\partial L}{\partial z_c} = p_c",
        ),
        (r"L = -\log p_y", r"\frac{\partial L}{\partial z} = p - \mathbf{1}_y", r"\frac{\partial L}{\partial z} = p"),
        (
            r"L = -\ln p_t",
            r"\frac{\partial L}{\partial p_t} = -\frac{1}{p_t}",
            r"\frac{\partial L}{\partial p_k} = -\frac{1}{p_t}",
        ),
        (r"L = -\mathbf{e}_c^\top \log p", r"\nabla_z L = p - \mathbf{e}_c", r"\nabla_z L = p + \mathbf{e}_c"),
        (r"L = -\sum_k 1\{y = k\} \log p_k", r"\nabla_z L = p - e_y", r"\nabla_z L = e_y"),
        (
            r"L_i = -\log p_{y_i}",
            r"\frac{\partial L_i}{\partial z_k} = p_k - 1(y_i = k)",
            r"\frac{\partial L_i}{\partial z_1} = p_1",
        ),
        (
            r"L = -z_c + \log \sum_j e^{z_j}",
            r"\frac{\partial L}{\partial z} = p - y",
            r"\frac{\partial L}{\partial z} = y - p",
        ),
        (
            r"L = \sum_{j \neq y} \max(0, z_j - z_y + 1)",
            r"\frac{\partial L}{\partial z_y} = -\sum_{j \neq y} 1[z_j - z_y + 1 > 0]",
            r"\frac{\partial L}{\partial z_y} = -\sum_j 1[z_j - z_y + 1 > 0]",
        ),
    ],
)
def test_a_loss_by_the_number_of_the_class(loss: str, right: str, wrong: str) -> None:
    assert verdicts(f"{SCORES}$${loss}$$ $${right}$$ $${wrong}$$") == ["correct", "wrong"]


@pytest.mark.parametrize(
    "line",
    [
        r"L = -\log p_c",
        r"L = -\sum_k y_k \log p_k = -\log p_c",
        r"\frac{\partial L}{\partial z_k} = p_k - 1[k = c]",
        r"\frac{\partial L}{\partial z_k} = p_k - 1[k = y]",
    ],
)
def test_the_number_of_the_class_beside_a_one_hot_target(line: str) -> None:
    assert set(verdicts(rf"{SCORES}$$L = -\sum_k y_k \log p_k$$ $${line}$$")) == {"correct"}


@pytest.mark.parametrize("words", ["where $c$ is the correct class", "Let the true class be $c$.", "真实类别为 $c$。"])
def test_the_class_in_words(words: str) -> None:
    text = rf"{SCORES}$$L = -\sum_k y_k \log p_k$$ {words} $$\frac{{\partial L}}{{\partial z_c}} = p_c - 1$$"
    assert verdicts(text) == ["correct"]
    assert verdicts(text.replace(words, "")) == ["wrong"]  # of any c


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (r"$$y = \sigma(W x)$$ $$E = \frac{1}{2} \|y - y_d\|^2$$", r"\frac{\partial E}{\partial y} = y - y_d"),
        (
            r"$$h = \tanh(W_h x + b_h)$$ $$z = W_y h + b_y$$ $$L = \frac{1}{2} \|z - t\|^2$$",
            r"\frac{\partial L}{\partial b_y} = z - t",
        ),
    ],
)
def test_a_letter_below_that_is_part_of_a_name(text: str, line: str) -> None:
    assert verdicts(f"{text} $${line}$$") == ["correct"]


def test_samples_whose_classes_are_numbers_lie_in_rows_or_in_columns() -> None:
    rows = rf"{ROWS}$$J = -\frac{{1}}{{m}} \sum_{{i=1}}^m \log P_{{i, y_i}}$$"
    columns = r"$$Z = W X + b$$ $$P = \text{softmax}(Z)$$ $$J = -\frac{1}{m} \sum_{i=1}^m \log P_{y_i, i}$$"
    right, wrong = r"$$\nabla_Z J = \frac{1}{m} (P - Y)$$", r"$$\nabla_Z J = P - Y$$"
    for text in (rows, columns):
        assert verdicts(text + right + wrong) == ["correct", "wrong"]


@pytest.mark.parametrize(
    ("loss", "line"),
    [
        (r"J = \frac{1}{2m} (z - y)^T (z - y)", r"\frac{\partial J}{\partial b} = \frac{1}{m}"),
        (r"J = -\frac{1}{m} [y^\top \log \sigma(z) + (1 - y)^\top \log(1 - \sigma(z))]", r"\nabla_b J = \frac{1}{m}"),
    ],
)
def test_a_loss_that_is_a_product_of_two_vectors_is_of_all_samples(loss: str, line: str) -> None:
    output = "(z - y)" if "2m" in loss else r"(\sigma(z) - y)"
    text = f"$$z = X w + b$$ $${loss}$$ "
    assert verdicts(rf"{text} $${line} {output}$$") == ["wrong"]
    assert verdicts(rf"{text} $${line} \mathbf{{1}}^\top {output}$$") == ["correct"]
    assert verdicts(rf"{text} $$\nabla_w J = \frac{{1}}{{m}} X^\top {output}$$") == ["correct"]


@pytest.mark.parametrize(
    ("loss", "right", "wrong"),
    [
        (r"L = \frac{1}{2m} \|X W - Y\|_F^2", r"\nabla_W L = \frac{1}{m} X^T (X W - Y)", r"\nabla_W L = X^T (X W - Y)"),
        (r"J(w) = \|y - X w\|^2", r"\nabla_w J(w) = -2 X^T (y - X w)", r"\nabla_w J(w) = -X^T (y - X w)"),
        (
            r"J = \frac{1}{2m} \sum_{i=1}^m (w^T x_i + b - y_i)^2",
            r"\nabla_b J = \frac{1}{m} \sum_{i=1}^m (w^T x_i + b - y_i)",
            r"\nabla_b J = \frac{1}{m} (w^T x + b - y)",
        ),
        (
            r"J = \frac{1}{2} \sum_i \|W x_i - y_i\|^2",
            r"\nabla_W J = \sum_i (W x_i - y_i) x_i^T",
            r"\nabla_W J = \sum_i x_i (W x_i - y_i)^T",
        ),
        (
            r"L = -\sum_k y_k \log \text{softmax}(W x)_k",
            r"\nabla_W L = (\text{softmax}(W x) - y) x^T",
            r"\nabla_W L = (y - \text{softmax}(W x)) x^T",
        ),
        (
            r"L = -y \log \sigma(w^T x) - (1 - y) \log(1 - \sigma(w^T x))",
            r"\nabla_w L = (\sigma(w^T x) - y) x",
            r"\nabla_w L = \sigma(w^T x) x",
        ),
        (
            r"J = \frac{1}{m} \text{tr}((X W - Y)^T (X W - Y))",
            r"\nabla_W J = \frac{2}{m} X^T (X W - Y)",
            r"\nabla_W J = \frac{2}{m} (X W - Y)^T X",
        ),
    ],
)
def test_a_loss_that_has_the_network_in_it(loss: str, right: str, wrong: str) -> None:
    assert verdicts(f"$${loss}$$ $${right}$$ $${wrong}$$") == ["correct", "wrong"]


PENALTIES = (r"\frac{%s}{2} \|W\|_F^2", r"%s \|W\|_F^2", r"%s \sum_{i, j} W_{ij}^2", r"%s \, \text{tr}(W^T W)")


@pytest.mark.parametrize("strength", [r"\beta", r"\omega", r"\delta", "r", r"\text{reg}", r"\lambda_1"])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_what_a_penalty_is_multiplied_by_is_a_number(strength: str, penalty: str) -> None:
    twice = "" if "{2}" in penalty else "2"
    text = rf"$$Z = X W + b$$ $$L = \frac{{1}}{{2m}} \|Z - Y\|_F^2 + {penalty.replace('%s', strength)}$$ "
    right = rf"$$\nabla_W L = \frac{{1}}{{m}} X^T (Z - Y) + {twice} {strength} \, W$$"
    assert verdicts(text + right) == ["correct"]
    assert verdicts(text + right.replace("+", "+ 3")) == ["wrong"]


@pytest.mark.parametrize("bias", [r"\alpha", r"\gamma", r"\eta", "c"])
def test_a_greek_letter_in_the_place_of_a_bias_is_one(bias: str) -> None:
    added = rf"$$z = W x + {bias}$$ $$p = \text{{softmax}}(z)$$ $$L = -\sum_k y_k \log p_k$$ "
    assert verdicts(rf"{added} $$\frac{{\partial L}}{{\partial {bias}}} = p - y$$") == ["correct"]
    taken = rf"$$s = V x$$ $$h = \tanh(s - {bias})$$ $$E = \frac{{1}}{{2}} \|h - t\|^2$$ "
    line = rf"$$\frac{{\partial E}}{{\partial {bias}}} = -(h - t) \odot (1 - h^2)$$"
    assert verdicts(taken + line) == ["correct"]
    assert verdicts(taken + line.replace("= -", "= ")) == ["wrong"]


def test_thresholds_with_an_index() -> None:
    text = r"""
$$\alpha_h = \sum_i v_{ih} x_i$$
$$b_h = \tanh(\alpha_h - \gamma_h)$$
$$E = \frac{1}{2} \sum_h (b_h - y_h)^2$$
$$\frac{\partial E}{\partial \gamma_h} = -(b_h - y_h) (1 - b_h^2)$$
$$\frac{\partial E}{\partial v_{ih}} = (b_h - y_h) (1 - b_h^2) x_i$$
$$\frac{\partial E}{\partial \gamma_h} = (b_h - y_h) (1 - b_h^2)$$
"""
    assert verdicts(text) == ["correct", "correct", "wrong"]


@pytest.mark.parametrize(
    "loss",
    [
        r"\operatorname{tr}(Y^T \log P)",
        r"\mathbf{1}^T (Y \odot \log P) \mathbf{1}",
        r"\langle Y, \log P \rangle",
        r"\left\langle Y, \log P \right\rangle_F",
        r"⟨Y, \log P⟩",
        r"Y : \log P",
        r"(Y : \log P)",
    ],
)
def test_an_inner_product_of_matrices(loss: str) -> None:
    text = rf"{ROWS} $$L = -\frac{{1}}{{m}} {loss}$$"
    right, wrong = (rf"$$\frac{{\partial L}}{{\partial W}} = {mean} X^T (P - Y)$$" for mean in (r"\frac{1}{m}", ""))
    assert verdicts(text + right + wrong) == ["correct", "wrong"]


@pytest.mark.parametrize(
    "line",
    [
        r"dL = \frac{1}{m} (P - Y) : dZ",
        r"dL = \frac{1}{m} \langle P - Y, X dW \rangle + \frac{1}{m} \langle P - Y, \mathbf{1} db \rangle",
        r"dL = \frac{1}{m} (P - Y) : X dW + \frac{1}{m} (P - Y) : \mathbf{1} db",
    ],
)
def test_differentials_in_inner_products(line: str) -> None:
    text = rf"{ROWS} $$L = -\frac{{1}}{{m}} Y : \log P$$ $$dL = \frac{{1}}{{m}} (P - Y) : dZ$$"
    chain = r"$$dL = \frac{1}{m} (P - Y) : dZ = \frac{1}{m} \operatorname{tr}((P - Y)^T dZ)$$"
    assert verdicts(text + chain) == ["correct"] * 3
    chain = r"$$dL = \frac{1}{m} (P - Y) : dZ = \frac{1}{m} X^T (P - Y) : dW + \frac{1}{m} \mathbf{1}^T (P - Y) : db$$"
    assert verdicts(text + chain) == ["correct"] * 3
    sides = f"$${line}$$ $${line.replace('P - Y', 'P + Y')}$$"
    assert verdicts(text + sides) == ["correct", "correct", "wrong"]


def test_a_colon_that_is_no_product() -> None:
    text = rf"{ROWS} $$L = -\frac{{1}}{{m}} Y : \log P$$"
    gradient = r"\frac{\partial L}{\partial Z} = \frac{1}{m} (P - Y)"
    assert verdicts(rf"{text} $${gradient}:$$") == ["correct"]
    assert verdicts(rf"{text} $$G = \frac{{1}}{{m}} (P - Y): \frac{{\partial L}}{{\partial Z}} = G$$") == ["correct"]
