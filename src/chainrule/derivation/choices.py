"""What a reader chooses, as a setting: unknown and contradictory choices are refused."""

from collections.abc import Sequence
from math import isfinite
from typing import get_args

from chainrule.algebra.expressions import Dimension
from chainrule.derivation.setting import MOST_CLASSES, Activation, Average, Layout, Output, Penalty, Setting
from chainrule.errors import InputError, nearest

__all__ = ["setting_of"]

DEEPEST = 4


def setting_of(
    *,
    depth: int | None = None,
    widths: Sequence[Dimension] | None = None,
    activation: Activation = "relu",
    negative_slope: float | None = None,
    output: Output = "softmax",
    layout: Layout = "rows",
    batch: bool = True,
    average: Average | None = None,
    l2: Penalty | bool = False,
) -> Setting:
    """Return the setting of some choices; see `derive` for what they mean.

    Raises
    ------
    InputError
        If a choice is unknown, or two of them contradict each other.
    """
    _check_known("activation", activation, get_args(Activation))
    _check_known("output", output, get_args(Output))
    _check_known("layout", layout, get_args(Layout))
    _check_known("average", average or "mean", get_args(Average))
    penalty: Penalty = ("lambda/2m" if batch else "lambda/2") if l2 is True else l2 or "none"
    _check_known("l2", penalty, get_args(Penalty))
    if average and not batch:
        raise InputError("average: there is nothing to average in one sample; leave it out")
    if penalty == "lambda/2m" and not batch:
        raise InputError("l2: one sample has no m; choose lambda/2")
    if negative_slope is not None and activation != "leaky_relu":
        raise InputError(f"negative slope: only leaky_relu has one, not {activation}")
    if negative_slope is not None and not isfinite(negative_slope):
        raise InputError(f"negative slope: expected a number, got {negative_slope}")
    return Setting(
        hidden=_hidden(depth, widths),
        activation=activation,
        output=output,
        negative_slope=0.01 if negative_slope is None else negative_slope,
        layout=layout,
        batch=batch,
        average=average or "mean",
        penalty=penalty,
        classes=_classes(widths[-1], output) if widths else None,
    )


def _check_known(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise InputError(f"{name}: {value!r} is not known{nearest(value, known)}")


def _hidden(depth: int | None, widths: Sequence[Dimension] | None) -> int:
    """Return the number of hidden layers."""
    hidden = 1 if depth is None else depth
    if widths is not None:
        if any(isinstance(width, int) and width < 1 for width in widths):
            raise InputError(f"widths: expected positive numbers, got {','.join(map(str, widths))}")
        hidden = len(widths) - 2
        if depth not in (None, hidden):
            raise InputError(f"widths: {len(widths)} widths make depth {hidden}, but depth is {depth}")
    if not 0 <= hidden <= DEEPEST:
        raise InputError(f"expected 0 to {DEEPEST} hidden layers, that is 2 to {DEEPEST + 2} widths; got {hidden}")
    return hidden


def _classes(last: Dimension, output: Output) -> int | None:
    """Return the width of the output where a setting makes a difference of it."""
    if isinstance(last, str):
        if output == "logistic":
            raise InputError(f"widths: of a logistic output, expected a number of units at the end, got {last}")
        return None
    if output == "logistic":
        return min(last, MOST_CLASSES)
    if last < 2:
        raise InputError("widths: a softmax has 2 classes or more; for one unit choose the logistic output")
    return last if last <= MOST_CLASSES else None
