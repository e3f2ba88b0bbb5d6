"""Which symbols a document has, and which of a symbol's scripts are its name, its indices, a transpose, a power."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from chainrule.checking.syntax import (
    BigSum,
    Chain,
    Group,
    Name,
    Node,
    Numeral,
    Script,
    Scripted,
    Text,
)

__all__ = ["Key", "Reference", "Symbols", "children_of", "defines", "nodes_of", "symbols_of"]

TRANSPOSE = "⊤"


@dataclass(frozen=True)
class Key:
    """What tells two symbols apart: letter, accent, primes, and the label among the scripts.

    ``W^{[1]}``, ``W^{(1)}``, ``W_1`` and ``W1`` have the same label.
    """

    text: str
    accent: str = ""
    primes: int = 0
    label: str = ""

    @property
    def name(self) -> str:
        """A name for the algebra, which no other key has."""
        return f"{self.text}{self.accent and '_' + self.accent}{chr(39) * self.primes}{self.label and '_' + self.label}"


@dataclass(frozen=True)
class Reference:
    """A symbol as it is used in one place.

    Attributes
    ----------
    key : Key
        Which.
    indices : tuple of Node
        What is left of the scripts; Dots for a whole axis.
    is_transposed : bool
        Whether ⊤ stands there.
    power : Node, optional
        An exponent.
    """

    key: Key
    indices: tuple[Node, ...] = ()
    is_transposed: bool = False
    power: Node | None = None


def children_of(node: Node) -> Iterator[Node]:
    """Yield the nodes that a node is made of."""
    for field in fields(node):
        yield from _nodes_in(getattr(node, field.name))


def _nodes_in(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)


def nodes_of(node: Node) -> Iterator[Node]:
    """Yield a node and everything in it, a symbol's base and scripts left to the symbol."""
    yield node
    if is_symbol(node):
        return
    for child in children_of(node):
        yield from nodes_of(child)


def is_symbol(node: Node) -> bool:
    """Return whether a node is a name with or without scripts."""
    while isinstance(node, Scripted):
        node = node.base
    return isinstance(node, Name)


@dataclass(frozen=True)
class _Parts:
    """A name's scripts, however they were nested."""

    name: Name
    primes: int
    subs: tuple[Node, ...]
    bracketed: str
    sups: tuple[Node, ...]


def _parts(node: Node) -> _Parts:
    primes, bracketed = 0, ""
    subs: tuple[Node, ...] = ()
    sups: tuple[Node, ...] = ()
    while isinstance(node, Scripted):
        primes += node.primes
        subs = (*_items(node.sub), *subs)
        for item in _items(node.sup):
            label = _bracketed(item)
            if label and not bracketed:
                bracketed = label
            else:
                sups = (*sups, item)
        if node.sup is not None and node.sup.brackets and not bracketed:
            bracketed = _label(node.sup.items)
            sups = tuple(item for item in sups if item not in node.sup.items)
        node = node.base
    assert isinstance(node, Name)
    return _Parts(node, primes, subs, bracketed, sups)


def _items(script: Script | None) -> tuple[Node, ...]:
    return script.items if script is not None else ()


def _bracketed(node: Node) -> str:
    """Return the 1 of [1] or (1)."""
    return _label(node.items) if isinstance(node, Group) and node.brackets in ("[]", "()") else ""


def _label(items: tuple[Node, ...]) -> str:
    match items:
        case (Numeral(text),):
            return text
        case (Name(("l" | "L") as text),):
            return text
        case _:
            return ""


def defines(chain: Chain) -> bool:
    """Return whether a chain could define its first member: a symbol on the left of an equals sign."""
    return len(chain.members) > 1 and chain.signs[0] in ("=", ":=", "≡") and is_symbol(chain.members[0])


def _letters(node: Node) -> set[str]:
    """Return the single letters among a symbol's subscripts."""
    return {item.text for item in _parts(node).subs if isinstance(item, Name)}


def _bound(node: Node) -> set[str]:
    """Return the letters that sums bind."""
    found: set[str] = set()
    for each in nodes_of(node):
        if isinstance(each, BigSum):
            for below in each.below:
                found |= {name.text for name in nodes_of(below) if isinstance(name, Name)}
    return found


class Symbols:
    """The symbols of a document, by their keys."""

    def __init__(self, keys: Iterable[Key] = ()) -> None:
        self.keys = set(keys)

    def resolve(self, node: Node) -> Reference:
        """Return what a symbol's scripts mean: the longest known name, the rest its indices."""
        parts = _parts(node)
        label, indices, sups = parts.bracketed, parts.subs, parts.sups

        def known(label: str) -> bool:
            return Key(parts.name.text, parts.name.accent, parts.primes, label) in self.keys

        if not label and indices and (text := _text_of(indices[0])) and known(text):
            label, indices = text, indices[1:]
        if not label and sups and (text := _text_of(sups[0])) and known(text):
            label, sups = text, sups[1:]
        is_transposed = any(isinstance(item, Name) and item.text == TRANSPOSE for item in sups)
        powers = [item for item in sups if not (isinstance(item, Name) and item.text == TRANSPOSE)]
        key = Key(parts.name.text, parts.name.accent, parts.primes, label)
        return Reference(key, indices, is_transposed, powers[0] if powers else None)


def _text_of(node: Node) -> str:
    """Return what could be a label: a number, a letter, a word."""
    return node.text if isinstance(node, Numeral | Name | Text) else ""


def symbols_of(chains: Iterable[Chain]) -> Symbols:
    """Return the symbols that a document's equations define and use.

    A letter below is an index where the left side has it or a sum binds it, a label elsewhere. A number below is a
    label, unless the symbol is there without one too and no equation defines it with one.
    """
    definitions = [chain for chain in chains if defines(chain)]
    keys: set[Key] = set()
    left = [chain.members[0] for chain in definitions]
    used = [
        node for chain in definitions for member in chain.members[1:] for node in nodes_of(member) if is_symbol(node)
    ]
    bare = {_base(node) for node in (*left, *used) if not _numbered(node)}
    raised = {_parts(node).name.text for node in left if _text_of_first(_parts(node).sups).isdecimal()}
    for chain in definitions:
        free = _letters(chain.members[0])
        bound = set().union(*(_bound(member) for member in chain.members))
        body = {
            letter
            for member in chain.members[1:]
            for node in nodes_of(member)
            if is_symbol(node)
            for letter in _letters(node)
        }
        for place, member in enumerate(chain.members):
            for node in nodes_of(member):
                if is_symbol(node):
                    indices = bound | (free & body)
                    keys.add(_key(node, indices, is_left=place == 0, bare=bare, raised=raised))
    return Symbols(keys)


def _base(node: Node) -> Key:
    parts = _parts(node)
    return Key(parts.name.text, parts.name.accent, parts.primes)


def _numbered(node: Node) -> bool:
    parts = _parts(node)
    return bool(parts.bracketed) or _text_of_first(parts.subs).isdecimal()


def _text_of_first(items: tuple[Node, ...]) -> str:
    return _text_of(items[0]) if items else ""


def _key(node: Node, indices: set[str], *, is_left: bool, bare: set[Key], raised: set[str]) -> Key:
    parts = _parts(node)
    base = _base(node)
    label = parts.bracketed
    first = _text_of_first(parts.subs)
    if (not label and first.isdecimal() and (is_left or base not in bare)) or (
        not label and first and not first.isdecimal() and first not in indices
    ):
        label = first
    if not label and parts.name.text in raised and _text_of_first(parts.sups).isdecimal():
        label = _text_of_first(parts.sups)
    return Key(base.text, base.accent, base.primes, label)
