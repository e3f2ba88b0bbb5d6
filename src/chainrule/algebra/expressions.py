"""The nodes of an expression.

Everything is a matrix with a number of rows and of columns: a scalar is 1 × 1, a vector n × 1 or 1 × n. A dimension is
a name such as ``"m"`` or a number. Factors keep their order. What does not conform cannot be built: the constructor
raises `ShapeError`, which says what met what.

Nodes are made by Python's operators: ``A @ B`` is the matrix product, ``A * B`` the elementwise one (with a scalar on
either side, both are scaling), ``A.T`` the transpose, ``A[i, j]`` an entry, ``A[n, :]`` a row.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import cached_property, reduce
from typing import Literal, NamedTuple

from chainrule.algebra.functions import Function

__all__ = [
    "Addition",
    "Call",
    "Cases",
    "Comparison",
    "Derivative",
    "Diagonal",
    "Dimension",
    "Entries",
    "Entry",
    "Expression",
    "Hadamard",
    "Index",
    "Indicator",
    "Matrix",
    "Negation",
    "Norm",
    "Number",
    "Ones",
    "Power",
    "Product",
    "Quotient",
    "Shape",
    "ShapeError",
    "Summation",
    "Symbol",
    "Transpose",
    "as_expression",
    "mapped",
    "walk",
]

Dimension = str | int
Relation = Literal["=", "≠", "<", "≤", ">", "≥"]


class Shape(NamedTuple):
    """Rows and columns."""

    rows: Dimension
    columns: Dimension

    def __str__(self) -> str:
        """Return m × K."""
        return f"{self.rows} × {self.columns}"

    @property
    def is_scalar(self) -> bool:
        """Whether this is 1 × 1."""
        return self == (1, 1)

    @property
    def is_vector(self) -> bool:
        """Whether one of the two is 1."""
        return 1 in self

    @property
    def length(self) -> Dimension:
        """How long a vector is."""
        return self.columns if self.rows == 1 else self.rows


SCALAR = Shape(1, 1)


class ShapeError(ValueError):
    """Shapes that do not conform: what was to be done, and with which shapes."""


class Expression:
    """A node; every subclass is a frozen dataclass that says in ``_shape`` what it conforms to."""

    def __post_init__(self) -> None:
        """Refuse what does not conform."""
        self.shape  # noqa: B018

    @cached_property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self._shape()

    def _shape(self) -> Shape:
        return SCALAR

    @cached_property
    def children(self) -> tuple["Expression", ...]:
        """The expressions that this is made of, in the order of its fields."""
        return tuple(_expressions(tuple(getattr(self, field.name) for field in fields(self))))  # type: ignore[arg-type]

    @cached_property
    def indices(self) -> frozenset["Index"]:
        """The indices in this, free or bound."""
        return frozenset[Index]().union(*(child.indices for child in self.children))

    @cached_property
    def free_indices(self) -> frozenset["Index"]:
        """The indices in this that nothing in it binds."""
        return frozenset[Index]().union(*(child.free_indices for child in self.children)) - self._bound()

    @cached_property
    def symbols(self) -> frozenset["Symbol"]:
        """The symbols in this."""
        return frozenset[Symbol]().union(*(child.symbols for child in self.children))

    def _bound(self) -> frozenset["Index"]:
        """Return the indices that this itself binds."""
        return frozenset()

    @cached_property
    def axes(self) -> frozenset[tuple[Dimension, ...]]:
        """The axes along which this has values, and those of everything in it."""
        return frozenset((self._axes(),)).union(*(child.axes for child in self.children))

    def _axes(self) -> tuple[Dimension, ...]:
        return (*self.shape, *sorted((index.dimension for index in self.free_indices), key=str))

    @property
    def T(self) -> "Expression":
        """The transpose; of a transpose, the original, and of a scalar, itself."""
        if self.shape.is_scalar:
            return self
        return self.of if isinstance(self, Transpose) else Transpose(self)

    def __add__(self, other: "Expression | float") -> "Expression":
        return Addition((*_terms(self), *_terms(as_expression(other))))

    def __radd__(self, other: float) -> "Expression":
        return as_expression(other) + self

    def __sub__(self, other: "Expression | float") -> "Expression":
        return self + -as_expression(other)

    def __rsub__(self, other: float) -> "Expression":
        return as_expression(other) - self

    def __neg__(self) -> "Expression":
        return self.of if isinstance(self, Negation) else Negation(self)

    def __matmul__(self, other: "Expression") -> "Expression":
        return Product((*_factors(self), *_factors(other)))

    def __mul__(self, other: "Expression | float") -> "Expression":
        other = as_expression(other)
        if self.shape.is_scalar or other.shape.is_scalar:
            return self @ other
        return Hadamard((*_parts(self), *_parts(other)))

    def __rmul__(self, other: float) -> "Expression":
        return as_expression(other) * self

    def __truediv__(self, other: "Expression | float") -> "Expression":
        return Quotient(self, as_expression(other))

    def __rtruediv__(self, other: float) -> "Expression":
        return as_expression(other) / self

    def __pow__(self, exponent: int) -> "Expression":
        return Power(self, Number(Fraction(exponent)))

    def __getitem__(self, place: "Place | tuple[Place, Place]") -> "Expression":
        """Return an entry, a row or a column; a vector takes one index, and ``:`` is a whole axis."""
        if isinstance(place, tuple):
            row, column = (_place(p) for p in place)
            return Entry(self, row, column)
        if not self.shape.is_vector:
            raise ShapeError(f"an entry of a matrix of {self.shape} takes two indices; got one")
        return Entry(self, None, _place(place)) if self.shape.rows == 1 else Entry(self, _place(place), None)


def _terms(expression: Expression) -> tuple[Expression, ...]:
    return expression.terms if isinstance(expression, Addition) else (expression,)


def _factors(expression: Expression) -> tuple[Expression, ...]:
    return expression.factors if isinstance(expression, Product) else (expression,)


def _parts(expression: Expression) -> tuple[Expression, ...]:
    return expression.factors if isinstance(expression, Hadamard) else (expression,)


def as_expression(value: Expression | float) -> Expression:
    """Return a number as an expression, an expression as it is; 0.01 is one hundredth exactly."""
    return value if isinstance(value, Expression) else Number(Fraction(str(value)))


@dataclass(frozen=True)
class Number(Expression):
    """A rational number."""

    value: Fraction


@dataclass(frozen=True)
class Symbol(Expression):
    """A quantity with a name and a shape: W1, λ, ŷ."""

    name: str
    declared: Shape = SCALAR

    @property
    def symbols(self) -> frozenset["Symbol"]:
        """Itself."""
        return frozenset((self,))

    def _shape(self) -> Shape:
        return self.declared


@dataclass(frozen=True)
class Index(Expression):
    """An index that runs from 1 to its dimension; as an expression, its own value."""

    name: str
    dimension: Dimension

    @property
    def indices(self) -> frozenset["Index"]:
        """Itself."""
        return frozenset((self,))

    free_indices = indices


Place = Index | Number | int | slice


def _place(place: Place) -> Index | Number | None:
    if isinstance(place, slice):
        return None
    return Number(Fraction(place)) if isinstance(place, int) else place


@dataclass(frozen=True)
class Ones(Expression):
    """A vector or matrix of ones."""

    declared: Shape

    def _shape(self) -> Shape:
        return self.declared


@dataclass(frozen=True)
class Entry(Expression):
    """One entry; with None for an index, the whole axis: a row or a column.

    An index is an `Index`, or anything that is a number and says which entry: 2, or the class of a sample.
    """

    of: Expression
    row: Expression | None
    column: Expression | None

    def _shape(self) -> Shape:
        for index, dimension in zip((self.row, self.column), self.of.shape, strict=True):
            if isinstance(index, Index) and index.dimension != dimension:
                raise ShapeError(f"index {index.name} runs to {index.dimension}, but the axis has {dimension} entries")
            if isinstance(index, Number) and isinstance(dimension, int) and not 1 <= index.value <= dimension:
                raise ShapeError(f"there is no entry {index.value} on an axis of {dimension}")
            if index is not None and not index.shape.is_scalar:
                raise ShapeError(f"an index is a number; got {index.shape}")
        rows, columns = self.of.shape
        return Shape(rows if self.row is None else 1, columns if self.column is None else 1)


@dataclass(frozen=True)
class Entries(Expression):
    """The matrix whose entries are given: [A_ij]_ij. With None for an index, that axis is the entry's own."""

    entry: Expression
    row: Index | None
    column: Index | None

    def _shape(self) -> Shape:
        shape = []
        for own, index in zip(self.entry.shape, (self.row, self.column), strict=True):
            if index is not None and own != 1:
                raise ShapeError(f"{index.name} cannot number the {own} entries of an axis that is there")
            shape.append(own if index is None else index.dimension)
        return Shape(*shape)

    def _bound(self) -> frozenset[Index]:
        return frozenset(index for index in (self.row, self.column) if index is not None)


