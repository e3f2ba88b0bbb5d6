"""What a check of gradients found, in words: what is wrong first, and most of it about the first wrong array."""

from collections.abc import Iterable, Iterator
from math import prod
from typing import TYPE_CHECKING

from chainrule.checking.message import Message, message, told
from chainrule.derivation.messages import messages

if TYPE_CHECKING:
    from chainrule.checking.code.report import Finding, GradientReport, NamedSlip

__all__ = ["lines_of", "slip_in_words"]


def lines_of(report: "GradientReport", language: str) -> Iterator[str]:
    """Yield the lines of a report in a language."""

    def joined(said: Iterable[Message], by: str) -> str:
        return str(messages(language, "checking")["words"][by]).join(each.told(language) for each in said)

    bad = [finding for finding in report.findings if finding.verdict != "right"]
    good = [finding for finding in report.findings if finding.verdict == "right"]
    yield joined([_heading(report), *([report.network] if report.network else [])], "colon")
    for finding in bad:
        yield ""
        for indent, said in _of_wrong(finding):
            yield "  " * indent + told(said, language)
    for slips in report.alternatives:
        yield ""
        yield message("code.or", slips=joined(map(slip_in_words, slips), "semicolon")).told(language)
    if good:
        yield ""
    for finding in good:
        yield joined(_of_right(finding), "comma")
        yield from (f"  {note.told(language)}" for note in finding.notes)
    yield from (message("code.note", note=note).told(language) for note in report.notes)


def slip_in_words(slip: "NamedSlip") -> Message:
    """Return a slip's name, the line that it is in, and what it is."""
    return message("code.slip", name=slip.name, where=slip.where, what=slip.what)


def _heading(report: "GradientReport") -> Message:
    verdicts = [finding.verdict for finding in report.findings]
    if wrong := verdicts.count("wrong"):
        return message("code.some-wrong", wrong=wrong, count=len(verdicts))
    return message("code.all-right", count=verdicts.count("right"))


def _of_right(finding: "Finding") -> Iterator[Message]:
    size = prod(finding.shape)
    compared = message("code.some-entries", compared=finding.compared, count=size)
    if finding.compared == size:
        compared = message("code.all-entries", count=size)
    yield message("code.right-to", name=finding.name, error=finding.error)
    yield message("code.compared", entries=compared, method=finding.method or "")
    if finding.excused:
        yield message("code.excused", count=finding.excused)


def _of_wrong(finding: "Finding") -> Iterator[tuple[int, Message | str]]:
    """Yield the lines about an array that is not right, each with its indentation; code is in no language."""
    verdict = message("code.wrong" if finding.verdict == "wrong" else "code.unresolved")
    yield 0, message("code.array", name=finding.name, shape=str(finding.shape), verdict=verdict)
    yield from ((1, note) for note in finding.notes)
    if finding.entries:
        yield 1, message("code.off", wrong=finding.wrong, compared=finding.compared, error=finding.error)
    for entry in finding.entries:
        index = ", ".join(map(str, entry.index))
        yield 2, message("code.entry", name=finding.name, index=index, got=entry.got, expected=entry.expected)
    if finding.ratio is not None:
        yield 1, _everywhere(finding.ratio)
    if finding.carried_from:
        names = ", ".join(finding.carried_from)
        yield 1, message("code.carried-besides" if finding.slips else "code.carried", names=names)
    for slip in finding.slips:
        yield 1, slip_in_words(slip)
        yield from ((2, line) for line in slip.line.split("\n"))


def _everywhere(ratio: float) -> Message:
    """Return by how much an array is off, if it is so everywhere."""
    if ratio == 0:
        return message("code.zero-everywhere")
    size = abs(ratio)
    if abs(size - 1) <= 1e-3:
        return message("code.other-sign")
    times = max(size, 1 / size)
    if ratio < 0:
        return message("code.other-sign-too-large" if size > 1 else "code.other-sign-too-small", times=times)
    return message("code.too-large" if size > 1 else "code.too-small", times=times)
