"""σ and σ' side by side, and what stands at the output: ŷ and the log-partition of the scores.

Every function takes real or complex arrays and keeps their dtype: complex input is what makes complex-step
derivatives of the whole network possible.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["OUTPUTS", "Activation", "Array", "Output", "activation_of"]

Array = NDArray[Any]


class Activation(NamedTuple):
    """A hidden layer's σ.

    Attributes
    ----------
    value : callable
        a = σ(z), elementwise.
    derivative : callable
        σ'(z), elementwise, from z and a = σ(z): whichever of the two says it at less cost.
    """

    value: Callable[[Array], Array]
    derivative: Callable[[Array, Array], Array]


class Output(NamedTuple):
    """What stands on the scores z^L.

    Attributes
    ----------
    y_hat : callable
        ŷ from z, both of shape (m, K).
    loss : callable
        A(z) − Σ_k Y_k z_k from z and Y, of shape (m,), where ŷ is the gradient of A; never sees a probability.
    log_y_hat : callable
        log ŷ from z, finite wherever z is.
    """

    y_hat: Callable[[Array], Array]
    loss: Callable[[Array, Array], Array]
    log_y_hat: Callable[[Array], Array]


def _decay(z: Array) -> Array:
    """e^(−|z|), which cannot overflow; the sign is that of the real part."""
    return np.exp(np.where(z.real > 0, -z, z))


def _logistic(z: Array) -> Array:
    e = _decay(z)
    return np.where(z.real > 0, 1, e) / (1 + e)


def _logistic_loss(z: Array, Y: Array) -> Array:
    """Σ_k log(1 + e^(z_k)) − Y_k z_k, in which a large z_k that is right does not cancel but never comes in."""
    return (np.log1p(_decay(z)) + np.subtract(z.real > 0, Y, dtype=z.real.dtype) * z).sum(axis=1)


def _log_logistic(z: Array) -> Array:
    # The logarithm of the very sum that ŷ divides by: where two ŷ are equal, so are these.
    return np.where(z.real > 0, 0, z) - np.log(1 + _decay(z))


def _shifted(z: Array) -> Array:
    """Scores with 0 for the highest: ŷ is the same, and nothing overflows."""
    return z - z.real.max(axis=1, keepdims=True)


def _softmax(z: Array) -> Array:
    e = np.exp(_shifted(z))
    return e / e.sum(axis=1, keepdims=True)


def _softmax_loss(z: Array, Y: Array) -> Array:
    """logsumexp(z) − Σ_k Y_k z_k, where Σ_k Y_k = 1; the 1 of the highest score is left to log1p."""
    z = _shifted(z)
    is_top = z == 0
    others = np.where(is_top, 0, np.exp(z)).sum(axis=1)
    return np.log1p(is_top.sum(axis=1, dtype=z.real.dtype) - 1 + others) - (Y * z).sum(axis=1)


def _log_softmax(z: Array) -> Array:
    z = _shifted(z)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def _leaky_relu(slope: float) -> Activation:
    return Activation(
        value=lambda z: np.where(z.real > 0, z, slope * z),
        derivative=lambda z, a: np.where(z.real > 0, a.dtype.type(1), a.dtype.type(slope)),
    )


# σ'(0) of relu and leaky_relu is that of the left side, as in scikit-learn and PyTorch.
_ACTIVATIONS: dict[str, Callable[[float], Activation]] = {
    "identity": lambda _: Activation(lambda z: z, lambda z, a: np.ones_like(a)),
    "logistic": lambda _: Activation(_logistic, lambda z, a: a * (1 - a)),
    "tanh": lambda _: Activation(np.tanh, lambda z, a: (1 - a) * (1 + a)),
    # Not max(0, z), which has no order on complex z; and z <= 0 rather than z > 0 lets NaN through.
    "relu": lambda _: Activation(
        value=lambda z: np.where(z.real <= 0, 0, z),
        derivative=lambda z, a: (z.real > 0).astype(a.dtype),
    ),
    "leaky_relu": _leaky_relu,
}

OUTPUTS = {
    "softmax": Output(_softmax, _softmax_loss, _log_softmax),
    "logistic": Output(_logistic, _logistic_loss, _log_logistic),
}


@cache
def activation_of(name: str, negative_slope: float = 0.01) -> Activation:
    """Return σ and σ' by name.

    Parameters
    ----------
    name : {'identity', 'logistic', 'tanh', 'relu', 'leaky_relu'}
        identity z; logistic 1/(1 + e^(−z)); tanh; relu max(0, z); leaky_relu z for z > 0, α z otherwise.
    negative_slope : float, default=0.01
        α of leaky_relu; the others do not look at it.

    Returns
    -------
    Activation
        σ and σ', elementwise, dtype kept.

    Raises
    ------
    ValueError
        If the name is none of these.
    """
    if name not in _ACTIVATIONS:
        raise ValueError(f"activation: expected one of {', '.join(_ACTIVATIONS)}; got {name!r}")
    return _ACTIVATIONS[name](negative_slope)