def _broadcast(verb: str, shapes: list[Shape]) -> Shape:
    """Return the shape of an elementwise operation, in which an axis of 1 stretches."""

    def common(one: Dimension, other: Dimension) -> Dimension:
        if one != other and 1 not in (one, other):
            raise ShapeError(f"cannot {verb} {' and '.join(map(str, shapes))}")
        return other if one == 1 else one

    return reduce(lambda a, b: Shape(common(a.rows, b.rows), common(a.columns, b.columns)), shapes)


@dataclass(frozen=True)
class Addition(Expression):
    """Terms that are added; a row or a column stretches over a matrix, as in NumPy."""

    terms: tuple[Expression, ...]

    def _shape(self) -> Shape:
        return _broadcast("add", [term.shape for term in self.terms])


@dataclass(frozen=True)
class Negation(Expression):
    """−A."""

    of: Expression

    def _shape(self) -> Shape:
        return self.of.shape


@dataclass(frozen=True)
class Product(Expression):
    """Factors side by side: the matrix product, where a scalar only scales."""

    factors: tuple[Expression, ...]

    def _shape(self) -> Shape:
        shape = SCALAR
        for factor in self.factors:
            if shape.is_scalar or factor.shape.is_scalar:
                shape = factor.shape if shape.is_scalar else shape
            elif shape.columns != factor.shape.rows:
                raise ShapeError(f"cannot multiply {shape} by {factor.shape}")
            else:
                shape = Shape(shape.rows, factor.shape.columns)
        return shape


