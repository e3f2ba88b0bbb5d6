"""What `derive` writes can be read, and every step of it is right."""

from typing import Any

import pytest

from chainrule import derive
from chainrule.checking.check import check_document
from chainrule.checking.parsing.documents import read_text
from chainrule.derivation.code import numpy_module

CHOICES: list[dict[str, Any]] = [
    {},
    {"layout": "columns", "language": "zh-Hans", "l2": True},
    {"batch": False, "activation": "logistic", "style": "W^{[1]}"},
    {"batch": False, "layout": "columns", "output": "logistic", "language": "zh-Hant"},
    {"output": "logistic", "average": "sum", "l2": "lambda/2"},
    {"average": "weights", "activation": "leaky_relu", "negative_slope": 0.2},
    {"entries": True, "layout": "columns", "activation": "tanh"},
    {"depth": 2, "activation": "identity", "style": "W^{(1)}", "layout": "columns"},
    {"depth": 0, "widths": ["d", 3]},
    {"names": {"a1": "h", "y_hat": "p", "X": "x"}, "brief": True},
]


def verdicts(text: str, suffix: str) -> set[str]:
    return {step.verdict for step in check_document(read_text(text, suffix=suffix)).steps}


@pytest.mark.parametrize("choices", CHOICES, ids=str)
def test_a_derivation_is_right_from_end_to_end(choices: dict[str, Any]) -> None:
    derivation = derive(**choices)
    assert verdicts(derivation.to_latex(standalone=True), ".tex") == {"correct"}
    assert verdicts(derivation.to_latex(standalone=False), ".md") == {"correct"}
    assert verdicts(derivation.to_markdown(), ".md") == {"correct"}


@pytest.mark.parametrize("choices", [each for each in CHOICES if each.get("batch", True)], ids=str)
def test_its_numpy_in_a_notebook_is_right(choices: dict[str, Any]) -> None:
    code = numpy_module(derive(**choices))
    assert verdicts(code, ".py") == {"correct"}
    assert "wrong" in verdicts(code.replace("dz1 = ", "dz1 = -"), ".py")
