"""The slip of taking the diagonal of a softmax's Jacobian for all of it."""

from collections.abc import Iterator
from itertools import combinations

from chainrule.algebra.expressions import (
    Comparison,
    Derivative,
    Diagonal,
    Entries,
    Entry,
    Expression,
    Index,
    Indicator,
    Ones,
    Shape,
    Symbol,
)
from chainrule.checking.judging.spelling import Axes, Spelling
from chainrule.checking.judging.surgery import TRANSPOSE, raised, times
from chainrule.checking.judging.trials import Trial
from chainrule.checking.parsing.syntax import Apply, BigSum, Fraction, Name, Negation, Node, Partial, Relation, Sum

__all__ = ["is_diagonal_only", "whole_jacobians"]


def is_diagonal_only(trial: Trial, node: Node) -> bool:
    """Return whether a line says of all entries what is true of those on the diagonal."""
    truth = trial.truth
    rows, columns = truth.shape
    if rows == columns != 1 and not truth.free_indices:
        diagonal = truth * Diagonal(Ones(Shape(rows, 1)))
        wholes = (Diagonal(each) if each.shape.is_vector else each for each in trial.meanings(node))
        return any(each.shape == truth.shape and trial.agree(diagonal, each) for each in wholes)
    if (written := trial.strictly(node)) is None:
        return False
    free = sorted(truth.free_indices, key=lambda index: index.name)
    same = [Comparison(a, "=", b) for a, b in combinations(free, 2) if a.dimension == b.dimension]
    if any(trial.agree(truth, truth * Indicator(where)) for where in same):
        return False  # an activation's has no other entries
    by_own = (by_own for _, by_own in _by_own(trial))
    return any(trial.agree(truth, written, where) for where in same) or any(
        trial.agree(each, written, trial.where) for each in by_own
    )


def _by_own(trial: Trial) -> Iterator[tuple[Symbol, Expression]]:
    """Yield p and ∂L/∂p_i ∂p_i/∂z_i for each p that is made of z, where the truth is ∂L/∂z_i or all of them."""
    truth, definitions = trial.truth, trial.system.definitions
    if not isinstance(truth, Derivative) or not truth.of.shape.is_scalar or truth.moved.shape.is_scalar:
        return
    i, j = (None if size == 1 else Index(name, size) for name, size in zip("ij", truth.moved.shape, strict=True))
    is_entry = isinstance(truth.by, Entry) and truth.by.shape.is_scalar
    row, column = (truth.by.row, truth.by.column) if is_entry and isinstance(truth.by, Entry) else (i, j)
    for p in trial.system.meaning.symbols.values():
        if p.shape == truth.moved.shape and p.name in definitions and truth.moved in definitions[p.name].symbols:
            own, z = Entry(p, row, column), Entry(truth.moved, row, column)
            product = Derivative(truth.of, own) @ Derivative(own, z)
            yield p, product if is_entry else Entries(product, i, j)


def whole_jacobians(trial: Trial, spelling: Spelling) -> Iterator[Node]:
    """Yield what a line would be with all of the Jacobian in it."""
    match trial.truth:
        case Derivative(Symbol() as p, Symbol()) if not p.shape.is_scalar:
            vector = spelling.of(p)
            turned = raised(vector, *TRANSPOSE.items)
            square = times(vector, turned) if p.shape.columns == 1 else times(turned, vector)
            yield Sum((Apply(Name("diag", is_word=True), (vector,)), Negation(square)))
        case Derivative(Entry(Symbol() as p) as of, Entry() as by):
            one, other = _axes(of), _axes(by)
            same = (Relation((one[axis], other[axis]), ("=",)) for axis in one if one[axis] != other.get(axis))
            yield times(
                spelling.of(p, one),
                Sum((*(Apply(Name("1"), (each,)) for each in same), Negation(spelling.of(p, other)))),
            )
        case Derivative(Symbol() as loss, Symbol() as z):
            for p, _ in _by_own(trial):
                jacobian = raised(_derivative(spelling.of(p), spelling.of(z)), *TRANSPOSE.items)
                yield times(jacobian, _derivative(spelling.of(loss), spelling.of(p)))
        case Derivative(Symbol() as loss, Entry(Symbol() as z) as by) if len(_axes(by)) == 1:
            letter = Name(next(trial.system.meaning.unused_letters()))
            for p, _ in _by_own(trial):
                entry, score = spelling.of(p, dict.fromkeys(_axes(by), letter)), spelling.of(z, _axes(by))
                product = times(_derivative(spelling.of(loss), entry), _derivative(entry, score))
                yield BigSum(product, (letter,))


def _derivative(of: Node, by: Node) -> Node:
    return Fraction(Partial(of), Partial(by))


def _axes(entry: Entry) -> Axes:
    """Return the letters of an entry, by the axes that they are on."""
    places = enumerate((entry.row, entry.column))
    return {axis: Name(index.name) for axis, index in places if isinstance(index, Index)}
