"""The table itself, in NumPy, one batch after the other."""

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches

from chainrule.network import Network, Parameters, Samples
from chainrule.optimizers import Optimizer

__all__ = ["run_epoch"]


def run_epoch(
    network: Network,
    parameters: Parameters,
    optimizer: Optimizer,
    samples: Samples,
    order: NDArray[np.intp],
    batch_size: int,
) -> float:
    """Take one step of the optimiser for each batch, and return the mean loss on the way.

    Parameters
    ----------
    network : Network
        What is trained.
    parameters : Parameters
        Moved in place.
    optimizer : SGD or Adam
        Moved in place.
    samples : Samples
        The training rows.
    order : ndarray of int of shape (m,)
        The rows in the order of this epoch.
    batch_size : int
        Rows a step; the last batch may have fewer.

    Returns
    -------
    float
        Σ_B M_B loss_B / Σ_B M_B over the batches B: each loss is taken before its own step. A batch without weight
        has no mean and is passed over.
    """
    accumulated = 0.0
    for rows in gen_batches(len(order), batch_size):
        batch = samples.take(order[rows])
        if weight := batch.total_weight:
            loss, gradients = network.loss_and_gradients(parameters, *batch)
            optimizer.step(parameters, gradients)
            accumulated += weight * loss
    return float(accumulated / samples.total_weight)
