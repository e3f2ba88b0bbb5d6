"""The repairs of a formula: each undoes one slip at one place."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, permutations, takewhile
from typing import NamedTuple

from chainrule.algebra.expressions import Shape, Symbol
from chainrule.checking.judging.materials import Materials, divisors_in
from chainrule.checking.judging.surgery import (
    ONE,
    TRANSPOSE,
    TWO,
    bare,
    flipped,
    grouped,
    mapped,
    places,
    raised,
    rewritten,
    times,
    without_above,
    without_below,
)
from chainrule.checking.meaning.symbols import Reference, bound_letters, is_symbol, letter_of, nodes_of
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
    Numeral,
    Partial,
    Product,
    Relation,
    Script,
    Scripted,
    Sum,
)
from chainrule.checking.patience import go_on

__all__ = ["LIKELIHOOD", "SLIPS", "Edits", "Repair"]

HALF = Fraction(ONE, TWO)
REDUCTIONS = ("sum", "mean")

# In the order in which a report names them.
SLIPS = (
    "sign",
    "missing-mean",
    "extra-mean",
    "missing-sum",
    "extra-sum",
    "missing-transpose",
    "swapped-weights",
    "wrong-input",
    "missing-activation-derivative",
    "wrong-activation-derivative",
    "extra-activation-derivative",
    "missing-penalty",
    "penalty-factor",
    "penalty-on-bias",
    "diagonal-only-jacobian",
    "wrong-factor",
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
            "penalty-on-bias",
            "missing-activation-derivative",
            "wrong-activation-derivative",
            "extra-activation-derivative",
            "wrong-power",
            "penalty-factor",
            "wrong-input",
            "wrong-index",
            "extra-sum",
            "wrong-factor",
        )
    )
}


class Repair(NamedTuple):
    """A formula with a slip undone.

    Attributes
    ----------
    slip : str
        Its name.
    node : Node
        The formula.
    is_clumsy : bool
        Whether it is to be told only where no other of its name is true.
    is_known : bool
        Whether what it puts in is known to be the derivative of an activation.
    parts : tuple of Node
        What has changed within it, the inmost first.
    """

    slip: str
    node: Node
    is_clumsy: bool = False
    is_known: bool = False
    parts: tuple[Node, ...] = ()

    @property
    def rank(self) -> tuple[int, bool, bool]:
        """How likely it is, from 0 on."""
        return LIKELIHOOD[self.slip], self.is_clumsy, not self.is_known


Put = Callable[[Node], Node]


@dataclass(frozen=True)
class Edits:
    """The repairs that some materials allow.

    Attributes
    ----------
    materials : Materials
        What can be put in.
    shape : callable
        The shape of a formula, nothing where it has none.
    """

    materials: Materials
    shape: Callable[[Node], Shape | None]

    def of(self, node: Node) -> Iterator[Repair]:
        """Yield a formula with one slip undone, for every slip and every place."""
        yield from self._whole(node)
        yield from self._within(node)
        yield Repair("sign", Negation(grouped(node)), is_clumsy=True)

    def _within(self, node: Node) -> Iterator[Repair]:
        go_on()
        yield from self._here(node)
        for part, put in places(node):
            for repair in self._within(part):
                yield repair._replace(node=put(repair.node), parts=(*repair.parts, repair.node))

    # -- a side as a whole --------------------------------------------------------------------------------------------

    def _whole(self, node: Node) -> Iterator[Repair]:
        yield from self._scaled(node)
        yield from self._summed(node)
        yield from self._fed(node)
        terms = node.terms if isinstance(node, Sum) else (node,)
        if not any(map(self._is_penalty, terms)):
            yield from (Repair("missing-penalty", Sum((*terms, decay))) for decay in self.materials.decays)
        yield from self._turned(node)
        for indices in combinations(map(Name, self.materials.letters), 2):
            are_equal = Apply(Name("1"), (Relation(indices, ("=",)),))
            yield Repair("wrong-index", times(node, are_equal), is_clumsy=True)
        for first, second in combinations(self.materials.background.roles.weights, 2):
            yield Repair("swapped-weights", self._exchanged(node, first, second))
        for slope in self.materials.slopes:
            if not isinstance(slope, Fraction):  # ∂a/∂z is right where anything is that says so
                yield Repair("wrong-activation-derivative", slope)
            if not isinstance(node, Product) and self._fits(node, slope):
                yield Repair("missing-activation-derivative", self._masked(node, slope))

    def _scaled(self, node: Node) -> Iterator[Repair]:
        """Yield something with its mean over the samples, and without; with another factor."""
        background = self.materials.background
        for mean in background.means:
            yield Repair("missing-mean", _before(Fraction(ONE, mean), node))
            less = without_below(node, mean)
            yield Repair("extra-mean", less or _before(mean, node), is_clumsy=less is None)
        for count in divisors_in(node):  # of a loss that is a sum
            less = without_below(node, count)
            if less is not None and count not in background.means and self._counts_samples(count):
                yield Repair("extra-mean", less)
        for share in self.materials.shares:
            is_number = self.shape(share) == (1, 1)
            yield Repair("missing-mean", times(share, node, sign="" if is_number else "⊙"))
        for factor in (TWO, HALF):
            less = without_below(node, TWO) if factor == TWO else without_above(node, TWO)
            yield Repair("wrong-factor", less or _before(factor, node), is_clumsy=less is None)

    def _counts_samples(self, node: Node) -> bool:
        return letter_of(node) in self.materials.background.system.meaning.shapes.counting

    def _summed(self, node: Node) -> Iterator[Repair]:
        """Yield something summed over the samples, or over a letter."""
        constants, rest = self._constants(node)
        is_by_rows = self.materials.background.system.layout == "rows"
        is_code = self.materials.background.is_code
        for ones in self._ones():
            yield Repair("missing-sum", times(*constants, *((ones, rest) if is_by_rows else (rest, ones))), is_code)
        axis = Relation((Name("axis", is_word=True), Numeral("0" if is_by_rows else "1")), ("=",))
        yield Repair("missing-sum", times(*constants, Apply(Name("sum", is_word=True), (rest, axis))))
        for letter in self.materials.letters:
            yield Repair("missing-sum", times(*constants, self._sum(letter, rest)))

    def _fed(self, node: Node) -> Iterator[Repair]:
        """Yield something times the input of the layer by whose weights the gradient is."""
        if not isinstance(node, BigSum) and not _ends_in_sum(node):  # within it, then
            yield from (Repair("wrong-input", times(node, each)) for each in self.materials.inputs)

    def _constants(self, node: Node) -> tuple[tuple[Node, ...], Node]:
        """Return the numbers that a product begins with, and the rest of it."""
        if not isinstance(node, Product):
            return (), node
        counts = [Fraction(ONE, mean) for mean in self.materials.background.means]
        numbers = takewhile(lambda factor: factor in counts or isinstance(factor, Numeral), node.factors[:-1])
        place = len(list(numbers))
        rest = node.factors[place:]
        return node.factors[:place], Product(rest, node.operators[place:]) if len(rest) > 1 else rest[0]

    def _ones(self) -> Iterator[Node]:
        """Yield the ones that add up samples."""
        for mean in self.materials.background.means:
            ones = Scripted(ONE, Script((mean,)))
            yield replace(ones, sup=TRANSPOSE) if self.materials.background.system.layout == "rows" else ones
        if self.materials.background.system.layout == "rows":
            yield Scripted(ONE, None, TRANSPOSE)

    def _sum(self, letter: str, body: Node) -> Node:
        """Return a sum over a letter, as the author writes it."""
        inner = bare(body)
        template = self.materials.background.sums.get(letter, BigSum(ONE, (Name(letter),)))
        return replace(template, body=Group((inner,)) if isinstance(inner, Sum) else inner)

    def _renamed(self, node: Node, letters: Mapping[str, str]) -> Node:
        """Return a formula in which letters that are indices are others."""

        def renamed(symbol: Node) -> Node:
            indices = [index for index in _indices(self._used(symbol)) if isinstance(index, Name)]
            changes = {id(index): Name(letters[index.text]) for index in indices if index.text in letters}
            return rewritten(symbol, changes) if changes else symbol

        return mapped(node, renamed)

    def _exchanged(self, node: Node, one: Symbol, other: Symbol) -> Node:
        """Return a formula in which two symbols have changed places."""
        spelling = self.materials.background.spelling
        keys = {spelling.keys[one]: spelling.keys[other], spelling.keys[other]: spelling.keys[one]}

        def exchanged(symbol: Node) -> Node:
            key = keys.get(self._used(symbol).key)
            return symbol if key is None else spelling.instead(symbol, key)

        return mapped(node, exchanged)

    def _used(self, symbol: Node) -> Reference:
        return self.materials.background.system.meaning.shapes.symbols.resolve(symbol)

    # -- one node -----------------------------------------------------------------------------------------------------

    def _here(self, node: Node) -> Iterator[Repair]:
        """Yield the repairs at one node."""
        if is_symbol(node):
            yield from self._symbol(node)
        match node:
            case Sum(terms):
                yield from self._terms(node, terms)
            case Negation(of):
                yield Repair("sign", of)
            case BigSum(body):
                yield from self._big_sum(node, body)
            case Apply(Name(name), (of, *rest)) if name in REDUCTIONS:
                yield from _reduction(node, name, of, rest)
            case Product():
                yield from self._product(node)
            case Cases(((one, first), (other, second))):
                of_indices = isinstance(first, Relation) and all(isinstance(s, Name | Numeral) for s in first.sides)
                slip = "wrong-index" if of_indices else "wrong-activation-derivative"
                yield Repair(slip, replace(node, branches=((other, first), (one, second))))
            case Fraction(Numeral("1"), Numeral() | Name() | Scripted() as count):
                means = self.materials.background.means
                yield from (Repair("wrong-factor", Fraction(ONE, mean)) for mean in means if mean != count)
        if isinstance(node, Cases):
            yield from _signs(node)
        yield from self._target(node)
        yield from self._formula(node)
        yield from _other_powers(node)

    def _symbol(self, node: Node) -> Iterator[Repair]:
        """Yield another symbol in the place of this one, another index, another power."""
        background = self.materials.background
        used, spelling = self._used(node), background.spelling
        for slip, symbols in (("swapped-weights", background.roles.weights), ("wrong-input", background.roles.signals)):
            keys = [spelling.keys[symbol] for symbol in symbols]
            if used.key in keys:
                yield from (Repair(slip, spelling.instead(node, key)) for key in keys if key != used.key)
                if slip == "wrong-input":
                    yield from (Repair(slip, _dressed(formula, used)) for formula in self._unnamed())
        if spelling.moved_by(used.key) is not None:
            layers = (used.key._replace(label=label) for label in background.labels if label != used.key.label)
            gradients = (key for key in layers if spelling.moved_by(key) is not None)
            yield from (Repair("wrong-index", spelling.instead(node, key)) for key in gradients)
        if len(used.indices) > 1:
            first, second = used.indices
            yield Repair("wrong-index", rewritten(node, {id(first): second, id(second): first}))
        for index in _indices(used):
            others = [each for each in self.materials.letters if isinstance(index, Name) and each != index.text]
            yield from (Repair("wrong-index", rewritten(node, {id(index): Name(letter)})) for letter in others)
        if used.power is None:
            square = raised(node, TWO)
            is_label = is_symbol(square) and self._used(square).power is None
            yield Repair("wrong-power", raised(Group((node,)), TWO) if is_label else square)
        else:
            yield Repair("wrong-power", rewritten(node, {id(used.power): None}))

    def _target(self, node: Node) -> Iterator[Repair]:
        """Yield a target for the 1 that it is in the right class: p − y for p − 1, y/p for 1/p."""
        match node:
            case Sum((one, Negation(Numeral("1")))) | Fraction(Numeral("1"), one) if is_symbol(one):
                for target in self._targets_like(one):
                    right = Sum((one, Negation(target))) if isinstance(node, Sum) else Fraction(target, one)
                    yield Repair("wrong-input", right)

    def _targets_like(self, node: Node) -> Iterator[Node]:
        """Yield what the network is given, with the indices of another symbol; of a class number, 1[k = c]."""
        background = self.materials.background
        indices, spelling = self._used(node).indices, background.spelling
        for symbol in background.roles.signals:
            if symbol.name not in background.system.definitions:
                target = spelling.instead(node, spelling.keys[symbol])
                if not background.system.meaning.shapes.symbols.is_class(target):
                    yield target
                elif len(indices) == 1:
                    yield Apply(Name("1"), (Relation((*indices, spelling.whole(target)), ("=",)),))

    def _unnamed(self) -> Iterator[Node]:
        """Yield what goes through the network and has no name."""
        for activation in self.materials.background.activations:
            yield from (each for each in (activation.output, activation.scores) if isinstance(each, Node))

    def _formula(self, node: Node) -> Iterator[Repair]:
        """Yield another signal in the place of a formula that is one."""
        formulas = list(self._unnamed())
        if bare(node) in formulas and not isinstance(node, Group):
            background = self.materials.background
            yield from (Repair("wrong-input", background.spelling.of(each)) for each in background.roles.signals)
            yield from (Repair("wrong-input", grouped(each)) for each in formulas if each != node)

    def _turned(self, node: Node) -> Iterator[Repair]:
        """Yield a formula in which two indices have changed places."""
        for one, other in combinations(self.materials.letters, 2):
            if (turned := self._renamed(node, {one: other, other: one})) != node:
                yield Repair("wrong-index", turned)

    def _terms(self, node: Sum, terms: tuple[Node, ...]) -> Iterator[Repair]:
        given = self.materials
        match terms:
            case (Negation(of), one) | (one, Negation(of)) if not isinstance(one, Negation):
                turned = Sum((of, Negation(one)))
                is_slope = any(each == turned for slope in given.slopes for each in nodes_of(slope))
                yield Repair("sign", turned, is_known=is_slope)
        for old, new in permutations(given.letters, 2):
            if (renamed := self._renamed(node, {old: new})) != node:
                yield Repair("wrong-index", renamed)
        for place, term in enumerate(terms):
            rest = (*terms[:place], *terms[place + 1 :])

            def put(new: Node, place: int = place) -> Node:
                return replace(node, terms=(*terms[:place], new, *terms[place + 1 :]))

            is_clumsy = isinstance(term, Product | BigSum | Fraction)
            yield Repair("sign", put(term.of if isinstance(term, Negation) else Negation(term)), is_clumsy)
            if self._is_penalty(term):
                if given.is_free:
                    yield Repair("penalty-on-bias", rest[0] if len(rest) == 1 else replace(node, terms=rest))
                if not self._is_of_others(term):
                    yield from (Repair("penalty-factor", put(decay)) for decay in given.decays)
            else:
                for repair in (*self._scaled(term), *self._summed(term), *self._fed(term), *self._turned(term)):
                    yield repair._replace(node=put(repair.node))

    def _is_of_others(self, term: Node) -> bool:
        """Return whether a term has weights in it by which the gradient at hand is not."""
        background, moved = self.materials.background, self.materials.moved
        others = {background.spelling.keys[each] for each in background.roles.weights if each != moved}
        return any(self._used(each).key in others for each in nodes_of(term) if is_symbol(each))

    def _is_penalty(self, term: Node) -> bool:
        strengths = self.materials.background.penalty.strengths
        return any(each in strengths for each in nodes_of(term))

    def _big_sum(self, node: BigSum, body: Node) -> Iterator[Repair]:
        yield Repair("extra-sum", grouped(body))
        for share in self.materials.shares:
            yield Repair("missing-mean", replace(node, body=times(share, body)))
        for repair in self._fed(body):
            yield repair._replace(node=replace(node, body=repair.node))
        for letter in dict.fromkeys((*self.materials.letters, *self.materials.background.sums)):
            if node.below != (Name(letter),) and len(node.below) == 1:
                yield Repair("wrong-index", self._sum(letter, body))
                if isinstance(body, Scripted) and body.sub == Script((Name(_bound(node)),)):  # (P − Y)_k
                    yield Repair("wrong-index", self._sum(letter, replace(body, sub=Script((Name(letter),)))))

    # -- products -----------------------------------------------------------------------------------------------------

    def _product(self, node: Product) -> Iterator[Repair]:
        factors, signs = node.factors, node.operators
        is_number = self.shape(node) == (1, 1)
        if not is_number:
            for place, factor in enumerate(factors):
                if self.shape(factor) != (1, 1):
                    flip = (*factors[:place], flipped(factor), *factors[place + 1 :])
                    yield Repair("missing-transpose", replace(node, factors=flip))
            if not ELEMENTWISE.intersection(signs):
                yield Repair("missing-transpose", replace(node, factors=factors[::-1]))
            for place, factor in enumerate(factors):
                if place and isinstance(inner := bare(factor), Product) and ELEMENTWISE.intersection(inner.operators):
                    # A (b ⊙ c) for (A b) ⊙ c
                    spread = (*factors[:place], *inner.factors, *factors[place + 1 :])
                    between = (*signs[:place], *inner.operators, *signs[place:])
                    yield Repair("missing-transpose", Product(spread, between))
            for place, sign in enumerate(signs):
                if sign in ELEMENTWISE:
                    plain = (*signs[:place], "", *signs[place + 1 :])
                    yield Repair("missing-transpose", replace(node, operators=plain))
        for first, last in _runs(len(factors)):
            yield from self._run(node, first, last, is_number=is_number)

    def _run(self, node: Product, first: int, last: int, *, is_number: bool) -> Iterator[Repair]:
        """Yield a product in which a run of factors has σ'(z) beside it, or is σ'(z), or should not be there."""
        run, count = node.factors[first:last], len(node.factors)
        inner = run[0] if len(run) == 1 else Product(run, node.operators[first : last - 1])
        for slope in self.materials.slopes:
            # Of numbers the order does not matter: one place is enough.
            if (not is_number or last - first == count) and self._fits(inner, slope) and not self._shares(run, slope):
                masked = self._masked(inner, slope)
                yield Repair("missing-activation-derivative", _with_run(node, first, last, masked))
            if last - first <= len((slope, slope)) and inner != bare(slope):
                yield Repair("wrong-activation-derivative", _with_run(node, first, last, slope))
        if last - first == 1 < count and self.materials.is_of_bias and self._is_signal(inner):
            yield Repair("wrong-input", _with_run(node, first, last, None))
        if last - first < count and _is_slope(run):
            yield Repair("extra-activation-derivative", _with_run(node, first, last, None))

    def _is_signal(self, node: Node) -> bool:
        background = self.materials.background
        signals = {background.spelling.keys[each] for each in background.roles.signals}
        return is_symbol(node) and self._used(node).key in signals

    def _shares(self, run: Sequence[Node], slope: Node) -> bool:
        """Return whether σ'(z) would stand beside z or σ(z): that is another quantity's place."""
        within = {self._used(each).key for each in nodes_of(slope) if is_symbol(each)}
        return any(is_symbol(each) and self._used(each).key in within for each in run)

    def _fits(self, node: Node, slope: Node) -> bool:
        """Return whether σ'(z) can stand beside a formula."""
        shape = self.shape(node)
        return shape is None or self.shape(slope) in (shape, shape[::-1])

    def _masked(self, factor: Node, slope: Node) -> Node:
        node = bare(factor)
        if self.shape(slope) != (1, 1):
            return times(node, slope, sign="⊙")
        return times(slope, node) if isinstance(node, BigSum) or _ends_in_sum(node) else times(node, slope)


