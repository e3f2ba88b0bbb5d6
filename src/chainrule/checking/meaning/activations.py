"""What an activation's letter stands for: g, f, φ or σ."""

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from chainrule.algebra import functions as fn
from chainrule.algebra.evaluation import Points, evaluate
from chainrule.algebra.expressions import Call, Symbol
from chainrule.checking.meaning.applications import LETTERS
from chainrule.checking.meaning.calls import SLOPES, activation_named, any_function
from chainrule.checking.meaning.definitions import everything_in, is_function_definition
from chainrule.checking.meaning.meaning import Meaning
from chainrule.checking.meaning.shapes import SCALAR, Shapes
from chainrule.checking.meaning.symbols import Symbols, defines
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.syntax import Apply, Chain, Document, Name, Node, Prose, Scripted

__all__ = ["activations_of"]

WORDS = {
    "relu": r"(?<!leaky )(?<!leaky-)(?<!leaky)\brelu|线性整流|線性整流",
    "leakyrelu": r"leaky[ -]?relu",
    "tanh": r"\btanh\b|hyperbolic tangent|双曲正切|雙曲正切",
    "sigmoid": r"sigmoid|logistic",
    "identity": r"\bidentity activation|\blinear activation",
}


def activations_of(document: Document, chains: Sequence[Chain], symbols: Symbols) -> dict[str, fn.Function]:
    """Return what the letters stand for that a document applies to scores, and where nothing more is known, g' too.

    A letter is what an equation says, g(z) = max(0, z) or g = tanh; else what the words say, if they name only one
    activation; else σ is the logistic function, and any other letter any function.
    """
    said = dict(_defined(chains, symbols))
    said |= {name: function for name, function in _named(chains) if name not in said}
    in_words = _in_words(document)
    for number, letter in enumerate(sorted(_applied(chain for chain in chains if defines(chain)) - said.keys())):
        if in_words is not None:
            said[letter] = in_words
        elif letter != "σ":
            said |= any_function(letter, number)
    return said


def _applied(chains: Iterable[Chain]) -> set[str]:
    """Return the letters that are applied to something."""
    return {
        name
        for chain in chains
        for node in everything_in(chain)
        if isinstance(node, Apply) and (name := _letter(node.function)) in LETTERS
    }


def _letter(node: Node) -> str:
    while isinstance(node, Scripted) and node.sub is None and node.sup is None:
        node = node.base
    return node.text if isinstance(node, Name) else ""


def _named(chains: Iterable[Chain]) -> Iterator[tuple[str, fn.Function]]:
    """Yield what g = tanh says."""
    for chain in chains:
        match chain:
            case Chain((Name(letter), Name(name)), ("=" | ":=" | "≡",)) if letter in LETTERS:
                function = activation_named(name)
                if function is not None:
                    yield letter, function


def _defined(chains: Iterable[Chain], symbols: Symbols) -> Iterator[tuple[str, fn.Function]]:
    """Yield what g(z) = … says, where that is a function that is known."""
    for chain in chains:
        left = chain.members[0]
        if is_function_definition(chain) and isinstance(left, Apply) and _letter(left.function):
            function = _recognized(left, chain.members[1], symbols)
            if function is not None:
                yield _letter(left.function), function


def _recognized(left: Apply, body: Node, symbols: Symbols) -> fn.Function | None:
    """Return the known function that a formula of one number is."""
    key = symbols.resolve(left.arguments[0]).key
    z = Symbol(key.name)
    shapes = Shapes(symbols, "columns", {key}, of={key: SCALAR})
    values = np.linspace(-3, 3, 14)
    points = Points({}, {z.name: values.reshape(-1, 1, 1)})
    meaning = Meaning(shapes, {key: z}, lambda of: of, writes_transposes=True)
    try:
        expression = meaning.strict(body)
    except NotUnderstood:
        return None
    if isinstance(expression, Call) and expression.function in SLOPES and expression.arguments[0] == z:
        return expression.function
    found = evaluate(expression, points).ravel()
    plain = [function for function in SLOPES if function is not fn.LEAKY_RELU]
    return next((known for known in plain if np.allclose(known.value(values), found, rtol=1e-12, atol=1e-12)), None)


def _in_words(document: Document) -> fn.Function | None:
    """Return the only activation that a document's words name."""
    text = "\n".join(piece.text for piece in document.pieces if isinstance(piece, Prose)).casefold()
    named = [name for name, words in WORDS.items() if re.search(words, text)]
    return activation_named(named[0]) if len(named) == 1 else None
