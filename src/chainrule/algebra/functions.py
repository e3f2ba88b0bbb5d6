"""The named functions of expressions: what they compute, of real and complex arrays."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chainrule.activations import Array, activation_of

__all__ = [
    "ABSOLUTE",
    "CLASS",
    "ELU",
    "ELU_PRIME",
    "EXP",
    "LARGEST",
    "LEAKY_RELU",
    "LEAKY_RELU_PRIME",
    "LOG",
    "LOGISTIC",
    "LOGISTIC_PRIME",
    "LOGSUMEXP",
    "MAX",
    "RELU",
    "RELU_PRIME",
    "SIGN",
    "SOFTMAX",
    "SOFTPLUS",
    "STEP",
    "SWISH",
    "SWISH_PRIME",
    "TANH",
    "TANH_PRIME",
    "Function",
]


@dataclass(frozen=True)
class Function:
    """A function by name.

    Attributes
    ----------
    name : str
        What faces know it by.
    value : callable
        Of as many arrays as it has arguments; one along an axis takes ``axis`` too and keeps the axis.
    along_axis : bool
        Whether it looks at a whole row or column at once.
    reduces : bool
        Whether it makes one number of it.
    letters : tuple of str
        What its last arguments are called, which are not written: the κ of an f(z) that has one in its formula.
    """

    name: str
    value: Callable[..., Array]
    along_axis: bool = False
    reduces: bool = False
    letters: tuple[str, ...] = ()


def _softmax(z: Array, axis: int) -> Array:
    e = np.exp(z - z.real.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def _logsumexp(z: Array, axis: int) -> Array:
    top = z.real.max(axis, keepdims=True)
    return top + np.log(np.exp(z - top).sum(axis, keepdims=True))


def _largest(z: Array, axis: int) -> Array:
    return np.take_along_axis(z, z.real.argmax(axis, keepdims=True), axis)


def _class(y: Array, axis: int) -> Array:
    return y.real.argmax(axis, keepdims=True) + 1.0


def _log(z: Array) -> Array:
    """Return the logarithm where there is one: not of a negative number that takes an imaginary step."""
    return np.log(np.where(z.real > 0, z, np.nan))


def _max(a: Array, b: Array) -> Array:
    return np.where(a.real >= b.real, a, b)


def _prime(name: str) -> Callable[[Array], Array]:
    sigma = activation_of(name)
    return lambda z: sigma.derivative(z, sigma.value(z))


def _elu(z: Array, scale: Array) -> Array:
    return np.where(z.real > 0, z, scale * np.expm1(z))


def _swish_prime(z: Array) -> Array:
    sigma = activation_of("logistic").value(z)
    return sigma * (1 + z * (1 - sigma))


ABSOLUTE = Function("absolute", lambda z: np.where(z.real > 0, z, -z))
CLASS = Function("class", _class, along_axis=True, reduces=True)  # which entry of a one-hot vector is 1
ELU = Function("elu", _elu)
ELU_PRIME = Function("elu_prime", lambda z, scale: np.where(z.real > 0, 1, scale * np.exp(z)))
EXP = Function("exp", np.exp)
LOG = Function("log", _log)
LOGISTIC = Function("logistic", activation_of("logistic").value)
LOGISTIC_PRIME = Function("logistic_prime", _prime("logistic"))
TANH = Function("tanh", np.tanh)
TANH_PRIME = Function("tanh_prime", _prime("tanh"))
RELU = Function("relu", activation_of("relu").value)
RELU_PRIME = Function("relu_prime", _prime("relu"))
LARGEST = Function("largest", _largest, along_axis=True, reduces=True)
LEAKY_RELU = Function("leaky_relu", lambda z, slope: z * np.where(z.real > 0, 1, slope))
LEAKY_RELU_PRIME = Function("leaky_relu_prime", lambda z, slope: np.where(z.real > 0, 1, slope))
MAX = Function("max", _max)
SIGN = Function("sign", lambda z: np.sign(z.real))
SOFTMAX = Function("softmax", _softmax, along_axis=True)
SOFTPLUS = Function("softplus", lambda z: np.log(1 + np.exp(z)))
STEP = Function("step", lambda z: np.where(z.real > 0, 1.0, 0.0))
SWISH = Function("swish", lambda z: z * activation_of("logistic").value(z))
SWISH_PRIME = Function("swish_prime", _swish_prime)
LOGSUMEXP = Function("logsumexp", _logsumexp, along_axis=True, reduces=True)
