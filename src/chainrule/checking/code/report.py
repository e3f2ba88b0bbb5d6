"""What a check of gradients found, as data and as text."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any, Literal, Self

from chainrule.checking.code.words import lines_of
from chainrule.checking.message import Message

__all__ = ["Entry", "Finding", "GradientReport", "NamedSlip", "with_messages"]


@dataclass(frozen=True)
class Entry:
    """One entry that is off: its index, what was returned, and what the loss says."""

    index: tuple[int, ...]
    got: float
    expected: float


@dataclass(frozen=True)
class NamedSlip:
    """A slip of the list of names, the quantity whose line it is in, in words, and that line as it should be."""

    name: str
    where: str
    what: Message
    line: str


@dataclass(frozen=True)
class Finding:
    """What was found about one array.

    Attributes
    ----------
    name : str
        The parameter's.
    gradient : str
        The name or place by which its gradient was returned.
    shape : tuple of int
        The parameter's.
    verdict : {'right', 'wrong', 'unresolved'}
        unresolved: what there is of it is too small beside the rounding of the loss to be judged.
    error : float
        The largest difference of any entry, relative to the largest entry of the true gradient.
    compared : int
        How many entries were compared; all of them where it is the size.
    method : Message, optional
        What they were compared with.
    wrong : int
        How many are off.
    excused : int
        How many are left out, since the loss has a kink there.
    entries : list of Entry
        The worst.
    ratio : float, optional
        got / expected, where that is the same everywhere.
    slips : list of NamedSlip
        What explains the difference, likeliest first; those above it that are carried into it are not among them.
    carried_from : list of str
        The quantities whose slips are carried into this array.
    notes : list of Message
        What else there is to say.
    """

    name: str
    gradient: str
    shape: tuple[int, ...]
    verdict: Literal["right", "wrong", "unresolved"]
    error: float = 0.0
    compared: int = 0
    method: Message | None = None
    wrong: int = 0
    excused: int = 0
    entries: list[Entry] = field(default_factory=list)
    ratio: float | None = None
    slips: list[NamedSlip] = field(default_factory=list)
    carried_from: list[str] = field(default_factory=list)
    notes: list[Message] = field(default_factory=list)


@dataclass(frozen=True)
class GradientReport:
    """The gradients of a function beside those of its own loss.

    True in a condition if every array is right, and its text says what is not: ``assert check_gradients(…)``.

    Attributes
    ----------
    findings : list of Finding
        In the order of the backward pass where the network is known; wrong ones first.
    slips : list of NamedSlip
        The likeliest explanation of everything, in the order of the backward pass.
    alternatives : list of list of NamedSlip
        Others that fit as well.
    network : Message, optional
        The network that the loss is that of; none if it is none of the table's.
    notes : list of Message
        About the whole.
    """

    findings: list[Finding]
    slips: list[NamedSlip] = field(default_factory=list)
    alternatives: list[list[NamedSlip]] = field(default_factory=list)
    network: Message | None = None
    notes: list[Message] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every array is right."""
        return all(finding.verdict == "right" for finding in self.findings)

    def __bool__(self) -> bool:
        """Return whether every array is right."""
        return self.ok

    def told(self, language: str) -> str:
        """Return what a person reads: what is wrong first, and most of it about the first wrong array."""
        return "\n".join(lines_of(self, language))

    def __str__(self) -> str:
        """Return what a person reads, in English."""
        return self.told("en")

    __repr__ = __str__  # pytest shows this one where an assertion fails

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it: numbers that are none as text."""
        return {"ok": self.ok, **_plain(asdict(self))}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the report that `to_dict` was called on."""
        given = with_messages(given)
        findings = [
            Finding(
                **each
                | {
                    "shape": tuple(each["shape"]),
                    "error": float(each["error"]),
                    "entries": [
                        Entry(tuple(e["index"]), float(e["got"]), float(e["expected"])) for e in each["entries"]
                    ],
                    "slips": [NamedSlip(**slip) for slip in each["slips"]],
                }
            )
            for each in given["findings"]
        ]
        slips = [NamedSlip(**slip) for slip in given["slips"]]
        alternatives = [[NamedSlip(**slip) for slip in each] for each in given["alternatives"]]
        return cls(findings, slips, alternatives, given["network"], given["notes"])


def with_messages(value: Any) -> Any:
    """Return what JSON holds with its messages, all of which have their words."""
    match value:
        case {"key": str(key), "terms": dict(terms)}:
            said = Message(key, with_messages(terms))
            assert str(said)  # noqa: S101 - raises where it has none
            return said
        case dict():
            return {key: with_messages(item) for key, item in value.items()}
        case list():
            return [with_messages(item) for item in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, float) and not isfinite(value) else value
