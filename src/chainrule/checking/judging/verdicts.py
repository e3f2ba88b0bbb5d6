"""The verdict on each link of each chain, by evaluation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from chainrule.algebra.expressions import Derivative, Dimension, Expression, Shape, ShapeError, as_expression
from chainrule.checking.judging.equality import TOLERANCE, Outcome, compare, entry_by_entry
from chainrule.checking.judging.gaps import gap_in, is_apart, is_gap
from chainrule.checking.judging.motion import HELD, holds_parameters, in_motion
from chainrule.checking.meaning import definitions as df
from chainrule.checking.meaning.conditions import Circumstances, Restriction, circumstances_of
from chainrule.checking.meaning.labels import LASTS, meant_layers
from chainrule.checking.meaning.reading import Misfit, Reading
from chainrule.checking.meaning.readings import OWN
from chainrule.checking.meaning.said import Condition, Said
from chainrule.checking.meaning.shapes import Pair
from chainrule.checking.meaning.symbols import is_symbol
from chainrule.checking.meaning.systems import System, declared
from chainrule.checking.message import Message, message
from chainrule.checking.parsing.plain import plain
from chainrule.checking.parsing.problems import NotUnderstood, Span, Unreadable, unreadable
from chainrule.checking.parsing.syntax import Block, Chain, Document, Group, Node, Prose, Unread
from chainrule.checking.patience import TooMuch

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
    layer : tuple of str and int, optional
        Of a statement about any layer, its letter and for which of them it was judged.
    alike : tuple of Judgement
        What was judged of the other layers.
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
    layer: tuple[str, int] | None = None
    alike: tuple["Judgement", ...] = ()
    block: int = 0
    link: int = 0


def judge(document: Document, systems: Sequence[System]) -> list[list[Judgement]]:
    """Judge every claim of a document in each of several systems, block by block: the time ends for all at once."""
    found: list[list[Judgement]] = [[] for _ in systems]
    words = [Said() for _ in systems]
    pieces = document.pieces
    for before, piece, after in zip((None, *pieces), pieces, (*pieces[1:], None), strict=False):
        for judgements, system, said in zip(found, systems, words, strict=True):
            if isinstance(piece, Prose):
                said.read(piece, is_behind=isinstance(before, Block))
            else:
                conditions = said.conditions(after if isinstance(after, Prose) else None)
                judgements.extend(_block(piece, system, conditions))
                said.pass_by(has_claims=bool(judgements))
    return [_in_numerator_layout(judgements) for judgements in found]


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


def _block(block: Block, system: System, stated: list[Condition]) -> Iterator[Judgement]:
    if block.problem is not None:
        yield replace(_not_understood(block.problem), block=block.number, link=1)
        return
    link = 0
    for chain in block.chains:
        for number, judged in _chain(chain, system, stated):
            yield replace(judged, block=block.number, link=link + number)
        link += df.links_in(chain)


def _not_understood(problem: Unreadable) -> Judgement:
    return Judgement("unreadable", reason=problem.reason, place=problem.place)


def _membership(first: list[Reading] | Unreadable, member: Node, of: Node, system: System) -> Judgement:
    """Judge X ∈ R^{m × n} by the shape that the document's equations give X; in R^n a row and a column are alike."""
    if isinstance(first, Unreadable) and not isinstance(member, Group):
        return _not_understood(first)
    shapes = system.meaning.shapes
    claimed = declared(of, shapes)
    if claimed is None:
        return _not_understood(unreadable("set-without-shape", of))
    for node in member.items if isinstance(member, Group) else (member,):
        readings = _readings(node, system)
        if isinstance(readings, Unreadable):
            return _not_understood(readings)
        found = [(reading.expression.shape.rows, reading.expression.shape.columns) for reading in readings]
        if not any(_is_of(shape, shapes.known(claimed), system) for shape in found):
            if not found:
                return Judgement("wrong", reason=message("reasons.misfit"))
            return Judgement("wrong", shapes=(Shape(*shapes.known(claimed)), Shape(*found[0])))
    return Judgement("correct")


def _is_of(shape: Pair, claimed: Pair, system: System) -> bool:
    """Return whether a shape is the claimed one; a length of which nothing speaks is what it is the first time."""
    for sizes in (claimed, claimed[::-1]) if 1 in claimed else (claimed,):
        lengths = dict(system.lengths)
        known = (
            size if system.meaning.has_axis(size) else lengths.setdefault(size, axis)
            for size, axis in zip(sizes, shape, strict=True)
        )
        if all(size == axis for size, axis in zip(known, shape, strict=True)):
            system.lengths.update(lengths)
            return True
    return False


