"""The shapes of a document's symbols, under a hypothesis about its layout.

Dimensions are variables that are made equal where shapes meet; 1 is itself. What cannot be made equal refutes the
hypothesis.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from chainrule.algebra.expressions import Dimension
from chainrule.checking.meaning.symbols import Key, Reference, Symbols, is_symbol, spelled
from chainrule.checking.parsing.syntax import Dots, Name, Node, Numeral

__all__ = [
    "LARGEST",
    "SAMPLES",
    "SCALAR",
    "Awaited",
    "Conflict",
    "Layout",
    "Pair",
    "Shapes",
    "Unknown",
    "is_batch",
    "number_of",
    "turned",
]

Layout = Literal["rows", "columns"]
Pair = tuple[Dimension, Dimension]
SCALAR: Pair = (1, 1)
SAMPLES = "samples"
LARGEST = 12  # a size that a document gives and that is kept: larger ones are names for smaller ones


class Conflict(Exception):
    """Shapes that do not meet."""


class Unknown(Exception):
    """A symbol whose shape has to come from elsewhere."""


class Awaited(Unknown):
    """A target, or a class: it has the shape of what it is compared with, whatever stands beside it."""


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
    counting : set of str
        Letters that count samples.
    of : dict of Key to pair
        Rows and columns of the symbols that have been met.
    lengths : dict of Key to dimension
        Those of vectors that are declared, before it is known whether they are rows or columns.
    letters : dict of str to dimension
        How far the indices of the chain at hand run.
    awaits : bool
        Whether the definition at hand has something computed, whose shape its targets have.
    is_loss : bool
        Whether the definition at hand is that of a loss, a number.
    is_settled : bool
        Whether the definitions have been read: claims are no reason to make dimensions equal.
    is_turned : bool
        Whether entries of a batch have the column's index first: y_ik of the sample i in a column.
    aliases : dict of str to dimension
        What claims call the axes for which the definitions have no name.
    """

    symbols: Symbols
    layout: Layout
    scalars: set[Key]
    counting: set[str] = field(default_factory=set)
    of: dict[Key, Pair] = field(default_factory=dict)
    lengths: dict[Key, Dimension] = field(default_factory=dict)
    letters: dict[str, Dimension] = field(default_factory=dict)
    awaits: bool = True
    is_loss: bool = False
    is_settled: bool = False
    is_turned: bool = False
    aliases: dict[str, Dimension] = field(default_factory=dict)
    _same: dict[str, Dimension] = field(default_factory=dict)
    _fresh: int = 0

    def named(self, name: str) -> Dimension:
        """Return the dimension that the document calls by a name, as in R^{m × n} or a sum from 1 to m."""
        is_small = name.isdecimal() and len(name) <= len(str(LARGEST)) and int(name) <= LARGEST
        return self.find(int(name) if is_small else f"{name}#")

    def find(self, dimension: Dimension) -> Dimension:
        """Return what a dimension has been made equal to."""
        while isinstance(dimension, str) and dimension in self._same:
            dimension = self._same[dimension]
        return dimension

    def names_of(self, dimension: Dimension) -> set[str]:
        """Return the dimensions by name, numbers apart, that have been made equal to one."""
        names = (name for name in (*self._same, dimension) if isinstance(name, str) and name.endswith("#"))
        return {name for name in names if not _is_large(name) and self.find(name) == self.find(dimension)}

    def fresh(self) -> str:
        """Return a dimension of which nothing is known."""
        self._fresh += 1
        return f"d{self._fresh}"

    def unify(self, one: Dimension, other: Dimension) -> None:
        """Make two dimensions equal.

        Raises
        ------
        Conflict
            If they are different numbers, or one is 1 and the other a name that the document gives; of settled shapes,
            if they are not equal already.
        """
        one, other = self.find(one), self.find(other)
        if one == other:
            return
        if self.is_settled:
            raise Conflict(f"{one} meets {other}")
        if isinstance(one, int) or one == SAMPLES or _is_free(other):
            one, other = other, one
        if isinstance(one, int) or (other == 1 and _is_many(one)) or (_is_large(one) and _is_large(other)):
            raise Conflict(f"{one} meets {other}")
        self._same[one] = other

    def meet(self, one: Pair, other: Pair) -> None:
        """Make two shapes equal."""
        for a, b in zip(one, other, strict=True):
            self.unify(a, b)

    def joined(self, *pairs: Pair) -> Pair:
        """Return the shape of an elementwise operation, in which an axis of 1 stretches."""
        rows, columns = SCALAR
        for pair in pairs:
            rows, columns = (self._common(a, b) for a, b in zip((rows, columns), pair, strict=True))
        return rows, columns

    def _common(self, one: Dimension, other: Dimension) -> Dimension:
        one, other = self.find(one), self.find(other)
        if 1 not in (one, other):
            self.unify(one, other)
        return self.find(other if one == 1 else one)

    def sample(self, samples: Dimension, width: Dimension) -> Pair:
        """Return the shape of what each sample has ``width`` of."""
        return (samples, width) if self.layout == "rows" else (width, samples)

    @property
    def sample_axis(self) -> int:
        """The axis that the samples are counted along."""
        return 0 if self.layout == "rows" else 1

    def known(self, pair: Pair) -> Pair:
        """Return a shape as it is by now."""
        return self.find(pair[0]), self.find(pair[1])

    @contextmanager
    def bound(self, letters: set[str]) -> Iterator[None]:
        """Let a sum have its letters to itself: outside they may be others."""
        outer = {letter: self.letters.pop(letter) for letter in letters if letter in self.letters}
        try:
            yield
        finally:
            for letter in letters:
                self.letters.pop(letter, None)
            self.letters |= outer

    def learn(self, reference: Reference, pair: Pair | None) -> None:
        """Give a symbol at its first use the shape that it must have: its entry's letters, or where it stands, say it.

        Raises
        ------
        Unknown
            If neither does.
        """
        key = reference.key
        letters = [index.text for index in reference.indices if isinstance(index, Name)]
        runs = [self.find(self.letters[letter]) for letter in letters if letter in self.letters]
        is_target = self.is_target(key)
        if key in self.scalars:
            self.settle(key, SCALAR)
        elif is_target and pair is None and self.awaits:
            raise Awaited(key.name)
        elif reference.indices and not (is_target and pair is not None and runs == [SAMPLES]):
            if len(runs) < len(reference.indices):
                raise Unknown(key.name)
            many = SAMPLES if reference.sample is not None else 1
            self.settle(key, self.entries(letters, many))
        elif pair is None:
            raise Unknown(key.name)
        else:
            whole = list(turned(pair) if reference.is_transposed else pair)
            if not reference.is_whole:
                whole[self.sample_axis] = SAMPLES
            self.settle(key, (whole[0], whole[1]))

    def settle(self, key: Key, pair: Pair) -> None:
        """Give a symbol its shape; one of which a length is declared is a row or a column so long, as it fits."""
        self.meet(self.of.setdefault(key, pair), pair)
        if key not in self.lengths:
            return
        length, known = self.find(self.lengths[key]), self.known(pair)
        others = {each for other, of in self.of.items() if other != key for each in self.known(of)}
        fits = [(known[axis] == length, known[1 - axis] == 1, known[axis] in others) for axis in (0, 1)]
        default = self.sample(1, length)
        self.meet(pair, default if fits[0] == fits[1] else (length, 1) if fits[0] > fits[1] else (1, length))

    def is_target(self, key: Key) -> bool:
        """Return whether a symbol is a target by its letter, or numbers a class."""
        return key.text in self.symbols.targets | self.symbols.classes

    def entries(self, letters: list[str], samples: Dimension = 1) -> Pair:
        """Return the shape of a symbol from the letters of an entry."""
        runs = [self.find(self.letters[letter]) for letter in letters]
        if len(runs) == 1:
            return self.sample(SAMPLES, 1) if runs[0] == SAMPLES else self.sample(samples, runs[0])
        if len(runs) > 2:
            raise Conflict(f"{len(runs)} indices on a matrix")
        if SAMPLES in runs:
            return self.sample(SAMPLES, runs[1] if runs[0] == SAMPLES else runs[0])
        return runs[0], runs[1]

    def indexed(self, pair: Pair, reference: Reference) -> Pair:
        """Return the shape of entries or of a sample, and learn how far their letters run.

        Raises
        ------
        Conflict
            If a letter runs along axes of two lengths, or in a definition along an axis of 1.
        """
        result = list(self.known(pair))
        places = [(axis, index) for axis, index in self.places(pair, reference) if not isinstance(index, Dots)]
        classes = [(axis, index) for axis, index in places if self.symbols.is_class(index)]
        letters = [(axis, index.text) for axis, index in places if isinstance(index, Name)]
        letters = [(axis, letter) for axis, letter in letters if letter not in self.symbols.classes]
        for axis, letter in letters:
            self.letters.setdefault(letter, result[axis])
        for axis, letter in letters:
            self.unify(self.letters[letter], result[axis])
            if result[axis] == 1 and not self.is_settled:
                raise Conflict("an index over an axis of 1")
        for axis, index in classes:
            self.choose(index, result[axis])
        for axis, _ in places:
            result[axis] = 1
        return result[0], result[1]

    def choose(self, index: Node, classes: Dimension) -> None:
        """Give what numbers a class the shape of its one-hot vector, or of as many as there are samples.

        Raises
        ------
        Conflict
            If it has another shape.
        """
        reference = self.symbols.resolve(index)
        counting = reference.sample or next(iter(reference.indices), None)
        if isinstance(counting, Name):
            self.unify(self.letters.setdefault(counting.text, SAMPLES), SAMPLES)
        if self.find(classes) == SAMPLES or (self.is_settled and reference.key not in self.of):
            raise Conflict(f"no class is {reference.key.name}")
        pair = self.sample(1 if counting is None else SAMPLES, classes)
        self.meet(self.of.setdefault(reference.key, pair), pair)

    def places(self, pair: Pair, reference: Reference) -> list[tuple[int, Node]]:
        """Return which axis each index of a symbol runs along.

        Two indices are those of a row and of a column, or of a batch whose entries are turned the other way round. One
        index goes along a vector, along the samples of a batch, or along the rows of a matrix; along its columns, if it
        is known to run as far.
        """
        rows, columns = pair = self.known(pair)
        indices = reference.indices
        if reference.sample is not None:
            if pair[self.sample_axis] != SAMPLES:
                raise Conflict("a sample of what has none")
            rest = [(1 - self.sample_axis, index) for index in indices]
            if len(rest) > 1:
                raise Conflict("two indices on a sample")
            return [(self.sample_axis, reference.sample), *rest]
        if not indices:
            return []
        if len(indices) > 2 or pair == SCALAR:
            raise Conflict(f"{len(indices)} indices on a {rows} × {columns}")
        if len(indices) == 2:
            first, second = (1, 0) if self.is_turned and is_batch(pair) else (0, 1)
            return [(first, indices[0]), (second, indices[1])]
        if 1 in pair:
            return [(1 if rows == 1 else 0, indices[0])]
        letter = indices[0].text if isinstance(indices[0], Name) else ""
        is_of_columns = letter in self.letters and self.find(self.letters[letter]) == columns != rows != SAMPLES
        return [(1 if columns == SAMPLES != rows or is_of_columns else 0, indices[0])]

    def is_row_or_column(self, reference: Reference) -> bool:
        """Return whether a known symbol's only index could run along either axis."""
        is_matrix = not {1, SAMPLES} & {*self.known(self.of[reference.key])}
        return is_matrix and len(reference.indices) == 1 and reference.sample is None

    def size_of(self, node: Node) -> Dimension | None:
        """Return the dimension that a letter or a number stands for, as above a sum or below ones."""
        is_name = isinstance(node, Numeral) or is_symbol(node)
        return self.named(spelled(node)) if is_name else None


def is_batch(pair: Pair) -> bool:
    """Return whether a shape is that of more than one number of each sample."""
    return SAMPLES in pair and 1 not in pair


def number_of(index: Node) -> int | None:
    """Return the number that an index is, from 1."""
    is_small = isinstance(index, Numeral) and index.text.isdecimal() and len(index.text) <= len(str(LARGEST))
    number = int(index.text) if is_small and isinstance(index, Numeral) else 0
    return number if 1 <= number <= LARGEST else None


def turned(pair: Pair) -> Pair:
    """Return the shape of a transpose."""
    return pair[1], pair[0]


def _is_free(dimension: Dimension) -> bool:
    """Return whether a dimension is a variable of which nothing has been said."""
    return isinstance(dimension, str) and dimension != SAMPLES and not dimension.endswith("#")


def _is_large(dimension: Dimension) -> bool:
    """Return whether a dimension stands for a number."""
    return isinstance(dimension, str) and dimension.rstrip("#").isdecimal()


def _is_many(dimension: Dimension) -> bool:
    """Return whether a dimension cannot be 1: the samples of a batch, and what the document has a name for."""
    return dimension == SAMPLES or (isinstance(dimension, str) and dimension.endswith("#"))
