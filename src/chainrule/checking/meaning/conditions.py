"""Under which conditions a claim is made: i ≠ k, y_t = 1, z_1 ≥ 0, in the words before it or beside it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chainrule.algebra.expressions import Comparison, Expression, Index, walk
from chainrule.checking.meaning.inference import inferred, learn_letters
from chainrule.checking.meaning.shapes import Shapes
from chainrule.checking.meaning.symbols import bare_letter, nodes_of
from chainrule.checking.meaning.systems import System
from chainrule.checking.parsing.plain import plain
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.syntax import Chain, Group, Name, Node, Numeral, Prose, Relation, Scripted
from chainrule.checking.parsing.words import CONDITIONS, starts_with

__all__ = ["Circumstances", "Conditions", "circumstances_of"]

ORDERED = ("<", ">", "≤", "≥")
WHERE = ("where", "其中")
END_OF_CLAUSE = re.compile(r"[.;。；]|\b(?:and|but|while|whereas)\b|而|以及")


@dataclass(frozen=True)
class Circumstances:
    """When a claim is to hold.

    Attributes
    ----------
    where : Expression, optional
        The cases that are meant: of indices, and of which class is the true one.
    restricted : Expression, optional
        Those and the restrictions on values.
    restrictions : tuple of str
        The restrictions, such as ``z_1 ≥ 0``.
    """

    where: Expression | None = None
    restricted: Expression | None = None
    restrictions: tuple[str, ...] = ()


class Conditions:
    """What a document's paragraphs have said, as far as it still holds.

    What is said before the first claim holds throughout, unless it is of indices alone; all else until the next part of
    the document begins, or until something else is said of the same letters.
    """

    def __init__(self) -> None:
        self._general: list[Relation] = []
        self._recent: list[Relation] = []
        self.has_claims = False

    def beside(self, following: Prose | None) -> list[Relation]:
        """Return what holds for a claim: what has been said, and what the words that follow it begin with."""
        said = _of_the_claim_before(following) if following else []
        about = [_letters(relation) for relation in said]
        return [*(relation for relation in self.stated if _letters(relation) not in about), *said]

    def read(self, piece: Prose) -> None:
        """Take in a paragraph."""
        stated = [relation for chain in piece.formulas for relation in _relations(chain)]
        if not self.has_claims:
            self._general += [relation for relation in stated if not _is_of_indices(relation)]
            stated = [relation for relation in stated if _is_of_indices(relation)]
        else:
            before = _of_the_claim_before(piece)
            stated = [relation for relation in stated if relation not in before or not _is_of_indices(relation)]
        about = [_letters(relation) for relation in stated]
        kept = [] if _starts_anew(piece.text) else self._recent
        self._recent = [*(relation for relation in kept if _letters(relation) not in about), *stated]

    @property
    def stated(self) -> list[Relation]:
        """What holds now."""
        return [*self._general, *self._recent]


def _relations(chain: Chain) -> list[Relation]:
    """Return what a formula in prose says of indices and entries: i ≠ k, y_t = 1."""
    if len(chain.members) == 2 and chain.signs[0] in ("=", "≠", *ORDERED):
        return [Relation(chain.members, chain.signs, start=chain.start, end=chain.end)]
    return [member for member in chain.members if isinstance(member, Relation)]


def _is_of_indices(relation: Relation) -> bool:
    return all(isinstance(side, Name | Numeral) for side in relation.sides)


def _of_the_claim_before(piece: Prose) -> list[Relation]:
    """Return what a paragraph says of the claim before it: ``where i ≠ k``, ``for i = k.`` and no capital letter.

    Where the sentence does not end before the next formula, "for" and 当 are about that one.
    """
    text = piece.text.lstrip()
    if not starts_with(text[:20], CONDITIONS) or text[:1].isupper():
        return []
    words = piece.text
    for chain in piece.formulas:
        words = words[: chain.start] + "x" * (chain.end - chain.start) + words[chain.end :]
    clause = END_OF_CLAUSE.search(words)
    if clause is None and not starts_with(text[:20], WHERE):
        return []
    end = clause.start() if clause else len(words)
    return [relation for chain in piece.formulas if chain.start < end for relation in _relations(chain)]


def _starts_anew(text: str) -> bool:
    """Return whether a paragraph begins a new part, where the conditions of the part before are forgotten."""
    first = text.lstrip()[:4]
    return first.startswith(("#", "(", "（")) or first[:1].isdigit()


def circumstances_of(chain: Chain, stated: Sequence[Relation], system: System) -> Circumstances:
    """Learn how far a chain's letters run, and return the conditions that speak of them, directly or by others.

    Raises
    ------
    NotUnderstood
        If a condition that stands beside the chain is not understood.
    """
    beside = [node for node in chain.beside if isinstance(node, Relation) and not _is_range(node)]
    about = _about(chain, [*stated, *beside], system.meaning.shapes)
    about += [relation for relation in beside if relation not in about]
    cases: list[Comparison] = []
    restrictions: list[tuple[Comparison, str]] = []
    for relation in about:
        try:
            condition = system.meaning.condition(relation)
        except NotUnderstood:
            if relation in beside:
                raise
            continue
        if condition is None or not _is_of_letters(condition, system.meaning.shapes):
            continue
        if condition.relation in ORDERED and condition.symbols:
            restrictions.append((condition, plain(relation)))
        else:
            cases.append(condition)
    names = tuple(name for _, name in restrictions)
    return Circumstances(_all(cases), _all([*cases, *(each for each, _ in restrictions)]), names)


def _all(conditions: Sequence[Comparison]) -> Expression | None:
    if not conditions:
        return None
    whole: Expression = conditions[0]
    for condition in conditions[1:]:
        whole = whole * condition
    return whole


def _is_range(relation: Relation) -> bool:
    """Say whether this is ``k = 1, …, K``: all that a letter can be, which leaves nothing out."""
    return isinstance(relation.sides[0], Name) and isinstance(relation.sides[-1], Group)


def _is_of_letters(condition: Comparison, shapes: Shapes) -> bool:
    return all(node.name in shapes.letters for node in walk(condition) if isinstance(node, Index))


def _about(chain: Chain, conditions: list[Relation], shapes: Shapes) -> list[Relation]:
    """Return the conditions that are about a chain's letters or symbols, and learn how far their letters run."""
    shapes.letters = {}
    for member in chain.members:
        learn_letters(member, shapes, only_sure=True)
    for member in chain.members:
        learn_letters(member, shapes)
        inferred(nodes_of(member), shapes)
    symbols = {name for member in chain.members for name in _symbols(member, shapes)}
    about: list[Relation] = []
    rest = conditions
    while near := [each for each in rest if _letters(each) & shapes.letters.keys() or _is_value(each, symbols, shapes)]:
        rest = [relation for relation in rest if relation not in near]
        about += near
        for relation in near:
            learn_letters(relation, shapes)
            _learn_alike(relation, shapes)
    return about


