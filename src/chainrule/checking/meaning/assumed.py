"""The network of the table in a document's own letters, for a document that gives gradients and defines nothing."""

from collections.abc import Mapping, Sequence

from chainrule.algebra.latex import latex
from chainrule.algebra.typeset import chain
from chainrule.checking.meaning.definitions import everything_in, is_gradient, stated_in
from chainrule.checking.meaning.prepared import prepared
from chainrule.checking.meaning.symbols import Key, Symbols, is_symbol
from chainrule.checking.parsing.statements import chains_of
from chainrule.checking.parsing.syntax import Block, Chain, Document
from chainrule.derivation.equations import equations
from chainrule.derivation.names import notation_of
from chainrule.derivation.setting import Setting

__all__ = ["assumed_network"]

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
