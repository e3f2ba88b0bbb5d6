"""What formulas say of shapes: each kind of node's own, and what it teaches about the symbols in it."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import singledispatch
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from chainrule.checking.meaning.ones import are_ones, length_of_ones
from chainrule.checking.meaning.ranges import ranges_of, shortened
from chainrule.checking.meaning.shapes import SAMPLES, SCALAR, Awaited, Conflict, Pair, Shapes, Unknown, turned
from chainrule.checking.meaning.symbols import Key, Reference, has_transpose, is_symbol, letters_below, nodes_of, within
from chainrule.checking.meaning.unsaid import letters_of
from chainrule.checking.parsing.syntax import (
    ELEMENTWISE,
    Apply,
    BigSum,
    Cases,
    Fraction,
    Group,
    Name,
    Negation,
    Node,
    Norm,
    Numeral,
    Partial,
    Product,
    Relation,
    Scripted,
    Sum,
    Table,
    Unread,
)
from chainrule.checking.patience import go_on

if TYPE_CHECKING:
    from chainrule.algebra.expressions import Dimension

__all__ = ["INDICATORS", "axis_of", "infer", "inferred", "keywords_of", "learn_letters", "runs_of"]

INDICATORS = {"1", "𝟙", "I", "𝕀", "𝟏"}
TRACES = {"tr", "Tr", "trace"}
REDUCTIONS = {"sum", "mean", "max", "amax"}
OF_CLASSES = {"logsumexp", "LSE", "lse"}  # reductions of each sample's classes, unless they say more


def infer(node: Node, shapes: Shapes, want: Pair | None = None) -> Pair:
    """Return a formula's shape, and learn from it those of the symbols that it is the first to use.

    Parameters
    ----------
    node : Node
        The formula.
    shapes : Shapes
        What is known, and learned.
    want : pair, optional
        The shape that it has to have where it stands, if that is known.

    Raises
    ------
    Conflict
        If no shapes fit.
    Unknown
        If a symbol's shape has to come from elsewhere.
    """
    go_on()
    return _symbol(shapes.symbols.resolve(node), shapes, want) if is_symbol(node) else _infer(node, shapes, want)


def learn_letters(node: Node, shapes: Shapes, *, only_sure: bool = False) -> None:
    """Learn how far letters run from the entries of symbols whose shapes are known; a sum's letters are its own.

    What could be a row or a column does not make sure.
    """
    if isinstance(node, BigSum):
        with shapes.bound({each.letter for each in ranges_of(node)}):
            _learn_limits(node, shapes)
            learn_letters(node.body, shapes, only_sure=only_sure)
        return
    with suppress(Conflict, Unknown):
        if isinstance(node, Scripted) and node.sub is not None and not is_symbol(node):
            infer(node, shapes)
        elif is_symbol(node):
            reference = shapes.symbols.resolve(node)
            if reference.key in shapes.of and not (only_sure and shapes.is_row_or_column(reference)):
                shapes.indexed(shapes.of[reference.key], reference)
    for child in within(node):
        learn_letters(child, shapes, only_sure=only_sure)


@singledispatch
def _infer(_node: Node, _shapes: Shapes, _want: Pair | None) -> Pair:
    return SCALAR  # numbers, dots


@_infer.register
def _(_node: Unread, _shapes: Shapes, _want: Pair | None) -> Pair:
    raise Conflict("what is not understood has no shape")


@_infer.register
def _(node: Negation, shapes: Shapes, want: Pair | None) -> Pair:
    return infer(node.of, shapes, want)


@_infer.register
def _(node: Group, shapes: Shapes, want: Pair | None) -> Pair:
    if len(node.items) != 1:
        raise Conflict("a list has no shape")
    pair = infer(node.items[0], shapes, want)
    if node.brackets == "||" and shapes.is_loss and shapes.known(pair) != SCALAR:
        raise Conflict("|v| of a vector in a loss: its norm, or that of each entry?")
    return pair


@_infer.register
def _(node: Norm, shapes: Shapes, _want: Pair | None) -> Pair:
    infer(node.of, shapes)
    return SCALAR


@_infer.register
def _(node: Partial, shapes: Shapes, want: Pair | None) -> Pair:
    moved = node.by if node.by is not None else node.of
    return infer(moved, shapes, want) if moved is not None else SCALAR


@_infer.register
def _(node: Relation, shapes: Shapes, want: Pair | None) -> Pair:
    letters = [side.text for side in node.sides if isinstance(side, Name) and side.text in shapes.letters]
    sides = [side for side in node.sides if not (isinstance(side, Name) and side.text in letters)]
    if letters and all(map(shapes.symbols.is_class, sides)):
        for side in sides:
            shapes.choose(side, shapes.letters[letters[0]])
        return SCALAR
    return shapes.joined(*(infer(side, shapes, want) for side in sides))


@_infer.register
def _(node: Cases, shapes: Shapes, want: Pair | None) -> Pair:
    inferred((condition for _, condition in node.branches if isinstance(condition, Relation)), shapes)
    return shapes.joined(*(infer(value, shapes, want) for value, _ in node.branches))


@_infer.register
def _(node: Table, _shapes: Shapes, _want: Pair | None) -> Pair:
    return len(node.rows), len(node.rows[0])


@_infer.register
def _(node: BigSum, shapes: Shapes, want: Pair | None) -> Pair:
    letters = letters_of(node)
    if not letters and not shapes.is_settled:
        raise Conflict("a sum over nothing")
    with shapes.bound(letters):
        _learn_limits(node, shapes)
        learn_letters(node.body, shapes)
        for letter in letters if not shapes.is_settled else ():
            shapes.letters.setdefault(letter, shapes.fresh())
        pair = infer(node.body, shapes, want)
        for letter in letters if not shapes.is_settled else ():
            if shapes.find(shapes.letters[letter]) == SAMPLES and _is_contracted(letter, node.body):
                raise Conflict("a product over the samples")
        return pair


def _is_contracted(letter: str, body: Node) -> bool:
    """Return whether a sum over a letter multiplies matrices: W_kj X_jn, unlike Y_kj P_kj."""
    others = [
        letters_below(factor) - {letter}
        for each in nodes_of(body)
        if isinstance(each, Product)
        for factor in each.factors
        if letter in letters_below(factor)
    ]
    return any(one and other and one != other for one, other in combinations(others, 2))


def _learn_limits(node: BigSum, shapes: Shapes) -> None:
    """Learn from a definition how far the letters of a sum run, where it says so."""
    for each in ranges_of(node) if not shapes.is_settled else ():
        limit = None if each.end is None else shapes.size_of(shortened(each.end)[0])
        if limit is not None:
            shapes.letters.setdefault(each.letter, limit)


def _symbol(reference: Reference, shapes: Shapes, want: Pair | None) -> Pair:
    if reference.key not in shapes.of:
        shapes.learn(reference, want)
    pair = shapes.indexed(shapes.of[reference.key], reference)
    return turned(pair) if reference.is_transposed else pair


@_infer.register
def _(node: Scripted, shapes: Shapes, want: Pair | None) -> Pair:
    """Return the shape of (…)ᵀ, (…)_i, (…)², 1_m."""
    if (length := length_of_ones(node)) is not None and (size := shapes.size_of(length)) is not None:
        return (1, size) if has_transpose(node) else (size, 1)
    is_turned = has_transpose(node)
    if is_turned and want is not None:
        want = turned(want)
    pair = infer(node.base, shapes, want if node.sub is None else None)
    if node.sub is not None and not isinstance(node.base, Numeral):
        pair = shapes.indexed(pair, Reference(_NOBODY, node.sub.items))
    return turned(pair) if is_turned else pair


_NOBODY = Key("")


@_infer.register
def _(node: Sum, shapes: Shapes, want: Pair | None) -> Pair:
    """Return the shape of a sum; a target has that of the others, and a term of unknown shape is a bias."""
    pair: Pair = SCALAR
    known: list[Node] = []
    awaited: list[Node] = []
    waiting: list[Node] = []
    for term in node.terms:
        try:
            pair = shapes.joined(pair, infer(term, shapes))
            known.append(term)
        except Unknown as error:
            if isinstance(error, Awaited) and not _is_target(term, shapes):
                raise
            (awaited if _is_target(term, shapes) else waiting).append(term)
    if awaited and not any(is_symbol(each) for term in known for each in nodes_of(term)):
        raise Awaited("a target")
    if waiting and pair == SCALAR:
        if want is None or not all(map(is_symbol, waiting)):
            raise Unknown("a sum")
        pair = want
    bias = list(pair)
    bias[shapes.sample_axis] = 1
    for term in waiting:
        bias = list(pair)
        bias[shapes.sample_axis] = 1
        infer(term, shapes, (bias[0], bias[1]))
    for term in awaited:
        infer(term, shapes, pair)
    return pair


def _is_target(node: Node, shapes: Shapes) -> bool:
    of = node.of if isinstance(node, Negation) else node
    return is_symbol(of) and shapes.is_target(shapes.symbols.resolve(of).key)


@_infer.register
def _(node: Fraction, shapes: Shapes, want: Pair | None) -> Pair:
    if isinstance(node.numerator, Partial) and isinstance(node.denominator, Partial) and node.denominator.of:
        return infer(node.denominator.of, shapes)
    pair = infer(node.numerator, shapes, want)
    return shapes.joined(pair, infer(node.denominator, shapes, SCALAR))


@_infer.register
def _(node: Apply, shapes: Shapes, want: Pair | None) -> Pair:
    name = node.function.text if isinstance(node.function, Name) else ""
    if name in ("shape", "size"):
        return SCALAR
    if name in TRACES:
        return _traced(node, shapes)
    is_reduced = name in REDUCTIONS | OF_CLASSES and len(node.arguments) - len(keywords_of(node)) == 1
    arguments = [argument for argument in node.arguments if argument not in keywords_of(node)]
    pairs = [infer(argument, shapes, None if is_reduced else want) for argument in arguments]
    if is_reduced:
        axis = 1 - shapes.sample_axis if name in OF_CLASSES else None
        return _reduced(pairs[0], axis if (said := axis_of(node)) is None else said, shapes)
    if name == "outer" and len(pairs) == 2:
        return tuple(next((each for each in pair if shapes.find(each) != 1), 1) for pair in pairs)  # type: ignore[return-value]
    return shapes.joined(*pairs)


def _traced(node: Apply, shapes: Shapes) -> Pair:
    """Return the shape of a trace, a number, of a square matrix, which may be a product over the samples."""
    (of,) = node.arguments if len(node.arguments) == 1 else (Group(node.arguments),)
    if isinstance(of, Product) and len(runs_of(of)) == 1 and (pairs := _multiplied(of.factors, shapes, None)):
        rows, columns = pairs[0][0], pairs[-1][1]
    else:
        rows, columns = infer(of, shapes)
    shapes.unify(rows, columns)
    return SCALAR


def keywords_of(node: Apply) -> tuple[Node, ...]:
    """Return the arguments with a name: axis=1, α = 0.01; what an indicator has is a condition."""
    if isinstance(node.function, Name | Numeral) and node.function.text in INDICATORS:
        return ()
    return tuple(each for each in node.arguments if isinstance(each, Relation) and each.signs == ("=",))


def axis_of(node: Apply) -> int | None:
    """Return what ``axis=`` says, 0 or 1."""
    for argument in node.arguments:
        match argument:
            case Relation((Name("axis"), Numeral(text)), ("=",)):
                return int(text)
            case Relation((Name("axis"), Negation(Numeral("1"))), ("=",)):
                return 1
    return None


def _reduced(pair: Pair, axis: int | None, shapes: Shapes) -> Pair:
    rows, columns = shapes.known(pair)
    return SCALAR if axis is None else (1, columns) if axis == 0 else (rows, 1)


def runs_of(product: Product) -> list[list[Node]]:
    """Return the factors of a product as runs of a matrix product, between which elementwise signs stand."""
    runs = [[product.factors[0]]]
    for sign, factor in zip(product.operators, product.factors[1:], strict=True):
        if sign in ELEMENTWISE:
            runs.append([factor])
        else:
            runs[-1].append(factor)
    return runs


@_infer.register
def _(node: Product, shapes: Shapes, want: Pair | None) -> Pair:
    runs = runs_of(node)
    waiting, pairs = [], []
    for run in runs:
        try:
            pairs.append(_run(run, shapes, want if len(runs) == 1 else None))
        except Awaited:
            raise
        except Unknown:
            waiting.append(run)
    result = shapes.joined(*pairs) if pairs else want
    for run in waiting:
        if result is None:
            raise Unknown("a product")
        result = shapes.joined(result, _run(run, shapes, result))
    return result or SCALAR


def _run(factors: Sequence[Node], shapes: Shapes, want: Pair | None) -> Pair:
    """Return the shape of a matrix product; in definitions nobody multiplies over the samples, but for the loss."""
    if len(factors) == 1:
        return infer(factors[0], shapes, want)
    is_known = all(_tried(factor, shapes) or _is_target(factor, shapes) for factor in factors)
    pairs = _multiplied(factors, shapes, want)
    result = (pairs[0][0], pairs[-1][1]) if pairs else SCALAR
    if not shapes.is_settled and SAMPLES in {shapes.find(pair[1]) for pair in pairs[:-1]}:
        if not (is_known and shapes.is_loss):
            raise Conflict("a product over the samples")
        shapes.meet(result, SCALAR)
    return shapes.known(result)


def _multiplied(factors: Sequence[Node], shapes: Shapes, want: Pair | None) -> list[Pair]:
    """Return the shapes of the matrices of a product, in which unknown ones take what fits their neighbours."""
    found = [_tried(factor, shapes) for factor in factors]
    # An entry's letters may have become known by the factors after it.
    found = [_tried(factor, shapes) if pair is None else pair for factor, pair in zip(factors, found, strict=True)]
    matrices = [
        (factor, pair)
        for factor, pair in zip(factors, found, strict=True)
        if pair is None or shapes.known(pair) != SCALAR
    ]
    if all(isinstance(factor, Numeral) for factor, _ in matrices):  # beside numbers a 1 is a number too
        return []
    if len(matrices) == 1 and _is_target(matrices[0][0], shapes):
        want = want or SCALAR
    pairs = _filled(matrices, shapes, want)
    for one, other in pairwise(pairs):
        shapes.unify(one[1], other[0])
    return pairs


def _tried(factor: Node, shapes: Shapes) -> Pair | None:
    if are_ones(factor) and not shapes.is_settled:
        return (1, shapes.fresh()) if has_transpose(factor) else (shapes.fresh(), 1)
    try:
        return infer(factor, shapes)
    except Awaited:
        raise
    except Unknown:
        return None


def _filled(matrices: Sequence[tuple[Node, Pair | None]], shapes: Shapes, want: Pair | None) -> list[Pair]:
    """Return the factors' shapes: each unknown one has its rows from the left and its columns from the right."""
    pairs: list[Pair] = []
    for place, (factor, pair) in enumerate(matrices):
        left = pairs[-1] if pairs else None
        right = matrices[place + 1][1] if place + 1 < len(matrices) else None
        if pair is None and left is None and right is None and (want is None or len(matrices) > 1):
            raise Unknown("a factor")
        beside = [each for each, _ in matrices[max(0, place - 1) : place + 2]]
        is_outer = any(are_ones(each) or length_of_ones(each) or _is_target(each, shapes) for each in beside)
        if pair is None and not is_outer and 1 in (left and shapes.find(left[1]), right and shapes.find(right[0])):
            raise Conflict("a product over an axis of 1")
        pairs.append(pair or infer(factor, shapes, _between(factor, left, right, want, shapes)))
    return pairs


def _between(factor: Node, left: Pair | None, right: Pair | None, want: Pair | None, shapes: Shapes) -> Pair:
    """Return the shape that fits an unknown factor's neighbours; a target has that of what it is beside."""
    beside = right or left
    if beside and _is_target(factor, shapes):
        return turned(beside) if has_transpose(factor) else beside
    rows: Dimension = left[1] if left else want[0] if want else shapes.fresh()
    columns: Dimension = right[0] if right else want[1] if want else shapes.fresh()
    return rows, columns


def inferred(nodes: Iterable[Node], shapes: Shapes) -> None:
    """Learn what can be learned from formulas, of which some may have no shape."""
    for node in nodes:
        try:
            infer(node, shapes)
        except (Conflict, Unknown):
            continue
