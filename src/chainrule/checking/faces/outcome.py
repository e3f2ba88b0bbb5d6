"""One file from its name to its verdicts, in the format that is asked for."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chainrule.checking.check import check_document
from chainrule.checking.code.strangers import check_code
from chainrule.checking.faces.data import csv_of, record_of, record_of_code, row_of
from chainrule.checking.faces.html import html_of, html_of_code
from chainrule.checking.faces.text import table_of, text_of
from chainrule.checking.parsing.documents import read_document
from chainrule.checking.sources import is_code
from chainrule.derivation.setting import Setting

__all__ = ["Look", "Outcome", "exit_code", "failed", "outcome_of", "together"]


@dataclass(frozen=True)
class Look:
    """What an answer is to look like.

    Attributes
    ----------
    form : str
        ``text``, ``json``, ``html`` or ``csv``.
    language : str
        Of its sentences.
    width : int
        Of text, in characters.
    colours : bool
        Of text, whether it has any.
    """

    form: str
    language: str
    width: int = 100
    colours: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of a file: its verdicts as data and as text of some format, or why there are none."""

    record: dict[str, Any] = field(default_factory=dict)
    content: str = ""
    error: str = ""


def outcome_of(source: str, look: Look, seconds: float, assumed: Sequence[Setting] = ()) -> Outcome:
    """Check a document, which may assume one of some networks, or a function, which is given some seconds."""
    if is_code(source):
        found = check_code(source, seconds=seconds)
        record = record_of_code(source, found, look.language)
        content = (
            html_of_code(source, found, look.language) if look.form == "html" else f"{found.told(look.language)}\n"
        )
    else:
        name = "standard input" if source == "-" else source
        report = check_document(read_document(source), name, assumed)
        record = record_of(report, look.language)
        content = html_of(report, look.language) if look.form == "html" else ""
        if look.form == "text":
            content = text_of(report, look.language, look.width, colours=look.colours)
    match look.form:
        case "json":
            content = _line(record)
        case "csv":
            content = csv_of([row_of(record)], look.language)
    return Outcome(record, content)


def failed(source: str, why: str) -> Outcome:
    """Return what comes of a file that cannot be checked."""
    return Outcome({"file": source, "steps": [], "first_wrong": None}, error=why.removeprefix(source).lstrip(": "))


def together(outcomes: Sequence[Outcome], form: str, language: str, width: int | None) -> str:
    """Return many files in one: a table for people or in CSV, or JSON, one object a line."""
    rows = [row_of(outcome.record, outcome.error) for outcome in outcomes]
    match form:
        case "csv":
            return csv_of(rows, language)
        case "json":
            return "".join(map(_line, (outcome.record for outcome in outcomes)))
        case _:
            return table_of(rows, language, width)


def _line(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """Return 1 when a step is wrong, else 3 when one is not understood or a file has none, else 0."""
    outcomes = list(outcomes)
    verdicts = [{step["verdict"] for step in outcome.record.get("steps", ())} for outcome in outcomes]
    if any("wrong" in found for found in verdicts):
        return 1
    return 3 if any(not found or "unreadable" in found for found in verdicts) else 0
