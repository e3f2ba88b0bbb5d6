"""How a document's author writes each symbol: where its label stands, its indices, its sample."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from chainrule.algebra.expressions import Derivative, Dimension, Symbol
from chainrule.checking.judging.surgery import TRANSPOSE, raised, rewritten
from chainrule.checking.meaning.inference import learn_letters
from chainrule.checking.meaning.shapes import SAMPLES, Conflict, Pair
from chainrule.checking.meaning.symbols import Key, Reference, is_symbol, is_transpose, nodes_of
from chainrule.checking.meaning.systems import System
from chainrule.checking.parsing.syntax import Chain, Group, Name, Node, Numeral, Script, Scripted, unplaced

__all__ = ["Axes", "Spelling", "relabelled"]

# What indexes the rows and the columns of a symbol, by the axis: 0 and 1.
Axes = Mapping[int, Node]


class Spelling:
    """The symbols of a document, as their author writes them."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._shapes = system.meaning.shapes
        self.keys = {symbol: key for key, symbol in system.meaning.symbols.items()}
        self._seen: dict[Key, dict[frozenset[int], Node]] = {}
        letters = self._shapes.letters
        for instances in system.instances.values():
            for chain in instances:
                self._see(chain)
        self._shapes.letters = letters

    def _see(self, chain: Chain) -> None:
        self._shapes.letters = {}
        for member in chain.members:
            learn_letters(member, self._shapes)
        for member in chain.members:
            for node in nodes_of(member):
                if is_symbol(node):
                    reference = self._shapes.symbols.resolve(node)
                    used = self._seen.setdefault(reference.key, {})
                    used.setdefault(frozenset(self.axes(reference)), unplaced(node))

    def moved_by(self, key: Key) -> Symbol | None:
        """Return the symbol by which another one is the gradient: δ_2, dW2."""
        symbol = self._system.meaning.symbols.get(key)
        if symbol is None:
            return self._system.meaning.moved_by(key)
        body = self._system.definitions.get(symbol.name)
        return body.moved if isinstance(body, Derivative) else None

    def axes(self, reference: Reference) -> dict[int, Node]:
        """Return what indexes which axis of a symbol."""
        try:
            return dict(self._shapes.places(self._pair(reference.key), reference))
        except Conflict:
            return dict(enumerate(reference.indices))

    def _pair(self, key: Key) -> Pair:
        if key in self._shapes.of:
            return self._shapes.known(self._shapes.of[key])
        moved = self.moved_by(key)
        if moved is None:
            raise Conflict(key.name)
        return moved.shape.rows, moved.shape.columns

    def of(self, symbol: Symbol, axes: Axes | None = None) -> Node:
        """Return a symbol, or an entry or a sample of it."""
        return self.at(self.keys[symbol], axes or {})

    def at(self, key: Key, axes: Axes) -> Node:
        """Return a symbol by its key, with indices on some of its axes."""
        if key not in self._seen and (twin := self._of_another_layer(key)) is not None:
            label = Numeral(key.label) if key.label.isdecimal() else Name(key.label)
            return relabelled(self.at(twin, axes), twin.label, label)
        seen = self._seen.get(key, {})
        if (written := seen.get(frozenset(axes))) is not None:
            reference = self._shapes.symbols.resolve(written)
            return self.indexed(written, dict(_changes(self.axes(reference), axes)))
        of_sample = {axis: axes[axis] for axis in axes if self._is_of_samples(key, axis)}
        if len(of_sample) < len(axes) and frozenset(of_sample) in seen and of_sample:  # x_j^{(i)}, as x^{(i)}
            rest = {axis: index for axis, index in axes.items() if axis not in of_sample}
            return self._with_indices(self.at(key, of_sample), key, rest)
        whole = self.whole(next(iter(seen.values()))) if seen else _spelled(key)
        return self._with_indices(whole, key, axes)

    def _of_another_layer(self, key: Key) -> Key | None:
        """Return a symbol that differs in its label alone."""
        return next((each for each in self._seen if each.label and each._replace(label=key.label) == key), None)

    def whole(self, node: Node) -> Node:
        """Return a symbol without its indices."""
        reference = self._shapes.symbols.resolve(node)
        parts = [*reference.indices, reference.sample]
        return self.indexed(node, {id(part): None for part in parts if part is not None})

    def indexed(self, node: Node, changes: Mapping[int, Node | None]) -> Node:
        """Return a symbol, without transpose and power, in which indices have changed."""
        reference = self._shapes.symbols.resolve(node)
        power = {} if reference.power is None else {id(reference.power): None}
        return rewritten(node, {**changes, **power, **_transposes(node)})

    def _is_of_samples(self, key: Key, axis: int) -> bool:
        """Return whether an axis is that of the samples, whose index stands above."""
        is_raised = key._replace(label="") in self._shapes.symbols.sampled
        return is_raised and key in self._shapes.of and self._pair(key)[axis] == SAMPLES

    def _with_indices(self, whole: Node, key: Key, axes: Axes) -> Node:
        """Return a symbol with indices that its author never gave it: a sample's above, where samples are."""
        if not axes:
            return whole
        shape = self._pair(key) if key in self._shapes.of else (1, 1)
        is_sample = self._shapes.symbols.sampled and [shape[axis] for axis in axes] == [SAMPLES]
        indices = tuple(axes[axis] for axis in sorted(axes))
        if is_sample:
            above = whole.sup.items if isinstance(whole, Scripted) and whole.sup is not None else ()
            return Scripted(whole, None, Script(indices, "()")) if not above else raised(whole, *indices)
        if isinstance(whole, Scripted) and whole.sub is not None:
            return replace(whole, sub=replace(whole.sub, items=(*whole.sub.items, *indices)))
        if isinstance(whole, Scripted):
            return replace(whole, sub=Script(indices))
        return Scripted(whole, Script(indices))

    def instead(self, node: Node, key: Key) -> Node:
        """Return another symbol in the place of one, with the same indices, power and transpose."""
        reference = self._shapes.symbols.resolve(node)
        axes = self.axes(reference)
        mine, its = self._axes_of_samples(reference.key), self._axes_of_samples(key)
        if mine is not None and its is not None and mine != its:
            axes = {1 - axis: index for axis, index in axes.items()}
        new = self.at(key, axes)
        if reference.power is not None:
            new = raised(new, reference.power)
        if not reference.is_transposed:
            return new
        if isinstance(node, Scripted) and isinstance(node.base, Scripted) and is_symbol(new):  # W^{[2]T}
            return Scripted(new, None, TRANSPOSE)
        return raised(new, *TRANSPOSE.items)

    def _axes_of_samples(self, key: Key) -> int | None:
        try:
            pair: tuple[Dimension, ...] = self._pair(key)
        except Conflict:
            return None
        return pair.index(SAMPLES) if SAMPLES in pair else None


