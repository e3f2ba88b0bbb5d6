"""Formulas as people type them, without LaTeX: ``W2^T (y_hat - y)``, ``sum_k t_bk``, ``z[1]``, ``sigma'(z)``."""

import re

from chainrule.algebra.notation import GREEK
from chainrule.checking.parsing import characters, signs
from chainrule.checking.parsing.lexer import Lexer
from chainrule.checking.parsing.sentences import spoken_until

__all__ = ["lexer_of"]

_BELOW = re.compile(r"_(?P<numbered>[0-9]+[a-z]{0,2}(?![A-Za-z]))|_(?P<word>[a-z]+[0-9]*|[A-Z])")
_HAT = re.compile(r"\^(?=\s*(?:[_=+\-−*/),]|$)|\s+[A-Za-z(])")
_LAYER = re.compile(r"\[(?:[0-9]|[lL](?:\s*[+\-−]\s*1)?)\]")
_ACCENTS = {"hat", "bar", "tilde"}
_ENTRYWISE = re.compile(r"\.[*^/]")
_TRANSPOSED = re.compile(r"\^T\b|ᵀ|\^⊤")
_SHORT = {"mu", "nu", "xi", "pi"}
_MOST_INDICES = 3


def lexer_of(text: str) -> type[Lexer]:
    """Return what reads the lines of a text in which there is no backslash."""
    is_matlab = _ENTRYWISE.search(text) and not _TRANSPOSED.search(text)
    return MatlabLexer if is_matlab else TypedLexer


class TypedLexer(Lexer):
    """Reads what has no backslashes."""

    def _space(self, start: int, text: str) -> None:
        if text.startswith("%"):
            self.unread("unknown-sign", start, sign="%")

    def _run(self, start: int, text: str) -> None:
        end = spoken_until(self.source, start)
        if end > start:
            self.at = end
            self.emit("text", self.source[start:end], start)
        elif text in GREEK and (len(text) > 2 or text in _SHORT):
            self.emit("letter", GREEK[text], start)
        else:
            super()._run(start, text)

    def _single(self, start: int, text: str) -> None:
        after_letter = (
            bool(self.tokens) and self.tokens[-1].kind in {"letter", "number"} and self.tokens[-1].end == start
        )
        if text == "#":
            self.at = len(self.source)
            self.emit("text", self.source[start:].strip("# "), start)
        elif text == "_" and (below := _BELOW.match(self.source, start)):
            self._below(below)
        elif text == "^" and after_letter and _HAT.match(self.source, start):
            self._accented("hat")
        elif text == "[" and after_letter and (layer := _LAYER.match(self.source, start)):
            self._raised(start, layer.end())
        else:
            super()._single(start, text)

    def _below(self, below: re.Match[str]) -> None:
        """Read a subscript: indices, a label, or the name of an accent."""
        word = below["word"] or ""
        is_label = len(word) > _MOST_INDICES or not signs.INDICES.issuperset(word.rstrip("0123456789"))
        if word in _ACCENTS and self.tokens[-1].kind == "letter":
            self.at = below.end()
            self._accented(word)
        elif len(word) > 1 and is_label:
            self.at = below.end()
            self.emit("sign", "_", below.start(), below.start() + 1)
            self.emit("word", word, below.start() + 1)
        else:
            characters.script(self, "_", below[0][1:], below.start(), below.end())

    def _accented(self, accent: str) -> None:
        """Put an accent on the letter before."""
        letter = self.tokens.pop()
        self.emit("accent", accent, letter.start, letter.start)
        self.tokens.append(letter._replace(end=self.at))

    def _raised(self, start: int, end: int) -> None:
        """Read ``[1]`` right after a letter, which is the label of its layer, as though it were raised."""
        self.emit("sign", "^", start, start)
        self.emit("sign", "{", start, start)
        self.emit("sign", "[", start, start + 1)
        self.read_inside(start + 1, end - 1)
        self.emit("sign", "]", end - 1, end)
        self.emit("sign", "}", end, end)
        self.at = end


class MatlabLexer(TypedLexer):
    """Reads MATLAB's signs: there a stroke transposes, and an asterisk without a dot multiplies matrices."""

    def _single(self, start: int, text: str) -> None:
        touches = bool(self.tokens) and self.tokens[-1].end == start and self.tokens[-1].text not in {"=", "+", "-"}
        if text == "'" and touches and not self.source.startswith("(", self.at):
            self.emit("sign", "^", start, start)
            self.emit("letter", "⊤", start)
        else:
            super()._single(start, "·" if text == "*" else text)
