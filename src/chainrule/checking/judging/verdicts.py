"""The verdict on each link of each chain, by evaluation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from chainrule.algebra.expressions import Derivative, Dimension, Expression, Shape, ShapeError
from chainrule.checking.judging.equality import TOLERANCE, Outcome, compare, entry_by_entry
from chainrule.checking.judging.gaps import gap_in, is_gap
from chainrule.checking.meaning import definitions as df
from chainrule.checking.meaning.conditions import Circumstances, Conditions, circumstances_of
from chainrule.checking.meaning.reading import Misfit, Reading
from chainrule.checking.meaning.readings import OWN
from chainrule.checking.meaning.symbols import is_symbol
from chainrule.checking.meaning.systems import System, declared
from chainrule.checking.message import Message, message
from chainrule.checking.parsing.plain import plain
from chainrule.checking.parsing.problems import NotUnderstood, Span, Unreadable, unreadable
from chainrule.checking.parsing.syntax import Block, Chain, Document, Node, Prose, Relation

__all__ = ["TOLERANCE", "Judgement", "Verdict", "entry_by_entry", "judge"]

Verdict = Literal["correct", "convention", "wrong", "unreadable"]
NUMERATOR = "numerator layout"
WORST: Sequence[Verdict] = ("wrong", "unreadable", "convention", "correct")


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
    reason : Message, optional
        Why it is not understood, or cannot be right as it stands.
    shapes : tuple of Shape, optional
        Of a symbol: that which is stated, and that which the equations give it.
    place : Span, optional
        Of what is not understood in the block's source.
    is_carried : bool
        Whether it equals the line before it, which was wrong already.
    truth : Expression, optional
        What a wrong link was held against.
    where : Expression, optional
        The conditions under which it was.
    sides : tuple of Node, optional
        The first member of the chain, and the one that is judged.
    letters : mapping of str to dimension
        How far the chain's indices run.
    is_turned : bool
        Whether it would be right if the gradient by a matrix had its transpose's shape.
    """

    verdict: Verdict
    granted: tuple[str, ...] = ()
    reason: Message | None = None
    shapes: tuple[Shape, Shape] | None = None
    place: Span | None = None
    is_carried: bool = False
    truth: Expression | None = None
    where: Expression | None = None
    sides: tuple[Node, Node] | None = None
    letters: Mapping[str, Dimension] = field(default_factory=dict)
    is_turned: bool = False
    block: int = 0
    link: int = 0


def judge(document: Document, system: System) -> list[Judgement]:
    """Judge every claim of a document."""
    found: list[Judgement] = []
    conditions = Conditions()
    for piece in document.pieces:
        if isinstance(piece, Prose):
            conditions.read(piece)
        else:
            found += _block(piece, system, conditions.stated)
            conditions.has_claims = bool(found)
    return _in_numerator_layout(found)


def _in_numerator_layout(judgements: list[Judgement]) -> list[Judgement]:
    """Grant the other layout where all gradients by matrices, more than one, are in it."""
    matrices = [each for each in judgements if _is_by_matrix(each.truth)]
    if len(matrices) < 2 or not all(each.is_turned for each in matrices):
        return judgements
    return [
        replace(each, verdict="convention", granted=(*each.granted, NUMERATOR)) if each.is_turned else each
        for each in judgements
    ]


def _is_by_matrix(truth: Expression | None) -> bool:
    return isinstance(truth, Derivative) and truth.of.shape.is_scalar and not truth.by.shape.is_vector


def _block(block: Block, system: System, stated: list[Relation]) -> Iterator[Judgement]:
    if block.problem is not None:
        yield replace(_not_understood(block.problem), block=block.number, link=1)
        return
    link = 0
    for chain in block.chains:
        if df.is_membership(chain):
            link += 1
            if id(chain) not in system.defining:
                yield replace(_membership(chain, system), block=block.number, link=link)
        elif all(sign in ("=", "≡") for sign in chain.signs):
            for number, judged in _chain(chain, system, stated):
                yield replace(judged, block=block.number, link=link + number)
            link += len(chain.signs)


