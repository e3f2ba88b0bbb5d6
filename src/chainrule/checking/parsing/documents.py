"""From a file as people write it to what it says: its formulas, block by block, and the paragraphs between them."""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

from chainrule.checking.message import Refused, message
from chainrule.checking.parsing.code_lines import looks_like_numpy, statement_lines
from chainrule.checking.parsing.derivatives import CLAIM, DERIVATIVE
from chainrule.checking.parsing.lexer import Lexer
from chainrule.checking.parsing.macros import Macros, without_definitions
from chainrule.checking.parsing.markup import (
    has_formulas,
    inline_formulas,
    stretches,
    without_comments,
    without_delimiters,
    without_preamble,
)
from chainrule.checking.parsing.new_values import with_new_values
from chainrule.checking.parsing.numpy_functions import functions_in
from chainrule.checking.parsing.numpy_lines import NO_FUNCTIONS, numpy_chains
from chainrule.checking.parsing.problems import NotUnderstood, Span, unreadable
from chainrule.checking.parsing.sentences import is_prose
from chainrule.checking.parsing.statements import chains_of
from chainrule.checking.parsing.syntax import Block, Chain, Document, Node, Prose, Unread, unplaced
from chainrule.checking.parsing.typed import lexer_of
from chainrule.checking.parsing.updates import activated_in, put_together
from chainrule.files.bounds import check_readable

__all__ = ["MAX_BYTES", "read_document", "read_text"]

MAX_BYTES = 1 << 20  # of text
MAX_NOTEBOOK_BYTES = 1 << 24  # pictures among it
MAX_MARKS = 40_000  # that may begin or end a formula
MAX_FORMULAS = 100_000  # characters of formulas and code: a second's work

