"""A fit as scikit-learn's callbacks see it: a root task with one subtask an epoch."""

from typing import Any

__all__ = ["FitTasks"]


class FitTasks:
    """The tasks of one fit, opened and closed as they happen.

    Parameters
    ----------
    estimator : MLPClassifier
        Being fitted.
    X, y : array-like
        As the user gave them, so that a callback may predict and score without a warning about feature names.
    sample_weight : array-like or None
        Likewise.
    max_epochs : int
        At most so many subtasks will come.
    """

    def __init__(self, estimator: Any, X: Any, y: Any, sample_weight: Any, max_epochs: int) -> None:
        metadata = {} if sample_weight is None else {"metadata": {"sample_weight": sample_weight}}
        self._estimator = estimator
        self._seen = {"estimator": estimator, "X": X, "y": y, **metadata}
        self._root = estimator._init_callback_context(max_subtasks=max_epochs)  # noqa: SLF001 - scikit-learn's protocol
        self._root.call_on_fit_task_begin(**self._seen)
        self._epoch: Any = None

    def begin_epoch(self) -> None:
        """Open the next epoch, unless one is open already."""
        if self._epoch is None:
            self._epoch = self._root.subcontext(task_name="epoch")
            self._epoch.call_on_fit_task_begin(**self._seen)

    def end_epoch(self) -> bool:
        """Close the epoch; return whether a callback asks to stop."""
        epoch, self._epoch = self._epoch, None
        stop: bool = epoch.call_on_fit_task_end(**self._seen, reconstruction_attributes=self._fitted_now)
        return stop

    def end(self) -> None:
        """Close the whole fit."""
        self._root.call_on_fit_task_end(**self._seen, reconstruction_attributes={})

    def _fitted_now(self) -> dict[str, Any]:
        """Return what makes a copy of the estimator that predicts as of now, while this one goes on."""
        parameters = self._estimator._parameters.copy()  # noqa: SLF001 - the estimator's own helper
        return {"coefs_": parameters.W, "intercepts_": parameters.b}
