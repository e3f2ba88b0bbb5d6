"""Statements about any layer l: written out for each layer of a network."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from chainrule.checking.parsing.syntax import (
    Chain,
    Group,
    Name,
    Negation,
    Node,
    Numeral,
    Relation,
    Script,
    Scripted,
    Sum,
)

__all__ = ["written_out"]

RELATIONS = {"<": lt, ">": gt, "≤": le, "≥": ge, "=": eq, "≠": ne}
LAYERS = {"l", "ℓ"}
LAST = "L"
DEPTH = 3  # where the document gives no layer a number
DEEPEST = 10


def written_out(chains: tuple[Chain, ...]) -> Mapping[int, tuple[Chain, ...]]:
    """Return each chain's instances, by the chain's identity: itself, or one for each layer that it speaks of.

    The last layer is the highest that has a number in the document, or the third. An instance that speaks of a layer
    which is not there is left out.
    """
    labels = {id(chain): tuple(_labels(chain)) for chain in chains}
    numbers = {number for of_chain in labels.values() for number in _numbers(of_chain)}
    names_last = any(_names_layer(of_chain, LAST) for of_chain in labels.values())
    depth = DEPTH if names_last or not numbers else max(numbers)
    return {id(chain): tuple(_instances(chain, labels[id(chain)], depth)) for chain in chains}


def _labels(node: Node) -> Iterator[Node]:
    """Yield what stands in the bracketed superscripts, and below weights, of everything in a chain."""
    if isinstance(node, Script):
        yield from node.items if node.brackets in ("()", "[]") else ()
        for item in node.items:
            yield from item.items if isinstance(item, Group) else ()
            yield from (item,) if isinstance(item, Sum | Name) else ()
    for child in node.children:
        yield from _labels(child)


def _numbers(labels: Iterable[Node]) -> Iterator[int]:
    numerals = (label.text for label in labels if isinstance(label, Numeral) and label.text.isdecimal())
    yield from (int(text) for text in numerals if len(text) < len(str(DEEPEST)) or text == str(DEEPEST))


def _names_layer(labels: Iterable[Node], *letters: str) -> bool:
    known = dict.fromkeys((*LAYERS, LAST), DEPTH)
    return any(_letter(label) in letters and _value(label, known) is not None for label in labels)


def _letter(label: Node) -> str:
    first = label.terms[0] if isinstance(label, Sum) else label
    return first.text if isinstance(first, Name) else ""


def _instances(chain: Chain, labels: Sequence[Node], depth: int) -> Iterator[Chain]:
    """Yield a chain for each layer, or with the last layer's number."""
    if not _names_layer(labels, *LAYERS):
        yield _with_layers(chain, {LAST: depth}) if _names_layer(labels, LAST) else chain
        return
    said = [each for each in chain.beside if isinstance(each, Relation) and _letter(each.sides[0]) in LAYERS]
    chain = replace(chain, beside=tuple(each for each in chain.beside if each not in said))
    for layer in range(1, depth + 1):
        values = {LAST: depth} | dict.fromkeys(LAYERS, layer)
        used = {_value(label, values) for label in labels} - {None}
        if all(isinstance(number, int) and 0 <= number <= depth for number in used) and _is_meant(said, values):
            yield _with_layers(chain, values)


def _is_meant(relations: list[Relation], values: Mapping[str, int]) -> bool:
    """Return whether a layer is among those that are spoken of: l < L, l = 1, …, L − 1."""
    for relation in relations:
        first, last = relation.sides[0], relation.sides[-1]
        layer, limit = _value(first, values), _value(last, values)
        if isinstance(last, Group):
            begin, end = (_value(item, values) for item in (last.items[0], last.items[-1]))
            if None not in (layer, begin, end) and layer not in range(begin or 0, (end or 0) + 1):
                return False
        elif layer is not None and limit is not None and _letter(first) in LAYERS:
            holds = RELATIONS.get(relation.signs[0])
            if holds is not None and not holds(layer, limit):
                return False
    return True


def _value(label: Node, values: Mapping[str, int]) -> int | None:
    """Return the number of a layer such as l − 1."""
    match label:
        case Name(text, ""):
            return values.get(text)
        case Numeral(text) if text.isdecimal():
            return int(text)
        case Negation(of):
            value = _value(of, values)
            return None if value is None else -value
        case Sum(terms):
            parts = [_value(term, values) for term in terms]
            return None if None in parts else sum(part for part in parts if part is not None)
    return None


def _with_layers(value: Any, values: Mapping[str, int]) -> Any:
    """Return nodes in which the layers' letters among the scripts are numbers."""
    if isinstance(value, tuple):
        return tuple(_with_layers(item, values) for item in value)
    if not isinstance(value, Node):
        return value
    changes = {field.name: _with_layers(getattr(value, field.name), values) for field in fields(value)}
    if isinstance(value, Scripted):
        changes |= {"sub": _numbered(changes["sub"], values), "sup": _numbered(changes["sup"], values)}
    return replace(value, **changes)


def _numbered(script: Script | None, values: Mapping[str, int]) -> Script | None:
    if script is None:
        return None

    def numbered(item: Node) -> Node:
        if isinstance(item, Group):
            return replace(item, items=tuple(map(numbered, item.items)))
        number = None if isinstance(item, Numeral) else _value(item, values)
        return item if number is None else Numeral(str(number), start=item.start, end=item.end)

    return replace(script, items=tuple(map(numbered, script.items)))
