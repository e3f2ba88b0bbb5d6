"""The network that a document defines: symbols with shapes, definitions as expressions, points to try claims at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from chainrule.activations import Array
from chainrule.algebra.evaluation import Points
from chainrule.algebra.expressions import (
    Call,
    Dimension,
    Entries,
    Expression,
    Index,
    Shape,
    Symbol,
    symbols_of,
    walk,
)
from chainrule.algebra.functions import LEAKY_RELU, RELU
from chainrule.checking.meaning import Meaning, NotUnderstood, function_name
from chainrule.checking.shapes import SAMPLES, SCALAR, Conflict, Layout, Pair, Shapes, Unknown
from chainrule.checking.symbols import Key, Symbols, defines, is_symbol, nodes_of
from chainrule.checking.symbols import symbols_of as symbols_in
from chainrule.checking.syntax import (
    BigSum,
    Block,
    Chain,
    Document,
    Fraction,
    Group,
    Name,
    Node,
    Numeral,
    Partial,
    Product,
    Prose,
    Relation,
    Scripted,
)

__all__ = ["System", "systems_of"]

INPUTS = {"x", "X"}
WEIGHTS = {"W", "w", "θ", "Θ", "U", "V", "M"}
LOSSES = {"L", "J", "E", "C", "ℓ", "l", "loss", "ℒ"}
POINTS = 12
COUNTS = {"m", "n", "N", "B"}


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
    points : Points
        Where claims are tried.
    """

    layout: Layout
    meaning: Meaning
    definitions: dict[str, Expression]
    defining: set[int]
    points: Points


def systems_of(document: Document) -> list[System]:
    """Return every way to understand a document's definitions that its equations do not refute."""
    chains = [chain for piece in document.pieces for chain in chains_in(piece)]
    symbols = symbols_in(chains)
    definitions = _in_order(_definitions(chains, symbols), symbols)
    layouts: tuple[Layout, ...] = ("rows", "columns")
    counts: tuple[Dimension, ...] = (1, SAMPLES)
    found = []
    for layout in layouts:
        for batches in product(counts, repeat=2):
            try:
                system = _system(chains, definitions, symbols, layout, list(batches))
            except (Conflict, Unknown, NotUnderstood):
                continue
            if system is not None:
                found.append(system)
    return found


def chains_in(piece: Block | Prose) -> tuple[Chain, ...]:
    """Return what a block or a paragraph states."""
    return piece.formulas if isinstance(piece, Prose) else piece.chains


def _definitions(chains: Sequence[Chain], symbols: Symbols) -> dict[Key, Chain]:
    """Return the chain that defines each symbol: the first with it on the left and not on the right."""
    found: dict[Key, Chain] = {}
    for chain in chains:
        if defines(chain):
            key = symbols.resolve(chain.members[0]).key
            is_gradient = key.text == "δ" or (key.text.startswith("d") and len(key.text) > 1)
            if not is_gradient and key not in _used(chain.members[1], symbols):
                found.setdefault(key, chain)
    return found


def _used(node: Node, symbols: Symbols) -> list[Key]:
    return [symbols.resolve(each).key for each in nodes_of(node) if is_symbol(each)]


def _in_order(definitions: dict[Key, Chain], symbols: Symbols) -> dict[Key, Chain]:
    """Return the definitions so that each comes after those that it uses."""
    ordered: dict[Key, Chain] = {}

    def visit(key: Key, path: tuple[Key, ...]) -> None:
        if key in ordered or key in path or key not in definitions:
            return
        for used in _used(definitions[key].members[1], symbols):
            visit(used, (*path, key))
        ordered[key] = definitions[key]

    for key in definitions:
        visit(key, ())
    return ordered


def _system(
    chains: Sequence[Chain], definitions: dict[Key, Chain], symbols: Symbols, layout: Layout, batches: list[Dimension]
) -> System | None:
    """Return the document's network in one layout; ``batches`` says of each input whether it has many samples."""
    shapes = Shapes(symbols, layout, _scalars(chains, symbols))
    shapes.of.update(dict.fromkeys(shapes.scalars, SCALAR))
    _declare(chains, shapes)
    unread = list(batches)
    for key, chain in definitions.items():
        _infer_definition(key, chain, shapes, unread)
    if unread and SAMPLES in unread:  # the same as the system in which this input has one sample
        return None
    named = {key: Symbol(key.name, _shape(shapes, pair)) for key, pair in shapes.of.items()}
    losses = [key for key in definitions if named[key].shape.is_scalar]
    meaning = Meaning(
        shapes,
        named,
        loss_of=lambda symbol: _loss_of(symbol, [named[key] for key in losses], expressions),
        writes_transposes=any(_is_transposed(node) for chain in chains for node in _everything(chain)),
    )
    expressions: dict[str, Expression] = {}
    for key, chain in definitions.items():
        expressions[key.name] = _definition(key, chain, meaning)
    shapes.is_settled = True
    points = _points(named, expressions, shapes, losses)
    return System(layout, meaning, expressions, {id(chain) for chain in definitions.values()}, points)


