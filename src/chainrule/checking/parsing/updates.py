"""Gradients that code puts together bit by bit: ``dW = a`` and then ``dW += b`` say that dW is a + b."""

import re
from collections.abc import Iterable
from dataclasses import replace

from chainrule.checking.parsing.syntax import Chain, Name, Node, Sum, with_parts

__all__ = ["put_together"]

GRADIENT = re.compile(r"d[A-Za-z]\w*|\w*grad\w*")


def put_together(chains: Iterable[Chain]) -> list[Chain]:
    """Return the lines of a piece of code, of which the last that changes a gradient says all of what it is.

    The lines before it claim nothing then. A value that has been used in between stays, and so does its line.
    """
    found: list[Chain] = []
    last: dict[str, int] = {}  # where each gradient has its value from, until that value is used
    for chain in chains:
        used = _names(chain.members[-1])
        kept = {other: at for other, at in last.items() if other not in used}
        match chain.members:
            case (Name(name) as left, right) if GRADIENT.fullmatch(name) and name in used and name in last:
                before = found[last[name]]
                found[last[name]] = replace(before, members=(left,), signs=())
                found.append(_says(chain, _substituted(right, left, before.members[-1])))
            case (Name(name) as left, Sum((first, *terms)) as right) if GRADIENT.fullmatch(name) and first == left:
                found.append(_says(chain, replace(right, terms=tuple(terms))))  # += in a loop, from 0
            case _:
                found.append(chain)
        match chain.members:
            case (Name(name), _) if GRADIENT.fullmatch(name):
                kept[name] = len(found) - 1
        last = kept
    return found


def _says(chain: Chain, value: Node) -> Chain:
    return replace(chain, members=(chain.members[0], value), signs=("=",))


def _names(node: Node) -> set[str]:
    found = {node.text} if isinstance(node, Name) else set()
    return found.union(*map(_names, node.children))


def _substituted(node: Node, old: Node, new: Node) -> Node:
    return new if node == old else with_parts(node, lambda part: _substituted(part, old, new))
