"""Whether a repaired line is true."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np

from chainrule.activations import Array
from chainrule.algebra.evaluation import evaluate, indices_of
from chainrule.algebra.expressions import Dimension, Entry, Expression, Hadamard, Index, Shape, ShapeError, Symbol, walk
from chainrule.checking.judging.arrangement import arranged
from chainrule.checking.judging.equality import TOLERANCE, Outcome, compare, entry_by_entry, is_too_large
from chainrule.checking.judging.surgery import tidied
from chainrule.checking.meaning.meaning import Meaning, Reading
from chainrule.checking.meaning.shapes import Conflict, Unknown
from chainrule.checking.meaning.systems import System
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.syntax import Node

__all__ = ["UNREADABLE", "Trial"]

MOST_REMEMBERED = 100_000  # formulas and parts of formulas
UNREADABLE = (NotUnderstood, ShapeError, Conflict, Unknown)


@dataclass
class _Liberal(Meaning):
    """A meaning that remembers: of a formula with a repair in it, all but the repair has been read before.

    What its author calls dZ or δ keeps that name, and is defined as the gradient that it stands for.
    """

    definitions: dict[str, Expression] = field(default_factory=dict)
    gradients: dict[Expression, Expression] = field(default_factory=dict)
    _known: dict[int, tuple[Node, list[Reading]]] = field(default_factory=dict)

    def readings(self, node: Node) -> list[Reading]:
        """See `Meaning.readings`."""
        if id(node) not in self._known:
            if len(self._known) > MOST_REMEMBERED:
                self._known.clear()
            self._known[id(node)] = node, super().readings(node)  # with the node, that its id stays its own
        return self._known[id(node)][1]

    def gradient_called(self, name: str, by: Expression) -> Expression:
        """See `Meaning.gradient_called`."""
        moved = by.of if isinstance(by, Entry) else by
        self.definitions.setdefault(name, self.gradient_by(moved))
        whole = Symbol(name, moved.shape)
        named = replace(by, of=whole) if isinstance(by, Entry) else whole
        self.gradients[named] = self.gradient_by(by)
        return named


@dataclass
class Trial:
    """The truth that a repaired line has to meet.

    Attributes
    ----------
    truth : Expression
        What the line's left side is.
    where : Expression, optional
        The condition under which the line is to hold.
    system : System
        How the document is understood.
    letters : mapping of str to dimension
        How far the line's indices run.
    written : Node
        The line's right side, as it was written.
    """

    truth: Expression
    where: Expression | None
    system: System
    letters: Mapping[str, Dimension]
    written: Node
    _values: dict[tuple[Expression, tuple[Index, ...]], Array] = field(default_factory=dict)

    @cached_property
    def liberal(self) -> "_Liberal":
        """The document's meaning, with everything granted: which slip it is does not hang on transposes."""
        given = {field.name: getattr(self.system.meaning, field.name) for field in fields(Meaning)}
        return _Liberal(**given | {"writes_transposes": False}, definitions=self.system.definitions)

    @cached_property
    def _may_stretch(self) -> bool:
        """Whether the line's author lets elementwise products stretch."""
        return any(map(_stretches, self.meanings(self.written)))

    def _readings(self, node: Node) -> list[Reading]:
        """Return what a formula says, or could say if its factors were transposed and in another order."""
        self.system.meaning.shapes.letters = dict(self.letters)  # a repair may have brought in others
        try:
            return self.liberal.readings(node)
        except UNREADABLE:
            return []

    def meanings(self, node: Node) -> tuple[Expression, ...]:
        """Return what a formula can say."""
        return tuple(reading.expression for reading in self._readings(node))

    def meaning(self, node: Node) -> Expression | None:
        """Return what a formula says, if it says anything."""
        return next(iter(self.meanings(node)), None)

    def shape(self, node: Node) -> Shape | None:
        """Return the shape of a formula, if it has one."""
        meaning = self.meaning(node)
        return None if meaning is None else meaning.shape

    def repaired(self, node: Node) -> Expression | None:
        """Return what a formula says if that is true; products that do not conform are put in an order that does."""
        for reading in self._readings(node):
            one, other = entry_by_entry(self.truth, reading.expression)
            is_itself = self.liberal.gradients.get(other, other) == one
            if one.shape != other.shape or is_itself or (_stretches(reading.expression) and not self._may_stretch):
                continue
            if self._may_equal(one, other) and self._is_true(one, other, reading):
                return reading.expression
        return None

    def in_hand(self, node: Node) -> Node | None:
        """Return a formula that is true as it is written here; its factors may be put in another order for it."""

        def shape(part: Node) -> Shape | None:
            meaning = self.strictly(part)
            return None if meaning is None else meaning.shape

        first, *others = arranged(tidied(node), shape)
        granted = self.granted(first)
        conforming = (each for each in others if granted != () and self.granted(each) == ())
        return next(conforming, None if granted is None else first)

    def granted(self, node: Node) -> tuple[str, ...] | None:
        """Return what has to be granted for a formula to say the truth, as little as can be; nothing if it does not."""
        self.system.meaning.shapes.letters = dict(self.letters)
        try:
            readings = self.system.meaning.readings(node)
        except UNREADABLE:
            return None
        for reading in sorted(readings, key=lambda reading: len(reading.granted)):
            one, other = entry_by_entry(self.truth, reading.expression)
            if one.shape == other.shape and self._is_true(one, other, reading):
                return reading.granted
        return None

    def _is_true(self, one: Expression, other: Expression, reading: Reading) -> bool:
        return self.agree(one, other, self.where) and all(self.agree(*pair) for pair in reading.provided)

    def _may_equal(self, one: Expression, other: Expression) -> bool:
        """Return whether a formula has the truth's values at the first points: most that are tried have not."""
        if is_too_large(other, self.system.points):
            return False
        conditions = () if self.where is None else (self.where,)
        indices = indices_of(one, other, *conditions)
        try:
            with np.errstate(all="ignore"):
                right = self._known(one, indices)
                apart = np.abs(right - evaluate(other, self.system.points, indices))
            if self.where is not None:
                apart = np.where(self._known(self.where, indices) != 0, apart, 0)
        except (ShapeError, ValueError):
            return False
        return bool(apart.max() <= TOLERANCE * np.abs(right).max()) or bool(np.isnan(apart).any())

    def value(self, expression: Expression) -> Array | None:
        """Return an expression's values at the first points, without axes of one entry."""
        if is_too_large(expression, self.system.points):
            return None
        try:
            with np.errstate(all="ignore"):
                value = evaluate(expression, self.system.points)
        except (ShapeError, ValueError, KeyError):
            return None
        sizes = [size for size in value.shape[1:] if size > 1]
        return np.broadcast_to(value, (self.system.points.count, *value.shape[1:])).reshape(-1, *sizes)

    def _known(self, expression: Expression, indices: tuple[Index, ...]) -> Array:
        if (expression, indices) not in self._values:
            self._values[expression, indices] = evaluate(expression, self.system.points, indices)
        return self._values[expression, indices]

    def agree(self, one: Expression, other: Expression, where: Expression | None = None) -> bool:
        """Return whether two expressions are equal where a condition holds."""
        return compare(one, other, self.system, where) is Outcome.EQUAL

    def strictly(self, node: Node) -> Expression | None:
        """Return what a formula says exactly as it is written."""
        self.system.meaning.shapes.letters = dict(self.letters)
        try:
            return self.system.meaning.strict(node)
        except UNREADABLE:
            return None


def _stretches(expression: Expression) -> bool:
    """Return whether an elementwise product has factors of different shapes: right by luck, and no line to show."""
    products = (node for node in walk(expression) if isinstance(node, Hadamard))
    return any(len({factor.shape for factor in node.factors}) > 1 for node in products)
