"""Equations about functions, which hold for any number: σ' = σ(1 − σ), g'(z) = 1 − g(z)², dg/dz = g(1 − g)."""

from collections.abc import Collection, Iterable
from dataclasses import fields, replace
from typing import Any

from chainrule.checking.meaning.applications import called
from chainrule.checking.meaning.calls import ALONG_CLASSES, function_name
from chainrule.checking.meaning.outputs import LETTERS, called_in
from chainrule.checking.meaning.symbols import WEIGHTS, defines, is_symbol, letter_of, nodes_of
from chainrule.checking.parsing.signs import FUNCTIONS
from chainrule.checking.parsing.syntax import (
    Apply,
    Chain,
    Document,
    Fraction,
    Group,
    Name,
    Negation,
    Node,
    Partial,
    Product,
    Relation,
    Scripted,
    mapped,
    with_chains,
)

__all__ = ["of_numbers", "with_numbers"]

EQUATIONS = {"=", ":=", "≡"}
UNWRITTEN = Name("t")  # of a function that stands without an argument
PARAMETERS = WEIGHTS | {"b", "X", "Y"}


def with_numbers(document: Document) -> Document:
    """Return a document in which equations about functions are about a number, and no σ is a symbol there."""
    chains = document.chains
    symbols = {letter_of(chain.members[0]) for chain in chains if defines(chain) and not _primed(chain.members[0])}
    named = {letter for chain in chains if (letter := _called_on(chain.members[0])[0])}
    functions = (LETTERS | FUNCTIONS | named) - called_in(chains) - symbols
    return with_chains(document, lambda chain: _about_numbers(chain, functions))


def _about_numbers(chain: Chain, functions: Collection[str]) -> Chain:
    """Return an equation about a function as one about a number, if nothing in it is a vector."""
    if len(chain.members) < 2 or chain.signs[0] not in EQUATIONS:
        return chain
    function, argument = _subject(chain.members[0])
    if function not in functions or letter_of(argument) in PARAMETERS:
        return chain
    members = tuple(_applied(member, function, argument) for member in chain.members)
    if not all(_is_of_numbers(member, argument, functions) for member in members):
        return replace(chain, members=members)
    number = Name(letter_of(argument), is_any=True)
    told = _replaced(replace(chain, members=members), argument, number)
    assert isinstance(told, Chain)  # noqa: S101 - as it was
    return told


def _primed(node: Node) -> bool:
    of, _, primes = called(node)
    return primes > 0 and isinstance(of, Name)


def _subject(left: Node) -> tuple[str, Node]:
    """Return the function that a left side is about, and its argument: of σ', σ'(z), σ(z), dσ/dz and dσ(z)/dz."""
    match left:
        case Fraction(Partial(Node() as of), Partial(Node() as by)) if is_symbol(by):
            function, argument = _called_on(of)
            is_bare = is_symbol(of) and isinstance(called(of)[0], Name)
            return (letter_of(of), by) if is_bare else (function, by) if argument == by else ("", by)
    if _primed(left):
        return letter_of(left), UNWRITTEN
    return _called_on(left)


def _called_on(node: Node) -> tuple[str, Node]:
    """Return f and z of f(z), f'(z) and f(−z)."""
    match node:
        case Product((function, Group((of,), "()")), ("",)) | Apply(function, (of,)):
            name, _, _ = called(function)
            of = of.of if isinstance(of, Negation) else of
            return (name.text, of) if isinstance(name, Name) and is_symbol(of) else ("", of)
    return "", node


def _applied(node: Node, function: str, argument: Node) -> Any:
    """Return a formula in which a function that stands alone is one of the argument: σ(1 − σ) is a product."""
    if _is_alone(node, function):
        return Apply(node, (argument,), start=node.start, end=node.end)
    if isinstance(node, Product):
        return replace(node, factors=tuple(_factors(node, function, argument)))

    def applied(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(applied, value))
        return _applied(value, function, argument) if isinstance(value, Node) else value

    names = {each.name for each in fields(node)} - ({"function"} if isinstance(node, Apply) else set())
    return replace(node, **{name: applied(getattr(node, name)) for name in names})


def _factors(node: Product, function: str, argument: Node) -> Iterable[Node]:
    for factor, sign, after in zip(node.factors, (*node.operators, "·"), (*node.factors[1:], None), strict=True):
        group = after.base if isinstance(after, Scripted) else after
        is_called = sign == "" and isinstance(group, Group) and not _is_within(group, function)
        yield factor if is_called and _is_alone(factor, function) else _applied(factor, function, argument)


def _is_alone(node: Node, function: str) -> bool:
    of, _, _ = called(node)
    return isinstance(of, Name) and of.text == function


def _is_within(node: Node, function: str) -> bool:
    """Return whether a function stands alone somewhere in a formula."""
    return any(_is_alone(each, function) for each in nodes_of(node))


def _is_of_numbers(node: Node, argument: Node, functions: Collection[str]) -> bool:
    """Return whether nothing in a formula is a vector: but for functions it has the argument, and Greek letters."""
    nodes = list(nodes_of(node))
    if any(isinstance(each, Apply) and function_name(each.function) in ALONG_CLASSES for each in nodes):
        return False
    symbols = (each for each in nodes if is_symbol(each) and each != argument)
    return all(letter_of(each) in functions or _is_greek(each) for each in symbols)


def _is_greek(node: Node) -> bool:
    return isinstance(node, Name) and len(node.text) == 1 and "α" <= node.text <= "ω"


def _replaced(of: Any, argument: Node, number: Name) -> Any:
    return mapped(of, lambda node: replace(number, start=node.start, end=node.end) if node == argument else node)


def of_numbers(relation: Relation, chain: Chain) -> Relation:
    """Return what the words say of z, where an equation is about any z."""
    nodes = (node for member in chain.members for node in nodes_of(member))
    numbers = {node.text: node for node in nodes if isinstance(node, Name) and node.is_any}
    for text, number in numbers.items():
        relation = _replaced(relation, Name(text), number)
    return relation
