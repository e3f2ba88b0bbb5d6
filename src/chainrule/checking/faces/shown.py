"""A checked document, ready to be rendered: each link a line with its verdict, each paragraph with its formulas."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

from chainrule.algebra.boxes import Atom, Box, Row, Style
from chainrule.algebra.notation import Notation, Sampled, symbol_box
from chainrule.algebra.source import numpy_source
from chainrule.algebra.typeset import typeset
from chainrule.checking.check import Report, Step
from chainrule.checking.faces.written import Hand, bare_symbol, font_of, written
from chainrule.checking.meaning.definitions import links_in
from chainrule.checking.meaning.symbols import Symbols, differential, is_symbol, letter_of, nodes_of
from chainrule.checking.meaning.systems import System
from chainrule.checking.parsing.markup import inline_formulas
from chainrule.checking.parsing.numpy_expressions import called
from chainrule.checking.parsing.problems import Span
from chainrule.checking.parsing.signs import TARGETS
from chainrule.checking.parsing.syntax import Block, Chain, Group, Name, Node, Partial, Prose, Scripted, chains_in
from chainrule.derivation.messages import Sentence
from chainrule.errors import InputError

__all__ = ["Line", "lines_of", "notation_of", "prose_of", "right_of", "symbols_in"]

# Where the lines of an aligned chain end, and where they are aligned.
_BEGINNING = re.compile(r"[\s&]*(?:\\\\[\s&]*)?")
_ALIGNMENT = re.compile(rf"^{_BEGINNING.pattern}|&(?==)")
_DELIMITER = re.compile(r"(?:\$`|\\?\\\(|\$)$")
_CLOSING = re.compile(r"`\$|\\?\\\)|\$|")
_NOTHING = Atom("", "text")  # a sign has its space around it only between two sides
_COMMA = Atom(",", "punctuation")


@dataclass(frozen=True)
class Line:
    """A link as it is shown.

    Attributes
    ----------
    formula : Box, optional
        The link, the first of a chain with its left side; code, and what is not understood, stays as it was written.
    source : str
        As it was written; with all that is between it and a spot outside it.
    step : Step, optional
        Its verdict; a definition has none.
    goes_on : bool
        Whether it begins with the sign, after the line before.
    spot : Span, optional
        Of what is not understood, in `source`.
    """

    formula: Box | None
    source: str
    step: Step | None
    goes_on: bool = False
    spot: Span | None = None


def symbols_in(report: Report) -> Symbols:
    """Return the symbols of a document."""
    return report.system.meaning.shapes.symbols if report.system else Symbols()


def lines_of(block: Block, report: Report) -> list[Line]:
    """Return the lines of a block, in order."""
    steps = {step.link: step for step in report.steps if step.block == block.number}
    if not block.chains or block.problem or _is_code(block):
        return [_as_written(step, block) for step in steps.values()] or [_not_judged(block)]
    hand = Hand(block.source, symbols_in(report))
    lines = []
    link = 0
    for chain in block.chains:
        counted = links_in(chain)
        for number, (formula, span) in enumerate(zip(_links(chain, hand), _spans(chain), strict=True)):
            link += bool(counted)
            step = steps.get(link) if counted else None
            if step and step.place:
                lines.append(_not_understood(step, step.place, span, block.source))
            else:
                source = _ALIGNMENT.sub("", block.source[slice(*span)]).strip()
                lines.append(Line(formula, source, step, goes_on=number > 0))
    return lines


def _as_written(step: Step, block: Block) -> Line:
    """Return a line of code, or a formula that cannot be read."""
    return Line(None, block.source, step, spot=step.place) if step.place else Line(None, step.source, step)


def _not_judged(block: Block) -> Line:
    return Line(None, block.source, None, spot=block.problem.place if block.problem else None)


def _not_understood(step: Step, place: Span, link: Span, source: str) -> Line:
    """Return a link with the spot in it that is not understood."""
    start, end = min(link.start, place.start), max(link.end, place.end)
    beginning = _BEGINNING.match(source, start, place.start)
    start = beginning.end() if beginning else start
    return Line(None, source[start:end].rstrip(), step, spot=Span(place.start - start, place.end - start))


def _is_code(block: Block) -> bool:
    """Return whether a block is a line of code, whose names are words, one letter or more."""
    left = block.chains[0].members[0]
    while isinstance(left, Scripted | Group):
        left = left.base if isinstance(left, Scripted) else left.items[0]
    return isinstance(left, Name) and left.is_word and "\\" not in block.source


def right_of(step: Step, report: Report, notation: Notation) -> Box | str | None:
    """Return what a line would have to be, in the author's letters; of a line of code, as code."""
    if step.right is None:
        return None
    block = report.document.blocks[step.block - 1]
    if _is_code(block):
        with suppress(ValueError):  # not everything can be said with arrays
            return numpy_source(step.right, _identifiers(report))
    elif step.repaired is not None:
        return written(step.repaired, Hand(block.source, symbols_in(report), _fonts(report)))
    return typeset(step.right, notation)


