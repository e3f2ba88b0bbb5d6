"""What a document's formulas mean: its symbols, their entries and gradients, conditions."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction as Rational
from itertools import chain, count, islice

from chainrule.algebra import functions as fn
from chainrule.algebra.expressions import (
    Comparison,
    Dimension,
    Entry,
    Expression,
    Index,
    Indicator,
    Number,
    Power,
    ShapeError,
    Symbol,
    Transpose,
    as_expression,
)
from chainrule.checking.meaning.applications import called
from chainrule.checking.meaning.calls import function_name
from chainrule.checking.meaning.definitions import SCORES
from chainrule.checking.meaning.differentials import along
from chainrule.checking.meaning.reading import (
    MOST_READINGS,
    Misfit,
    Reading,
    is_movable,
    number_of_class,
    size_as_number,
)
from chainrule.checking.meaning.readings import readings_of
from chainrule.checking.meaning.shapes import SAMPLES, Conflict, Shapes, number_of
from chainrule.checking.meaning.symbols import Key, Reference, differential, given_to, is_symbol
from chainrule.checking.parsing.plain import plain
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.syntax import Dots, Group, Name, Node, Numeral, Relation
from chainrule.checking.patience import go_on

__all__ = ["NO_SLOPE", "Meaning", "Reading"]

NO_SLOPE = Numeral("0.01")  # the α of a document that says none
SHORTEST = 3  # of a name that may stand for a longer one
RELATIONS = {"!=": "≠", "==": "=", "<=": "≤", ">=": "≥"}


@dataclass
class Meaning:
    """How formulas of one document are understood.

    Attributes
    ----------
    shapes : Shapes
        Of its symbols.
    symbols : mapping of Key to Symbol
        Those that are defined or given.
    gradient_by : callable
        What dW and δ stand for: the gradient by a symbol, or by an entry of one.
    writes_transposes : bool
        Whether the document has a transpose anywhere: one that never writes them leaves all to the reader.
    functions : mapping of str to Function
        What g, f, φ or σ stand for.
    slope : Node
        The α of a leaky ReLU beside which none stands.
    turns_stacks : bool
        Whether samples lie the other way where they stand together: x_i is a column, and a row of X.
    differentials : mapping of Symbol to Symbol
        The dZ of each Z, in a document where that is no gradient.
    moved : mapping of Symbol to Symbol
        Those of them by which the others are differentials in the line at hand.
    """

    shapes: Shapes
    symbols: Mapping[Key, Symbol]
    gradient_by: Callable[[Expression], Expression]
    writes_transposes: bool
    functions: Mapping[str, fn.Function] = field(default_factory=dict)
    slope: Node = NO_SLOPE
    turns_stacks: bool = False
    differentials: Mapping[Symbol, Symbol] = field(default_factory=dict)
    moved: Mapping[Symbol, Symbol] = field(default_factory=dict)

    def strict(self, node: Node) -> Expression:
        """Return what a formula says exactly as it is written.

        Raises
        ------
        NotUnderstood
            If it has no meaning so.
        """
        for reading in self.readings(node):
            if not reading.granted:
                return reading.expression
        raise NotUnderstood("misfit", node)

    def readings(self, node: Node) -> list[Reading]:
        """Return what a formula can mean, the strict meaning first; nothing where the shapes allow none."""
        go_on()
        found: dict[Expression, Reading] = {}
        for reading in islice(readings_of(node, self), MOST_READINGS):
            found.setdefault(reading.expression, reading)
        return sorted(found.values(), key=lambda reading: len(reading.granted))

    def condition(self, node: Node) -> Comparison | None:
        """Return a relation of two sides as a condition on indices or entries, if it is one."""
        if isinstance(node, Group) and len(node.items) == 1:
            return self.condition(node.items[0])
        if not isinstance(node, Relation) or len(node.sides) != 2:
            return None
        sign = RELATIONS.get(node.signs[0], node.signs[0])
        if sign not in ("=", "≠", "<", "≤", ">", "≥"):
            return None
        left, right = (self._compared(side) for side in node.sides)
        return Comparison(left, sign, right)  # type: ignore[arg-type]

    def _compared(self, side: Node) -> Expression:
        expression = self.strict(side)
        return number_of_class(expression) if self.shapes.symbols.is_class(side) else expression

    def function_of(self, node: Node) -> str:
        """Return the name of the function that a node is, with a prime for its derivative."""
        of, label, primes = called(node)
        names = [f"{of.text}_{label}", of.text] if isinstance(of, Name) else []
        known = next((name for name in names if name in self.functions), None)
        return function_name(node) if known is None else known + "'" * primes

    # -- symbols ------------------------------------------------------------------------------------------------------

    def symbol(self, node: Node) -> Expression:
        """Return what a name with its scripts stands for."""
        reference = self.shapes.symbols.resolve(node)
        expression = self._kronecker(reference) or self._entry_of_gradient(reference, node)
        if expression is None:
            expression = self.entry(self._named(reference, node), reference, node)
        if reference.power is not None:
            expression = self.power(expression, reference.power)
        is_turned = self.turns_stacks and self.shapes.symbols.is_stack(node)
        return expression.T if reference.is_transposed != is_turned else expression

    def power(self, base: Expression, exponent: Node) -> Expression:
        """Return a power, entry by entry; nobody means so the inverse of a matrix."""
        value = self.strict(exponent)
        if 1 not in base.shape and value in (-as_expression(1), as_expression(-1)):
            raise NotUnderstood("no-inverse", exponent)
        return Power(base, value)

    def _named(self, reference: Reference, node: Node) -> Expression:
        key = reference.key
        if key in self.symbols:
            return self.symbols[key]
        letter = "" if key.accent or key.label or not reference.is_whole else key.text + "'" * key.primes
        if letter in self.shapes.letters:
            return self.index(letter)
        if letter and (size := self.size_named(letter)) is not None:
            return size
        raise NotUnderstood("not-defined", node, name=plain(node))

    def _kronecker(self, reference: Reference) -> Expression | None:
        """Return δ_ij."""
        if reference.key != Key("δ") or reference.key in self.symbols or len(reference.indices) != 2:
            return None
        runs = [self._run(index) for index in reference.indices]
        known = {run for run in runs if run is not None}
        if len(known) != 1 or not all(map(is_symbol, reference.indices)):
            return None
        for index, run in zip(reference.indices, runs, strict=True):
            if run is None and isinstance(index, Name):
                self.shapes.letters[index.text] = next(iter(known))
        left, right = map(self._place, reference.indices)
        return None if left is None or right is None else Indicator(Comparison(left, "=", right))

    def _run(self, index: Node) -> Dimension | None:
        """Return how far an index runs, if that is known."""
        if self.shapes.symbols.is_class(index):
            return self.symbol(index).shape.length
        name = index.text if isinstance(index, Name) else ""
        return self.shapes.find(self.shapes.letters[name]) if name in self.shapes.letters else None

    def _entry_of_gradient(self, reference: Reference, node: Node) -> Expression | None:
        """Return an entry of δ^l or of the dW2 of code: the gradient by that entry."""
        moved = None if reference.key in self.symbols else self.moved_by(reference.key)
        return None if moved is None else self.gradient_called(reference.key.name, self.entry(moved, reference, node))

    def moved_by(self, key: Key) -> Symbol | None:
        """Return the symbol by which δ^l or dW2 is the gradient."""
        if key.text == "δ":
            letters: tuple[str, ...] = SCORES
            if key.label.isdecimal():  # of layers, each has a δ by the same letter
                numbered = {other.text for other in self.symbols if other.label.isdecimal()}
                letters = (next((letter for letter in SCORES if letter in numbered), SCORES[0]),)
            label = self.shapes.symbols.layer_of(key)
            candidates = [Key(letter, label=label) for letter in letters]
        elif key.text.startswith("d") and len(key.text) > 1:
            candidates = [key._replace(text=key.text.removeprefix("d").removeprefix("_"))]
        else:
            return None
        named = next((self.symbols[each] for each in candidates if each in self.symbols), None)
        return named or self._abbreviated(candidates[0])

    def _abbreviated(self, key: Key) -> Symbol | None:
        """Return the only symbol whose name goes on after this one, as the hidden_layer of dhidden does."""
        found = [each for each in self.symbols if each.text.startswith(f"{key.text}_") and each.label == key.label]
        return self.symbols[found[0]] if len(found) == 1 and len(key.text) >= SHORTEST else None

    def gradient(self, of: Node) -> Expression:
        """Return what dW stands for; dZᵀ is the transpose of dZ.

        Raises
        ------
        NotUnderstood
            If this is of no symbol and of no entry of one.
        """
        moved = self.strict(of)
        if not is_movable(moved):
            raise NotUnderstood("no-differential", of)
        whole = moved.of if isinstance(moved, Transpose) else moved
        symbol = whole.of if isinstance(whole, Entry) else whole
        assert isinstance(symbol, Symbol)  # noqa: S101 - of all else there is no differential
        if symbol in self.differentials:
            gradient = self._differential(symbol, whole)
        else:
            gradient = self.gradient_called(differential(symbol.name), whole)
        return gradient.T if isinstance(moved, Transpose) else gradient

    def _differential(self, symbol: Symbol, whole: Expression) -> Expression:
        if self.moved and symbol not in self.moved:
            return along(whole, self.moved)
        free = self.differentials[symbol]
        return replace(whole, of=free) if isinstance(whole, Entry) else free

    def gradient_called(self, name: str, by: Expression) -> Expression:  # noqa: ARG002 - it has no name of its own
        """Return the gradient by a symbol, or by an entry of one, which the document calls by a name."""
        return self.gradient_by(by)

    # -- indices and dimensions ---------------------------------------------------------------------------------------

    def unused_letters(self) -> Iterator[str]:
        """Yield letters that are no index in the formula at hand, for those that its author left out."""
        names = chain("ijklnpqrst", (f"i_{number}" for number in count(1)))
        return (name for name in names if name not in self.shapes.letters)

    def index(self, letter: str) -> Index:
        """Return an index by its letter."""
        return Index(letter, self.shapes.find(self.shapes.letters[letter]))

    def size_named(self, name: str) -> Expression | None:
        """Return the number that a dimension of this document's symbols stands for, by its name."""
        dimension = self.shapes.named(name)
        return size_as_number(dimension) if isinstance(dimension, str) and self.has_axis(dimension) else None

    def has_axis(self, dimension: Dimension) -> bool:
        """Return whether a dimension is a number, or one of this document's symbols has it."""
        return isinstance(dimension, int) or any(dimension in symbol.shape for symbol in self.symbols.values())

    def is_axis(self, dimension: Dimension) -> bool:
        """Return whether something of this document is so long."""
        return dimension != 1 and any(dimension in symbol.shape for symbol in self.symbols.values())

    def is_alias(self, limit: Dimension | None, known: Dimension) -> bool:
        """Return whether a sum's limit may be a name for an axis that the document has no name for, the same always."""
        if not isinstance(limit, str) or limit.rstrip("#").isdecimal() or self.is_axis(limit):
            return False
        if names := self._names(known):
            return limit in names
        if known in self.shapes.aliases.values():
            return self.shapes.aliases.get(limit) == known
        return self.shapes.aliases.setdefault(limit, known) == known

    def _names(self, axis: Dimension) -> set[str]:
        """Return the names that a document has for an axis."""
        counting = {f"{letter}#" for letter in self.shapes.counting} if axis == SAMPLES else set()
        return {name for name in counting if not self.is_axis(name)} | self.shapes.names_of(axis)

    def entry(self, of: Expression, reference: Reference, node: Node) -> Expression:
        """Return an entry, a row or a column of an expression."""
        if reference.is_whole:
            return of
        places: list[Expression | None] = [None, None]
        try:
            for axis, index in self.shapes.places((of.shape.rows, of.shape.columns), reference):
                places[axis] = self._place(index)
                if self.shapes.symbols.is_class(index) and self._run(index) != of.shape[axis]:
                    raise Misfit("no-such-entry", index)
            return Entry(of, places[0], places[1])
        except (ShapeError, Conflict):
            kind = NotUnderstood if given_to(node) else Misfit  # what a name is taken of is no index
            raise kind("no-such-entry", node) from None

    def _place(self, index: Node) -> Expression | None:
        if self.shapes.symbols.is_class(index):
            return number_of_class(self.symbol(index))
        match index:
            case Dots():
                return None
            case Numeral() if (number := number_of(index)) is not None:
                return Number(Rational(number))
            case Name(text) if text in self.shapes.letters:
                return self.index(text)
            case Name(text):
                raise NotUnderstood("endless-index", index, name=text)
        raise NotUnderstood("no-index", index)
