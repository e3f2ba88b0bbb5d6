"""The stochastic optimisers: their state, and one step of each in NumPy.

The state is data (arrays and numbers), so that any engine can move it and a model file can hold it. P stands for
every W^l and b^l, g for its gradient, η for the learning rate.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from chainrule.activations import Array
from chainrule.network import Parameters

__all__ = ["SGD", "Adam", "Optimizer"]


def _zeros_like(parameters: Parameters) -> Parameters:
    return Parameters([np.zeros_like(W) for W in parameters.W], [np.zeros_like(b) for b in parameters.b])


def _arrays(*sets: Parameters) -> Iterable[tuple[Array, ...]]:
    """Yield the arrays of several sets of parameters side by side."""
    return zip(*((*each.W, *each.b) for each in sets), strict=True)


@dataclass
class SGD:
    """Stochastic gradient descent: v ← μ v − η g, then P ← P + v, or with Nesterov P ← P + μ v − η g.

    Attributes
    ----------
    velocity : Parameters
        v, in the shapes of the parameters.
    learning_rate : float
        η, the current one.
    momentum : float
        μ in [0, 1].
    nesterov : bool
        Whether the step looks ahead along v.
    """

    velocity: Parameters
    learning_rate: float
    momentum: float
    nesterov: bool

    @classmethod
    def at_rest(cls, parameters: Parameters, learning_rate: float, momentum: float, nesterov: bool) -> "SGD":
        """Return an optimiser that has not moved yet."""
        return cls(_zeros_like(parameters), learning_rate, momentum, nesterov)

    def step(self, parameters: Parameters, gradients: Parameters) -> None:
        """Move the parameters, in place, one step against their gradients."""
        for P, g, v in _arrays(parameters, gradients, self.velocity):
            v *= self.momentum
            v -= self.learning_rate * g
            P += self.momentum * v - self.learning_rate * g if self.nesterov else v


@dataclass
class Adam:
    """Adam: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², P ← P − η √(1 − β₂ᵗ)/(1 − β₁ᵗ) m / (√v + ε).

    Attributes
    ----------
    m, v : Parameters
        First and second moments, in the shapes of the parameters.
    t : int
        Steps taken.
    learning_rate_init : float
        η.
    beta_1, beta_2, epsilon : float
        β₁, β₂ in [0, 1), ε > 0.

    References
    ----------
    Kingma and Ba, "Adam: a method for stochastic optimization", 2014, the form that ends section 2.
    """

    m: Parameters
    v: Parameters
    t: int
    learning_rate_init: float
    beta_1: float
    beta_2: float
    epsilon: float

    @classmethod
    def at_rest(
        cls,
        parameters: Parameters,
        learning_rate: float,
        beta_1: float,
        beta_2: float,
        epsilon: float,
    ) -> "Adam":
        """Return an optimiser that has not moved yet."""
        m, v = _zeros_like(parameters), _zeros_like(parameters)
        return cls(m, v, 0, learning_rate, beta_1, beta_2, epsilon)

    @property
    def learning_rate(self) -> float:
        """η √(1 − β₂ᵗ)/(1 − β₁ᵗ), that of the last step."""
        if self.t == 0:
            return self.learning_rate_init
        return self.learning_rate_init * (1 - self.beta_2**self.t) ** 0.5 / (1 - self.beta_1**self.t)

    def step(self, parameters: Parameters, gradients: Parameters) -> None:
        """Move the parameters, in place, one step against their gradients."""
        self.t += 1
        rate = self.learning_rate
        for P, g, m, v in _arrays(parameters, gradients, self.m, self.v):
            m *= self.beta_1
            m += (1 - self.beta_1) * g
            v *= self.beta_2
            v += (1 - self.beta_2) * (g * g)
            P -= rate * m / (np.sqrt(v) + self.epsilon)


Optimizer = SGD | Adam
