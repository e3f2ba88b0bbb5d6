"""What a wrong line is repaired into: its slips, and the line as its author would write it."""

import pytest

from chainrule.checking.check import check_document
from chainrule.checking.faces.data import record_of
from chainrule.checking.faces.text import text_of
from chainrule.checking.parsing.documents import read_text
from chainrule.derivation.messages import LANGUAGES

RELU = r"""
$$z = W x + b$$ $$a = \max(0, z)$$ $$s = U a + c$$ $$p = \text{softmax}(s)$$ $$L = -\sum_k y_k \log p_k$$
"""
BATCH = r"""
$$Z = X W$$ $$P = \text{softmax}(Z)$$
$$J = -\frac{1}{m} \sum_{i=1}^m \sum_k Y_{ik} \log P_{ik} + \frac{\lambda}{2m} \|W\|^2$$
"""
COLUMNS = r"""
$$Z = W X + b$$ $$P = \text{softmax}(Z)$$ $$J = -\frac{1}{m} \sum_{i=1}^m \sum_{k=1}^K Y_{ki} \log P_{ki}$$
"""
TANH = r"$$Z = X W$$ $$H = \tanh(Z)$$ $$S = H U$$ $$L = \frac{1}{2} \|S - Y\|^2$$"
SQUARES = r"$$h = \tanh(W_1 x)$$ $$\hat{y} = W_2 h$$ $$L = \|\hat{y} - y\|^2$$"
SOFTMAX = r"$$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$"
ROWS = r"$$z = x W$$ $$p = \text{softmax}(z)$$ $$L = -\sum_k y_k \log p_k$$"
SAMPLES = r"""
$$z^{(i)} = W x^{(i)} + b$$ $$\hat{y}^{(i)} = \text{softmax}(z^{(i)})$$
$$J = -\frac{1}{m} \sum_{i=1}^m \sum_{k} y_k^{(i)} \log \hat{y}_k^{(i)}$$
"""
LAYERS = r"""
For $l = 1, \dots, L$ with $a^{[0]} = x$:
$$z^{[l]} = W^{[l]} a^{[l-1]} + b^{[l]}$$ $$a^{[l]} = \sigma(z^{[l]})$$ $$\mathcal{L} = \frac12 \|a^{[L]} - y\|^2$$
"""


def diagnosis(document: str, line: str) -> tuple[list[str], str | None]:
    """Return the slips of a document's last line, and what it would have to be."""
    step = record_of(check_document(read_text(f"{document}\n\n$${line}$$\n")), "en")["steps"][-1]
    assert step["verdict"] == "wrong"
    return step["mistakes"], step["right"]


