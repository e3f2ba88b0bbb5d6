"""Names that authors write with what they depend on: the output h_θ(x), the loss J(W, b), the penalty R(W)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from chainrule.checking.meaning.points import INPUTS
from chainrule.checking.meaning.symbols import is_symbol, letter_of, nodes_of
from chainrule.checking.parsing.signs import FUNCTIONS, TARGETS
from chainrule.checking.parsing.syntax import Apply, Called, Chain, Group, Name, Node, Product, Scripted

__all__ = ["LETTERS", "LOSSES", "called_in", "with_arguments"]

# Letters that are a function's where brackets follow, unless the document defines a symbol with that letter.
ACTIVATIONS = {"σ", "φ", "ϕ", "ψ"}
LETTERS = {*ACTIVATIONS, "f", "g"}
LOSSES = {"L", "J", "E", "C", "ℓ", "l", "loss", "ℒ", "𝒥", "𝒞", "ℰ"}
PARAMETERS = {"W", "w", "θ", "Θ", "b", "ω"}
SLOPES = set("αβγεηκλ")


def called_in(chains: Sequence[Chain]) -> set[str]:
    """Return the letters and words that a document writes with arguments, and that are no functions of one number.

    A loss is one, by its letter or by its target among others, CE(y, ŷ), and what depends on weights alone. So is what
    an equation makes of an input and of something else, h(x) = σ(w^T x + b), if it is never taken of anything else.
    """
    found = set()
    for chain in chains:
        if len(chain.members) > 1 and chain.signs[0] in ("=", ":=", "≡"):
            others = {letter for member in chain.members for letter in _letters(member)}
            calls = filter(None, map(_call, chain.members))
            found |= {name for name, arguments in calls if _is_value(name, arguments, others - {name})}
            found |= {letter_of(chain.members[0])} & LOSSES
    of_others = {name for chain in chains for member in chain.members for name in _functions_in(member)}
    return found - of_others


def _call(member: Node) -> tuple[str, tuple[Node, ...]] | None:
    """Return the name and the arguments of h_θ(x)."""
    match member:
        case Product((Name() | Scripted(primes=0) as name, Group(arguments)), ("",)) if is_symbol(name):
            return (letter_of(name), arguments) if _are_symbols(arguments) else None
        case Apply(Name(text), arguments) if text not in FUNCTIONS and _are_symbols(arguments):
            return text, arguments
    return None


def _are_symbols(nodes: Sequence[Node]) -> bool:
    return all(map(is_symbol, nodes))


def _is_value(name: str, arguments: Sequence[Node], others: set[str]) -> bool:
    given = {letter_of(argument) for argument in arguments}
    if name in LOSSES or (given & TARGETS and len(arguments) > 1):
        return True
    if given <= PARAMETERS:
        return name not in ACTIVATIONS
    return len(name) == 1 and bool(given & INPUTS and others - given - LETTERS - SLOPES)


def _letters(node: Node) -> Iterator[str]:
    return (letter_of(each) for each in nodes_of(node) if is_symbol(each))


def _functions_in(node: Node) -> Iterator[str]:
    """Yield the letters, but for those of losses, that are taken of what is neither an input nor a parameter."""
    for each in nodes_of(node):
        factors = each.factors if isinstance(each, Product) else ()
        for name, group in pairwise(factors):
            letter = letter_of(name)
            if isinstance(group, Group) and (letter in LETTERS or _are_symbols(group.items)) and letter not in LOSSES:
                given = {letter_of(item) for item in group.items}
                yield from () if given <= INPUTS | PARAMETERS else (letter,)


def with_arguments(name: Node, arguments: tuple[Node, ...], end: int) -> Node:
    """Return a name with its arguments; of h_θ(x), the θ is one too."""
    if not isinstance(name, Scripted):
        assert isinstance(name, Name)  # noqa: S101 - symbols have one
        return Called(name.text, name.accent, arguments=arguments, name_end=name.end, start=name.start, end=end)
    inner = with_arguments(name.base, arguments, end)
    if name.sub is not None and isinstance(inner, Called) and letter_of(name.sub.items[0]) in PARAMETERS:
        inner, name = replace(inner, parameters=name.sub), replace(name, sub=None)
    return replace(name, base=inner, end=end) if name.sub or name.sup else inner
