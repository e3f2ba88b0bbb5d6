"""What an activation's letter stands for: g, f, φ or σ."""

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from chainrule.algebra import functions as fn
from chainrule.algebra.evaluation import Points, evaluate
from chainrule.algebra.expressions import Symbol
from chainrule.checking.meaning.applications import called
from chainrule.checking.meaning.calls import ALONG_CLASSES, SLOPES, activation_named, any_function, function_name
from chainrule.checking.meaning.definitions import EQUATIONS, everything_in, is_function_definition
from chainrule.checking.meaning.meaning import Meaning
from chainrule.checking.meaning.outputs import LETTERS
from chainrule.checking.meaning.own import own_functions
from chainrule.checking.meaning.shapes import SCALAR, Shapes
from chainrule.checking.meaning.symbols import Symbols, defines, is_symbol, nodes_of
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.syntax import Apply, Block, Chain, Dots, Name, Node, Prose, mapped

__all__ = ["activations_of"]

LOGARITHMS = {"log", "ln"}
SMOOTH = {"gelu", "mish", "selu", "celu", "act", "activation"}  # by their names, entry by entry
WORDS = {
    "relu": r"(?<!leaky )(?<!leaky-)(?<!leaky)\brelu|线性整流|線性整流",
    "leakyrelu": r"leaky[ -]?relu",
    "tanh": r"\btanh\b|hyperbolic tangent|双曲正切|雙曲正切",
    "sigmoid": r"sigmoid|logistic",
    "identity": r"\bidentity activation|\blinear activation",
    "softmax": r"softmax|softargmax",
}
SENTENCE_ENDS = re.compile(r"[.;](?=\s|$)|[。；]")


def activations_of(
    stated: Sequence[tuple[Block | Prose, Chain]], words: str, chains: Sequence[Chain], symbols: Symbols
) -> dict[str, fn.Function]:
    """Return what the letters stand for that a document applies to scores, and where nothing more is known, g' too.

    A letter is what an equation says, g(z) = max(0, z) or g = tanh; else what the words after it say; else what all
    words say, if they name only one activation; else σ is the logistic function, and any other letter any function.

    Parameters
    ----------
    stated : sequence of pairs of Block or Prose and Chain
        What the document states, and where: of one layer before what is of all layers.
    words : str
        All its paragraphs.
    chains : sequence of Chain
        The same, and what is assumed.
    symbols : Symbols
        The document's.
    """
    said: dict[str, fn.Function] = {}
    for name, function in (*_defined(chains, symbols), *_named(chains), *_in_words_after(stated)):
        said.setdefault(name, function)
    said |= own_functions(chains, symbols, said)
    defining = [node for chain in chains if defines(chain) for node in everything_in(chain) if isinstance(node, Apply)]
    others = {activation_named(function_name(node.function)) for node in defining} | {*said.values()}
    in_words = _only_one_in(words)
    in_words = None if in_words in others else in_words  # the words are of another layer
    applied = {name for node in defining if (name := _name(node.function))}
    unsaid = {name for name in applied if not {name, name.partition("_")[0]} & said.keys()}
    logged = _logged(chains, symbols)
    for number, name in enumerate(sorted(unsaid)):
        if in_words is not None:
            said[name] = in_words
        elif not name.startswith("σ"):
            said |= any_function(name, number, is_share=name in logged)
    smooth = {of.text for node in defining if isinstance(of := called(node.function)[0], Name) and of.text not in said}
    for number, name in enumerate(sorted(of for of in smooth if of.casefold() in SMOOTH), start=len(unsaid)):
        said |= any_function(name, number)
    return said


def _logged(chains: Iterable[Chain], symbols: Symbols) -> set[str]:
    """Return the names of functions of whose values a logarithm is taken."""
    chains = [chain for chain in chains if defines(chain)]
    names = {
        symbols.resolve(chain.members[0]).key: _name(chain.members[1].function)
        for chain in chains
        if isinstance(chain.members[1], Apply)
    }
    calls = [node for chain in chains for node in everything_in(chain) if isinstance(node, Apply)]
    nodes = [
        node for call in calls if function_name(call.function) in LOGARITHMS for node in nodes_of(call.arguments[0])
    ]
    applied = {_name(node.function) for node in nodes if isinstance(node, Apply)}
    return applied | {names.get(symbols.resolve(node).key, "") for node in nodes if is_symbol(node)}


