"""A check as data: one JSON object a file, one row of a table a file."""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from math import isfinite
from typing import Any

from chainrule.algebra.latex import latex
from chainrule.algebra.notation import Notation
from chainrule.algebra.text import text
from chainrule.checking.check import Report, Step
from chainrule.checking.code.report import Finding, GradientReport
from chainrule.checking.faces.shown import notation_of, right_of
from chainrule.checking.faces.words import MARKS, said_of, said_of_assumed, shapes_boxes, spot_of
from chainrule.checking.judging.counterexamples import Counterexample
from chainrule.checking.message import message
from chainrule.derivation.messages import messages

__all__ = ["csv_of", "record_of", "record_of_code", "row_of"]

_VERDICTS = {"right": "correct", "wrong": "wrong", "unresolved": "unreadable"}

Record = dict[str, Any]


def record_of(report: Report, language: str) -> Record:
    """Return the check of a document for JSON; what is right is LaTeX, or of a line of code NumPy."""
    notation = notation_of(report)
    steps = [_step(step, report, notation, language) for step in report.steps]
    assumed = said_of_assumed(report, language)
    return _record(report.file, steps) | ({"assumed": assumed} if assumed else {})


def record_of_code(file: str, report: GradientReport, language: str) -> Record:
    """Return the check of a backward pass for JSON: a step for each gradient, its line of code as it should be."""
    return _record(file, [_finding(place, finding, language) for place, finding in enumerate(report.findings, 1)])


def _record(file: str, steps: list[Record]) -> Record:
    wrong = next((step for step in steps if step["verdict"] == "wrong"), None)
    first = {"block": wrong["block"], "link": wrong["link"]} if wrong else None
    return {"file": file, "steps": steps, "first_wrong": first}


def _step(step: Step, report: Report, notation: Notation, language: str) -> Record:
    right = right_of(step, report, notation)
    why = (saying.sentence for saying in said_of(step, report, notation, language) if saying.kind == "why")
    sentences = ["".join(piece if isinstance(piece, str) else text(piece) for piece in each) for each in why]
    if step.place:
        sentences.append(spot_of(step.place, report.document.blocks[step.block - 1].source, language))
    gap = messages(language, "checking")["words"]["gap"]
    return {
        "block": step.block,
        "link": step.link,
        "line": step.line,
        "source": step.source,
        "verdict": step.verdict,
        "granted": list(step.granted),
        "mistakes": list(step.mistakes),
        "explanation": gap.join(sentences),
        "counterexample": _counterexample(step.counterexample, notation) if step.counterexample else None,
        "right": right if right is None or isinstance(right, str) else latex(right),
    }


def _counterexample(found: Counterexample, notation: Notation) -> Record:
    if found.shapes is not None:
        written, right = map(text, shapes_boxes(found.shapes, notation))
        at = {"indices": dict(found.indices)} if found.indices else {}
        return at | {"shapes": {"written": written, "right": right}}
    numbers = {"written": found.written, "right": found.right}
    return {"indices": dict(found.indices)} | {name: x if isfinite(x) else None for name, x in numbers.items()}


def _finding(place: int, finding: Finding, language: str) -> Record:
    worst = finding.entries[0] if finding.entries else None
    said = [*(message("code.what-in", where=slip.where, what=slip.what) for slip in finding.slips), *finding.notes]
    gap = messages(language, "checking")["words"]["gap"]
    return {
        "block": place,
        "link": 1,
        "line": None,
        "source": finding.name,
        "verdict": _VERDICTS[finding.verdict],
        "granted": [],
        "mistakes": [slip.name for slip in finding.slips],
        "explanation": gap.join(message("code.sentence", said=each).told(language) for each in said),
        "counterexample": {"index": list(worst.index), "written": worst.got, "right": worst.expected}
        if worst
        else None,
        "right": "\n".join(slip.line for slip in finding.slips) or None,
    }


def row_of(record: Mapping[str, Any], error: str = "") -> Record:
    """Return a file's row: how many steps it has, how many of each verdict, and the first wrong one."""
    verdicts = [step["verdict"] for step in record["steps"]]
    counts = {verdict: verdicts.count(verdict) for verdict in MARKS}
    first = record["first_wrong"] or {"block": None, "link": None}
    where = {f"first_wrong_{name}": place for name, place in first.items()}
    return {"file": record["file"], "steps": len(verdicts), **counts, **where, "error": error}


def csv_of(rows: Sequence[Record], language: str) -> str:
    """Return rows as CSV, below their header."""
    columns = messages(language, "checking")["columns"]
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns[name] for name in rows[0])
    writer.writerows(row.values() for row in rows)
    return file.getvalue()
