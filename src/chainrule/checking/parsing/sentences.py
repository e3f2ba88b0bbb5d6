"""The sentences around formulas that are typed without delimiters: which words are speech, and which are names."""

import re

from chainrule.algebra.notation import GREEK
from chainrule.checking.parsing import signs
from chainrule.checking.parsing.words import WORDS

__all__ = ["is_prose", "spoken_until"]

# Words that sentences about formulas go on with; one of them is enough for speech.
_CONNECTIVES = WORDS | {
    "we", "get", "gets", "gives", "give", "obtain", "this", "that", "these", "it", "its", "be", "to", "in", "at", "an",
    "from", "using", "via", "now", "finally", "again", "note", "here", "which", "yields", "thus", "i", "have", "has",
    "similarly", "likewise", "every", "each", "but", "not", "our", "my", "over", "there",
}  # fmt: skip
_WORD = re.compile(r"([A-Za-z]{2,}(?:[’-][A-Za-z]{2,})*|[A-Za-z])(?![\w(^\[{'′])(\s*[,–—]?\s*|[.;:!?](?=\s|$)\s*)")
_SIDES = re.compile(
    r"((?:[A-Za-z’-]+\s+)*[A-Za-z’-]+)\s*[=≈∈]\s*(?:([A-Za-z]+)(?![\w(^\[{'′])|([0-9.]+)\s*(?:[,.;]|$))"
)
_RELATION = re.compile(r"\s*(?::?=|≈|∈|<|>|≤|≥|∝|←)")


def spoken_until(source: str, start: int) -> int:
    """Return where the words end that begin here and are speech; `start` if they are names of a formula."""
    words: list[re.Match[str]] = []
    at = start
    while (word := _WORD.match(source, at)) and not _is_name(word[1]):
        words.append(word)
        at = word.end()
    if words and _RELATION.match(source, words[-1].end(1)):
        words.pop()
    while words and len(words[-1][1]) == 1 and words[-1][1] != "I":
        words.pop()
    if not words or not _is_speech(source, words):
        return start
    return words[-1].end(1)


def _is_name(word: str) -> bool:
    """Say whether a word can only stand in a formula: dW, sigma."""
    return word in GREEK or (len(word) > 1 and not (word.islower() or word.istitle()))


def _is_ordinary(word: str) -> bool:
    return len(word) > 2 and word not in signs.FUNCTIONS and not _is_name(word)


def _is_speech(source: str, words: list[re.Match[str]]) -> bool:
    start = words[0].start()
    first = words[0][1].lower()
    if first in _CONNECTIVES and (len(first) > 2 or len(words) > 1 or first in {"if", "so"}):
        return True
    if not any(_is_ordinary(word[1]) for word in words):
        return False
    before = source[:start].rstrip()
    is_apart = not before or before[-1] in "(.,;:#" or start - len(before) > 1
    return is_apart and (len(words) > 1 or source[words[0].end(1) :].lstrip().startswith((",", ":")))


def is_prose(line: str) -> bool:
    """Say whether what is said to be equal in a line are things by their names: learning rate = 0.1."""
    equations = sum(map(line.count, "=≈∈"))
    said = [match for match in _SIDES.finditer(line) if _is_said(match[1].split(), match[2])]
    return 0 < equations == len(said)


def _is_said(left: list[str], right: str | None) -> bool:
    """Say whether words are equal to a word, or several words to a number."""
    return _is_ordinary(left[-1]) and (_is_ordinary(right) if right else sum(map(_is_ordinary, left)) > 1)
