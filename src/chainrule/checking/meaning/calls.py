"""What functions by name mean: activations, softmax, reductions, indicators."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import numpy as np

from chainrule.activations import Array
from chainrule.algebra import functions as fn
from chainrule.algebra.expressions import (
    Call,
    Cases,
    Comparison,
    Diagonal,
    Expression,
    Indicator,
    Number,
    Power,
    ShapeError,
    as_expression,
)
from chainrule.checking.meaning.applications import called
from chainrule.checking.meaning.inference import INDICATORS, axis_of, keywords_of
from chainrule.checking.meaning.reading import Reading, all_ones, as_column, built, size_as_number, total
from chainrule.checking.meaning.shapes import SAMPLES
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.syntax import Apply, Name, Node, Numeral, Relation, Scripted

if TYPE_CHECKING:
    from chainrule.checking.meaning.meaning import Meaning

__all__ = ["LEAKY", "SLOPES", "UNDEFINED", "activation_named", "any_function", "function_name", "readings_of_call"]

IDENTITY = fn.Function("identity", lambda z: z)
IDENTITY_PRIME = fn.Function("identity_prime", lambda z: z * 0 + 1)
ELEMENTWISE: Mapping[str, fn.Function] = {
    "exp": fn.EXP,
    "log": fn.LOG,
    "ln": fn.LOG,
    "σ": fn.LOGISTIC,
    "sigmoid": fn.LOGISTIC,
    "logistic": fn.LOGISTIC,
    "sigm": fn.LOGISTIC,
    "tanh": fn.TANH,
    "relu": fn.RELU,
    "identity": IDENTITY,
    "softplus": fn.SOFTPLUS,
    "swish": fn.SWISH,
    "silu": fn.SWISH,
    "elu": fn.ELU,
    "step": fn.STEP,
    "heaviside": fn.STEP,
    "sign": fn.SIGN,
    "sgn": fn.SIGN,
    "abs": fn.ABSOLUTE,
}
SLOPES: Mapping[fn.Function, fn.Function] = {
    fn.EXP: fn.EXP,
    fn.LOGISTIC: fn.LOGISTIC_PRIME,
    fn.TANH: fn.TANH_PRIME,
    fn.RELU: fn.RELU_PRIME,
    fn.LEAKY_RELU: fn.LEAKY_RELU_PRIME,
    IDENTITY: IDENTITY_PRIME,
    fn.SOFTPLUS: fn.LOGISTIC,
    fn.SWISH: fn.SWISH_PRIME,
    fn.ELU: fn.ELU_PRIME,
    fn.ABSOLUTE: fn.SIGN,
}
WITH_SCALES = {fn.LEAKY_RELU_PRIME: fn.LEAKY_RELU, fn.ELU_PRIME: fn.ELU}
LEAKY = {"leakyrelu", "leaky_relu", "lrelu"}
ALONG_CLASSES = {"softmax": fn.SOFTMAX, "logsumexp": fn.LOGSUMEXP, "lse": fn.LOGSUMEXP}
OTHERS = {
    "diag",
    "max",
    "maximum",
    "min",
    "sum",
    "mean",
    "sqrt",
    "outer",
    "where",
    "shape",
    "size",
    "onehot",
    "tr",
    "trace",
}
UNDEFINED = {"exp", "log", "ln", *OTHERS, *INDICATORS}  # everybody knows what these are
FUNCTIONS = {*ELEMENTWISE, *LEAKY, *ALONG_CLASSES, *OTHERS, *INDICATORS}


def function_name(node: Node) -> str:
    """Return the name of a function by which a node calls one, with a prime for a derivative; or nothing."""
    of, _, primes = called(node)
    is_bare = not isinstance(of, Scripted)
    while isinstance(of, Scripted) and of.sup is None:  # the α of LeakyReLU_α
        primes, of = primes + of.primes, of.base
    if not isinstance(of, Name | Numeral):
        return ""
    name = of.text if of.text in FUNCTIONS else of.text.casefold().replace(" ", "").replace("-", "")
    return name + "'" * primes if name in FUNCTIONS and (is_bare or name in LEAKY) else ""


def activation_named(name: str) -> fn.Function | None:
    """Return the elementwise function of a name."""
    plain = name.casefold().replace(" ", "").replace("-", "")
    return fn.LEAKY_RELU if plain in LEAKY else ELEMENTWISE.get(plain)


def any_function(letter: str, number: int, *, is_share: bool = False) -> dict[str, fn.Function]:
    """Return an activation of which only the letter is known, and its derivative: what holds for it holds for all.

    Two with different numbers are different activations. One whose logarithm is taken has values between 0 and 1.
    """
    bend = 0.7 + 0.4 * number
    sigma = fn.LOGISTIC.value

    def share(z: Array) -> Array:
        return sigma(z) ** (1 + bend)

    def slope_of_share(z: Array) -> Array:
        return (1 + bend) * share(z) * (1 - sigma(z))

    def bent(z: Array) -> Array:
        return 0.5 * z + bend * np.log(1 + np.exp(z))

    def slope(z: Array) -> Array:
        return 0.5 + bend * sigma(z)

    value, derivative = (share, slope_of_share) if is_share else (bent, slope)
    return {letter: fn.Function(letter, value), f"{letter}'": fn.Function(f"{letter}_prime", derivative)}


def readings_of_call(node: Apply, meaning: "Meaning") -> Iterator[Reading]:
    """Yield what a function's value can mean."""
    name = meaning.function_of(node.function)
    bare = name.rstrip("'")
    known = meaning.functions.get(bare) or activation_named(bare)
    if name in ALONG_CLASSES or (known is not None and known.along_axis and name == bare):
        along = known or ALONG_CLASSES[name]
        yield from _built(lambda z: Call(along, (z,), _class_axis(z, node, meaning)), node, meaning)
    elif known is not None:
        function = meaning.functions.get(name) or {bare: known, f"{bare}'": SLOPES.get(known)}.get(name)
        if function is None:
            raise NotUnderstood("no-derivative", node)
        yield from _elementwise(function, node, meaning)
    elif name in INDICATORS and len(node.arguments) == 1:
        yield Reading(_indicator(node, meaning))
    elif name in NAMED:
        yield from NAMED[name](node, meaning)
    else:
        raise NotUnderstood("unknown-function", node.function)