def _bound(node: BigSum) -> str:
    """Return the letter that a sum binds."""
    return next(iter(bound_letters(node)), "")


def _ends_in_sum(node: Node) -> bool:
    return isinstance(node, Product) and isinstance(node.factors[-1], BigSum)


def _before(factor: Node, node: Node) -> Node:
    """Return a formula multiplied with a number; a minus sign stays in front."""
    return Negation(times(factor, node.of)) if isinstance(node, Negation) else times(factor, node)


def _indices(used: Reference) -> tuple[Node, ...]:
    return used.indices if used.sample is None else (*used.indices, used.sample)


def _dressed(formula: Node, used: Reference) -> Node:
    """Return a formula with the transpose that a symbol had."""
    return raised(formula, *TRANSPOSE.items) if used.is_transposed else grouped(formula)


def _runs(count: int) -> Iterator[tuple[int, int]]:
    return ((first, first + length) for length in range(count, 0, -1) for first in range(count - length + 1))


def _with_run(node: Product, first: int, last: int, new: Node | None) -> Node:
    """Return a product with something else in the place of a run of its factors, or with nothing."""
    if new is not None and last - first == len(node.factors):
        return new
    if new is None:
        factors = (*node.factors[:first], *node.factors[last:])
        signs = (*node.operators[: first - 1], *node.operators[last - 1 :]) if first else node.operators[last:]
        return Product(factors, signs) if len(factors) > 1 else factors[0]
    beside = (*node.operators[:first][-1:], *node.operators[last - 1 :][:1])
    if isinstance(new, Product) and set(new.operators) <= {""} | (set(beside) if len(set(beside)) == 1 else set()):
        factors, inner = new.factors, new.operators
    else:
        factors, inner = (Group((new,)) if isinstance(new, Product) else new,), ()
    signs = (*node.operators[:first], *inner, *node.operators[last - 1 :])
    return Product((*node.factors[:first], *factors, *node.factors[last:]), signs)