@pytest.mark.parametrize(
    ("document", "line", "slip", "right"),
    [
        pytest.param(
            RELU,
            r"\frac{\partial L}{\partial z} = U^T (p - y) \odot 1[a \ge 0]",
            "wrong-activation-derivative",
            r"U^\top (p - y) \odot \mathbf{1}[z > 0]",
            id="a mask that is 1 everywhere is replaced",
        ),
        pytest.param(
            RELU,
            r"\frac{\partial L}{\partial z} = U^T (p - y) \odot \max(0, 1)",
            "wrong-activation-derivative",
            r"U^\top (p - y) \odot \mathbf{1}[z > 0]",
            id="so is a number",
        ),
        pytest.param(
            BATCH,
            r"\frac{1}{m} \frac{\partial J}{\partial Z} = \frac{1}{m} (P - Y)",
            "extra-mean",
            r"\frac{\partial J}{\partial Z} = \frac{1}{m} (P - Y)",
            id="a mean on the left is taken away, not put on the right too",
        ),
        pytest.param(
            COLUMNS,
            r"\frac{\partial J}{\partial b} = \frac{1}{m} \sum_{k=1}^K (P - Y)_k",
            "wrong-index",
            r"\frac{1}{m} \sum_{i=1}^m (P - Y)_i",
            id="a sum over the classes is one over the samples",
        ),
        pytest.param(
            TANH,
            r"\frac{\partial L}{\partial Z} = (S - Y) U^T \odot (H^2 - 1)",
            "sign",
            r"(S - Y) U^\top \odot (1 - H^2)",
            id="of two signs the one that makes a derivative",
        ),
        pytest.param(
            TANH,
            r"\frac{\partial L}{\partial Z} = (S - Y) U^T \odot (1 - H H^T)",
            "wrong-activation-derivative",
            r"(S - Y) U^\top \odot (1 - H^2)",
            id="a transpose more or less makes no product entry by entry",
        ),
        pytest.param(
            SQUARES,
            r"\frac{\partial L}{\partial W_1} = W_2^T (\hat{y} - y) \odot (1 - h^2) x^T",
            "wrong-factor",
            r"2(W_2^\top (\hat{y} - y) \odot (1 - h^2) x^\top)",
            id="the 2 alone",
        ),
        pytest.param(
            SOFTMAX,
            r"\frac{\partial p_i}{\partial z_j} = \begin{cases} p_i (1-p_i) & i = j \\ p_i p_j & i \neq j \end{cases}",
            "sign",
            r"\begin{cases} p_i (1 - p_i) & i = j \\ -p_i p_j & i \neq j \end{cases}",
            id="the sign of a case",
        ),
        pytest.param(
            SOFTMAX,
            r"\frac{\partial p_i}{\partial z_j} = p_j (\delta_{ij} - p_j)",
            "wrong-index",
            r"p_i (\delta_{ij} - p_j)",
            id="a wrong index is no missing entry",
        ),
        pytest.param(
            ROWS,
            r"\frac{\partial p}{\partial z} = \text{diag}(p \odot (1 - p))",
            "diagonal-only-jacobian",
            r"\operatorname{diag}(p) - p^\top p",
            id="the diagonal of rows",
        ),
        pytest.param(
            r"$$z = W x + b$$ $$a = \sigma(z)$$ $$L = \frac12 \|a - y\|^2$$",
            r"\frac{\partial a_i}{\partial z_j} = a_i (1 - a_i)",
            "wrong-index",
            r"a_i (1 - a_i) \mathbf{1}[i = j]",
            id="of an activation the diagonal is all there is",
        ),
        pytest.param(
            RELU,
            r"\frac{\partial L}{\partial U_{kj}} = (p_k - y_k) z_j",
            "wrong-input",
            r"(p_k - y_k) a_j",
            id="no mask beside the scores",
        ),
        pytest.param(
            COLUMNS,
            r"\frac{\partial J}{\partial Z} = \frac{1}{m} (P - 1)",
            "wrong-input",
            r"\frac{1}{m} (P - Y)",
            id="a target, not the 1 of the right class",
        ),
        pytest.param(
            ROWS,
            r"\frac{\partial L}{\partial p_k} = -\frac{1}{p_k}",
            "wrong-input",
            r"-\frac{y_k}{p_k}",
            id="a target above the stroke",
        ),
        pytest.param(
            TANH,
            r"\frac{\partial L}{\partial X} = ((S - Y) U^T \odot (1 - H^2)) W",
            "missing-transpose",
            r"((S - Y) U^\top \odot (1 - H^2)) W^\top",
            id="a transpose at the end",
        ),
        pytest.param(
            RELU,
            r"\frac{\partial L}{\partial z} = U^T ((p - y) \odot 1[z > 0])",
            "missing-transpose",
            r"U^\top (p - y) \odot 1[z > 0]",
            id="a mask after the weights, not before",
        ),
        pytest.param(
            rf"{RELU} $$\frac{{\partial L}}{{\partial U}} = (p - y) a^T$$",
            r"\frac{\partial L}{\partial z} = U (p - y) \odot \frac{\partial a}{\partial z}",
            "missing-transpose",
            r"U^\top (p - y) \odot \frac{\partial a}{\partial z}",
            id="the derivative of each entry by its own stays",
        ),
        pytest.param(
            RELU,
            r"\frac{\partial L}{\partial U} = p - y",
            "wrong-input",
            r"(p - y) a^\top",
            id="the layer's input is a factor",
        ),
        pytest.param(
            SAMPLES,
            r"\frac{\partial J}{\partial W_{kj}} = \frac{1}{m} \sum_{i=1}^m (\hat{y}_k^{(i)} - y_k^{(i)})",
            "wrong-input",
            r"\frac{1}{m} \sum_{i=1}^m (\hat{y}_k^{(i)} - y_k^{(i)}) x_j^{(i)}",
            id="in a sum too",
        ),
        pytest.param(
            RELU,
            r"\frac{\partial L}{\partial c_k} = (p_k - y_k) a_j",
            "wrong-input",
            r"p_k - y_k",
            id="of a bias it is not",
        ),
        pytest.param(
            SAMPLES,
            r"\frac{\partial J}{\partial W} = \frac{1}{m} \sum_{i=1}^m x^{(i)} (\hat{y}^{(i)} - y^{(i)})^T",
            "missing-transpose",
            r"\frac{1}{m} \sum_{i=1}^m (\hat{y}^{(i)} - y^{(i)}) (x^{(i)})^\top",
            id="no transpose of a sum",
        ),
        pytest.param(
            LAYERS,
            r"dW^{[l]} = dz^{[l]} a^{[l]T}",
            "wrong-input",
            r"dz^{[l]} a^{[l - 1]\top}",
            id="a transpose where its author has it",
        ),
        pytest.param(
            LAYERS,
            r"\frac{\partial \mathcal{L}}{\partial W^{[l]}} = a^{[l-1]} dz^{[l]T}",
            "missing-transpose",
            r"dz^{[l]} (a^{[l - 1]})^\top",
            id="no transpose of a transpose",
        ),
    ],
)
def test_a_right_line_is_one_that_its_author_would_write(document: str, line: str, slip: str, right: str) -> None:
    assert diagnosis(document, line) == ([slip], right)


