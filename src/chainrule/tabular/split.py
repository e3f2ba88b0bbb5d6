"""Rows to train on and rows held out, in the same proportions of classes."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import train_test_split

from chainrule.errors import InputError

__all__ = ["stratified_split"]


def stratified_split(
    y: npt.NDArray[Any], test_size: float, seed: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the numbers of the rows to train on and of those held out.

    Parameters
    ----------
    y : ndarray of shape (m,)
        The classes.
    test_size : float
        Share of the rows to hold out, in (0, 1).
    seed : int
        The same one gives the same split.

    Raises
    ------
    InputError
        When a class has a single row, or there are fewer rows on one side than classes.
    """
    classes, counts = np.unique(y, return_counts=True)
    if counts.min() < 2:
        raise InputError(
            f"class {str(classes[counts.argmin()])!r} has a single row: expected two or more of "
            "every class, one to train on and one to hold out; add rows or remove it"
        )
    held_out = int(np.ceil(test_size * len(y)))
    if min(held_out, len(y) - held_out) < len(classes):
        raise InputError(
            f"--test-size {test_size:g} of {len(y)} rows holds out {held_out}: expected a row of "
            f"each of the {len(classes)} classes on either side; choose another share"
        )
    train, test = train_test_split(np.arange(len(y)), test_size=test_size, random_state=seed, stratify=y)
    return train, test
