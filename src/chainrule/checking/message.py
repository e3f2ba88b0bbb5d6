"""Something to be said, in whatever language it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union

from chainrule.derivation.messages import messages

__all__ = ["Message", "Term"]

Term = Union[str, int, float, "Message"]


@dataclass(frozen=True)
class Message:
    """A sentence, or a part of one, of the tables of words; as text it is English.

    Attributes
    ----------
    key : str
        Its table and its name there, such as ``reasons.not-defined``.
    terms : mapping of str to str, number or Message
        What stands in its places.
    """

    key: str
    terms: Mapping[str, Term] = field(default_factory=dict)

    def told(self, language: str) -> str:
        """Return it in a language."""
        table, _, name = self.key.partition(".")
        terms = {
            place: term.told(language) if isinstance(term, Message) else term for place, term in self.terms.items()
        }
        return str(messages(language, "checking")[table][name]).format(**terms)

    def __str__(self) -> str:
        """Return it in English."""
        return self.told("en")
