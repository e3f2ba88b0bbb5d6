"""Where the truth comes from when a test asks for it."""

from typing import Any

import numpy as np

from chainrule import Network, Parameters

STEP = 1e-30


def complex_step_gradients(network: Network, parameters: Parameters, X: Any, y: Any, w: Any = None) -> Parameters:
    """Return ∂loss/∂P for every entry of every array as Im loss(P + ih) / h: no subtraction, so no cancellation."""
    moved = parameters.astype(complex)
    gradients = Parameters([np.zeros(W.shape) for W in parameters.W], [np.zeros(b.shape) for b in parameters.b])
    for P, gradient in zip((*moved.W, *moved.b), (*gradients.W, *gradients.b), strict=True):
        for entry in np.ndindex(P.shape):
            P[entry] += 1j * STEP
            gradient[entry] = network.trace(moved, X, y, w)["loss"].imag / STEP
            P[entry] = P[entry].real
    return gradients


def relative_error(got: Parameters, expected: Parameters) -> float:
    """Return the largest error of any entry, against the largest entry of its own array."""
    return max(
        float(np.abs(g - e).max() / np.abs(e).max())
        for g, e in zip((*got.W, *got.b), (*expected.W, *expected.b), strict=True)
    )
