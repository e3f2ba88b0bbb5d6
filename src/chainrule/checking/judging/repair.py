"""What is wrong with a wrong line, and what it would have to be: the smallest repairs that make it true.

A repair undoes one slip at one place of the line as it was written. A slip is told only where the line that it repairs
equals the truth at every point; of those that do, the likeliest is told.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from itertools import combinations, islice
from operator import length_hint

import numpy as np

from chainrule.algebra.evaluation import evaluate, indices_of
from chainrule.algebra.expressions import (
    Comparison,
    Derivative,
    Diagonal,
    Dimension,
    Expression,
    Hadamard,
    Ones,
    Shape,
    ShapeError,
    Symbol,
    walk,
)
from chainrule.checking.judging.edits import LIKELIHOOD, SLIPS, Edits, materials_of
from chainrule.checking.judging.equality import Outcome, compare, entry_by_entry
from chainrule.checking.judging.roles import Roles, roles_of
from chainrule.checking.judging.verdicts import Judgement
from chainrule.checking.meaning.meaning import Meaning, Reading
from chainrule.checking.meaning.shapes import Conflict, Unknown
from chainrule.checking.meaning.symbols import is_symbol
from chainrule.checking.meaning.systems import System
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.syntax import Fraction, Node, Partial

__all__ = ["Counterexample", "Diagnosis", "diagnoses"]

MOST_TRIALS = 6000  # of repairs, in a document: a second's work
MOST_REMEMBERED = 100_000  # formulas and parts of formulas
UNREADABLE = (NotUnderstood, ShapeError, Conflict, Unknown)


@dataclass(frozen=True)
class Counterexample:
    """Numbers at which a line fails.

    Attributes
    ----------
    indices : tuple of (str, int)
        Which entry, from 1: by the line's own letters, or ``row`` and ``column``.
    written, right : float
        What the line says there, and what is true.
    shapes : tuple of Shape, optional
        Of both sides, where they differ; then there are no numbers.
    """

    indices: tuple[tuple[str, int], ...] = ()
    written: float = float("nan")
    right: float = float("nan")
    shapes: tuple[Shape, Shape] | None = None


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
    roles = roles_of(system)
    trials = iter(range(MOST_TRIALS))
    wrong = sum(each.verdict == "wrong" for each in judgements)
    for judgement in judgements:
        if judgement.verdict == "wrong":
            yield _diagnosis(judgement, system, roles, islice(trials, length_hint(trials) // wrong))
            wrong -= 1
        else:
            yield Diagnosis()


def _diagnosis(judgement: Judgement, system: System, roles: Roles, trials: Iterator[int]) -> Diagnosis:
    if judgement.shapes is not None:
        return Diagnosis(counterexample=Counterexample(shapes=judgement.shapes))
    if judgement.truth is None or judgement.sides is None:
        return Diagnosis()
    system.meaning.shapes.letters = dict(judgement.letters)
    left, written = judgement.sides
    moved, indices = _moved(left, system)
    trial = _Trial(judgement.truth, judgement.where, system, judgement.letters)
    edits = Edits(materials_of(system, roles, moved, indices))
    mistakes, right = _search(written, edits, trial, trials)
    if not mistakes and moved is None and (claimed := trial.first_meaning(written)) is not None:
        # Both sides are formulas, and the slip can be on the left.
        mistakes, repaired = _search(left, edits, replace(trial, truth=claimed), trials)
        right = repaired and Comparison(repaired, "=", claimed)
    if not mistakes and trial.is_diagonal_only(written):
        mistakes = ("diagonal-only-jacobian",)
    return Diagnosis(mistakes, right, trial.counterexample(written), roles.tag(moved) if moved is not None else "")


def _moved(left: Node, system: System) -> tuple[Symbol | None, tuple[Node, ...]]:
    """Return the symbol by which a left side is a gradient, and the indices of its entry."""
    match left:
        case Fraction(Partial(_), Partial(by)) if by is not None and is_symbol(by):
            reference = system.meaning.shapes.symbols.resolve(by)
            return system.meaning.symbols.get(reference.key), reference.indices
    try:
        expression = system.meaning.strict(left)
    except UNREADABLE:
        return None, ()
    return (expression.moved, ()) if isinstance(expression, Derivative) else (None, ())


def _search(
    written: Node, edits: Edits, trial: "_Trial", trials: Iterator[int]
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


def _stretches(expression: Expression) -> bool:
    """Return whether an elementwise product has factors of different shapes: right by luck, and no line to show."""
    products = (node for node in walk(expression) if isinstance(node, Hadamard))
    return any(len({factor.shape for factor in node.factors}) > 1 for node in products)


@dataclass
class _Liberal(Meaning):
    """A meaning that remembers: of a formula with a repair in it, all but the repair has been read before."""

    _known: dict[int, tuple[Node, list[Reading]]] = field(default_factory=dict)

    def readings(self, node: Node) -> list[Reading]:
        """See `Meaning.readings`."""
        if id(node) not in self._known:
            if len(self._known) > MOST_REMEMBERED:
                self._known.clear()
            self._known[id(node)] = node, super().readings(node)  # with the node, that its id stays its own
        return self._known[id(node)][1]


@dataclass
class _Trial:
    """The truth that a repaired line has to meet."""

    truth: Expression
    where: Expression | None
    system: System
    letters: Mapping[str, Dimension]

    @cached_property
    def liberal(self) -> "_Liberal":
        """The document's meaning, with everything granted: which slip it is does not hang on transposes."""
        given = {field.name: getattr(self.system.meaning, field.name) for field in fields(Meaning)}
        return _Liberal(**given | {"writes_transposes": False})

    def repaired(self, node: Node) -> Expression | None:
        """Return what a formula says if that is true; products that do not conform are put in an order that does."""
        for candidate in self._meanings(node):
            one, other = entry_by_entry(self.truth, candidate)
            if one.shape != other.shape or one == other or _stretches(candidate):
                continue
            if compare(one, other, self.system, self.where) is Outcome.EQUAL:
                return candidate
        return None

    def _meanings(self, node: Node) -> list[Expression]:
        """Return what a formula says, or could say if its factors were transposed and in another order."""
        self.system.meaning.shapes.letters = dict(self.letters)  # a repair may have brought in others
        try:
            return [reading.expression for reading in self.liberal.readings(node)]
        except UNREADABLE:
            return []

    def first_meaning(self, node: Node) -> Expression | None:
        """Return what a formula says, if it says anything."""
        return next(iter(self._meanings(node)), None)

    def is_diagonal_only(self, node: Node) -> bool:
        """Return whether a line of two indices is true where they are equal, and only there."""
        self.system.meaning.shapes.letters = dict(self.letters)
        free = sorted(self.truth.free_indices, key=lambda index: index.name)
        try:
            written = self.system.meaning.strict(node)
        except UNREADABLE:
            return False
        is_vector = written.shape.is_vector and not written.shape.is_scalar
        if is_vector and self.truth.shape == (written.shape.length,) * 2 and not free:
            diagonal = self.truth * Diagonal(Ones(written.shape))
            return compare(diagonal, Diagonal(written), self.system) is Outcome.EQUAL
        pairs = ((a, b) for a, b in combinations(free, 2) if a.dimension == b.dimension)
        same = (Comparison(a, "=", b) for a, b in pairs)
        return any(compare(self.truth, written, self.system, where) is Outcome.EQUAL for where in same)

    def counterexample(self, node: Node) -> Counterexample | None:
        """Return the entry at which a line fails most."""
        self.system.meaning.shapes.letters = dict(self.letters)
        try:
            written = self.system.meaning.readings(node)[0].expression
        except (*UNREADABLE, IndexError):
            return None
        one, other = entry_by_entry(self.truth, written)
        if one.shape != other.shape:
            return Counterexample(shapes=(other.shape, one.shape))
        conditions = () if self.where is None else (self.where,)
        indices = indices_of(one, other, *conditions)
        try:
            right, left = np.broadcast_arrays(*(evaluate(side, self.system.points, indices) for side in (one, other)))
        except (ShapeError, ValueError):  # a letter that runs along axes of two lengths
            return None
        apart = np.abs(right - left)
        for condition in conditions:
            apart = np.where(evaluate(condition, self.system.points, indices) != 0, apart, 0)
        left, right = (np.broadcast_to(side, apart.shape) for side in (left, right))
        place = np.unravel_index(int(np.nanargmax(apart)), apart.shape)
        names = [*(index.name for index in indices), "row", "column"]
        entry = zip(names, place[1:], apart.shape[1:], strict=True)
        which = tuple((name, int(at) + 1) for name, at, size in entry if size > 1)
        return Counterexample(which, float(left[place]), float(right[place]))
