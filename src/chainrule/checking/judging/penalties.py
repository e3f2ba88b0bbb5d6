"""The penalty in a document's losses: on what, how strong, and what its gradient multiplies the weights with."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from chainrule.algebra.expressions import Symbol
from chainrule.checking.judging.roles import Roles
from chainrule.checking.judging.surgery import ONE, TWO, bare, times, without_above, without_below
from chainrule.checking.meaning.definitions import used_in
from chainrule.checking.meaning.meaning import Meaning
from chainrule.checking.meaning.symbols import is_symbol
from chainrule.checking.parsing.syntax import Fraction, Negation, Node, Numeral, Product, Sum

__all__ = ["Penalty", "penalty_of"]

HALVES = (Numeral("0.5"), Fraction(ONE, TWO))


@dataclass(frozen=True)
class Penalty:
    """What the losses have beside the data's.

    Attributes
    ----------
    on : frozenset of Symbol
        The parameters in it.
    strengths : tuple of Node
        Its symbols, λ.
    factors : tuple of Node
        What its gradient may multiply the parameters with, the true one first.
    """

    on: frozenset[Symbol] = frozenset()
    strengths: tuple[Node, ...] = ()
    factors: tuple[Node, ...] = ()


def penalty_of(losses: Sequence[Node], roles: Roles, counts: Sequence[Node], meaning: Meaning) -> Penalty:
    """Return the penalty of some losses.

    Parameters
    ----------
    losses : sequence of Node
        Their formulas.
    roles : Roles
        Of the document's symbols: where a signal is, there is no penalty.
    counts : sequence of Node
        Numbers of samples: they are no strength of a penalty.
    meaning : Meaning
        The document's.
    """
    learned = {*roles.weights, *roles.biases}

    def parameters_in(node: Node) -> set[Symbol]:
        return learned & _symbols_in(node, meaning)

    terms = [each for loss in losses for each in _terms(loss)]
    terms = [each for each in terms if parameters_in(each) and not _symbols_in(each, meaning) & set(roles.signals)]
    coefficients = [_coefficient(each, lambda part: bool(parameters_in(part))) for each in terms]
    strengths = [each for c in coefficients for each in _parts(c) if is_symbol(each) and each not in counts]
    factors = [_doubled(each) for each in coefficients]
    for strength in strengths:
        factors += [*(Fraction(strength, count) for count in counts), strength, times(TWO, strength)]
    on = frozenset(each for term in terms for each in parameters_in(term))
    return Penalty(on, tuple(dict.fromkeys(strengths)), tuple(dict.fromkeys(factors)))


def _symbols_in(node: Node, meaning: Meaning) -> set[Symbol]:
    return {meaning.symbols[key] for key in used_in(node, meaning.shapes.symbols) if key in meaning.symbols}


def _terms(loss: Node) -> Iterator[Node]:
    """Yield the terms of a loss, with what the whole is multiplied with or divided by."""
    match bare(loss):
        case Sum(terms):
            for term in terms:
                yield from _terms(term)
        case Negation(of):
            yield from _terms(of)
        case Fraction(numerator, denominator):
            yield from (Fraction(term, denominator) for term in _terms(numerator))
        case Product(factors) if sum(isinstance(bare(factor), Sum) for factor in factors) == 1:
            inner = next(factor for factor in factors if isinstance(bare(factor), Sum))
            rest = [factor for factor in factors if factor is not inner]
            yield from (times(*rest, term) for term in _terms(inner))
        case whole:
            yield whole


def _coefficient(term: Node, is_penalised: Callable[[Node], bool]) -> Node:
    """Return what stands before the parameters in a term."""
    match bare(term):
        case Product(factors):
            kept = [each for factor in factors if (each := _coefficient(factor, is_penalised)) != ONE]
            return times(*kept) if kept else ONE
        case Fraction(numerator, denominator):
            return Fraction(_coefficient(numerator, is_penalised), denominator)
        case other:
            return ONE if is_penalised(other) else other


def _parts(node: Node) -> Iterator[Node]:
    """Yield the factors above and below a fraction's stroke."""
    match bare(node):
        case Product(factors):
            for factor in factors:
                yield from _parts(factor)
        case Fraction(numerator, denominator):
            yield from _parts(numerator)
            yield from _parts(denominator)
        case other:
            yield other


def _doubled(node: Node) -> Node:
    """Return twice a coefficient, the 2 cancelled where it can be."""
    halved = (without_above(node, half) for half in HALVES)
    return without_below(node, TWO) or next((rest for rest in halved if rest is not None), None) or times(TWO, node)
