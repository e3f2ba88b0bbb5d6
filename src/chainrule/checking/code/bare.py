"""Slips that the numbers alone show, where the network is none of the table's."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from chainrule.checking.code.arrays import arrays_in
from chainrule.checking.code.report import Finding, NamedSlip
from chainrule.checking.code.slips import said
from chainrule.checking.code.subject import Answer, Subject
from chainrule.checking.code.tolerance import Tolerance
from chainrule.checking.code.truths import Truth

__all__ = ["named_plainly"]


def named_plainly(
    finding: Finding, subject: Subject, given: Answer, truths: Mapping[str, Truth], tolerance: Tolerance
) -> Finding:
    """Name the slip in an array of a network that is not the table's, where the numbers alone say it."""
    if finding.verdict != "wrong" or not finding.entries:
        return finding
    name, quantity = finding.name, f"d{finding.name}"
    truth, gradient = truths[name], given.gradients[finding.gradient]
    allowed = tolerance.allowed("", truth.values) + truth.errors
    if finding.ratio is not None:
        sizes = sorted({d for array in arrays_in(subject.args).values() for d in array.shape if d > 1})
        signs = [NamedSlip("sign", quantity, said("sign"), f"{quantity} = -{quantity}")]
        means = [_mean(quantity, abs(finding.ratio), m) for m in sizes]
        found = [*(signs if finding.ratio < 0 else []), *(slip for slip in means if slip)]
        return replace(finding, slips=found)
    known, p = np.isfinite(truth.values), subject.arrays[name]
    rest, squares = (gradient - truth.values)[known], float((p[known] ** 2).sum())
    if known.sum() > 3 and squares:
        factor = float(rest @ p[known]) / squares
        if (np.abs(rest - factor * p[known]) <= allowed[known]).all():
            slip = "missing-penalty" if factor < 0 else "penalty-factor"
            what = said("penalty-short" if factor < 0 else "penalty-over", factor=factor, name=name)
            line = f"{quantity} = {quantity} {-factor:+.4g} * {name}"
            return replace(finding, slips=[NamedSlip(slip, quantity, what, line)])
    is_square = gradient.ndim == 2 and gradient.shape == gradient.T.shape and known.all()
    if is_square and (np.abs(gradient.T - truth.values) <= allowed).all():
        what, line = said("transposed"), f"{quantity} = {quantity}.T"
        return replace(finding, slips=[NamedSlip("missing-transpose", quantity, what, line)])
    return finding


def _mean(quantity: str, ratio: float, m: int) -> NamedSlip | None:
    if np.isclose(ratio, m, rtol=1e-3):
        return NamedSlip("missing-mean", quantity, said("missing-mean", m=m), f"{quantity} = {quantity} / {m}")
    if np.isclose(ratio, 1 / m, rtol=1e-3):
        return NamedSlip("extra-mean", quantity, said("extra-mean", m=m), f"{quantity} = {quantity} * {m}")
    return None
