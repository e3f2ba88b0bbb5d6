r"""Functions, and what they are of with parentheses or without: ``\log \hat y_k``, ``\max(0, z)``, ``\sqrt{x}``, Σ."""

from typing import TYPE_CHECKING

from chainrule.checking.parsing import signs
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.scripts import listed, with_scripts
from chainrule.checking.parsing.syntax import (
    Apply,
    BigSum,
    Group,
    Name,
    Node,
    Product,
    Relation,
    Scripted,
    Sum,
)

if TYPE_CHECKING:
    from chainrule.checking.parsing.parser import Parser

__all__ = ["big_sum", "root", "word"]


def word(parser: "Parser") -> Node:
    """Read a word: the name of a function, with what it is of, or of something else."""
    token = parser.take()
    name = Name(token.text, is_word=True, start=token.start, end=token.end)
    if parser.is_listing:
        return name
    if token.text == "sum" and parser.is_next("_"):
        return _summed(parser, token.start)
    function = with_scripts(parser, name, token.start)
    known = token.text in signs.FUNCTIONS
    if parser.is_next("(") or (known and parser.is_next("[", r"\{")):
        if parser.text_is_inside():
            return function
        return parser.spanned(Apply(function, parser.group().items), token.start)
    if known and (parser.is_next("-") or parser.operand_is_next()):
        of = _bare_argument(parser)
        items = of.items if isinstance(of, Group) and of.brackets == "()" else (of,)
        return parser.spanned(Apply(function, items), token.start)
    return function


def _bare_argument(parser: "Parser") -> Node:
    r"""Read what ``\log`` is of without parentheses: one factor; of more than one nobody can tell."""
    start = parser.token.start
    if parser.is_next("{"):
        return parser.braced(parser.relation)
    if parser.is_next("-"):
        parser.fail("expected-parentheses")
    number = parser.number() if parser.token.kind == "number" else None
    if number and not parser.operand_is_next():
        return number
    argument = parser.factor()
    if argument == Name("σ") and parser.is_next("("):
        argument = parser.spanned(Apply(argument, parser.group().items), argument.start)
    if parser.is_next("(") and isinstance(argument, Name | Scripted) and not parser.text_is_inside():
        group = parser.group()
        if isinstance(group.items[0], Sum | Product | Relation) and len(group.items) == 1:
            raise NotUnderstood("argument-or-factor", group)
        argument = parser.spanned(Product((argument, group), ("",)), argument.start)
    elif parser.operand_is_next() and parser.token.kind != "word" and not parser.is_next("∑"):
        parser.fail("argument-open")
    return parser.spanned(Product((number, argument), ("",)), start) if number else argument


def root(parser: "Parser") -> Node:
    """Read a square root."""
    sign = parser.take()
    if parser.is_next("["):
        parser.fail("only-square-roots")
    name = Name("sqrt", is_word=True, start=sign.start, end=sign.end)
    of = parser.group().items if parser.is_next("(") else (parser.argument(),)
    return parser.spanned(Apply(name, of), sign.start)


def big_sum(parser: "Parser") -> Node:
    """Read Σ, its limits and its body."""
    return _summed(parser, parser.take().start)


def _summed(parser: "Parser", start: int) -> Node:
    below: tuple[Node, ...] = ()
    above: Node | None = None
    while parser.is_next("_", "^"):
        if parser.take().text == "_" and not below:
            below = listed(parser)[1]
        elif above is None:
            above = parser.argument()
        else:
            parser.fail("too-many-limits")
    body = parser.signed(parser.product)
    return parser.spanned(BigSum(body, below, above), start)
