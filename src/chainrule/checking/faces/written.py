r"""Formulas as their author wrote them, as boxes: the same letters, fonts, brackets and strokes of fractions.

The nodes say what was written; what they leave out, such as ``\mathbf`` or a slash, is looked up in the source.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import singledispatch

from chainrule.algebra import boxes as bx
from chainrule.algebra.boxes import APPLIED, JUXTAPOSED, Atom, Box, Fence, Linked, Row, Scripts, Style
from chainrule.checking.meaning.symbols import Symbols, is_symbol
from chainrule.checking.parsing import syntax as sx
from chainrule.checking.parsing.syntax import Node

__all__ = ["Hand", "bare_symbol", "font_of", "written"]

_STYLED = re.compile(r"\\(mathbf|boldsymbol|bm|bf|mathbb|mathds|mathcal)\s*\{?\s*\\?\w+[}\s]*$")
_STYLES: dict[str, Style] = {"mathbb": "double-struck", "mathds": "double-struck", "mathcal": "script"}
_OTHERWISE = re.compile(r"\\(?:text|mbox|mathrm)\s*\{([^{}]*)\}")
_OPENING = re.compile(r"\s*(?:\\(?:left|[bB]igg?l?)\s*)?(\(|\[|\\\{)")
_OPENED: dict[str, bx.Brackets] = {"(": "()", "[": "[]", r"\{": "{}"}
_ONE = re.compile(r"\\math\w+\s*\{?\s*[1I]\s*\}?|[1I𝟙𝕀]")
_COMMA = Atom(",", "punctuation")
_ONES = Atom("1", "number", "bold")
_OPERATORS = {"*": "∗"}


@dataclass(frozen=True)
class Hand:
    """The source that places in nodes are places of, and the symbols that are known; those are linked.

    What stands nowhere in the source, since somebody else put it there, is set in the fonts that its letters have.
    """

    source: str
    symbols: Symbols
    fonts: Mapping[str, Style] = field(default_factory=dict)

    def between(self, before: Node, after: Node) -> str:
        """Return what the author wrote between two nodes; nothing where their places are not known."""
        return self.source[before.end : after.start] if 0 < before.end <= after.start else ""

    def of(self, node: Node) -> str:
        """Return what the author wrote for a node."""
        return self.source[node.start : node.end]


def written(node: Node, hand: Hand) -> Box:
    """Return a formula as its author wrote it."""
    if not is_symbol(node):
        return _written(node, hand)
    key = hand.symbols.resolve(node).key
    return Linked(_written(node, hand), key.name) if key in hand.symbols.keys else _written(node, hand)


def bare_symbol(node: Node, hand: Hand) -> Box:
    """Return how the author of a symbol, or of its differential, writes it: without indices, sample, exponent, ⊤."""
    if isinstance(node, sx.Partial) and node.of is not None:
        return Row((_differential(node, hand), bare_symbol(node.of, hand)))
    reference = hand.symbols.resolve(node)
    dropped = {id(part) for part in (*reference.indices, reference.sample, reference.power)}
    return _written(_without(node, dropped), hand)


def _without(node: Node, dropped: set[int]) -> Node:
    if isinstance(node, sx.Called):
        return replace(node, arguments=tuple(_without(each, dropped) for each in node.arguments))
    if not isinstance(node, sx.Scripted):
        return node
    sub, sup = (_kept(script, dropped) for script in (node.sub, node.sup))
    return replace(node, base=_without(node.base, dropped), sub=sub, sup=sup)


def _kept(script: sx.Script | None, dropped: set[int]) -> sx.Script | None:
    if script is None:
        return None
    items = tuple(item for item in script.items if not _is_dropped(item, dropped) and item != sx.Name("⊤"))
    return replace(script, items=items) if items else None


def _is_dropped(item: Node, dropped: set[int]) -> bool:
    return id(item) in dropped or (isinstance(item, sx.Group) and all(id(each) in dropped for each in item.items))


@singledispatch
def _written(node: Node, _hand: Hand) -> Box:
    raise TypeError(f"{type(node).__name__} cannot be written")


@_written.register
def _(node: sx.Numeral, hand: Hand) -> Box:
    return Atom(node.text, "number", font_of(node, hand))


@_written.register
def _(node: sx.Name, hand: Hand) -> Box:
    if node.text == "⊤":
        return Atom("⊤", "ordinary")
    letter = Atom(node.text, "identifier" if len(node.text) == 1 else "word", font_of(node, hand))
    match node.accent:
        case "hat" | "bar" | "tilde" | "dot" as mark:
            return bx.Accent(letter, mark)
        case _:
            return letter


@_written.register
def _(node: sx.Called, hand: Hand) -> Box:
    name = _written(sx.Name(node.text, node.accent, start=node.start, end=node.name_end), hand)
    below = Scripts(name, _written(node.parameters, hand)) if node.parameters else name
    return Row((below, APPLIED, Fence(_comma_separated(node.arguments, hand))))


def font_of(node: Node, hand: Hand) -> Style:
    """Return the font of a letter, which stands before it or within the braces of its accent."""
    if not node.end:
        return hand.fonts.get(getattr(node, "text", ""), "plain")
    found = _STYLED.search(hand.source, max(0, node.start - 14), node.end)
    return _STYLES.get(found[1], "bold") if found else "plain"


@_written.register
def _(node: sx.Text, _hand: Hand) -> Box:
    return Atom(node.text, "text")


@_written.register
def _(node: sx.Unread, hand: Hand) -> Box:
    return Atom(hand.of(node), "text")


@_written.register
def _(node: sx.Dots, hand: Hand) -> Box:
    return Atom(":" if hand.of(node) == ":" else "…", "ordinary")


@_written.register
def _(node: sx.Script, hand: Hand) -> Box:
    items = _listed(node.items, hand)
    return (
        Row((Atom(node.brackets[0], "ordinary"), items, Atom(node.brackets[1], "ordinary"))) if node.brackets else items
    )


def _listed(nodes: Sequence[Node], hand: Hand) -> Box:
    """Return nodes side by side, with commas where the author put them."""
    items: list[Box] = []
    for before, node in zip((None, *nodes), nodes, strict=False):
        if before is not None and "," in hand.between(before, node):
            items.append(_COMMA)
        items.append(written(node, hand))
    return items[0] if len(items) == 1 else Row(tuple(items))


@_written.register
def _(node: sx.Scripted, hand: Hand) -> Box:
    """Return a base with all its scripts, however they are nested."""
    base: Node = node
    subs: list[Box] = []
    sups: list[Box] = []
    while isinstance(base := sx.as_shown(base), sx.Scripted):
        subs[:0] = [_written(base.sub, hand)] if base.sub else []
        primes = [Atom("′" * base.primes, "ordinary")] if base.primes else []
        sups[:0] = [*primes, *([_written(base.sup, hand)] if base.sup else [])]
        base = base.base
    if base == sx.Numeral("1") and not base.end:  # of a repair: a row or a column of ones
        return Scripts(_ONES, _together(subs), _together(sups))
    return Scripts(_written(base, hand), _together(subs), _together(sups)) if subs or sups else _written(base, hand)


def _together(boxes: list[Box]) -> Box | None:
    return Row(tuple(boxes)) if len(boxes) > 1 else boxes[0] if boxes else None


@_written.register
def _(node: sx.Negation, hand: Hand) -> Box:
    return Row((Atom("−", "prefix"), written(node.of, hand)))


@_written.register
def _(node: sx.Sum, hand: Hand) -> Box:
    first, *rest = node.terms
    items = [written(first, hand)]
    for term in rest:
        sign, of = ("−", term.of) if isinstance(term, sx.Negation) else ("+", term)
        items += [Atom(sign, "operator"), written(of, hand)]
    return Row(tuple(items))


@_written.register
def _(node: sx.Product, hand: Hand) -> Box:
    items = [written(node.factors[0], hand)]
    for before, sign, factor in zip(node.factors, node.operators, node.factors[1:], strict=False):
        items += [_operator(sign, hand.between(before, factor)), written(factor, hand)]
    return Row(tuple(items))


def _operator(sign: str, between: str) -> Box:
    if sign == "⊙" and ("circ" in between or "∘" in between):
        return Atom("∘", "operator")
    return Atom(_OPERATORS.get(sign, sign), "operator") if sign else JUXTAPOSED


@_written.register
def _(node: sx.Fraction, hand: Hand) -> Box:
    match node:
        case sx.Fraction(sx.Partial(of), below) if of is not None and 0 < below.end <= of.start:
            operator = bx.Fraction(Atom("∂", "ordinary"), written(below, hand))
            return Row((operator, JUXTAPOSED, written(of, hand)))
    parts = written(node.numerator, hand), written(node.denominator, hand)
    if "/" in hand.between(node.numerator, node.denominator):
        return Row((parts[0], Atom("/", "ordinary"), parts[1]))
    return bx.Fraction(*parts)


@_written.register
def _(node: sx.Group, hand: Hand) -> Box:
    listed = _comma_separated(node.items, hand)
    return Fence(listed, node.brackets) if node.brackets else listed


def _comma_separated(nodes: Iterable[Node], hand: Hand) -> Box:
    _, *items = (item for node in nodes for item in (_COMMA, written(node, hand)))
    return items[0] if len(items) == 1 else Row(tuple(items))


@_written.register
def _(node: sx.Norm, hand: Hand) -> Box:
    norm = Fence(written(node.of, hand), "‖‖")
    return Scripts(norm, Atom(node.kind, "number" if node.kind.isdecimal() else "identifier")) if node.kind else norm


@_written.register
def _(node: sx.Apply, hand: Hand) -> Box:
    arguments = _comma_separated(node.arguments, hand)
    match node.function:
        case sx.Name("exp") if hand.of(node).startswith("e"):
            return Scripts(Atom("e", "identifier"), sup=arguments)
        case sx.Name("sqrt"):
            return Row((Atom("√", "prefix"), Fence(arguments)))
        case sx.Name("relu") as cut if not cut.end:
            return _cut_off(hand.of(node), arguments)
        case sx.Name("1") as one if not one.end:
            source = hand.source[node.start : node.arguments[0].start] if node.end else "𝟙["
            return _indicator(source, arguments)
    if node.end and not node.arguments[0].end:  # of which the author says nothing: σ' = σ(1 − σ)
        return _written(node.function, hand)
    brackets = _opened(hand.between(node.function, node.arguments[0])) if node.end else "()"
    return Row((written(node.function, hand), APPLIED, Fence(arguments, brackets) if brackets else arguments))


def _cut_off(source: str, of: Box) -> Box:
    """Return [z]_+ or z^+."""
    brackets = _opened(source)
    plus, base = Atom("+", "ordinary"), Fence(of, brackets) if brackets else of
    return Scripts(base, plus) if "_" in source.rpartition("+")[0][-2:] else Scripts(base, sup=plus)


def _opened(source: str) -> bx.Brackets | None:
    """Return the brackets that open before an argument; of a bare one, and of LaTeX's braces, none are seen."""
    opening = _OPENING.match(source)
    return _OPENED[opening[1]] if opening else None