@dataclass(frozen=True)
class Hadamard(Expression):
    """A ⊙ B, elementwise; a row or a column stretches over a matrix."""

    factors: tuple[Expression, ...]

    def _shape(self) -> Shape:
        return _broadcast("multiply elementwise", [factor.shape for factor in self.factors])


@dataclass(frozen=True)
class Quotient(Expression):
    """A fraction, elementwise."""

    numerator: Expression
    denominator: Expression

    def _shape(self) -> Shape:
        return _broadcast("divide", [self.numerator.shape, self.denominator.shape])


@dataclass(frozen=True)
class Power(Expression):
    """A power, elementwise."""

    base: Expression
    exponent: Expression

    def _shape(self) -> Shape:
        if not self.exponent.shape.is_scalar:
            raise ShapeError(f"an exponent is a scalar; got {self.exponent.shape}")
        return self.base.shape


@dataclass(frozen=True)
class Transpose(Expression):
    """Aᵀ."""

    of: Expression

    def _shape(self) -> Shape:
        return Shape(self.of.shape.columns, self.of.shape.rows)


@dataclass(frozen=True)
class Call(Expression):
    """A named function, elementwise or along an axis: 0 down the columns, 1 along the rows."""

    function: Function
    arguments: tuple[Expression, ...]
    axis: Literal[0, 1] | None = None

    def _shape(self) -> Shape:
        if self.function.along_axis != (self.axis is not None):
            need = "an axis" if self.function.along_axis else "no axis"
            raise ShapeError(f"{self.function.name} takes {need}")
        shape = _broadcast(f"take {self.function.name} of", [argument.shape for argument in self.arguments])
        if self.function.reduces:
            shape = Shape(1, shape.columns) if self.axis == 0 else Shape(shape.rows, 1)
        return shape


