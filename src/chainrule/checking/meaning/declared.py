"""The shapes of a document's symbols: declared, or what their definitions make them."""

from collections.abc import Collection, Sequence
from contextlib import suppress

from chainrule.algebra.expressions import Dimension
from chainrule.checking.meaning import definitions as df
from chainrule.checking.meaning.calls import function_name
from chainrule.checking.meaning.inference import infer, keywords_of, learn_letters
from chainrule.checking.meaning.points import INPUTS
from chainrule.checking.meaning.shapes import SAMPLES, SCALAR, Awaited, Conflict, Pair, Shapes, Unknown
from chainrule.checking.meaning.symbols import (
    WEIGHTS,
    Key,
    Reference,
    Symbols,
    indices_below,
    is_symbol,
    nodes_of,
    spelled,
)
from chainrule.checking.parsing.syntax import Apply, Chain, Name, Node, Numeral, Product, Script, Scripted

__all__ = ["declare", "declared", "infer_definition", "one_hot_twins"]


def declare(declarations: Sequence[Chain], shapes: Shapes) -> None:
    """Take in the shapes that are declared, and the lengths of vectors."""
    for chain in declarations:
        sizes = _sizes(chain.members[1], shapes)
        for reference in map(shapes.symbols.resolve, df.members_of(chain) if sizes is not None else ()):
            match sizes:
                case (length,) if reference.is_whole:
                    shapes.lengths.setdefault(reference.key, length)
                case (rows, columns) if reference.is_whole:
                    shapes.of.setdefault(reference.key, (rows, columns))


def declared(node: Node, shapes: Shapes) -> Pair | None:
    """Return the shape that R^{m × n} or {0, 1}^K declares; a vector's where it is one sample."""
    match _sizes(node, shapes):
        case (length,):
            return shapes.sample(1, length)
        case (rows, columns):
            return rows, columns
    return None


def _sizes(node: Node, shapes: Shapes) -> Sequence[Dimension] | None:
    """Return the rows and columns that a set declares, or a vector's length."""
    if isinstance(node, Scripted) and node == Scripted(node.base, sup=Script((Name("+"),))):
        node = node.base
    if isinstance(node, Name):
        return SCALAR if node.text in ("R", "ℝ") else None
    if not isinstance(node, Scripted) or node.sup is None or len(node.sup.items) != 1:
        return None
    item = node.sup.items[0]
    factors = item.factors if isinstance(item, Product) else (item,)
    if not all(is_symbol(factor) or isinstance(factor, Numeral) for factor in factors) or len(factors) > 2:
        return None
    return [shapes.named(factor.text if isinstance(factor, Numeral) else spelled(factor)) for factor in factors]


def infer_definition(
    key: Key, chain: Chain, shapes: Shapes, batches: list[Dimension], computed: Collection[Key]
) -> None:
    """Infer the shapes of a definition; an input that nothing else gives a shape takes the next of the counts."""
    body = chain.members[1]
    reference = shapes.symbols.resolve(chain.members[0])
    shapes.awaits = any(used in computed for used in df.used_in(body, shapes.symbols))
    _learn_free(body, reference.indices, shapes)
    while True:
        try:
            pair = infer(body, shapes)
            break
        except Unknown as error:
            given = _input(body, shapes, targets_first=isinstance(error, Awaited))
            _give(given, body, shapes, batches, computed)
    if not reference.is_whole:
        pair = _of_entries(pair, reference, shapes)
    shapes.settle(key, pair)


def infer_apart(key: Key, chain: Chain, shapes: Shapes) -> None:
    """Give a symbol the shape that an equation makes it which does not go with the others: nothing else is learned."""
    used = df.used_in(chain.members[1], shapes.symbols)
    if key in shapes.of or not all(each in shapes.of for each in used):
        return
    shapes.is_settled = True
    with suppress(Conflict, Unknown):
        shapes.of[key] = infer(chain.members[1], shapes)
    shapes.is_settled = False


def _learn_free(body: Node, indices: Sequence[Node], shapes: Shapes) -> None:
    """Learn how far the letters of a definition's left side run, as far as known symbols say it."""
    shapes.letters = {}
    learn_letters(body, shapes)
    for index in indices:
        if isinstance(index, Name):
            shapes.letters.setdefault(index.text, shapes.fresh())


