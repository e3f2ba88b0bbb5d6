"""The NumPy function of a derivation: executed, it is the reference; read, it is clean."""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.derivation.code import numpy_module
from chainrule.derivation.derive import derivation_of
from chainrule.derivation.engine import quantities
from chainrule.derivation.setting import Setting
from chainrule.errors import InputError
from settings import covering, independent_points, name_of, reference

SETTINGS = covering(3)


def function_of(source: str) -> Callable[..., tuple[float, dict[str, Any]]]:
    """Execute a module and return its function."""
    module: dict[str, Any] = {}
    exec(source, module)  # noqa: S102
    return module["loss_and_gradients"]


def check(setting: Setting, source: str) -> set[str]:
    """Hold the function of a module against `Network.trace`, and return the names of its gradients."""
    function = function_of(source)
    points = independent_points(setting, 2)
    for point in range(2):
        expected = reference(setting, points, point)
        given = {name: value[point % len(value)] for name, value in points.values.items()}
        given["lam"] = given["lambda"].item()
        loss, gradients = function(**{name: given[name] for name in inspect.signature(function).parameters})
        assert isinstance(loss, float)
        assert loss == pytest.approx(expected["loss"].item(), rel=1e-12)
        for name, gradient in gradients.items():
            assert gradient.shape == expected[name].shape
            np.testing.assert_allclose(
                gradient, expected[name], rtol=1e-12, atol=1e-12 * np.abs(expected[name]).max(), err_msg=name
            )
    return set(gradients)


@pytest.mark.parametrize("setting", SETTINGS, ids=name_of)
def test_the_function_is_the_reference(setting: Setting) -> None:
    names = check(setting, numpy_module(derivation_of(setting)))
    assert names == {f"d{p}{l}" for l in setting.layers for p in "Wb"}


@pytest.mark.parametrize("setting", covering(2)[::2], ids=name_of)
def test_every_quantity_alone(setting: Setting) -> None:
    for name in quantities(setting):
        if name not in ("J", "dy_hat"):
            derivation = derivation_of(setting, [name], brief=True)
            assert check(setting, numpy_module(derivation)) == {name}


def test_only_what_is_asked_for_is_computed() -> None:
    source = numpy_module(derivation_of(Setting(2), ["db2"]))
    assert re.findall(r"^    (d\w+) =", source, re.MULTILINE) == ["dz3", "da2", "dz2", "db2"]
    assert list(inspect.signature(function_of(source)).parameters) == ["X", "Y", "W1", "b1", "W2", "b2", "W3", "b3"]


@pytest.mark.parametrize("options", [{"entries": True}, {"brief": True}, {"entries": True, "brief": True}])
def test_a_derivation_of_entries_or_results_has_the_same_function(options: dict[str, bool]) -> None:
    setting = Setting(1, "tanh", penalty="lambda/2m")
    assert numpy_module(derivation_of(setting, **options)) == numpy_module(derivation_of(setting))  # type: ignore[arg-type]


def test_the_gradient_by_the_probabilities_where_it_is_all() -> None:
    source = numpy_module(derivation_of(Setting(0), ["dy_hat"]))
    assert "dy_hat = -Y / y_hat / m  # B1 (m, K)" in source


def test_a_jacobian_is_no_gradient() -> None:
    with pytest.raises(InputError, match=r"^code: J is not a gradient of the loss; ask for dz, dW or db too$"):
        numpy_module(derivation_of(Setting(0), ["J"]))


def test_the_loss_of_large_scores_is_finite() -> None:
    function = function_of(numpy_module(derivation_of(Setting(0))))
    loss, _ = function(X=np.eye(2), Y=np.eye(2), W1=np.array([[0, 2000.0], [0, 2000.0]]), b1=np.zeros((1, 2)))
    assert loss == 1000


def test_no_line_is_without_use_or_without_its_tag(tmp_path: Path) -> None:
    for setting in SETTINGS:
        source = numpy_module(derivation_of(setting))
        (tmp_path / f"{name_of(setting).replace('/', '_').replace('-', '_')}.py").write_text(source, encoding="utf-8")
        assert {type(node) for node in ast.parse(source).body} <= {ast.Import, ast.FunctionDef}
        helpers = re.findall(r"^def (\w+)", source, re.MULTILINE)
        assert all(source.count(f"{name}(") > 1 for name in helpers[:-1])
        body = source[source.rindex('"""') :]
        untagged = [line for line in re.findall(r"^    (\w+ = .*)", body, re.MULTILINE) if "  # " not in line]
        assert all(line.startswith(("m = X.shape[", "loss = data_loss + penalty")) for line in untagged)
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select=B,E,F,I,UP,W", "--line-length=120"]
    found = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False)  # noqa: S603
    assert found.returncode == 0, found.stdout
