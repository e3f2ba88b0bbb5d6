r"""Sums that do not say what they run over: the Σ of ``\sum y_k \log p_k`` is over k."""

from collections.abc import Iterable
from dataclasses import replace

from chainrule.checking.meaning.outputs import LOSSES
from chainrule.checking.meaning.ranges import ranges_of
from chainrule.checking.meaning.symbols import defines, has_transpose, index_letters, is_symbol, letters_below, spelled
from chainrule.checking.parsing.syntax import (
    Apply,
    BigSum,
    Chain,
    Fraction,
    Group,
    Name,
    Negation,
    Node,
    Operator,
    Product,
    Scripted,
    Sum,
    with_parts,
)

__all__ = ["is_idle", "letters_of", "with_letters"]

LOGARITHMS = [Name(name, is_word=is_word) for name in ("log", "ln") for is_word in (False, True)]


def with_letters(chain: Chain) -> Chain:
    """Return a chain in which every sum runs over something, where that can be only one thing.

    A sum with nothing below it is over the letters in it that neither the left side nor anything beside it has; over
    more than one only if the left side is a number. A loss is one: a sum in it that has no letters is over all entries.
    """
    left, *others = chain.members
    is_loss = spelled(left) in LOSSES
    most = None if is_loss or _free(left) else 1
    told = [_told(left, _free(left), most)]
    for place, member in enumerate(others):
        is_definition = place == 0 and defines(chain)
        meant = member if not is_definition else _of_loss(member) if is_loss else _normalized(member)
        told.append(_told(meant, {*_free(left), *_free(meant)}, most, may_rebind=is_definition))
    return replace(chain, members=tuple(told))


def letters_of(node: BigSum) -> set[str]:
    """Return the letters that a sum runs over."""
    return {each.letter for each in ranges_of(node)}


def is_idle(node: BigSum) -> bool:
    """Return whether a sum says of nothing in it that it changes: it has no letters, or its body has none of them."""
    return letters_of(node).isdisjoint({*_free(node.body), *letters_below(node.body)})


def _free(node: Node) -> dict[str, None]:
    """Return a formula's indices that no sum binds, in order; those in a sum that has no letters are its own."""
    if is_symbol(node):
        return dict.fromkeys(index_letters(node))
    if isinstance(node, BigSum):
        bound = letters_of(node)
        return {letter: None for letter in _free(node.body) if letter not in bound} if node.below else {}
    below = index_letters(node) if isinstance(node, Scripted) else ()
    return dict.fromkeys((*(letter for child in _parts(node) for letter in _free(child)), *below))


def _parts(node: Node) -> Iterable[Node]:
    """Return what a formula is made of, but for its scripts and the name of a function."""
    return node.arguments if isinstance(node, Apply) else (node.base,) if isinstance(node, Scripted) else node.children


def _told(node: Node, taken: Iterable[str], most: int | None, *, may_rebind: bool = False) -> Node:
    """Return a formula in which a sum without letters runs over those in it that are not taken, if these are not many.

    In a definition, which cannot be wrong, it may take one that is: the Σ of e^{z_k} / Σ e^{z_k} has a k of its own.
    """
    if is_symbol(node):
        return node
    if isinstance(node, BigSum):
        own = tuple(_free(node.body))
        free = tuple(letter for letter in own if letter not in taken)
        if not free and may_rebind and len(own) == 1:
            free = own
        below = node.below or (tuple(map(Name, free)) if most is None or len(free) <= most else ())
        taken = {*taken, *own, *letters_of(node)}
        return replace(node, body=_told(node.body, taken, most, may_rebind=may_rebind), below=below)
    return with_parts(node, lambda child: _told(child, taken, most, may_rebind=may_rebind))


def _of_loss(node: Node) -> Node:
    """Return a loss in which a sum of what has no letters is over all entries."""
    if is_symbol(node):
        return node
    is_of_entries = isinstance(node, BigSum) and not _free(node.body) and letters_of(node).isdisjoint(_names(node.body))
    if isinstance(node, BigSum) and is_of_entries and spelled(node.body) not in LOSSES:
        whole = Name("sum", is_word=True)
        return Apply(whole, (_entrywise(_of_loss(node.body)),), start=node.start, end=node.end)
    return with_parts(node, _of_loss)


def _names(node: Node) -> set[str]:
    """Return all letters of a formula, also those that stand for a layer."""
    own = {node.text} if isinstance(node, Name) else set()
    return own.union(*map(_names, node.children))


def _entrywise(node: Node) -> Node:
    """Return y log p as y ⊙ log p."""
    if isinstance(node, Product) and not any(map(has_transpose, node.factors)):
        has_log = any(isinstance(each, Apply) and each.function in LOGARITHMS for each in node.factors)
        elementwise: Operator = "⊙"
        return replace(node, operators=(elementwise,) * len(node.operators)) if has_log else node
    return with_parts(node, _entrywise) if isinstance(node, Group | Negation | Sum) else node


def _normalized(node: Node) -> Node:
    """Return e^z / Σ e^z as the softmax of z."""
    match node:
        case Fraction(Apply(Name("exp"), (z,)) as of, BigSum(body, ())) if of == body and not _free(z):
            return Apply(Name("softmax", is_word=True), (z,), start=node.start, end=node.end)
    return node
