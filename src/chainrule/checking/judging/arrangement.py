"""Factors that do not conform, in an order and with transposes in which they do."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise, permutations, product

from chainrule.algebra.expressions import Shape
from chainrule.checking.judging.surgery import flipped, places
from chainrule.checking.meaning.inference import runs_of
from chainrule.checking.parsing.syntax import Node, Operator, Product

__all__ = ["arranged"]

MOST_FACTORS = 4  # of a matrix product
MOST_ARRANGEMENTS = 60


def arranged(node: Node, shape: Callable[[Node], Shape | None]) -> Iterator[Node]:
    """Yield a formula, and what it is with the factors of its matrix products in other orders, or transposed.

    Parameters
    ----------
    node : Node
        The formula.
    shape : callable
        The shape of a formula exactly as it is written, nothing where it has none.
    """
    yield node
    yield from islice(_arranged(node, shape), MOST_ARRANGEMENTS)


def _arranged(node: Node, shape: Callable[[Node], Shape | None]) -> Iterator[Node]:
    """Yield the arrangements of a formula that conform, those of its parts first."""
    parts = [[part, *islice(_arranged(part, shape), MOST_ARRANGEMENTS)] for part, _ in places(node)]
    for chosen in islice(product(*parts), MOST_ARRANGEMENTS):
        whole = node
        for number, part in enumerate(chosen):
            if part is not parts[number][0]:
                whole = list(places(whole))[number][1](part)
        if isinstance(whole, Product) and shape(whole) is None:
            yield from _reordered(whole, shape)
        elif whole is not node:
            yield whole


def _reordered(node: Product, shape: Callable[[Node], Shape | None]) -> Iterator[Node]:
    runs = [list(_of_run(run, shape)) for run in runs_of(node)]
    outer: list[Operator] = [sign for sign in node.operators if sign in ("⊙", "*")]
    for chosen in islice(product(*runs), MOST_ARRANGEMENTS):
        factors = [factor for run in chosen for factor in run]
        signs: list[Operator] = []
        for number, run in enumerate(chosen):
            signs += [outer[number - 1]] if number else []
            signs += [""] * (len(run) - 1)
        arrangement = Product(tuple(factors), tuple(signs))
        if shape(arrangement) is not None:
            yield arrangement


def _of_run(run: Sequence[Node], shape: Callable[[Node], Shape | None]) -> Iterator[tuple[Node, ...]]:
    """Yield the factors of a matrix product so that each has as many columns as the next has rows."""
    shapes = {id(factor): shape(factor) for factor in run}
    numbers = tuple(factor for factor in run if shapes[id(factor)] == (1, 1))
    matrices = [factor for factor in run if shapes[id(factor)] not in (None, (1, 1))]
    if len(matrices) + len(numbers) < len(run) or len(matrices) > MOST_FACTORS:
        return
    for order in permutations(matrices):
        for turns in product((False, True), repeat=len(order)):
            sizes = [shapes[id(factor)] for factor in order]
            ends = [size[::-1] if turn else size for size, turn in zip(sizes, turns, strict=True) if size is not None]
            if all(one[1] == other[0] for one, other in pairwise(ends)):
                turned = (flipped(f) if turn else f for f, turn in zip(order, turns, strict=True))
                yield (*numbers, *turned)
