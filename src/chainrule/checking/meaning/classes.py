"""The letters that are the number of a class: the c of −log p_c, the y_n of p_{n, y_n}, the y of 1[k = y]."""

import re
from collections.abc import Iterator, Mapping, Sequence

from chainrule.checking.meaning.calls import function_name
from chainrule.checking.meaning.symbols import (
    UNIT,
    bound_letters,
    defines,
    indices_below,
    is_symbol,
    letter_of,
    nodes_of,
    symbols_among,
)
from chainrule.checking.parsing.signs import INDICES, TARGETS
from chainrule.checking.parsing.syntax import (
    Apply,
    BigSum,
    Chain,
    Name,
    Node,
    Numeral,
    Prose,
    Relation,
    Script,
    Scripted,
)

__all__ = ["classes_of"]

LOGARITHMS = {"log", "ln", "logsumexp", "lse"}
EQUAL = {("=",), ("≠",)}
SUBJECT = r"(?:correct|true|right|actual|target|gold|ground[- ]truth) (?:class|label|category)"
# What a sentence says around a letter, which is left out here.
NAMED = re.compile(
    rf"\b{SUBJECT}(?: index| number)?,?(?: is| be| has)?(?: the)?(?: index| number)?\W*\0"
    rf"|\0\W*(?:is|be|denotes?|stands for|as|for)?\W*(?:the|its)?\s*(?:(?:index|number) of (?:the|its) )?{SUBJECT}"
    r"|\0\W{0,3}[为為是]?[^\0,，。.；;]{0,6}(?:类别|類別|标签|標籤)"
    r"|(?:真实|真實|正确|正確|目标|目標)(?:的)?(?:类别?|類別?|标签|標籤)[^\0,，。.；;]{0,4}\0",
    re.IGNORECASE,
)
ONE_HOT = re.compile(r"(?:one-hot|独热|獨熱)[^.。;；$]*\$?$", re.IGNORECASE)
IF = re.compile(r"(?:\b(?:if|when|whenever|unless|whether)|若|如果|[当當])\W*$", re.IGNORECASE)


def classes_of(chains: Sequence[Chain], prose: Sequence[Prose]) -> frozenset[str]:
    """Return the letters that number a class in a document.

    A target's letter is one below what is computed, and beside an index in a condition. Any other letter is one where
    nothing counts with it, and a likelihood has it, or conditions alone have it, or the words say so.
    """
    defined = _defined(chains)
    counting = {letter for chain in chains for letter in _counting(chain)}
    below = {
        letter
        for chain in chains
        for node in symbols_among(chain.members)
        for letter in map(letter_of, indices_below(node))
    }
    compared = {letter for chain in chains for letter in _compared(chain)}
    of_targets = {letter for chain in chains for letter in _targets_below(chain, defined)} | compared & TARGETS
    of_targets |= {letter for chain in chains for letter in _one_hot(chain)}
    others = {letter for chain in chains for letter in _of_likelihoods(chain, defined)}
    others |= (compared - below) | set(_named(prose))
    return frozenset(of_targets | (others & INDICES) - counting)


def _defined(chains: Sequence[Chain]) -> dict[str, set[str]]:
    """Return the letters that have definitions, and what stands below them there."""
    found: dict[str, set[str]] = {}
    for chain in chains:
        if defines(chain):
            below = found.setdefault(letter_of(chain.members[0]), set())
            below.update(map(letter_of, indices_below(chain.members[0])))
    return found


def _counting(chain: Chain) -> Iterator[str]:
    """Yield the letters that count: of sums, and below what is defined."""
    for member in chain.members:
        yield from bound_letters(member)
    if defines(chain) and not isinstance(chain.members[1], Numeral):  # y_t = 1 is of one t
        yield from (index.text for index in indices_below(chain.members[0]) if isinstance(index, Name))


def _compared(chain: Chain) -> Iterator[str]:
    """Yield the letters of which a condition says that they are equal, or are not."""
    for member in (*chain.members, *chain.beside):
        for node in nodes_of(member):
            for each in (node, *node.below) if isinstance(node, BigSum) else (node,):
                if isinstance(each, Relation) and each.signs in EQUAL and all(map(is_symbol, each.sides)):
                    yield from map(letter_of, each.sides)


def _targets_below(chain: Chain, defined: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield the y of p_y, and of p_{y_n}; W_y and z_y = W_y h are named so."""
    for node in symbols_among(chain.members):
        for index in indices_below(node):
            letter, of = letter_of(index), letter_of(node)
            is_target = letter in TARGETS and not (isinstance(index, Name) and letter in INDICES)
            if is_target and (not isinstance(index, Name) or letter not in defined.get(of, {letter})):
                yield letter


def _one_hot(chain: Chain) -> Iterator[str]:
    """Yield the y of code that chooses ``[np.arange(m), y]``."""
    for member in chain.members:
        for node in nodes_of(member):
            if isinstance(node, Apply) and function_name(node.function) == "onehot":
                yield from map(letter_of, node.arguments)


def _of_likelihoods(chain: Chain, defined: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield the c of −log p_c, of −e_cᵀ log p and of −z_c + log Σ_j e^{z_j}, where p and z are defined, and no p_c."""
    if not defines(chain) or not any(_is_logarithm(node) for member in chain.members for node in nodes_of(member)):
        return
    for node in symbols_among(chain.members):
        of = letter_of(node)
        is_unit = of == UNIT.text and of not in defined
        are_entries = all(indices_below(each) for each in symbols_among(chain.members) if letter_of(each) == of)
        match indices_below(node):
            case (Name(letter, ""),) if is_unit or (letter not in defined.get(of, {letter}) and are_entries):
                yield letter


def _is_logarithm(node: Node) -> bool:
    return isinstance(node, Apply) and function_name(node.function) in LOGARITHMS


def _named(prose: Sequence[Prose]) -> Iterator[str]:
    """Yield the letters of which the words say that they are the correct class."""
    for piece in prose:
        for chain in piece.formulas:
            match chain.members:
                case (Name(letter, ""),):
                    around = piece.text[: chain.start][-60:], piece.text[chain.end :][:60]
                    if NAMED.search("\0".join(around)) and not IF.search(around[0]):
                        yield letter
                case (Scripted(sub=Script((Name(letter, ""),))), Numeral("1")) if chain.signs == ("=",):
                    if ONE_HOT.search(piece.text[: chain.start]):
                        yield letter
