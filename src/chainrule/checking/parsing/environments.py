r"""Tables and cases: rows between ``\begin`` and ``\end``."""

from typing import TYPE_CHECKING

from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.syntax import Cases, Group, Node, Table, Text
from chainrule.checking.parsing.words import AFTERWARDS, CONDITIONS, JOINTS, OTHERWISE, starts_with

if TYPE_CHECKING:
    from chainrule.checking.parsing.parser import Parser

__all__ = ["environment"]


def environment(parser: "Parser") -> Node:
    """Read all rows of a table or of cases."""
    begin = parser.take()
    rows: list[tuple[Node, ...]] = []
    branches: list[tuple[Node, Node | None]] = []
    with parser.context(inside=False):
        while parser.token.kind != "close":
            if parser.token.kind == "end":
                parser.fail("expected-sign", sign=rf"\end{{{begin.text}}}")
            if begin.text in {"cases", "dcases"}:
                branches.append(_branch(parser))
            else:
                rows.append(_cells(parser))
            while parser.token.kind == "row":
                parser.skip()
        parser.skip()
    if not rows and not branches:
        raise NotUnderstood("no-rows", begin)
    node: Node = Cases(tuple(branches)) if branches else Table(tuple(rows))
    return parser.spanned(node, begin.start)


def _cells(parser: "Parser") -> tuple[Node, ...]:
    cells = []
    while True:
        cells.append(parser.relation())
        while parser.token.kind == "quad" or parser.is_next(","):
            parser.skip()
        if parser.token.kind != "cell":
            break
        parser.skip()
    if parser.token.kind not in {"row", "close"}:
        parser.fail("expected-next-cell")
    return tuple(cells)


def _branch(parser: "Parser") -> tuple[Node, Node | None]:
    value = parser.relation()
    conditions: list[Node] = []
    while parser.token.kind not in {"row", "close", "end"}:
        token = parser.token
        if token.kind in {"cell", "quad"} or parser.is_next(",", ";", ".", ":"):
            parser.skip()
        elif token.kind == "text":
            parser.skip()
            if not starts_with(token.text, (*OTHERWISE, *CONDITIONS, *JOINTS, *AFTERWARDS)):
                conditions.append(Text(token.text, start=token.start, end=token.end))
        else:
            conditions.append(parser.relation())
    if len(conditions) < 2:
        return value, conditions[0] if conditions else None
    return value, parser.spanned(Group(tuple(conditions), ""), conditions[0].start)
