"""The repairs of a formula: each undoes one slip at one place."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import combinations, islice, product
from typing import Any, NamedTuple

from chainrule.algebra.expressions import Number, Quotient, Symbol, as_expression, symbols_of, walk
from chainrule.algebra.functions import LEAKY_RELU, LOGISTIC, RELU, TANH
from chainrule.checking.judging.roles import Layer, Roles
from chainrule.checking.meaning.shapes import SAMPLES
from chainrule.checking.meaning.symbols import Key, Reference, Symbols, is_symbol
from chainrule.checking.meaning.systems import System
from chainrule.checking.parsing.syntax import (
    Apply,
    BigSum,
    Fraction,
    Group,
    Name,
    Negation,
    Node,
    Numeral,
    Partial,
    Product,
    Relation,
    Script,
    Scripted,
    Sum,
)

__all__ = ["LIKELIHOOD", "SLIPS", "Edits", "Materials", "Repair", "materials_of"]

MOST_CHOICES = 8  # of letters for an entry
ONE, TWO = Numeral("1"), Numeral("2")
TRANSPOSE = Script((Name("⊤"),))

# In the order in which a report names them.
SLIPS = (
    "sign",
    "missing-mean",
    "extra-mean",
    "missing-sum",
    "missing-transpose",
    "swapped-weights",
    "wrong-input",
    "missing-activation-derivative",
    "wrong-activation-derivative",
    "missing-penalty",
    "penalty-factor",
    "penalty-on-bias",
    "diagonal-only-jacobian",
    "wrong-power",
    "wrong-index",
)
# The likeliest first.
LIKELIHOOD = {
    slip: place
    for place, slip in enumerate(
        (
            "sign",
            "missing-transpose",
            "missing-mean",
            "extra-mean",
            "missing-sum",
            "missing-penalty",
            "swapped-weights",
            "penalty-factor",
            "penalty-on-bias",
            "missing-activation-derivative",
            "wrong-activation-derivative",
            "wrong-power",
            "wrong-input",
            "wrong-index",
        )
    )
}


class Repair(NamedTuple):
    """A formula with a slip undone: its name, and the formula."""

    slip: str
    node: Node


@dataclass(frozen=True)
class Materials:
    """What a document's network offers for repairs, in the author's own symbols.

    Attributes
    ----------
    symbols : Symbols
        The document's.
    weights, signals : tuple of Key
        Symbols that are easily taken for each other.
    slopes : tuple of Node
        σ'(z) of each layer.
    means : tuple of Node
        What the loss divides by: the number of samples, as a symbol or written out.
    shares : tuple of Node
        The weights of the samples, where they have a symbol.
    decays : tuple of Node
        What the penalty can add to the gradient of the weights at hand, the true one first.
    penalty : str
        The symbol of the penalty's strength, λ.
    is_bias : bool
        Whether the gradient at hand is a bias's.
    letters : tuple of str
        The indices in use.
    samples_first : bool
        Whether samples are rows.
    """

    symbols: Symbols
    weights: tuple[Key, ...]
    signals: tuple[Key, ...]
    slopes: tuple[Node, ...]
    means: tuple[Node, ...]
    shares: tuple[Node, ...]
    decays: tuple[Node, ...]
    penalty: str
    is_bias: bool
    letters: tuple[str, ...]
    samples_first: bool


def materials_of(system: System, roles: Roles, moved: Symbol | None, indices: tuple[Node, ...]) -> Materials:
    """Return what can be put into a line about the gradient by a symbol, or by an entry of it."""
    keys = {symbol: key for key, symbol in system.meaning.symbols.items()}

    def node(symbol: Symbol) -> Node:
        return _written(keys[symbol])

    def entry(symbol: Symbol) -> Node:
        return _written(keys[symbol], indices if moved is not None and symbol.shape == moved.shape else ())

    is_entry, below = bool(indices), _means(system, roles)
    means = tuple(node(each) if isinstance(each, Symbol) else Numeral(str(each.value)) for each in below)
    penalty = _penalty(system, roles, below)
    decays: tuple[Node, ...] = ()
    if penalty is not None and moved in roles.weights:
        strength = node(penalty)
        factors: list[Node] = [Fraction(strength, mean) for mean in means]
        factors += [strength, Product((TWO, strength), ("",))]
        decays = tuple(Product((factor, entry(moved)), ("",)) for factor in factors)
    return Materials(
        symbols=system.meaning.shapes.symbols,
        weights=tuple(keys[each] for each in roles.weights),
        signals=tuple(keys[each] for each in roles.signals),
        slopes=_slopes(roles, system, keys, entry, is_entry=is_entry),
        means=means,
        shares=tuple(share for each in roles.targets for share in _shares(each, keys[each], system, is_entry=is_entry)),
        decays=decays,
        penalty=penalty.name if penalty is not None else "",
        is_bias=any(layer.bias == moved for layer in roles.layers),
        letters=tuple(system.meaning.shapes.letters),
        samples_first=system.layout == "rows",
    )


def _written(key: Key, indices: tuple[Node, ...] = ()) -> Node:
    """Return a symbol as its name and its label below, and indices after it."""
    label = (Numeral(key.label) if key.label.isdecimal() else Name(key.label),) if key.label else ()
    base = Name(key.text, key.accent)
    below = (*label, *indices, *((Numeral("0"),) if key.is_bias else ()))
    return Scripted(base, Script(below) if below else None, None, key.primes) if below or key.primes else base


def _means(system: System, roles: Roles) -> list[Symbol | Number]:
    """Return what 1 is divided by in the losses."""
    quotients = (
        node for loss in roles.losses for node in walk(system.definitions[loss.name]) if isinstance(node, Quotient)
    )
    below = (each.denominator for each in quotients if each.numerator == as_expression(1))
    counts = (each for each in below if isinstance(each, Symbol) or (isinstance(each, Number) and each.value > 2))
    return list(dict.fromkeys(each for each in counts if each.shape.is_scalar))


def _penalty(system: System, roles: Roles, means: Sequence[Symbol | Number]) -> Symbol | None:
    """Return the symbol of the penalty's strength: the number in a loss that nothing is divided by."""
    for loss in roles.losses:
        for symbol in sorted(symbols_of(system.definitions[loss.name]), key=lambda each: each.name):
            is_given = symbol.shape.is_scalar and symbol.name not in system.definitions
            if is_given and symbol not in means and symbol not in roles.targets:
                return symbol
    return None