def _arguments(node: Apply) -> list[Node]:
    keywords = keywords_of(node)
    return [argument for argument in node.arguments if argument not in keywords]


def _built(build: Callable[..., Expression], node: Apply, meaning: "Meaning", count: int = 1) -> Iterator[Reading]:
    arguments = _arguments(node)
    if len(arguments) != count:
        raise NotUnderstood("number-of-arguments", node, expected=count, given=len(arguments))
    yield from built(build, [meaning.readings(argument) for argument in arguments])


def _elementwise(function: fn.Function, node: Apply, meaning: "Meaning") -> Iterator[Reading]:
    default = {fn.LEAKY_RELU: meaning.slope, fn.ELU: Numeral("1")}.get(WITH_SCALES.get(function, function))
    if default is None:
        others = tuple(meaning.strict(Name(letter)) for letter in function.letters)
        yield from _built(lambda z: Call(function, (z, *others)), node, meaning)
        return
    scale = meaning.strict(slope_in(node) or default)
    yield from built(lambda z: Call(function, (z, scale)), [meaning.readings(node.arguments[0])])


def slope_in(node: Apply) -> Node | None:
    """Return the α that stands beside a leaky ReLU or an ELU: below its name, as a keyword, or as a second argument."""
    function = node.function
    while isinstance(function, Scripted):
        if function.sub is not None and len(function.sub.items) == 1:
            return function.sub.items[0]
        function = function.base
    others = node.arguments[1:2]
    return others[0].sides[1] if others and isinstance(others[0], Relation) else next(iter(others), None)


def _class_axis(z: Expression, node: Apply, meaning: "Meaning") -> Literal[0, 1]:
    """Return the axis that a softmax goes along: a vector's own, what is said, or that of the classes."""
    said = axis_of(node)
    if said is not None:
        return 0 if said == 0 else 1
    if z.shape.is_vector and not z.shape.is_scalar and SAMPLES not in z.shape:
        return 1 if z.shape.rows == 1 else 0
    return 1 if meaning.shapes.layout == "rows" else 0


def _indicator(node: Apply, meaning: "Meaning") -> Expression:
    condition = meaning.condition(node.arguments[0])
    if condition is None:
        raise NotUnderstood("indicator-of-what", node)
    return Indicator(condition)


