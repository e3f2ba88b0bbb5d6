"""Functions that a document defines by a formula of its own: swish(t) = t σ(t), f(t) = t for t > 0 and κ t else."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from chainrule.activations import Array
from chainrule.algebra.evaluation import Points, evaluate
from chainrule.algebra.expressions import Expression, ShapeError, Symbol
from chainrule.algebra.functions import Function
from chainrule.checking.meaning.applications import called
from chainrule.checking.meaning.calls import LEAKY, activation_named, function_name
from chainrule.checking.meaning.definitions import everything_in, is_function_definition
from chainrule.checking.meaning.meaning import Meaning
from chainrule.checking.meaning.outputs import LETTERS
from chainrule.checking.meaning.points import INPUTS
from chainrule.checking.meaning.shapes import SCALAR, Conflict, Shapes
from chainrule.checking.meaning.symbols import WEIGHTS, Key, Symbols, is_symbol, nodes_of
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.syntax import Apply, Chain, Name, Node, Product, mapped

__all__ = ["own_functions", "slopes_in"]

STEP = 1e-30  # of a derivative by an imaginary step
ARGUMENT = Name("·")
LARGEST = {"max", "maximum"}


def own_functions(
    chains: Iterable[Chain], symbols: Symbols, known: Mapping[str, Function]
) -> Iterator[tuple[str, Function]]:
    """Yield the functions of one number that a document's formulas define, and their derivatives: f, f'.

    Parameters
    ----------
    chains : iterable of Chain
        What the document states.
    symbols : Symbols
        Its symbols.
    known : mapping of str to Function
        The functions that are known already.
    """
    found = dict(known)
    for chain in chains:
        left = chain.members[0]
        if not is_function_definition(chain) or not isinstance(left, Apply):
            continue
        of, label, _ = called(left.function)
        name = "_".join(filter(None, (getattr(of, "text", ""), label)))
        is_known = name in found or function_name(left.function) in LEAKY
        made = {} if is_known else _made(name, left.arguments[0], chain.members[1], symbols, found)
        found |= made
        yield from made.items()


def _made(
    name: str, argument: Node, body: Node, symbols: Symbols, known: Mapping[str, Function]
) -> dict[str, Function]:
    """Return what a formula makes of a name, unless everybody knows it: the swish, but not one with a β."""
    formula = _formula(argument, body, symbols, known)
    if formula is None or (name not in LETTERS and activation_named(name) and len(formula[1]) == 1):
        return {}
    return _functions(name, *formula)


def _formula(
    argument: Node, body: Node, symbols: Symbols, known: Mapping[str, Function]
) -> tuple[Expression, tuple[Symbol, ...]] | None:
    """Return a formula of one number, and the letters in it, if all others are numbers too."""
    # The argument is no symbol of the document, though it may be called as one.
    body = mapped(body, lambda node: ARGUMENT if node == argument else node)
    names = dict.fromkeys(node for node in nodes_of(body) if is_symbol(node) and node != ARGUMENT)
    letters = [node.text for node in names if isinstance(node, Name) and _may_be_a_number(node)]
    if len(letters) < len(names):
        return None
    keys = {Key(letter): Symbol(letter) for letter in (ARGUMENT.text, *letters)}
    shapes = Shapes(symbols, "columns", set(keys), of=dict.fromkeys(keys, SCALAR))
    meaning = Meaning(shapes, keys, lambda of: of, writes_transposes=True, functions=known)
    try:
        formula = meaning.strict(body)
    except (NotUnderstood, ShapeError, Conflict):
        return None
    z = keys[Key(ARGUMENT.text)]
    is_function = formula.shape.is_scalar and not formula.free_indices and z in formula.symbols
    return (formula, tuple(keys.values())) if is_function else None


def _may_be_a_number(name: Name) -> bool:
    is_letter = len(name.text) == 1 and not name.accent
    return is_letter and not name.text.isupper() and name.text not in WEIGHTS | INPUTS | {"b"}


def _functions(name: str, formula: Expression, symbols: tuple[Symbol, ...]) -> dict[str, Function]:
    def value(*arrays: Array) -> Array:
        spread = np.broadcast_arrays(*arrays)
        flat = {symbol.name: array.reshape(-1, 1, 1) for symbol, array in zip(symbols, spread, strict=True)}
        found = evaluate(formula, Points({}, flat))
        return np.broadcast_to(found, (spread[0].size, 1, 1)).reshape(spread[0].shape)

    def slope(z: Array, *others: Array) -> Array:
        """Return f'(z); how that changes with z is not known."""
        found = value(z.real + 1j * STEP, *(other.real for other in others)).imag / STEP
        return found if np.isrealobj(z) else np.where(z.imag == 0, found, np.nan) + 0j

    letters = tuple(symbol.name for symbol in symbols[1:])
    return {name: Function(name, value, letters=letters), f"{name}'": Function(f"{name}_prime", slope, letters=letters)}


def slopes_in(chains: Iterable[Chain]) -> Iterator[str]:
    """Yield the α of f(z) = max(α z, z), which is the slope where z is negative."""
    for chain in chains:
        nodes = everything_in(chain) if is_function_definition(chain) else ()
        calls = (node for node in nodes if isinstance(node, Apply) and function_name(node.function) in LARGEST)
        products = (each for call in calls for each in call.arguments if isinstance(each, Product))
        factors = (factor for product in products for factor in product.factors)
        yield from (factor.text for factor in factors if isinstance(factor, Name) and not factor.is_any)