def _shares(symbol: Symbol, key: Key, system: System, *, is_entry: bool) -> Iterator[Node]:
    """Yield a symbol of which each sample has one, where samples are many: their weights."""
    samples = system.meaning.shapes.find(SAMPLES)
    if set(symbol.shape) != {1, samples}:
        return
    if not is_entry:
        yield _written(key)
    letters = system.meaning.shapes.letters
    for letter in letters if is_entry else ():
        if system.meaning.shapes.find(letters[letter]) == samples:
            yield _written(key, (Name(letter),))


def _slopes(
    roles: Roles, system: System, keys: Mapping[Symbol, Key], entry: Callable[[Symbol], Node], *, is_entry: bool
) -> tuple[Node, ...]:
    """Return σ'(z) of each layer; for a line of entries, with every choice of its letters that fits."""
    if not is_entry:
        return tuple(slope for layer in roles.layers if (slope := _slope(layer, entry)) is not None)
    shapes = system.meaning.shapes
    found = []
    for layer in roles.layers:
        axes = [dimension for dimension in layer.z.shape if dimension != 1]
        fitting = [[name for name, run in shapes.letters.items() if shapes.find(run) == axis] for axis in axes]
        for letters in islice(product(*fitting), MOST_CHOICES):
            places = tuple(map(Name, letters))
            found.append(_slope(layer, lambda symbol, places=places: _written(keys[symbol], places)))
    return tuple(slope for slope in found if slope is not None)


def _slope(layer: Layer, entry: Any) -> Node | None:
    """Return σ'(z), in the symbols of the layer."""
    if layer.sigma is None:
        return None
    z = entry(layer.z)
    a = entry(layer.output) if layer.output is not None else Apply(Name(layer.sigma.name, is_word=True), (z,))
    if layer.sigma is RELU:
        return Apply(Name("1"), (Relation((z, Numeral("0")), (">",)),))
    if layer.sigma is LOGISTIC:
        return Product((a, Group((Sum((ONE, Negation(a))),))), ("⊙",))
    if layer.sigma is TANH:
        return Group((Sum((ONE, Negation(Scripted(Group((a,)), None, Script((TWO,)))))),))
    if layer.sigma is LEAKY_RELU:
        slope = () if layer.slope is None else (Numeral(str(float(layer.slope))),)
        return Apply(Scripted(Name("LeakyReLU", is_word=True), primes=1), (z, *slope))
    return None


