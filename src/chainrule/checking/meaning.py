"""What a formula means: its expressions, strictly as written first, then with what a kind reader would grant."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction as Rational
from itertools import islice, product
from typing import Any

from chainrule.algebra import functions as fn
from chainrule.algebra.expressions import (
    Addition,
    Call,
    Comparison,
    Derivative,
    Diagonal,
    Dimension,
    Entry,
    Expression,
    Hadamard,
    Index,
    Indicator,
    Matrix,
    Number,
    Ones,
    Power,
    Quotient,
    Shape,
    ShapeError,
    Summation,
    Symbol,
    as_expression,
)
from chainrule.algebra.expressions import Cases as CasesOf
from chainrule.algebra.expressions import Norm as NormOf
from chainrule.algebra.expressions import Product as ProductOf
from chainrule.checking.shapes import Shapes, runs_of
from chainrule.checking.symbols import Key, Reference, is_symbol
from chainrule.checking.syntax import (
    Apply,
    BigSum,
    Cases,
    Dots,
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
)

__all__ = ["Meaning", "NotUnderstood", "Reading"]

MOST_READINGS = 24


class NotUnderstood(Exception):
    """A formula, or a part of it, that has no meaning here; never guessed at."""

    def __init__(self, message: str, node: Node) -> None:
        super().__init__(message)
        self.node = node


@dataclass(frozen=True)
class Reading:
    """An expression, and the conventions that it takes to read the formula so."""

    expression: Expression
    granted: tuple[str, ...] = ()


ELEMENTWISE: Mapping[str, fn.Function] = {
    "exp": fn.EXP,
    "log": fn.LOG,
    "ln": fn.LOG,
    "σ": fn.LOGISTIC,
    "sigmoid": fn.LOGISTIC,
    "logistic": fn.LOGISTIC,
    "tanh": fn.TANH,
    "relu": fn.RELU,
}
SLOPES: Mapping[fn.Function, fn.Function] = {
    fn.LOGISTIC: fn.LOGISTIC_PRIME,
    fn.TANH: fn.TANH_PRIME,
    fn.RELU: fn.RELU_PRIME,
    fn.LEAKY_RELU: fn.LEAKY_RELU_PRIME,
}
LEAKY = {"leakyrelu", "leaky_relu", "lrelu"}
ALONG_CLASSES = {"softmax": fn.SOFTMAX, "logsumexp": fn.LOGSUMEXP, "lse": fn.LOGSUMEXP}
OTHERS = {"1", "𝟙", "I", "diag", "max", "maximum", "sum", "mean", "tr", "sqrt", "transpose", "outer", "where"}
FUNCTIONS = {*ELEMENTWISE, *LEAKY, *ALONG_CLASSES, *OTHERS}


def function_name(node: Node) -> str:
    """Return the name of a function by which a node calls one, with a prime for a derivative; or nothing."""
    primes = 0
    while isinstance(node, Scripted) and node.sub is None and node.sup is None:
        primes, node = primes + node.primes, node.base
    if not isinstance(node, Name | Numeral):
        return ""
    name = node.text if node.text in FUNCTIONS else node.text.casefold().replace(" ", "").replace("-", "")
    return name + "'" * primes if name in FUNCTIONS else ""


@dataclass
class Meaning:
    """How formulas of one document are understood.

    Attributes
    ----------
    shapes : Shapes
        Of its symbols.
    symbols : mapping of Key to Symbol
        Those that are defined or given.
    loss_of : callable
        The loss that a symbol's shorthand gradient, dW or δ, is of.
    writes_transposes : bool
        Whether the document has a transpose anywhere: one that never writes them leaves all to the reader.
    functions : mapping of str to Function
        What g, f, φ or σ stand for.
    """

    shapes: Shapes
    symbols: Mapping[Key, Symbol]
    loss_of: Callable[[Symbol], Symbol]
    writes_transposes: bool
    functions: Mapping[str, fn.Function] = field(default_factory=dict)

    def strict(self, node: Node) -> Expression:
        """Return what a formula says exactly as it is written.

        Raises
        ------
        NotUnderstood
            If it has no meaning so.
        """
        for reading in self.readings(node):
            if not reading.granted:
                return reading.expression
        raise NotUnderstood("the shapes do not conform", node)

    def readings(self, node: Node) -> list[Reading]:
        """Return what a formula can mean, the strict meaning first; nothing where the shapes allow none."""
        found: dict[Expression, Reading] = {}
        for reading in islice(self._readings(node), MOST_READINGS):
            found.setdefault(reading.expression, reading)
        return sorted(found.values(), key=lambda reading: len(reading.granted))

    def condition(self, node: Node) -> Comparison | None:
        """Return a relation of two sides as a condition on indices or entries, if it is one."""
        if not isinstance(node, Relation) or len(node.sides) != 2:
            return None
        left, right = (self.strict(side) for side in node.sides)
        sign = {"!=": "≠", "==": "=", "<=": "≤", ">=": "≥"}.get(node.signs[0], node.signs[0])
        if sign not in ("=", "≠", "<", "≤", ">", "≥"):
            return None
        return Comparison(left, sign, right)  # type: ignore[arg-type]

    # -- one kind of node each ----------------------------------------------------------------------------------------

    def _readings(self, node: Node) -> Iterator[Reading]:
        if is_symbol(node):
            yield Reading(self._symbol(node))
            return
        match node:
            case Numeral(text):
                yield Reading(as_expression(float(text)) if "e" in text.lower() else Number(Rational(text)))
            case Negation(of):
                yield from self._built((of,), lambda inner: -inner)
            case Sum(terms):
                yield from self._built(terms, lambda *parts: Addition(parts))
            case Group((of,), "()" | "[]" | "{}"):
                yield from self.readings(of)
            case Scripted():
                yield from self._scripted(node)
            case Fraction():
                yield from self._fraction(node)
            case Product():
                yield from self._product(self._applied(node))
            case Apply():
                yield from self._apply(node)
            case BigSum():
                yield from self._big_sum(node)
            case Cases(branches):
                yield Reading(self._cases(branches))
            case Table(rows):
                yield Reading(Matrix(tuple(tuple(self.strict(cell) for cell in row) for row in rows)))
            case Norm(of):
                yield from self._built((of,), NormOf)
            case Partial(of) if of is not None and node.by is None:
                yield Reading(self._gradient(of))
            case Partial(of, by) if of is not None and by is not None:
                yield from self._built((of, by), Derivative)
            case _:
                raise NotUnderstood(f"what does this {type(node).__name__.lower()} stand for?", node)

    def _built(self, nodes: tuple[Node, ...], build: Callable[..., Expression]) -> Iterator[Reading]:
        """Yield what can be built of all readings of some nodes."""
        for chosen in product(*(self.readings(node) for node in nodes)):
            try:
                expression = build(*(reading.expression for reading in chosen))
            except ShapeError:
                continue
            yield Reading(expression, tuple(dict.fromkeys(grant for reading in chosen for grant in reading.granted)))

    def _symbol(self, node: Node) -> Expression:
        reference = self.shapes.symbols.resolve(node)
        expression = self._named(reference, node)
        if reference.indices:
            expression = self._entry(expression, reference.indices, node)
        if reference.power is not None:
            expression = Power(expression, self.strict(reference.power))
        return expression.T if reference.is_transposed else expression

    def _named(self, reference: Reference, node: Node) -> Expression:
        key = reference.key
        if key in self.symbols:
            return self.symbols[key]
        if not (key.accent or key.primes or key.label or reference.indices) and key.text in self.shapes.letters:
            return self._index(key.text)
        if key.text.startswith("d") and len(key.text) > 1:  # dW2, dz of code
            rest = Key(key.text[1:], key.accent, key.primes, key.label)
            for candidate in (rest, _split(rest)):
                if candidate in self.symbols:
                    return Derivative(self.loss_of(self.symbols[candidate]), self.symbols[candidate])
        raise NotUnderstood(f"{key.name} is not defined", node)

    def _gradient(self, of: Node) -> Expression:
        symbol = self.strict(of)
        moved = symbol.of if isinstance(symbol, Entry) else symbol
        if not isinstance(moved, Symbol):
            raise NotUnderstood("a differential of this has no meaning here", of)
        return Derivative(self.loss_of(moved), symbol)

    def _index(self, letter: str) -> Index:
        return Index(letter, self.dimension(self.shapes.letters[letter]))

    def dimension(self, dimension: Dimension) -> Dimension:
        """Return a dimension by the name that it has in expressions."""
        found = self.shapes.find(dimension)
        return int(found) if isinstance(found, str) and found.isdecimal() else found

    def _entry(self, of: Expression, indices: tuple[Node, ...], node: Node) -> Expression:
        places: list[Index | Number | None] = [None, None]
        try:
            axes = self.shapes.axes_of((of.shape.rows, of.shape.columns), indices)
        except Exception as error:
            raise NotUnderstood(str(error), node) from None
        for axis, index in zip(axes, indices, strict=True):
            if isinstance(index, Name):
                if index.text not in self.shapes.letters:
                    raise NotUnderstood(f"how far does the index {index.text} run?", index)
                places[axis] = self._index(index.text)
            elif isinstance(index, Numeral):
                places[axis] = Number(Rational(index.text))
            elif not isinstance(index, Dots):
                raise NotUnderstood("an index is a letter or a number", index)
        return Entry(of, places[0], places[1])

    def _scripted(self, node: Scripted) -> Iterator[Reading]:
        """Yield (…)ᵀ, (…)_ij, (…)²; a row of ones with its shape."""
        if (ones := self._ones(node)) is not None:
            yield Reading(ones)
            return
        for reading in self.readings(node.base):
            expression = reading.expression
            if node.sub is not None:
                expression = self._entry(expression, node.sub.items, node)
            for item in node.sup.items if node.sup is not None else ():
                is_transpose = isinstance(item, Name) and item.text == "⊤"
                expression = expression.T if is_transpose else Power(expression, self.strict(item))
            yield Reading(expression, reading.granted)

    def _ones(self, node: Scripted) -> Expression | None:
        """Return (1, …, 1)_{1 × B}."""
        base, below = node.base, node.sub.items if node.sub is not None else ()
        is_ones = (
            isinstance(base, Group)
            and len(base.items) > 1
            and all(isinstance(item, Dots) or item == Numeral("1") for item in base.items)
        )
        if not is_ones:
            return None
        match below:
            case (Product((rows, columns), ("×",)),):
                return Ones(Shape(self._size(rows), self._size(columns)))
        raise NotUnderstood("how many ones? Their shape is missing", node)

    def _size(self, node: Node) -> Dimension:
        if isinstance(node, Numeral):
            return int(node.text)
        if isinstance(node, Name):
            return self.dimension(self.shapes.named(node.text))
        raise NotUnderstood("a dimension is a letter or a number", node)

    def _fraction(self, node: Fraction) -> Iterator[Reading]:
        match node:
            case Fraction(Partial(of), Partial(by)) if of is not None and by is not None:
                yield from self._derivative(of, by)
            case Fraction(numerator, denominator):
                yield from self._built((numerator, denominator), Quotient)

    def _derivative(self, of: Node, by: Node) -> Iterator[Reading]:
        for upper, lower in product(self.readings(of), self.readings(by)):
            granted = (*upper.granted, *lower.granted)
            try:
                yield Reading(Derivative(upper.expression, lower.expression), granted)
            except ShapeError as error:
                if upper.expression.shape != lower.expression.shape:
                    raise NotUnderstood(str(error), of) from None
            if upper.expression.shape == lower.expression.shape and not upper.expression.shape.is_scalar:
                # Each entry of a σ(z) depends on its own entry of z: then this is their slopes, in place.
                slopes = Derivative(_total(upper.expression), lower.expression)
                yield Reading(slopes, (*granted, "derivative of each entry by its own"))

    def _applied(self, node: Product) -> Product:
        """Return a product in which a function before its argument, or ∂/∂z before its operand, is one factor."""
        factors: list[Node] = []
        operators: list[Any] = []
        for place, factor in enumerate(node.factors):
            sign = node.operators[place - 1] if place else ""
            last = factors[-1] if factors else None
            if last is not None and sign == "" and isinstance(factor, Group) and self._function(last):
                factors[-1] = Apply(last, factor.items, start=last.start, end=factor.end)
            elif isinstance(last, Fraction) and isinstance(last.numerator, Partial) and last.numerator.of is None:
                factors[-1] = Fraction(Partial(factor), last.denominator, start=last.start, end=factor.end)
            else:
                operators += [sign] if factors else []
                factors.append(factor)
        return Product(tuple(factors), tuple(operators), start=node.start, end=node.end)

    def _function(self, node: Node) -> str:
        """Return the name of the function that a node is, unless it is a symbol of the document."""
        if is_symbol(node) and self.shapes.symbols.resolve(node).key in self.symbols:
            return ""
        bare = node.base if isinstance(node, Scripted) else node
        if isinstance(bare, Name) and bare.text in self.functions:
            return bare.text + "'" * (node.primes if isinstance(node, Scripted) else 0)
        return function_name(node)

    def _product(self, node: Product) -> Iterator[Reading]:
        runs = runs_of(node)
        if len(runs) == 1:
            yield from self._run(runs[0])
            return
        for chosen in product(*(list(islice(self._run(run), MOST_READINGS)) for run in runs)):
            parts = [reading.expression for reading in chosen]
            scale = [part for part in parts if part.shape.is_scalar]
            rest = [part for part in parts if not part.shape.is_scalar]
            try:
                whole = Hadamard(tuple(rest)) if len(rest) > 1 else rest[0] if rest else None
            except ShapeError:
                continue
            expression = ProductOf((*scale, whole)) if whole is not None else ProductOf(tuple(scale))
            yield Reading(expression, tuple(dict.fromkeys(grant for reading in chosen for grant in reading.granted)))

    def _run(self, factors: list[Node]) -> Iterator[Reading]:
        """Yield a matrix product; where the shapes do not conform, what a convention makes of it."""
        if len(factors) == 1:
            yield from self.readings(factors[0])
            return
        for chosen in product(*(self.readings(factor) for factor in factors)):
            granted = tuple(dict.fromkeys(grant for reading in chosen for grant in reading.granted))
            parts = tuple(reading.expression for reading in chosen)
            try:
                yield Reading(ProductOf(parts), granted)
            except ShapeError:
                for expression, grant in self._granted(parts):
                    yield Reading(expression, (*granted, grant))

    def _granted(self, parts: tuple[Expression, ...]) -> Iterator[tuple[Expression, str]]:
        """Yield what a product whose shapes do not conform may have been meant as."""
        scale = tuple(part for part in parts if part.shape.is_scalar)
        rest = tuple(part for part in parts if not part.shape.is_scalar)

        def scaled(expression: Expression) -> Expression:
            return ProductOf((*scale, expression)) if scale else expression

        if len(rest) == 2:
            a, b = rest
            if a.shape.is_vector and b.shape.is_vector:
                yield scaled(_column(a) @ _column(b).T), "outer product"
                yield scaled(_column(b) @ _column(a).T), "outer product"
                if _column(a).shape == _column(b).shape:
                    yield scaled(_column(a).T @ _column(b)), "inner product"
            if a.shape == b.shape:
                yield scaled(a * b), "elementwise product written as a plain one"
        if self.writes_transposes and not any(isinstance(part, Derivative) for part in rest):
            return
        grant = "numerator layout" if any(isinstance(part, Derivative) for part in rest) else "implied transpose"
        for order in dict.fromkeys((rest, rest[::-1])):
            for flips in product((False, True), repeat=len(order)):
                try:
                    yield (
                        scaled(ProductOf(tuple(p.T if flip else p for p, flip in zip(order, flips, strict=True)))),
                        grant,
                    )
                except ShapeError:
                    continue

    def _apply(self, node: Apply) -> Iterator[Reading]:
        name = self._function(node.function)
        arguments = tuple(argument for argument in node.arguments if not isinstance(argument, Relation))
        known = self.functions.get(name.rstrip("'")) or ELEMENTWISE.get(name.rstrip("'"))
        if name.rstrip("'") in LEAKY or known is fn.LEAKY_RELU:
            known, slope = fn.LEAKY_RELU, self._slope(node)
            function = SLOPES[known] if name.endswith("'") else known
            yield from self._built(arguments[:1], lambda z: Call(function, (z, slope)))
        elif known is not None:
            function = SLOPES[known] if name.endswith("'") else known
            yield from self._built(arguments, lambda z: Call(function, (z,)))
        elif name in ALONG_CLASSES:
            yield from self._built(arguments, lambda z: Call(ALONG_CLASSES[name], (z,), self._class_axis(z)))
        elif name in ("max", "maximum") and len(arguments) == 2:
            yield from self._built(arguments, lambda a, b: Call(fn.MAX, (a, b)))
        elif name in ("1", "𝟙", "I") and node.arguments:
            condition = self.condition(node.arguments[0])
            if condition is None:
                raise NotUnderstood("an indicator needs a condition", node)
            yield Reading(Indicator(condition))
        elif name == "diag":
            yield from self._built(arguments, Diagonal)
        elif name in ("sum", "mean"):
            yield from self._built(arguments[:1], lambda x: _reduced(x, _axis(node), mean=name == "mean"))
        elif name == "outer":
            yield from self._built(arguments, lambda a, b: _column(a) @ _column(b).T)
        elif name == "transpose":
            yield from self._built(arguments, lambda a: a.T)
        else:
            raise NotUnderstood("this function is not known", node)

    def _slope(self, node: Apply) -> Expression:
        """Return α of a leaky ReLU: a keyword or second argument, by default 0.01."""
        for argument in node.arguments:
            if isinstance(argument, Relation) and argument.signs == ("=",):
                return self.strict(argument.sides[1])
        return self.strict(node.arguments[1]) if len(node.arguments) > 1 else as_expression(0.01)

    def _class_axis(self, z: Expression) -> Any:
        if z.shape.is_vector:
            return 1 if z.shape.rows == 1 else 0
        return 1 if self.shapes.layout == "rows" else 0

    def _big_sum(self, node: BigSum) -> Iterator[Reading]:
        for reading in self.readings(node.body):
            expression = reading.expression
            for below in reversed(node.below):
                name = below.sides[0] if isinstance(below, Relation) else below
                if not isinstance(name, Name) or name.text not in self.shapes.letters:
                    raise NotUnderstood("what does this sum run over?", below)
                condition = None
                if isinstance(below, Relation) and below.signs[0] != "=":
                    condition = self.condition(below)
                expression = Summation(expression, self._index(name.text), condition)
            yield Reading(expression, reading.granted)

    def _cases(self, branches: tuple[tuple[Node, Node | None], ...]) -> Expression:
        made = []
        for value, condition in branches:
            where = self.condition(condition) if condition is not None else None
            otherwise = Comparison(as_expression(0), "=", as_expression(0))
            made.append((self.strict(value), where or otherwise))
        return CasesOf(tuple(made))


def _split(key: Key) -> Key:
    """Return z2 of code as z with the label 2."""
    letters = key.text.rstrip("0123456789")
    return Key(letters, key.accent, key.primes, key.text[len(letters) :] or key.label)


def _column(vector: Expression) -> Expression:
    return vector if vector.shape.columns == 1 else vector.T


def _total(matrix: Expression) -> Expression:
    rows, columns = matrix.shape
    return Ones(Shape(1, rows)) @ matrix @ Ones(Shape(columns, 1))


def _axis(node: Apply) -> int | None:
    for argument in node.arguments:
        if isinstance(argument, Relation) and argument.sides[0] == Name("axis", is_word=True):
            value = argument.sides[1]
            return int(value.text) if isinstance(value, Numeral) else -1
    return None


def _reduced(x: Expression, axis: int | None, *, mean: bool) -> Expression:
    rows, columns = x.shape
    left, right = Ones(Shape(1, rows)), Ones(Shape(columns, 1))
    if mean:
        raise ShapeError("a mean needs the number of its terms")
    return left @ x if axis == 0 else x @ right if axis in (1, -1) else left @ x @ right
