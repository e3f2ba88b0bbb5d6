"""What stands below and above Σ: the letters that it counts, where each begins and ends, what is left out."""

from dataclasses import dataclass, replace

from chainrule.checking.parsing.syntax import BigSum, Dots, Group, Name, Negation, Node, Numeral, Relation, Sum

__all__ = ["ONE", "Range", "ranges_of", "shortened"]

ONE = Numeral("1")
MOST_DIGITS = 3  # of numbers that are listed


@dataclass(frozen=True)
class Range:
    """What one letter of a sum runs over.

    Attributes
    ----------
    below : Node
        Where it says so.
    letter : str
        Which; nothing, where this is no letter.
    begin : Node
        The first value.
    end : Node, optional
        The last one.
    conditions : tuple of Relation
        What is left out: i ≠ k, i < j.
    """

    below: Node
    letter: str
    begin: Node = ONE
    end: Node | None = None
    conditions: tuple[Relation, ...] = ()


def ranges_of(node: BigSum) -> tuple[Range, ...]:
    """Return the ranges of a sum, the outermost first; what stands above is the end of all of them."""
    found: dict[str, Range] = {}
    rest = list(node.below)
    while rest:
        new = _range(rest.pop(0))
        if len(rest) > 1 and isinstance(rest[0], Dots):  # i = 1, …, m
            new = replace(new, end=rest[1])
            rest = rest[2:]
        while rest and _follows(rest[0], new.end or new.begin):  # i = 1, 2
            new = replace(new, end=rest.pop(0))
        known = found.get(new.letter, replace(new, conditions=()))
        found[new.letter] = replace(known, conditions=known.conditions + new.conditions)
    return tuple(replace(each, end=node.above) if each.end is None else each for each in found.values())


def _follows(node: Node, other: Node) -> bool:
    """Return whether two numbers are next to each other."""
    match other, node:
        case Numeral(one), Numeral(two) if one.isdecimal() and len(one) <= MOST_DIGITS:
            return two == str(int(one) + 1)
    return False


def _range(below: Node) -> Range:
    match below:
        case Name(letter):
            return Range(below, letter)
        case Relation((Name(letter), Group((begin, *_, end))), ("=" | "∈",)):
            return Range(below, letter, begin, end)
        case Relation((Name(letter), _), ("∈",)):
            return Range(below, letter)
        case Relation((Name(letter), begin), ("=",)):
            return Range(below, letter, begin)
        case Relation((begin, Name(letter), end), ("≤", "≤")):
            return Range(below, letter, begin, end)
        case Relation((Name(letter), _), (_,)):
            return Range(below, letter, conditions=(below,))
    return Range(below, "")


def shortened(end: Node) -> tuple[Node, int]:
    """Return the K of K − 1, and how much is taken off."""
    match end:
        case Sum((whole, Negation(Numeral(text)))) if text.isdecimal():
            return whole, int(text)
    return end, 0