@dataclass(frozen=True)
class Edits:
    """The repairs that some materials allow."""

    materials: Materials

    def of(self, node: Node) -> Iterator[Repair]:
        """Yield a formula with one slip undone, for every slip and every place."""
        yield from self._whole(node)
        yield from self._within(node)

    def _whole(self, node: Node) -> Iterator[Repair]:
        """Yield the repairs of a side as a whole."""
        given, inner = self.materials, Group((node,))
        yield Repair("sign", Negation(inner))
        yield from self._meant(inner, lambda new: new)
        axis = Relation((Name("axis", is_word=True), Numeral("0" if given.samples_first else "1")), ("=",))
        yield Repair("missing-sum", Apply(Name("sum", is_word=True), (inner, axis)))
        for letter in given.letters:
            yield Repair("missing-sum", BigSum(inner, (Name(letter),)))
        for one, other in combinations(given.letters, 2):
            yield Repair("wrong-index", self._exchanged(node, {one: other, other: one}))
        for slope in given.slopes:
            yield Repair("missing-activation-derivative", Product((inner, Group((slope,))), ("⊙",)))
        for decay in given.decays:
            yield Repair("missing-penalty", Sum((node, decay)))

    def _meant(self, node: Node, put: Callable[[Node], Node]) -> Iterator[Repair]:
        """Yield something with its mean over the samples, and without."""
        for mean in self.materials.means:
            yield Repair("missing-mean", put(Product((Fraction(ONE, mean), node), ("",))))
            yield Repair("extra-mean", put(Product((mean, node), ("",))))
        for share in self.materials.shares:
            yield Repair("missing-mean", put(Product((share, node), ("⊙",))))

    def _exchanged(self, node: Node, letters: Mapping[str, str]) -> Node:
        """Return a formula in which indices have changed places."""
        if is_symbol(node):
            used = self.materials.symbols.resolve(node)
            indices = (Name(letters.get(i.text, i.text)) if isinstance(i, Name) else i for i in used.indices)
            return _used(replace(used, indices=tuple(indices))) if used.indices else node
        for place, child in list(_places(node)):
            node = _put(node, place, self._exchanged(child, letters))
        return node

    def _within(self, node: Node) -> Iterator[Repair]:
        yield from self._here(node)
        if is_symbol(node):
            return
        for place, child in _places(node):
            for slip, repaired in self._within(child):
                yield Repair(slip, _put(node, place, repaired))

    def _here(self, node: Node) -> Iterator[Repair]:
        """Yield the repairs at one node."""
        if is_symbol(node):
            yield from self._symbol(node)
        match node:
            case Sum(terms):
                yield from self._terms(terms)
            case Negation(of):
                yield Repair("sign", of)
            case BigSum(body):
                for share in self.materials.shares:
                    yield Repair("missing-mean", replace(node, body=Product((share, Group((body,))), ("",))))
            case Apply(Name("mean") as name):
                yield Repair("extra-mean", replace(node, function=replace(name, text="sum")))
            case Apply(Name("sum") as name):
                yield Repair("missing-mean", replace(node, function=replace(name, text="mean")))
            case Product():
                yield from self._product(node)
        yield from _other_powers(node)

    def _symbol(self, node: Node) -> Iterator[Repair]:
        """Yield another symbol in the place of this one, another index, another power."""
        given = self.materials
        used = given.symbols.resolve(node)
        for slip, keys in (("swapped-weights", given.weights), ("wrong-input", given.signals)):
            for key in keys if used.key in keys else ():
                if key != used.key:
                    yield Repair(slip, _used(replace(used, key=key)))
        if len(used.indices) > 1:
            yield Repair("wrong-index", _used(replace(used, indices=used.indices[::-1])))
        for place, index in enumerate(used.indices):
            for letter in given.letters if isinstance(index, Name) else ():
                indices = (*used.indices[:place], Name(letter), *used.indices[place + 1 :])
                if indices != used.indices:
                    yield Repair("wrong-index", _used(replace(used, indices=indices)))
        others = (None, TWO) if used.power is not None else (TWO,)
        for power in others:
            if power != used.power:
                yield Repair("wrong-power", _used(replace(used, power=power)))

    def _terms(self, terms: tuple[Node, ...]) -> Iterator[Repair]:
        given = self.materials
        for place, term in enumerate(terms):
            rest = (*terms[:place], *terms[place + 1 :])
            others = {"before": terms[:place], "after": terms[place + 1 :]}

            def put(new: Node, others: dict[str, tuple[Node, ...]] = others) -> Node:
                return Sum((*others["before"], new, *others["after"]))

            yield Repair("sign", put(term.of if isinstance(term, Negation) else Negation(term)))
            is_penalty = bool(given.penalty) and _mentions(term, given.penalty)
            if is_penalty and given.is_bias:
                yield Repair("penalty-on-bias", rest[0] if len(rest) == 1 else Sum(rest))
            if is_penalty:
                for decay in given.decays:
                    yield Repair("penalty-factor", put(decay))
            else:
                yield from self._meant(Group((term,)), put)

    def _product(self, node: Product) -> Iterator[Repair]:
        factors, operators = node.factors, node.operators
        for place, factor in enumerate(factors):
            flipped = (*factors[:place], _flipped(factor), *factors[place + 1 :])
            yield Repair("missing-transpose", replace(node, factors=flipped))
            for slope in self.materials.slopes:
                other = (*factors[:place], Group((slope,)), *factors[place + 1 :])
                yield Repair("wrong-activation-derivative", replace(node, factors=other))
        if "⊙" not in operators and "*" not in operators:
            yield Repair("missing-transpose", replace(node, factors=factors[::-1]))
        yield from self._masked(node)

    def _masked(self, node: Product) -> Iterator[Repair]:
        """Yield a product in which a run of factors has σ'(z) beside it."""
        count = len(node.factors)
        for first, last in ((a, a + length) for length in range(count, 0, -1) for a in range(count - length + 1)):
            run = node.factors[first:last]
            inner = run[0] if len(run) == 1 else Product(run, node.operators[first : last - 1])
            for slope in self.materials.slopes:
                masked = Group((Product((Group((inner,)), Group((slope,))), ("⊙",)),))
                factors = (*node.factors[:first], masked, *node.factors[last:])
                if len(factors) == 1:
                    yield Repair("missing-activation-derivative", masked)
                    continue
                kept = (*node.operators[:first], *node.operators[last - 1 :])
                yield Repair("missing-activation-derivative", Product(factors, kept))


