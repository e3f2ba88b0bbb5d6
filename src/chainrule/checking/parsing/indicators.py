"""Indicators: a 1 with a condition after it or below it, and ``[i = k]``."""

from collections.abc import Sequence
from dataclasses import replace

from chainrule.checking.parsing.syntax import Apply, Group, Name, Node, Numeral, Operator, Relation, Script, Scripted

__all__ = ["with_indicators"]

_INDICATORS = {"1", "I", "𝕀", "χ"}
_POSITIVE = {"R", "ℝ"}


def with_indicators(factors: Sequence[Node], operators: Sequence[Operator]) -> tuple[list[Node], list[Operator]]:
    """Return a product in which a 1 with a condition after it, or below it, is one factor."""
    found: list[Node] = []
    between: list[Operator] = []
    for factor, operator in zip(factors, ["", *operators], strict=True):
        condition = _condition(factor)
        if found and not operator and _is_of_the_positive(found[-1]) and len(_group_of(factor).items) == 1:
            below = Relation((_group_of(factor).items[0], Numeral("0")), (">",))
            found.append(Apply(Name("1"), (below,), start=found.pop().start, end=factor.end))
            continue
        if condition and found and not operator and _is_one(found[-1]):
            one = found.pop()
            found.append(_indicator(factor, condition, one.start))
            continue
        if found:
            between.append(operator)
        found.append(_iverson(factor, condition))
    return found, between


def _iverson(factor: Node, condition: Relation | None) -> Node:
    """Return ``[i = k]``, and a 1 with a condition below it, as an indicator."""
    if condition and _group_of(factor).brackets == "[]":
        return _indicator(factor, condition, factor.start)
    if isinstance(factor, Scripted) and _is_one(factor.base) and (below := _below(factor)):
        return Apply(Name("1"), (below,), start=factor.start, end=factor.end)
    return factor


def _is_one(node: Node) -> bool:
    return isinstance(node, Name | Numeral) and node.text in _INDICATORS


def _is_of_the_positive(node: Node) -> bool:
    r"""Say whether this is the 1 of ``1_{\mathbb R^+}(z)``."""
    match node:
        case Scripted(one, Script((Scripted(Name(text), below, above),)), None) if _is_one(one) and text in _POSITIVE:
            return Name("+") in (*(below.items if below else ()), *(above.items if above else ()))
    return False


def _group_of(node: Node) -> Group:
    base = node.base if isinstance(node, Scripted) else node
    return base if isinstance(base, Group) else Group(())


def _condition(node: Node) -> Relation | None:
    items = _group_of(node).items
    return items[0] if len(items) == 1 and isinstance(items[0], Relation) else None


def _below(node: Scripted) -> Relation | None:
    """Return the condition below an indicator."""
    if node.sub is None or node.sup or node.primes or len(node.sub.items) != 1:
        return None
    item = node.sub.items[0]
    return item if isinstance(item, Relation) else _condition(item)


def _indicator(node: Node, condition: Relation, start: int) -> Node:
    applied = Apply(Name("1"), (condition,), start=start, end=_group_of(node).end)
    return replace(node, base=applied, start=start) if isinstance(node, Scripted) else replace(applied, end=node.end)
