"""Cutting and joining formulas: the places in one, another in such a place, products with a factor more or less."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any

from chainrule.checking.meaning.symbols import is_symbol
from chainrule.checking.parsing.syntax import (
    ELEMENTWISE,
    Apply,
    BigSum,
    Fraction,
    Group,
    Name,
    Negation,
    Node,
    Numeral,
    Operator,
    Partial,
    Product,
    Relation,
    Script,
    Scripted,
    Sum,
)

__all__ = [
    "ONE",
    "TRANSPOSE",
    "TWO",
    "bare",
    "flipped",
    "grouped",
    "mapped",
    "places",
    "raised",
    "rewritten",
    "tidied",
    "times",
    "without_above",
    "without_below",
]

TRANSPOSE = Script((Name("⊤"),))
ONE, TWO = Numeral("1"), Numeral("2")
Put = Callable[[Node], Node]


def places(node: Node) -> Iterator[tuple[Node, Put]]:
    """Yield the formulas that a formula is made of, and what puts another one in the place of each."""
    if is_symbol(node) or _is_keyword(node):
        return
    for field in fields(node):
        if field.name not in ("function", "below", "above"):
            yield from _places_in(getattr(node, field.name), partial(_with_field, node, field.name))


def _is_keyword(node: Node) -> bool:
    """Return whether this is ``axis=0``."""
    match node:
        case Relation((Name(is_word=True), _), ("=",)):
            return True
    return False


def _places_in(value: object, put: Callable[[Any], Node]) -> Iterator[tuple[Node, Put]]:
    if isinstance(value, Node) and not isinstance(value, Script):
        yield value, put
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _places_in(item, partial(_with_item, value, number, put))


def _with_field(node: Node, name: str, new: Any) -> Node:
    return replace(node, **{name: new})


def _with_item(items: tuple[Any, ...], number: int, put: Callable[[Any], Node], new: Any) -> Node:
    return put((*items[:number], new, *items[number + 1 :]))


def mapped(node: Node, change: Callable[[Node], Node]) -> Node:
    """Return a formula in which symbols are others; itself, where none is."""
    if is_symbol(node):
        return change(node)
    for number in range(len(list(places(node)))):
        part, put = list(places(node))[number]
        new = mapped(part, change)
        node = node if new is part else put(new)
    return node


def grouped(node: Node) -> Node:
    """Return a formula so that it can be a factor."""
    return Group((node,)) if isinstance(node, Sum | Negation | BigSum | Relation) else node


def bare(node: Node) -> Node:
    """Return a formula without the brackets around it."""
    while isinstance(node, Group) and len(node.items) == 1:
        node = node.items[0]
    return node


def tidied(node: Node) -> Node:
    """Return a formula without brackets in brackets or around all of it, and without the transpose of a transpose."""
    return bare(_tidied(node))


def _tidied(node: Node) -> Node:
    if is_symbol(node):
        return node
    for number in range(len(list(places(node)))):
        part, put = list(places(node))[number]
        new = _tidied(part)
        node = node if new is part else put(new)
    match node:
        case Group((Group((_,)) as inner,)):
            return inner
        case Scripted(Group((inner,)), None, Script((Name("⊤"),)), 0) if (turned := flipped(inner)) != node:
            return grouped(turned)
    return node


def times(*parts: Node, sign: Operator = "") -> Node:
    """Return a product; elementwise ones and matrix products are not taken apart in each other."""
    factors: list[Node] = []
    signs: list[Operator] = []
    for place, part in enumerate(parts):
        is_last = place == len(parts) - 1
        inner = part if isinstance(part, Product) and _goes_into(part, sign) else None
        signs += [sign] * (place > 0)
        if inner is not None:
            factors += inner.factors
            signs += inner.operators
        else:
            factors.append(part if is_last and isinstance(part, BigSum) and sign == "" else _factor(part, sign))
    return Product(tuple(factors), tuple(signs)) if len(factors) > 1 else factors[0]


def _goes_into(product: Product, sign: Operator) -> bool:
    """Return whether a product's factors mean the same beside others: A B ⊙ C is (A B) ⊙ C."""
    return sign in ELEMENTWISE or not ELEMENTWISE.intersection(product.operators)


