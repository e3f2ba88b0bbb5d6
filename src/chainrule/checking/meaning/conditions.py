"""Under which conditions a claim is made: i ≠ k, y_t = 1, z_1 ≥ 0, in the words around it or beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from chainrule.algebra.expressions import Comparison, Expression, Index, walk
from chainrule.checking.meaning.about import of_numbers
from chainrule.checking.meaning.inference import inferred, learn_letters
from chainrule.checking.meaning.said import GENERAL, ORDERED, Condition, letters_in, without_cases
from chainrule.checking.meaning.shapes import Shapes
from chainrule.checking.meaning.symbols import Key, bare_letter, nodes_of
from chainrule.checking.meaning.systems import System
from chainrule.checking.parsing.plain import plain
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.syntax import Chain, Group, Name, Node, Numeral, Relation, Scripted, Text

__all__ = ["Circumstances", "Restriction", "circumstances_of"]

Restriction = tuple[Comparison, str]


@dataclass(frozen=True)
class Circumstances:
    """When a claim is to hold.

    Attributes
    ----------
    cases : tuple of Comparison
        The cases that are clearly meant: of indices, and of which class is the true one.
    restrictions : tuple of (Comparison, str)
        What has to be told if it is granted, each with its text such as ``z_1 ≥ 0``: restrictions on values, and cases
        of which it is not clear whether they still hold.
    unknown : str
        A condition whose letters stand for nothing that is known, if there is one.
    """

    cases: tuple[Comparison, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    unknown: str = ""

    def where(self, restrictions: Iterable[Restriction] = ()) -> Expression | None:
        """Return the cases, and some of the restrictions, as one condition."""
        return _all([*self.cases, *(each for each, _ in restrictions)])


def circumstances_of(chain: Chain, stated: Sequence[Condition], system: System) -> Circumstances:
    """Learn how far a chain's letters run, and return the conditions that speak of them, directly or by others.

    Raises
    ------
    NotUnderstood
        If a condition that stands beside the chain is not understood.
    """
    beside = [Condition(each) for each in chain.beside if isinstance(each, Relation) and not _is_range(each)]
    told = [replace(each, relation=of_numbers(each.relation, chain)) for each in _still_meant(stated, chain, beside)]
    about = _about(chain, [*told, *beside], system.meaning.shapes)
    about += [condition for condition in beside if condition not in about]
    cases: list[Comparison] = []
    restrictions: list[Restriction] = []
    unknown = ""
    for condition in about:
        try:
            comparison = system.meaning.condition(condition.relation)
        except NotUnderstood:
            if condition in beside:
                raise
            continue
        if comparison is None:
            continue
        if not _is_of_letters(comparison, system.meaning.shapes):
            unknown = unknown or plain(condition.relation)
            continue
        if _has_stranger(condition, about, chain):
            unknown = unknown or plain(condition.relation)
        is_of_values = comparison.relation in ORDERED and bool(comparison.symbols)
        if is_of_values or not condition.is_clear:
            restrictions.append((comparison, plain(condition.relation)))
        else:
            cases.append(comparison)
    return Circumstances(tuple(cases), tuple(restrictions), unknown)


def _has_stranger(condition: Condition, about: Sequence[Condition], chain: Chain) -> bool:
    """Return whether an index of a case is in nothing else that is said: the t of "for j ≠ t", which tells no case."""
    letters = {bare_letter(side) for side in condition.relation.sides} & letters_in(condition.relation)
    others = {letter for other in about if other is not condition for letter in letters_in(other.relation)}
    return not letters <= others | letters_in(Relation(chain.members, ()))


def _still_meant(stated: Sequence[Condition], chain: Chain, beside: Sequence[Condition]) -> list[Condition]:
    """Return what is said around a chain, but for what is said otherwise beside it: of other cases, or of all."""
    letters = {letter for node in chain.beside if (letter := _all_of(node))}
    is_general = any(isinstance(node, Text) and GENERAL.search(node.text) for node in chain.beside)
    own = [letters_in(condition.relation) for condition in beside]
    kept = without_cases(stated, None if is_general else letters)
    return [condition for condition in kept if letters_in(condition.relation) not in own]


def _all_of(node: Node) -> str:
    """Return the i of ∀ i, and of i = 1, …, m."""
    return bare_letter(node.sides[0] if isinstance(node, Relation) and _is_range(node) else node)


def _is_range(relation: Relation) -> bool:
    return relation.signs[0] in ("=", "∈") and isinstance(relation.sides[1], Group)


def _all(conditions: Sequence[Comparison]) -> Expression | None:
    if not conditions:
        return None
    whole: Expression = conditions[0]
    for condition in conditions[1:]:
        whole = whole * condition
    return whole


def _is_of_letters(condition: Comparison, shapes: Shapes) -> bool:
    return all(node.name in shapes.letters for node in walk(condition) if isinstance(node, Index))


def _about(chain: Chain, conditions: Sequence[Condition], shapes: Shapes) -> list[Condition]:
    """Return the conditions that are about a chain's letters or symbols, and learn how far their letters run."""
    shapes.letters = {}
    for member in chain.members:
        learn_letters(member, shapes, only_sure=True)
    for member in chain.members:
        learn_letters(member, shapes)
        inferred(nodes_of(member), shapes)
    symbols = {name for member in chain.members for name in _symbols(member, shapes)}
    about: list[Condition] = []
    rest = list(conditions)
    while near := [each for each in rest if _is_near(each.relation, symbols, shapes)]:
        rest = [condition for condition in rest if condition not in near]
        about += near
        for condition in near:
            learn_letters(condition.relation, shapes)
            _learn_alike(condition.relation, shapes)
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


def _is_near(relation: Relation, symbols: set[str], shapes: Shapes) -> bool:
    """Return whether a relation is about known letters, or restricts a symbol as a whole: z_1 ≥ 0, y = 1."""
    letters = {letter for letter in letters_in(relation) if Key(letter) not in shapes.of}
    if letters:
        return not letters.isdisjoint(shapes.letters)
    is_of_target = relation.signs[0] == "=" and isinstance(relation.sides[1], Numeral)
    names = set(_symbols(relation, shapes))
    return bool(names & (shapes.symbols.targets if is_of_target else symbols))
