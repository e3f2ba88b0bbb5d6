"""What idles in a repaired line: it is true, and nobody would write it so."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from chainrule.algebra.expressions import Expression
from chainrule.checking.judging.surgery import bare
from chainrule.checking.judging.trials import Trial
from chainrule.checking.meaning.reading import all_ones
from chainrule.checking.meaning.symbols import nodes_of
from chainrule.checking.parsing.syntax import (
    ELEMENTWISE,
    Apply,
    BigSum,
    Fraction,
    Name,
    Node,
    Numeral,
    Product,
    Script,
    Scripted,
    Sum,
)

__all__ = ["has_idle_part"]


def has_idle_part(node: Node, trial: Trial, counts: Sequence[Node]) -> bool:
    """Return whether something in a formula could as well not be there.

    Parameters
    ----------
    node : Node
        The formula.
    trial : Trial
        Of its line.
    counts : sequence of Node
        Numbers of samples, by which a line is divided once.
    """
    below = {id(bare(each.denominator)) for each in nodes_of(node) if isinstance(each, Fraction)}
    return any(_idles(part, trial, counts) for part in nodes_of(node) if id(part) not in below)


def _idles(node: Node, trial: Trial, counts: Sequence[Node]) -> bool:
    match node:
        case Sum(terms):
            pairs = (Sum(pair) for pair in combinations(terms, 2))
            return any(_is_nothing(trial.meaning(each), trial) for each in (node, *pairs))
        case Product(factors):
            is_counted = sum(_power(each, counts) for each in factors) > 1
            return is_counted or any(trial.agree(one * other, one) for one, other in _pairs(node, trial))
        case BigSum(body) | Apply(Name("sum" | "mean"), (body, *_)):
            whole, part = trial.meaning(node), trial.meaning(body)
            return whole is not None and part is not None and trial.agree(part, whole)
    return False


def _power(node: Node, counts: Sequence[Node]) -> int:
    """Return how often a factor is divided by a number of samples; none is multiplied by it, which counts as twice."""
    match bare(node):
        case Fraction(Numeral("1"), denominator):
            return _power(denominator, counts) - (denominator in counts)
        case Scripted(base, None, Script((Numeral(power),))):
            return int(power) * (base in counts)
        case one:
            return 2 * (one in counts)


def _is_nothing(whole: Expression | None, trial: Trial) -> bool:
    return whole is not None and trial.agree(whole - whole, whole)


def _pairs(node: Product, trial: Trial) -> Iterator[tuple[Expression, Expression]]:
    """Yield what is multiplied entry by entry, or with a number: ones with each factor, each with each other."""
    meanings = [trial.meaning(bare(factor)) for factor in node.factors]
    for place, one in enumerate(meanings):
        signs = {*node.operators[max(place - 1, 0) : place], *node.operators[place : place + 1]}
        says_one = one is not None and (one.symbols or isinstance(node.factors[place], Apply))
        if one is not None and says_one and (one.shape.is_scalar or signs & ELEMENTWISE):
            yield all_ones(*one.shape), one
    for first, second in combinations(range(len(meanings)), 2):
        one, other = meanings[first], meanings[second]
        are_numerals = isinstance(node.factors[first], Numeral) or isinstance(node.factors[second], Numeral)
        if one is None or other is None or one.shape != other.shape or are_numerals:
            continue
        if one.shape.is_scalar or ELEMENTWISE.issuperset(node.operators[first:second]):
            yield from ((one, other), (other, one))
