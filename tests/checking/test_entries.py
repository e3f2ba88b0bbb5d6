"""Verdicts on derivations entry by entry: what an index runs along, and which order two of them have."""

import pytest

from chainrule.checking.check import check_document
from chainrule.checking.parsing.documents import read_text


def verdicts(text: str) -> list[str]:
    return [step.verdict for step in check_document(read_text(text)).steps]


ROWS = r"""
$$Z_{nk} = \sum_{j} X_{nj} W_{jk}$$
$$L = \frac{1}{2} \sum_{n} \sum_{k} (Z_{nk} - Y_{nk})^2$$
"""
COLUMNS = r"""
$$Z_{kn} = \sum_{j} W_{kj} X_{jn}$$
$$L = \frac{1}{2} \sum_{n} \sum_{k} (Z_{kn} - Y_{kn})^2$$
"""
DECLARED = r"With $X \in \mathbb{R}^{d \times N}$ and $W \in \mathbb{R}^{K \times d}$:" + "\n" + COLUMNS
# In matrices, whose entries are written with the sample's index first or last.
SAMPLE_FIRST = r"""
$$Z = W X + b$$
$$L = \frac{1}{2N} \sum_{n=1}^N \sum_k (Z_{nk} - Y_{nk})^2$$
"""
SAMPLE_LAST = SAMPLE_FIRST.replace("{nk}", "{kn}")


@pytest.mark.parametrize(
    ("network", "right", "turned"),
    [
        (ROWS, r"{\partial X_{nj}} = \sum_k W_{jk} (Z_{nk} - Y_{nk})", ("W_{jk}", "W_{kj}")),
        (ROWS, r"{\partial W_{jk}} = \sum_n X_{nj} (Z_{nk} - Y_{nk})", ("X_{nj}", "X_{jn}")),
        (ROWS, r"{\partial W_{jk}} = \sum_n X_{nj} (Z_{nk} - Y_{nk})", ("W_{jk}", "W_{kj}")),
        (COLUMNS, r"{\partial X_{jn}} = \sum_k W_{kj} (Z_{kn} - Y_{kn})", ("W_{kj}", "W_{jk}")),
        (COLUMNS, r"{\partial W_{kj}} = \sum_n (Z_{kn} - Y_{kn}) X_{jn}", ("X_{jn}", "X_{nj}")),
        (DECLARED, r"{\partial X_{jn}} = \sum_k W_{kj} (Z_{kn} - Y_{kn})", ("W_{kj}", "W_{jk}")),
        (SAMPLE_FIRST, r"{\partial b_k} = \frac{1}{N} \sum_n (Z_{nk} - Y_{nk})", ("Y_{nk}", "Y_{kn}")),
        (SAMPLE_FIRST, r"{\partial W_{kj}} = \frac{1}{N} \sum_n (Z_{nk} - Y_{nk}) X_{nj}", ("X_{nj}", "X_{jn}")),
        (SAMPLE_LAST, r"{\partial b_k} = \frac{1}{N} \sum_n (Z_{kn} - Y_{kn})", ("Y_{kn}", "Y_{nk}")),
        (SAMPLE_LAST, r"{\partial W_{kj}} = \frac{1}{N} \sum_n (Z_{kn} - Y_{kn}) X_{jn}", ("X_{jn}", "X_{nj}")),
    ],
)
def test_two_indices_have_one_order(network: str, right: str, turned: tuple[str, str]) -> None:
    lines = [rf"$$\frac{{\partial L}}{line}$$" for line in (right, right.replace(*turned))]
    assert verdicts("\n".join((network, *lines))) == ["correct", "wrong"]
    for line, verdict in zip(lines, ("correct", "wrong"), strict=True):  # also where no other line says how it is read
        assert verdicts(f"{network}\n{line}") == [verdict]


def test_a_mean_over_the_outputs_of_one_sample_is_no_batch() -> None:
    network = r"$$z = W x + b$$ $$L = \frac{1}{n} \sum_{i=1}^n (z_i - y_i)^2$$"
    right = r"$$\frac{\partial L}{\partial W_{ij}} = \frac{2}{n} (z_i - y_i) x_j$$"
    wrong = r"$$\frac{\partial L}{\partial W_{ij}} = \frac{2}{n} (z_j - y_j) x_i$$"
    assert verdicts("\n".join((network, right, wrong))) == ["correct", "wrong"]


