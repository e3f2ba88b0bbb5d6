"""What is said of one sample and meant of each: z = W x + b, and then J = 1/m Σ ℓ^{(i)} with an ℓ made of that z."""

from collections.abc import Collection, Iterator, Sequence
from functools import partial

from chainrule.checking.meaning.definitions import is_function_definition
from chainrule.checking.meaning.layers import LAYERS
from chainrule.checking.meaning.points import INPUTS
from chainrule.checking.meaning.symbols import (
    WEIGHTS,
    Key,
    base_of,
    bound_letters,
    bracketed_in,
    defines,
    index_letters,
    is_symbol,
    letter_of,
    nodes_of,
    symbols_among,
)
from chainrule.checking.parsing.signs import INDICES, TARGETS
from chainrule.checking.parsing.syntax import (
    BigSum,
    Chain,
    Document,
    Name,
    Node,
    Script,
    Scripted,
    with_chains,
    with_name,
    with_parts,
)

__all__ = ["with_samples"]

GIVEN = INPUTS | TARGETS


def with_samples(document: Document) -> Document:
    """Return a document in which the symbols of a sample have its index, where samples are told apart somewhere.

    So it is where an equation sums over the samples of something that is defined without one, and is not defined for
    the batch by a capital letter: what is made of the input, and the target, is one sample's from the first line on.
    """
    chains = document.chains
    definitions = [chain for chain in chains if defines(chain)]
    sums = [found for chain in definitions for found in _over_samples(chain)]
    counting = {letter for _, letter in sums}
    lefts = [chain.members[0] for chain in definitions]
    defined = {base_of(left) for left in lefts if not any(isinstance(item, Name) for item in bracketed_in(left))}
    summed = {base for base, _ in sums} & defined
    batches = {base._replace(text=base.text.swapcase()) for base in summed} - summed
    if not summed or batches & defined:
        return document
    symbols = [node for chain in chains for node in symbols_among(chain.members)]
    sampled = {base_of(node) for node in symbols if _is_counted(node, counting)}
    plain = [node for chain in definitions for node in symbols_among(chain.members) if not _is_counted(node, counting)]
    given = {base_of(node) for node in plain if base_of(node) in sampled or letter_of(node) in GIVEN}
    varying = _made_of(given - defined, definitions, counting)
    used = {letter for node in symbols for letter in (letter_of(node), *index_letters(node))}
    letter = next((each for each in ("s", *sorted(INDICES)) if each not in used), "")
    if not letter or not summed <= varying:
        return document
    change = partial(_of_each, varying=varying, counting=counting, letter=letter)
    return with_chains(document, lambda chain: chain if is_function_definition(chain) else with_parts(chain, change))


def _is_counted(node: Node, counting: Collection[str]) -> bool:
    """Return whether a symbol has one of some letters in brackets above it: x^{(i)}."""
    return any(isinstance(item, Name) and item.text in counting for item in bracketed_in(node))


def _over_samples(chain: Chain) -> Iterator[tuple[Key, str]]:
    """Yield what sums are of with their letter in brackets above: the ℓ of Σ_i ℓ^{(i)}, with the i."""
    for node in (each for member in chain.members[1:] for each in nodes_of(member) if isinstance(each, BigSum)):
        for letter in bound_letters(node) & INDICES:
            yield from ((base_of(each), letter) for each in nodes_of(node.body) if _is_sample(each, letter))


def _is_sample(node: Node, letter: str) -> bool:
    """Return whether a symbol is that of the sample with a letter; the l of W^{(l)} is a layer."""
    return is_symbol(node) and letter_of(node) not in WEIGHTS and _is_counted(node, {letter})


def _made_of(given: set[Key], definitions: Sequence[Chain], counting: Collection[str]) -> set[Key]:
    """Return some symbols and all that definitions make of them as they are, and not of their samples."""
    found = given
    while True:
        plain = {
            base_of(chain.members[0])
            for chain in definitions
            for node in symbols_among(chain.members[1:])
            if base_of(node) in found and not _is_counted(node, counting)
        }
        if plain <= found:
            return found
        found = found | plain


def _of_each(node: Node, varying: Collection[Key], counting: Collection[str], letter: str) -> Node:
    """Return a formula in which what varies with the samples has one's index, if it has none."""
    if not is_symbol(node):
        return with_parts(node, partial(_of_each, varying=varying, counting=counting, letter=letter))
    is_one = base_of(node) in varying and not _is_counted(node, {*counting, *INDICES} - LAYERS)
    return with_name(node, lambda name: _sample_of(name, letter)) if is_one else node


def _sample_of(name: Name, letter: str) -> Node:
    script = Script((Name(letter),), "()", is_only_meant=True)
    return Scripted(name, sup=script, start=name.start, end=name.end)
