"""Which symbols a document has, and which of a symbol's scripts are its name, its indices, a transpose, a power."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from chainrule.checking.parsing.signs import INDICES, TARGETS
from chainrule.checking.parsing.syntax import (
    Apply,
    BigSum,
    Called,
    Chain,
    Group,
    Name,
    Node,
    Numeral,
    Product,
    Relation,
    Script,
    Scripted,
    Text,
)
from chainrule.checking.patience import go_on

__all__ = [
    "UNIT",
    "WEIGHTS",
    "Key",
    "Reference",
    "Symbols",
    "bare_letter",
    "base_of",
    "bound_letters",
    "bracketed_in",
    "defines",
    "differential",
    "given_to",
    "has_transpose",
    "index_letters",
    "indices_below",
    "is_symbol",
    "is_transpose",
    "letter_of",
    "letters_below",
    "nodes_of",
    "spelled",
    "symbols_among",
    "symbols_of",
    "within",
]

TRANSPOSE = "⊤"
WEIGHTS = {"W", "w", "θ", "Θ", "U", "V", "M"}


class Key(NamedTuple):
    """What tells two symbols apart: letter, accent, primes, and the label among the scripts.

    ``W^{[1]}``, ``W^{(1)}``, ``W_1`` and ``W1`` have the same label. Beside other indices a 0 is no number of an entry
    but a name: ``w_{j0}`` is the bias of ``w_{ji}``.
    """

    text: str
    accent: str = ""
    primes: int = 0
    label: str = ""
    is_bias: bool = False
    sense: int = 0
    is_any: bool = False

    @property
    def name(self) -> str:
        """A name for the algebra, which no other key has."""
        signs = ("0" if self.is_bias else "", "any" if self.is_any else "", "°" * self.sense)
        first, *others = (script and f"_{script}" for script in (self.accent, self.label, *signs))
        return "".join((self.text, first, "'" * self.primes, *others))


UNIT = Key("e")  # with the number of a class below it, the class's one-hot vector


@dataclass(frozen=True)
class Reference:
    """A symbol as it is used in one place.

    Attributes
    ----------
    key : Key
        Which.
    indices : tuple of Node
        What is left of the subscripts; Dots for a whole axis.
    sample : Node, optional
        Which sample: the i of ``x^{(i)}``.
    is_transposed : bool
        Whether ⊤ stands there.
    power : Node, optional
        An exponent.
    """

    key: Key
    indices: tuple[Node, ...] = ()
    sample: Node | None = None
    is_transposed: bool = False
    power: Node | None = None

    @property
    def is_whole(self) -> bool:
        """Whether no entry and no sample of it is meant."""
        return not self.indices and self.sample is None


def differential(name: str) -> str:
    """Return the name of dZ_2, by that of Z_2."""
    return f"d{name}"


def nodes_of(node: Node) -> Iterator[Node]:
    """Yield a node and everything in it, but for a symbol's scripts, a function's name, a sum's limits, and ⊤."""
    if is_transpose(node):
        return
    yield node
    for child in within(node):
        yield from nodes_of(child)


def within(node: Node) -> tuple[Node, ...]:
    """Return what a node is made of, but for a symbol's scripts, a function's name, a sum's limits."""
    if is_symbol(node):
        return ()
    return node.arguments if isinstance(node, Apply) else (node.body,) if isinstance(node, BigSum) else node.children


def is_symbol(node: Node) -> bool:
    """Return whether a node is a name with or without scripts."""
    while isinstance(node, Scripted):
        node = node.base
    return isinstance(node, Name)


@dataclass(frozen=True)
class _Parts:
    """A name's scripts, however they were nested: ``^{[1]}`` and ``^{(i)}`` are bracketed."""

    name: Name
    primes: int = 0
    subs: tuple[Node, ...] = ()
    bracketed: tuple[Node, ...] = ()
    sups: tuple[Node, ...] = ()
    is_bias: bool = False

    @property
    def base(self) -> Key:
        of = self.name
        return Key(of.text, of.accent, self.primes, is_bias=self.is_bias, sense=of.sense, is_any=of.is_any)


