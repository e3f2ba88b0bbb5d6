"""Functions of code that are a formula, and what they come to where they are called."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from chainrule.checking.parsing.problems import NotUnderstood, Span
from chainrule.checking.parsing.syntax import Name, Node, with_parts

__all__ = ["Formula", "Functions", "bounded", "substituted"]

MOST_NODES = 400  # of a formula in which names have become values


@dataclass(frozen=True)
class Formula:
    """What a function returns.

    Attributes
    ----------
    parameters : tuple of str
        Their names.
    body : Node
        The value in their terms.
    defaults : mapping of str to Node
        What parameters are that need not be given.
    """

    parameters: tuple[str, ...]
    body: Node
    defaults: Mapping[str, Node] = field(default_factory=dict)

    def applied(self, arguments: Sequence[Node], named: Mapping[str, Node], place: Span) -> Node:
        """Return what a call comes to, all of it at the place of the call.

        Raises
        ------
        NotUnderstood
            If it has other arguments, or comes to too much.
        """
        values = {**self.defaults, **dict(zip(self.parameters, arguments, strict=False)), **named}
        if len(arguments) > len(self.parameters) or values.keys() != set(self.parameters):
            given = len(arguments) + len(named)
            raise NotUnderstood("number-of-arguments", place, expected=len(self.parameters), given=given)
        return bounded(substituted(_placed(self.body, place), values))


# By name; None for a function whose lines say what it does, and its calls nothing more.
Functions = Mapping[str, Formula | None]


def substituted(node: Node, values: Mapping[str, Node]) -> Node:
    """Return a formula with values in the place of names, where nothing in them has a place of its own."""
    if isinstance(node, Name) and node.text in values:
        return _placed(values[node.text], Span(node.start, node.end))
    return with_parts(node, lambda part: substituted(part, values))


def bounded(node: Node) -> Node:
    """Return a formula.

    Raises
    ------
    NotUnderstood
        If it has too many parts.
    """
    if sum(1 for _ in islice(_nodes(node), MOST_NODES + 1)) > MOST_NODES:
        raise NotUnderstood("too-many-signs", node, most=MOST_NODES)
    return node


def _placed(node: Node, place: Span) -> Node:
    return replace(with_parts(node, lambda part: _placed(part, place)), start=place.start, end=place.end)


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _nodes(child)
