"""What a document's network offers for repairs, in its author's own symbols."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice, product

from chainrule.algebra.expressions import Symbol
from chainrule.checking.judging.penalties import Penalty, penalty_of
from chainrule.checking.judging.roles import Roles, roles_of
from chainrule.checking.judging.slopes import Activation, Manner, activations_of
from chainrule.checking.judging.spelling import Axes, Spelling
from chainrule.checking.judging.surgery import ONE, TWO, times
from chainrule.checking.judging.trials import UNREADABLE
from chainrule.checking.meaning.inference import axis_of
from chainrule.checking.meaning.meaning import Meaning
from chainrule.checking.meaning.shapes import SAMPLES
from chainrule.checking.meaning.symbols import bound_letters, is_symbol, nodes_of
from chainrule.checking.meaning.systems import System
from chainrule.checking.parsing.syntax import (
    Apply,
    BigSum,
    Cases,
    Fraction,
    Name,
    Node,
    Numeral,
    Partial,
    Product,
    Scripted,
    unplaced,
)

__all__ = ["Background", "Materials", "divisors_in"]

MOST_CHOICES = 9  # of the indices of a slope
SMALL = {ONE, TWO}


@dataclass(frozen=True)
class Background:
    """What there is to know of a document for all of its lines.

    Attributes
    ----------
    system : System
        How it is understood.
    roles : Roles
        Of its symbols.
    spelling : Spelling
        Of its symbols.
    activations : tuple of Activation
        Of its network.
    means : tuple of Node
        What its losses are divided by: the number of samples, as a symbol or written out.
    penalty : Penalty
        Of its losses.
    sums : mapping of str to BigSum
        How its author writes a sum over a letter.
    labels : tuple of str
        Of its layers.
    manner : {'formula', 'prime', 'cases'}
        How its author writes slopes.
    is_code : bool
        Whether it is code.
    """

    system: System
    roles: Roles
    spelling: Spelling
    activations: tuple[Activation, ...]
    means: tuple[Node, ...]
    penalty: Penalty
    sums: Mapping[str, BigSum]
    labels: tuple[str, ...]
    manner: Manner
    is_code: bool

    @classmethod
    def of(cls, system: System) -> "Background":
        """Return what a document offers for the repair of its lines."""
        roles, spelling = roles_of(system), Spelling(system)
        keys = {symbol: key for key, symbol in system.meaning.symbols.items()}
        losses = [unplaced(system.equations[keys[loss]].members[1]) for loss in roles.losses]
        means = tuple(
            dict.fromkeys(
                count for loss in losses for count in (*divisors_in(loss), *_averaged_in(loss, system.meaning))
            )
        )
        written = [
            node
            for chains in system.instances.values()
            for chain in chains
            for member in chain.members
            for node in nodes_of(member)
        ]
        sums = [unplaced(node) for node in written if isinstance(node, BigSum)]
        return cls(
            system,
            roles,
            spelling,
            activations_of(system),
            means,
            penalty_of(losses, roles, means, system.meaning),
            {letter: each for each in reversed(sums) for letter in _bound(each) if len(each.below) == 1},
            tuple(dict.fromkeys(key.label for key in keys.values())),
            _manner(written),
            all(getattr(chain.members[0], "is_word", False) for chain in system.equations.values()),
        )


def divisors_in(formula: Node) -> Iterator[Node]:
    """Yield what a formula is divided by, but for the 2 of a square."""
    for node in nodes_of(formula):
        if isinstance(node, Fraction) and not isinstance(node.denominator, Partial):
            below = node.denominator
            yield from filter(_is_count, below.factors if isinstance(below, Product) else (below,))


def _averaged_in(loss: Node, meaning: Meaning) -> Iterator[Node]:
    """Yield how many there are of what a loss takes the mean of."""
    for node in nodes_of(loss):
        match node:
            case Apply(Name("mean"), (of, *_)):
                with suppress(*UNREADABLE):
                    yield times(*_sizes(of, axis_of(node), meaning))


def _is_count(node: Node) -> bool:
    match node:
        case Apply(Name("shape" | "size" | "len")):
            return True
    return is_symbol(node) or (isinstance(node, Numeral) and node not in SMALL)


def _sizes(array: Node, axis: int | None, meaning: Meaning) -> Iterator[Node]:
    """Yield how many there are along each axis that a mean is over: m, or X.shape[0] where that has no name."""
    shapes = meaning.shapes
    names = {shapes.named(key.text): Name(key.text, is_word=True) for key in shapes.scalars}
    keys = {shapes.symbols.resolve(each).key: each for each in nodes_of(array) if is_symbol(each)}
    symbols = {each: meaning.symbols[key].shape for key, each in keys.items() if key in meaning.symbols}
    for place, size in enumerate(meaning.strict(array).shape):
        if size != 1 and axis in (None, place):
            symbol, along = next((s, at) for s, shape in symbols.items() for at in (0, 1) if shape[at] == size)
            whole = Apply(Name("shape", is_word=True), (symbol, Numeral(str(along))))
            yield names.get(size, whole)


def _bound(node: BigSum) -> set[str]:
    return bound_letters(BigSum(ONE, node.below))


def _manner(nodes: Sequence[Node]) -> Manner:
    """Return how slopes are written, as far as formulas show it."""
    functions = [node.function for node in nodes if isinstance(node, Apply)]
    if any(isinstance(each, Scripted) and each.primes for each in functions):
        return "prime"
    return "cases" if any(isinstance(node, Cases) for node in nodes) else "formula"


@dataclass(frozen=True)
class Materials:
    """What can be put into one line.

    Attributes
    ----------
    background : Background
        Of its document.
    letters : tuple of str
        The indices in use.
    slopes : tuple of Node
        σ'(z) of each layer, of whole arrays, and with every choice of the line's letters that fits.
    shares : tuple of Node
        The weights of the samples, where they have a symbol.
    decays : tuple of Node
        What the penalty can add to the gradient at hand, the true one first.
    is_free : bool
        Whether the loss has no penalty on what the gradient at hand is by.
    moved : Symbol, optional
        What that is.
    inputs : tuple of Node
        Of a gradient by weights, what they are multiplied by, whole and with every choice of the line's letters.
    """

    background: Background
    letters: tuple[str, ...]
    slopes: tuple[Node, ...]
    shares: tuple[Node, ...]
    decays: tuple[Node, ...]
    is_free: bool
    moved: Symbol | None
    inputs: tuple[Node, ...]

    @property
    def is_of_bias(self) -> bool:
        """Whether the gradient at hand is by a bias."""
        return self.moved in self.background.roles.biases

    @classmethod
    def of(cls, background: Background, moved: Symbol | None, axes: Axes) -> "Materials":
        """Return what can be put into a line about the gradient by a symbol, or by an entry of it."""
        spelling, penalty = background.spelling, background.penalty
        parameter = spelling.of(moved, axes) if moved in penalty.on and moved is not None else None
        return cls(
            background,
            tuple(background.system.meaning.shapes.letters),
            tuple(dict.fromkeys(_slopes(background))),
            tuple(dict.fromkeys(_shares(background))),
            tuple(times(factor, parameter) for factor in penalty.factors) if parameter is not None else (),
            moved is not None and parameter is None,
            moved,
            tuple(dict.fromkeys(_inputs(background, moved))),
        )


def _inputs(background: Background, moved: Symbol | None) -> Iterator[Node]:
    for layer in background.roles.layers:
        if layer.weights == moved and layer.input is not None:
            choices = islice(_choices(layer.input, background), MOST_CHOICES)
            yield from (background.spelling.of(layer.input, axes) for axes in choices)


def _slopes(background: Background) -> Iterator[Node]:
    for activation in background.activations:
        symbols = [each for each in (activation.scores, activation.output) if isinstance(each, Symbol)]
        for axes in islice(_choices(symbols[0], background), MOST_CHOICES) if symbols else ({},):
            is_whole = bool(symbols) and len(axes) < sum(each != 1 for each in symbols[0].shape)
            slope = activation.derivative(
                partial(background.spelling.of, axes=axes),
                is_whole=is_whole or not symbols,
                manner=background.manner,
            )
            if slope is not None:
                yield slope


def _choices(symbol: Symbol, background: Background) -> Iterator[Axes]:
    """Yield which letters can be on which axes of a symbol: none, or any that run so far."""
    shapes = background.system.meaning.shapes
    fitting: list[list[str | None]] = [
        [None, *(name for name, run in shapes.letters.items() if axis != 1 and shapes.find(run) == axis)]
        for axis in symbol.shape
    ]
    for letters in product(*fitting):
        yield {axis: Name(letter) for axis, letter in enumerate(letters) if letter is not None}


def _shares(background: Background) -> Iterator[Node]:
    """Yield the symbols of which each sample has one, where samples are many: their weights."""
    system = background.system
    samples = system.meaning.shapes.find(SAMPLES)
    for symbol in background.roles.signals:
        if set(symbol.shape) == {1, samples} and symbol.name not in system.definitions:
            yield from (background.spelling.of(symbol, axes) for axes in _choices(symbol, background))