def _parts(node: Node) -> _Parts:
    layers = []
    while isinstance(node, Scripted):
        layers.append(node)
        node = node.base
    assert isinstance(node, Name)  # noqa: S101 - of symbols only
    node, number = _of_code(node)
    parts = _of_arguments(node) if isinstance(node, Called) else _Parts(node, bracketed=number)
    for layer in reversed(layers):
        bracketed, sups = _raised(layer.sup)
        parts = _Parts(
            node,
            parts.primes + layer.primes,
            (*parts.subs, *_items(layer.sub)),
            (*parts.bracketed, *bracketed),
            (*parts.sups, *sups),
        )
    *indices, last = parts.subs or (None,)
    return replace(parts, subs=tuple(indices), is_bias=True) if indices and last == Numeral("0") else parts


def _of_arguments(name: Called) -> _Parts:
    """Return a name with the sample that it is called with, if its first argument is no parameter: h(x^{(i)})."""
    given = given_to(name)
    if not given:
        return _Parts(name)
    of = _parts(given[0])
    subs, bracketed = (tuple(each for each in items if isinstance(each, Name)) for items in (of.subs, of.bracketed))
    return _Parts(name, subs=subs, bracketed=bracketed)


def given_to(node: Node) -> list[Node]:
    """Return what a name is called with that is no parameter: the x^{(i)} of h_θ(x^{(i)})."""
    while isinstance(node, Scripted):
        node = node.base
    arguments = node.arguments if isinstance(node, Called) else ()
    return [each for each in arguments if letter_of(each) not in {*WEIGHTS, "b"}]


def _of_code(name: Name) -> tuple[Name, tuple[Node, ...]]:
    """Return the W2 and y_hat of code as W with the label 2, and y with a hat."""
    if not name.is_word:
        return name, ()
    text = name.text.removesuffix("_hat")
    accent = "hat" if text != name.text else name.accent
    letters = text.rstrip("0123456789")
    number = (Numeral(text[len(letters) :]),) if letters and letters != text else ()
    return replace(name, text=letters if number else text, accent=accent), number


def base_of(node: Node) -> Key:
    """Return a symbol's key without a label: that of all layers, samples and entries."""
    return _parts(node).base


def bracketed_in(node: Node) -> tuple[Node, ...]:
    """Return what stands in brackets above a symbol: the i of x^{(i)}."""
    return _parts(node).bracketed


def _raised(script: Script | None) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """Return what a superscript has in brackets, and the rest of it."""
    if script is not None and script.brackets in ("()", "[]"):
        return script.items, ()
    bracketed: list[Node] = []
    rest: list[Node] = []
    for item in _items(script):
        if isinstance(item, Group) and item.brackets in ("()", "[]"):
            bracketed += item.items
        else:
            rest.append(item)
    return tuple(bracketed), tuple(rest)


def _items(script: Script | None) -> tuple[Node, ...]:
    return script.items if script is not None else ()


def _number(key: Key) -> int:
    """Return the number of a layer, if a key has one."""
    return int(key.label) if key.label.isdecimal() else 0


def defines(chain: Chain) -> bool:
    """Return whether a chain could define its first member: a symbol on the left of an equals sign."""
    return len(chain.members) > 1 and chain.signs[0] in ("=", ":=", "≡", "←") and is_symbol(chain.members[0])


def _letters(node: Node) -> set[str]:
    """Return the single letters among a symbol's subscripts."""
    return {item.text for item in _parts(node).subs if isinstance(item, Name) and not item.is_word}


def indices_below(node: Node) -> tuple[Node, ...]:
    """Return what stands below a symbol and is no number: letters, and symbols with indices of their own."""
    return tuple(item for item in _parts(node).subs if is_symbol(item))


def letters_below(node: Node) -> set[str]:
    """Return the letters below anything in a formula: z_i, (A W)_ij."""
    found: set[str] = set()
    for each in nodes_of(node):
        if is_symbol(each):
            found |= _letters(each)
        elif isinstance(each, Scripted):
            found |= {item.text for item in _items(each.sub) if isinstance(item, Name)}
    return found


def index_letters(node: Node) -> list[str]:
    """Return the letters of a symbol's scripts, or of those below a formula in brackets, that look like indices."""
    parts = _parts(node) if is_symbol(node) else None
    items = (*parts.subs, *parts.bracketed) if parts is not None else _items(getattr(node, "sub", None))
    return [item.text for item in items if isinstance(item, Name) and item.text.rstrip("'") in INDICES]


def bound_letters(node: Node) -> set[str]:
    """Return the letters that sums bind: of j ≠ k, the j."""
    sums = (each for each in nodes_of(node) if isinstance(each, BigSum))
    firsts = (below.sides[0] if isinstance(below, Relation) else below for each in sums for below in each.below)
    return {name.text for first in firsts for name in nodes_of(first) if isinstance(name, Name)}


