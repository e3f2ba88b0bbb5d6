"""What a sum means: over all of an axis, or over the part of it that its limits say."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

from chainrule.algebra.expressions import Comparison, Dimension, Expression, Indicator, Number, Summation
from chainrule.checking.meaning.inference import learn_letters
from chainrule.checking.meaning.ranges import ONE, Range, ranges_of, shortened
from chainrule.checking.meaning.reading import MOST_READINGS, Misfit, Reading, all_ones, joint, size_as_number
from chainrule.checking.meaning.shapes import SAMPLES
from chainrule.checking.meaning.symbols import bracketed_in, is_symbol, letter_of, letters_below, nodes_of
from chainrule.checking.meaning.unsaid import is_idle
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.syntax import BigSum, Name, Node, Numeral, Partial

if TYPE_CHECKING:
    from chainrule.checking.meaning.meaning import Meaning

__all__ = ["readings_of_sum"]


OVER_SAMPLES = "a sum over the samples"


def readings_of_sum(node: BigSum, meaning: "Meaning") -> Iterator[Reading]:
    """Yield what a sum can mean: over its letters; of a whole batch, over the samples."""
    over_samples = list(_over_samples(node, meaning)) if is_idle(node) else []
    try:
        yield from _over_letters(node, meaning)
    except NotUnderstood:
        if not over_samples:
            raise
    yield from over_samples


def _over_samples(node: BigSum, meaning: "Meaning") -> Iterator[Reading]:
    limit = None if node.above is None else meaning.shapes.size_of(node.above)
    if limit not in (None, SAMPLES) and not meaning.is_alias(limit, SAMPLES):
        return
    for reading in meaning.readings(node.body):
        rows, columns = reading.expression.shape
        if rows == SAMPLES:
            yield joint(all_ones(1, rows) @ reading.expression, [reading], OVER_SAMPLES)
        elif columns == SAMPLES:
            yield joint(reading.expression @ all_ones(columns, 1), [reading], OVER_SAMPLES)


def _over_letters(node: BigSum, meaning: "Meaning") -> Iterator[Reading]:
    """Yield a sum over its letters.

    A limit that names an axis says how far its letter runs; entries that run along another axis are none.
    """
    if not node.below:
        raise NotUnderstood("sum-over-what", node)
    ranges = [_ended(each, meaning) for each in ranges_of(node)]
    twice = next((each for each in ranges if _is_twice(each.letter, node.body)), None)
    try:
        yield from _summed_over(ranges, node, meaning)
    except Misfit:
        if twice is None:
            raise
        raise NotUnderstood("letter-twice", twice.below, name=twice.letter) from None


def _is_twice(letter: str, body: Node) -> bool:
    """Return whether a letter is a sample's, and that of an entry beside a ∂ as well: Σ_i ∂J(x^{(i)})/∂W_ij."""
    nodes = list(nodes_of(body))
    entries = (side for each in nodes if isinstance(each, Partial) for side in (each.of, each.by) if side is not None)
    samples = (item for each in nodes if is_symbol(each) for item in bracketed_in(each))
    return any(letter in letters_below(by) for by in entries) and any(letter_of(item) == letter for item in samples)


def _summed_over(ranges: Sequence[Range], node: BigSum, meaning: "Meaning") -> list[Reading]:
    shapes = meaning.shapes
    with shapes.bound({each.letter for each in ranges}):
        for each in ranges:
            if (said := _limit(each, meaning)) is not None and meaning.is_axis(said):
                shapes.letters[each.letter] = said
        learn_letters(node.body, shapes)
        conditions = [_conditions(each, meaning) for each in ranges]
        return [
            joint(_summed(reading.expression, ranges, conditions, meaning), [reading])
            for reading in islice(meaning.readings(node.body), MOST_READINGS)
        ]


def _ended(each: Range, meaning: "Meaning") -> Range:
    """Return a range with m for its end where i ≤ m says so, which is no condition."""
    if not each.letter:
        raise NotUnderstood("sum-over-what", each.below)
    ends = [of for of in each.conditions if of.signs == ("≤",) and meaning.shapes.size_of(of.sides[1]) is not None]
    ends = [of for of in ends if not _is_index(of.sides[1], meaning)]
    if not ends or each.end is not None:
        return each
    return replace(each, end=ends[0].sides[1], conditions=tuple(of for of in each.conditions if of != ends[0]))


def _is_index(node: Node, meaning: "Meaning") -> bool:
    return isinstance(node, Name) and node.text in meaning.shapes.letters


def _limit(each: Range, meaning: "Meaning") -> Dimension | None:
    """Return the dimension that a range ends with, or a little before."""
    return None if each.end is None else meaning.shapes.size_of(shortened(each.end)[0])


def _conditions(each: Range, meaning: "Meaning") -> list[Comparison]:
    """Learn how far a letter runs, and return the conditions on it."""
    letters, limit = meaning.shapes.letters, _limit(each, meaning)
    for condition in each.conditions:  # it runs as far as the letter that it is told from
        if _is_index(condition.sides[1], meaning):
            letters.setdefault(each.letter, letters[condition.sides[1].text])  # type: ignore[attr-defined]
    if each.letter not in letters:
        if limit is None:
            raise NotUnderstood("endless-sum", each.below)
        letters[each.letter] = limit
    known = meaning.shapes.find(letters[each.letter])
    if not meaning.has_axis(known):
        raise NotUnderstood("nothing-of-this-length", each.below)
    if each.end is not None and limit != known and not meaning.is_alias(limit, known):
        if isinstance(limit, int) and isinstance(known, int):
            raise Misfit("sum-of-another-length", each.end)
        raise NotUnderstood("sum-of-another-length", each.end)
    found = (meaning.condition(condition) for condition in each.conditions)
    return [*_part(each, known, meaning), *(condition for condition in found if condition is not None)]


def _part(each: Range, known: Dimension, meaning: "Meaning") -> Iterator[Comparison]:
    """Yield which part of an axis is meant: not its first entries, not its last; from 0 to n − 1 is all of it."""
    short = 0 if each.end is None else shortened(each.end)[1]
    index = meaning.index(each.letter)
    if each.begin == Numeral("0") and short == 1:
        return
    if each.begin != ONE:
        if not _is_index(each.begin, meaning) and (not isinstance(each.begin, Numeral) or each.begin.text == "0"):
            raise NotUnderstood("sum-not-from-1", each.below)
        yield Comparison(index, "≥", meaning.strict(each.begin))
    if short:
        yield Comparison(index, "≤", size_as_number(known) - Number(Fraction(short)))


def _summed(
    body: Expression, ranges: Sequence[Range], conditions: Sequence[Sequence[Comparison]], meaning: "Meaning"
) -> Expression:
    for each, found in zip(reversed(ranges), reversed(conditions), strict=True):
        for condition in found[1:]:
            body = body * Indicator(condition)
        body = Summation(body, meaning.index(each.letter), found[0] if found else None)
    return body
