"""What stands below and above something: indices, labels, transposes, powers, primes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from chainrule.checking.parsing import signs
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.syntax import Apply, Group, Name, Node, Norm, Numeral, Script, Scripted, Text

if TYPE_CHECKING:
    from chainrule.checking.parsing.parser import Parser

__all__ = ["listed", "with_scripts"]

_TRANSPOSED = Name("⊤")
_PLUS = Name("+")
_SCORES = set("zZsSuUaA")
_MOST_RAISED = 4


def with_scripts(parser: "Parser", base: Node, start: int) -> Node:
    """Read what is below and above a base that has been read."""
    sub: Script | None = None
    sup: tuple[Node, ...] = ()
    primes = 0
    while parser.is_next("_", "^", "′") or (parser.is_next("{") and parser.is_empty()):
        sign = parser.take()
        if sign.text == "{":
            parser.skip()
        elif sign.text == "′":
            primes += 1
        elif sign.text == "^" and _is_e(base) and not (sub or sup or parser.is_listing):
            base = parser.spanned(Apply(Name("exp"), (_exponent(parser),)), start)
        elif sign.text == "^" and all(isinstance(item, Group) for item in sup):  # a label, and ⊤ or a power after it
            more, raised = listed(parser, raised=True)
            primes, sup = primes + more, (*sup, *raised)
        elif sign.text == "_" and sub is None:
            at = parser.token.start
            sub = parser.spanned(_script(listed(parser)[1]), at)
        else:
            raise NotUnderstood("second-subscript" if sign.text == "_" else "second-superscript", sign)
    if isinstance(base, Norm) and sub is not None:
        base, sub = _of_kind(base, sub), None
    if parser.is_listing and isinstance(base, Name) and primes and not (sub or sup):
        return parser.spanned(replace(base, text=base.text + "'" * primes), start)  # an index of its own: k'
    if _PLUS in (*(sub.items if sub else ()), *sup) and not primes and not (sub and sup) and _may_be_cut_off(base):
        return parser.spanned(Apply(Name("relu"), base.items if isinstance(base, Group) else (base,)), start)
    return parser.spanned(_scripted(base, sub, sup, primes), start) if sub or sup or primes else base


def _of_kind(norm: Norm, sub: Script) -> Norm:
    """Return a norm with what stands below it: ``F``, ``2``."""
    kind = sub.items[0]
    if len(sub.items) != 1 or not isinstance(kind, Name | Numeral):
        raise NotUnderstood("unknown-norm", kind)
    return replace(norm, kind=kind.text, end=max(norm.end, kind.end))


def _may_be_cut_off(base: Node) -> bool:
    """Say whether a plus below or above this means max(0, z): on brackets and on scores, not on X^+ and R_+."""
    return isinstance(base, Group) or (isinstance(base, Name) and base.text in _SCORES)


def _is_e(node: Node) -> bool:
    return isinstance(node, Name) and node.text == "e" and not node.accent


def _exponent(parser: "Parser") -> Node:
    if parser.is_next("{"):
        return parser.braced(parser.relation)
    return parser.argument()


def listed(parser: "Parser", *, raised: bool = False) -> tuple[int, tuple[Node, ...]]:
    """Read a script: its primes, and what it lists; ``^{⊙ 2}`` is the power of each entry, as all powers are."""
    if raised and parser.is_next("′"):
        return (len(parser.take().text), ())
    if not parser.is_next("{"):
        return (0, (_plus(parser) if parser.is_next("+") else parser.argument(listing=True),))
    opening = parser.take()
    primes = 0
    items: list[Node] = []
    with parser.context(inside=True, listing=True):
        while not parser.is_next("}"):
            if raised and parser.took("′"):
                primes += 1
            elif raised and not items and parser.took("⊙", "∘"):
                continue
            elif parser.token.kind == "text":
                token = parser.take()
                items.append(Text(token.text, start=token.start, end=token.end))
            elif not parser.took(",", ";"):
                item = _plus(parser) if parser.is_next("+") and parser.after().text == "}" else parser.relation()
                if raised and isinstance(item, Scripted) and item == Scripted(item.base, primes=item.primes):
                    primes, item = primes + item.primes, item.base  # the prime of g^{[1]'} is of g
                items += _spelled(item)
    parser.skip()
    if not items and not primes:
        raise NotUnderstood("empty-brackets", parser.since(opening.start))
    return primes, tuple(items)


def _plus(parser: "Parser") -> Node:
    token = parser.take()
    return replace(_PLUS, start=token.start, end=token.end)


def _spelled(item: Node) -> list[Node]:
    """Return the letters of a run that is a list of indices: ``ijk``, not ``out``."""
    if (
        isinstance(item, Name)
        and item.is_word
        and item.end - item.start == len(item.text)
        and (item.text not in signs.FUNCTIONS and signs.INDICES.issuperset(item.text))
    ):
        return [Name(letter, start=at, end=at + 1) for at, letter in enumerate(item.text, item.start)]
    return [item]


def _script(items: Sequence[Node]) -> Script:
    first, last = items[0], items[-1]
    if len(items) == 1 and isinstance(first, Group) and first.brackets in {"()", "[]"}:
        return Script(first.items, first.brackets, start=first.start, end=first.end)
    return Script(tuple(items), start=first.start, end=last.end)


def _scripted(base: Node, sub: Script | None, sup: tuple[Node, ...], primes: int) -> Node:
    """Return a base with its scripts; ``^{[1]T}`` is the transpose of what has ``^{[1]}``."""
    *others, last = sup or (None,)
    items = (*others, _transposed(last)) if last else ()
    apart = any(isinstance(item, Group) or item == _TRANSPOSED for item in items)
    raised = [(item,) for item in items] if apart else [items] if items else []
    if len(raised) > _MOST_RAISED:
        raise NotUnderstood("too-many-superscripts", sup[0])
    end = max([base.end, *([sub.end] if sub else []), *(item.end for item in sup[:1])])
    base = Scripted(base, sub, _script(raised[0]) if raised else None, primes, start=base.start, end=end)
    for item in raised[1:]:
        base = Scripted(base, sup=_script(item), start=base.start, end=max(end, item[-1].end))
    return base


def _transposed(item: Node) -> Node:
    is_transpose = isinstance(item, Name) and item.text in {"T", "⊤"} and not item.accent
    return replace(_TRANSPOSED, start=item.start, end=item.end) if is_transpose else item