def _learn_alike(relation: Relation, shapes: Shapes) -> None:
    """Learn from k = i and i ≠ k that both run as far."""
    names = [letter for side in relation.sides if (letter := bare_letter(side))]
    known = [shapes.letters[name] for name in names if name in shapes.letters]
    for name in names if known else []:
        shapes.letters.setdefault(name, known[0])


def _symbols(node: Node, shapes: Shapes) -> Iterable[str]:
    for each in nodes_of(node):
        if isinstance(each, Name | Scripted):
            try:
                yield shapes.symbols.resolve(each).key.name
            except AssertionError:
                continue


def _is_value(relation: Relation, symbols: set[str], shapes: Shapes) -> bool:
    """Return whether a relation is a restriction on a symbol as a whole: z_1 ≥ 0."""
    return relation.signs[0] in ORDERED and not _letters(relation) and bool(symbols & set(_symbols(relation, shapes)))


def _letters(relation: Relation) -> set[str]:
    """Return the letters of a relation: those that stand alone, and those below symbols."""
    found = set()
    for node in nodes_of(relation):
        found |= {letter} if (letter := bare_letter(node)) else set()
        if isinstance(node, Scripted) and node.sub is not None:
            found |= {item.text for item in node.sub.items if isinstance(item, Name)}
    return found