def _of_entries(pair: Pair, reference: Reference, shapes: Shapes) -> Pair:
    """Return the shape of a symbol of which a definition gives an entry, a sample or a row."""
    letters = [index.text for index in reference.indices if isinstance(index, Name)]
    if len(letters) != len(reference.indices):
        raise Conflict("an entry that is defined has letters for indices")
    if reference.sample is None and not _is_of_each_sample(pair, letters, shapes):
        if shapes.known(pair) != SCALAR:
            raise Conflict("an entry is a number")
        return shapes.entries(letters)
    if letters and reference.sample is not None:
        return shapes.entries(letters, SAMPLES)
    wide = list(pair)
    wide[shapes.sample_axis] = SAMPLES
    return wide[0], wide[1]


def _is_of_each_sample(pair: Pair, letters: Sequence[str], shapes: Shapes) -> bool:
    """Return whether one letter counts samples, and a definition has a vector for each: ŷ_n = softmax(Z_n)."""
    counts = [shapes.find(shapes.letters[letter]) for letter in letters if letter in shapes.letters]
    known = shapes.known(pair)
    return counts == [SAMPLES] and known != SCALAR and known[shapes.sample_axis] == 1


def _input(body: Node, shapes: Shapes, *, targets_first: bool) -> Key:
    """Return the symbol of unknown shape that is the input of a definition, or its target."""
    unknown = []
    calls = (node for node in nodes_of(body) if isinstance(node, Apply))
    options = {id(node) for call in calls for keyword in keywords_of(call) for node in nodes_of(keyword)}
    for node in nodes_of(body):
        if is_symbol(node) and id(node) not in options:
            key = shapes.symbols.resolve(node).key
            if key not in shapes.of and key not in unknown and not function_name(node):
                unknown.append(key)
    targets = [key for key in unknown if targets_first and shapes.is_target(key)]
    measured = [key for key in unknown if key in shapes.lengths and not shapes.is_target(key)]
    named = [key for key in unknown if key.text in INPUTS]
    others = [key for key in unknown if key.text not in WEIGHTS and key.text != "b"]
    if not unknown:
        raise Conflict("nothing here is of unknown shape")
    return (targets or measured or named or others or unknown)[0]


def _give(key: Key, body: Node, shapes: Shapes, batches: list[Dimension], computed: Collection[Key]) -> None:
    """Give a symbol a shape: a target that of what it is compared with, an input a new one."""
    if shapes.is_target(key):
        known = [shapes.of[used] for used in df.used_in(body, shapes.symbols) if used in shapes.of and used in computed]
        if known:
            shapes.settle(key, next((pair for pair in known[::-1] if shapes.known(pair) != SCALAR), SCALAR))
            return
    if key in shapes.lengths:
        shapes.of[key] = shapes.sample(1, shapes.lengths[key])
        return
    if not batches:
        raise Conflict(f"no shape fits {key.name}")
    shapes.of[key] = shapes.sample(batches.pop(0), shapes.fresh())


def one_hot_twins(chains: Sequence[Chain], definitions: Collection[Key], shapes: Shapes) -> dict[Key, Key]:
    """Return the one-hot targets that have two names, the other by the one: the c and the y of y_c = 1, y and Y.

    Of two names one is a class's; a name that only claims have gets the other's shape.
    """
    classes = shapes.symbols.classes
    given = [key for key in shapes.of if key not in definitions and shapes.known(shapes.of[key]) != SCALAR]
    targets = [key for key in given if key.text in shapes.symbols.targets - classes]
    found = targets or [key for key in given if key.text in classes]
    if not classes or not found:
        return {}
    first, twins = found[0], {}
    for key in _targets_in(chains, shapes.symbols):
        if key not in definitions and key != first and classes & {key.text, first.text}:
            shapes.meet(shapes.of.setdefault(key, shapes.of[first]), shapes.of[first])
            twins[key] = first
    return twins


def _targets_in(chains: Sequence[Chain], symbols: Symbols) -> dict[Key, None]:
    """Return the symbols with a target's letter or a class's."""
    nodes = (node for chain in chains for member in chain.members for node in nodes_of(member) if is_symbol(node))
    named = (each for node in nodes for each in (node, *indices_below(node)))
    keys = (symbols.resolve(node).key for node in named)
    return dict.fromkeys(key for key in keys if key.text in symbols.targets | symbols.classes and not key.accent)