def _indicator(source: str, condition: Box) -> Box:
    """Return 1[z > 0], with the condition in brackets or below; Iverson's brackets alone have no 1."""
    one = _ONE.match(source)
    brackets = _opened(source[one.end() :] if one else source)
    if one is None:
        return Fence(condition, brackets or "[]")
    is_struck = any(sign in one[0] for sign in (*_STYLES, "𝟙"))
    sign = Atom("1", "number", "double-struck" if is_struck else "bold" if "\\" in one[0] else "plain")
    return Row((sign, APPLIED, Fence(condition, brackets))) if brackets else Scripts(sign, condition)


@_written.register
def _(node: sx.BigSum, hand: Hand) -> Box:
    sigma = Atom("∑", "ordinary")
    over = written(node.above, hand) if node.above else None
    if node.below:
        return Row((bx.UnderOver(sigma, _comma_separated(node.below, hand), over), written(node.body, hand)))
    return Row((Scripts(sigma, sup=over) if over else sigma, written(node.body, hand)))


@_written.register
def _(node: sx.Partial, hand: Hand) -> Box:
    if node.by is not None and node.of is not None:
        return Row((Scripts(Atom("∇", "ordinary"), written(node.by, hand)), JUXTAPOSED, written(node.of, hand)))
    sign = _differential(node, hand)
    return Row((sign, written(node.of, hand))) if node.of is not None else sign


