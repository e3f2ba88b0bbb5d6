"""Words in several languages, and formulas among them."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any

from chainrule.algebra.boxes import Box
from chainrule.errors import InputError, nearest

__all__ = ["LANGUAGES", "Sentence", "messages", "sentence"]

LANGUAGES = ("en", "zh-Hans", "zh-Hant")

# Words, with formulas among them.
Sentence = tuple[str | Box, ...]


@cache
def messages(language: str, room: str = "derivation") -> Mapping[str, Any]:
    """Return what a room, ``derivation`` or ``checking``, says in a language, table by table.

    Raises
    ------
    InputError
        If the language is none of `LANGUAGES`.
    """
    if language not in LANGUAGES:
        raise InputError(f"language: {language!r} is not known{nearest(language, LANGUAGES)}")
    text = files(f"chainrule.{room}").joinpath("messages", f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def sentence(message: str, terms: Mapping[str, Box]) -> Sentence:
    """Return a message with formulas in the places of its {names}."""
    pieces: list[str | Box] = []
    for words, name, _, _ in Formatter().parse(message):
        pieces += [words] if words else []
        pieces += [terms[name]] if name else []
    return tuple(pieces)
