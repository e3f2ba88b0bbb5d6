"""A check for a terminal: the first wrong line, then all steps in order."""

from collections.abc import Iterable, Mapping
from io import StringIO
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from chainrule.algebra.text import text
from chainrule.checking.check import Report, Step
from chainrule.checking.faces.shown import lines_of, notation_of
from chainrule.checking.faces.words import MARKS, Saying, counts_of, number_of, said_of, said_of_assumed
from chainrule.checking.parsing.problems import Span
from chainrule.derivation.messages import Sentence, messages

__all__ = ["table_of", "text_of"]

_STYLES = {"correct": "green", "convention": "cyan", "wrong": "bold red", "unreadable": "yellow"}
_MARGIN = 8  # as wide as a mark, the longest usual number, and a space


def text_of(report: Report, language: str, width: int = 100, *, colours: bool = False) -> str:
    """Return a check as text, plain or for a terminal; sentences are broken at a width, formulas are not."""
    file = StringIO()
    console = Console(
        file=file, width=width, color_system="auto" if colours else None, force_terminal=colours, legacy_windows=False
    )
    _print(report, language, console)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def _print(report: Report, language: str, console: Console) -> None:
    words = messages(language, "checking")["words"]
    notation = notation_of(report)
    first = report.first_wrong
    if first:
        _print_heading(words["first_wrong"], console)
        _print_step(first, first.source, report, console)
        _print_said(said_of(first, report, notation, language), console)
        console.print()
        _print_heading(words["all_steps"], console)
    for line in (line for block in report.document.blocks for line in lines_of(block, report)):
        if line.step is None:
            continue
        _print_step(line.step, line.source, report, console, line.spot)
        if line.step is not first:
            _print_said(said_of(line.step, report, notation, language), console)
    if report.steps:
        console.print()
        _print_assumed(report, language, console)
    elif report.system is None:
        console.print(words["not_defined"])
    console.print(Text(_summary(report, language), "bold"), soft_wrap=True)


def table_of(rows: Iterable[Mapping[str, Any]], language: str, width: int | None) -> str:
    """Return a line for each file: its steps, how many have which verdict, the first wrong one."""
    told = messages(language, "checking")
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(told["words"]["file"], overflow="fold")
    for heading in (told["words"]["all"], *told["verdicts"].values()):
        table.add_column(heading, justify="right")
    table.add_column(told["words"]["first"])
    for row in rows:
        first = row["error"] or _place(row["first_wrong_block"], row["first_wrong_link"])
        cells = (row["file"], row["steps"], *(row[verdict] for verdict in MARKS), first)
        table.add_row(*(Text(_plain(str(cell))) for cell in cells))
    file = StringIO()
    Console(file=file, width=width or 1000, color_system=None, legacy_windows=False).print(table)
    return "\n".join(line.rstrip() for line in file.getvalue().strip("\n").splitlines()) + "\n"


def _place(block: int | None, link: int | None) -> str:
    return "" if block is None else f"{block}" if link == 1 else f"{block}.{link}"


def _summary(report: Report, language: str) -> str:
    """Return how many steps a file has, and how many of each verdict."""
    told = messages(language, "checking")
    words = told["words"]
    if not report.steps:
        return _plain(report.file) + words["colon"] + words["no_steps"]
    counts = (
        words["count"].format(count=count, verdict=told["verdicts"][name])
        for name, count in counts_of(report).items()
        if count
    )
    return _plain(report.file) + words["colon"] + words["comma"].join([_steps(report, words), *counts])


def _steps(report: Report, words: Mapping[str, str]) -> str:
    return words["one_step" if len(report.steps) == 1 else "steps"].format(count=len(report.steps))


def _plain(source: str) -> str:
    """Return what a file says on one line, without the control characters that a terminal would obey."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(source.split()))


def _print_assumed(report: Report, language: str, console: Console) -> None:
    if said := said_of_assumed(report, language):
        console.print(Text(said))


def _print_heading(heading: str, console: Console) -> None:
    console.print(Text(heading, "bold underline"))


def _print_step(step: Step, source: str, report: Report, console: Console, spot: Span | None = None) -> None:
    number = f"{MARKS[step.verdict]} {number_of(step, report)} ".ljust(_MARGIN)
    console.print(Text.assemble((number, _STYLES[step.verdict]), _plain(source)), soft_wrap=True)
    if spot is not None:
        before = cell_len(_plain(f"{source[: spot.start]}|")) - 1
        width = cell_len(_plain(source[: spot.end])) - before
        console.print(Text(" " * (len(number) + before) + "^" * max(1, width), _STYLES[step.verdict]), soft_wrap=True)


def _print_said(said: Iterable[Saying], console: Console) -> None:
    for saying in said:
        style = "dim" if saying.kind == "tag" else ""
        for paragraph in _paragraphs(saying.sentence):
            console.print(Padding(Text(paragraph, style), (0, 0, 0, _MARGIN)), soft_wrap="\n" in paragraph)


def _paragraphs(sentence: Sentence) -> list[str]:
    """Return a sentence in one piece, but for a formula of several lines, which stands by itself."""
    paragraphs = [""]
    for piece in sentence:
        words = piece if isinstance(piece, str) else text(piece)
        if "\n" in words:
            paragraphs += [words, ""]
        else:
            paragraphs[-1] += words
    return [paragraph if "\n" in paragraph else _plain(paragraph) for paragraph in paragraphs if paragraph]
