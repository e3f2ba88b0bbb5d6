"""Numbers that a document gives in passing: α = 0.1 in its words or as an argument, 0 < α < 1, a unit's slope."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import inf

from chainrule.checking.meaning.calls import LEAKY, function_name, slope_in
from chainrule.checking.meaning.definitions import everything_in, is_function_definition
from chainrule.checking.meaning.inference import keywords_of
from chainrule.checking.meaning.symbols import defines, nodes_of
from chainrule.checking.parsing.syntax import (
    Apply,
    Cases,
    Chain,
    Document,
    Group,
    Name,
    Node,
    Numeral,
    Product,
    Prose,
    Relation,
)

__all__ = ["GREEK_SCALARS", "bounds_of", "slopes_of", "values_of"]

GREEK_SCALARS = set("αγεηκλμρτ")
STRENGTHS = GREEK_SCALARS | {"β", "alpha", "beta", "slope", "negative_slope"}
# What is only supposed is not said: "for λ = 0", "if α = 1".
SUPPOSED = re.compile(
    r"(\b(if|for|when|case|suppose|assume|unless|while)\b|当|當|若|如果|对于|對於|假设|假設)[^.。;；]*$", re.IGNORECASE
)
SLOPE = re.compile(r"(?:slope|斜率)[^.。;；$\d]{0,40}\$?(0?\.\d+)")
RATE = re.compile(r"learning rate|step size|学习率|學習率|步长|步長", re.IGNORECASE)
ALPHAS = (Name("α"), Name("alpha", is_word=True))
SPECIAL = {"0", "1"}


def values_of(document: Document, chains: Iterable[Chain]) -> tuple[Chain, ...]:
    """Return what the letters are worth for which a document gives one number: α = 0.1."""
    said: dict[Name, set[Numeral]] = {}
    for name, value in (*_in_words(document), *_in_arguments(chains)):
        said.setdefault(name, set()).add(value)
    return tuple(Chain((name, *values), ("=",)) for name, values in said.items() if len(values) == 1)


def _in_words(document: Document) -> Iterator[tuple[Name, Numeral]]:
    for piece in document.pieces:
        if not isinstance(piece, Prose):
            continue
        for chain in piece.formulas:
            match chain:
                case Chain((Name(letter) as name, Numeral(text) as value), ("=",)) if letter in STRENGTHS:
                    if text not in SPECIAL and not SUPPOSED.search(piece.text[: chain.start]):
                        yield name, value


def _in_arguments(chains: Iterable[Chain]) -> Iterator[tuple[Name, Numeral]]:
    for node in _leaky(chains):
        for keyword in keywords_of(node):
            match keyword:
                case Relation((Name() as name, Numeral() as value)):
                    yield name, value


def _leaky(chains: Iterable[Chain]) -> Iterator[Apply]:
    nodes = (node for chain in chains for node in everything_in(chain))
    return (node for node in nodes if isinstance(node, Apply) and _is_leaky(node.function))


def _is_leaky(node: Node) -> bool:
    return function_name(node).rstrip("'") in LEAKY


def bounds_of(document: Document) -> Mapping[str, tuple[float, float]]:
    """Return between which numbers letters lie, where a document says it: 0 < α < 1, λ > 0, α ∈ (0, 1)."""
    found: dict[str, tuple[float, float]] = {}
    for sides, signs in _relations(document):
        for one, sign, other in zip(sides, signs, sides[1:], strict=False):
            for letter, low, high in _between(one, sign, other):
                lowest, highest = found.get(letter, (-inf, inf))
                found[letter] = max(low, lowest), min(high, highest)
    return {letter: (low, high) for letter, (low, high) in found.items() if low < high}


def _relations(document: Document) -> Iterator[tuple[Sequence[Node], Sequence[str]]]:
    for piece in document.pieces:
        for chain in piece.formulas if isinstance(piece, Prose) else piece.chains:
            yield chain.members, chain.signs
            yield from (
                (each.sides, each.signs) for each in (*chain.members, *chain.beside) if isinstance(each, Relation)
            )


def _between(one: Node, sign: str, other: Node) -> Iterator[tuple[str, float, float]]:
    """Yield a letter, and between which numbers it lies."""
    match one, sign, other:
        case Name(letter), "<" | "≤", Numeral(text) if letter in STRENGTHS:
            yield letter, -inf, float(text)
        case Name(letter), ">" | "≥", Numeral(text) if letter in STRENGTHS:
            yield letter, float(text), inf
        case Numeral(), "<" | "≤", Name():
            yield from _between(other, ">", one)
        case Numeral(), ">" | "≥", Name():
            yield from _between(other, "<", one)
        case Name(letter), "∈", Group((Numeral(low), Numeral(high))) if letter in STRENGTHS:
            yield letter, float(low), float(high)


def slopes_of(document: Document, chains: Iterable[Chain]) -> tuple[Node, ...]:
    """Return the slopes of a document's leaky units: where none stands beside one, the α that it uses, or a number."""
    chains = tuple(chains)
    said = (slope for node in _leaky(chains) if (slope := slope_in(node)) is not None)
    found = tuple(dict.fromkeys((*said, *_defined(chains))))
    if found:
        return found
    words = "\n".join(piece.text for piece in document.pieces if isinstance(piece, Prose))
    numbers = (Numeral(number) for number in SLOPE.findall(words))
    letters = () if RATE.search(words) else (name for name in ALPHAS if any(_is_worth(chain, name) for chain in chains))
    return tuple(dict.fromkeys((*_in_cases(chains), *numbers, *letters)))[:1]


def _is_worth(chain: Chain, name: Name) -> bool:
    """Return whether this says what number a letter stands for."""
    return chain.members[0] == name and isinstance(chain.members[-1], Numeral)


def _in_cases(chains: Iterable[Chain]) -> Iterator[Node]:
    """Yield the α of a line that tells cases apart; elsewhere it may be the rate of learning."""
    for chain in chains:
        nodes = list(everything_in(chain))
        if any(isinstance(node, Relation | Cases) for node in nodes):
            yield from (node for node in nodes if node in ALPHAS)


def _defined(chains: Iterable[Chain]) -> Iterator[Node]:
    """Yield the α of LeakyReLU(z) = max(α z, z), where that defines the function or goes on a definition."""
    for chain in chains:
        if not (defines(chain) or is_function_definition(chain)):
            continue
        for left, right in pairwise(chain.members):
            if isinstance(left, Apply) and _is_leaky(left.function):
                for node in nodes_of(right):
                    match node:
                        case Product((slope, z), ("" | "·" | "*" | "∗",)) if z == left.arguments[0]:
                            yield slope