def _scalars(chains: Sequence[Chain], symbols: Symbols) -> set[Key]:
    """Return the symbols that stand where only a number can: below a fraction, above a sum."""
    found: set[Key] = set()
    defined = {symbols.resolve(chain.members[0]).key for chain in chains if defines(chain)}
    for chain in chains:
        for node in _everything(chain):
            places: list[Node] = []
            if isinstance(node, Fraction) and not isinstance(node.denominator, Partial):
                places = [node.denominator]
            elif isinstance(node, BigSum) and node.above is not None:
                places = [node.above]
            for place in places:
                for each in nodes_of(place):
                    if is_symbol(each) and not (reference := symbols.resolve(each)).indices:
                        found |= {reference.key} - defined
    return found


def _everything(chain: Chain) -> Iterator[Node]:
    for member in (*chain.members, *chain.beside):
        yield from nodes_of(member)


def _is_transposed(node: Node) -> bool:
    while isinstance(node, Scripted):
        if node.sup is not None and any(isinstance(item, Name) and item.text == "⊤" for item in node.sup.items):
            return True
        node = node.base
    return False


def _declare(chains: Sequence[Chain], shapes: Shapes) -> None:
    """Take in what is said by X ∈ R^{m × n}."""
    for chain in chains:
        if chain.signs[:1] != ("∈",):
            continue
        sizes = _declared(chain.members[1], shapes)
        for member in _listed(chain.members[0]):
            if is_symbol(member) and sizes:
                key = shapes.symbols.resolve(member).key
                pair = shapes.sample(1, sizes[0]) if len(sizes) == 1 else (sizes[0], sizes[1])
                shapes.of.setdefault(key, pair)


def _listed(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Group) else (node,)


def _declared(node: Node, shapes: Shapes) -> list[Dimension]:
    """Return the dimensions of R^{m × n} or {0, 1}^K."""
    if not isinstance(node, Scripted) or node.sup is None or len(node.sup.items) != 1:
        return []
    item = node.sup.items[0]
    factors = item.factors if isinstance(item, Product) else (item,)
    if not all(is_symbol(factor) or isinstance(factor, Numeral) for factor in factors) or len(factors) > 2:
        return []
    return [shapes.named(factor.text if isinstance(factor, Numeral) else spelled(factor)) for factor in factors]


def _infer_definition(key: Key, chain: Chain, shapes: Shapes, unread: list[Dimension]) -> None:
    """Infer the shapes of a definition; an input that nothing else gives a shape takes the next of the flags."""
    shapes.letters = {}
    body = chain.members[1]
    for _ in range(4):
        try:
            _learn_limits(body, shapes)
            pair = shapes.infer(body)
            break
        except Unknown:
            leaf = _input(body, shapes)
            shapes.of[leaf] = shapes.sample(unread.pop(0) if unread else 1, shapes.fresh())
    else:
        raise Conflict(f"no shape fits {key.name}")
    reference = shapes.symbols.resolve(chain.members[0])
    if reference.indices:
        letters = [index.text for index in reference.indices if isinstance(index, Name)]
        if len(letters) != len(reference.indices) or not all(letter in shapes.letters for letter in letters):
            raise Conflict(f"the indices of {key.name} are not on the right")
        pair = shapes.entries(letters)
    if key in shapes.of:
        shapes.meet(shapes.of[key], pair)
    shapes.of[key] = pair


def _learn_limits(body: Node, shapes: Shapes) -> None:
    """Learn from Σ_{i=1}^m that i runs to m."""
    for node in nodes_of(body):
        if isinstance(node, BigSum) and node.above is not None and is_symbol(node.above) and len(node.below) == 1:
            name = node.below[0].sides[0] if isinstance(node.below[0], Relation) else node.below[0]
            if isinstance(name, Name):
                shapes.letters.setdefault(name.text, shapes.named(spelled(node.above)))


def _input(body: Node, shapes: Shapes) -> Key:
    """Return the symbol of unknown shape that is the input of a definition."""
    unknown = []
    for node in nodes_of(body):
        if is_symbol(node):
            key = shapes.symbols.resolve(node).key
            if key not in shapes.of and key not in unknown and not function_name(node):
                unknown.append(key)
    named = [key for key in unknown if key.text in INPUTS]
    others = [key for key in unknown if key.text not in WEIGHTS and key.text != "b"]
    if not unknown:
        raise Conflict("nothing here is of unknown shape")
    return (named or others or unknown)[0]


def _shape(shapes: Shapes, pair: Pair) -> Shape:
    return Shape(*shapes.known(pair))


