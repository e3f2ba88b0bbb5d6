"""A document before anybody asks what it defines: functions told from products, sums with what they run over."""

from chainrule.checking.meaning.about import with_numbers
from chainrule.checking.meaning.applications import with_functions
from chainrule.checking.meaning.steps import steps_of, with_masks, without_doubtful_steps
from chainrule.checking.meaning.unsaid import with_letters
from chainrule.checking.parsing.syntax import Document, with_chains
from chainrule.checking.preparing.afterwards import with_names_first
from chainrule.checking.preparing.fonts import with_one_font
from chainrule.checking.preparing.nabla import with_last_layers
from chainrule.checking.preparing.samples import with_samples
from chainrule.checking.preparing.senses import told_apart_by_sense
from chainrule.checking.preparing.units import told_apart_by_units

__all__ = ["prepared"]


def prepared(document: Document) -> Document:
    """Return a document in which σ(z) is an application, and the Σ of Σ y_k is over k.

    Parameters
    ----------
    document : Document
        As it was read.
    """
    document = told_apart_by_units(with_last_layers(with_one_font(with_names_first(document))))
    document = with_samples(told_apart_by_sense(with_functions(with_numbers(document), steps_of(document))))
    return with_chains(document, lambda chain: without_doubtful_steps(with_letters(with_masks(chain))))
