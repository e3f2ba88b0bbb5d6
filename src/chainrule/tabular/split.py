"""Rows to train on and rows held out, in the same proportions of classes."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import train_test_split

from chainrule.errors import InputError

__all__ = ["check_early_stopping", "stratified_split"]


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
    _check_share(y, test_size, f"--test-size {test_size:g}", "holds out", "change the share, or add or remove rows")
    train, test = train_test_split(np.arange(len(y)), test_size=test_size, random_state=seed, stratify=y)
    return train, test


def check_early_stopping(y: npt.NDArray[Any], share: float) -> None:
    """Raise `InputError` unless early stopping can set a share of the rows to train on, of classes `y`, aside."""
    _check_share(y, share, "--early-stopping", "sets aside", "drop --early-stopping or add rows")


def _check_share(y: npt.NDArray[Any], share: float, option: str, takes: str, remedy: str) -> None:
    """Raise `InputError` unless every class can have a row on either side."""
    classes, counts = np.unique(y, return_counts=True)
    if counts.min() < 2:
        raise InputError(
            f"class {str(classes[counts.argmin()])!r} has a single row among {len(y)}: expected two or more of "
            f"every class, one to train on and one that {option} {takes}; {remedy}"
        )
    taken = int(np.ceil(share * len(y)))
    if min(taken, len(y) - taken) < len(classes):
        raise InputError(
            f"{option} of {len(y)} rows {takes} {taken}: expected a row of "
            f"each of the {len(classes)} classes on either side; {remedy}"
        )
