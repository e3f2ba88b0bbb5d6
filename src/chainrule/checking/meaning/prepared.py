"""A document before anybody asks what it defines: functions told from products, sums with what they run over."""

from dataclasses import replace

from chainrule.checking.meaning.applications import with_functions
from chainrule.checking.meaning.senses import told_apart_by_sense
from chainrule.checking.meaning.unsaid import with_letters
from chainrule.checking.parsing.syntax import Block, Document, Prose

__all__ = ["prepared"]


def prepared(document: Document) -> Document:
    """Return a document in which σ(z) is an application, and the Σ of Σ y_k is over k.

    Parameters
    ----------
    document : Document
        As it was read.
    """
    document = told_apart_by_sense(with_functions(document))
    return replace(document, pieces=tuple(map(_piece, document.pieces)))


def _piece(piece: Block | Prose) -> Block | Prose:
    if isinstance(piece, Prose):
        return replace(piece, formulas=tuple(map(with_letters, piece.formulas)))
    return replace(piece, chains=tuple(map(with_letters, piece.chains)))
