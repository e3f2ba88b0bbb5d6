"""A check as a web page: the author's document, each step marked in the margin and folding open to what is said."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

from chainrule.algebra.boxes import Box
from chainrule.algebra.mathml import mathml
from chainrule.algebra.notation import Notation
from chainrule.checking.check import Report, Step
from chainrule.checking.code.report import GradientReport
from chainrule.checking.faces.shown import Line, lines_of, notation_of, prose_of
from chainrule.checking.faces.words import MARKS, Saying, counts_of, number_of, said_of, said_of_assumed
from chainrule.checking.parsing.syntax import Block, Prose
from chainrule.derivation.faces.page import page_of
from chainrule.derivation.messages import Sentence, messages

__all__ = ["html_of", "html_of_code", "html_of_failure"]

# "## Title" of Markdown, "\subsection*{Title}" of LaTeX.
_HEADING = re.compile(
    r"^(?:(?P<sign>#{1,6})[ \t]+|\\(?P<command>(?:sub)*section)\*?\{)(?P<title>.*?)(?(command)\})[ \t]*$", re.MULTILINE
)
# What LaTeX does not show.
_UNSEEN = re.compile(r"\\(?:(?:begin|end|label)\{[^{}]*\}|maketitle\b|noindent\b)")
_CLOSING = tuple(".,;:!?)，。；：、）")
_ITEM = re.compile(r"\n(?=[ \t]*(?:[-*+•]|\(?\w{1,3}[.)])[ \t])")


def html_of(report: Report, language: str) -> str:
    """Return the page of a document."""
    return _page("".join(_content(report, language)), report.file, language)


def html_of_code(file: str, report: GradientReport, language: str) -> str:
    """Return the page of a backward pass: what there is to say of it, as it is said on a terminal."""
    title = messages(language, "checking")["words"]["title"].format(file=file)
    return _page(f"<h1>{escape(title)}</h1>\n<pre>{escape(report.told(language))}</pre>\n", file, language)


def html_of_failure(file: str, why: str, language: str) -> str:
    """Return the page of a file that could not be checked, which says why."""
    words = messages(language, "checking")["words"]
    heading = f"<h1>{escape(words['title'].format(file=file))}</h1>\n"
    return _page(f"{heading}<p>{escape(words['not_checked'].format(why=why))}</p>\n", file, language)


def _page(content: str, file: str, language: str) -> str:
    title = messages(language, "checking")["words"]["title"].format(file=file)
    style = files(__package__).joinpath("check.css").read_text("utf-8")
    return page_of(content, language, title, "check", style)


def _content(report: Report, language: str) -> Iterator[str]:
    words = messages(language, "checking")["words"]
    notation = notation_of(report)
    yield f"<header>\n<h1>{escape(words['title'].format(file=report.file))}</h1>\n"
    yield f'<p class="counts">{_counts(report, language)}</p>\n'
    if first := report.first_wrong:
        where = f"{words['formula']} {number_of(first, report)}"
        yield f'<p class="wrong">{_mark(first, language)} {escape(words["first_wrong"] + words["colon"])}'
        yield f'<a href="#{_anchor(first)}">{escape(where)}</a></p>\n'
    elif report.system is None:
        yield f"<p>{escape(words['not_defined'])}</p>\n"
    if said := said_of_assumed(report, language):
        yield f"<p>{escape(said)}</p>\n"
    yield "</header>\n"
    for piece in report.document.pieces:
        if isinstance(piece, Prose):
            yield from _paragraph(piece, report)
        else:
            yield from _block(piece, report, notation, language)


def _counts(report: Report, language: str) -> str:
    """Return how many steps have which verdict, which is also what the marks mean."""
    told = messages(language, "checking")
    if not report.steps:
        return escape(told["words"]["no_steps"])
    pieces = (
        f'<span class="{verdict}"><span class="mark">{MARKS[verdict]}</span> '
        f"{escape(told['words']['count'].format(count=count, verdict=told['verdicts'][verdict]))}</span>"
        for verdict, count in counts_of(report).items()
    )
    return "\n".join(pieces)


def _paragraph(piece: Prose, report: Report) -> Iterator[str]:
    """Yield a paragraph with the headings in it; other markup stays as the author wrote it."""
    done = 0
    for heading in _HEADING.finditer(piece.text):
        yield from _plain_paragraph(piece, report, done, heading.start())
        level = 2 if heading["sign"] == "#" or heading["command"] == "section" else 3
        yield f"<h{level}>{_prose(prose_of(piece, report, *heading.span('title')))}</h{level}>\n"
        done = heading.end()
    yield from _plain_paragraph(piece, report, done, len(piece.text))


def _plain_paragraph(piece: Prose, report: Report, start: int, end: int) -> Iterator[str]:
    if _UNSEEN.sub("", piece.text[start:end]).strip():
        yield f"<p>{_prose(prose_of(piece, report, start, end))}</p>\n"


def _prose(sentence: Sentence) -> str:
    return _ITEM.sub("<br>\n", _inline([_UNSEEN.sub("", each) if isinstance(each, str) else each for each in sentence]))


def _inline(sentence: Sequence[str | Box]) -> str:
    """Return words and formulas; no line ends between a formula and the comma or bracket after it."""
    pieces: list[str] = []
    for before, piece in zip((None, *sentence), sentence, strict=False):
        if not isinstance(piece, str):
            pieces.append(mathml(piece, display=False))
        elif before is not None and piece.startswith(_CLOSING):
            pieces[-1] = f'<span class="kept">{pieces[-1]}{piece[0]}</span>{escape(piece[1:])}'
        else:
            pieces.append(escape(piece))
    return "".join(pieces)


def _block(block: Block, report: Report, notation: Notation, language: str) -> Iterator[str]:
    yield '<div class="block">\n'
    for line in lines_of(block, report):
        formula = _formula(line)
        if line.step is None:
            yield f'<div class="line">{formula}</div>\n'
            continue
        name = f'{_mark(line.step, language)}<span class="number">{number_of(line.step, report)}</span>'
        head = f'<span class="margin">{name}</span>{formula}'
        opening = f'class="line {line.step.verdict}" id="{_anchor(line.step)}"'
        if said := list(said_of(line.step, report, notation, language)):
            is_open = " open" if line.step is report.first_wrong else ""
            yield f"<details {opening}{is_open}>\n<summary>{head}</summary>\n{''.join(map(_said, said))}</details>\n"
        else:
            yield f"<div {opening}>{head}</div>\n"
    yield "</div>\n"


def _anchor(step: Step) -> str:
    return f"step-{step.block}-{step.link}"


def _mark(step: Step, language: str) -> str:
    """Return the sign of a verdict, and its word for who does not see it."""
    word = escape(messages(language, "checking")["verdicts"][step.verdict])
    return f'<span class="mark" role="img" aria-label="{word}" title="{word}">{MARKS[step.verdict]}</span>'


def _formula(line: Line) -> str:
    """Return a formula, or the source of what is not shown as one, with the spot that is not understood."""
    if line.formula is not None:
        goes_on = " goes-on" if line.goes_on else ""
        return f'<span class="scroll{goes_on}">{mathml(line.formula)}</span>'
    if line.spot is None:
        return f'<code class="scroll">{escape(line.source)}</code>'
    start, end = line.spot
    before, spot, after = map(escape, (line.source[:start], line.source[start:end], line.source[end:]))
    return f'<code class="scroll">{before}<mark class="here">{spot or "…"}</mark>{after}</code>'


def _said(saying: Saying) -> str:
    return f'<p class="{saying.kind}">{_inline(saying.sentence)}</p>\n'
