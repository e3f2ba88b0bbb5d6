"""A derivation as a NumPy function: its equations forward, and what each gradient comes to backward."""

from collections.abc import Iterator
from functools import reduce
from operator import add
from textwrap import indent

from chainrule.algebra.expressions import Addition, Expression, Shape, Symbol, walk
from chainrule.algebra.source import numpy_source
from chainrule.derivation.derive import Derivation
from chainrule.derivation.engine import steps_to
from chainrule.derivation.setting import Setting
from chainrule.derivation.steps import Step
from chainrule.derivation.verification import random_points, verify
from chainrule.errors import InputError

__all__ = ["numpy_module"]

HELPERS = {
    "softmax": '''\
def softmax(z, axis):
    """Return exp(z) with sum 1 along an axis."""
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
''',
    "logsumexp": '''\
def logsumexp(z, axis):
    """Return the logarithm of the sum of exp(z) along an axis, which is kept."""
    top = z.max(axis=axis, keepdims=True)
    return top + np.log(np.exp(z - top).sum(axis=axis, keepdims=True))
''',
}


def numpy_module(derivation: Derivation) -> str:
    """Return Python source of a function that computes the loss and the gradients of a derivation.

    Its lines are the derivation's own steps, each with its tag and its shape; all arrays have two axes, as there.

    Parameters
    ----------
    derivation : Derivation
        Its gradients are what the function returns, but for dz and da that lead to others.

    Returns
    -------
    str
        A module that needs NumPy alone: ``loss_and_gradients`` and what it calls.

    Raises
    ------
    InputError
        If it derives no gradient of the loss.
    """
    setting = derivation.setting
    forward = [step for step in derivation.network if isinstance(step.left, Symbol)]
    backward = [_result(setting, name) for name in _gradients(derivation)]
    used = set().union(*(side.symbols for step in (*forward, *backward) for side in step.chain))
    samples = [f"m = X.shape[{0 if setting.layout == 'rows' else 1}]"] if Symbol("m") in used else []
    body = [*samples, *_forward(forward), "", *map(_backward, backward), *_answer(backward)]
    function = "\n".join([*_head(setting, used), *(indent(line, "    ") for line in body), ""])
    helpers = [source for name, source in HELPERS.items() if f"{name}(" in function]
    return "\n\n".join(["import numpy as np\n", *helpers, function])


def _gradients(derivation: Derivation) -> list[str]:
    """Return the gradients to compute: that by the probabilities leads nowhere, since dz comes from the targets."""
    names = [section.quantity for section in derivation.sections if section.quantity != "J"]
    if not names:
        raise InputError("code: J is not a gradient of the loss; ask for dz, dW or db too")
    return [name for name in names if name != "dy_hat"] or names


def _result(setting: Setting, name: str) -> Step:
    """Return what a quantity comes to, as a matrix: a derivation may show entries alone."""
    *_, step = (step for step in steps_to(setting, name) if step.result)
    verify(step, random_points(setting))
    return step


def _head(setting: Setting, used: set[Symbol]) -> Iterator[str]:
    parameters = (p(l) for l in setting.layers for p in (setting.W, setting.b))
    arguments = [q for q in (setting.a(0), setting.y, *parameters, setting.s, Symbol("lambda")) if q in used]
    yield f"def loss_and_gradients({', '.join(map(numpy_source, arguments))}):"
    yield '    """Return the loss and its gradients.'
    yield ""
    yield "    Parameters"
    yield "    ----------"
    for argument in arguments:
        kind = "float" if argument.name == "lambda" else f"ndarray of shape {_shape(argument.shape)}"
        yield f"    {numpy_source(argument)} : {kind}"
    yield '    """'


def _forward(steps: list[Step]) -> Iterator[str]:
    """Yield the equations; the loss is that of the scores, which is finite wherever they are."""
    *equations, loss = steps
    for step in equations:
        yield _assignment(numpy_source(step.left), step.chain[0], f"{step.tag} {_shape(step.left.shape)}")
    match loss.chain[-1]:
        case Addition((*data, penalty)) if "L2" in loss.tag:
            yield _assignment("data_loss", reduce(add, data), "L1")
            yield _assignment("penalty", penalty, "L2")
            yield "loss = data_loss + penalty"
        case of_scores:
            yield _assignment("loss", of_scores, "L1")


def _backward(step: Step) -> str:
    """Return what a gradient comes to, of its forms the shortest."""
    shortest = min(step.chain, key=lambda link: len(numpy_source(link)))
    return _assignment(numpy_source(step.left), shortest, f"{step.tag} {_shape(step.left.shape)}")


def _answer(steps: list[Step]) -> Iterator[str]:
    """Yield the end: the loss as a number, and the gradients that no other one is made of."""
    passed_on = {node for step in steps for link in step.chain for node in walk(link)}
    yield "return loss.item(), {"
    for step in steps:
        if step.left not in passed_on:
            name = numpy_source(step.left)
            yield f'    "{name}": {name},'
    yield "}"


def _shape(shape: Shape) -> str:
    return f"({shape.rows}, {shape.columns})"


def _assignment(name: str, value: Expression, comment: str) -> str:
    return f"{name} = {numpy_source(value)}  # {comment}"