def _chain(chain: Chain, system: System, stated: list[Condition]) -> Iterator[tuple[int, Judgement]]:
    """Yield each link's number and its verdict, of all the layers of which a chain speaks."""
    found: dict[int, list[Judgement]] = {}
    for instance in system.instances.get(id(chain)) or (chain,):
        layers = dict(meant_layers(chain, instance))
        layer = next(((letter, layers[letter]) for letter in sorted(layers, key=LASTS.__contains__)), None)
        defined = id(instance) in system.defining
        try:
            links = list(_links(instance, system, stated, defined=defined))
        except TooMuch:
            no_time = _not_understood(unreadable("no-time", chain))
            links = [(number, no_time) for number in range(1 + defined, 1 + df.links_in(chain))]
        for number, judged in links:
            found.setdefault(number, []).append(replace(judged, layer=layer))
    yield from ((number, _of_all_layers(judged, system)) for number, judged in sorted(found.items()))


def _of_all_layers(judgements: list[Judgement], system: System) -> Judgement:
    """Return the worst verdict; where the last layer has equations of its own, it need not be meant."""
    worst = min(judgements, key=lambda each: WORST.index(each.verdict))
    others = judgements[:-1]
    if worst.verdict == "wrong" and system.is_last_apart and others:
        of_others = _of_all_layers(others, replace(system, is_last_apart=False))
        if of_others.verdict in ("correct", "convention"):
            return replace(of_others, verdict="convention", granted=(*of_others.granted, "restriction l < L"))
    meant = others if system.is_last_apart else judgements
    return replace(worst, alike=tuple(each for each in meant if each is not worst))


def _links(chain: Chain, system: System, stated: list[Condition], *, defined: bool) -> Iterator[tuple[int, Judgement]]:
    """Judge each link of a chain, by its number: against the first member, and the one before it."""
    if not chain.signs and isinstance(chain.members[0], Unread):
        yield 1, _not_understood(chain.members[0].problem)
    elif not defined and df.is_update(chain, system.meaning.shapes.symbols):
        yield from _update(chain)
    elif is_gap(chain, system):
        body = _readings(chain.members[1], system)
        problem = body if isinstance(body, Unreadable) else unreadable("unfit", chain.members[1])
        yield from ((number, _not_understood(problem)) for number in range(1, len(chain.members)))
    elif df.links_in(chain):
        yield from _equations(chain, system, stated, defined=defined)


def _update(chain: Chain) -> Iterator[tuple[int, Judgement]]:
    """Say of a new value that it is none of an equation; with := or ←, and in code, it claims nothing."""
    is_code = is_symbol(chain.members[0]) and getattr(chain.members[0], "is_word", False)
    if chain.signs[0] == "=" and not is_code:
        problem = unreadable("new-value", Span(chain.members[0].end, chain.members[1].start))
        yield 1, replace(_not_understood(problem), sides=(chain.members[0], chain.members[1]))


def _equations(
    chain: Chain, system: System, stated: list[Condition], *, defined: bool
) -> Iterator[tuple[int, Judgement]]:
    try:
        circumstances = circumstances_of(chain, stated, system)
    except NotUnderstood as error:
        yield from ((number, _not_understood(error.problem)) for number in range(1 + defined, len(chain.members)))
        return
    letters = dict(system.meaning.shapes.letters)
    symbols = system.meaning.shapes.symbols
    grants = system.granted if any(df.has_shorthand(member, symbols) for member in chain.members) else ()
    readings = [_readings(member, system) for member in chain.members]
    for number, sign, first, before in _held_against(chain):
        if defined and (number == 1 or sign == "∈"):
            continue
        sides = chain.members[first], chain.members[number]
        between = Span(chain.members[number - 1].end, sides[1].start)
        if sign == "∈":
            judged = _membership(readings[first], chain.members[before], sides[1], system)
        elif sign in (*df.EQUATIONS, *df.LOOSELY):
            judged = _differentials(sides, chain.members[before], system, circumstances) or _equation(
                sides, readings[first], readings[before], readings[number], system, circumstances
            )
        else:
            judged = _not_understood(unreadable("relation", between, sign=sign))
        if judged.verdict == "wrong" and sign in df.LOOSELY:
            judged = _not_understood(unreadable("approximation", between))
        if judged.verdict == "wrong" and circumstances.unknown:
            judged = _not_understood(unreadable("condition", sides[1], condition=circumstances.unknown))
        if judged.verdict in ("correct", "convention") and grants:
            judged = replace(judged, verdict="convention", granted=(*judged.granted, *grants))
        yield (
            number,
            replace(judged, where=circumstances.where(circumstances.restrictions), sides=sides, letters=letters),
        )


