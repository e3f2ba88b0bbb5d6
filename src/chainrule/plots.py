"""Pictures of a fit."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from chainrule.errors import InputError
from chainrule.files.writing import check_writable, written_whole

__all__ = ["check_plottable", "plot_curves"]

SUFFIXES = (".png", ".svg", ".pdf")

# Dark enough on white, and apart for colour-blind eyes.
TRAINING, VALIDATION, SCORE = "#0072b2", "#d55e00", "#00795c"


def check_plottable(path: Path) -> None:
    """Raise `InputError` unless a picture can be drawn and put at `path`."""
    check_writable(path, SUFFIXES)
    if find_spec("matplotlib") is None:
        raise InputError("plots need matplotlib: pip install 'chainrule[plot]'")


def plot_curves(estimator: Any, path: Path) -> None:
    """Draw the loss of a fitted classifier by epoch, and its validation loss and score if any.

    Parameters
    ----------
    estimator : MLPClassifier
        Fitted.
    path : Path
        A .png, .svg or .pdf, written whole or not at all.

    Raises
    ------
    InputError
        When matplotlib is missing, or no such file can be put there.
    """
    check_plottable(path)
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7, 4.2), dpi=150, layout="constrained")
    axes = figure.add_subplot(xlabel="epoch", ylabel="loss (log scale)", yscale="log")
    _curve(axes, estimator.loss_curve_, TRAINING, "training loss")
    if getattr(estimator, "validation_loss_curve_", None):
        _curve(axes, estimator.validation_loss_curve_, VALIDATION, "validation loss")
    axes.grid(which="major", color="0.9")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.spines[["top", "right"]].set_visible(False)
    if estimator.validation_scores_:
        right = axes.twinx()
        right.set_ylabel("validation accuracy", color=SCORE)
        right.tick_params(axis="y", colors=SCORE)
        right.spines["top"].set_visible(False)
        _curve(right, estimator.validation_scores_, SCORE, "validation accuracy", linestyle="--")
    figure.legend(loc="outside upper right", ncols=3, frameon=False)
    axes.set_title(f"{estimator.n_iter_} epochs", loc="left")
    with written_whole(path) as file:
        figure.savefig(file, format=path.suffix[1:].lower())


def _curve(axes: Any, values: list[float], color: str, label: str, linestyle: str = "-") -> None:
    epochs = range(1, len(values) + 1)
    # A single epoch is a point: no line would show.
    axes.plot(
        epochs,
        values,
        linestyle,
        color=color,
        label=label,
        marker="o" if len(values) == 1 else None,
    )
