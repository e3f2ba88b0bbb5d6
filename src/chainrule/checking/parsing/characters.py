"""The letters and digits of Unicode: raised, lowered, with a mark, of another alphabet."""

import unicodedata
from typing import TYPE_CHECKING

from chainrule.checking.parsing import signs

if TYPE_CHECKING:
    from chainrule.checking.parsing.lexer import Lexer

__all__ = ["character", "is_ideograph", "marked", "script", "shown"]


def character(lexer: "Lexer", start: int, text: str) -> None:
    """Read a letter, or letters and digits raised or lowered."""
    form = unicodedata.decomposition(text).split(" ")[0]
    if form in {"<super>", "<sub>"}:
        end = start
        while end < len(lexer.source) and unicodedata.decomposition(lexer.source[end]).startswith(form):
            end += 1
        script(lexer, "^" if form == "<super>" else "_", lexer.source[start:end], start, end)
    elif form and form[0] != "<" and (apart := unicodedata.normalize("NFD", text))[-1] in signs.MARKS:
        marked(lexer, start, apart)
    elif form == "<fraction>":
        _fraction(lexer, start, text)
    elif unicodedata.normalize("NFKC", text).isdigit():
        _special_digit(lexer, start, text)
    elif text == "ⅆ":
        lexer.emit("sign", "∂", start)
    elif text in "⊤†‡⋆∞△" or text.isalpha():
        _letter(lexer, start, text)
    elif text in signs.TEXTS:
        lexer.emit("text", signs.TEXTS[text], start)
    elif text != "\ufeff":
        lexer.unread("unknown-sign", start, sign=shown(text))


def _fraction(lexer: "Lexer", start: int, text: str) -> None:
    """Read ½."""
    lexer.emit("sign", "frac", start)
    for number in unicodedata.normalize("NFKC", text).split("⁄"):
        lexer.emit("number", number, start)


def _special_digit(lexer: "Lexer", start: int, text: str) -> None:
    """Read 𝟏 or 𝟙, which stands by itself: it is no label of the letter before it."""
    lexer.emit("sign", "{", start, start)
    lexer.emit("number", unicodedata.normalize("NFKC", text), start)
    lexer.emit("sign", "}", lexer.at, lexer.at)


def marked(lexer: "Lexer", start: int, text: str) -> None:
    """Read a letter and the mark after it."""
    if text[1] not in signs.MARKS:
        lexer.unread("unknown-mark", start)
    else:
        lexer.emit("accent", signs.MARKS[text[1]], start)
        _letter(lexer, start, text[0])


def is_ideograph(text: str) -> bool:
    """Say whether a letter is a word, such as 若."""
    return unicodedata.name(text, "").startswith("CJK")


def _letter(lexer: "Lexer", start: int, text: str) -> None:
    name = unicodedata.name(text, "")
    kept = "DOUBLE-STRUCK" in name or "SCRIPT" in name or text in "ϵεϕφϑθ"
    lexer.emit("letter", text if kept else unicodedata.normalize("NFKC", text), start)


def script(lexer: "Lexer", sign: str, content: str, start: int, end: int) -> None:
    """Emit what is raised or lowered, in braces."""
    lexer.at = end
    lexer.emit("sign", sign, start, start + 1)
    lexer.emit("sign", "{", start, start)
    offset = end - len(content)
    for at, each in enumerate(content, offset):
        plain = unicodedata.normalize("NFKC", each)
        if plain.isdigit():
            before = lexer.tokens[-1]
            if before.kind == "number" and before.end == at and not lexer.span:
                lexer.tokens[-1] = before._replace(text=before.text + plain, end=at + 1)
            else:
                lexer.emit("number", plain, at, at + 1)
        elif plain in "+-−=(),":
            lexer.emit("sign", signs.SIGNS.get(plain, plain), at, at + 1)
        elif plain.isalpha() and len(plain) == 1:
            lexer.emit("letter", plain, at, at + 1)
        else:
            lexer.unread("unknown-sign", start, sign=shown(each))
    lexer.emit("sign", "}", end, end)


def shown(sign: str) -> str:
    """Return a sign, or its number where nobody could see it."""
    return sign if sign.isprintable() else f"U+{ord(sign):04X}"
