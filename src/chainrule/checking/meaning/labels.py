"""Where symbols have their layer: the 1, l or l − 1 below W, above it, or in brackets above it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, NamedTuple

from chainrule.checking.meaning.ranges import ranges_of
from chainrule.checking.meaning.symbols import Key, is_transpose, spelled
from chainrule.checking.parsing.syntax import BigSum, Group, Name, Negation, Node, Numeral, Script, Scripted, Sum

__all__ = [
    "DEEPEST",
    "LASTS",
    "Label",
    "base_of",
    "label_beside",
    "labels_of",
    "layer_of",
    "letter_of",
    "meant_layers",
    "with_layers",
]

BRACKETS = ("()", "[]")
DEEPEST = 10
LASTS = ("L", "n_l", "n_ℓ")  # what the last layer is called


class Label(NamedTuple):
    """What stands where a symbol can have its layer: the symbol's letter; 1, l or l − 1; and ``_``, ``^`` or ``[]``."""

    base: Key
    item: Node
    place: str

    @property
    def letter(self) -> str:
        """The l of l − 1."""
        return letter_of(self.item)


def letter_of(item: Node) -> str:
    """Return the l of l − 1; n_l, the number of layers, is a letter too."""
    first = item.terms[0] if isinstance(item, Sum) else item
    if isinstance(first, Scripted):
        return name if (name := spelled(first)) in LASTS else ""
    return first.text if isinstance(first, Name) else ""


def labels_of(node: Node, bound: frozenset[str] = frozenset()) -> Iterator[Label]:
    """Yield the labels of all symbols in a formula, but for the letters that sums bind."""
    if isinstance(node, Scripted):
        yield from (label for label in _own_labels(node) if label.letter not in bound)
    if isinstance(node, BigSum):
        inner = bound | {each.letter for each in ranges_of(node)}
        for child in (node.body, *node.below):
            yield from labels_of(child, inner)
        yield from labels_of(node.above, bound) if node.above is not None else ()
        return
    for child in node.children:
        yield from labels_of(child, bound)


def _own_labels(node: Scripted) -> Iterator[Label]:
    """Yield the labels that a symbol has at the outermost of its scripts: below it only where none is in brackets."""
    scripts = [node]
    while isinstance(scripts[-1].base, Scripted):
        scripts.append(scripts[-1].base)
    if not isinstance(scripts[-1].base, Name):
        return
    base = base_of(node)
    is_first = all(each.sub is None for each in scripts[1:])
    if node.sub is not None and is_first and not any(_is_bracketed(item) for each in scripts for item in _above(each)):
        yield from (Label(base, item, "_") for item in node.sub.items[:1])
    for item in _above(node):
        if _is_bracketed(item):
            yield from (Label(base, each, "[]") for each in item.items)  # type: ignore[attr-defined]
        elif not is_transpose(item):
            yield Label(base, item, "^")


def _is_bracketed(item: Node) -> bool:
    return isinstance(item, Script | Group) and item.brackets in BRACKETS


def _above(node: Scripted) -> Sequence[Node]:
    """Return what stands above a symbol: brackets as a whole, everything else one by one."""
    if node.sup is None:
        return ()
    return (node.sup,) if node.sup.brackets in BRACKETS else node.sup.items


def layer_of(item: Node, values: Mapping[str, int]) -> int | None:
    """Return the number of a layer such as l − 1."""
    match item:
        case Name(text, ""):
            return values.get(text)
        case Scripted():
            return values.get(letter_of(item))
        case Numeral(text) if text.isdecimal() and len(text) <= len(str(DEEPEST)):
            return int(text)
        case Negation(of):
            value = layer_of(of, values)
            return None if value is None else -value
        case Sum(terms):
            parts = [layer_of(term, values) for term in terms]
            return None if None in parts else sum(part for part in parts if part is not None)
    return None


def base_of(symbol: Node) -> Key:
    """Return a symbol without its scripts."""
    while isinstance(symbol, Scripted):
        symbol = symbol.base
    return Key(symbol.text, symbol.accent) if isinstance(symbol, Name) else Key("")


def with_layers(value: Any, values: Mapping[str, int]) -> Any:
    """Return nodes in which the layers' letters among the scripts are numbers, but for those that a sum binds."""
    if isinstance(value, tuple):
        return tuple(with_layers(item, values) for item in value)
    if not isinstance(value, Node):
        return value
    if isinstance(value, BigSum):
        counted = {each.letter for each in ranges_of(value)}
        inner = {letter: number for letter, number in values.items() if letter not in counted}
        above = with_layers(value.above, values)
        return replace(value, body=with_layers(value.body, inner), below=with_layers(value.below, inner), above=above)
    if isinstance(value, Scripted):
        value = replace(value, sub=_numbered_script(value.sub, values), sup=_numbered_script(value.sup, values))
    return replace(value, **{field.name: with_layers(getattr(value, field.name), values) for field in fields(value)})


def _numbered_script(script: Script | None, values: Mapping[str, int]) -> Script | None:
    if script is None:
        return None

    def numbered(item: Node) -> Node:
        if isinstance(item, Group):
            return replace(item, items=tuple(map(numbered, item.items)))
        number = None if isinstance(item, Numeral) else layer_of(item, values)
        return item if number is None else Numeral(str(number), start=item.start, end=item.end)

    return replace(script, items=tuple(map(numbered, script.items)))


def meant_layers(general: Node, instance: Node) -> Iterator[tuple[str, int]]:
    """Yield the letters of layers in a formula, and the numbers that stand for them in one of its instances."""
    if isinstance(instance, Numeral) and (letter := letter_of(general)):
        offset = layer_of(general, {letter: 0})
        yield letter, int(instance.text) - (offset or 0)
    elif general is not instance and type(general) is type(instance):
        for part, of_instance in zip(general.children, instance.children, strict=False):
            yield from meant_layers(part, of_instance)


def label_beside(number: int, letter: str, layer: int) -> Node:
    """Return how a layer is written beside another one: l, l + 1."""
    apart = number - layer
    step = Numeral(str(abs(apart)))
    name, _, below = letter.partition("_")
    named = Scripted(Name(name), Script((Name(below),))) if below else Name(name)
    return Sum((named, step if apart > 0 else Negation(step))) if apart else named
