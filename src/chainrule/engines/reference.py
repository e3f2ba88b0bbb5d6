"""The table itself, in NumPy, one batch after the other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches

from chainrule.activations import Array
from chainrule.network import Network, Parameters, Samples
from chainrule.optimizers import Optimizer

__all__ = ["descent", "loss_and_gradients", "predictor", "scores"]


@contextmanager
def descent(
    network: Network,
    parameters: Parameters,
    optimizer: Optimizer,
    samples: Samples,
    batch_size: int,
    threads: int,  # noqa: ARG001 - BLAS has its own
) -> Iterator[Callable[[NDArray[np.intp]], float]]:
    """See `chainrule.engines.Engine`."""

    def run_epoch(order: NDArray[np.intp]) -> float:
        accumulated = 0.0
        for rows in gen_batches(len(order), batch_size):
            batch = samples.take(order[rows])
            if weight := batch.total_weight:  # without weight there is no mean, and no step
                loss, gradients = network.loss_and_gradients(parameters, *batch)
                optimizer.step(parameters, gradients)
                accumulated += weight * loss
        return float(accumulated / samples.total_weight)

    yield run_epoch


def loss_and_gradients(
    network: Network,
    parameters: Parameters,
    samples: Samples,
    threads: int,  # noqa: ARG001
) -> tuple[float, Parameters]:
    """See `chainrule.engines.Engine`."""
    return network.loss_and_gradients(parameters, *samples)


def scores(network: Network, parameters: Parameters, X: Any, threads: int) -> Array:  # noqa: ARG001
    """See `chainrule.engines.Engine`."""
    return network.scores(parameters, X)


def predictor(network: Network, parameters: Parameters) -> Callable[[Any], Array]:
    """See `chainrule.engines.Engine`."""
    parameters = parameters.copy()
    return lambda X: network.forward(parameters, X)["y_hat"]
