"""Names that are given at the end of a line: … = p − y =: g."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from chainrule.checking.meaning.symbols import defines, is_symbol, letter_of
from chainrule.checking.parsing.syntax import Block, Chain, Document, Prose, chains_in

__all__ = ["with_names_first"]


def with_names_first(document: Document) -> Document:
    """Return a document in which A = B =: g says A = B, and defines g = A; so does ≡ g, where nothing else defines g.

    Parameters
    ----------
    document : Document
        As it was read.
    """
    chains = document.chains
    defined = {letter_of(chain.members[0]) for chain in chains if defines(chain)}
    return replace(document, pieces=tuple(_piece(piece, defined) for piece in document.pieces))


def _piece(piece: Block | Prose, defined: Collection[str]) -> Block | Prose:
    chains = tuple(each for chain in chains_in(piece) for each in _apart(chain, defined))
    return replace(piece, formulas=chains) if isinstance(piece, Prose) else replace(piece, chains=chains)


def _apart(chain: Chain, defined: Collection[str]) -> Iterator[Chain]:
    """Yield what a chain says, and what it calls that at its end."""
    first, last = chain.members[0], chain.members[-1]
    sign = chain.signs[-1] if chain.signs else ""
    is_name = sign == "=:" or (sign in ("≡", ":=") and not is_symbol(first) and letter_of(last) not in defined)
    if not is_name or not is_symbol(last):
        yield chain
        return
    if len(chain.members) > 2:
        yield replace(chain, members=chain.members[:-1], signs=chain.signs[:-1])
    yield replace(chain, members=(last, first), signs=(":=",))
