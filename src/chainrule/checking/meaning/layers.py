"""What is said of any layer l, written out for each layer of a network; and so are sums over the layers."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import eq, ge, gt, le, lt, ne
from typing import TypeVar

from chainrule.checking.meaning.definitions import SCORES, is_gradient
from chainrule.checking.meaning.labels import (
    DEEPEST,
    LASTS,
    Label,
    base_of,
    labels_of,
    layer_of,
    letter_of,
    with_layers,
)
from chainrule.checking.meaning.points import INPUTS
from chainrule.checking.meaning.ranges import Range, ranges_of
from chainrule.checking.meaning.symbols import WEIGHTS, Key, defines, is_symbol, nodes_of
from chainrule.checking.parsing.syntax import BigSum, Chain, Group, Node, Numeral, Relation, Sum, with_parts
from chainrule.checking.patience import go_on

__all__ = ["LAYERS", "is_of_any_layer", "layered_in", "written_out"]

N = TypeVar("N", bound=Node)

RELATIONS = {"<": lt, ">": gt, "≤": le, "≥": ge, "=": eq, "≠": ne}
LAYERS = frozenset({"l", "ℓ"})
DEPTH = 3  # where the document gives no layer a number
MOST_NESTED = 3  # sums in each other, each of which can be over layers


def written_out(chains: tuple[Chain, ...]) -> Mapping[int, tuple[Chain, ...]]:
    """Return each chain's instances, by the chain's identity: itself, or one for each layer that it speaks of.

    An instance that speaks of a layer which is not there is left out.
    """
    network = _network(chains)
    return {id(chain): tuple(network.instances(chain)) for chain in chains}


def is_of_any_layer(chain: Chain) -> bool:
    """Return whether a chain has the letter of a layer where a symbol can have its layer."""
    return any(label.letter in LAYERS for label in labels_of(chain))


def layered_in(chains: Iterable[Chain]) -> frozenset[str]:
    """Return the letters that have the letter of a layer above them without brackets: a^l, w^{l+1}."""
    labels = (label for chain in chains for label in labels_of(chain))
    return frozenset(label.base.text for label in labels if label.place == "^" and label.letter in LAYERS)


def _network(chains: Sequence[Chain]) -> "_Network":
    """Return the layers of which a document speaks; the last is the highest that has a number, or the third."""
    defining = [chain for chain in chains if defines(chain)]
    labels = [list(labels_of(chain)) for chain in chains]
    network = _Network(_numbered(defining) | _counted(labels), _raised(defining, labels))
    everything = [label for of_chain in labels for label in of_chain]
    network = replace(network, names_last=network.names(everything, LASTS), lengths=_lengths(chains, network.below))
    defining = [
        chain for chain in defining if not any(is_gradient(label.base) for label in labels_of(chain.members[0]))
    ]
    is_general = any(network.names(labels_of(chain.members[0]), LAYERS) for chain in defining)
    highest = max((number for label in everything if (number := network.number(label)) is not None), default=0)
    is_any = not highest or (network.names_last and is_general)
    network = replace(network, depth=max(highest, DEPTH) if is_any else highest)
    network = replace(network, inputs=dict(_inputs(network, defining)))
    known: dict[Key, set[int]] = {}
    for chain in defining:
        sides = (side for instance in network.instances(chain) for side in instance.members[:2])  # the rest is claimed
        for label in (label for side in sides for label in labels_of(side)):
            if (number := network.number(label)) is not None:
                known.setdefault(label.base, set()).add(number)
    of_scores = next((known[Key(letter)] for letter in SCORES if Key(letter) in known), None)
    return replace(network, known=known | ({} if of_scores is None else {Key("δ"): of_scores}))


def _inputs(network: "_Network", defining: Iterable[Chain]) -> Iterator[tuple[Key, int]]:
    """Yield the letter whose first layer is the input, and that layer's number: a^{(1)} = x."""
    for chain in defining:
        for label in labels_of(chain.members[0]):
            if letter_of(chain.members[1]) in INPUTS and (number := network.number(label)) is not None:
                yield label.base, number


