"""What the symbols of a document's network are to each other: weights, biases, scores, activations."""

from dataclasses import dataclass
from fractions import Fraction

from chainrule.algebra.expressions import (
    Addition,
    Call,
    Expression,
    Number,
    Product,
    Symbol,
    Transpose,
)
from chainrule.algebra.functions import MAX, RELU, Function
from chainrule.checking.meaning.systems import System

__all__ = ["Layer", "Roles", "roles_of"]


@dataclass(frozen=True)
class Layer:
    """z = a W + b, in either order, and what is made of z.

    Attributes
    ----------
    z, weights : Symbol
        The scores, and what they are linear in.
    bias : Symbol, optional
        What is added.
    input : Symbol, optional
        What the weights are multiplied by.
    output : Symbol, optional
        σ(z), if the document has a name for it.
    sigma : Function, optional
        What stands between the two.
    slope : Fraction, optional
        α of a leaky ReLU.
    """

    z: Symbol
    weights: Symbol
    bias: Symbol | None = None
    input: Symbol | None = None
    output: Symbol | None = None
    sigma: Function | None = None
    slope: Fraction | None = None


@dataclass(frozen=True)
class Roles:
    """The layers of a network, and what else is given and not learned."""

    layers: tuple[Layer, ...] = ()
    targets: tuple[Symbol, ...] = ()
    losses: tuple[Symbol, ...] = ()

    @property
    def weights(self) -> tuple[Symbol, ...]:
        """All weights."""
        return tuple(dict.fromkeys(layer.weights for layer in self.layers))

    @property
    def signals(self) -> tuple[Symbol, ...]:
        """What goes through the network: inputs, scores, activations."""
        found = (each for layer in self.layers for each in (layer.input, layer.z, layer.output))
        return tuple(dict.fromkeys(each for each in (*found, *self.targets) if each is not None))

    def tag(self, moved: Symbol) -> str:
        """Return the line of the table that a gradient by a symbol answers to."""
        if moved in self.weights:
            return "B2"
        if any(moved == layer.bias for layer in self.layers):
            return "B3"
        scores = [layer.z for layer in self.layers]
        if moved in scores:
            is_last = all(layer.input is None or layer.z != moved or not self._goes_on(layer) for layer in self.layers)
            return "B1" if is_last else "B5"
        return "B4" if any(moved in (layer.input, layer.output) for layer in self.layers) else ""

    def _goes_on(self, layer: Layer) -> bool:
        return any(other.input == layer.output for other in self.layers if layer.output is not None)


def roles_of(system: System) -> Roles:
    """Return the roles of a document's symbols, from its definitions."""
    symbols = {symbol.name: symbol for symbol in system.meaning.symbols.values()}
    outputs: dict[Symbol, tuple[Symbol, Function, Fraction | None]] = {}
    for name, body in system.definitions.items():
        match body:
            case Call(function, (Number(), Symbol() as z)) if function is MAX:
                outputs.setdefault(z, (symbols[name], RELU, None))
            case Call(function, (Symbol() as z, *rest)):
                slope = rest[0].value if rest and isinstance(rest[0], Number) else None
                outputs.setdefault(z, (symbols[name], function, slope))
    layers = []
    for name, body in system.definitions.items():
        terms = body.terms if isinstance(body, Addition) else (body,)
        factors = terms[0].factors if isinstance(terms[0], Product) else ()
        operands = [factor.of if isinstance(factor, Transpose) else factor for factor in factors]
        learned = [each for each in operands if isinstance(each, Symbol) and each.name not in system.definitions]
        if len(operands) != 2 or not learned or not all(isinstance(each, Symbol) for each in operands):
            continue
        weights = _weights(learned, operands)
        source = next((each for each in operands if each != weights), None)
        bias = next((term for term in terms[1:] if isinstance(term, Symbol)), None)
        z = symbols[name]
        output = outputs.get(z, (None, None, None))
        layers.append(Layer(z, weights, bias, source if isinstance(source, Symbol) else None, *output))
    learned_here = {each for layer in layers for each in (layer.weights, layer.bias)}
    others = (each for each in symbols.values() if each not in learned_here and not each.shape.is_scalar)
    losses = tuple(symbols[name] for name in system.definitions if symbols[name].shape.is_scalar)
    return Roles(tuple(layers), tuple(each for each in others if each.name not in system.definitions), losses)


def _weights(learned: list[Symbol], operands: list[Expression]) -> Symbol:
    """Return the operand that is learned: of two given ones, the one that is not called x."""
    others = [each for each in learned if each.name[:1] not in "xX"]
    return (others or learned)[0] if len(learned) == len(operands) else learned[0]
