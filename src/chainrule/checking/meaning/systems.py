"""The network that a document defines: symbols with shapes, definitions as expressions, points to try claims at."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import product

from chainrule.algebra.evaluation import Points
from chainrule.algebra.expressions import (
    Call,
    Derivative,
    Dimension,
    Entries,
    Entry,
    Expression,
    Index,
    Shape,
    ShapeError,
    Symbol,
    walk,
)
from chainrule.checking.meaning import definitions as df
from chainrule.checking.meaning.declared import declare, declared, infer_apart, infer_definition, one_hot_twins
from chainrule.checking.meaning.differentials import differentials_of, made_of
from chainrule.checking.meaning.folded import folded
from chainrule.checking.meaning.letters import as_stacked
from chainrule.checking.meaning.meaning import NO_SLOPE, Meaning
from chainrule.checking.meaning.outputs import LOSSES
from chainrule.checking.meaning.points import Network, points_of
from chainrule.checking.meaning.reading import size_as_number
from chainrule.checking.meaning.shapes import (
    SAMPLES,
    SCALAR,
    Conflict,
    Layout,
    Pair,
    Shapes,
    Unknown,
    is_batch,
    number_of,
)
from chainrule.checking.meaning.stated import Stated, likely_layouts
from chainrule.checking.meaning.symbols import Key, Reference, differential, is_symbol, spelled
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.syntax import Chain, Document

__all__ = ["System", "declared", "systems_of"]

SUMMED = "dZ is of the sum of the samples' losses, and the mean enters with the parameters"
UNFIT = (Conflict, Unknown, NotUnderstood, ShapeError)
MATRICES = {"W", "w", "θ", "Θ"}
MOST_DROPPED = 8  # definitions that are left out because nothing fits them


@dataclass
class System:
    """One way to understand a document's definitions.

    Attributes
    ----------
    layout : {'rows', 'columns'}
        Where a sample lies.
    meaning : Meaning
        How its formulas are understood.
    definitions : dict of str to Expression
        By the symbols' names.
    defining : set of int
        The chains, by identity, whose first link is a definition.
    unfit : mapping of Key to Chain
        Definitions that do not go with the others, and say nothing of what they define.
    points : Points
        Where claims are tried.
    instances : mapping of int to tuple of Chain
        What each chain says of each layer, by the chain's identity.
    equations : mapping of Key to Chain
        The one that defines each symbol.
    more_points : callable
        Other points, of other sizes, by a seed.
    granted : tuple of str
        What is granted with every gradient that is written as dZ.
    is_last_apart : bool
        Whether what is said of any layer has another definition for the last.
    lengths : dict
        What the names of sizes stand for of which only sets speak: the n of X ∈ R^{m × n}.
    """

    layout: Layout
    meaning: Meaning
    definitions: dict[str, Expression]
    defining: set[int]
    unfit: Mapping[Key, Chain]
    points: Points
    instances: Mapping[int, tuple[Chain, ...]]
    equations: Mapping[Key, Chain]
    more_points: Callable[[int], Points]
    granted: tuple[str, ...] = ()
    is_last_apart: bool = False
    lengths: dict[Dimension, Dimension] = field(default_factory=dict)

    def as_written(self, expression: Expression) -> Expression:
        """Return an expression in the terms of the document, where it stacks its samples the other way."""
        batches = {symbol.name for symbol in self.meaning.symbols.values() if SAMPLES in symbol.shape}
        return as_stacked(expression, batches) if self.meaning.turns_stacks else expression


def systems_of(document: Document, assumed: Sequence[Chain] = ()) -> list[System]:
    """Return every way to understand a document's definitions that its equations do not refute, the likeliest first.

    Parameters
    ----------
    document : Document
        With its functions told from products.
    assumed : sequence of Chain
        Definitions for a document that gives none: they count only for symbols that it does not define.
    """
    source = Stated.of(document, assumed)
    layouts = likely_layouts(document)
    found, unfit = _fitting(source, layouts)
    dropped = 0
    while not found and source.definitions:
        dropped += 1
        source = source.without(unfit if dropped < MOST_DROPPED else None)
        found, unfit = _fitting(source, layouts)
    if source.names_stacks:
        found += [replace(system, meaning=replace(system.meaning, turns_stacks=True)) for system in found]
    of_gradients = [system for system in found if source.has_shorthands and not system.meaning.differentials]
    return [*found, *(_summed(system) for system in of_gradients if _has_mean(system))]


@dataclass(frozen=True)
class _Hypothesis:
    """What a document does not say of itself.

    Attributes
    ----------
    layout : {'rows', 'columns'}
        Where a sample lies.
    counts : tuple of dimension
        How many samples each input has.
    is_turned : bool
        Whether entries of a batch have the column's index first.
    has_one_output : bool
        Whether there is one number a sample for each target.
    """

    layout: Layout
    counts: tuple[Dimension, ...]
    is_turned: bool = False
    has_one_output: bool = False


def _fitting(source: Stated, layouts: Iterable[Layout]) -> tuple[list[System], Key | None]:
    """Return the first system that fits in each layout; where none does, the definition that fits least."""
    found: list[System] = []
    unfit: list[tuple[bool, Key]] = []
    forms = [(False, False), (True, False), *([(False, True)] if source.may_have_one_output else [])]
    for layout, (is_turned, has_one_output) in product(layouts, forms):
        for counts in source.likely_counts:
            try:
                system = _system(source, _Hypothesis(layout, counts, is_turned, has_one_output))
            except _UnfitError as error:
                unfit += [] if error.key is None else [(error.has_shapes, error.key)]
                continue
            if not is_turned or _has_entries_of_batches(source, system):
                found.append(system)
            break
    order = list(source.definitions)
    furthest = max(unfit, key=lambda each: (each[0], order.index(each[1])), default=None)
    return found, furthest and furthest[1]


def _has_entries_of_batches(source: Stated, system: System) -> bool:
    """Return whether a document has entries of what every sample has several of."""
    entries = _entries(source, system.meaning.shapes)
    return any(len(each.indices) == 2 and is_batch(pair) for each, pair in entries)


def _entries(source: Stated, shapes: Shapes) -> Iterator[tuple[Reference, Pair]]:
    """Yield every entry of a symbol that a document speaks of, and the symbol's shape."""
    symbols = (node for chain in source.chains for node in df.everything_in(chain) if is_symbol(node))
    for reference in map(source.symbols.resolve, symbols):
        if reference.indices and reference.key in shapes.of:
            yield reference, shapes.known(shapes.of[reference.key])