def _other_powers(node: Node) -> Iterator[Repair]:
    """Yield a power without its exponent, a fraction with its denominator squared."""
    match node:
        case Scripted(base, None, Script((Numeral(), *_), "")) if not is_symbol(base):
            yield Repair("wrong-power", base)
        case Fraction(numerator, denominator) if not isinstance(denominator, Partial):
            squared = Scripted(Group((denominator,)), None, Script((TWO,)))
            yield Repair("wrong-power", Fraction(numerator, squared))


def _flipped(node: Node) -> Node:
    """Return a factor with a transpose, or without the one that it has."""
    if isinstance(node, Scripted) and node.sup is not None and node.sup.items[-1:] == TRANSPOSE.items:
        rest = node.sup.items[:-1]
        bare = replace(node, sup=replace(node.sup, items=rest) if rest else None)
        return bare if bare.sub or bare.sup or bare.primes else bare.base
    return Scripted(node, None, TRANSPOSE)


def _places(node: Node) -> Iterator[tuple[Any, Node]]:
    """Yield the formulas that a formula is made of, and where they are in it."""
    if is_symbol(node):
        return
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, Script) or field.name in ("function", "below", "above"):
            continue
        if isinstance(value, Node):
            yield (field.name, None), value
        elif isinstance(value, tuple):
            for number, item in enumerate(value):
                if isinstance(item, Node):
                    yield (field.name, number), item


def _put(node: Node, place: Any, child: Node) -> Node:
    name, number = place
    if number is None:
        return replace(node, **{name: child})  # type: ignore[arg-type]
    items = getattr(node, name)
    return replace(node, **{name: (*items[:number], child, *items[number + 1 :])})  # type: ignore[arg-type]


def _mentions(node: Node, name: str) -> bool:
    if is_symbol(node):
        return any(isinstance(each, Name) and each.text == name for each in (node, *node.children))
    return any(_mentions(child, name) for _, child in _places(node))


def _used(reference: Reference) -> Node:
    """Return a symbol with its indices, its power and its transpose."""
    node = _written(reference.key, reference.indices)
    if reference.power is not None:
        node = Scripted(Group((node,)), None, Script((reference.power,)))
    return Scripted(node, None, TRANSPOSE) if reference.is_transposed else node