def test_a_penalty_that_is_there_is_not_added_once_more() -> None:
    loss = BATCH.replace(r"\frac{\lambda}{2m}", r"\lambda")
    line = r"\nabla_W J = X^T \nabla_Z J + \lambda W"
    assert diagnosis(loss, line) == (["penalty-factor"], r"X^\top \nabla_Z J + 2\lambda W")


def test_a_line_of_which_no_slip_is_known_leaves_time_to_the_others() -> None:
    lines = [
        *[r"\frac{\partial J}{\partial b_k} = \hat{y}_k^{(1)} - \frac{1}{m} \sum_{i=1}^m (y_k^{(i)})^2"] * 3,
        r"\frac{\partial J}{\partial b} = \frac{1}{m} (\hat{y}^{(i)} - y^{(i)})",
    ]
    report = check_document(read_text("\n\n".join((SAMPLES, *(f"$${line}$$" for line in lines)))))
    assert report.steps[-1].mistakes == ("missing-sum",)


def test_no_term_is_multiplied_by_what_the_whole_is_divided_by() -> None:
    loss = BATCH.replace(r"\frac{\lambda}{2m}", r"\frac{\lambda}{2}")
    line = r"\frac{\partial J}{\partial W} = X^T (P - Y) + \frac{\lambda}{m} W"
    assert diagnosis(loss, line) == (
        ["missing-mean", "penalty-factor"],
        r"\frac{1}{m} X^\top (P - Y) + \lambda W",
    )


def test_a_target_that_is_forgotten_is_no_sum_that_comes_to_nothing() -> None:
    line = r"\frac{\partial L}{\partial p_k} = -\frac{y_k}{p_k} + \frac{1 - y_k}{1 - p_k}"
    assert diagnosis(ROWS, line) == ([], None)


