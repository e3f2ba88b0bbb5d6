"""The compiled core: whole epochs in one call, without the interpreter's lock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.activations import Array
from chainrule.network import Network, Parameters, Samples
from chainrule.optimizers import SGD, Adam, Optimizer

try:
    from chainrule import _core
except ImportError as error:
    raise ImportError(
        "engine='compiled' needs chainrule's extension, which is not built here: run `pip install .` in its source "
        "tree, which takes g++ or clang with C++20; or ask for engine='reference'"
    ) from error

__all__ = ["descent", "isa", "loss_and_gradients", "predictor", "scores"]

# Rows that are in scratch at once where no batch says how many.
CHUNK = 256

# So few dense rows that to put the weights into the core would take longer than to read them where they lie.
FEW = 4

CORES = {np.float32: _core.EngineFloat32, np.float64: _core.EngineFloat64}
CORES_FOR_FEW = {np.float32: _core.FewRowsFloat32, np.float64: _core.FewRowsFloat64}

isa = _core.isa


def _core_of(network: Network, parameters: Parameters, batch_size: int, threads: int) -> Any:
    """Return a core that holds the parameters."""
    core = CORES[parameters.W[0].dtype.type](
        [int(width) for width in network.layer_sizes],
        activation=network.activation,
        negative_slope=network.negative_slope,
        output=network.output,
        alpha=network.alpha,
        batch_size=batch_size,
        threads=threads,
    )
    core.set_parameters(*_contiguous(parameters))
    return core


def _core_for_few(network: Network, parameters: Parameters) -> Any:
    """Return a core for the scores of few rows, which reads contiguous parameters where they lie."""
    return CORES_FOR_FEW[parameters.W[0].dtype.type](
        [int(width) for width in network.layer_sizes],
        *_contiguous(parameters),
        activation=network.activation,
        negative_slope=network.negative_slope,
        output=network.output,
    )


def _contiguous(parameters: Parameters) -> Parameters:
    return Parameters(*([np.ascontiguousarray(p) for p in each] for each in parameters))


@contextmanager
def descent(
    network: Network,
    parameters: Parameters,
    optimizer: Optimizer,
    samples: Samples,
    batch_size: int,
    threads: int,
) -> Iterator[Callable[[NDArray[np.intp]], float]]:
    """See `chainrule.engines.Engine`."""
    core = _core_of(network, parameters, batch_size, threads)
    match optimizer:
        case SGD():
            memories = [(core.set_first_moments, core.get_first_moments, optimizer.velocity)]
        case Adam():
            memories = [
                (core.set_first_moments, core.get_first_moments, optimizer.m),
                (core.set_second_moments, core.get_second_moments, optimizer.v),
            ]
    for put, _, memory in memories:
        put(*memory)

    def run_epoch(order: NDArray[np.intp]) -> float:
        try:
            loss, steps = core.epoch(*samples, order, **_step(optimizer))
        finally:
            core.get_parameters(*parameters)
        if isinstance(optimizer, Adam):
            optimizer.t += steps
        mean: float = loss
        return mean

    try:
        yield run_epoch
    finally:
        for _, get, memory in memories:
            get(*memory)


def _step(optimizer: Optimizer) -> dict[str, Any]:
    """Return the core's name for an optimiser's step, and the numbers in it."""
    match optimizer:
        case SGD():
            return {
                "solver": "nesterov" if optimizer.nesterov else "sgd",
                "learning_rate": optimizer.learning_rate,
                "momentum": optimizer.momentum,
            }
        case Adam():
            return {
                "solver": "adam",
                "learning_rate": optimizer.learning_rate_init,
                "beta_1": optimizer.beta_1,
                "beta_2": optimizer.beta_2,
                "epsilon": optimizer.epsilon,
                "t": optimizer.t,
            }


def loss_and_gradients(
    network: Network, parameters: Parameters, samples: Samples, threads: int
) -> tuple[float, Parameters]:
    """See `chainrule.engines.Engine`."""
    core = _core_of(network, parameters, min(len(samples.Y), CHUNK), threads)
    gradients = Parameters([np.empty_like(W) for W in parameters.W], [np.empty_like(b) for b in parameters.b])
    return core.loss_and_gradients(*samples, *gradients), gradients


def scores(network: Network, parameters: Parameters, X: Any, threads: int) -> Array:
    """See `chainrule.engines.Engine`."""
    m = X.shape[0]
    if m <= FEW and type(X) is np.ndarray:
        core = _core_for_few(network, parameters)
    else:
        core = _core_of(network, parameters, min(max(m, 1), CHUNK), threads)
    z: Array = np.empty((m, network.layer_sizes[-1]), parameters.W[0].dtype)
    core.scores(X, z)
    return z


def predictor(network: Network, parameters: Parameters) -> Callable[[Any], Array]:
    """See `chainrule.engines.Engine`."""
    write, K, dtype = _core_of(network, parameters, CHUNK, 1).scores, network.layer_sizes[-1], parameters.W[0].dtype

    def predict_proba(X: Any) -> Array:
        y_hat: Array = np.empty((X.shape[0], K), dtype)
        write(X, y_hat, probabilities=True)
        return y_hat

    return predict_proba
