"""What a derivation is of: which network, in which layout, of which loss; and its symbols with their shapes."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal

from chainrule.algebra.expressions import (
    Dimension,
    Entry,
    Expression,
    Index,
    Number,
    Shape,
    Summation,
    Symbol,
    as_expression,
)

__all__ = ["LOSS", "Activation", "Average", "Layout", "Output", "Penalty", "Setting", "entry", "index", "total"]

Activation = Literal["identity", "logistic", "tanh", "relu", "leaky_relu"]
Output = Literal["softmax", "logistic"]
Layout = Literal["rows", "columns"]
Average = Literal["mean", "sum", "weights"]
Penalty = Literal["lambda/2m", "lambda/2", "none"]

# Jacobians of more classes are not written out, and further logistic units are like the first ones.
MOST_CLASSES = 4

LOSS = Symbol("L")
SAMPLES = "m"


@dataclass(frozen=True)
class Setting:
    """A network of the table, and how its loss is written.

    Attributes
    ----------
    hidden : int
        Hidden layers, from 0.
    activation, output : str
        σ and what stands on the scores.
    negative_slope : float
        α of leaky_relu.
    layout : {'rows', 'columns'}
        X is m × d_0 and z = x W + b, or X is d_0 × m and z = W x + b.
    batch : bool
        m samples, or one.
    average : {'mean', 'sum', 'weights'}
        The samples' losses enter with 1/m, with 1, or with weights s that sum to 1.
    penalty : {'lambda/2m', 'lambda/2', 'none'}
        The factor of Σ ‖W‖².
    classes : int, optional
        K, where it is a number: a Jacobian of few classes is written out.
    """

    hidden: int = 1
    activation: Activation = "relu"
    output: Output = "softmax"
    negative_slope: float = 0.01
    layout: Layout = "rows"
    batch: bool = True
    average: Average = "mean"
    penalty: Penalty = "none"
    classes: int | None = None

    @property
    def depth(self) -> int:
        """L, the number of layers that have weights."""
        return self.hidden + 1

    @cached_property
    def widths(self) -> tuple[Dimension, ...]:
        """d_0 … d_L: names, and 1 for a single logistic unit."""
        last: Dimension = 1 if self.output == "logistic" and (self.classes or 1) == 1 else "K"
        return (*(f"d_{l}" for l in range(self.depth)), last)

    @property
    def sample(self) -> Index | None:
        """The index of the samples, if there are several."""
        return Index("n", SAMPLES) if self.batch else None

    def of_samples(self, name: str, width: Dimension) -> Symbol:
        """Return a quantity that each sample has ``width`` of."""
        samples: Dimension = SAMPLES if self.batch else 1
        return Symbol(name, Shape(samples, width) if self.layout == "rows" else Shape(width, samples))

    def at(self, of: Expression, unit: Index | Number | None) -> Expression:
        """Return a sample's entry of such a quantity."""
        places = (self.sample, unit) if self.layout == "rows" else (unit, self.sample)
        return entry(of, *places)

    def a(self, l: int) -> Symbol:
        """Return a^l; a^0 is X."""
        return self.of_samples(f"a{l}" if l else "X", self.widths[l])

    def z(self, l: int) -> Symbol:
        """Return z^l."""
        return self.of_samples(f"z{l}", self.widths[l])

    @property
    def y_hat(self) -> Symbol:
        """The probabilities."""
        return self.of_samples("y_hat", self.widths[-1])

    @property
    def y(self) -> Symbol:
        """The targets."""
        return self.of_samples("Y", self.widths[-1])

    @property
    def s(self) -> Symbol:
        """The weights of the samples."""
        return self.of_samples("s", 1)

    def W(self, l: int) -> Symbol:
        """Return W^l."""
        shape = Shape(*self.widths[l - 1 : l + 1])
        return Symbol(f"W{l}", shape if self.layout == "rows" else Shape(shape.columns, shape.rows))

    def b(self, l: int) -> Symbol:
        """Return b^l."""
        width = self.widths[l]
        return Symbol(f"b{l}", Shape(1, width) if self.layout == "rows" else Shape(width, 1))

    @property
    def layers(self) -> range:
        """1 … L."""
        return range(1, self.depth + 1)

    def weigh(self, loss: Expression) -> Expression:
        """Return what is there once a sample, or the whole batch of it, with its weight in the loss."""
        if not self.batch or self.average == "sum":
            return loss
        if self.average == "mean":
            return as_expression(1) / Symbol("m") @ loss
        samples = loss.shape.rows if self.layout == "rows" else loss.shape.columns
        return (self.at(self.s, None) if samples == 1 else self.s) * loss

    @property
    def penalty_factor(self) -> Expression:
        """λ/(2m) or λ/2."""
        lam, two = Symbol("lambda"), Number(Fraction(2))
        return lam / (two @ Symbol("m")) if self.penalty == "lambda/2m" else lam / two

    @property
    def decay(self) -> Expression:
        """The factor of W in the gradient, λ/m or λ: twice that of ‖W‖²."""
        lam = Symbol("lambda")
        return lam / Symbol("m") if self.penalty == "lambda/2m" else lam


def index(dimension: Dimension, letter: str) -> Index | None:
    """Return the index of an axis: n for the samples, none for an axis of 1."""
    if dimension == 1:
        return None
    return Index("n" if dimension == SAMPLES else letter, dimension)


def entry(of: Expression, row: Index | Number | None, column: Index | Number | None) -> Expression:
    """Return an entry; without any index, the whole."""
    return of if row is None and column is None else Entry(of, row, column)


def total(body: Expression, *over: Index | None) -> Expression:
    """Return the sum over indices, the last one inmost; over an axis of 1 there is nothing to sum."""
    for each in reversed(over):
        body = body if each is None else Summation(body, each)
    return body