# What files are that are no text, and what they begin with.
_NO_TEXT = (
    (message("kinds.pdf"), (b"%PDF-",)),
    (message("kinds.picture"), (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")),
    (message("kinds.office"), (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf")),
)

_MARKS = ("$", "`", r"\(", r"\[", r"\begin")
_EQUATION = re.compile(r"[=≈∈≜≔≡∝←]|\\(?:in|approx|triangleq|equiv|propto|leftarrow|gets|coloneqq?)\b")
_SPAN = re.compile(r"`[^`]+`")  # code in a sentence
_ENUMERATION = re.compile(r"\s*(?:\(\w{1,3}\)|\d{1,3}[.)]|[-*+•])\s+")


def read_document(path: str | Path) -> Document:
    """Read a derivation, or a piece of NumPy.

    Parameters
    ----------
    path : str or Path
        Markdown, LaTeX, a Jupyter notebook (``.ipynb``), Python or other text; ``-`` is standard input.

    Returns
    -------
    Document
        A block that is not understood says why.

    Raises
    ------
    InputError
        When there is no such file, or what is in it is not text of the size that is read.
    """
    if str(path) == "-":
        return read_text(_decoded(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input"), "standard input")
    path = Path(path)
    check_readable(path)
    notebook = path.suffix.lower() == ".ipynb"
    limit = MAX_NOTEBOOK_BYTES if notebook else MAX_BYTES
    with path.open("rb") as file:
        text = _decoded(file.read(limit + 1), str(path), limit)
    if notebook:
        return _notebook(text, str(path))
    return read_text(text, str(path), path.suffix.lower())


def _decoded(data: bytes, source: str, limit: int = MAX_BYTES) -> str:
    """Return what is written in UTF-8, or in UTF-16 that says so with its first two bytes."""
    for kind, beginnings in _NO_TEXT:
        if data.startswith(beginnings):
            raise Refused("no-document", source=source, kind=kind)
    if len(data) > limit:
        raise Refused("too-large", source=source, most=limit / (1 << 20))
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    if b"\0" in data and encoding != "utf-16":
        raise Refused("no-text", source=source)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Refused("no-utf8", source=source) from error


def read_text(text: str, source: str = "text", suffix: str = ".md") -> Document:
    """Read a derivation that is at hand; `suffix` says what it is written in.

    Raises
    ------
    InputError
        When it is longer than what is read.
    """
    return _Reader(source).document([(text, suffix, None)])


def _notebook(text: str, source: str) -> Document:
    try:
        cells = json.loads(text)["cells"]
        written = [(cell["cell_type"], cell["source"]) for cell in cells]
        texts = [(kind, "".join([lines] if isinstance(lines, str) else lines)) for kind, lines in written]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Refused("no-notebook", source=source) from error
    suffixes = {"markdown": ".md", "code": ".py"}
    return _Reader(source).document(
        [(cell, suffixes[kind], number) for number, (kind, cell) in enumerate(texts, 1) if kind in suffixes]
    )


def _with_chains(pieces: Iterable[Block | Prose], chains: Iterable[Chain]) -> Iterator[Block | Prose]:
    """Yield pieces with other chains, as many as they had."""
    others = iter(chains)
    for piece in pieces:
        yield replace(piece, chains=tuple(islice(others, len(piece.chains)))) if isinstance(piece, Block) else piece


class _Reader:
    """Reads the parts of one document, which share its macros and its bounds."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.macros = Macros()
        self.functions = NO_FUNCTIONS
        self.activated: dict[str, Node] = {}
        self.characters = 0
        self.before: Node | None = None  # what a formula goes on with that begins with a sign

    def document(self, parts: Iterable[tuple[str, str, int | None]]) -> Document:
        """Read texts, each with what it is written in and the number of its cell, and number their blocks."""
        pieces: list[Block | Prose] = []
        for text, suffix, cell in parts:
            pieces += [replace(piece, cell=cell) for piece in self._pieces(self._checked(text), suffix)]
        if not any(isinstance(piece, Block) and _may_claim(piece) for piece in pieces):
            pieces = [each for piece in pieces for each in self._opened(piece)]
        written = [chain for piece in pieces if isinstance(piece, Block) for chain in piece.chains]
        numbers = count(1)
        return Document(
            tuple(
                replace(piece, number=next(numbers)) if isinstance(piece, Block) else piece
                for piece in _with_chains(pieces, with_new_values(written, self.activated))
            )
        )

    def _checked(self, text: str) -> str:
        try:
            size = len(text.encode())
        except UnicodeEncodeError as error:
            raise Refused("half-character", source=self.source) from error
        if size > MAX_BYTES:
            raise Refused("too-large", source=self.source, most=MAX_BYTES / (1 << 20))
        if sum(map(text.count, _MARKS)) > MAX_MARKS:
            raise Refused("too-many-marks", source=self.source, most=MAX_MARKS)
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def _count(self, formula: str) -> None:
        self.characters += len(formula) + 10  # to begin one is work, too
        if self.characters > MAX_FORMULAS:
            raise Refused("too-many-formulas", source=self.source, most=MAX_FORMULAS)

    def _pieces(self, text: str, suffix: str) -> Iterator[Block | Prose]:
        """Yield blocks, all with number 0, and paragraphs."""
        if suffix == ".py":
            yield from self._code(text, 1)
            return
        text, found = without_definitions(without_comments(text, tex=suffix == ".tex"))
        self.macros |= found
        if suffix == ".tex":
            text = without_preamble(text)
        elif not has_formulas(text):
            yield from self._lines(text, 1)
            return
        line, counted = 1, 0
        for stretch in stretches(text):
            line += text.count("\n", counted, stretch.start)
            counted = stretch.start
            yield from self._stretch(stretch.kind, text[stretch.start : stretch.end], line)

    def _stretch(self, kind: str, text: str, line: int) -> Iterator[Block | Prose]:
        match kind:
            case "prose":
                yield from self._paragraphs(text, line)
            case "code":
                yield from self._code(text, line)
            case "lines":
                yield from self._lines(text, line)
            case "open":
                self._count(text)
                yield Block(0, line, text, problem=unreadable("open-formula", Span(0, 1)))
            case _:
                if text.strip(" \t\n,.;"):
                    lead = len(text) - len(text.lstrip())
                    yield self._block(text.strip(), line + text.count("\n", 0, lead))

    def _block(self, formula: str, line: int, reader: type[Lexer] | None = None) -> Block:
        self._count(formula)
        try:
            chains = chains_of(formula, self.macros, before=self.before, reader=reader)
        except NotUnderstood as error:
            self.before = None
            return Block(0, line, formula, problem=error.problem)
        self.before = unplaced(chains[-1].members[0]) if chains and chains[-1].signs else None
        self.activated |= activated_in(chains)
        return Block(0, line, formula, chains, None if chains else unreadable("nothing-stated", Span(0, len(formula))))

    def _paragraphs(self, text: str, line: int) -> Iterator[Prose]:
        for paragraph in re.split(r"(\n[ \t]*\n)", text):
            if stripped := paragraph.strip():
                lead = len(paragraph) - len(paragraph.lstrip())
                yield Prose(line + paragraph.count("\n", 0, lead), stripped, self._inline(stripped))
            line += paragraph.count("\n")

    def _inline(self, paragraph: str) -> tuple[Chain, ...]:
        """Return the inline formulas that are understood, at their places in the paragraph."""
        found: list[Chain] = []
        for start, end in inline_formulas(paragraph):
            self._count(paragraph[start:end])
            with suppress(NotUnderstood):
                found += chains_of(paragraph[start:end], self.macros, start)
        return tuple(chain for chain in found if not any(isinstance(member, Unread) for member in chain.members))

    def _opened(self, piece: Block | Prose) -> Iterator[Block | Prose]:
        """Yield a paragraph with its inline equations about derivatives as blocks."""
        if isinstance(piece, Block):
            yield piece
            return
        done = 0
        for start, end in inline_formulas(piece.text):
            formula = piece.text[start:end]
            if CLAIM.match(formula):
                yield from self._part(piece, done, start)
                line = piece.line + piece.text.count("\n", 0, start)
                yield replace(self._block(formula.strip(), line), cell=piece.cell)
                done = end
        yield from self._part(piece, done, len(piece.text))

    def _part(self, piece: Prose, start: int, end: int) -> Iterator[Prose]:
        """Yield the words of a paragraph between two formulas, without the delimiters of these."""
        words = without_delimiters(piece.text[start:end], is_after=start > 0, is_before=end < len(piece.text))
        if words.strip():
            line = piece.line + piece.text.count("\n", 0, start + len(words) - len(words.lstrip()))
            yield Prose(line, words.strip(), self._inline(words.strip()), piece.cell)

    def _code(self, text: str, line: int) -> Iterator[Block | Prose]:
        self._count(text)
        text, self.functions = functions_in(text, self.functions)
        pieces: list[Block | Prose] = []
        for number, source, comment in statement_lines(text):
            block = self._statement(source, comment, line + number - 1) if source else None
            if block:
                pieces.append(block)
            elif comment:
                pieces.append(Prose(line + number - 1, comment))
        blocks = [piece for piece in pieces if isinstance(piece, Block)]
        written = [chain for block in blocks for chain in block.chains]
        self.activated |= activated_in(written)
        yield from _with_chains(pieces, put_together(written, self.activated))

    def _statement(self, source: str, comment: str, line: int) -> Block | None:
        """Return the block of a statement that assigns something."""
        try:
            chains = numpy_chains(source, comment, self.functions)
        except NotUnderstood as error:
            return Block(0, line, source, problem=error.problem)
        return Block(0, line, source, chains) if chains else None

    def _lines(self, text: str, line: int) -> Iterator[Block | Prose]:
        """Read text without delimiters: a line with an equation is a block, and code is code."""
        if looks_like_numpy(text):
            yield from self._code(text, line)
            return
        typed = lexer_of(text)
        for number, each in enumerate(text.split("\n"), line):
            marked = _ENUMERATION.match(each)
            source = each[marked.end() if marked else 0 :].strip()
            if (words := _SPAN.sub("", source)) != source:
                source = "" if words.strip(" .,;") else source.strip(" .,;`")
            if _EQUATION.search(source) and not is_prose(source):
                yield self._block(source, number, None if "\\" in source else typed)
            elif each.strip():
                yield Prose(number, each[marked.end() if marked else 0 :].strip())


def _may_claim(block: Block) -> bool:
    """Return whether a displayed formula may be a step: one that is not understood, or about a derivative."""
    is_unread = any(isinstance(member, Unread) for chain in block.chains for member in chain.members)
    return block.problem is not None or is_unread or DERIVATIVE.search(block.source) is not None
