"""Finding the function to check in somebody's module, and arguments to call it with.

A module may define ``example()``, which returns ``(params, args)`` as `check_gradients` takes them: a dict, tuple or
list of arrays, and a tuple of whatever else the function takes. Otherwise the arguments are drawn at random by the
names in the function's signature (``X``, ``y``, ``W1``, ``b1`` …, or one ``params``), in every usual layout until
the function takes them.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from itertools import pairwise, product
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from chainrule.activations import Array
from chainrule.checking.code.arrays import arrays_in
from chainrule.checking.code.penalty import PENALTIES
from chainrule.checking.code.subject import Answer, subject_of
from chainrule.checking.code.table import recognise
from chainrule.checking.message import Refused

__all__ = ["Arguments", "arguments_of", "function_in"]

USUAL = re.compile(r"(loss_and_grad(ient)?s?|backward|backprop(agation)?|(compute_|get_)?grad(ient)?s?)(_pass|_fn)?$")
_INPUTS = ("x", "inputs", "input", "data", "features", "x_train", "x_batch", "batch")
_TARGETS = ("y", "t", "target", "targets", "labels", "label", "y_true", "y_train", "y_batch", "ys", "y_one_hot")
_TREES = ("params", "parameters", "weights", "theta", "model", "p")
_PARAMETER = re.compile(r"(?P<kind>[wb]|theta|weights?|bias)_?(?P<layer>\d*)$", re.IGNORECASE)
SAMPLES, WIDTHS, PENALTY = 7, (5, 4, 6, 3), 0.7


class Arguments(NamedTuple):
    """What a function is called with: as `check_gradients` takes them."""

    params: Any
    args: tuple[Any, ...]


def function_in(module: ModuleType, name: str | None = None) -> Callable[..., Any]:
    """Return the function to check: that of a name, that of a usual name, or the only one.

    Raises
    ------
    InputError
        If there is none, or several and nothing to choose by.
    """
    own = {
        each: value
        for each, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__
    }
    if name is not None:
        named = getattr(module, name, None)
        if not callable(named):
            raise Refused("no-such-function", name=name, names=", ".join(own)) if own else Refused("no-function")
        return named
    public = {each: value for each, value in own.items() if not each.startswith("_") and each != "example"}
    usual = [value for each, value in public.items() if USUAL.match(each)]
    if len(usual) == 1 or len(public) == 1:
        return next(iter(usual or public.values()))
    if not public:
        raise Refused("no-function")
    raise Refused("which-function", names=", ".join(public))


def arguments_of(fn: Callable[..., Any], module: ModuleType) -> Arguments:
    """Return arguments for a function: those of the module's ``example()``, or drawn ones that it takes.

    Of the layouts that it takes, one in which the loss is that of the table's network comes first, then one in which
    every parameter has a gradient of its shape.

    Raises
    ------
    InputError
        If the module's example is none, or the function takes no layout: the first failure is told.
    """
    if hasattr(module, "example"):
        example = module.example()
        if not isinstance(example, tuple) or len(example) != 2 or not isinstance(example[1], tuple | list):
            raise Refused("no-example")
        return Arguments(example[0], tuple(example[1]))
    best, most, failure = None, -1, None
    for arguments in _drawn(fn):
        try:
            subject = subject_of(fn, *arguments)
            answer = subject.answer()
        except Exception as error:  # a stranger's code may fail in any way
            failure = failure or error
            continue
        if recognise(subject, np.random.default_rng(0)) is not None:
            return arguments
        fitting = _fitting(answer, arguments)
        if fitting > most:
            best, most = arguments, fitting
    if best is not None:
        return best
    if failure is not None:
        raise failure
    signature = f"{fn.__name__}{inspect.signature(fn)}"
    raise Refused("unknown-arguments", function=signature)


def _fitting(answer: Answer, arguments: Arguments) -> int:
    if not np.isfinite(answer.loss):
        return 0
    shapes = [array.shape for array in answer.gradients.values()]
    return 1 + sum(array.shape in shapes for array in arrays_in(arguments.params).values())


def _drawn(fn: Callable[..., Any]) -> Iterator[Arguments]:
    """Yield arguments in every layout that the names of a signature leave open."""
    signature = inspect.signature(fn)
    names = [name for name, p in signature.parameters.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    layers = [int(found["layer"] or 1) for name in names if (found := _kind(name)) and found["kind"][0] in "wWtT"]
    depths = [max(layers)] if layers else [2, 1, 3]
    for depth, targets, is_columns, is_flat, form in product(
        depths, ("one-hot", "classes", "binary"), (False, True), (True, False), ("dict", "list")
    ):
        widths = (*WIDTHS[:depth], 1 if targets == "binary" else WIDTHS[-1])
        parameters = _parameters(widths, is_columns, is_flat)
        values = _values(names, signature, widths, targets, is_columns)
        if layers:
            chosen = {name: parameters.get(_table_name(name)) for name in names if _kind(name)}
            if form == "list" or any(value is None for value in chosen.values()):
                continue
            params: Any = chosen
        else:
            params = parameters if form == "dict" else list(parameters.values())
        rest = [name for name in names if not (_kind(name) if layers else name.lower() in _TREES)]
        if all(name in values for name in rest):
            yield Arguments(params, tuple(values[name] for name in rest))


def _kind(name: str) -> re.Match[str] | None:
    return _PARAMETER.match(name)


def _table_name(name: str) -> str:
    found = _kind(name)
    assert found is not None  # noqa: S101
    return f"{'b' if found['kind'][0] in 'bB' else 'W'}{found['layer'] or 1}"


def _parameters(widths: tuple[int, ...], is_columns: bool, is_flat: bool) -> dict[str, Array]:
    """Draw W1, b1 and so on; a bias is flat, or a row or a column."""
    random = np.random.default_rng(0)
    drawn = {}
    for l, (d_in, d_out) in enumerate(pairwise(widths), start=1):
        W, b = random.normal(size=(d_in, d_out)) / np.sqrt(d_in), random.normal(0, 0.5, (1, d_out))
        drawn[f"W{l}"] = W.T if is_columns else W
        drawn[f"b{l}"] = b.ravel() if is_flat else b.T if is_columns else b
    return drawn


def _values(
    names: list[str], signature: inspect.Signature, widths: tuple[int, ...], targets: str, is_columns: bool
) -> dict[str, Any]:
    """Draw what stands beside the parameters, by its names; a default stays as it is."""
    random = np.random.default_rng(1)
    X, K = random.normal(size=(SAMPLES, widths[0])), widths[-1]
    classes = random.permutation(np.arange(SAMPLES) % max(K, 2))
    of_targets = {"one-hot": np.eye(K)[classes % K], "classes": classes, "binary": classes[:, np.newaxis].astype(float)}
    y = of_targets[targets]
    found: dict[str, Any] = {}
    for name in names:
        default = signature.parameters[name].default
        if name.lower() in _INPUTS:
            found[name] = X.T if is_columns else X
        elif name.lower() in _TARGETS:
            found[name] = y.T if is_columns else y
        elif name.lower() in PENALTIES:
            found[name] = PENALTY
        elif name == "m":
            found[name] = SAMPLES
        elif default is not inspect.Parameter.empty:
            found[name] = default
    return found
