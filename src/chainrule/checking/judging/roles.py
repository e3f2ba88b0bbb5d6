"""What the symbols of a document's network are to each other: weights, biases, scores, signals, losses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chainrule.algebra.expressions import (
    Addition,
    Derivative,
    Entries,
    Entry,
    Expression,
    Product,
    Summation,
    Symbol,
    Transpose,
    walk,
)
from chainrule.checking.meaning.points import INPUTS
from chainrule.checking.meaning.symbols import WEIGHTS, Key
from chainrule.checking.meaning.systems import System
from chainrule.checking.parsing.signs import TARGETS

__all__ = ["Layer", "Roles", "roles_of"]


@dataclass(frozen=True)
class Layer:
    """z = a W + b in any order, of whole arrays or entry by entry.

    Attributes
    ----------
    z : Symbol
        The scores; where these have no name, what is made of them.
    weights : Symbol
        What it is linear in.
    bias : Symbol, optional
        What is added.
    input : Symbol, optional
        What the weights are multiplied by, if that has a name.
    """

    z: Symbol
    weights: Symbol
    bias: Symbol | None = None
    input: Symbol | None = None


@dataclass(frozen=True)
class Roles:
    """The layers of a network, and what goes through them.

    Attributes
    ----------
    layers : tuple of Layer
        In the order of the document.
    signals : tuple of Symbol
        Inputs, scores, activations, targets.
    losses : tuple of Symbol
        The numbers that are computed.
    """

    layers: tuple[Layer, ...] = ()
    signals: tuple[Symbol, ...] = ()
    losses: tuple[Symbol, ...] = ()
    _uses: Mapping[Symbol, frozenset[Symbol]] = field(default_factory=dict)

    @property
    def weights(self) -> tuple[Symbol, ...]:
        """All weights."""
        return tuple(dict.fromkeys(layer.weights for layer in self.layers))

    @property
    def biases(self) -> tuple[Symbol, ...]:
        """All biases."""
        return tuple(dict.fromkeys(layer.bias for layer in self.layers if layer.bias is not None))

    def tag(self, moved: Symbol) -> str:
        """Return the line of the table that a gradient by a symbol answers to."""
        if moved in self.weights:
            return "B2"
        if moved in self.biases:
            return "B3"
        scores = {layer.z for layer in self.layers}
        if moved in scores:
            return "B5" if any(self._is_made_of(z, moved) for z in scores) else "B1"
        is_activation = any(moved in self._uses.get(z, ()) for z in scores)
        return "B4" if is_activation else ""

    def _is_made_of(self, symbol: Symbol, other: Symbol) -> bool:
        return any(used == other or self._is_made_of(used, other) for used in self._uses.get(symbol, ()))


def roles_of(system: System) -> Roles:
    """Return the roles of a document's symbols, from its definitions."""
    keys = {symbol: key for key, symbol in system.meaning.symbols.items()}
    symbols = {symbol.name: symbol for symbol in keys}
    given = [symbol for symbol in keys if symbol.name not in system.definitions]
    numbers = system.meaning.shapes.scalars
    learned = {symbol for symbol in given if keys[symbol].text not in TARGETS and keys[symbol] not in numbers}
    layers: dict[Symbol, Layer] = {}
    for name, body in system.definitions.items():
        for pair, rest in _pairs(body) if not _compares(body, system, keys) else ():
            found = sorted(learned & set(pair), key=lambda symbol: _unlikely_weights(keys[symbol].text))
            if found:
                source = next((each for each in pair if each != found[0]), None)
                bias = next((each for each in rest if isinstance(each, Symbol) and each in learned), None)
                layer = Layer(symbols[name], found[0], bias, source if isinstance(source, Symbol) else None)
                layers.setdefault(found[0], layer)
    parameters = {each for layer in layers.values() for each in (layer.weights, layer.bias)}
    scores = {layer.z for layer in layers.values()}
    gradients = {symbols[name] for name, body in system.definitions.items() if isinstance(body, Derivative)}
    others = [symbol for symbol in symbols.values() if symbol not in parameters | gradients]
    return Roles(
        tuple(layers.values()),
        tuple(symbol for symbol in others if symbol in scores or not symbol.shape.is_scalar),
        tuple(s for s in others if s.shape.is_scalar and s.name in system.definitions and s not in scores),
        {symbols[name]: body.symbols for name, body in system.definitions.items()},
    )


def _compares(body: Expression, system: System, keys: Mapping[Symbol, Key]) -> bool:
    """Return whether something is computed with targets: it is on the way to the loss, and no layer."""
    return any(
        keys[symbol].text in TARGETS
        if symbol.name not in system.definitions
        else _compares(system.definitions[symbol.name], system, keys)
        for symbol in body.symbols
    )


def _unlikely_weights(letter: str) -> int:
    return 0 if letter in WEIGHTS else 2 if letter in INPUTS else 1


def _pairs(body: Expression) -> Iterator[tuple[list[Expression], list[Expression]]]:
    """Yield the two factors of each product in a definition, and what is added to it."""
    for node in walk(body):
        terms = [_core(term) for term in (node.terms if isinstance(node, Addition) else (node,))]
        for term in terms:
            factors = [_core(factor) for factor in term.factors] if isinstance(term, Product) else []
            if len(factors) == 2:
                yield factors, terms


def _core(node: Expression) -> Expression:
    """Return what is transposed, summed, or taken entry by entry."""
    match node:
        case Transpose(of) | Entry(of):
            return _core(of)
        case Entries(entry):
            return _core(entry)
        case Summation(body):
            return _core(body)
    return node
