"""What a document states, before anybody asks for shapes: its symbols, definitions, declarations, functions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from chainrule.algebra import functions as fn
from chainrule.algebra.expressions import Dimension
from chainrule.checking.meaning import definitions as df
from chainrule.checking.meaning.activations import activations_of
from chainrule.checking.meaning.calls import function_name
from chainrule.checking.meaning.classes import classes_of
from chainrule.checking.meaning.inference import axis_of, keywords_of
from chainrule.checking.meaning.layers import is_of_any_layer, layered_in, written_out
from chainrule.checking.meaning.letters import told_apart
from chainrule.checking.meaning.numbers import numbers_of, vectors_of
from chainrule.checking.meaning.outputs import LOSSES
from chainrule.checking.meaning.own import slopes_in
from chainrule.checking.meaning.points import COUNTS, INPUTS
from chainrule.checking.meaning.shapes import SAMPLES, Layout, Shapes
from chainrule.checking.meaning.steps import THETA, named_steps
from chainrule.checking.meaning.symbols import Key, Symbols, is_symbol, nodes_of
from chainrule.checking.meaning.symbols import symbols_of as symbols_in
from chainrule.checking.meaning.values import GREEK_SCALARS, bounds_of, slopes_of, values_of
from chainrule.checking.parsing.syntax import (
    Apply,
    BigSum,
    Chain,
    Document,
    Dots,
    Name,
    Node,
    Numeral,
    Prose,
    Relation,
    Table,
    Unread,
)

__all__ = ["Stated", "likely_layouts"]

LAYOUTS: tuple[Layout, ...] = ("rows", "columns")
MOST_INPUTS = 3
OF_SAMPLES = {"m", "N", "B"}  # what a sum that runs so far is over
ALONG_ROWS = Relation(
    (Name("axis", is_word=True), Numeral("1")), ("=",)
)  # of what has two axes; axis=-1 is the last, also of one


def likely_layouts(document: Document) -> tuple[Layout, ...]:
    """Return the layouts, first the one of which the words speak."""
    words = " ".join(piece.text for piece in document.pieces if isinstance(piece, Prose))
    is_traditional = any(character in words for character in "樣個層權為")
    row, column = ("列", "行") if is_traditional else ("行", "列")
    rows = len(re.findall(rf"\brows?\b|每一?{row}", words, re.IGNORECASE))
    columns = len(re.findall(rf"\bcolumns?\b|每一?{column}|{column}向量", words, re.IGNORECASE))
    return LAYOUTS[::-1] if columns > rows else LAYOUTS


def _goes_on(chain: Chain) -> bool:
    """Return whether a chain defines twice: ŷ = a = σ(z)."""
    return len(chain.members) > 2 and is_symbol(chain.members[0]) and is_symbol(chain.members[1])


def _not_overruled(instances: tuple[Chain, ...], definitions: Mapping[Key, Chain]) -> tuple[Chain, ...]:
    """Return what a general definition says of the layers that have no definition of their own."""
    defining = {id(chain) for chain in definitions.values()}
    own = tuple(chain for chain in instances if id(chain) in defining)
    return own or instances


@dataclass(frozen=True)
class Stated:
    """What a document states, before anybody asks for shapes."""

    chains: tuple[Chain, ...]
    instances: Mapping[int, tuple[Chain, ...]]
    symbols: Symbols
    declarations: tuple[Chain, ...]
    definitions: dict[Key, Chain]
    functions: dict[str, fn.Function]
    one_hot: bool
    inputs: int
    is_last_apart: bool
    unfit: Mapping[Key, Chain]
    slopes: tuple[Node, ...]
    bounds: Mapping[str, tuple[float, float]]

    @classmethod
    def of(cls, document: Document, assumed: Sequence[Chain]) -> "Stated":
        """Return what a document states, with what is assumed where it states nothing."""
        stated = df.stated_in(document)
        said = tuple(chain for _, chain in stated)
        written = (*said, *values_of(document, said), *assumed)
        instances = written_out(written)
        of_all = [each for chain in written for each in instances[id(chain)]]
        chains = (*of_all, *(Chain(each.members[1:], each.signs[1:]) for each in of_all if _goes_on(each)))
        prose = [piece for piece in document.pieces if isinstance(piece, Prose)]
        symbols = told_apart(symbols_in(chains, classes_of(chains, prose), layered_in(written)), chains)
        slopes = slopes_of(document, chains)
        symbols = symbols.with_keys(symbols.resolve(slope).key for slope in slopes if is_symbol(slope))
        general = {id(each) for chain in written if is_of_any_layer(chain) for each in instances[id(chain)]}
        specific = sorted(chains, key=lambda chain: id(chain) in general)  # a layer's own equation goes first
        by_instance = [(piece, each) for piece, chain in stated for each in instances[id(chain)]]
        definitions = df.definitions_of(specific, symbols)
        meant = {chain: _not_overruled(each, definitions) for chain, each in instances.items()}
        words = " ".join(piece.text for piece in prose)
        unread = {key: chain for key, chain in definitions.items() if isinstance(chain.members[1], Unread)}
        definitions = {key: chain for key, chain in definitions.items() if key not in unread}
        of_definitions = (each for chain in definitions.values() for each in df.declared_by(chain))
        used = {key for chain in definitions.values() for key in df.used_in(chain.members[1], symbols)}
        return cls(
            chains,
            meant,
            symbols,
            (*df.declarations_of(by_instance, symbols), *of_definitions),
            df.in_order(definitions, symbols),
            activations_of(sorted(by_instance, key=lambda pair: id(pair[1]) in general), words, chains, symbols)
            | dict.fromkeys({*named_steps(document), THETA}, fn.STEP),
            "one-hot" in words.casefold() or "独热" in words or "獨熱" in words,
            max(1, len({key for key in used if key.text in INPUTS} - definitions.keys())),
            meant != instances,
            unread,
            slopes,
            {**dict.fromkeys(slopes_in(chains), (0.0, 1.0)), **bounds_of(document)},
        )

    @property
    def likely_counts(self) -> Iterator[tuple[Dimension, ...]]:
        """For each input one sample or many, first what the letters suggest: X is of many, and 1/m only so."""
        used = self._letters_used
        counted = {key.text for key in self.scalars}
        many = "X" in used or counted & OF_SAMPLES or (used & COUNTS & counted) - self._limits
        counts: tuple[Dimension, ...] = (SAMPLES, 1) if many else (1, SAMPLES)
        found = product(counts, repeat=min(self.inputs, MOST_INPUTS))
        is_only_many = self._counts_samples or used & counted & OF_SAMPLES
        return (each for each in found if SAMPLES in each or not is_only_many)

    @property
    def _counts_samples(self) -> bool:
        """Whether definitions in code know of two axes, as those of one sample do not: X.shape[0], axis=1."""
        nodes = (node for chain in self.definitions.values() for node in df.everything_in(chain))
        calls = [node for node in nodes if isinstance(node, Apply)]
        names = {function_name(node.function) for node in calls}
        keywords = {keyword for node in calls for keyword in keywords_of(node)}
        return "shape" in names or ALONG_ROWS in keywords or ("mean" in names and bool(keywords))

    @property
    def may_have_one_output(self) -> bool:
        """Whether a document's numbers, one a sample, may be summed all at once: means, biases, a weight vector w."""
        defining = {id(chain) for chain in self.definitions.values()}
        calls = ((chain, node) for chain in self.chains for node in df.everything_in(chain) if isinstance(node, Apply))
        whole = [
            (function_name(node.function), id(chain) in defining) for chain, node in calls if axis_of(node) is None
        ]
        return Key("w") in self.symbols.keys or ("sum", False) in whole or "mean" in dict(whole)

    @property
    def tables(self) -> set[int]:
        """How many rows the matrices have that are written out, without dots."""
        nodes = (node for chain in self.chains for node in df.everything_in(chain) if isinstance(node, Table))
        return {
            len(node.rows) for node in nodes if not any(isinstance(cell, Dots) for row in node.rows for cell in row)
        }

    @property
    def counter(self) -> str:
        """The letter that counts the samples, if it can be only one: definitions divide by it and sum so far."""
        used = self._letters_used
        found = self._limits & COUNTS & used or self._limits & OF_SAMPLES or used & OF_SAMPLES & self.counting
        return min(found) if len(found) == 1 else ""

    @property
    def _letters_used(self) -> set[str]:
        """The letters in the definitions' right sides."""
        return {key.text for chain in self.definitions.values() for key in df.used_in(chain.members[1], self.symbols)}

    @property
    def _limits(self) -> set[str]:
        """The letters to which the definitions' sums run."""
        nodes = (node for chain in self.definitions.values() for node in nodes_of(chain.members[1]))
        return {node.above.text for node in nodes if isinstance(node, BigSum) and isinstance(node.above, Name)}

    @property
    def losses(self) -> set[Key]:
        """Numbers by their letters, of which nothing else is made."""
        used = {key for chain in self.definitions.values() for key in df.used_in(chain.members[1], self.symbols)}
        return {key for key in self.definitions if key.text in LOSSES and key not in used}

    @property
    def has_shorthands(self) -> bool:
        """Whether gradients are written as dZ or δ."""
        return any(df.has_shorthand(member, self.symbols) for chain in self.chains for member in chain.members)

    @property
    def scalars(self) -> set[Key]:
        """Symbols that stand where only a number can, or are numbers by their letters."""
        found = numbers_of(self.chains, self.symbols)
        found |= {self.symbols.resolve(slope).key for slope in self.slopes if is_symbol(slope)}
        found |= {Key(letter) for function in self.functions.values() for letter in function.letters}
        letters = GREEK_SCALARS | self.bounds.keys()
        found |= {key for key in self.symbols.keys if key.text in letters and not key.accent}
        return found - vectors_of(self.chains, self.symbols, letters)

    @property
    def counting(self) -> set[str]:
        """The letters that count samples: those of the definitions, or where these have none, of everything."""
        defined = numbers_of(self.definitions.values(), self.symbols)
        return {key.text for key in defined} & COUNTS or {key.text for key in self.scalars} & COUNTS

    @property
    def given_inputs(self) -> list[Key]:
        """The symbols that are inputs by their names."""
        used = dict.fromkeys(
            key for chain in self.definitions.values() for key in df.used_in(chain.members[1], self.symbols)
        )
        return [key for key in used if key.text in INPUTS and key not in self.definitions]

    def loose(self, shapes: Shapes) -> Iterator[Key]:
        """Yield the symbols that stand for any number: the z of σ'(z) = σ(z)(1 − σ(z))."""
        for chain in self.chains:
            nodes = (node for node in df.everything_in(chain) if is_symbol(node))
            yield from (key for key in (self.symbols.resolve(node).key for node in nodes) if key.is_any)
            for node in nodes_of(chain.members[0]):
                if isinstance(node, Apply) and len(node.arguments) == 1 and is_symbol(node.arguments[0]):
                    reference = self.symbols.resolve(node.arguments[0])
                    if reference.is_whole and reference.key not in shapes.of and not df.is_function_definition(chain):
                        yield reference.key

    @property
    def names_stacks(self) -> bool:
        """Whether all samples stand together somewhere of what only samples are defined."""
        nodes = (node for chain in self.chains for node in df.everything_in(chain) if is_symbol(node))
        return any(map(self.symbols.is_stack, nodes))

    def without(self, key: Key | None) -> "Stated":
        """Return the same without the definition of a symbol, or with none at all."""
        dropped = {each: chain for each, chain in self.definitions.items() if key in (None, each)}
        kept = {each: chain for each, chain in self.definitions.items() if each not in dropped}
        return replace(self, definitions=kept, unfit={**self.unfit, **dropped})
