"""Points to try a document's claims at: random, of all sizes different, with both signs wherever a sign matters."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from math import inf, prod

import numpy as np
from numpy.random import Generator

from chainrule.activations import Array
from chainrule.algebra.evaluation import Points, evaluate
from chainrule.algebra.expressions import Call, Comparison, Dimension, Expression, Number, Power, Product, Symbol, walk
from chainrule.algebra.functions import LEAKY_RELU, LOG, LOGISTIC, LOGSUMEXP, MAX, RELU, SOFTMAX
from chainrule.checking.meaning.shapes import SAMPLES, Shapes
from chainrule.checking.meaning.symbols import Key
from chainrule.checking.parsing.signs import TARGETS
from chainrule.checking.patience import TooMuch, go_on

__all__ = ["Network", "points_of"]

COUNT = 12
TRIES = 20
SHARES = 0.05, 0.95  # between which a logarithm of p and of 1 − p is taken
MOST_NUMBERS = 100_000_000
NEAR = 2.0  # how far above 0 a number is that nothing is known of
NOTHING = {"": np.zeros((1, 1, 1))}  # of a document that gives no symbol
INPUTS = {"x", "X"}
COUNTS = {"m", "n", "N", "B"} | {  # letters, and names of code
    f"{before}{of}" for before in ("num_", "n_", "N_") for of in ("train", "samples", "examples", "data")
} | {"batch_size"}  # fmt: skip
OUTPUTS = {SOFTMAX, LOGISTIC}
BENT = {RELU, LEAKY_RELU, MAX}


@dataclass(frozen=True)
class Network:
    """A document's symbols, and what they are.

    Attributes
    ----------
    symbols : mapping of Key to Symbol
        All of them.
    definitions : mapping of str to Expression
        By name, each after those that it uses.
    losses : tuple of Symbol
        The scalars among the defined.
    shapes : Shapes
        Where the dimensions' names come from.
    one_hot : bool
        Whether the document says that its targets are.
    least : mapping of dimension to int
        How many there are at least along an axis: as many as the highest number that an entry has.
    bounds : mapping of str to pair of float
        Between which numbers letters lie, where the document says it.
    """

    symbols: Mapping[Key, Symbol]
    definitions: Mapping[str, Expression]
    losses: tuple[Symbol, ...]
    shapes: Shapes
    one_hot: bool = False
    least: Mapping[Dimension, int] = field(default_factory=dict)
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def points_of(network: Network, seed: int = 0, taken: Collection[int] = ()) -> Points:
    """Return random points.

    Parameters
    ----------
    network : Network
        What there is to give values to.
    seed : int
        Of the draw.
    taken : collection of int
        Sizes that no dimension may have.
    """
    random = np.random.default_rng(seed)
    sizes = _sizes({each for symbol in network.symbols.values() for each in symbol.shape}, taken, network.least)
    given = {key: symbol for key, symbol in network.symbols.items() if symbol.name not in network.definitions}
    _check_size(given.values(), sizes)
    targets, logged = _targets(network), _logged(network)
    draws = (
        Points(
            sizes,
            {symbol.name: _drawn(key, symbol, sizes, network, random) for key, symbol in given.items()} or NOTHING,
            network.definitions,
        )
        for _ in range(TRIES)
    )
    for points in draws:
        go_on()
        for symbol, of in targets.items():
            drawn, prediction = points.value_of(symbol), evaluate(of, points)
            is_share = symbol in logged and not _numbers_classes(symbol, network)
            target = _shares(drawn, prediction) if is_share else _target(drawn, prediction, network, random)
            points.values[symbol.name] = target
        for name in network.definitions:
            if targets:  # what was found with the targets that were drawn first
                points.values.pop(name, None)
        if _has_both_signs(points, network.definitions.values()):
            break
    return points


def _sizes(dimensions: Iterable[Dimension], taken: Collection[int], least: Mapping[Dimension, int]) -> dict[str, int]:
    """Return a size of its own for each named dimension, none of those that are numbers; more than one sample."""
    dimensions = set(dimensions)
    sizes: dict[str, int] = {}
    names = sorted(each for each in dimensions if isinstance(each, str))
    for name in sorted(names, key=lambda name: name == SAMPLES):
        smallest = 3 if name == SAMPLES else 2  # with 2 samples, 1/m would be the 1/2 of a penalty
        free = (size for size in count(max(smallest, least.get(name, 0))) if size not in {*dimensions, *taken})
        sizes[name] = next(size for size in free if size not in sizes.values())
    return sizes


def _check_size(given: Collection[Symbol], sizes: Mapping[str, int]) -> None:
    """Refuse what is given if it takes too many numbers to move each of its entries."""
    entries = [prod(each if isinstance(each, int) else sizes[each] for each in symbol.shape) for symbol in given]
    if COUNT * sum(entries) * max(entries, default=0) > MOST_NUMBERS:
        raise TooMuch


def _targets(network: Network) -> dict[Symbol, Expression]:
    """Return the given symbols of a loss that have the shape of something computed in it: its targets and their ŷ.

    A target beside which nothing of its shape is computed is its own.
    """
    found: dict[Symbol, Expression] = {}
    losses = [each for key, each in network.symbols.items() if _is_a_number_a_sample(each) and not key.is_any]
    for loss in losses:
        body = network.definitions.get(loss.name, loss)
        used = sorted(body.symbols, key=lambda symbol: symbol.name)
        computed = {symbol.shape: symbol for symbol in used if symbol.name in network.definitions}
        nested = {call.shape: call for call in walk(body) if isinstance(call, Call) and call.function in OUTPUTS}
        for symbol in used:
            has_letter = symbol.name[:1] in TARGETS
            prediction = computed.get(symbol.shape) or (nested.get(symbol.shape, symbol) if has_letter else None)
            is_target = has_letter or not symbol.shape.is_scalar
            if symbol.name not in network.definitions and prediction is not None and is_target:
                found.setdefault(symbol, prediction)
    return found


def _is_a_number_a_sample(symbol: Symbol) -> bool:
    return all(dimension in (1, SAMPLES) for dimension in symbol.shape)


def _target(drawn: Array, prediction: Array, network: Network, random: Generator) -> Array:
    """Return targets: one-hot for probabilities of classes, 0 or 1 for those of units, anything for other numbers."""
    logarithms = {LOG, LOGSUMEXP}
    calls = (node for body in network.definitions.values() for node in walk(body) if isinstance(node, Call))
    if not any(call.function in logarithms for call in calls) and not network.one_hot:
        return drawn
    rows, columns = drawn.shape[1:]
    for axis in (1, 2):
        if prediction.shape[axis] > 1 and np.allclose(prediction.sum(axis), 1):
            return _one_hot(rows, columns, axis, random)
    if network.one_hot or not np.all((prediction > 0) & (prediction < 1)):  # a loss of scores
        is_row = columns > 1 and (rows == 1 or network.shapes.layout == "rows")
        if (columns if is_row else rows) > 1:
            return _one_hot(rows, columns, 2 if is_row else 1, random)
    return random.integers(0, 2, drawn.shape) * 1.0


def _numbers_classes(symbol: Symbol, network: Network) -> bool:
    """Return whether a target is one-hot because its author has the numbers of the classes."""
    return symbol in {each for key, each in network.symbols.items() if key.text in network.shapes.symbols.classes}


def _shares(drawn: Array, prediction: Array) -> Array:
    """Return targets of which a logarithm is taken: as probabilities, where their prediction is."""
    for axis in (1, 2):
        if prediction.shape[axis] > 1 and np.allclose(prediction.sum(axis), 1):
            return drawn / drawn.sum(axis, keepdims=True)
    return drawn


def _logged(network: Network) -> set[Expression]:
    """Return the symbols of which a logarithm or a root is taken, not of a function of them."""
    found: set[Expression] = set()
    for body in network.definitions.values():
        for node in walk(body):
            if isinstance(node, Call) and node.function is LOG:
                found |= _bare(node.arguments[0])
            elif isinstance(node, Power) and isinstance(node.exponent, Number) and node.exponent.value.denominator > 1:
                found |= _bare(node.base)
    return found


def _bare(node: Expression) -> set[Expression]:
    """Return the symbols of an expression that are no function's argument."""
    if isinstance(node, Symbol):
        return {node}
    return set().union(*map(_bare, node.children)) if not isinstance(node, Call) else set()


