"""Slips of the pen: what a true formula becomes when something is lost, swapped or doubled on the way."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import partial
from typing import NamedTuple

from chainrule.algebra import expressions as ex
from chainrule.algebra.expressions import Expression, Number, ShapeError, Symbol, as_expression, walk
from chainrule.derivation.setting import LOSS, Setting

__all__ = ["SLIPS", "Corruption", "Statement", "corruptions", "places"]


class Statement(NamedTuple):
    """A true equation: left = right, of a network."""

    setting: Setting
    left: Expression
    right: Expression


class Corruption(NamedTuple):
    """A formula with one slip in it.

    Attributes
    ----------
    slip : str
        Its name, such as missing-transpose.
    node : type of Expression
        The kind of node that it happened to.
    formula : Expression, optional
        What was written; None where its shapes do not conform, so that it cannot be built.
    """

    slip: str
    node: type[Expression]
    formula: Expression | None


# What builds a node as somebody miswrites it: not built yet, since it may not conform.
Rewriting = Callable[[], Expression]
Slip = Callable[[Statement, Expression], Iterator[Rewriting]]
Put = Callable[[Expression], Expression]


def corruptions(statement: Statement) -> Iterator[Corruption]:
    """Yield every slip at every place of the right-hand side.

    What comes out may be as true as what went in: the factors of a product of numbers can be swapped.
    """
    for node, put in places(statement.right):
        for name, slip in SLIPS.items():
            for rewriting in slip(statement, node):
                yield Corruption(name, type(node), _built(put, rewriting))


def places(expression: Expression) -> Iterator[tuple[Expression, Put]]:
    """Yield every node of an expression, and what returns the expression with another one in its place."""
    yield expression, lambda new: new
    for field in fields(expression):  # type: ignore[arg-type]
        for node, put in _places_in(getattr(expression, field.name)):
            yield node, partial(_with_field, expression, field.name, put)


def _places_in(value: object) -> Iterator[tuple[Expression, Callable[[Expression], object]]]:
    if isinstance(value, Expression):
        yield from places(value)
    elif isinstance(value, tuple):
        for k, item in enumerate(value):
            for node, put in _places_in(item):
                yield node, partial(_with_item, value, k, put)


def _with_field(of: Expression, name: str, put: Callable[[Expression], object], new: Expression) -> Expression:
    return replace(of, **{name: put(new)})  # type: ignore[type-var]


def _with_item(of: tuple[object, ...], k: int, put: Callable[[Expression], object], new: Expression) -> object:
    return (*of[:k], put(new), *of[k + 1 :])


def _built(put: Put, rewriting: Rewriting) -> Expression | None:
    try:
        return put(rewriting())
    except ShapeError:
        return None


def _is(expression: Expression) -> Rewriting:
    return lambda: expression


def _without(node: Expression, is_lost: Callable[[Expression], bool]) -> Iterator[Rewriting]:
    """Yield a sum or a product without one of its parts, for each that can be lost."""
    match node:
        case ex.Addition(parts) | ex.Product(parts) | ex.Hadamard(parts) if len(parts) > 1:
            for k, part in enumerate(parts):
                if is_lost(part):
                    left = (*parts[:k], *parts[k + 1 :])
                    yield _is(left[0]) if len(left) == 1 else partial(type(node), left)


def _sign(statement: Statement, node: Expression) -> Iterator[Rewriting]:
    match node:
        case ex.Negation(of):
            yield _is(of)
        case ex.Addition(terms):
            for k, term in enumerate(terms):
                yield partial(ex.Addition, (*terms[:k], -term, *terms[k + 1 :]))
        case _ if node is statement.right:
            yield _is(-node)


def _missing_mean(_: Statement, node: Expression) -> Iterator[Rewriting]:
    if node == ONE / M:
        yield _is(ONE)
    if not isinstance(node, ex.Addition):
        yield from _without(node, lambda part: {symbol.name for symbol in part.symbols} == {"s"})


def _missing_sum(_: Statement, node: Expression) -> Iterator[Rewriting]:
    match node:
        case ex.Summation(body):
            yield _is(body)
    yield from _without(node, lambda part: isinstance(part, ex.Ones))


def _missing_transpose(_: Statement, node: Expression) -> Iterator[Rewriting]:
    match node:
        case ex.Transpose(of):
            yield _is(of)


def _extra_transpose(_: Statement, node: Expression) -> Iterator[Rewriting]:
    if not node.shape.is_scalar and not isinstance(node, ex.Transpose):
        yield _is(node.T)


def _swapped_order(_: Statement, node: Expression) -> Iterator[Rewriting]:
    match node:
        case ex.Product(factors):
            for k in range(len(factors) - 1):
                yield partial(ex.Product, (*factors[:k], factors[k + 1], factors[k], *factors[k + 2 :]))
        case ex.Quotient(numerator, denominator):
            yield partial(ex.Quotient, denominator, numerator)


def _swapped_weights(statement: Statement, node: Expression) -> Iterator[Rewriting]:
    weights = [statement.setting.W(l) for l in statement.setting.layers]
    if node in weights:
        yield from (_is(W) for W in weights if node != W)


def _wrong_input(statement: Statement, node: Expression) -> Iterator[Rewriting]:
    """Write z for a, ŷ for Y, what goes into another layer for what goes into this one."""
    setting = statement.setting
    hidden = [q(l) for l in setting.layers[:-1] for q in (setting.z, setting.a)]
    quantities = [setting.a(0), *hidden, setting.z(setting.depth), setting.y_hat, setting.y]
    if node in quantities:
        yield from (_is(q) for q in quantities if node != q)


def _wrong_index(statement: Statement, node: Expression) -> Iterator[Rewriting]:
    """Write an entry's indices in the other order, or another index of the same dimension for one of them."""
    known = {i for side in (statement.left, statement.right) for i in walk(side) if isinstance(i, ex.Index)}
    match node:
        case ex.Entry(of, row, column):
            yield partial(ex.Entry, of, column, row)
            for index in sorted(known, key=str):
                if index != row and index.dimension == of.shape.rows:
                    yield partial(ex.Entry, of, index, column)
                if index != column and index.dimension == of.shape.columns:
                    yield partial(ex.Entry, of, row, index)


