"""The activations of a document's network, and their slopes σ'(z) in its author's letters."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from chainrule.activations import Array
from chainrule.algebra import functions as fn
from chainrule.algebra.expressions import Derivative, Entries, Index, Symbol
from chainrule.algebra.functions import LEAKY_RELU, LOGISTIC, RELU, TANH, Function
from chainrule.checking.judging.equality import Outcome, compare
from chainrule.checking.judging.surgery import ONE, TWO, bare, raised, times
from chainrule.checking.meaning.calls import activation_named
from chainrule.checking.meaning.meaning import NO_SLOPE, Meaning
from chainrule.checking.meaning.reading import entry_at, total
from chainrule.checking.meaning.symbols import Key, is_symbol, nodes_of
from chainrule.checking.meaning.systems import System
from chainrule.checking.parsing.syntax import (
    Apply,
    Cases,
    Fraction,
    Group,
    Name,
    Negation,
    Node,
    Numeral,
    Partial,
    Relation,
    Scripted,
    Sum,
    unplaced,
)

__all__ = ["Activation", "Manner", "activations_of"]

ZERO, DEFAULT = Numeral("0"), Numeral("0.01")
NOISE = 1e-9
LARGEST = {"max", "maximum"}
EXPLICIT = (RELU, LOGISTIC, TANH)  # whose slope is a short formula
Manner = Literal["formula", "prime", "cases"]
Spelled = Callable[[Symbol], Node]


@dataclass(frozen=True)
class Activation:
    """a = σ(z), somewhere in a definition.

    Attributes
    ----------
    function : Function, optional
        Which, if it is known.
    scores, output : Node or Symbol
        z and a: a formula where the author gives no name.
    name : Node, optional
        What the author calls σ.
    slope : Node, optional
        α of a leaky ReLU.
    """

    function: Function | None
    scores: Node | Symbol
    output: Node | Symbol
    name: Node | None = None
    slope: Node | None = None

    def derivative(self, spelled: Spelled, *, is_whole: bool, manner: Manner) -> Node | None:
        """Return σ'(z) in its author's manner, of a whole array or of an entry."""
        z, a = (spelled(each) if isinstance(each, Symbol) else each for each in (self.scores, self.output))
        is_named = manner == "prime" or isinstance(self.output, Node)
        if self.name is not None and (is_named or self.function not in (*EXPLICIT, LEAKY_RELU)):
            return Apply(Scripted(self.name, primes=1), (z,) if self.slope is None else (z, self.slope))
        match self.function:
            case fn.LEAKY_RELU if not is_whole and manner == "cases":
                return _cases(z, self.slope or DEFAULT)
            case fn.LEAKY_RELU if self.name is not None:
                return Apply(Scripted(self.name, primes=1), (z, self.slope or DEFAULT))
            case fn.LEAKY_RELU:
                return Group((Sum((_where(z, ">"), times(self.slope or DEFAULT, _where(z, "≤")))),))
            case fn.RELU if not is_whole and manner == "cases":
                return _cases(z, ZERO)
            case fn.RELU:
                return _where(z, ">")
            case fn.LOGISTIC:
                return times(a, Sum((ONE, Negation(a))), sign="⊙" if is_whole else "")
            case fn.TANH:
                return Group((Sum((ONE, Negation(raised(a, TWO)))),))
        return Fraction(Partial(a), Partial(z)) if is_symbol(z) and is_symbol(a) else None


def _where(z: Node, sign: str) -> Node:
    return Apply(Name("1"), (Relation((z, ZERO), (sign,)),))


def _cases(z: Node, slope: Node) -> Node:
    return Cases(((ONE, Relation((z, ZERO), (">",))), (slope, Relation((z, ZERO), ("≤",)))))


def activations_of(system: System) -> tuple[Activation, ...]:
    """Return the activations of a document, from its definitions."""
    found: list[Activation] = []
    for key, chain in system.equations.items():
        body = bare(chain.members[1])
        output = system.meaning.symbols[key]
        whole = _of_symbol(output, body, system)
        found += [whole] if whole is not None else _of_formulas(output, body, system.meaning)
    return tuple(found)


def _of_symbol(output: Symbol, body: Node, system: System) -> Activation | None:
    """Return the activation that a definition of one symbol is, by its values."""
    used = system.definitions[output.name].symbols
    scores = [symbol for symbol in used if symbol.shape == output.shape and symbol.name in system.definitions]
    others = [symbol for symbol in used if symbol not in scores]
    if len(scores) != 1 or any(not each.shape.is_scalar or _is_computed(each, system) for each in others):
        return None
    z, a = (system.points.value_of(symbol) for symbol in (*scores, output))
    name = _name(body, system.meaning)
    if (known := _recognized(z, a, system)) is not None:
        return Activation(known, scores[0], output, name)
    if (leak := _leak(z, a)) is not None:
        slope = (name and _written_slope(body)) or _slope_worth(leak, body, system)
        return Activation(LEAKY_RELU, scores[0], output, name, slope)
    return Activation(None, scores[0], output) if _is_by_entries(output, scores[0], system) else None


def _is_computed(symbol: Symbol, system: System) -> bool:
    """Return whether a symbol's definition is more than a number: α = 0.1."""
    return symbol.name in system.definitions and bool(system.definitions[symbol.name].symbols)


