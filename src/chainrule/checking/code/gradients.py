"""Hand-written gradients beside the derivatives of their own loss, and the slips that explain the difference."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.checking.code.bare import named_plainly
from chainrule.checking.code.comparison import compared, distance, excused
from chainrule.checking.code.diagnosis import Explanation, explain
from chainrule.checking.code.differences import Derivatives
from chainrule.checking.code.lines import right_line
from chainrule.checking.code.matching import matched
from chainrule.checking.code.penalty import factor_in_code
from chainrule.checking.code.report import Finding, GradientReport, NamedSlip
from chainrule.checking.code.slips import Slip
from chainrule.checking.code.subject import Answer, Subject, subject_of
from chainrule.checking.code.table import Table, recognise
from chainrule.checking.code.tolerance import Tolerance, tolerance_of
from chainrule.checking.code.truths import Truth, confirmed, probes, searched, truths_of
from chainrule.checking.message import Message, Refused, message

__all__ = ["assert_gradients", "check_gradients"]


def check_gradients(
    fn: Callable[..., Any], params: Any, *args: Any, entries: int = 200, seed: int = 0
) -> GradientReport:
    """Compare the gradients that a function returns with the derivatives of the loss that it returns.

    The derivatives are complex-step ones where fn takes complex numbers and stays analytic, and extrapolated central
    differences otherwise. Where the loss has the values of a `chainrule.Network`'s, B1–B5 are the truth for every
    entry, and the slips that lead to what was returned are named.

    Parameters
    ----------
    fn : callable
        ``fn(params, *args)``, ``fn(*params, *args)`` or, with params a dict, ``fn(W1=…, …)``, whichever its signature
        takes. Returns a loss and gradients in a tuple or a dict; gradients in a dict by any usual name (``W1``,
        ``dW1``, ``grad_W1``), or in a tuple or list in any order. Bind keyword arguments with functools.partial.
    params : dict, tuple or list
        Of ndarrays, lists or tensors without autograd; nested as fn likes.
    *args
        Whatever else fn takes, such as X and y.
    entries : int, default=200
        How many entries of an array are differentiated; the others are tried along random directions together, and
        a wrong one among them is looked for. With a network of the table all entries are compared.
    seed : int, default=0
        Of the entries and directions.

    Returns
    -------
    GradientReport
        True if every gradient is right; its text says what is wrong. ``assert check_gradients(…)`` shows it in pytest.

    Raises
    ------
    InputError
        If fn returns no loss and gradients, a loss that is not finite, or another loss each time.

    Examples
    --------
    >>> import numpy as np
    >>> def fn(w, x):
    ...     return (w * x).sum(), 2 * x
    >>> bool(check_gradients(fn, np.array([1.0, 2.0]), np.array([3.0, 5.0])))
    False
    """
    random = np.random.default_rng(seed)
    given, subject = _called(subject_of(fn, params, args))
    wide = subject.widened(given)
    derivatives = Derivatives(wide.loss, wide.arrays, wide.at(wide.arrays).precision)
    derivatives = replace(derivatives, is_complex=derivatives.is_analytic(probes(derivatives, given)))
    table = confirmed(recognise(wide, random), derivatives, random)
    if table is not None:
        table = replace(table, factor=factor_in_code(wide, table))
    truths = truths_of(derivatives, given, table, entries, random)
    tolerance = tolerance_of(subject, given, table.off if table else 0.0, random)
    matches = matched(derivatives.arrays, given.gradients, lambda name, g: distance(truths[name], g))
    if table is None:
        truths = searched(derivatives, given, truths, matches, tolerance, random)
    findings = [compared(name, match, given, truths[name], tolerance, derivatives) for name, match in matches.items()]
    findings = [excused(finding, given, wide, derivatives, table, tolerance, truths, random) for finding in findings]
    return _reported(findings, subject, given, derivatives, table, truths, tolerance)


def assert_gradients(fn: Callable[..., Any], params: Any, *args: Any, entries: int = 200, seed: int = 0) -> None:
    """Raise an AssertionError with the report if `check_gradients` finds anything wrong; the arguments are its own."""
    report = check_gradients(fn, params, *args, entries=entries, seed=seed)
    if not report:
        raise AssertionError(str(report))


def _called(subject: Subject) -> tuple[Answer, Subject]:
    """Call a function twice as it is given, and refuse what no derivative can be taken of."""
    given, again = subject.answer(), subject.answer()
    if isinstance(given.loss, complex) or not np.isfinite(given.loss):
        raise Refused("infinite-loss", got=str(given.loss))
    if given.loss != again.loss:
        raise Refused("random-loss", one=repr(given.loss), other=repr(again.loss))
    return given, subject


def _reported(
    findings: list[Finding],
    subject: Subject,
    given: Answer,
    derivatives: Derivatives,
    table: Table | None,
    truths: Mapping[str, Truth],
    tolerance: Tolerance,
) -> GradientReport:
    notes = _notes(findings, given)
    if table is None:
        named = [named_plainly(finding, subject, given, truths, tolerance) for finding in findings]
        slips = [slip for finding in named for slip in finding.slips]
        return GradientReport(_wrong_first(named), slips, notes=notes)
    names = table.names()
    findings = sorted(findings, key=lambda finding: _place(names.get(finding.name, "")))
    if table.off > 1e-11:
        notes.append(message("code_notes.clipped", off=table.off))
    explanations = []
    if any(finding.verdict == "wrong" for finding in findings):
        returned = {
            f"d{names[finding.name]}": given.gradients[finding.gradient].astype(float)
            if finding.verdict == "wrong"
            else truths[finding.name].values
            for finding in findings
            if finding.name in names and finding.gradient
        }
        with np.errstate(all="ignore"):
            explanations = explain(table, derivatives.arrays, returned, lambda true: tolerance.allowed("", true))
        findings = [_explained(finding, names.get(finding.name), explanations[0], table) for finding in findings]
    every = [[_named(slip, table) for slip in each.slips] for each in explanations]
    slips, others = (every[0], every[1:]) if every else ([], [])
    return GradientReport(_wrong_first(findings), slips, others, _title(table), notes)


def _wrong_first(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: finding.verdict == "right")


def _notes(findings: list[Finding], given: Answer) -> list[Message]:
    taken = {finding.gradient for finding in findings}
    left = [name for name, array in given.gradients.items() if name not in taken and array.ndim]
    return [message("code_notes.besides", names=", ".join(left))] if left else []


def _place(name: str) -> tuple[int, str]:
    """Return where the backward pass comes to an array: the last layer first, W before b."""
    return (-int(name[1:]), name[0]) if name else (1, "")


def _title(table: Table) -> Message:
    of = table.network
    units = message("code.units", hidden=of.activation, output=of.output) if of.depth > 1 else of.output
    samples = message("code.columns" if table.is_columns else "code.rows", m=table.m)
    if np.isclose(table.data, table.m) and table.m > 1:
        loss = message("code.sum", samples=samples)
    elif np.isclose(table.data, 1):
        loss = message("code.mean", samples=samples)
    else:
        loss = message("code.scaled-mean", factor=table.data, samples=samples)
    if table.of_W:
        loss = message("code.penalised", loss=loss, factor=table.of_W)
    return message("code.network", sizes="-".join(map(str, of.layer_sizes)), units=units, loss=loss)


def _named(slip: Slip, table: Table) -> NamedSlip:
    lines = [right_line(table, slip.where)]
    if slip.name.endswith("-mean") and slip.where[:2] in ("dW", "db"):  # the mean is in there
        lines.insert(0, right_line(table, f"dz{table.network.depth}"))
    return NamedSlip(slip.name, slip.where, slip.what, "\n".join(lines))


def _explained(finding: Finding, name: str | None, explanation: Explanation, table: Table) -> Finding:
    slips = explanation.of.get(f"d{name}")
    if finding.verdict == "right" or name is None:
        return finding
    if not slips:
        return replace(finding, notes=[*finding.notes, message("code_notes.no-slip")])
    own = [slip for slip in slips if slip.where[2:] == name[1:]]
    carried = list(dict.fromkeys(slip.where for slip in slips if slip not in own))
    return replace(finding, slips=[_named(slip, table) for slip in own], carried_from=carried)
