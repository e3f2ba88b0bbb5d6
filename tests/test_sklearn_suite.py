"""scikit-learn's own tests of its MLPClassifier, run on chainrule's in its place."""

import importlib.util
import inspect
from pathlib import Path
from typing import Any

import pytest
import sklearn.neural_network

import chainrule

pytestmark = [
    pytest.mark.usefixtures("engine"),
    pytest.mark.filterwarnings("default"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

CANNOT = {
    "test_gradient": "calls the private _loss_grad_lbfgs; the gradients are tested in test_network.py",
}


def _load() -> Any:
    path = Path(sklearn.neural_network.__file__).parent / "tests" / "test_mlp.py"
    spec = importlib.util.spec_from_file_location("sklearn_test_mlp", path)
    assert spec is not None
    assert spec.loader is not None
    suite = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sklearn.neural_network, "MLPClassifier", chainrule.MLPClassifier)
        spec.loader.exec_module(suite)
    assert suite.MLPClassifier is chainrule.MLPClassifier
    return suite


# Only the tests that reach the classifier: directly, or as a parameter.
_TESTS = {
    name: test
    for name, test in vars(_load()).items()
    if name.startswith("test_")
    and ("MLPClassifier(" in inspect.getsource(test) or "MLPClassifier, " in inspect.getsource(test))
}
globals().update({name: test for name, test in _TESTS.items() if name not in CANNOT})


def test_the_suite_is_whole() -> None:
    assert set(CANNOT) < set(_TESTS)
    assert len(_TESTS) >= 30