def _factor(node: Node, sign: Operator) -> Node:
    return Group((node,)) if isinstance(node, Product) and sign == "" else grouped(node)


def without_above(node: Node, factor: Node) -> Node | None:
    """Return a formula without a factor that it has: 2 a as a, m² as m; nothing if it has none."""
    match node:
        case _ if node == factor:
            return ONE
        case Scripted(base, None, Script((Numeral("2"),)), 0) if base == factor:
            return base
        case Group((inner,)):
            return without_above(inner, factor)
        case Negation(of):
            return None if (rest := without_above(of, factor)) is None else Negation(rest)
        case Fraction(numerator, denominator) if not isinstance(numerator, Partial):
            return None if (rest := without_above(numerator, factor)) is None else Fraction(rest, denominator)
        case Product():
            return _with_one_less(node, lambda part: without_above(part, factor))
    return None


def without_below(node: Node, factor: Node) -> Node | None:
    """Return a formula that is not divided by something any more: a/2m as a/m; nothing if it was not."""
    match node:
        case Group((inner,)):
            return without_below(inner, factor)
        case Negation(of):
            return None if (rest := without_below(of, factor)) is None else Negation(rest)
        case Fraction(numerator, denominator) if not isinstance(denominator, Partial):
            if (rest := without_above(denominator, factor)) is None:
                above = without_below(numerator, factor)
                return None if above is None else Fraction(above, denominator)
            return numerator if rest == ONE else Fraction(numerator, rest)
        case Product():
            return _with_one_less(node, lambda part: without_below(part, factor))
    return None


def _with_one_less(node: Product, change: Callable[[Node], Node | None]) -> Node | None:
    """Return a product in which one factor has changed, or vanished."""
    for place, part in enumerate(node.factors):
        if (new := change(part)) is not None:
            factors, signs = list(node.factors), list(node.operators)
            if new == ONE and len(factors) > 1:
                del factors[place], signs[max(place - 1, 0)]
            else:
                factors[place] = grouped(new)
            return Product(tuple(factors), tuple(signs)) if signs else factors[0]
    return None


def raised(base: Node, *items: Node) -> Node:
    """Return a formula with something above it."""
    return Scripted(base if _is_plain(base) else Group((bare(base),)), None, Script(items))


def _is_plain(node: Node) -> bool:
    """Return whether something can stand above a formula without brackets around it."""
    if isinstance(node, Scripted):
        return is_symbol(node) and node.sup is None
    return isinstance(node, Name | Apply)


def flipped(node: Node) -> Node:
    """Return a factor with a transpose, or without the one that it has."""
    match node:
        case Partial(Node() as of, None) if _is_transposed(of):
            return replace(node, of=flipped(of))
        case Scripted(sup=Script(items, brackets)) if _is_transposed(node):
            lower = replace(node, sup=Script(items[:-1], brackets) if items[1:] else None)
            return lower if lower.sub or lower.sup or lower.primes else _factor(bare(lower.base), "")
        case BigSum(Product((one, other), ("",))) if _is_transposed(one) or _is_transposed(other):
            return replace(node, body=Product((flipped(other), flipped(one)), ("",)))
    return raised(node, *TRANSPOSE.items)


def _is_transposed(node: Node) -> bool:
    return isinstance(node, Scripted) and node.sup is not None and node.sup.items[-1:] == TRANSPOSE.items


def rewritten(node: Node, changes: Mapping[int, Node] | Mapping[int, Node | None]) -> Node:
    """Return a symbol in which items of its scripts, by their identity, are others, or left out."""
    if not isinstance(node, Scripted):
        return node
    base = rewritten(node.base, changes)
    sub, sup = (_script(script, changes) for script in (node.sub, node.sup))
    return replace(node, base=base, sub=sub, sup=sup) if sub or sup or node.primes else base


def _script(script: Script | None, changes: Mapping[int, Node] | Mapping[int, Node | None]) -> Script | None:
    if script is None:
        return None
    items: list[Node] = []
    for item in script.items:
        new: Node | None = changes.get(id(item), item)
        if isinstance(item, Group):
            inner = tuple(each for of in item.items if (each := changes.get(id(of), of)) is not None)
            new = replace(item, items=inner) if inner else None
        items += [] if new is None else [new]
    return replace(script, items=tuple(items)) if items else None