def _least(source: Stated, shapes: Shapes) -> dict[Dimension, int]:
    """Return how many there are at least along an axis: p_3 is one of three."""
    found: dict[Dimension, int] = {}
    for reference, pair in _entries(source, shapes):
        with suppress(Conflict):
            for axis, index in shapes.places(pair, reference):
                found[pair[axis]] = max(found.get(pair[axis], 0), number_of(index) or 0)
    return found


class _UnfitError(Exception):
    """A hypothesis that a definition refutes: by its shapes, or though all have shapes."""

    def __init__(self, key: Key | None, *, has_shapes: bool = False) -> None:
        super().__init__(key)
        self.key = key
        self.has_shapes = has_shapes


def _system(source: Stated, hypothesis: _Hypothesis) -> System:
    """Return the document's network under a hypothesis."""
    shapes = _shapes(source, hypothesis)
    with _refuted_by(None):
        twins = one_hot_twins(source.chains, source.definitions, shapes)
    named = {key: Symbol(key.name, Shape(*shapes.known(pair))) for key, pair in shapes.of.items()}
    losses = tuple(named[key] for key in source.definitions if named[key].shape.is_scalar)
    expressions: dict[str, Expression] = {}
    meaning = Meaning(
        shapes,
        named,
        gradient_by=lambda of: _gradient(of, losses, expressions),
        writes_transposes=df.writes_transposes(source.chains),
        functions=source.functions,
        slope=next(iter(source.slopes), NO_SLOPE),
    )
    for key, chain in source.definitions.items():
        with _refuted_by(key, has_shapes=True):
            expressions[key.name] = _definition(key, chain, meaning)
            if any(map(_is_of_one_class, walk(expressions[key.name]))):
                raise Conflict("a softmax of one number a sample")
    expressions |= folded(expressions, {key.name: symbol for key, symbol in named.items()})
    expressions |= {key.name: named[other] for key, other in twins.items()}
    shapes.is_settled = True
    one_hot = source.one_hot or bool(source.symbols.classes)
    differentials = differentials_of(source.chains, source.symbols, named, expressions)
    meaning.differentials = {named[key]: symbol for key, symbol in differentials.items()}
    free = {key._replace(text=differential(key.text)): symbol for key, symbol in differentials.items()}
    network = Network(named | free, expressions, losses, shapes, one_hot, _least(source, shapes), source.bounds)
    functions = [chain for chain in source.chains if df.is_function_definition(chain)]
    restatements = df.restatements_of(source.chains, source.definitions, source.symbols)
    return System(
        hypothesis.layout,
        meaning,
        expressions,
        {id(chain) for chain in (*source.definitions.values(), *restatements, *source.declarations, *functions)},
        source.unfit,
        points_of(network),
        source.instances,
        source.definitions,
        cache(lambda seed: points_of(network, seed, tuple(range(2, 2 + seed)))),
        is_last_apart=source.is_last_apart,
    )


