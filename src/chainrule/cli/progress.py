"""Fitting as people see it: a bar with the loss on a terminal, notes instead of warnings."""

import time
import warnings
from math import isfinite
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sklearn.exceptions import ConvergenceWarning

from chainrule.errors import InputError

__all__ = ["fit"]

# How the stochastic solvers and lbfgs warn of too few epochs; their other warnings say something else.
EPOCHS_RAN_OUT = ("Maximum iterations", "Increase the number of iterations")


class EpochBar:
    """A callback of scikit-learn's protocol that draws one bar for the epochs of one estimator."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("epoch"),
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(),
            console=console,
        )

    def setup(self, estimator: Any, context: Any) -> None:  # noqa: ARG002 - scikit-learn's protocol
        self._fit = context
        self._task = self._progress.add_task("", total=context.max_subtasks, figures="")
        self._progress.start()

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        pass

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        if context.parent is self._fit:
            figures = f"loss {estimator.loss_:.4f}"
            if estimator.validation_scores_:
                figures += f"  validation accuracy {estimator.validation_scores_[-1]:.4f}"
            self._progress.update(self._task, completed=estimator.n_iter_, figures=figures)

    def teardown(self, estimator: Any, context: Any) -> None:  # noqa: ARG002
        self._progress.stop()


def fit(network: Any, Z: Any, y: Any) -> tuple[float, list[str]]:
    """Fit the network.

    Returns
    -------
    seconds : float
        How long it took.
    notes : list of str
        What there is to say about it.

    Raises
    ------
    KeyboardInterrupt
        Which the estimator alone would take for a wish to stop early and keep what there is.
    FloatingPointError
        When the loss of the last epoch is not finite: the weights diverged, whichever are kept.
    """
    console = Console(stderr=True)
    if console.is_terminal:
        network.set_callbacks(EpochBar(console))
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            network.fit(Z, y)
        except ValueError as error:
            # What fails before an epoch has ended fails for what was given.
            raise (error if hasattr(network, "loss_") else InputError(str(error))) from error
        finally:
            network.set_callbacks()  # a callback has no place in a model file
    seconds = time.perf_counter() - start
    if any("interrupted" in str(warning.message) for warning in caught):
        raise KeyboardInterrupt
    if not isfinite(network.loss_):
        raise FloatingPointError(
            f"epoch {network.n_iter_} ended with loss {network.loss_:g}: the weights diverged, nothing was kept; "
            "lower --learning-rate or --alpha"
        )
    return seconds, list(dict.fromkeys(_note(warning, network.n_iter_) for warning in caught))


def _note(warning: warnings.WarningMessage, epochs: int) -> str:
    text = " ".join(str(warning.message).split())
    if issubclass(warning.category, ConvergenceWarning) and any(words in text for words in EPOCHS_RAN_OUT):
        return f"the loss was still falling after {epochs} epochs; --epochs {2 * epochs} may do better"
    return text