@dataclass(frozen=True, eq=False)
class Symbols:
    """The symbols of a document, by their keys.

    Attributes
    ----------
    keys : set of Key
        All of them.
    sampled : set of Key
        Those, without a label, of which somewhere a sample is taken: x^{(i)}.
    sampled_below : set of Key
        Those, without a label, whose first index is the sample's: the x of z_i = W x_i + b.
    classes : set of str
        The letters that number a class.
    targets : set of str
        The letters of what a network should say: those that are usual, and the d beside a computed d̂.
    single : set of Key
        Those that are of one sample, and have a batch beside them under the capital: a^{(i)} is of A, and not of a.
    by_parts : set of Key
        Those of which there are samples, or entries with two indices: the capital letter is all of them.
    stacks : set of Key
        Those of which the definitions only speak sample by sample.
    raised : set of str
        The letters whose layer stands above them without brackets.
    """

    keys: AbstractSet[Key] = frozenset()
    sampled: AbstractSet[Key] = frozenset()
    sampled_below: AbstractSet[Key] = frozenset()
    classes: AbstractSet[str] = frozenset()
    targets: AbstractSet[str] = TARGETS
    single: AbstractSet[Key] = frozenset()
    by_parts: AbstractSet[Key] = frozenset()
    stacks: AbstractSet[Key] = frozenset()
    raised: AbstractSet[str] = frozenset()
    _resolved: dict[int, tuple[Node, Reference]] = field(default_factory=dict, init=False)

    def with_keys(self, keys: Iterable[Key]) -> "Symbols":
        """Return these symbols and others."""
        return replace(self, keys=self.keys | {*keys})

    def layer_of(self, delta: Key) -> str:
        """Return the layer by whose scores δ is the gradient: the one before, where only δ counts the input as one."""
        last = {letters: max(map(_number, self._of(letters)), default=0) for letters in ("δ", "zZ")}
        counts_inputs = 0 < last["zZ"] == last["δ"] - 1
        return str(_number(delta) - 1) if counts_inputs and _number(delta) else delta.label

    def _of(self, letters: str) -> Iterator[Key]:
        return (key for key in self.keys if key.text in letters)

    def is_class(self, node: Node) -> bool:
        """Return whether this is the number of a class: the c of p_c, the y_n of p_{n, y_n}."""
        return letter_of(node) in self.classes

    def resolve(self, node: Node) -> Reference:
        """Return what a symbol's scripts mean: the longest known name, the rest its indices."""
        if id(node) not in self._resolved:
            go_on()
            self._resolved[id(node)] = node, self._resolve(node)  # with the node, that its id stays its own
        return self._resolved[id(node)][1]

    def _resolve(self, node: Node) -> Reference:
        parts = _parts(node)
        if parts.base == UNIT and parts.subs and self.is_class(parts.subs[0]):
            return replace(self.resolve(parts.subs[0]), is_transposed=any(map(is_transpose, parts.sups)))
        indices, sups = parts.subs, parts.sups
        label, sample = self._bracketed(parts)
        if not label and indices and self._is_known(parts, _text_of(indices[0])):
            label, indices = _text_of(indices[0]), indices[1:]
        if not label and sups and self._is_layer(parts, _text_of(sups[0])):
            label, sups = _text_of(sups[0]), sups[1:]
        powers = [item for item in sups if not is_transpose(item)]
        key = parts.base._replace(label=label)
        is_whole = not indices and sample is None
        if key not in self.keys or (sample is not None and key in self.single):
            twin = key._replace(text=key.text.swapcase())  # w_ij is of W, y^(i) of Y, and A of all a^(i)
            key = twin if twin in (self.by_parts if is_whole else self.keys) else key
        if not self.raises_samples(key) and indices and sample is None:
            sample, indices = indices[0], indices[1:]
        return Reference(key, indices, sample, len(powers) < len(sups), powers[0] if powers else None)

    def is_stack(self, node: Node) -> bool:
        """Return whether a symbol is all samples of what is defined for a sample: the X of x^{(i)}, h(X)."""
        reference = self.resolve(node)
        if not reference.is_whole:
            return False
        if any(map(self.is_stack, given_to(node))):
            return True
        is_capital = letter_of(node) != reference.key.text
        has_samples = reference.key._replace(label="") in self.sampled | self.sampled_below
        return has_samples and (is_capital or reference.key in self.stacks)

    def raises_samples(self, key: Key) -> bool:
        """Return whether the index of a symbol's sample stands above, as in x^{(i)}, and not first below."""
        return key._replace(label="") not in self.sampled_below

    def _is_known(self, parts: _Parts, label: str) -> bool:
        return bool(label) and parts.base._replace(label=label) in self.keys

    def _is_layer(self, parts: _Parts, number: str) -> bool:
        """Return whether what stands above a symbol without brackets is its layer."""
        return self._is_known(parts, number) or (number.isdecimal() and parts.name.text in self.raised)

    def _bracketed(self, parts: _Parts) -> tuple[str, Node | None]:
        """Return the layer and the sample of ``a^{[1](i)}``: a number is a layer's, a letter a sample's."""
        label, sample = "", None
        for item in parts.bracketed:
            is_label = isinstance(item, Numeral) and not (
                parts.base in self.sampled and not self._is_known(parts, item.text)
            )
            if is_label and not label:
                label = _text_of(item)
            else:
                sample = item
        return label, sample


