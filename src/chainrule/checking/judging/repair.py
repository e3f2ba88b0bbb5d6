"""What is wrong with a wrong line, and what it would have to be: the smallest repairs that make it true.

A repair undoes one slip at one place of the line as it was written. A slip is told only where the line that it repairs
equals the truth at every point; of those that do, the likeliest is told.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from operator import length_hint

from chainrule.algebra.expressions import Comparison, Expression, Symbol
from chainrule.checking.judging.counterexamples import Counterexample, counterexample_of
from chainrule.checking.judging.edits import LIKELIHOOD, SLIPS, Edits
from chainrule.checking.judging.materials import Background, Materials
from chainrule.checking.judging.spelling import Axes
from chainrule.checking.judging.trials import UNREADABLE, Trial
from chainrule.checking.judging.verdicts import Judgement
from chainrule.checking.meaning.symbols import is_symbol
from chainrule.checking.meaning.systems import System
from chainrule.checking.parsing.syntax import Fraction, Node, Partial

__all__ = ["Diagnosis", "diagnoses"]

MOST_TRIALS = 6000  # of repairs, in a document: a second's work


@dataclass(frozen=True)
class Diagnosis:
    """What is known of a wrong line.

    Attributes
    ----------
    mistakes : tuple of str
        The likely slips; nothing where no repair makes the line true.
    right : Expression, optional
        The right side repaired; where the slip is on the left, the whole equation.
    counterexample : Counterexample, optional
        Where it fails.
    tag : str
        The line of the table that its left side answers to.
    """

    mistakes: tuple[str, ...] = ()
    right: Expression | None = None
    counterexample: Counterexample | None = None
    tag: str = ""


def diagnoses(judgements: Sequence[Judgement], system: System) -> Iterator[Diagnosis]:
    """Find what is wrong with the wrong ones among a document's links.

    Parameters
    ----------
    judgements : sequence of Judgement
        Of the links, with the expressions that they were held against.
    system : System
        In which they were judged.

    Yields
    ------
    Diagnosis
        Of each link, an empty one where nothing is wrong. The trials are shared: what a link does not need is left to
        those after it.
    """
    trials = iter(range(MOST_TRIALS))
    wrong = sum(each.verdict == "wrong" for each in judgements)
    background = Background.of(system) if wrong else None
    for judgement in judgements:
        if judgement.verdict == "wrong" and background is not None:
            yield _diagnosis(judgement, background, islice(trials, length_hint(trials) // wrong))
            wrong -= 1
        else:
            yield Diagnosis()


def _diagnosis(judgement: Judgement, background: Background, trials: Iterator[int]) -> Diagnosis:
    if judgement.shapes is not None:
        return Diagnosis(counterexample=Counterexample(shapes=judgement.shapes))
    if judgement.truth is None or judgement.sides is None:
        return Diagnosis()
    system = background.system
    system.meaning.shapes.letters = dict(judgement.letters)
    left, written = judgement.sides
    moved = _moved(left, background)
    trial = Trial(judgement.truth, judgement.where, system, judgement.letters)
    edits = Edits(Materials.of(background, *(moved or (None, {}))), trial.shape)
    mistakes, right = _search(written, edits, trial, trials)
    if not mistakes and moved is None and (claimed := trial.meaning(written)) is not None:
        # Both sides are formulas, and the slip can be on the left.
        mistakes, repaired = _search(left, edits, replace(trial, truth=claimed), trials)
        right = repaired and Comparison(repaired, "=", claimed)
    if not mistakes and trial.is_diagonal_only(written):
        mistakes = ("diagonal-only-jacobian",)
    tag = "" if moved is None else background.roles.tag(moved[0])
    return Diagnosis(mistakes, right, _counterexample(judgement, system), tag)


def _counterexample(judgement: Judgement, system: System) -> Counterexample | None:
    assert judgement.truth is not None and judgement.sides is not None  # noqa: S101, PT018 - so the caller found it
    system.meaning.shapes.letters = dict(judgement.letters)
    try:
        readings = system.meaning.readings(judgement.sides[1])
    except UNREADABLE:
        return None
    return counterexample_of(judgement.truth, readings[0].expression, judgement.where, system) if readings else None


def _moved(left: Node, background: Background) -> tuple[Symbol, Axes] | None:
    """Return the symbol by which a left side is the gradient, and what indexes it."""
    match left:
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


def _search(
    written: Node, edits: Edits, trial: Trial, trials: Iterator[int]
) -> tuple[tuple[str, ...], Expression | None]:
    """Return the likeliest repair that makes a line true, if the trials that are left come to one."""
    if (right := trial.repaired(written)) is not None:
        return ("missing-transpose",), right
    repairs = _each_once(_repairs(written, edits))
    for _, (slips, node) in zip(trials, repairs, strict=False):
        if (right := trial.repaired(node)) is not None:
            return slips, right
    return (), None


def _repairs(written: Node, edits: Edits) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Yield what a line is with one slip undone, the likeliest first, then with two."""
    single = sorted(edits.of(written), key=lambda repair: LIKELIHOOD[repair.slip])
    yield from (((slip,), node) for slip, node in single)
    for first in single:
        for second in edits.of(first.node):
            if first.slip != second.slip:
                yield _named(first.slip, second.slip), second.node


def _each_once(repairs: Iterable[tuple[tuple[str, ...], Node]]) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Leave out the formulas that came before: two slips can be undone in either order."""
    seen: set[Node] = set()
    for slips, node in repairs:
        if node not in seen:
            seen.add(node)
            yield slips, node


def _named(*slips: str) -> tuple[str, ...]:
    """Return two slips in the order of a report; indices in the wrong order are a transpose already."""
    if set(slips) == {"missing-transpose", "wrong-index"}:
        return ("wrong-index",)
    return tuple(sorted(slips, key=SLIPS.index))
