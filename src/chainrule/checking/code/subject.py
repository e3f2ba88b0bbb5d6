"""The function under judgement: its loss and its gradients, as functions of the named parameters alone."""

import copy
import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from chainrule.activations import Array
from chainrule.checking.code.arrays import arrays_in, as_array, leaves, replaced
from chainrule.checking.message import Message, Refused, message

__all__ = ["Answer", "Arrays", "Subject", "subject_of"]

Arrays = Mapping[str, Array]
LOSS_NAMES = ("loss", "cost", "J", "L", "total_loss", "E", "error")


class Answer(NamedTuple):
    """What a function returned.

    Attributes
    ----------
    loss : complex or float
    precision : float
        The coarsest unit roundoff of what was returned.
    gradients : dict of str to ndarray
        By the names they came with.
    """

    loss: Any
    precision: float
    gradients: dict[str, Array]


@dataclass(frozen=True)
class Subject:
    """A function with its arguments.

    Attributes
    ----------
    fn : callable
    params : dict, tuple or list
        The parameters as they were given.
    args : tuple
        The other arguments.
    call : callable
        (params, args) to what fn returns: how fn takes its parameters.
    names : dict of str to str
        The parameters' names, by their places in `params`.
    arguments : tuple of str
        What the function calls the other arguments; one that it has no name for has none here.
    is_widened : bool
        Whether it is called in float64, whatever dtype it was given.
    """

    fn: Callable[..., Any]
    params: Any
    args: tuple[Any, ...]
    call: Callable[[Any, tuple[Any, ...]], Any]
    names: dict[str, str]
    arguments: tuple[str, ...] = ()
    is_widened: bool = False

    @property
    def arrays(self) -> dict[str, Array]:
        """The parameters' values in float64, by name."""
        return {self.names[place]: array.astype(np.float64) for place, array in arrays_in(self.params).items()}

    def answer(self) -> Answer:
        """Return the loss and the gradients at the arguments just as they were given."""
        return _answer(self.call(copy.deepcopy(self.params), copy.deepcopy(self.args)))

    def at(self, arrays: Arrays) -> Answer:
        """Return the loss and the gradients at other values of the parameters."""
        given = {}
        for place, leaf in leaves(self.params):
            dtype, array = as_array(leaf).dtype, arrays[self.names[place]]
            is_kept = self.is_widened or np.iscomplexobj(array) or dtype.kind != "f"
            given[place] = array if is_kept else array.astype(dtype)
        args = copy.deepcopy(self.args)
        if self.is_widened:
            args = replaced(args, {name: a.astype(np.float64) for name, a in arrays_in(args).items() if _is_narrow(a)})
        with warnings.catch_warnings(), np.errstate(all="warn"):
            warnings.simplefilter("ignore")  # that other values overflow is nobody's mistake
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            return _answer(self.call(replaced(self.params, given), args))

    def loss(self, arrays: Arrays) -> Any:
        """Return the loss at other values of the parameters."""
        return self.at(arrays).loss

    def widened(self, answer: Answer) -> "Subject":
        """Return the same function called in float64, if that gives the same loss but for rounding."""
        wide = replace(self, is_widened=True)
        try:
            loss = wide.loss(self.arrays)
        except Exception:  # a stranger's code may fail in any way
            return self
        return wide if abs(loss - answer.loss) <= 1e4 * answer.precision * abs(answer.loss) else self


def _is_narrow(array: Array) -> bool:
    return array.dtype in (np.float16, np.float32)


def subject_of(fn: Callable[..., Any], params: Any, args: tuple[Any, ...]) -> Subject:
    """Find out how a function takes its parameters: as one argument, one by one, or by their names."""
    places = [name for name, _ in leaves(params)]
    if not places:
        raise Refused("no-parameters")
    names = {place: place or "parameter" for place in places}
    try:
        signature = inspect.signature(fn)
    except (TypeError, ValueError):  # some compiled functions have none
        return Subject(fn, params, args, lambda params, args: fn(params, *args), names)
    if places == [""]:
        names = {"": next(iter(signature.parameters), "parameter")}
    if isinstance(params, Mapping) and set(params) <= set(signature.parameters):
        others = [name for name in signature.parameters if name not in params]

        def by_name(params: Any, args: tuple[Any, ...]) -> Any:
            return fn(**params, **dict(zip(others, args, strict=False)))

        return Subject(fn, params, args, by_name, names, tuple(others))
    if _binds(signature, params, *args):
        arguments = tuple(signature.parameters)[1:]
        return Subject(fn, params, args, lambda params, args: fn(params, *args), names, arguments)
    if isinstance(params, tuple | list) and _binds(signature, *params, *args):
        if len(places) == len(params):
            names = dict(zip(places, signature.parameters, strict=False)) if _is_plain(signature) else names
        arguments = tuple(signature.parameters)[len(params) :]
        return Subject(fn, params, args, lambda params, args: fn(*params, *args), names, arguments)
    called = f"{_name(fn)}{signature}"
    raise Refused("cannot-be-called", function=called, parameters=len(places), others=len(args))


def _is_plain(signature: inspect.Signature) -> bool:
    return all(p.kind is not inspect.Parameter.VAR_POSITIONAL for p in signature.parameters.values())


def _name(fn: Any) -> str:
    return getattr(fn, "__name__", type(fn).__name__)


def _binds(signature: inspect.Signature, *given: Any) -> bool:
    try:
        signature.bind(*given)
    except TypeError:
        return False
    return True


def _answer(returned: Any) -> Answer:
    """Take a loss and gradients out of what was returned: the loss is the entry of that name, or the first number."""
    if isinstance(returned, Mapping):
        found = dict(returned)
        loss = next((found.pop(name) for name in LOSS_NAMES if name in found), None)
        gradients = arrays_in(found)
    elif isinstance(returned, tuple | list):
        parts = list(returned)
        loss = next((parts.pop(k) for k, part in enumerate(parts) if _is_number(part)), None)
        gradients = arrays_in(parts[0] if len(parts) == 1 else parts)
    else:
        loss, gradients = None, {}
    if loss is not None and not gradients:
        raise Refused("no-gradients")
    if loss is None:
        raise Refused("no-loss", got=_summary(returned))
    values = [as_array(loss), *gradients.values()]
    precision = max((float(np.finfo(a.dtype).eps) for a in values if a.dtype.kind in "fc"), default=2.0**-52)
    return Answer(as_array(loss).reshape(()).item(), precision, gradients)


def _is_number(part: Any) -> bool:
    named = list(leaves(part))
    return len(named) == 1 and named[0][0] == "" and as_array(part).size == 1


def _summary(returned: Any) -> Message | str:
    """Return what was returned in place of a loss and gradients."""
    arrays = arrays_in(returned)
    if returned is None:
        return "None"
    if not arrays:
        return message("errors.without-numbers", kind=type(returned).__name__)
    if "" in arrays:
        return message("errors.one-array", shape=str(arrays[""].shape))
    return ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