def _definition(key: Key, chain: Chain, meaning: Meaning) -> Expression:
    """Return a definition's right side; one of entries, as the matrix that has them."""
    shapes, body = meaning.shapes, chain.members[1]
    shapes.letters = {}
    _learn_limits(body, shapes)
    shapes.infer(body)
    expression = meaning.strict(body)
    reference = shapes.symbols.resolve(chain.members[0])
    if not reference.indices:
        return expression
    places: list[Index | None] = [None, None]
    for axis, index in zip(shapes.axes_of(shapes.of[key], reference.indices), reference.indices, strict=True):
        places[axis] = Index(spelled(index), meaning.dimension(shapes.letters[spelled(index)]))
    return Entries(expression, places[0], places[1])


def _loss_of(symbol: Symbol, losses: list[Symbol], expressions: dict[str, Expression]) -> Symbol:
    """Return the last loss that depends on a symbol."""

    def depends(name: str) -> bool:
        below = symbols_of(expressions[name]) if name in expressions else set()
        return any(each.name == symbol.name or depends(each.name) for each in below)

    of_symbol = [loss for loss in losses if depends(loss.name)]
    named = [loss for loss in of_symbol if loss.name in LOSSES]
    return (named or of_symbol or losses)[-1]


def _points(named: dict[Key, Symbol], expressions: dict[str, Expression], shapes: Shapes, losses: list[Key]) -> Points:
    """Return random points: dimensions all different, one-hot targets, both signs wherever a sign matters."""
    random = np.random.default_rng(0)
    dimensions = {each for symbol in named.values() for each in symbol.shape}
    sizes = _sizes(dimensions)
    leaves = {key: symbol for key, symbol in named.items() if symbol.name not in expressions}
    targets = _targets(expressions, losses)
    for _ in range(200):
        values = {}
        for key, symbol in leaves.items():
            values[symbol.name] = _drawn(key, symbol, sizes, shapes, random, is_target=symbol in targets)
        points = Points(sizes, values, expressions)
        if _both_signs(points, expressions):
            break
    return points


def _sizes(dimensions: set[Dimension]) -> dict[str, int]:
    """Return a size of its own for each named dimension, none of those that are numbers."""
    free = (size for size in range(2, 99) if size not in dimensions)
    return {name: next(free) for name in sorted(each for each in dimensions if isinstance(each, str))}


def _targets(expressions: dict[str, Expression], losses: list[Key]) -> set[Symbol]:
    """Return the given symbols of a loss that have the shape of something computed in it: its targets."""
    found: set[Symbol] = set()
    for loss in losses:
        used = symbols_of(expressions[loss.name])
        computed = {symbol.shape for symbol in used if symbol.name in expressions and not symbol.shape.is_scalar}
        found |= {symbol for symbol in used if symbol.name not in expressions and symbol.shape in computed}
    return found


def _drawn(
    key: Key, symbol: Symbol, sizes: dict[str, int], shapes: Shapes, random: np.random.Generator, *, is_target: bool
) -> Array:
    rows, columns = (each if isinstance(each, int) else sizes[each] for each in symbol.shape)
    if symbol.shape.is_scalar and key in shapes.scalars | {key} and key.text not in INPUTS:
        dimension = shapes.named(key.text)
        if dimension in sizes or isinstance(dimension, int):
            return np.full((1, 1, 1), float(sizes[dimension] if isinstance(dimension, str) else dimension))
        if key.text in COUNTS and SAMPLES in sizes:
            return np.full((1, 1, 1), float(sizes[SAMPLES]))
        return random.uniform(0.5, 2, (POINTS, 1, 1))
    if is_target:
        return _one_hot(rows, columns, shapes, random)
    return random.normal(size=(POINTS, rows, columns)) / np.sqrt(max(rows, columns) if key.text in WEIGHTS else 1)


def _one_hot(rows: int, columns: int, shapes: Shapes, random: np.random.Generator) -> Array:
    """Return targets with one 1 in each sample; of a single unit, 0 or 1."""
    is_row = columns > 1 and (rows == 1 or shapes.layout == "rows")
    samples, classes = (rows, columns) if is_row else (columns, rows)
    if classes == 1:
        return random.integers(0, 2, (POINTS, rows, columns)) * 1.0
    targets = np.eye(classes)[random.integers(0, classes, (POINTS, samples))]
    return targets if is_row else targets.swapaxes(1, 2)


def _both_signs(points: Points, expressions: dict[str, Expression]) -> bool:
    """Return whether everything whose sign is asked for has entries of both."""
    for expression in expressions.values():
        for node in walk(expression):
            if isinstance(node, Call) and node.function in (RELU, LEAKY_RELU) and isinstance(node.arguments[0], Symbol):
                z = points.value_of(node.arguments[0])
                if not ((z > 0).any(0).all() and (z < 0).any(0).all()):
                    return False
    return True


def spelled(node: Node) -> str:
    """Return a name with its scripts as one word, such as D_x."""
    if isinstance(node, Name):
        return node.text
    if isinstance(node, Scripted):
        below = node.sub.items if node.sub is not None else ()
        return "_".join([spelled(node.base), *(spelled(item) for item in below)])
    return getattr(node, "text", "")
