"""Every equation of the table, put off by 0.1 %, has to be found out."""

import ast
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule.network
from oracles import complex_step_gradients, relative_error

SOURCE = Path(chainrule.network.__file__).read_text(encoding="utf-8")
TAGS = ["F1", "F2", "F3", "L1", "L2", "J1", "B1", "B2", "B3", "B4", "B5"]


def tagged_lines(tag: str) -> list[int]:
    return [number for number, line in enumerate(SOURCE.splitlines(), start=1) if f"# {tag}" in line]


def mutant(tag: str) -> types.ModuleType:
    """Return the module with the right-hand side of the tag's line times 1.001."""
    (line,) = tagged_lines(tag)
    tree = ast.parse(SOURCE)
    statements = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    (statement,) = statements
    assert statement.value is not None
    statement.value = ast.BinOp(statement.value, ast.Mult(), ast.Constant(1.001))
    module = types.ModuleType("mutant")
    exec(compile(ast.fix_missing_locations(tree), f"<{tag} off by 0.1 %>", "exec"), vars(module))  # noqa: S102
    return module


def worst_error(module: types.ModuleType) -> float:
    """Return the worst relative error of the module's gradients and Jacobian against complex steps."""
    network = module.Network([3, 4, 5, 2], "tanh", alpha=0.5)
    parameters = network.init(0)
    X = np.random.RandomState(1).standard_normal((6, 3))
    y = [0, 1, 1, 0, 1, 0]
    _, gradients = network.loss_and_gradients(parameters, X, y)
    # The loss is that of the table itself, not the mutant's.
    truth = complex_step_gradients(chainrule.network.Network(**vars_of(network)), parameters, X, y)
    y_hat = np.array([0.2, 0.3, 0.5])
    off = module.softmax_jacobian(y_hat) - (np.diag(y_hat) - np.outer(y_hat, y_hat))
    return max(relative_error(gradients, truth), float(np.abs(off).max()))


def vars_of(network: chainrule.network.Network) -> dict[str, Any]:
    return {name: getattr(network, name) for name in ("layer_sizes", "activation", "output", "alpha")}


def test_every_tag_of_the_table_is_in_the_code_once() -> None:
    assert {tag: len(tagged_lines(tag)) for tag in TAGS} == dict.fromkeys(TAGS, 1)


@pytest.mark.parametrize("tag", ["F1", "F2", "F3", "J1", "B1", "B2", "B3", "B4", "B5"])
def test_a_gradient_off_by_a_thousandth_is_found(tag: str) -> None:
    assert worst_error(chainrule.network) < 1e-12
    assert worst_error(mutant(tag)) > 1e-4


@pytest.mark.parametrize("tag", ["L1", "L2"])
def test_a_loss_off_by_a_thousandth_is_found(tag: str) -> None:
    module = mutant(tag)
    network = module.Network([3, 4, 2], "tanh", alpha=0.5)
    parameters = network.init(0)
    X, y = np.random.RandomState(1).standard_normal((6, 3)), [0, 1, 1, 0, 1, 0]
    _, gradients = network.loss_and_gradients(parameters, X, y)
    assert relative_error(gradients, complex_step_gradients(network, parameters, X, y)) > 1e-4