def _reduced(node: Apply, meaning: "Meaning") -> Iterator[Reading]:
    """Yield np.sum or np.mean of all, down the columns, or along the rows."""
    axis = axis_of(node)
    mean = meaning.function_of(node.function) == "mean"

    def reduce(x: Expression) -> Expression:
        rows, columns = x.shape
        left = all_ones(1, rows) @ x if axis != 1 else x
        summed = left @ all_ones(columns, 1) if axis != 0 else left
        counted = (size_as_number(rows) if axis != 1 else as_expression(1)) * (
            size_as_number(columns) if axis != 0 else as_expression(1)
        )
        return summed / counted if mean else summed

    yield from _built(reduce, node, meaning)


def _largest(node: Apply, meaning: "Meaning") -> Iterator[Reading]:
    """Yield the larger of two, entry by entry; of one the largest entry, of all or along an axis."""
    if len(_arguments(node)) > 1:
        yield from _built(lambda a, b: Call(fn.MAX, (a, b)), node, meaning, 2)
        return
    axis = axis_of(node)

    def largest(x: Expression) -> Expression:
        down = Call(fn.LARGEST, (x,), 0) if axis != 1 else x
        return Call(fn.LARGEST, (down,), 1) if axis != 0 else down

    yield from _built(largest, node, meaning)


def _smallest(node: Apply, meaning: "Meaning") -> Iterator[Reading]:
    yield from _built(lambda a, b: -Call(fn.MAX, (-a, -b)), node, meaning, 2)


def _where(node: Apply, meaning: "Meaning") -> Iterator[Reading]:
    condition = meaning.condition(node.arguments[0])
    if condition is None or len(node.arguments) != 3:
        raise NotUnderstood("where-of-what", node)
    otherwise = Comparison(as_expression(0), "=", as_expression(0))
    choices = [meaning.readings(value) for value in node.arguments[1:]]
    yield from built(lambda a, b: Cases(((a, condition), (b, otherwise))), choices)


def _shape(node: Apply, meaning: "Meaning") -> Iterator[Reading]:
    """Yield X.shape[0] as a number; of classes by their number there are as many as samples."""
    match node.arguments:
        case (of, Numeral("0")) if meaning.shapes.symbols.is_class(of):
            yield Reading(size_as_number(meaning.strict(of).shape[meaning.shapes.sample_axis]))
        case (of, Numeral("0" | "1" as axis)):
            yield Reading(size_as_number(meaning.strict(of).shape[int(axis)]))
        case _:
            raise NotUnderstood("no-such-axis", node)


def _size(node: Apply, meaning: "Meaning") -> Iterator[Reading]:
    """Yield y.size as a number."""
    if meaning.shapes.symbols.is_class(node.arguments[0]):
        yield from _shape(replace(node, arguments=(*node.arguments, Numeral("0"))), meaning)
        return

    def size(x: Expression) -> Expression:
        return size_as_number(x.shape.rows) @ size_as_number(x.shape.columns)

    yield from _built(size, node, meaning)


def _one_hot(node: Apply, meaning: "Meaning") -> Iterator[Reading]:
    """Yield the targets of classes by their number: the symbol that numbers them stands for them."""
    yield from _built(lambda targets: targets, node, meaning)


def _outer(node: Apply, meaning: "Meaning") -> Iterator[Reading]:
    yield from _built(lambda a, b: as_column(a) @ as_column(b).T, node, meaning, 2)


def _diagonal(node: Apply, meaning: "Meaning") -> Iterator[Reading]:
    yield from _built(Diagonal, node, meaning)


def _root(node: Apply, meaning: "Meaning") -> Iterator[Reading]:
    yield from _built(lambda x: Power(x, Number(Fraction(1, 2))), node, meaning)


def _trace(node: Apply, meaning: "Meaning") -> Iterator[Reading]:
    def trace(x: Expression) -> Expression:
        rows, columns = x.shape
        if rows != columns:
            raise ShapeError(f"a trace is of a square matrix; got {x.shape}")
        return total(x * Diagonal(all_ones(rows, 1)))

    yield from _built(trace, node, meaning)


NAMED: Mapping[str, Callable[[Apply, "Meaning"], Iterator[Reading]]] = {
    "diag": _diagonal,
    "max": _largest,
    "maximum": _largest,
    "min": _smallest,
    "sum": _reduced,
    "mean": _reduced,
    "sqrt": _root,
    "outer": _outer,
    "where": _where,
    "shape": _shape,
    "size": _size,
    "onehot": _one_hot,
    "tr": _trace,
    "trace": _trace,
}