def _numbered(defining: Iterable[Chain]) -> set[Key]:
    """Return the letters with a number below that is a layer's and no entry's: defined so, or never without."""
    found: set[Key] = set()
    bare: set[Key] = set()
    defined: set[Key] = set()
    for chain in defining:
        for place, member in enumerate(chain.members):
            for symbol in (node for node in nodes_of(member) if is_symbol(node)):
                labels = [label for label in labels_of(symbol) if label.place != "^"]
                numbers = {label.base for label in labels if label.place == "_" and isinstance(label.item, Numeral)}
                found |= numbers
                defined |= numbers if place == 0 else set()
                bare |= set() if labels else {base_of(symbol)}
    return defined | (found - bare)


def _counted(labels: Iterable[Sequence[Label]]) -> set[Key]:
    """Return the letters that have l below them beside an l − 1 below another: z_l = W_l a_{l−1}."""
    below = ([label for label in of_chain if label.place == "_" and label.letter in LAYERS] for of_chain in labels)
    return {label.base for each in below if any(isinstance(one.item, Sum) for one in each) for label in each}


def _raised(defining: Iterable[Chain], labels: Iterable[Sequence[Label]]) -> set[Key]:
    """Return the letters whose layer stands above them without brackets: a^l, a^1, and a defined a^2."""
    above = [label for of_chain in labels for label in of_chain if label.place == "^"]
    left = [label for chain in defining for label in labels_of(chain.members[0]) if label.place == "^"]
    found = {label.base for label in above if label.letter in LAYERS or label.item == Numeral("1")}
    return found | {label.base for label in left if isinstance(label.item, Numeral)}


def _lengths(chains: Iterable[Chain], below: Collection[Key]) -> frozenset[str]:
    """Return the letters to which sums run that are not over layers."""
    nodes = (node for chain in chains for member in chain.members for node in nodes_of(member))
    sums = [(each, node) for node in nodes if isinstance(node, BigSum) for each in ranges_of(node)]
    return frozenset(
        letter_of(each.end)
        for each, node in sums
        if each.end is not None
        and not any(
            label.letter == each.letter and (label.place != "_" or label.base in below)
            for label in labels_of(node.body)
        )
    )