def is_transpose(item: Node) -> bool:
    """Return whether a superscript is ⊤."""
    return isinstance(item, Name) and item.text == TRANSPOSE


def has_transpose(node: Node) -> bool:
    """Return whether ⊤ stands on a symbol, on ones or on brackets."""
    return isinstance(node, Scripted) and any(map(is_transpose, _items(node.sup)))


def letter_of(node: Node) -> str:
    """Return the letter that carries a node's scripts, if it is a symbol."""
    while isinstance(node, Scripted):
        node = node.base
    return node.text if isinstance(node, Name) else ""


def spelled(node: Node) -> str:
    """Return a name with its scripts as one word, such as D_x and k'; n^{[1]} is n_1."""
    if isinstance(node, Name):
        return node.text
    if isinstance(node, Scripted):
        scripts = (*_items(node.sub), *_items(node.sup))
        return "_".join([spelled(node.base) + "'" * node.primes, *(spelled(item) for item in scripts)])
    if isinstance(node, Group):
        return "_".join(map(spelled, node.items))
    return getattr(node, "text", "")


def bare_letter(node: Node) -> str:
    """Return a letter that stands without scripts, with its primes, or nothing: i, k'."""
    bare = is_symbol(node) and (parts := _parts(node)) == _Parts(parts.name, parts.primes)
    return spelled(node) if bare else ""


def _text_of(node: Node) -> str:
    """Return what could be a label: a number, a letter, a word."""
    return node.text if isinstance(node, Numeral | Name | Text) else ""


def _first(items: tuple[Node, ...]) -> str:
    return _text_of(items[0]) if items else ""


def symbols_of(
    chains: Iterable[Chain], classes: frozenset[str] = frozenset(), layered: frozenset[str] = frozenset()
) -> Symbols:
    """Return the symbols that a document's equations define and use.

    Parameters
    ----------
    chains : iterable of Chain
        The equations, written out for every layer.
    classes : set of str
        The letters that number a class.
    layered : set of str
        The letters whose layer stands above them without brackets wherever there is a number.

    Notes
    -----
    A letter below is an index where the left side has it, a sum binds it or it numbers a class, a label elsewhere. A
    number below is a label, unless the symbol is there without one too and no equation defines it with one.
    """
    definitions = [chain for chain in chains if defines(chain)]
    left = [_parts(chain.members[0]) for chain in definitions]
    used = [_parts(node) for chain in definitions for node in symbols_among(chain.members[1:])]
    bare = {parts.base for parts in (*left, *used) if not _is_numbered(parts)}
    bare |= {base for chain in definitions for base in _numbered_alike(chain, bare)} - {parts.base for parts in left}
    raised = layered | {letter for chain in definitions for letter in _raised_with(chain)}
    raised |= {parts.name.text for parts in used if _first(parts.sups) == "1"}  # nobody writes a power of 1
    given = [_parts(each) for chain in definitions for node in symbols_among(chain.members) for each in given_to(node)]
    sampled = {parts.base for parts in (*left, *used, *given) if [type(item) for item in parts.bracketed] == [Name]}
    keys: set[Key] = set()
    for chain in definitions:
        free = _letters(chain.members[0])
        bound = set().union(*(bound_letters(member) for member in chain.members))
        body = {letter for member in chain.members[1:] for letter in letters_below(member)}
        for place, member in enumerate(chain.members):
            for node in _with_classes(symbols_among((member,)), classes):
                parts = _parts(node)
                is_label = place == 0 or parts.base not in bare
                indices = bound | (free & body) | classes
                label = _label(parts, indices, number_is_label=is_label, raised=raised, sampled=sampled)
                keys.add(parts.base._replace(label=label))
    computed = {parts.base for parts in left}
    hatted = {key.text for key in computed if key.accent == "hat"} - {key.text for key in computed if not key.accent}
    return Symbols(keys, sampled, _sampled_below(definitions), classes, TARGETS | hatted, raised=raised)


