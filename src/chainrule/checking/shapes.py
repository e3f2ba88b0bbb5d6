"""The shapes of a document's symbols, inferred from its equations under a hypothesis about its layout.

Dimensions are variables that are made equal where shapes meet; 1 is itself. What cannot be made equal refutes the
hypothesis.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from chainrule.algebra.expressions import Dimension
from chainrule.checking.symbols import Key, Reference, Symbols, is_symbol
from chainrule.checking.syntax import (
    Apply,
    BigSum,
    Cases,
    Dots,
    Fraction,
    Group,
    Name,
    Negation,
    Node,
    Norm,
    Numeral,
    Partial,
    Product,
    Relation,
    Scripted,
    Sum,
    Table,
)

__all__ = ["Conflict", "Layout", "Pair", "Shapes", "Unknown", "runs_of"]

Layout = Literal["rows", "columns"]
Pair = tuple[Dimension, Dimension]
SCALAR: Pair = (1, 1)
SAMPLES = "samples"
GREEK_SCALARS = set("αγεηκλμρτ")


class Conflict(Exception):
    """Shapes that do not meet."""


class Unknown(Exception):
    """A symbol whose shape has to come from elsewhere."""


def runs_of(product: Product) -> list[list[Node]]:
    """Return the factors of a product as runs of a matrix product, between which elementwise signs stand."""
    runs = [[product.factors[0]]]
    for sign, factor in zip(product.operators, product.factors[1:], strict=True):
        if sign in ("⊙", "*"):
            runs.append([factor])
        else:
            runs[-1].append(factor)
    return runs


@dataclass
class Shapes:
    """What is known of the shapes so far.

    Attributes
    ----------
    symbols : Symbols
        The document's.
    layout : {'rows', 'columns'}
        Where a sample lies.
    scalars : set of Key
        Symbols that stand where only a number can.
    of : dict of Key to pair
        Rows and columns of the symbols that have been met.
    letters : dict of str to dimension
        How far the indices of the chain at hand run.
    is_settled : bool
        Whether the definitions have been read: claims are no reason to make dimensions equal.
    """

    symbols: Symbols
    layout: Layout
    scalars: set[Key]
    of: dict[Key, Pair] = field(default_factory=dict)
    letters: dict[str, Dimension] = field(default_factory=dict)
    is_settled: bool = False
    _same: dict[str, Dimension] = field(default_factory=dict)
    _fresh: int = 0

    def named(self, name: str) -> Dimension:
        """Return the dimension that the document calls by a name, as in R^{m × n} or a sum from 1 to m."""
        return self.find(int(name) if name.isdecimal() else f"{name}#")

    def find(self, dimension: Dimension) -> Dimension:
        """Return what a dimension has been made equal to."""
        while isinstance(dimension, str) and dimension in self._same:
            dimension = self._same[dimension]
        return dimension

    def fresh(self) -> str:
        """Return a dimension of which nothing is known."""
        self._fresh += 1
        return f"d{self._fresh}"

    def unify(self, one: Dimension, other: Dimension) -> None:
        """Make two dimensions equal.

        Raises
        ------
        Conflict
            If they are different numbers, or one is 1 and the other the number of samples.
        """
        one, other = self.find(one), self.find(other)
        if one == other:
            return
        if self.is_settled:
            raise Conflict(f"{one} meets {other}")
        if isinstance(one, int) or one == SAMPLES:
            one, other = other, one
        if isinstance(one, int) or (one == SAMPLES and other == 1):
            raise Conflict(f"{one} meets {other}")
        self._same[one] = other

    def meet(self, one: Pair, other: Pair) -> None:
        """Make two shapes equal."""
        for a, b in zip(one, other, strict=True):
            self.unify(a, b)

    def sample(self, samples: Dimension, width: Dimension) -> Pair:
        """Return the shape of what each sample has ``width`` of."""
        return (samples, width) if self.layout == "rows" else (width, samples)

    def known(self, pair: Pair) -> Pair:
        """Return a shape as it is by now."""
        return self.find(pair[0]), self.find(pair[1])

    # -- what a formula says ------------------------------------------------------------------------------------------

    def infer(self, node: Node, want: Pair | None = None) -> Pair:
        """Return a formula's shape, and learn from it those of the symbols that it is the first to use."""
        if is_symbol(node):
            return self._symbol(self.symbols.resolve(node), want)
        match node:
            case Numeral() | Dots() | Norm() | Relation():
                if isinstance(node, Norm):
                    self.infer(node.of)
                return SCALAR
            case Negation(of):
                return self.infer(of, want)
            case Group((of,)):
                return self.infer(of, want)
            case Scripted():
                return self._scripted(node, want)
            case Sum(terms):
                return self._sum(terms, want)
            case Product():
                return self._product(node, want)
            case Fraction(Partial(_), Partial(by)) if by is not None:
                return self.infer(by)
            case Fraction(numerator, denominator):
                pair = self.infer(numerator, want)
                below = self.infer(denominator, SCALAR)
                return self._broadcast(pair, below)
            case Apply(_, arguments):
                return self._broadcast(
                    *(self.infer(argument, want) for argument in arguments if not isinstance(argument, Relation))
                )
            case BigSum(body):
                return self.infer(body, want)
            case Cases(branches):
                return self._broadcast(*(self.infer(value, want) for value, _ in branches))
            case Table(rows):
                return (len(rows), len(rows[0]))
        raise Conflict(f"no shape is known of {type(node).__name__}")

    def _symbol(self, reference: Reference, want: Pair | None) -> Pair:
        key = reference.key
        if key not in self.of:
            self._learn(reference, want)
        pair = self.indexed(self.of[key], reference.indices)
        return (pair[1], pair[0]) if reference.is_transposed else pair

    def _learn(self, reference: Reference, want: Pair | None) -> None:
        """Give a symbol at its first use the shape that it must have."""
        key, letters = reference.key, [index.text for index in reference.indices if isinstance(index, Name)]
        if key in self.scalars or (key.text in GREEK_SCALARS and not key.accent and not letters):
            self.of[key] = SCALAR
        elif reference.indices:
            if len(letters) < len(reference.indices) or not all(letter in self.letters for letter in letters):
                raise Unknown(key.name)
            self.of[key] = self.entries(letters)
        elif want is None:
            raise Unknown(key.name)
        else:
            self.of[key] = (want[1], want[0]) if reference.is_transposed else want

    def entries(self, letters: list[str]) -> Pair:
        """Return the shape of a symbol from the letters of an entry."""
        if len(letters) == 1:
            return self.sample(1, self.letters[letters[0]])
        return self.letters[letters[0]], self.letters[letters[1]]

    def indexed(self, pair: Pair, indices: tuple[Node, ...]) -> Pair:
        """Return the shape of entries, and learn how far their letters run."""
        if not indices:
            return pair
        pair = self.known(pair)
        axes = self.axes_of(pair, indices)
        result = list(pair)
        for axis, index in zip(axes, indices, strict=True):
            if isinstance(index, Dots):
                continue
            if isinstance(index, Name):
                self.unify(self.letters.setdefault(index.text, pair[axis]), pair[axis])
            result[axis] = 1
        return result[0], result[1]

    def axes_of(self, pair: Pair, indices: tuple[Node, ...]) -> tuple[int, ...]:
        """Return which axis each index runs along: one index goes along a vector, or along a matrix's samples."""
        rows, columns = self.known(pair)
        if len(indices) == 2:
            return (0, 1)
        if len(indices) > 2 or (rows, columns) == SCALAR:
            raise Conflict(f"{len(indices)} indices on a {rows} × {columns}")
        if 1 in (rows, columns):
            return (1,) if rows == 1 else (0,)
        return (1,) if columns == self.find(SAMPLES) and rows != self.find(SAMPLES) else (0,)

    def _scripted(self, node: Scripted, want: Pair | None) -> Pair:
        """Return the shape of (…)^T, (…)_i, (…)²."""
        is_transposed = node.sup is not None and any(
            isinstance(item, Name) and item.text == "⊤" for item in node.sup.items
        )
        if is_transposed and want is not None:
            want = (want[1], want[0])
        pair = self.infer(node.base, want if node.sub is None else None)
        if node.sub is not None:
            pair = self.indexed(pair, node.sub.items)
        return (pair[1], pair[0]) if is_transposed else pair

    def _sum(self, terms: Iterable[Node], want: Pair | None) -> Pair:
        """Return the shape of a sum; a term of unknown shape is a bias, the same for every sample."""
        pair: Pair = SCALAR
        waiting = []
        for term in terms:
            try:
                pair = self._broadcast(pair, self.infer(term))
            except Unknown:
                waiting.append(term)
        if waiting and pair == SCALAR:
            if want is None or not all(map(is_symbol, waiting)):
                raise Unknown("a sum")
            pair = want
        for term in waiting:
            bias = (1, pair[1]) if self.layout == "rows" else (pair[0], 1)
            self.infer(term, bias)
        return pair

    def _broadcast(self, *pairs: Pair) -> Pair:
        result: Pair = SCALAR
        for pair in pairs:
            joined: list[Dimension] = []
            for a, b in zip(self.known(result), self.known(pair), strict=True):
                if a != 1 and b != 1:
                    self.unify(a, b)
                joined.append(b if a == 1 else a)
            result = joined[0], joined[1]
        return result

    def _product(self, product: Product, want: Pair | None) -> Pair:
        runs = runs_of(product)
        waiting, pairs = [], []
        for run in runs:
            try:
                pairs.append(self._run(run, want if len(runs) == 1 else None))
            except Unknown:
                waiting.append(run)
        result = self._broadcast(*pairs) if pairs else want
        for run in waiting:
            if result is None:
                raise Unknown("a product")
            result = self._broadcast(result, self._run(run, result))
        return result or SCALAR

    def _run(self, factors: list[Node], want: Pair | None) -> Pair:
        """Return the shape of a matrix product, in which unknown factors take the shape that fits their neighbours."""
        pairs: list[Pair | None] = []
        for again in (False, True):  # an entry's letters may become known by the factors after it
            for place, factor in enumerate(factors):
                if again and pairs[place] is not None:
                    continue
                try:
                    pair: Pair | None = self.infer(factor, None)
                except Unknown:
                    pair = None
                if again:
                    pairs[place] = pair
                else:
                    pairs.append(pair)
        if len(factors) == 1 and pairs[0] is None:
            return self.infer(factors[0], want)
        matrices = [place for place, pair in enumerate(pairs) if pair is None or self.known(pair) != SCALAR]
        if not matrices:
            return SCALAR
        for number, place in enumerate(matrices):
            if pairs[place] is not None:
                continue
            left = pairs[matrices[number - 1]] if number else None
            right = pairs[matrices[number + 1]] if number + 1 < len(matrices) else None
            if left is None and right is None and len(matrices) > 1:
                raise Unknown("two factors")
            rows = left[1] if left else want[0] if want else self.fresh()
            columns = right[0] if right else want[1] if want else self.fresh()
            if left is None and right is None and want is None:
                raise Unknown("a factor")
            pairs[place] = self.infer(factors[place], (rows, columns))
        shapes = [pair for place in matrices if (pair := pairs[place]) is not None]
        for one, other in zip(shapes, shapes[1:], strict=False):
            self.unify(one[1], other[0])
            if self.find(one[1]) == 1 and (1 not in self.known(one) or 1 not in self.known(other)):
                raise Conflict("a product over an axis of 1")
        return self.known((shapes[0][0], shapes[-1][1]))