@dataclass(frozen=True)
class _Network:
    """The layers of which a document speaks.

    Attributes
    ----------
    below, above : set of Key
        The letters that have their layer below them, or above them without brackets.
    depth : int
        The number of the last layer.
    names_last : bool
        Whether it is called L or n_l.
    lengths : set of str
        How far other sums run: no number of a layer.
    inputs : mapping of Key to int
        The first layer of a letter, which no layer makes: the 1 of a^{(1)} = x.
    known : mapping of Key to set of int
        Of which layers the definitions have a letter.
    """

    below: set[Key]
    above: set[Key]
    depth: int = DEPTH
    names_last: bool = False
    lengths: frozenset[str] = frozenset()
    inputs: Mapping[Key, int] = field(default_factory=dict)
    known: Mapping[Key, set[int]] = field(default_factory=dict)

    def number(self, label: Label) -> int | None:
        """Return the layer that is a label, if it is a number."""
        number = layer_of(label.item, {}) if isinstance(label.item, Numeral) and self._is_layer(label) else None
        return number if number is not None and number <= DEEPEST else None

    def names(self, labels: Iterable[Label], letters: Collection[str]) -> bool:
        """Return whether one of some labels is of a layer with one of some letters."""
        values = dict.fromkeys(letters, self.depth)
        return any(
            label.letter in letters
            and layer_of(label.item, values) is not None
            and (label.place != "_" or label.base in self.below)
            for label in labels
        )

    def instances(self, chain: Chain) -> Iterator[Chain]:
        """Yield a chain for each layer, or with the last layer's number."""
        go_on()
        labels = list(labels_of(chain))
        if not self.names(labels, LAYERS):
            yield self._summed(
                with_layers(chain, dict.fromkeys(LASTS, self.depth)) if self.names(labels, LASTS) else chain
            )
            return
        said = [each for each in chain.beside if isinstance(each, Relation) and letter_of(each.sides[0]) in LAYERS]
        chain = replace(chain, beside=tuple(each for each in chain.beside if each not in said))
        every = (dict.fromkeys(LASTS, self.depth) | dict.fromkeys(LAYERS, layer) for layer in range(1, self.depth + 1))
        meant = [values for values in every if self._are_there(labels, values) and _is_meant(said, values)]
        if defines(chain):
            meant = [values for values in meant if not self._is_input(chain.members[0], values)]
        yield from (self._summed(with_layers(chain, values)) for values in meant)
        if not meant:  # what is not there is not understood
            yield chain

    def _are_there(self, labels: Iterable[Label], values: Mapping[str, int]) -> bool:
        """Return whether there are the layers that the labels with some letters name."""
        numbers = ((label.base, layer_of(label.item, values)) for label in labels if label.letter in values)
        every = range(self.depth + 1)
        return all(
            number is None or (number in self.known.get(base, every) and number >= self.inputs.get(base, 0))
            for base, number in numbers
        )

    def _is_input(self, symbol: Node, values: Mapping[str, int]) -> bool:
        """Return whether a symbol is the input, if its layer's letter stands for some layer."""
        return any(layer_of(label.item, values) == self.inputs.get(label.base, -1) for label in labels_of(symbol))

    def _summed(self, chain: Chain) -> Chain:
        """Return a chain in which sums over layers are written out; the same, if it has none or too many."""
        return _changed(chain, self._terms) if _nested_sums(chain) <= MOST_NESTED else chain

    def _terms(self, node: Node) -> Node:
        """Return a sum over layers term by term, and everything else as it is."""
        if not isinstance(node, BigSum):
            return node
        ranges = ranges_of(node)
        over_layers = ((each, numbers) for each in ranges if (numbers := self._numbers_of(each, node)))
        each, numbers = next(over_layers, (None, []))
        if each is None or not all(other.letter for other in ranges):
            return node
        below = tuple(item for item in node.below if item != each.below)
        body = replace(node, below=below) if len(ranges) > 1 else node.body
        terms = tuple(with_layers(body, {each.letter: number}) for number in numbers)
        whole = Sum(terms, start=node.start, end=node.end) if len(terms) > 1 else terms[0]
        return Group((whole,), "()", start=node.start, end=node.end)

    def _numbers_of(self, each: Range, node: BigSum) -> list[int]:
        """Return the layers that a letter of a sum runs over; none, where it is not over layers.

        Without limits, or with one of which nothing is known, these are all that there are of what is summed.
        """
        labels = [label for label in labels_of(node.body) if label.letter == each.letter]
        is_layer = each.letter in LAYERS and self.names(labels, LAYERS)
        if not is_layer and not any(label.base.text in WEIGHTS and self._is_numbered(label) for label in labels):
            return []
        last = dict.fromkeys(LASTS, self.depth) if self.names_last else {}
        begin = layer_of(each.begin, last)
        end = None if each.end is None else layer_of(each.end, last)
        if end is None and each.end is not None and letter_of(each.end) in self.lengths:
            return []
        numbers: Sequence[int] = range(begin or 0, min(DEEPEST, self.depth if end is None else end) + 1)
        if begin is None or end is None:
            numbers = [number for number in numbers if self._are_there(labels, {each.letter: number})]
        return [number for number in numbers if _is_meant(each.conditions, {each.letter: number} | last)]

    def _is_numbered(self, label: Label) -> bool:
        """Return whether a symbol has numbers of layers where it has this label."""
        return label.base in self.known and self._is_layer(label)

    def _is_layer(self, label: Label) -> bool:
        """Return whether a number in the place of a label is a layer's."""
        return label.place == "[]" or label.base in (self.below if label.place == "_" else self.above)


def _is_meant(relations: Sequence[Relation], values: Mapping[str, int]) -> bool:
    """Return whether a layer is among those that are spoken of: l < L, l = 1, …, L − 1."""
    for relation in relations:
        first, last = relation.sides[0], relation.sides[-1]
        layer, limit = layer_of(first, values), layer_of(last, values)
        if isinstance(last, Group):
            begin, end = (layer_of(item, values) for item in (last.items[0], last.items[-1]))
            if None not in (layer, begin, end) and layer not in range(begin or 0, (end or 0) + 1):
                return False
        elif layer is not None and limit is not None and letter_of(first) not in LASTS:
            holds = RELATIONS.get(relation.signs[0])
            if holds is not None and not holds(layer, limit):
                return False
    return True


def _nested_sums(node: Node) -> int:
    """Return how many sums are in each other."""
    return isinstance(node, BigSum) + max(map(_nested_sums, node.children), default=0)


def _changed(node: N, change: Callable[[Node], Node]) -> N:
    """Return a node of which each part is changed, the outermost first."""
    new = change(node)
    return with_parts(new, lambda part: _changed(part, change))  # type: ignore[return-value]