def _is_slope(run: tuple[Node, ...]) -> bool:
    """Return whether factors look like σ'(z): 1 − a², a (1 − a), g'(z), an indicator, cases."""
    match run:
        case (one,):
            return _is_factor_of_slope(bare(one))
        case (one, other):
            return any(bare(a) == Sum((ONE, Negation(b))) for a, b in ((one, other), (other, one)))
    return False


def _is_factor_of_slope(node: Node) -> bool:
    match node:
        case Sum((Numeral("1"), Negation())) | Relation() | Cases() | Apply(Name("1" | "where")) | Apply(Numeral("1")):
            return True
        case Apply(Scripted(primes=primes)):
            return primes > 0
        case Fraction(Partial(), Partial()):
            return True
    return False


def _reduction(node: Apply, name: str, of: Node, rest: list[Node]) -> Iterator[Repair]:
    """Yield the sum for the mean, the other axis, the whole array."""
    assert isinstance(node.function, Name)  # noqa: S101 - so the caller found it
    other = "sum" if name == "mean" else "mean"
    yield Repair("extra-mean" if name == "mean" else "missing-mean", replace(node, function=Name(other, is_word=True)))
    yield Repair("extra-sum", of)
    for axis in ("0", "1"):
        along = Relation((Name("axis", is_word=True), Numeral(axis)), ("=",))
        others = [each for each in rest if not (isinstance(each, Relation) and each.sides[0] == along.sides[0])]
        yield Repair("wrong-index", replace(node, arguments=(of, along, *others)))


def _signs(node: Cases) -> Iterator[Repair]:
    """Yield cases with a minus sign before one of them."""
    for place, (value, condition) in enumerate(node.branches):
        branches = (*node.branches[:place], (Negation(grouped(value)), condition), *node.branches[place + 1 :])
        yield Repair("sign", replace(node, branches=branches), is_clumsy=True)


def _other_powers(node: Node) -> Iterator[Repair]:
    """Yield a power without its exponent, a fraction with its denominator squared, a factor below the stroke."""
    match node:
        case Scripted(base, None, Script((Numeral(), *_), "")) if not is_symbol(base):
            yield Repair("wrong-power", base)
        case Fraction(numerator, Scripted(Group((BigSum() as whole,)), None, Script((Numeral(),)))):
            yield Repair("wrong-power", Fraction(numerator, whole))
        case Fraction(numerator, denominator) if not isinstance(denominator, Partial):
            yield Repair("wrong-power", Fraction(numerator, raised(denominator, TWO)))
            yield Repair("wrong-power", Fraction(denominator, numerator))
            yield Repair("wrong-power", times(numerator, denominator), is_clumsy=True)
        case Product((one, other), ("",)):
            yield Repair("wrong-power", Fraction(one, other), is_clumsy=True)