def _one_hot(rows: int, columns: int, axis: int, random: Generator) -> Array:
    classes, samples = (rows, columns) if axis == 1 else (columns, rows)
    numbers = random.permutation(np.arange(COUNT * samples) % classes)  # every class, as often as any other
    targets = np.eye(classes)[numbers.reshape(COUNT, samples)]
    return targets.swapaxes(1, 2) if axis == 1 else targets


def _drawn(key: Key, symbol: Symbol, sizes: Mapping[str, int], network: Network, random: Generator) -> Array:
    rows, columns = (each if isinstance(each, int) else sizes[each] for each in symbol.shape)
    if symbol in _logged(network):
        return random.uniform(*SHARES, (COUNT, rows, columns))
    if symbol.shape.is_scalar and key.text not in INPUTS and not key.is_any:
        number = _count(key, sizes, network.shapes)
        low, high = _range(key, symbol, network)
        return random.uniform(low, high, (COUNT, 1, 1)) if number is None else np.full((1, 1, 1), float(number))
    return random.normal(size=(COUNT, rows, columns)) / np.sqrt(max(1, min(rows, columns)))


def _range(key: Key, symbol: Symbol, network: Network) -> tuple[float, float]:
    """Return between which numbers a given number is drawn: near 1 but for bounds, and for the α of max(α z, z)."""
    is_slope = any(
        symbol in _factors(argument)
        for body in network.definitions.values()
        for node in walk(body)
        if isinstance(node, Call) and node.function is MAX
        for argument in node.arguments
    )
    low, high = network.bounds.get(key.text, (0, 1) if is_slope else (-inf, inf))
    low = low if low > -inf else min(0, high - NEAR)
    high = high if high < inf else low + NEAR
    return low + (high - low) / 4, high - (high - low) / 16


def _factors(node: Expression) -> tuple[Expression, ...]:
    return node.factors if isinstance(node, Product) else ()


def _count(key: Key, sizes: Mapping[str, int], shapes: Shapes) -> int | None:
    """Return the size that a letter stands for: a dimension's name, or that of the number of samples."""
    dimension = shapes.named(key.name)
    if isinstance(dimension, int):
        return dimension
    return sizes.get(SAMPLES if key.text in shapes.counting and dimension not in sizes else dimension)


def _has_both_signs(points: Points, bodies: Iterable[Expression]) -> bool:
    """Return whether everything whose sign is asked for has entries of both."""
    asked = {
        symbol
        for body in bodies
        for node in walk(body)
        if (isinstance(node, Call) and node.function in BENT)
        or (isinstance(node, Comparison) and node.relation not in ("=", "≠"))
        for symbol in node.symbols
    }
    values = [points.value_of(symbol) for symbol in asked if not symbol.shape.is_scalar]
    return all((z > 0).any(0).all() and (z < 0).any(0).all() for z in values)