def _recognized(z: Array, a: Array, system: System) -> Function | None:
    plain = (each for each in system.meaning.functions.values() if not each.along_axis and each is not LEAKY_RELU)
    for known in (*EXPLICIT, *plain):
        others = (system.points.value_of(system.meaning.symbols[Key(letter)]) for letter in known.letters)
        if np.allclose(known.value(z, *others), a, rtol=1e-10):
            return known
    return None


def _is_by_entries(output: Symbol, scores: Symbol, system: System) -> bool:
    """Return whether each entry of one depends on its own entry of the other alone."""
    i, j = (None if size == 1 else Index(name, size) for name, size in zip("ij", output.shape, strict=True))
    own = Entries(Derivative(entry_at(output, i, j), entry_at(scores, i, j)), i, j)
    return compare(own, Derivative(total(output), scores), system) is Outcome.EQUAL


def _leak(z: Array, a: Array) -> Array | None:
    """Return the α of each point, if a = z where z is positive, and α z elsewhere; NaN where nothing is negative."""
    is_negative = np.broadcast_to(z, a.shape) < 0
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = a / z
    if not is_negative.any() or not np.allclose(ratios[~is_negative], 1):
        return None
    leaks = np.ma.array(ratios, mask=~is_negative).reshape(len(a), -1)
    each = leaks.mean(axis=1, keepdims=True)
    is_leaky = np.abs(leaks - each).max() < NOISE and each.min() >= 0  # |z| leaks nothing
    return each.filled(np.nan).reshape(-1) if is_leaky else None


def _slope_worth(leak: Array, body: Node, system: System) -> Node:
    """Return the α of a definition by its worth: a letter in it, what the document says of all, or a number."""
    symbols = system.meaning.shapes.symbols
    for node in filter(is_symbol, nodes_of(body)):
        symbol = system.meaning.symbols.get(symbols.resolve(node).key)
        if symbol and symbol.shape.is_scalar:
            apart = system.points.value_of(symbol).reshape(-1) - leak
            if np.nanmax(np.abs(apart)) < NOISE:
                return unplaced(node)
    return system.meaning.slope if system.meaning.slope != NO_SLOPE else Numeral(f"{np.nanmean(leak):.6g}")


def _written_slope(body: Node) -> Node | None:
    """Return the α of LeakyReLU(z, α), or (z, α=0.1)."""
    match body:
        case Apply(_, (_, Relation((_, value), ("=",)))) | Apply(_, (_, value)):
            return unplaced(value)
    return None


def _of_formulas(output: Symbol, body: Node, meaning: Meaning) -> Iterator[Activation]:
    """Yield the activations of formulas that have no name: g(W x + b)."""
    for node in nodes_of(body):
        known = _function(node, meaning)
        if known is not None and isinstance(node, Apply):
            scores = unplaced(next(each for each in node.arguments if each != ZERO))
            key = meaning.shapes.symbols.resolve(scores).key if is_symbol(scores) else None
            yield Activation(
                known,
                scores if key is None else meaning.symbols.get(key, scores),
                output if node is body else unplaced(node),
                _name(node, meaning),
                _written_slope(node) if known is LEAKY_RELU else None,
            )


def _function(node: Node, meaning: Meaning) -> Function | None:
    """Return the activation that a formula applies."""
    if not isinstance(node, Apply):
        return None
    name = meaning.function_of(node.function)
    if name in LARGEST and ZERO in node.arguments and len(node.arguments) == len((ZERO, node)):
        return RELU
    known = meaning.functions.get(name) or activation_named(name)
    return known if known in (*EXPLICIT, LEAKY_RELU, *meaning.functions.values()) else None


def _name(node: Node, meaning: Meaning) -> Node | None:
    """Return what the author calls an activation."""
    if not isinstance(node, Apply) or _function(node, meaning) is None:
        return None
    return None if meaning.function_of(node.function) in LARGEST else unplaced(node.function)