def _held_against(chain: Chain) -> Iterator[tuple[int, str, int, int]]:
    """Yield each link's number and sign, and which members it is held against: the first, and the one before it."""
    first = before = 0
    for number, sign in enumerate(chain.signs, start=1):
        yield number, sign, first, before
        if sign not in (*df.EQUATIONS, *df.LOOSELY, "∈"):
            first = number
        if sign != "∈":
            before = number


def _equation(
    sides: tuple[Node, Node],
    first: list[Reading] | Unreadable,
    before: list[Reading] | Unreadable,
    current: list[Reading] | Unreadable,
    system: System,
    circumstances: Circumstances,
) -> Judgement:
    """Judge one link that says that two sides are equal."""
    if isinstance(current, Unreadable) and (isinstance(sides[1], Unread) or not isinstance(first, Unreadable)):
        return _not_understood(current)
    if isinstance(first, Unreadable) or not first or isinstance(current, Unreadable):
        return _not_understood(first if isinstance(first, Unreadable) else unreadable("misfit", sides[0]))
    before = [] if isinstance(before, Unreadable) else before
    judged = _verdict(sides[1], first, current, before, system, circumstances)
    return _unless_gap(judged, sides, (*first[:1], *current[:1]), system)


def _differentials(
    sides: tuple[Node, Node], before: Node, system: System, circumstances: Circumstances
) -> Judgement | None:
    """Judge one link that is about differentials, if it is: all sides are read anew, by what moves on the right."""
    if isinstance(sides[1], Unread):
        return None
    try:
        moving = in_motion(sides, system)
    except NotUnderstood as error:
        return _not_understood(error.problem)
    if moving is system:
        return None
    first, between, current = (_readings(side, moving) for side in (sides[0], before, sides[1]))
    judged = _equation(sides, first, between, current, moving, circumstances)
    if judged.verdict in ("correct", "convention") and holds_parameters(sides[0], moving):
        return replace(judged, verdict="convention", granted=(*judged.granted, HELD))
    return judged


def _unless_gap(judged: Judgement, sides: tuple[Node, Node], readings: Sequence[Reading], system: System) -> Judgement:
    """Return a verdict, but where the line rests on something that was not understood."""
    meant = [each.expression for each in readings]
    conform = judged.verdict != "wrong" or (len(meant) == len(sides) and meant[0].shape == meant[1].shape)
    if judged.verdict == "wrong" and meant and is_apart(meant[0], system):
        return _not_understood(unreadable("apart", sides[0]))
    gap = gap_in(sides, meant, system, conform=conform)
    return judged if gap is None else _not_understood(unreadable("not-defined", sides[1], name=plain(gap)))


def _readings(node: Node, system: System) -> list[Reading] | Unreadable:
    """Return what a formula can mean, or why it was not understood."""
    if isinstance(node, Unread):
        return node.problem
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
    for restrictions in ((), circumstances.restrictions) if circumstances.restrictions else ((),):
        for truth in first:
            for reading in current:
                outcome, granted = _agreement(truth, reading, system, circumstances.where(restrictions))
                is_undefined = is_undefined or outcome is Outcome.UNDEFINED
                if outcome is Outcome.EQUAL:
                    needed = _needed(truth, reading, system, circumstances, restrictions)
                    told = (f"restriction {text}" for _, text in needed)
                    whole = tuple(dict.fromkeys((*truth.granted, *reading.granted, *granted, *told)))
                    return Judgement("convention" if whole else "correct", whole)
    true = first[0].expression
    if is_undefined:
        return replace(_not_understood(unreadable("no-value", side)), truth=true)
    where = circumstances.where(circumstances.restrictions)
    is_carried = any(_agreement(old, new, system, where)[0] is Outcome.EQUAL for old in before for new in current)
    is_turned = _is_by_matrix(true) and any(_is_equal(true, new.expression, system, where) for new in current)
    reason = None if current else message("reasons.misfit")
    return Judgement("wrong", reason=reason, is_carried=is_carried, truth=true, is_turned=is_turned)


def _needed(
    truth: Reading, reading: Reading, system: System, circumstances: Circumstances, restrictions: Sequence[Restriction]
) -> list[Restriction]:
    """Return those of some restrictions without which two sides are not equal."""
    needed = list(restrictions)
    for each in restrictions:
        rest = [other for other in needed if other is not each]
        if _agreement(truth, reading, system, circumstances.where(rest))[0] is Outcome.EQUAL:
            needed = rest
    return needed


def _is_equal(truth: Expression, written: Expression, system: System, where: Expression | None) -> bool:
    """Return whether what is written is the transpose."""
    return written.shape == truth.shape[::-1] and compare(truth, written.T, system, where) is Outcome.EQUAL


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
    if other.shape.is_scalar and (OWN in truth.granted or other == as_expression(0)):  # there is a 0 of every shape
        return compare(one, other, system, where), ()
    return Outcome.DIFFERENT, ()