def _not_understood(problem: Unreadable) -> Judgement:
    return Judgement("unreadable", reason=problem.reason, place=problem.place)


def _membership(chain: Chain, system: System) -> Judgement:
    """Judge X ∈ R^{m × n} by the shape that the document's equations give X."""
    shapes = system.meaning.shapes
    claimed = declared(chain.members[1], shapes)
    if claimed is None:
        return _not_understood(unreadable("set-without-shape", chain.members[1]))
    for node in df.members_of(chain):
        actual = shapes.of.get(shapes.symbols.resolve(node).key)
        if actual is None:
            return _not_understood(unreadable("unknown-shape", node))
        if shapes.known(actual) != shapes.known(claimed):
            return Judgement("wrong", shapes=(Shape(*shapes.known(claimed)), Shape(*shapes.known(actual))))
    return Judgement("correct")


def _chain(chain: Chain, system: System, stated: list[Relation]) -> Iterator[tuple[int, Judgement]]:
    """Yield each link's number and its verdict, of all the layers of which a chain speaks."""
    found: dict[int, list[Judgement]] = {}
    for instance in system.instances.get(id(chain), (chain,)):
        defined = id(instance) in system.defining
        for number, judged in enumerate(_links(instance, system, stated, defined=defined), start=1):
            if number > 1 or not defined:
                found.setdefault(number, []).append(judged)
    yield from ((number, _of_all_layers(judged, system)) for number, judged in sorted(found.items()))


def _of_all_layers(judgements: list[Judgement], system: System) -> Judgement:
    """Return the worst verdict; where the last layer has equations of its own, it need not be meant."""
    worst = min(judgements, key=lambda each: WORST.index(each.verdict))
    others = judgements[:-1]
    if worst.verdict == "wrong" and system.is_last_apart and others:
        of_others = _of_all_layers(others, replace(system, is_last_apart=False))
        if of_others.verdict in ("correct", "convention"):
            return replace(of_others, verdict="convention", granted=(*of_others.granted, "restriction l < L"))
    return worst


def _links(chain: Chain, system: System, stated: list[Relation], *, defined: bool) -> Iterator[Judgement]:
    """Judge each link of a chain against its first member, and against the one before it."""
    if len(chain.members) > 1 and not defined and df.is_update(chain, system.meaning.shapes.symbols):
        if not _is_code(chain):
            sides = chain.members[0], chain.members[1]
            sign = Span(sides[0].end, sides[1].start)
            yield replace(_not_understood(unreadable("new-value", sign)), sides=sides)
        return
    if is_gap(chain, system):
        body = _readings(chain.members[1], system)
        problem = body if isinstance(body, Unreadable) else unreadable("unfit", chain.members[1])
        yield from (_not_understood(problem) for _ in chain.signs)
        return
    try:
        circumstances = circumstances_of(chain, stated, system)
    except NotUnderstood as error:
        yield from (_not_understood(error.problem) for _ in chain.signs)
        return
    letters = dict(system.meaning.shapes.letters)
    readings = [_readings(member, system) for member in chain.members]
    symbols = system.meaning.shapes.symbols
    grants = system.granted if any(df.has_shorthand(member, symbols) for member in chain.members) else ()
    for number in range(1, len(readings)):
        first, before, current = readings[0], readings[number - 1], readings[number]
        first = first or unreadable("misfit", chain.members[0])
        sides = chain.members[0], chain.members[number]
        if isinstance(first, Unreadable):
            judged = _not_understood(first)
        elif isinstance(current, Unreadable):
            judged = _not_understood(current)
        else:
            before = [] if isinstance(before, Unreadable) else before
            judged = _verdict(sides[1], first, current, before, system, circumstances)
            judged = _unless_gap(judged, sides, (*first[:1], *current[:1]), system)
        if judged.verdict in ("correct", "convention") and grants:
            judged = replace(judged, verdict="convention", granted=(*judged.granted, *grants))
        yield replace(judged, where=circumstances.restricted, sides=sides, letters=letters)


