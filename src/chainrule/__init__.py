"""The softmax network of one or more hidden layers, whole: from the derivation to the metal."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.checking.code.gradients import assert_gradients, check_gradients
    from chainrule.classifier import MLPClassifier
    from chainrule.derivation.derive import derive
    from chainrule.files.models import load_model
    from chainrule.network import Network, Parameters, softmax_jacobian

__all__ = [
    "MLPClassifier",
    "Network",
    "Parameters",
    "assert_gradients",
    "check_gradients",
    "derive",
    "load_model",
    "softmax_jacobian",
]
__version__ = "0.1.0"

# Imported at first use: the command line's help is not to wait for scikit-learn.
_HOMES = {
    "assert_gradients": "chainrule.checking.code.gradients",
    "check_gradients": "chainrule.checking.code.gradients",
    "MLPClassifier": "chainrule.classifier",
    "Network": "chainrule.network",
    "Parameters": "chainrule.network",
    "derive": "chainrule.derivation.derive",
    "load_model": "chainrule.files.models",
    "softmax_jacobian": "chainrule.network",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'chainrule' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
