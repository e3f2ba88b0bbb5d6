"""What is wrong with a wrong line, and what it would have to be: the smallest repairs that make it true.

A repair undoes one slip at one place of the line as it was written. A slip is told only where the line that it repairs
equals the truth at every point; of those that do, the likeliest is told.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from operator import attrgetter, length_hint
from time import thread_time

from chainrule.algebra.expressions import Comparison, Expression, Symbol
from chainrule.checking.judging.any_layer import AnyLayer
from chainrule.checking.judging.counterexamples import Counterexample, counterexample_of, misfit_of
from chainrule.checking.judging.edits import SLIPS, Edits, Repair
from chainrule.checking.judging.idle import has_idle_part
from chainrule.checking.judging.jacobians import is_diagonal_only, whole_jacobians
from chainrule.checking.judging.materials import Background, Materials
from chainrule.checking.judging.promise import Promise
from chainrule.checking.judging.spelling import Axes
from chainrule.checking.judging.trials import UNREADABLE, Trial
from chainrule.checking.judging.verdicts import Judgement
from chainrule.checking.meaning.products import BY_ENTRY
from chainrule.checking.meaning.symbols import is_symbol, nodes_of
from chainrule.checking.meaning.systems import System
from chainrule.checking.parsing.syntax import Fraction, Name, Node, Partial, Relation
from chainrule.checking.patience import TooMuch, at_most

__all__ = ["Diagnosis", "diagnoses"]

Attempt = tuple[tuple[str, ...], Node]  # the slips that are undone, and what is left

TURNED = ("missing-transpose",)
DIAGONAL = ("diagonal-only-jacobian",)
OF_ENTRIES = (("sign",), ("wrong-index",))  # in part of a Jacobian
# Indices in the wrong order are a transpose; a factor too many, whatever it was meant as, is no other's derivative.
ALSO = {"wrong-index": "missing-transpose", "extra-activation-derivative": "wrong-activation-derivative"}
MOST_TRIALS = 6000  # of repairs, in a document: a second's work
SECONDS = 1.5


@dataclass(frozen=True)
class Diagnosis:
    """What is known of a wrong line.

    Attributes
    ----------
    mistakes : tuple of str
        The likely slips; nothing where no repair makes the line true.
    right : Expression, optional
        The right side repaired; where the slip is on the left, the whole equation.
    repaired : Node, optional
        The same as its author would write it.
    counterexample : Counterexample, optional
        Where it fails.
    tag : str
        The line of the table that its left side answers to.
    """

    mistakes: tuple[str, ...] = ()
    right: Expression | None = None
    repaired: Node | None = None
    counterexample: Counterexample | None = None
    tag: str = ""


def diagnoses(judgements: Sequence[Judgement], system: System) -> list[Diagnosis]:
    """Find what is wrong with the wrong ones among a document's links.

    Parameters
    ----------
    judgements : sequence of Judgement
        Of the links, with the expressions that they were held against.
    system : System
        In which they were judged.

    Returns
    -------
    list of Diagnosis
        Of each link, an empty one where nothing is wrong. Trials and time are shared: what a link does not need is
        left to those after it.
    """
    found = [Diagnosis(counterexample=_counterexample(each, system)) for each in judgements]
    wrong = [place for place, each in enumerate(judgements) if each.truth is not None and each.verdict == "wrong"]
    trials = iter(range(MOST_TRIALS))
    if not wrong:
        return found
    end = thread_time() + SECONDS
    with at_most(SECONDS), suppress(TooMuch):
        background = Background.of(system)
        for done, place in enumerate(wrong):
            left = len(wrong) - done
            share = islice(trials, length_hint(trials) // left)
            with at_most((end - thread_time()) / left), suppress(TooMuch):
                found[place] = _diagnosis(found[place], judgements[place], background, share)
    return found


def _diagnosis(known: Diagnosis, judgement: Judgement, background: Background, trials: Iterator[int]) -> Diagnosis:
    """Add to what is known of a line its slips, the line repaired, and its tag."""
    assert judgement.truth is not None and judgement.sides is not None  # noqa: S101, PT018 - so the caller found it
    system = background.system
    left, written = judgement.sides
    system.meaning.shapes.letters = dict(judgement.letters)
    moved = _moved(left, background)
    trial = Trial(judgement.truth, judgement.where, system, judgement.letters, written)
    layers = AnyLayer(judgement, background)
    edits = Edits(Materials.of(background, *(moved or (None, {}))), trial.shape)
    searches = [partial(_search, written, edits, trial, layers, trials)]
    is_given = moved is not None or _is_of_any_number(left) or bool(system.meaning.differentials)
    if not is_given and (claimed := trial.meaning(written)) is not None:
        # Both sides are formulas, and the slip can be on the left.
        on_left = replace(trial, truth=claimed, written=left)
        searches.append(partial(_of_equation, (left, written), edits, on_left, layers, trials))
    attempts = (search(most) for most in (1, 2) for search in searches)
    found = next((each for each in attempts if each.mistakes), Diagnosis())
    tag = "" if moved is None else background.roles.tag(moved[0])
    return replace(found, counterexample=known.counterexample, tag=tag)


def _counterexample(judgement: Judgement, system: System) -> Counterexample | None:
    """Return the numbers, or the shapes, at which a wrong line fails, and of which layer they are."""
    of_layer = () if judgement.layer is None else (judgement.layer,)
    if judgement.shapes is not None:
        written, right = judgement.shapes
        return Counterexample(of_layer, shapes=((written,), right))
    if judgement.verdict != "wrong" or judgement.truth is None or judgement.sides is None:
        return None
    system.meaning.shapes.letters = dict(judgement.letters)
    try:
        readings = system.meaning.readings(judgement.sides[1])
    except UNREADABLE:
        return None
    if readings:
        found = counterexample_of(judgement.truth, readings[0].expression, judgement.where, system)
    else:
        found = misfit_of(judgement.truth, judgement.sides[1], system)
    return found and replace(found, indices=(*of_layer, *found.indices))


def _moved(left: Node, background: Background) -> tuple[Symbol, Axes] | None:
    """Return the symbol by which a left side is the gradient, and what indexes it."""
    match left:
        case Partial(_, None) if background.system.meaning.differentials:
            return None
        case Fraction(Partial(), Partial(Node() as by, None)) | Partial(_, Node() as by) | Partial(Node() as by, None):
            shorthand = False
        case by:
            shorthand = True
    if not is_symbol(by):
        return None
    reference = background.system.meaning.shapes.symbols.resolve(by)
    known = background.system.meaning.symbols.get(reference.key)
    moved = background.spelling.moved_by(reference.key) if shorthand else known
    return None if moved is None else (moved, background.spelling.axes(reference))


def _is_of_any_number(left: Node) -> bool:
    """Return whether a left side says which function the line is about: φ'(z), of any z."""
    return any(isinstance(node, Name) and node.is_any for node in nodes_of(left))