def test_a_mean_over_the_samples_inside_the_network_is_a_batch() -> None:
    network = r"""
$$\mu_j = \frac{1}{N} \sum_{n=1}^N X_{nj}$$
$$Z_{nk} = \sum_j (X_{nj} - \mu_j) W_{jk}$$
$$L = \frac{1}{2} \sum_n s_n \sum_{k} (Z_{nk} - Y_{nk})^2$$
"""
    line = r"$$\frac{\partial L}{\partial W_{jk}} = \sum_n s_n (Z_{nk} - Y_{nk}) (X_{nj} - \mu_j)$$"
    assert verdicts(network + line) == ["correct"]


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (r"\frac{\partial E}{\partial w_{j0}} = (y_j - t_j) y_j (1 - y_j)", "correct"),
        (r"\frac{\partial E}{\partial w_{j0}} = (y_j - t_j) y_j", "wrong"),
        (r"\frac{\partial E}{\partial w_{ji}} = (y_j - t_j) y_j (1 - y_j) x_i", "correct"),
        (r"\frac{\partial E}{\partial a_7} = (y_7 - t_7) y_7 (1 - y_7)", "correct"),
        (r"\frac{\partial E}{\partial a_7} = y_7 - t_7", "wrong"),
        (r"\frac{\partial E}{\partial a_{1000000}} = 1", "unreadable"),
        (r"\frac{\partial E}{\partial a_0} = 1", "unreadable"),
    ],
)
def test_numbers_of_entries(line: str, verdict: str) -> None:
    network = r"""
$$a_j = \sum_i w_{ji} x_i + w_{j0}$$
$$y_j = \sigma(a_j)$$
$$E = \frac12 \sum_j (y_j - t_j)^2$$
"""
    assert verdicts(f"{network}$${line}$$") == [verdict]


def test_an_entry_that_a_definition_numbers_too_high_is_not_understood() -> None:
    text = r"$$z_k = \sum_j w_{kj} x_j + v_{99}$$ $$\frac{\partial z_k}{\partial w_{kj}} = x_j$$"
    assert set(verdicts(text)) == {"unreadable"}


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        (r"p_1 (1 - p_1) & -p_1 p_2 \\ -p_2 p_1 & p_2 (1 - p_2)", "correct"),
        (r"p_1 (1 - p_1) & p_1 p_2 \\ p_2 p_1 & p_2 (1 - p_2)", "wrong"),
        (
            r"""p_1 (1 - p_1) & -p_1 p_2 & -p_1 p_3 \\ -p_2 p_1 & p_2 (1 - p_2) & -p_2 p_3 \\
            -p_3 p_1 & -p_3 p_2 & p_3 (1 - p_3)""",
            "correct",
        ),
    ],
)
def test_a_matrix_that_is_written_out_says_how_many_there_are(rows: str, verdict: str) -> None:
    network = r"$$z = W x + b$$ $$p = \text{softmax}(z)$$"
    line = rf"$$\frac{{\partial p}}{{\partial z}} = \begin{{pmatrix}} {rows} \end{{pmatrix}}$$"
    assert verdicts(f"{network}\n{line}") == [verdict]


def test_targets_may_be_written_out_with_the_outputs() -> None:
    network = r"""
$$z = W x + b$$
$$p = \begin{pmatrix} \frac{e^{z_1}}{e^{z_1} + e^{z_2}} \\ \frac{e^{z_2}}{e^{z_1} + e^{z_2}} \end{pmatrix}$$
$$L = -y_1 \log p_1 - y_2 \log p_2, \quad y_1 + y_2 = 1$$
$$\frac{\partial L}{\partial z} = \begin{pmatrix} p_1 - y_1 \\ p_2 - y_2 \end{pmatrix}$$
$$\frac{\partial L}{\partial z} = \begin{pmatrix} p_1 - y_1 \\ p_2 - y_1 \end{pmatrix}$$
"""
    assert verdicts(network)[-2:] == ["correct", "wrong"]


@pytest.mark.parametrize(("outputs", "targets"), [(r"\hat{y}", "y"), ("P", "Y")])
def test_a_vector_of_each_sample_may_be_defined_beside_matrices_of_all(outputs: str, targets: str) -> None:
    network = rf"$$Z = X W + b$$ $${outputs}_n = \text{{softmax}}(Z_n)$$"
    loss = rf"$$L = -\frac{{1}}{{N}} \sum_n \sum_c {targets}_{{nc}} \log {outputs}_{{nc}}$$"
    lines = {
        rf"\frac{{\partial L}}{{\partial Z}} = \frac{{1}}{{N}} ({outputs} - {targets})": "correct",
        rf"\frac{{\partial L}}{{\partial Z_n}} = \frac{{1}}{{N}} ({outputs}_n - {targets}_n)": "correct",
        rf"\frac{{\partial L}}{{\partial Z_n}} = {outputs}_n - {targets}_n": "wrong",
        rf"\frac{{\partial L}}{{\partial b}} = \frac{{1}}{{N}} \sum_n ({outputs}_n - {targets}_n)": "correct",
        rf"\frac{{\partial L}}{{\partial b}} = \frac{{1}}{{N}} ({outputs}_n - {targets}_n)": "wrong",
    }
    assert verdicts(network + loss + "\n\n".join(f"$${line}$$" for line in lines)) == [*lines.values()]
