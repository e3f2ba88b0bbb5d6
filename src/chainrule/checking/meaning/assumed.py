"""The network of the table in a document's own letters, for a document that gives gradients and defines nothing."""

import re
from collections.abc import Mapping, Sequence

from chainrule.algebra.latex import latex
from chainrule.algebra.typeset import chain
from chainrule.checking.meaning.calls import function_name
from chainrule.checking.meaning.definitions import everything_in, is_gradient, stated_in
from chainrule.checking.meaning.stated import Stated
from chainrule.checking.meaning.symbols import Key, Symbols, is_symbol
from chainrule.checking.parsing.statements import chains_of
from chainrule.checking.parsing.syntax import Apply, BigSum, Block, Chain, Document, Name, Node, Prose, Relation
from chainrule.checking.preparing.prepared import prepared
from chainrule.derivation.equations import equations
from chainrule.derivation.names import notation_of
from chainrule.derivation.setting import Activation, Setting

__all__ = ["assumed_network", "likely"]

# By the table's names, the letters that authors use, the likeliest first.
LETTERS: Mapping[str, Sequence[str]] = {
    "W": ("W", "w", "Θ", "θ"),
    "b": ("b", "c", "β"),
    "z": ("z", "Z", "s", "S", "u"),
    "a": ("a", "A", "h", "H"),
    "X": ("X", "x"),
    "Y": ("Y", "y", "T", "t"),
    "L": ("L", "J", "E", "C", "ℒ"),
}
PROBABILITIES = ((Key("y", "hat"), r"\hat{y}"), (Key("Y", "hat"), r"\hat{Y}"), (Key("p"), "p"), (Key("P"), "P"))
# How a document tells which activation it has, in words or in formulas.
NAMED: Mapping[Activation, re.Pattern[str]] = {
    "relu": re.compile("relu|rectifi|线性整流|線性整流", re.IGNORECASE),
    "tanh": re.compile("tanh|hyperbolic|双曲正切|雙曲正切", re.IGNORECASE),
    "logistic": re.compile("sigmoid|logistic", re.IGNORECASE),
}
# That it is of several samples: in words, in the letters of what they are stacked in, in sums over them.
SAMPLES = re.compile(
    r"\b(?:samples|examples|(?:mini-?)?batch\w*|data ?points)\b|(?<![一单單][个個])[样樣]本|批", re.IGNORECASE
)
STACKED = {"X", "Y"}
OVER_SAMPLES = {"i", "n"}


def likely(document: Document, settings: Sequence[Setting]) -> Sequence[Setting]:
    """Return the networks of which a document can speak, or all where it can speak of none.

    One that speaks of samples is of a batch: a mean that is left out is no convention there. One that names activations
    has one of these.
    """
    words = " ".join(piece.text if isinstance(piece, Prose) else piece.source for piece in document.pieces)
    named = [activation for activation, pattern in NAMED.items() if pattern.search(words)]
    found = [setting for setting in settings if setting.activation in named] or settings
    if _speaks_of_samples(document):
        return [setting for setting in found if setting.batch] or found
    return found


def _speaks_of_samples(document: Document) -> bool:
    if any(SAMPLES.search(piece.text) for piece in document.pieces if isinstance(piece, Prose)):
        return True
    stated = Stated.of(document, ())
    nodes = (node for chain in stated.chains for node in everything_in(chain))
    has_stacks = any(key.text in STACKED for key in _keys(document))
    return has_stacks or bool(stated.counting) or any(map(_is_over_samples, nodes))


def _is_over_samples(node: Node) -> bool:
    match node:
        case BigSum(below=(Name(letter) | Relation((Name(letter), *_)), *_)):
            return letter in OVER_SAMPLES
        case Apply(function):
            return function_name(function) in ("sum", "mean")
    return False


def assumed_network(document: Document, setting: Setting) -> tuple[Chain, ...]:
    """Return the equations of a network, in the letters that a document uses for it.

    Parameters
    ----------
    document : Document
        With its functions told from products.
    setting : Setting
        The network.

    Returns
    -------
    tuple of Chain
        What `systems_of` takes as assumed.
    """
    keys = _keys(document)
    texts = {key.text for key in keys}
    letters = {name: next((each for each in known if each in texts), known[0]) for name, known in LETTERS.items()}
    names = {name: letters[name] for name in ("X", "Y", "L")} | {"y_hat": _probabilities(keys, letters, setting)}
    for l in setting.layers:
        names |= {f"{name}{l}": f"{letters[name]}_{{{l}}}" for name in "Wbz"}
        names |= {f"a{l}": f"{letters['a']}_{{{l}}}"} if l < setting.depth else {}
    notation = notation_of(setting, names=names)
    sources = [latex(chain(step.left, step.chain[:1], notation)) for step in equations(setting)]
    blocks = (Block(number, number, source, chains_of(source)) for number, source in enumerate(sources, start=1))
    return tuple(each for block in prepared(Document(tuple(blocks))).blocks for each in block.chains)


def _keys(document: Document) -> set[Key]:
    """Return the symbols that a document names, gradients by what they are by."""
    symbols = Symbols()
    found = set()
    for _, stated in stated_in(document):
        for node in everything_in(stated):
            if is_symbol(node):
                key = symbols.resolve(node).key
                found.add(Key(key.text[1:], key.accent) if is_gradient(key) and key.text != "δ" else key)
    return found


def _probabilities(keys: set[Key], letters: Mapping[str, str], setting: Setting) -> str:
    """Return how the probabilities are written: ŷ, p, or a with the last layer's number."""
    bare = {Key(key.text, key.accent) for key in keys}
    last = f"{letters['a']}_{{{setting.depth}}}"
    return next((written for key, written in PROBABILITIES if key in bare), last)
