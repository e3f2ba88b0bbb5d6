"""Returned gradients beside the true ones, array by array."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from chainrule.activations import Array
from chainrule.checking.code.differences import Derivatives
from chainrule.checking.code.matching import Match
from chainrule.checking.code.report import Entry, Finding
from chainrule.checking.code.subject import Answer, Subject
from chainrule.checking.code.table import Table
from chainrule.checking.code.tolerance import Tolerance
from chainrule.checking.code.truths import Truth, differentiated
from chainrule.checking.message import Message, message

__all__ = ["compared", "distance", "excused"]

SHOWN = 5
MOVE = 1e-3


def distance(truth: Truth, gradient: Array) -> float:
    """Return how far a gradient of the right shape is from the true one, relative to its largest entry."""
    known = np.isfinite(truth.values)
    scale = np.abs(truth.values[known]).max(initial=0.0) or 1.0
    return float(np.abs(gradient[known] - truth.values[known]).max(initial=0.0) / scale)


def compared(
    name: str,
    match: Match | None,
    given: Answer,
    truth: Truth,
    tolerance: Tolerance,
    derivatives: Derivatives,
) -> Finding:
    """Return what there is to say of one array."""
    shape = derivatives.arrays[name].shape
    if match is None:
        return Finding(name, "", shape, "wrong", notes=[message("code_notes.no-gradient")])
    gradient, notes = given.gradients[match.name], [match.note] if match.note else []
    if gradient.shape != shape:
        got = str(gradient.shape)
        notes.append(message("code_notes.another-shape", name=match.name, expected=str(shape), got=got))
        notes += _if_only(gradient, truth, tolerance)
        return Finding(name, match.name, shape, "wrong", method=truth.method, notes=notes)
    known = np.isfinite(truth.values)
    off = np.where(known, np.abs(gradient - truth.values), 0)
    is_wrong = known & ~(off <= tolerance.allowed(match.name, truth.values) + truth.errors)
    scale = np.nanmax(np.abs(truth.values), initial=0.0)
    finding = Finding(
        name,
        match.name,
        shape,
        "wrong" if is_wrong.any() else "right",
        error=float(off.max(initial=0.0) / (scale or 1.0)),
        compared=int(known.sum()),
        method=truth.method,
        wrong=int(is_wrong.sum()),
        notes=notes,
    )
    if is_wrong.any():
        return replace(finding, entries=_worst(gradient, truth, is_wrong), ratio=_ratio(gradient, truth, tolerance))
    largest = max(float(scale), float(np.abs(gradient).max(initial=0.0)))
    resolution = float(np.nanmax(truth.errors, initial=0.0))
    if np.any(gradient) and resolution > largest / 2:
        note = message("code_notes.too-small", largest=largest, resolution=resolution)
        return replace(finding, verdict="unresolved", notes=[*notes, note])
    return finding


def _if_only(gradient: Array, truth: Truth, tolerance: Tolerance) -> list[Message]:
    """Return what there is to say of a gradient of the wrong shape whose values are right."""
    reshaped, transposed = message("code_notes.reshaped"), message("code_notes.transposed")
    for turned, note in ((gradient, reshaped), (gradient.T, transposed)):
        if turned.size == truth.values.size and np.isfinite(truth.values).all():
            same = np.abs(turned.reshape(truth.values.shape) - truth.values) <= tolerance.allowed("", truth.values)
            if same.all() and (note is reshaped or turned.shape == truth.values.shape):
                return [note]
    return []


def _worst(gradient: Array, truth: Truth, is_wrong: Array) -> list[Entry]:
    off = np.where(is_wrong, np.nan_to_num(np.abs(gradient - truth.values), nan=np.inf), -1.0).ravel()
    count = min(SHOWN, int(is_wrong.sum()))
    return [
        Entry(
            tuple(map(int, np.unravel_index(k, gradient.shape))), float(gradient.flat[k]), float(truth.values.flat[k])
        )
        for k in np.argsort(-off, kind="stable")[:count]
    ]


def _ratio(gradient: Array, truth: Truth, tolerance: Tolerance) -> float | None:
    """Return gradient / truth, if it is one number other than 1."""
    known = np.isfinite(truth.values)
    g, t = gradient[known].astype(float), truth.values[known]
    if not t.any():
        return None
    ratio = float(g @ t / (t @ t))
    is_constant = np.abs(g - ratio * t) <= abs(ratio) * tolerance.allowed("", t) + truth.errors[known]
    return ratio if t.size > 1 and is_constant.all() and abs(ratio - 1) > 1e-3 else None


def excused(
    finding: Finding,
    given: Answer,
    wide: Subject,
    derivatives: Derivatives,
    table: Table | None,
    tolerance: Tolerance,
    truths: Mapping[str, Truth],
    random: Generator,
) -> Finding:
    """Take out the entries that are off only since the loss has a kink right there: a little beside, they are right."""
    if not finding.wrong:
        return finding
    name = finding.name
    moved = {
        other: a + MOVE * derivatives.scale(other) * random.normal(size=a.shape)
        for other, a in derivatives.arrays.items()
    }
    gradient = wide.at(moved).gradients[finding.gradient]
    truth = truths[name]
    off = np.abs(given.gradients[finding.gradient] - truth.values)
    places = np.flatnonzero(~(off <= tolerance.allowed(finding.gradient, truth.values) + truth.errors) & ~np.isnan(off))
    beside = replace(derivatives, arrays=moved)
    if table is not None and name in table.names():
        there = Truth(table.gradients(moved)[name], np.zeros(gradient.shape), truth.method)
    else:
        there = differentiated(beside, name, [int(k) for k in places])
    allowed = tolerance.allowed(finding.gradient, there.values) + there.errors
    is_right = np.abs(gradient - there.values).ravel() <= allowed.ravel()
    cleared = places[is_right[places]]
    if not cleared.size or not all(derivatives.has_kink(name, int(k)) for k in cleared[:SHOWN]):
        return finding
    still = [entry for entry in finding.entries if np.ravel_multi_index(entry.index, finding.shape) not in cleared]
    left = finding.wrong - cleared.size
    return replace(
        finding,
        verdict="wrong" if left else "right",
        wrong=left,
        excused=cleared.size,
        entries=still,
        ratio=finding.ratio if left else None,
        error=finding.error if left else 0.0,
    )