def _differential(node: sx.Partial, hand: Hand) -> Box:
    straight = re.match(r"(\\(?:mathrm|text|operatorname|rm)\s*\{?\s*)?d", hand.of(node))
    if straight is None:
        return Atom("∂", "ordinary")
    return Atom("d", "word" if straight[1] else "identifier")


@_written.register
def _(node: sx.Relation, hand: Hand) -> Box:
    items = [written(node.sides[0], hand)]
    for sign, side in zip(node.signs, node.sides[1:], strict=True):
        items += [Atom(sign, "operator"), written(side, hand)]
    return Row(tuple(items))


@_written.register
def _(node: sx.Cases, hand: Hand) -> Box:
    starts = [*(value.start for value, _ in node.branches[1:]), node.end]
    rows = []
    for (value, condition), end in zip(node.branches, starts, strict=True):
        words = _OTHERWISE.search(hand.source, value.end, end)
        otherwise = Atom(words[1] if words else "", "text")
        rows.append((written(value, hand), written(condition, hand) if condition else otherwise))
    return bx.Table(tuple(rows), "cases")


@_written.register
def _(node: sx.Table, hand: Hand) -> Box:
    width = max(map(len, node.rows))
    rows = (tuple(written(cell, hand) for cell in row) for row in node.rows)
    return bx.Table(tuple(row + (Atom("", "text"),) * (width - len(row)) for row in rows), "matrix")