def _numbered_alike(chain: Chain, bare: AbstractSet[Key]) -> Iterator[Key]:
    """Yield the targets that go with entries, number by number: the y of y_1 log p_1 + y_2 log p_2."""
    numbers: dict[Key, set[str]] = {}
    for parts in map(_parts, symbols_among(chain.members)):
        if _first(parts.subs).isdecimal():
            numbers.setdefault(parts.base, set()).add(_first(parts.subs))
    entries = set().union(*(numbers[base] for base in numbers.keys() & bare))
    yield from (base for base in numbers if base.text in TARGETS and len(numbers[base] & entries) > 1)


def _raised_with(chain: Chain) -> Iterator[str]:
    """Yield the letters that have the layer's number above them that the defined one has: z^2 = w^2 a^1 + b^2."""
    number = _first(_parts(chain.members[0]).sups)
    if number.isdecimal():
        yield from (
            parts.name.text for node in symbols_among(chain.members) if _first((parts := _parts(node)).sups) == number
        )


def _with_classes(nodes: Iterable[Node], classes: frozenset[str]) -> Iterator[Node]:
    """Yield symbols, and those below them that number a class; of e_c, only the class."""
    for node in nodes:
        numbering = [index for index in indices_below(node) if letter_of(index) in classes]
        yield from numbering
        if not numbering or _parts(node).base != UNIT:
            yield node


def _sampled_below(definitions: Sequence[Chain]) -> set[Key]:
    """Return the symbols whose first index counts samples: all that go with the z and x of z_i = W x_i + b."""
    found: set[Key] = set()
    groups = [group for chain in definitions for group in _by_first_letter(chain)]
    for chain in definitions:
        left = _parts(chain.members[0])
        if len(left.subs) == 1 and isinstance(left.subs[0], Name) and _has_whole_weights(chain.members[1], left.subs):
            found.add(left.base)
    while found and any(group & found and not group <= found for group in groups):
        found = found.union(*(group for group in groups if group & found))
    return found


def _by_first_letter(chain: Chain) -> list[set[Key]]:
    """Return a chain's symbols by the letter that is their first index."""
    groups: dict[str, set[Key]] = {}
    for node in symbols_among(chain.members):
        parts = _parts(node)
        if parts.subs and isinstance(parts.subs[0], Name):
            groups.setdefault(parts.subs[0].text, set()).add(parts.base)
    return list(groups.values())


def _has_whole_weights(node: Node, subs: tuple[Node, ...]) -> bool:
    """Return whether W x_i or v^T x_i stands in a formula, with the whole of W or v."""
    for each in nodes_of(node):
        factors = each.factors if isinstance(each, Product) else ()
        parts = [_parts(factor) for factor in factors if is_symbol(factor)]
        whole = any(_is_matrix(one) and not any(isinstance(sub, Name) for sub in one.subs) for one in parts)
        if whole and any(one.subs == subs for one in parts):
            return True
    return False


def _is_matrix(parts: _Parts) -> bool:
    """Return whether a symbol is no number by its letter or its transpose."""
    return parts.name.text in WEIGHTS or parts.name.text.isupper() or any(map(is_transpose, parts.sups))


def symbols_among(members: Iterable[Node]) -> Iterator[Node]:
    """Yield the symbols in formulas, each as often as it stands there."""
    return (node for member in members for node in nodes_of(member) if is_symbol(node))


def _is_numbered(parts: _Parts) -> bool:
    return any(isinstance(item, Numeral) for item in parts.bracketed) or _first(parts.subs).isdecimal()


def _label(
    parts: _Parts, indices: set[str], *, number_is_label: bool, raised: AbstractSet[str], sampled: set[Key]
) -> str:
    """Return the label among a symbol's scripts."""
    for item in parts.bracketed:
        if isinstance(item, Numeral) and parts.base not in sampled:
            return item.text
    first = _first(parts.subs)
    if first and (number_is_label if first.isdecimal() else first not in indices):
        return first
    if parts.name.text in raised and _first(parts.sups).isdecimal():
        return _first(parts.sups)
    return ""
