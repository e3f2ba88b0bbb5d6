"""What runs the table over a data set: one interface, and a module for each engine."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from chainrule.activations import Array
from chainrule.network import Network, Parameters, Samples
from chainrule.optimizers import Optimizer

__all__ = ["Engine", "engine_of"]


class Engine(Protocol):
    """What an engine's module has. Arrays of parameters, samples and optimiser are of one dtype, X dense or CSR."""

    def descent(
        self,
        network: Network,
        parameters: Parameters,
        optimizer: Optimizer,
        samples: Samples,
        batch_size: int,
        threads: int,
    ) -> AbstractContextManager[Callable[[NDArray[np.intp]], float]]:
        """Begin a descent over the samples.

        What it yields takes the rows' order of one epoch, takes a step of the optimiser for each batch, and returns
        Σ_B M_B loss_B / Σ_B M_B over the batches B, each loss being taken before its own step. After each epoch the
        parameters are current, in place; at the end so is the optimiser.
        """
        ...

    def loss_and_gradients(
        self, network: Network, parameters: Parameters, samples: Samples, threads: int
    ) -> tuple[float, Parameters]:
        """Return the loss over all samples at once, and its gradients."""
        ...

    def scores(self, network: Network, parameters: Parameters, X: Any, threads: int) -> Array:
        """Return z^L of shape (m, K)."""
        ...

    def predictor(self, network: Network, parameters: Parameters) -> Callable[[Any], Array]:
        """Return a function from X to ŷ that keeps the parameters as they are now."""
        ...


@cache
def engine_of(name: str) -> Engine:
    """Return the engine 'compiled' or 'reference'.

    Raises
    ------
    ImportError
        If the compiled extension is missing, with how to build it. Nothing falls back in silence.
    """
    engine: Any = import_module(f"chainrule.engines.{name}")
    return engine