def _unless_gap(judged: Judgement, sides: tuple[Node, Node], readings: Sequence[Reading], system: System) -> Judgement:
    """Return a verdict, but where the line rests on something that was not understood."""
    meant = [each.expression for each in readings]
    conform = judged.verdict != "wrong" or (len(meant) == len(sides) and meant[0].shape == meant[1].shape)
    gap = gap_in(sides, meant, system, conform=conform)
    return judged if gap is None else _not_understood(unreadable("not-defined", sides[1], name=plain(gap)))


def _is_code(chain: Chain) -> bool:
    """Return whether this is an assignment of code, which may well give a name a new value."""
    return is_symbol(chain.members[0]) and getattr(chain.members[0], "is_word", False)


def _readings(node: Node, system: System) -> list[Reading] | Unreadable:
    """Return what a formula can mean, or why it was not understood."""
    try:
        readings = system.meaning.readings(node)
    except Misfit:
        return []
    except NotUnderstood as error:
        return error.problem.within(node)
    except ShapeError:
        return unreadable("misfit", node)
    return [each for each in readings if all(compare(*pair, system) is Outcome.EQUAL for pair in each.provided)]


def _verdict(
    side: Node,
    first: list[Reading],
    current: list[Reading],
    before: list[Reading],
    system: System,
    circumstances: Circumstances,
) -> Judgement:
    """Judge one link: equal as it is written, or with something granted, or under the restrictions beside it."""
    is_undefined = False
    for where, restrictions in _cases(circumstances):
        for truth in first:
            for reading in current:
                outcome, granted = _agreement(truth, reading, system, where)
                is_undefined = is_undefined or outcome is Outcome.UNDEFINED
                if outcome is Outcome.EQUAL:
                    whole = tuple(dict.fromkeys((*truth.granted, *reading.granted, *granted, *restrictions)))
                    return Judgement("convention" if whole else "correct", whole)
    true = first[0].expression
    if is_undefined:
        return replace(_not_understood(unreadable("no-value", side)), truth=true)
    where = circumstances.restricted
    is_carried = any(_agreement(old, new, system, where)[0] is Outcome.EQUAL for old in before for new in current)
    is_turned = _is_by_matrix(true) and any(_is_equal(true, new.expression, system, where) for new in current)
    reason = None if current else message("reasons.misfit")
    return Judgement("wrong", reason=reason, is_carried=is_carried, truth=true, is_turned=is_turned)


def _is_equal(truth: Expression, written: Expression, system: System, where: Expression | None) -> bool:
    """Return whether what is written is the transpose."""
    return written.shape == truth.shape[::-1] and compare(truth, written.T, system, where) is Outcome.EQUAL


def _cases(circumstances: Circumstances) -> Iterator[tuple[Expression | None, tuple[str, ...]]]:
    yield circumstances.where, ()
    if circumstances.restrictions:
        yield circumstances.restricted, tuple(f"restriction {each}" for each in circumstances.restrictions)


def _agreement(
    truth: Reading, reading: Reading, system: System, where: Expression | None
) -> tuple[Outcome, tuple[str, ...]]:
    """Return how two sides compare, and what has to be granted beyond what they grant themselves."""
    one, other = entry_by_entry(truth.expression, reading.expression)
    if one.shape == other.shape:
        return compare(one, other, system, where), ()
    if one.shape == other.shape[::-1] and one.shape.is_vector:
        grant = NUMERATOR if isinstance(one, Derivative) or isinstance(other, Derivative) else "transpose"
        return compare(one, other.T, system, where), (grant,)
    if OWN in truth.granted and other.shape.is_scalar:
        return compare(one, other, system, where), ()
    return Outcome.DIFFERENT, ()