def _missing_activation_derivative(statement: Statement, node: Expression) -> Iterator[Rewriting]:
    match statement.left, node:
        case ex.Derivative(of, _), ex.Hadamard(factors) | ex.Product(factors) if of == LOSS and _is_hidden(statement):
            yield from (_is(factor) for factor in factors if isinstance(factor, ex.Derivative) and factor.of == LOSS)


def _is_hidden(statement: Statement) -> bool:
    """Return whether the left-hand side is a derivative by scores of a hidden layer, or by entries of them."""
    setting = statement.setting
    return not statement.left.symbols.isdisjoint(setting.z(l) for l in setting.layers[:-1])


def _missing_penalty(_: Statement, node: Expression) -> Iterator[Rewriting]:
    if isinstance(node, ex.Addition):
        yield from _without(node, lambda part: LAMBDA in part.symbols)


def _penalty_factor(_: Statement, node: Expression) -> Iterator[Rewriting]:
    factors = LAMBDA / M, LAMBDA / (TWO @ M), LAMBDA / TWO
    if node in factors:
        yield from (_is(factor) for factor in (*factors, LAMBDA) if node != factor)


def _penalty_on_bias(statement: Statement, node: Expression) -> Iterator[Rewriting]:
    setting, left = statement.setting, statement.left
    if node is not statement.right or setting.penalty == "none":
        return
    biases = [setting.b(l) for l in setting.layers]
    match left:
        case ex.Derivative(of, by) if of == LOSS and left.moved in biases:
            yield partial(ex.Addition, (node, setting.decay @ by))
        case Symbol() if left == LOSS:
            yield from (partial(ex.Addition, (node, setting.penalty_factor @ ex.Norm(b) ** 2)) for b in biases)


def _wrong_power(_: Statement, node: Expression) -> Iterator[Rewriting]:
    match node:
        case ex.Power(base, Number(exponent)):
            yield _is(base)
            yield partial(ex.Power, base, Number(exponent + 1))


def _wrong_number(_: Statement, node: Expression) -> Iterator[Rewriting]:
    match node:
        case Number(value):
            yield _is(Number(value + 1))


def _wrong_case(_: Statement, node: Expression) -> Iterator[Rewriting]:
    opposite: dict[ex.Relation, ex.Relation] = {"=": "≠", "≠": "=", ">": "≤", "≤": ">", "<": "≥", "≥": "<"}
    match node:
        case ex.Comparison(left, relation, right):
            yield partial(ex.Comparison, left, opposite[relation], right)
        case ex.Cases(((one, here), (other, there))):
            yield partial(ex.Cases, ((other, here), (one, there)))
        case ex.Matrix((first, second, *others)):
            yield partial(ex.Matrix, (second, first, *others))


def _missing_part(_: Statement, node: Expression) -> Iterator[Rewriting]:
    yield from _without(node, lambda part: True)
    match node:
        case ex.Quotient(numerator, _):
            yield _is(numerator)
        case ex.Call(_, (argument, *_)):
            yield _is(argument)
        case ex.Indicator():
            yield _is(ONE)
        case ex.Diagonal(of) | ex.Norm(of):
            yield _is(of)


ONE, TWO = as_expression(1), as_expression(2)
LAMBDA, M = Symbol("lambda"), Symbol("m")

SLIPS: dict[str, Slip] = {
    "sign": _sign,
    "missing-mean": _missing_mean,
    "missing-sum": _missing_sum,
    "missing-transpose": _missing_transpose,
    "extra-transpose": _extra_transpose,
    "swapped-order": _swapped_order,
    "swapped-weights": _swapped_weights,
    "wrong-input": _wrong_input,
    "wrong-index": _wrong_index,
    "missing-activation-derivative": _missing_activation_derivative,
    "missing-penalty": _missing_penalty,
    "penalty-factor": _penalty_factor,
    "penalty-on-bias": _penalty_on_bias,
    "wrong-power": _wrong_power,
    "wrong-number": _wrong_number,
    "wrong-case": _wrong_case,
    "missing-part": _missing_part,
}
