"""The slips that are named: in the derivations with known verdicts, and in documents in many notations."""

import tomllib
from pathlib import Path

import pytest

from chainrule.checking.check import Report, check_document
from chainrule.checking.faces.data import record_of
from chainrule.checking.parsing.documents import read_document, read_text

DERIVATIONS = Path(__file__).parent.parent / "fixtures" / "derivations"
DOCUMENTS = Path(__file__).parent / "documents"
EXPECTED = tomllib.loads((DOCUMENTS / "expected.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "steps"), tomllib.loads((DERIVATIONS / "expected.toml").read_text(encoding="utf-8")).items()
)
def test_derivations(name: str, steps: list[dict[str, object]]) -> None:
    report = check_document(read_document(DERIVATIONS / f"{name}.md"))
    assert [(step.block, step.link) for step in report.steps] == [(step["block"], step["link"]) for step in steps]
    for step, expected in zip(report.steps, steps, strict=True):
        assert step.verdict in expected["verdict"]  # type: ignore[operator]
        assert list(step.mistakes) == expected.get("mistakes", [])


@pytest.mark.parametrize(("name", "steps"), EXPECTED.items())
def test_the_slip_that_is_told_is_the_one_that_was_made(name: str, steps: list[dict[str, object]]) -> None:
    expected = {(step["block"], step["link"]): step for step in steps}
    for step in check_document(read_document(DOCUMENTS / name)).steps:
        if step.verdict == "wrong":
            slips = expected[step.block, step.link].get("mistakes", [])
            assert list(step.mistakes) == slips
            assert bool(step.right) == bool(step.mistakes) or step.mistakes == ("diagonal-only-jacobian",)


def wrong_line(line: str) -> Report:
    return check_document(read_text(f"{(DERIVATIONS / 'slips.md').read_text(encoding='utf-8')}\n\n$${line}$$\n"))


def test_a_slip_is_not_invented() -> None:
    step = wrong_line(r"\frac{\partial L}{\partial Z_2} = \hat{Y} \odot \hat{Y} \odot Y - 7 Y").steps[-1]
    assert (step.verdict, step.mistakes, step.right) == ("wrong", (), None)
    assert step.counterexample is not None


def test_a_gradient_is_not_repaired_into_itself() -> None:
    step = wrong_line(r"\frac{\partial L}{\partial Z_1} = \frac{\partial L}{\partial A_1}").steps[-1]
    assert step.mistakes == ("missing-activation-derivative",)


def test_an_error_carried_on_is_told_from_a_new_one() -> None:
    carried = wrong_line(r"\frac{\partial L}{\partial Z_2} = Y - \hat{Y} = -(\hat{Y} - Y)").steps[-1]
    assert carried.verdict == "wrong"
    assert carried.is_carried


SAMPLE = r"""
$$z = W x + b$$
$$a = \text{ReLU}(z)$$
$$s = V a + c$$
$$p = \text{softmax}(s)$$
$$L = -\sum_k y_k \log p_k$$
"""


@pytest.mark.parametrize(
    ("line", "right"),
    [
        (
            r"\frac{\partial L}{\partial z} = -V^T (p - y) \odot \frac{\partial a}{\partial z}",
            r"V^\top (p - y) \odot \frac{\partial a}{\partial z}",
        ),
        (
            r"\frac{\partial L}{\partial W_{ij}} = -\frac{\partial L}{\partial z} \frac{\partial z}{\partial W_{ij}}",
            r"\left( \frac{\partial L}{\partial z} \right)^\top \frac{\partial z}{\partial W_{ij}}",
        ),
    ],
)
def test_derivatives_of_each_entry_by_its_own_stay_as_they_are_written(line: str, right: str) -> None:
    (step,) = record_of(check_document(read_text(f"{SAMPLE}\n\n$${line}$$\n")), "en")["steps"]
    assert (step["mistakes"], step["right"]) == (["sign"], right)


def test_an_activation_of_which_nothing_is_known_keeps_its_letter() -> None:
    text = r"""
$$z = W x + b$$
$$a = g(z)$$
$$E = \frac{1}{2} \sum_k (a_k - t_k)^2$$
$$\frac{\partial E}{\partial z} = (t - a) \odot g'(z)$$
"""
    (step,) = record_of(check_document(read_text(text)), "en")["steps"]
    assert (step["mistakes"], step["right"]) == (["sign"], r"(a - t) \odot g'(z)")


@pytest.mark.parametrize(
    ("line", "right"),
    [(r"\frac{1}{m^2} (P - Y)", r"\frac{1}{m} (P - Y)"), (r"\frac{P - Y}{m^2}", r"\frac{P - Y}{m}")],
)
def test_a_mean_too_much_is_taken_out_of_a_square(line: str, right: str) -> None:
    text = (
        r"$$Z = X W$$ $$P = \text{softmax}(Z)$$ $$J = -\frac{1}{m} \sum_{i=1}^m \sum_k Y_{ik} \log P_{ik}$$"
        rf"$$\frac{{\partial J}}{{\partial Z}} = {line}$$"
    )
    (step,) = record_of(check_document(read_text(text)), "en")["steps"]
    assert (step["mistakes"], step["right"]) == (["extra-mean"], right)


def test_of_a_slip_on_the_left_the_whole_equation_is_said() -> None:
    document = read_text(
        r"$$z = x W$$ $$p = \text{softmax}(z)$$ $$L = -\sum_k y_k \log p_k$$"
        r"$$p_k (1 - y_k) = \frac{\partial p_k}{\partial z_k}$$"
    )
    (step,) = record_of(check_document(document), "en")["steps"]
    assert step["right"] == r"p_k (1 - p_k) = \frac{\partial p_k}{\partial z_k}"


def test_a_sum_that_runs_along_another_axis_is_given_its_own() -> None:
    text = r"""
$$Z = X W + b$$
$$P = \text{softmax}(Z)$$
$$J = -\frac{1}{m} \sum_{i=1}^m \sum_{k=1}^K Y_{ik} \log P_{ik}$$
$$\frac{\partial J}{\partial b} = \frac{1}{m} \sum_{i=1}^K (P - Y)_i$$
"""
    (step,) = record_of(check_document(read_text(text)), "en")["steps"]
    assert (step["mistakes"], step["right"]) == (["wrong-index"], r"\frac{1}{m} \sum_{i=1}^m (P - Y)_i")
