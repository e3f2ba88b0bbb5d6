"""What is assumed of a network that a document does not define: tried in several ways, and told."""

from itertools import product

import pytest

from chainrule.checking.check import Report, check_document
from chainrule.checking.faces.data import record_of
from chainrule.checking.faces.html import html_of
from chainrule.checking.faces.text import text_of
from chainrule.checking.parsing.documents import read_text
from chainrule.derivation.choices import setting_of
from chainrule.derivation.setting import Activation, Layout

ACTIVATIONS: tuple[Activation, ...] = ("relu", "tanh", "logistic")
LAYOUTS: tuple[Layout, ...] = ("rows", "columns")
FORMS = product(ACTIVATIONS, LAYOUTS, (True, False))
TRIED = [setting_of(activation=activation, layout=layout, batch=batch) for activation, layout, batch in FORMS]
SCORES = r"$$\frac{\partial L}{\partial z_2} = \hat y - y$$"
WEIGHTS = r"$$\frac{\partial L}{\partial W_2} = (\hat y - y) a_1^T$$"
HIDDEN = r"$$\frac{\partial L}{\partial z_1} = W_2^T (\hat y - y) \odot (1 - a_1^2)$$"


def checked(text: str) -> Report:
    return check_document(read_text(text), assumed=TRIED)


def verdicts(text: str) -> list[str]:
    return [step.verdict for step in checked(text).steps]


def test_one_sample_is_assumed_where_nothing_speaks_of_several() -> None:
    report = checked(SCORES + WEIGHTS + HIDDEN)
    assert [step.verdict for step in report.steps] == ["correct"] * 3
    assert report.assumed == setting_of(activation="tanh", layout="columns", batch=False)


@pytest.mark.parametrize(
    "more",
    [
        "There are several samples.",
        "对一批样本求导。",
        "對所有樣本微分。",
        r"$$\frac{\partial L}{\partial b_2} = \frac{1}{m} \sum_{i=1}^m (\hat y - y)_i$$",
        r"$$\frac{\partial L}{\partial b_2} = \frac{1}{n} \text{sum}(\hat y - y)$$",
        r"$$\frac{\partial L}{\partial W_1} = (W_2^T (\hat y - y) \odot (1 - a_1^2)) X^T$$",
        "```python\ndb2 = np.sum(y_hat - y, axis=1)\n```",
    ],
)
def test_a_mean_that_is_left_out_is_no_single_sample(more: str) -> None:
    assert verdicts(f"{more}\n\n{SCORES}\n\n{WEIGHTS}").count("wrong") >= 1


def test_an_activation_that_is_named_is_the_one_assumed() -> None:
    assert verdicts(f"The hidden layer is a ReLU.\n\n{HIDDEN}") == ["wrong"]
    assert verdicts(f"The hidden layer is tanh.\n\n{HIDDEN}") == ["correct"]


def test_what_is_assumed_is_told() -> None:
    report = checked(SCORES + WEIGHTS)
    for told in (record_of(report, "en")["assumed"], text_of(report, "en"), html_of(report, "en")):
        assert "one sample, a column" in " ".join(told.split())
    assert "一个样本，写成列向量" in record_of(report, "zh-Hans")["assumed"]


def test_nothing_is_told_of_a_network_that_is_defined() -> None:
    network = r"""
$$z_1 = W_1 x + b_1$$
$$a_1 = \tanh(z_1)$$
$$z_2 = W_2 a_1 + b_2$$
$$\hat y = \text{softmax}(z_2)$$
$$L = -\sum_k y_k \log \hat y_k$$
"""
    report = checked(network + SCORES)
    assert [step.verdict for step in report.steps] == ["correct"]
    assert report.assumed is None
    assert "assumed" not in record_of(report, "en")
