"""chainrule derive --values: a saved model's numbers beside the symbols."""

import re
import subprocess
import sys
from typing import Any

import pytest

from chainrule import load_model
from chainrule.derivation.values import network_of
from chainrule.tabular.samples import sample_of


def test_the_gradient_of_a_row(run: Any, model: str) -> None:
    result = run("derive", "db2", "--values", model, "--sample", "7", "--brief")
    assert (result.code, result.err) == (0, "")
    pipeline, about = load_model(model)
    network, parameters = network_of(pipeline[-1])
    gradient = network.trace(parameters.astype(float), *sample_of(pipeline, about, 7))["db2"]
    (line,) = re.findall(r"^ +∂L/∂b₂ = \((.*)\) +1 × 3$", result.out, re.MULTILINE)
    assert [float(x.replace("−", "-")) for x in line.split()] == pytest.approx(gradient, abs=5e-5)


def test_the_first_row_and_other_tables(run: Any, model: str) -> None:
    one = run("derive", "--values", model)
    assert one == run("derive", "--values", model, "--sample", "1", "--data", "trees.parquet")
    assert one != run("derive", "--values", model, "--sample", "2")


def test_a_derivation_does_not_wait_for_scikit_learn() -> None:
    code = "import sys; from chainrule import derive; derive().to_html(); assert 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--values", "m.skops", "--sample", "201"), "sample: trees.parquet has the rows 1 to 200; got 201"),
        (("--values", "m.skops", "--sample", "0"), "sample: trees.parquet has the rows 1 to 200; got 0"),
        (("--values", "m.skops", "--data", "nowhere.csv"), "nowhere.csv: no such file"),
        (("--values", "nowhere.skops"), "nowhere.skops: no such file"),
        (("--values", "trees.parquet"), "trees.parquet: not a model file, or damaged"),
        (("--values", "m.skops", "--activation", "tanh"), "activation: the network says it already; leave it out"),
        (("--values", "m.skops", "--depth", "2"), "depth: the network says it already; leave it out"),
        (("--values", "m.skops", "--average", "sum"), "average: there is nothing to average in one sample"),
        (("--sample", "3"), "--sample and --data: they are for --values, the numbers of a model"),
        (("--data", "iris"), "--sample and --data: they are for --values, the numbers of a model"),
    ],
)
def test_what_cannot_be_shown(run: Any, model: str, arguments: tuple[str, ...], message: str) -> None:
    result = run("derive", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"chainrule derive: {message}")
    assert result.err.count("\n") == 1