def test_two_slips_in_a_deep_network() -> None:
    text = r"""
$$A = \tanh(X W_1)$$ $$B = \tanh(A W_2)$$ $$C = \tanh(B W_3)$$ $$Q = C W_4$$
$$L = \frac{1}{2} \|Q - Y\|^2 + \frac{\lambda}{4} \|W_2\|^2$$
$$\frac{\partial L}{\partial W_2} = B^\top (((Q - Y) W_4^\top \odot (1 - C^2)) W_3^\top \odot (1 - B^2)) + \lambda W_2$$
"""
    (step,) = check_document(read_text(text)).steps
    assert step.mistakes == ("wrong-input", "penalty-factor")


@pytest.mark.parametrize(
    ("line", "where"),
    [
        (r"dz^{[l]} = W^{[l+1]T} dz^{[l+1]}", {"l": 1, "row": 1}),
        (r"db^{[l]} = dz^{[l+1]}", {"l": 1}),
    ],
)
def test_what_is_wrong_of_any_layer_is_shown_of_one(line: str, where: dict[str, int]) -> None:
    record = record_of(check_document(read_text(f"{LAYERS}\n\n$${line}$$\n")), "en")["steps"][-1]
    assert record["counterexample"]["indices"] == where


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_layer_is_told_where_shapes_differ(language: str) -> None:
    report = check_document(read_text(rf"{LAYERS} $$db^{{[l]}} = dz^{{[l+1]}}$$"))
    assert "l = 1" in text_of(report, language)


ROWS_OF_CODE = """
z1 = X @ W1 + b1
a1 = np.maximum(0, z1)
z2 = a1 @ W2 + b2
"""
COLUMNS_OF_CODE = """
Z1 = W1 @ X + b1
A1 = np.tanh(Z1)
Z2 = W2 @ A1 + b2
A2 = 1 / (1 + np.exp(-Z2))
cost = -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))
dZ2 = (A2 - Y) / Y.shape[1]
"""


@pytest.mark.parametrize(
    ("definitions", "line", "slips", "right"),
    [
        (
            f"{ROWS_OF_CODE}loss = np.sum((z2 - y) ** 2) / X.shape[0]",
            "dW2 = a1.T @ (2 * (z2 - y))",
            ["missing-mean"],
            "a1.T @ (2 * (z2 - y)) / X.shape[0]",
        ),
        (
            f"{ROWS_OF_CODE}loss = np.mean(np.sum((z2 - y) ** 2, axis=1))",
            "dW2 = a1.T @ (z2 - y)",
            ["missing-mean", "wrong-factor"],
            "2 * (a1.T @ (z2 - y)) / X.shape[0]",
        ),
        (
            f"{ROWS_OF_CODE}loss = np.mean((z2 - y) ** 2)\ndz2 = 2 * (z2 - y) / y.size",
            "db2 = np.sum(dz2, axis=1)",
            ["wrong-index"],
            "dz2.sum(axis=0, keepdims=True)",
        ),
        (COLUMNS_OF_CODE, "dA1 = W2 @ dZ2", ["missing-transpose"], "W2.T @ dZ2"),
        (
            COLUMNS_OF_CODE,
            "db2 = np.sum(dZ2, axis=0, keepdims=True)",
            ["wrong-index"],
            "dZ2.sum(axis=1, keepdims=True)",
        ),
        (COLUMNS_OF_CODE, "dZ2 = A2 - Y", ["missing-mean"], "(A2 - Y) / X.shape[1]"),
    ],
)
def test_a_mean_of_code_and_its_axes(definitions: str, line: str, slips: list[str], right: str) -> None:
    step = record_of(check_document(read_text(f"```python\n{definitions}\n{line}\n```")), "en")["steps"][-1]
    assert (step["mistakes"], step["right"]) == (slips, right)