def _of_equation(
    sides: tuple[Node, Node], edits: Edits, trial: Trial, layers: AnyLayer, trials: Iterator[int], most: int
) -> Diagnosis:
    """Return the likeliest repair of a left side; what is right is the whole equation."""
    left, right = sides
    found = _search(left, edits, trial, layers, trials, most)
    if found.right is None or found.repaired is None:
        return found
    equation = Relation((found.repaired, right), ("=",))
    return replace(found, right=Comparison(found.right, "=", trial.truth), repaired=equation)


def _search(written: Node, edits: Edits, trial: Trial, layers: AnyLayer, trials: Iterator[int], most: int) -> Diagnosis:
    """Return the likeliest repair of so many slips that makes a line true, if the trials that are left come to one."""
    background = edits.materials.background

    def found(slips: tuple[str, ...], node: Node) -> Diagnosis | None:
        right = trial.repaired(node)
        if right is None or not layers.holds(node):
            return None
        in_hand = trial.in_hand(node)
        if in_hand is None or in_hand == written or has_idle_part(in_hand, trial, background.means):
            return None
        if "missing-transpose" in slips and BY_ENTRY in (trial.granted(in_hand) or ()):
            return None  # the transpose of a factor does not make a product elementwise
        return Diagnosis(slips, right, layers.generally(in_hand))

    if in_order := found(TURNED, written):
        return in_order
    single = sorted(edits.of(written), key=attrgetter("rank"))
    repairs: Iterator[Attempt] = (((repair.slip,), repair.node) for repair in single)
    if is_diagonal_only(trial, written):
        of_entries = ((slips, node) for slips, node in repairs if slips in OF_ENTRIES)
        wholes = ((DIAGONAL, node) for node in whole_jacobians(trial, background.spelling))
        repaired = (found(*each) for each in chain(of_entries, wholes))
        return next((each for each in repaired if each), Diagnosis(DIAGONAL))
    attempts = _each_once(repairs if most == 1 else _with_two(single, edits, trial))
    tried = (found(*each) for _, each in zip(trials, attempts, strict=False))
    return next((each for each in tried if each), Diagnosis())


def _with_two(single: Sequence[Repair], edits: Edits, trial: Trial) -> Iterator[Attempt]:
    """Yield what a line is with two slips undone, first where one of them alone leaves it nearly true."""
    promise = Promise(edits, trial)
    promising = (repair for repair in single if promise.is_made_by(repair))
    for first in chain(promising, single):
        for second in sorted(edits.of(first.node), key=attrgetter("rank")):
            if first.slip != second.slip:
                yield _named(first.slip, second.slip), second.node


def _each_once(attempts: Iterable[Attempt]) -> Iterator[Attempt]:
    """Leave out the formulas that came before: two slips can be undone in either order."""
    seen: set[Node] = set()
    for slips, node in attempts:
        if node not in seen:
            seen.add(node)
            yield slips, node


def _named(*slips: str) -> tuple[str, ...]:
    """Return two slips in the order of a report; of two that are made at once, the one."""
    one = next((one for one, other in ALSO.items() if set(slips) == {one, other}), None)
    if one is not None:
        return (one,)
    return tuple(sorted(slips, key=SLIPS.index))