def _name(node: Node) -> str:
    """Return the letter by which a function is called, with the label of its layer: g_2."""
    of, label, primes = called(node)
    if not isinstance(of, Name) or of.text not in LETTERS or primes:
        return ""
    return f"{of.text}_{label}" if label else of.text


def _named(chains: Iterable[Chain]) -> Iterator[tuple[str, fn.Function]]:
    """Yield what g = tanh says."""
    for chain in chains:
        match chain:
            case Chain((left, Name(word)), ("=" | ":=" | "≡",)) if name := _name(left):
                function = _known(word)
                if function is not None:
                    yield name, function


def _known(name: str) -> fn.Function | None:
    return activation_named(name) or ALONG_CLASSES.get(name.casefold())


def _in_words_after(stated: Iterable[tuple[Block | Prose, Chain]]) -> Iterator[tuple[str, fn.Function]]:
    """Yield what the words say right after a letter: g is the ReLU, and f is …."""
    for piece, chain in stated:
        if isinstance(piece, Prose) and len(chain.members) == 1 and (name := _spoken_of(chain.members[0])):
            after = piece.text[chain.end :]
            ends = SENTENCE_ENDS.search(after)
            function = _first_in(after[: ends.start()] if ends else after)
            if function is not None:
                yield name, function


def _spoken_of(node: Node) -> str:
    """Return the f of f, f(z) and f(·)."""
    match node:
        case Apply(function, (of,)) if isinstance(of, Dots) or is_symbol(of):
            return _name(function)
    return _name(node)


def _defined(chains: Iterable[Chain], symbols: Symbols) -> Iterator[tuple[str, fn.Function]]:
    """Yield what g(z) = … says, also within a definition, h = g(u) = …, where that is a function that is known."""
    for chain in chains:
        if (is_function_definition(chain) or defines(chain)) and set(chain.signs) <= set(EQUATIONS):
            for place, member in enumerate(chain.members):
                name = _name(member.function) if isinstance(member, Apply) and len(member.arguments) == 1 else ""
                bodies = chain.members[place + 1 :] if name else ()
                found = (_recognized(member.arguments[0], body, symbols) for body in bodies)  # type: ignore[attr-defined]
                yield from ((name, function) for function in found if function is not None)


def _recognized(of: Node, body: Node, symbols: Symbols) -> fn.Function | None:
    """Return the known function of one number that a formula is."""
    number = Name("·")
    key = symbols.resolve(number).key
    body = mapped(body, lambda node: number if node == of else node)
    z = Symbol(key.name)
    shapes = Shapes(symbols, "columns", {key}, of={key: SCALAR})
    values = np.linspace(-3, 3, 14)
    points = Points({}, {z.name: values.reshape(-1, 1, 1)})
    meaning = Meaning(shapes, {key: z}, lambda of: of, writes_transposes=True)
    try:
        expression = meaning.strict(body)
    except NotUnderstood:
        return None
    found = evaluate(expression, points).ravel()
    plain = [function for function in SLOPES if function not in (fn.LEAKY_RELU, fn.ELU)]
    return next((known for known in plain if np.allclose(known.value(values), found, rtol=1e-12, atol=1e-12)), None)


def _first_in(words: str) -> fn.Function | None:
    """Return the activation that is named first."""
    found = ((re.search(known, words, re.IGNORECASE), name) for name, known in WORDS.items())
    _, name = min(((match.start(), name) for match, name in found if match), default=(0, ""))
    return _known(name)


def _only_one_in(words: str) -> fn.Function | None:
    """Return the only activation that is named."""
    plain = {name: known for name, known in WORDS.items() if name not in ALONG_CLASSES}
    named = [name for name, known in plain.items() if re.search(known, words, re.IGNORECASE)]
    return activation_named(named[0]) if len(named) == 1 else None
