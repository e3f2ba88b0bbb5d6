"""Which of a document's equations define, and in which order."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from chainrule.checking.meaning.applications import called
from chainrule.checking.meaning.calls import UNDEFINED, activation_named, function_name
from chainrule.checking.meaning.points import INPUTS
from chainrule.checking.meaning.symbols import Key, Symbols, defines, is_symbol, is_transpose, letter_of, nodes_of
from chainrule.checking.parsing.signs import TARGETS
from chainrule.checking.parsing.syntax import (
    Apply,
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
    Scripted,
    Unread,
    chains_in,
)

__all__ = [
    "EQUATIONS",
    "LOOSELY",
    "SCORES",
    "declarations_of",
    "declared_by",
    "definitions_of",
    "everything_in",
    "has_shorthand",
    "in_order",
    "is_function_definition",
    "is_gradient",
    "is_membership",
    "is_update",
    "links_in",
    "members_of",
    "restatements_of",
    "stated_in",
    "used_in",
    "writes_transposes",
]

# What stands in a step: what says that two sides are equal, or nearly, or in proportion.
EQUATIONS = ("=", "≡", ":=", "←")
LOOSELY = ("≈", "∝")
WORDS = re.compile("data|delta|denom|depth|diff|dim|dist|drop")  # that begin as gradients do
SCORES = ("z", "Z", "s", "h", "H", "a", "A")  # by which a δ without a definition is a gradient, the likeliest first


def stated_in(document: Document) -> list[tuple[Block | Prose, Chain]]:
    """Return what a document states, but for what its words say of an index or of an entry: k = i, y_t = 1."""
    return [
        (piece, chain)
        for piece in document.pieces
        for chain in chains_in(piece)
        if not (isinstance(piece, Prose) and chain.signs[:1] == ("=",) and _is_choice(chain.members[1]))
    ]


def _is_choice(right: Node) -> bool:
    if letter_of(right) in INPUTS:  # a^{(1)} = x
        return False
    is_value = isinstance(right, Numeral | Name) or letter_of(right) in TARGETS
    return is_value or (isinstance(right, Group) and len(right.items) > 1)


def definitions_of(chains: Sequence[Chain], symbols: Symbols) -> dict[Key, Chain]:
    """Return the chain that defines each symbol: the first with it on the left and not on the right."""
    found: dict[Key, Chain] = {}
    for chain in chains:
        if defines(chain) and not is_update(chain, symbols) and not is_function_definition(chain):
            reference = symbols.resolve(chain.members[0])
            whole = not reference.is_transposed and reference.power is None
            if whole and _may_be_defined(reference.key, chain, symbols) and not _is_constant_entry(chain, symbols):
                found.setdefault(reference.key, chain)
    return found


def restatements_of(chains: Sequence[Chain], definitions: Mapping[Key, Chain], symbols: Symbols) -> list[Chain]:
    """Return the chains that define once more, in the other letter: Z = w^T X + b after z^(i) = w^T x^(i) + b."""
    found: dict[tuple[Key, str], Chain] = {}
    for chain in filter(defines, chains):
        key, letter = symbols.resolve(chain.members[0]).key, letter_of(chain.members[0])
        if key in definitions and letter != letter_of(definitions[key].members[0]):
            found.setdefault((key, letter), chain)
    return list(found.values())


def _may_be_defined(key: Key, chain: Chain, symbols: Symbols) -> bool:
    """Return whether an equation defines: dW is a gradient without it, and so is a δ beside a z of the same layer."""
    match chain.members[1]:
        case Fraction(Partial(), Partial()):
            return True
    if key.text == "δ":
        label = symbols.layer_of(key)
        scores = {other.label for other in symbols.keys if other.text in "zZ"}
        return not (label in scores or (label.isdecimal() and any(map(str.isdecimal, scores))))
    return not is_gradient(key)


def _is_constant_entry(chain: Chain, symbols: Symbols) -> bool:
    """Return whether an entry is said to be a number: y_t = 1 is a condition."""
    return not symbols.resolve(chain.members[0]).is_whole and isinstance(chain.members[1], Numeral)


def is_gradient(key: Key) -> bool:
    """Return whether a symbol is a gradient by its name: δ, or the dW2 of code; data_loss is none."""
    return key.text == "δ" or (key.text.startswith("d") and len(key.text) > 1 and not WORDS.match(key.text))


def is_update(chain: Chain, symbols: Symbols) -> bool:
    """Return whether a chain gives its left side a new value: W = W − η dW."""
    if len(chain.members) < 2:
        return False
    if isinstance(chain.members[0], Partial | Fraction):
        is_equation = isinstance(chain.members[0], Fraction) and chain.signs[0] == "="
        return not is_equation and _has_gradient(chain.members[1], chain.members[0])
    return is_symbol(chain.members[0]) and symbols.resolve(chain.members[0]).key in used_in(chain.members[1], symbols)


def _has_gradient(node: Node, gradient: Node) -> bool:
    """Return whether a gradient is in a formula; the dZ of ∂L/∂Z is none."""
    if node == gradient or (isinstance(node, Fraction) and isinstance(node.denominator, Partial)):
        return node == gradient
    return any(_has_gradient(child, gradient) for child in node.children)


def is_function_definition(chain: Chain) -> bool:
    """Return whether a chain says what a function is: σ(z) = …, softmax(z)_k = …, g^{[1]} = tanh.

    Everybody knows log and exp, and an equation that begins with one is a claim.
    """
    if len(chain.members) < 2 or chain.signs[0] not in EQUATIONS:
        return False
    left, right = chain.members[:2]
    if isinstance(right, Name) and activation_named(right.text):
        return is_symbol(left)
    while isinstance(left, Scripted) and not left.primes:
        left = left.base
    if not isinstance(left, Apply) or len(left.arguments) != 1 or not is_symbol(left.arguments[0]):
        return False
    function, _, primes = called(left.function)
    return isinstance(function, Name) and not primes and function_name(function) not in UNDEFINED


def has_shorthand(node: Node, symbols: Symbols) -> bool:
    """Return whether a gradient is written as dZ or δ somewhere in a formula."""
    match node:
        case Fraction(Partial(of), Partial()):
            return of is not None and has_shorthand(of, symbols)
        case Partial(of, None):
            return of is not None
    if is_symbol(node):
        reference = symbols.resolve(node)
        is_kronecker = reference.key == Key("δ") and len(reference.indices) > 1
        return is_gradient(reference.key) and not is_kronecker
    return any(has_shorthand(child, symbols) for child in node.children)


def used_in(node: Node, symbols: Symbols) -> list[Key]:
    """Return the symbols of a formula."""
    return [symbols.resolve(each).key for each in nodes_of(node) if is_symbol(each)]


def in_order(definitions: dict[Key, Chain], symbols: Symbols) -> dict[Key, Chain]:
    """Return the definitions so that each comes after those that it uses; of those that go in a circle, none."""
    below = {
        key: [used for used in used_in(chain.members[1], symbols) if used in definitions]
        for key, chain in definitions.items()
    }
    ordered: dict[Key, Chain] = {}
    begun: set[Key] = set()
    waiting = list(reversed(definitions))
    while waiting:
        key = waiting[-1]
        if key not in begun:
            begun.add(key)
            waiting += [used for used in reversed(below[key]) if used not in begun]
        elif waiting.pop() not in ordered and all(used in ordered for used in below[key]):
            ordered[key] = definitions[key]
    return ordered


def everything_in(chain: Chain) -> Iterator[Node]:
    """Yield every node of a chain."""
    for member in (*chain.members, *chain.beside):
        yield from nodes_of(member)


def writes_transposes(chains: Iterable[Chain]) -> bool:
    """Return whether there is a transpose anywhere, or a product of code, which adds none."""
    nodes = (node for chain in chains for node in everything_in(chain))
    return any(_is_transposed(node) or (isinstance(node, Product) and "@" in node.operators) for node in nodes)


def _is_transposed(node: Node) -> bool:
    while isinstance(node, Scripted):
        if node.sup is not None and any(is_transpose(item) for item in node.sup.items):
            return True
        node = node.base
    return isinstance(node, Apply) and function_name(node.function) == "transpose"


def declarations_of(stated: Sequence[tuple[Block | Prose, Chain]], symbols: Symbols) -> list[Chain]:
    """Return the statements X ∈ R^{m × n}; displayed ones of symbols that were used before are claims."""
    used: set[Key] = set()
    found = []
    for piece, chain in stated:
        if is_membership(chain):
            keys = {symbols.resolve(node).key for node in members_of(chain)}
            if isinstance(piece, Prose) or (keys and not keys & used):
                found.append(chain)
        else:
            used |= {key for member in chain.members for key in used_in(member, symbols)}
    return found


def declared_by(definition: Chain) -> Iterator[Chain]:
    """Yield what a definition goes on to say of its symbol's shape: z = W x + b ∈ R^n."""
    for sign, member in zip(definition.signs, definition.members[1:], strict=True):
        if sign == "∈":
            yield Chain((definition.members[0], member), ("∈",))


def is_membership(chain: Chain) -> bool:
    """Return whether a chain says what set its first member is of."""
    return chain.signs[:1] == ("∈",)


def links_in(chain: Chain) -> int:
    """Return how many steps a chain has, one that defines among them; a condition or an arrow alone is none.

    Whatever is said of a derivative is a step.
    """
    if any(sign in (*EQUATIONS, *LOOSELY, "∈") for sign in chain.signs):
        return len(chain.signs)
    if any(isinstance(node, Partial) for node in everything_in(chain)):
        return len(chain.signs)
    return int(isinstance(chain.members[0], Unread))


def members_of(chain: Chain) -> list[Node]:
    """Return the symbols of which a chain says what set they are of."""
    first = chain.members[0]
    return [node for node in (first.items if isinstance(first, Group) else (first,)) if is_symbol(node)]