def _shapes(source: Stated, hypothesis: _Hypothesis) -> Shapes:
    """Return the shapes that a document's declarations and definitions give its symbols."""
    shapes = Shapes(source.symbols, hypothesis.layout, source.scalars, source.counting, is_turned=hypothesis.is_turned)
    counts = list(hypothesis.counts)
    if SAMPLES in counts and source.counter:
        shapes.unify(shapes.named(source.counter), SAMPLES)
    given = sorted(shapes.scalars - source.definitions.keys(), key=lambda key: key.name)
    shapes.of.update(dict.fromkeys(given, SCALAR))
    declare(source.declarations, shapes)
    for key in source.given_inputs:
        with _refuted_by(None):
            pair = shapes.sample(counts.pop(0) if counts else 1, shapes.fresh())
            shapes.settle(key, pair)
    for key, chain in source.definitions.items():
        with _refuted_by(key):
            shapes.is_loss = key in source.losses
            infer_definition(key, chain, shapes, counts, source.definitions)
            if key in source.losses:
                shapes.meet(shapes.of[key], SCALAR)
            if any(_is_refuted(each, shapes.known(pair)) for each, pair in shapes.of.items()):
                raise Conflict("weights of each sample's own, or a number of each two samples")
        for each, unfit in source.unfit.items():
            infer_apart(each, unfit, shapes)
    if hypothesis.has_one_output:
        _narrow(shapes)
    if SAMPLES in counts:  # the same as the system in which this input has one sample
        raise _UnfitError(None)
    shapes.of |= {key: shapes.sample(1, length) for key, length in shapes.lengths.items() if key not in shapes.of}
    shapes.of.update(dict.fromkeys(source.loose(shapes), SCALAR))
    _write_out(source, shapes)
    return shapes


def _write_out(source: Stated, shapes: Shapes) -> None:
    """Give an axis its length where all entries of a matrix are written out."""
    with _refuted_by(None):
        for dimension, number in _least(source, shapes).items():
            if number in source.tables:
                shapes.unify(dimension, number)


def _narrow(shapes: Shapes) -> None:
    """Make all targets single numbers."""
    wide = [
        pair for key, pair in shapes.of.items() if key.text in shapes.symbols.targets and is_batch(shapes.known(pair))
    ]
    if not wide:
        raise _UnfitError(None)
    with _refuted_by(None):
        for pair in wide:
            shapes.unify(pair[1 - shapes.sample_axis], 1)


def _is_refuted(key: Key, pair: Pair) -> bool:
    """Return whether a shape is one that nothing has."""
    return pair == (SAMPLES, SAMPLES) or (key.text in MATRICES and is_batch(pair))


@contextmanager
def _refuted_by(key: Key | None, *, has_shapes: bool = False) -> Iterator[None]:
    try:
        yield
    except UNFIT as error:
        raise _UnfitError(key, has_shapes=has_shapes) from error


def _is_of_one_class(node: Expression) -> bool:
    """Return whether this is a softmax of one number a sample, which nobody takes."""
    return isinstance(node, Call) and node.axis is not None and node.arguments[0].shape[node.axis] == 1


# -- definitions ------------------------------------------------------------------------------------------------------


def _definition(key: Key, chain: Chain, meaning: Meaning) -> Expression:
    """Return a definition's right side; one of entries, as the matrix that has them."""
    shapes, body = meaning.shapes, chain.members[1]
    reference = shapes.symbols.resolve(chain.members[0])
    shapes.letters = {}
    places: list[Index | None] = [None, None]
    for axis, index in shapes.places(shapes.of[key], reference):
        dimension = shapes.known(shapes.of[key])[axis]
        shapes.letters[spelled(index)] = dimension
        places[axis] = Index(spelled(index), dimension)
    expression = meaning.strict(body)
    return expression if reference.is_whole else Entries(expression, places[0], places[1])


def _gradient(of: Expression, losses: Sequence[Symbol], expressions: Mapping[str, Expression]) -> Expression:
    """Return the gradient by a symbol, or by an entry of one, of the last loss that depends on it."""
    moved = of.of if isinstance(of, Entry) else of
    of_symbol = [loss for loss in losses if moved in made_of({loss}, expressions)]
    named = [loss for loss in of_symbol if loss.name.partition("_")[0] in LOSSES]
    if not of_symbol:
        raise ShapeError("no loss depends on this")
    return Derivative((named or of_symbol)[-1], of)


def _has_mean(system: System) -> bool:
    """Return whether there are samples to take a mean over."""
    return any(SAMPLES in symbol.shape for symbol in system.meaning.symbols.values())


def _summed(system: System) -> System:
    """Return a system in which dZ is of the sum of the samples' losses, as in courses that put 1/m into dW and db."""
    plain = system.meaning.gradient_by

    def gradient_by(of: Expression) -> Expression:
        moved = of.of if isinstance(of, Entry) else of
        is_signal = isinstance(moved, Symbol) and SAMPLES in moved.shape
        return size_as_number(SAMPLES) @ plain(of) if is_signal else plain(of)

    meaning = replace(system.meaning, gradient_by=gradient_by)
    return replace(system, meaning=meaning, granted=(SUMMED,))