def _identifiers(report: Report) -> dict[str, str]:
    """Return what symbols and dimensions are called in code.

    A symbol as where it stands first, though y is no targets where it numbers classes; a dimension m, or X.shape[0].
    """
    names: dict[str, str] = {}
    for node, hand in _symbols(report):
        name = hand.of(node)
        if name.isidentifier() and called(name) != getattr(node, "text", called(name)):
            continue  # what stands there has become this
        names.setdefault(
            hand.symbols.resolve(node).key.name, f"onehot({name})" if hand.symbols.is_class(node) else name
        )
    if report.system is None:
        return names
    meaning = report.system.meaning
    dimensions = {meaning.shapes.named(key.text): key.text for key in meaning.shapes.scalars}
    for symbol in meaning.symbols.values():
        for axis, dimension in enumerate(symbol.shape):
            if symbol.name in names:
                dimensions.setdefault(dimension, f"{names[symbol.name]}.shape[{axis}]")
    return names | {name: text for name, text in dimensions.items() if isinstance(name, str)}


def _fonts(report: Report) -> dict[str, Style]:
    """Return the font of each letter, as where it stands first."""
    fonts: dict[str, Style] = {}
    for node, hand in _symbols(report):
        letter = next(each for each in _inner(node) if isinstance(each, Name))
        fonts.setdefault(letter.text, font_of(letter, hand))
    return fonts


def _inner(node: Node) -> Iterator[Node]:
    """Yield a symbol, and what is left of it without its scripts."""
    yield node
    if isinstance(node, Scripted):
        yield from _inner(node.base)


def _spans(chain: Chain) -> Iterator[Span]:
    """Yield where the links stand: ``A = B``, ``= C``."""
    ends = [chain.start, *(member.end for member in chain.members[1:])] if chain.signs else [chain.start, chain.end]
    yield from (Span(*ends) for ends in pairwise(ends))


def _links(chain: Chain, hand: Hand) -> Iterator[Box]:
    """Yield ``A = B``, ``= C``, ``= D`` and what is said beside it."""
    left, *rights = (written(member, hand) for member in chain.members)
    links = [[left]] if not rights else []
    for sign, right in zip(chain.signs, rights, strict=True):
        links.append([_NOTHING if links else left, Atom(sign, "operator"), right])
    for node in chain.beside:
        links[-1] += [_COMMA, Atom(" ", "text"), written(node, hand)]
    return (Row(tuple(items)) for items in links)


def notation_of(report: Report) -> Notation:
    """Return how the author writes each symbol, as where it first stands without indices, and each dimension."""
    if report.system is None:
        return Notation()
    whole: dict[str, Box] = {}
    entries: dict[str, Box] = {}
    samples: dict[str, Sampled] = {}
    shapes = report.system.meaning.shapes
    for node, hand in _symbols(report):
        if hand.symbols.is_class(node) and letter_of(node) not in TARGETS:
            continue  # a number, and not the one-hot vector that e_c is
        reference = hand.symbols.resolve(node)
        name = reference.key.name
        (whole if reference.is_whole else entries).setdefault(name, bare_symbol(node, hand))
        if reference.sample is not None:
            samples.setdefault(name, Sampled(shapes.sample_axis, shapes.symbols.raises_samples(reference.key)))
    differentials = dict(_differentials(report))
    dimensions = dict(_dimensions(report.system))
    return Notation(
        differentials | entries | whole, dimensions, samples=samples, joins_indices=True, marks_powers=False
    )


def _symbols(report: Report) -> Iterator[tuple[Node, Hand]]:
    """Yield every symbol in a document, where it stands."""
    yield from ((node, hand) for node, hand in _nodes(report) if is_symbol(node))


def _differentials(report: Report) -> Iterator[tuple[str, Box]]:
    """Yield how the author writes the dZ of a Z, by its name."""
    for node, hand in _nodes(report):
        match node:
            case Partial(Node() as of, None) if is_symbol(of) and not hand.of(node).startswith((r"\partial", "∂")):
                yield differential(hand.symbols.resolve(of).key.name), bare_symbol(node, hand)


def _nodes(report: Report) -> Iterator[tuple[Node, Hand]]:
    """Yield every node of a document's formulas, where it stands."""
    for piece in report.document.pieces:
        hand = Hand(piece.text if isinstance(piece, Prose) else piece.source, symbols_in(report))
        for chain in chains_in(piece):
            for part in (*chain.members, *chain.beside):
                yield from ((node, hand) for node in nodes_of(part))


def _dimensions(system: System) -> Iterator[tuple[str, Box]]:
    """Yield the named dimensions, by the name that the document has for them where it has one."""
    shapes = system.meaning.shapes
    names = {shapes.named(key.text): key.text for key in shapes.scalars}
    for dimension in system.points.sizes:
        name = names.get(dimension) or ("m" if dimension == "samples" else dimension.removesuffix("#"))
        try:
            yield dimension, symbol_box(name)
        except InputError:  # the author's name for it is more than a symbol
            yield dimension, Atom(name, "word")


def prose_of(piece: Prose, report: Report, start: int, end: int) -> Sentence:
    """Return a part of a paragraph with the formulas in it; one that is not understood stays source."""
    hand = Hand(piece.text, symbols_in(report))
    sentence: list[str | Box] = []
    for first, last in inline_formulas(piece.text):
        chains = [chain for chain in piece.formulas if first <= chain.start < last]
        if start <= first and last < end and chains:
            before = _DELIMITER.sub("", piece.text[start:first])
            sentence += [before, _together(chains, hand)]
            closing = _CLOSING.match(piece.text, last)
            start = closing.end() if closing else last
    return (*sentence, piece.text[start:end])


def _together(chains: Sequence[Chain], hand: Hand) -> Box:
    """Return the statements of one formula, with commas between them."""
    items: list[Box] = []
    for chain in chains:
        items += [_COMMA] if items else []
        items += _links(chain, hand)
    return Row(tuple(items))