def relabelled(node: Node, old: str, new: Node) -> Node:
    """Return a symbol with another label."""
    if isinstance(node, Name):
        text = node.text.removesuffix(old) + getattr(new, "text", "")
        return replace(node, text=text) if node.text.endswith(old) else node
    if not isinstance(node, Scripted):
        return node
    items = (node.sub.items if node.sub else ()) + (node.sup.items if node.sup else ())
    inner = [each for item in items for each in (item.items if isinstance(item, Group) else (item,))]
    label = next((each for each in inner if getattr(each, "text", "") == old), None)
    if label is None:
        return replace(node, base=relabelled(node.base, old, new))
    return rewritten(node, {id(label): new})


def _changes(old: Axes, new: Axes) -> Iterator[tuple[int, Node]]:
    return ((id(index), new[axis]) for axis, index in old.items())


def _transposes(node: Node) -> dict[int, None]:
    found: dict[int, None] = {}
    while isinstance(node, Scripted):
        found |= {id(item): None for item in (node.sup.items if node.sup else ()) if is_transpose(item)}
        node = node.base
    return found


def _spelled(key: Key) -> Node:
    """Return a symbol that stands nowhere with a label below."""
    base = Name(key.text, key.accent)
    label = (Numeral(key.label) if key.label.isdecimal() else Name(key.label),) if key.label else ()
    return Scripted(base, Script(label) if label else None, None, key.primes) if label or key.primes else base