@dataclass(frozen=True)
class Comparison(Expression):
    """A relation between numbers or indices, elementwise: 1 where it holds. It stands in conditions."""

    left: Expression
    relation: Relation
    right: Expression

    def _shape(self) -> Shape:
        return _broadcast("compare", [self.left.shape, self.right.shape])


@dataclass(frozen=True)
class Indicator(Expression):
    """1[condition]: 1 where it holds and 0 elsewhere, elementwise."""

    condition: Comparison

    def _shape(self) -> Shape:
        return self.condition.shape


@dataclass(frozen=True)
class Summation(Expression):
    """Σ over an index, where a condition holds if there is one."""

    body: Expression
    index: Index
    condition: Comparison | None = None

    def _shape(self) -> Shape:
        return self.body.shape

    def _bound(self) -> frozenset[Index]:
        return frozenset((self.index,))


@dataclass(frozen=True)
class Cases(Expression):
    """The first branch whose condition holds."""

    branches: tuple[tuple[Expression, Comparison], ...]

    def _shape(self) -> Shape:
        shapes = [part.shape for branch in self.branches for part in branch]
        return _broadcast("tell apart by cases", shapes)


@dataclass(frozen=True)
class Diagonal(Expression):
    """diag(v): the matrix with a vector on its diagonal and 0 elsewhere."""

    of: Expression

    def _shape(self) -> Shape:
        if not self.of.shape.is_vector:
            raise ShapeError(f"diag takes a vector; got {self.of.shape}")
        n = self.of.shape.length
        return Shape(n, n)


@dataclass(frozen=True)
class Norm(Expression):
    """‖A‖ = √(Σ A_ij²), the Frobenius norm."""

    of: Expression


@dataclass(frozen=True)
class Matrix(Expression):
    """A matrix written out, entry by entry."""

    rows: tuple[tuple[Expression, ...], ...]

    def _shape(self) -> Shape:
        if len({len(row) for row in self.rows}) != 1:
            raise ShapeError(f"the rows of a matrix have one length; got {[len(row) for row in self.rows]}")
        for entry in (entry for row in self.rows for entry in row):
            if not entry.shape.is_scalar:
                raise ShapeError(f"the entries of a matrix are scalars; got {entry.shape}")
        return Shape(len(self.rows), len(self.rows[0]))


@dataclass(frozen=True)
class Derivative(Expression):
    """∂p/∂q: of q's shape for a scalar p, and J_ki = ∂p_k/∂q_i for two vectors.

    q is a symbol, or entries of one; what p depends on through definitions counts.
    """

    of: Expression
    by: Expression

    @property
    def moved(self) -> Symbol:
        """The symbol of q."""
        symbol = self.by.of if isinstance(self.by, Entry) else self.by
        if not isinstance(symbol, Symbol):
            raise ShapeError("a derivative is taken by a symbol or by entries of one")
        return symbol

    def _shape(self) -> Shape:
        self.moved  # noqa: B018
        shapes = self.of.shape, self.by.shape
        if not any(shape.is_scalar for shape in shapes) and not all(shape.is_vector for shape in shapes):
            raise ShapeError(f"the derivative of {shapes[0]} by {shapes[1]} has more than two axes: take entries")
        of, by = self.of.shape, self.by.shape
        if of.is_scalar:
            return by
        return of if by.is_scalar else Shape(of.length, by.length)

    def _axes(self) -> tuple[Dimension, ...]:
        return (*super()._axes(), *self.moved.shape)


def _expressions(value: object) -> Iterator[Expression]:
    if isinstance(value, Expression):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _expressions(item)


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and everything in it, from the outside in."""
    yield expression
    for child in expression.children:
        yield from walk(child)


def mapped(node: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """Return an expression each of whose parts is changed."""

    def changed(value: object) -> object:
        if isinstance(value, Expression):
            return change(value)
        return tuple(map(changed, value)) if type(value) is tuple else value  # a Shape is one of its own

    parts = {field.name: changed(getattr(node, field.name)) for field in fields(node)}  # type: ignore[arg-type]
    return replace(node, **parts)  # type: ignore[type-var]
