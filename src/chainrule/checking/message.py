"""Something to be said, in whatever language it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar, Union

from chainrule.derivation.messages import messages
from chainrule.errors import InputError

__all__ = ["Message", "Refused", "Term", "message", "told"]

T = TypeVar("T")
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
        terms = {place: told(term, language) for place, term in self.terms.items()}
        return str(messages(language, "checking")[table][name]).format(**terms)

    def __str__(self) -> str:
        """Return it in English."""
        return self.told("en")


class Refused(InputError):
    """What cannot be checked: an `InputError` that speaks several languages.

    Parameters
    ----------
    reason : str
        Its name among the ``errors`` of the tables of words.
    **terms
        What stands in the places of its sentence.
    """

    def __init__(self, reason: str, /, **terms: Term) -> None:
        self.message = message(f"errors.{reason}", **terms)
        super().__init__(str(self.message))


def told(said: T | Message, language: str) -> T | str:
    """Return a message in a language; what is none, such as a letter or a number, is in all of them the same."""
    return said.told(language) if isinstance(said, Message) else said


def message(key: str, /, **terms: Term) -> Message:
    """Return a message with what stands in its places."""
    return Message(key, terms)
