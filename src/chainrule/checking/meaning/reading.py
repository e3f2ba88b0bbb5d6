"""What one formula can be read as: expressions, each with the conventions that it takes to read it so."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product

from chainrule.algebra.expressions import (
    Call,
    Derivative,
    Dimension,
    Entry,
    Expression,
    Index,
    Ones,
    Shape,
    ShapeError,
    Symbol,
    Transpose,
)
from chainrule.algebra.functions import CLASS
from chainrule.checking.parsing.problems import NotUnderstood

__all__ = [
    "MOST_READINGS",
    "Misfit",
    "Reading",
    "all_ones",
    "as_column",
    "built",
    "derivative",
    "entry_at",
    "is_movable",
    "joint",
    "number_of_class",
    "size_as_number",
    "total",
]

MOST_READINGS = 24
MOST_TRIED = 200  # combinations of the readings of parts


class Misfit(NotUnderstood):
    """An entry of what has no such entry."""


@dataclass(frozen=True)
class Reading:
    """An expression, and the conventions that it takes to read the formula so.

    Attributes
    ----------
    expression : Expression
        What is meant.
    granted : tuple of str
        The conventions.
    provided : tuple of pairs of Expression
        Pairs that have to be equal for this to be a reading at all.
    """

    expression: Expression
    granted: tuple[str, ...] = ()
    provided: tuple[tuple[Expression, Expression], ...] = ()


def built(build: Callable[..., Expression], choices: Iterable[Sequence[Reading]]) -> Iterator[Reading]:
    """Yield what can be built of all readings of some parts."""
    for chosen in islice(product(*choices), MOST_TRIED):
        try:
            expression = build(*(reading.expression for reading in chosen))
        except ShapeError:
            continue
        yield joint(expression, chosen)


def joint(expression: Expression, parts: Iterable[Reading], *granted: str) -> Reading:
    """Return the reading of a whole that is made of readings of its parts."""
    parts = list(parts)
    grants = [*(grant for part in parts for grant in part.granted), *granted]
    return Reading(expression, tuple(dict.fromkeys(grants)), tuple(pair for part in parts for pair in part.provided))


def as_column(vector: Expression) -> Expression:
    """Return a vector as a column."""
    return vector if vector.shape.columns == 1 else vector.T


def all_ones(rows: Dimension, columns: Dimension) -> Expression:
    """Return a matrix of ones."""
    return Ones(Shape(rows, columns))


def total(matrix: Expression) -> Expression:
    """Return the sum of all entries."""
    rows, columns = matrix.shape
    return all_ones(1, rows) @ matrix @ all_ones(columns, 1)


def size_as_number(dimension: Dimension) -> Expression:
    """Return how many there are along an axis."""
    return all_ones(1, dimension) @ all_ones(dimension, 1)


def number_of_class(of: Expression) -> Expression:
    """Return the number of the class whose one-hot vector this is; of a number, itself."""
    if of.shape.is_scalar:
        return of
    if not of.shape.is_vector:
        raise ShapeError(f"one class has a vector; got {of.shape}")
    return Call(CLASS, (of,), axis=0 if of.shape.columns == 1 else 1)


def entry_at(of: Expression, row: Index | None, column: Index | None) -> Expression:
    """Return an entry; an axis of 1 has no index."""
    return of if row is None and column is None else Entry(of, row, column)


def is_movable(by: Expression) -> bool:
    """Return whether derivatives can be taken by this: a symbol, its transpose, or an entry of one."""
    return isinstance(by.of if isinstance(by, Entry | Transpose) else by, Symbol)


def derivative(of: Expression, by: Expression) -> Expression:
    """Return ∂p/∂q; of a number, by a transpose, it is the transpose."""
    if isinstance(by, Transpose) and of.shape.is_scalar:
        return Derivative(of, by.of).T
    return Derivative(of, by)
