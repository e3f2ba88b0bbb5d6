"""The verdict on each link of each chain, by evaluation."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from chainrule.algebra.evaluation import discrepancy
from chainrule.algebra.expressions import Expression, Index, Product, walk
from chainrule.checking.meaning import Meaning, NotUnderstood, Reading
from chainrule.checking.shapes import Conflict, Unknown
from chainrule.checking.symbols import nodes_of
from chainrule.checking.syntax import Block, Chain, Document, Name, Node, Prose, Relation
from chainrule.checking.systems import System

__all__ = ["Judgement", "Verdict", "judge"]

Verdict = Literal["correct", "convention", "wrong", "unreadable"]
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Judgement:
    """A verdict on one link.

    Attributes
    ----------
    block, link : int
        Which: blocks from 1 through the file, links from 1 through the block.
    verdict : str
        ``correct``, ``convention``, ``wrong`` or ``unreadable``.
    granted : tuple of str
        The conventions that make it right.
    reason : str
        For what is not right, or not understood.
    is_carried : bool
        Whether it equals the line before it, which was wrong already.
    """

    verdict: Verdict
    granted: tuple[str, ...] = ()
    reason: str = ""
    is_carried: bool = False
    truth: Expression | None = None
    written: Expression | None = None
    block: int = 0
    link: int = 0


def judge(document: Document, system: System) -> list[Judgement]:
    """Judge every claim of a document."""
    found = []
    conditions: list[Relation] = []
    general: list[Relation] = []
    has_claims = False
    for piece in document.pieces:
        if isinstance(piece, Prose):
            stated = [node for chain in piece.formulas for node in _relations(chain)]
            if not has_claims:
                general = [*general, *stated]
            else:
                conditions = _joined(conditions if not _starts_anew(piece.text) else [], stated)
            continue
        judgements = list(_block(piece, system, [*general, *conditions]))
        has_claims = has_claims or bool(judgements)
        found += judgements
    return found


def _relations(chain: Chain) -> list[Relation]:
    """Return what a formula in prose says of indices and entries: i ≠ k, y_t = 1."""
    if len(chain.members) == 2 and chain.signs[0] in ("=", "≠", "<", ">", "≤", "≥"):
        return [Relation(chain.members, chain.signs, start=chain.start, end=chain.end)]
    return [member for member in chain.members if isinstance(member, Relation)]


def _starts_anew(text: str) -> bool:
    """Return whether a paragraph begins a new part, where the conditions of the part before are forgotten."""
    first = text.lstrip()[:4]
    return first.startswith(("#", "(", "（")) or first[:1].isdigit()


def _joined(before: list[Relation], stated: list[Relation]) -> list[Relation]:
    """Return conditions with new ones, each in the place of an old one about the same letters."""
    about = [_letters(relation) for relation in stated]
    return [*(relation for relation in before if _letters(relation) not in about), *stated]


def _letters(relation: Relation) -> frozenset[str]:
    return frozenset(node.text for side in relation.sides for node in nodes_of(side) if isinstance(node, Name))


def _block(block: Block, system: System, conditions: list[Relation]) -> Iterator[Judgement]:
    if block.problem is not None:
        yield Judgement("unreadable", reason=block.problem.message, block=block.number, link=1)
        return
    link = 0
    for chain in block.chains:
        if any(sign not in ("=", "≡") for sign in chain.signs):
            continue
        defines_first = id(chain) in system.defining
        for number, judged in enumerate(_links(chain, system, conditions), start=1):
            if number > 1 or not defines_first:
                yield replace(judged, block=block.number, link=link + number)
        link += len(chain.signs)


def _links(chain: Chain, system: System, conditions: list[Relation]) -> Iterator[Judgement]:
    """Judge each link of a chain against its first member, and against the one before it."""
    _learn_letters(chain, system)
    where = _condition([*conditions, *_relations_in(chain)], system)
    readings = [_readings(member, system.meaning) for member in chain.members]
    first = readings[0]
    for before, current in pairwise(readings):
        if isinstance(first, str) or isinstance(current, str):
            yield Judgement("unreadable", reason=first if isinstance(first, str) else str(current))
        else:
            yield _verdict(first, current, [] if isinstance(before, str) else before, system, where)


def _readings(node: Node, meaning: Meaning) -> list[Reading] | str:
    """Return what a formula can mean, or why it was not understood."""
    try:
        return meaning.readings(node)
    except NotUnderstood as error:
        return str(error)


def _verdict(
    first: list[Reading], current: list[Reading], before: list[Reading], system: System, where: Expression | None
) -> Judgement:
    for truth in first:
        for reading in current:
            granted = tuple(dict.fromkeys((*truth.granted, *reading.granted)))
            turned = _agreement(truth.expression, reading.expression, system, where)
            if turned is not None:
                granted = (*granted, *turned)
                return Judgement("convention" if granted else "correct", granted)
    is_carried = any(
        _agreement(old.expression, new.expression, system, where) is not None for old in before for new in current
    )
    written = current[0].expression if current else None
    reason = "" if current else "the shapes do not conform"
    return Judgement("wrong", (), reason, is_carried, first[0].expression if first else None, written)


def _agreement(one: Expression, other: Expression, system: System, where: Expression | None) -> tuple[str, ...] | None:
    """Return what has to be granted for two expressions to be equal, or None if they are not."""
    size = system.points.size
    shapes = [tuple(map(size, side.shape)) for side in (one, other)]
    if shapes[0] == shapes[1]:
        return () if discrepancy(one, other, system.points, where) <= TOLERANCE else None
    if shapes[0] == shapes[1][::-1] and 1 in shapes[0]:
        return ("transpose",) if discrepancy(one, other.T, system.points, where) <= TOLERANCE else None
    return None


def _learn_letters(chain: Chain, system: System) -> None:
    """Learn from a chain's entries how far its letters run."""
    shapes = system.meaning.shapes
    shapes.letters = {}
    for member in (*chain.members, *chain.members):
        for node in nodes_of(member):
            try:
                shapes.infer(node)
            except (Conflict, Unknown):
                continue


def _relations_in(chain: Chain) -> list[Relation]:
    return [node for node in chain.beside if isinstance(node, Relation)]


def _condition(relations: list[Relation], system: System) -> Expression | None:
    """Return the conditions that speak of a chain's own free letters, all in one."""
    letters = system.meaning.shapes.letters
    found = []
    for relation in relations:
        try:
            condition = system.meaning.condition(relation)
        except NotUnderstood:
            continue
        if condition is not None and all(node.name in letters for node in walk(condition) if isinstance(node, Index)):
            found.append(condition)
    return Product(tuple(found)) if found else None
