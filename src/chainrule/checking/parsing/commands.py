r"""LaTeX's commands: signs and letters, looks that are dropped, macros, words, environments."""

import re
import unicodedata
from typing import TYPE_CHECKING

from chainrule.algebra.notation import GREEK
from chainrule.checking.parsing import signs
from chainrule.checking.parsing.characters import is_ideograph, shown
from chainrule.checking.parsing.macros import MAX_EXPANDED
from chainrule.checking.parsing.tokens import Token
from chainrule.checking.parsing.words import WORDS

if TYPE_CHECKING:
    from chainrule.checking.parsing.lexer import Lexer

__all__ = ["command"]

MAX_EXPANSIONS = 500  # of macros, in a formula

# Commands that are one token, with its kind.
_SIMPLE = {
    **{name: ("letter", letter) for name, letter in (GREEK | signs.LETTERS).items()},
    **{name: ("sign", sign) for name, sign in signs.SIGNS.items()},
    **{name: ("accent", accent) for name, accent in signs.ACCENTS.items()},
    **{name: ("word", name) for name in signs.FUNCTIONS},
    **{name: ("text", text) for name, text in signs.TEXTS.items()},
    **{name: ("quad", name) for name in ("quad", "qquad")},
    **{name: ("row", name) for name in ("newline", "cr")},
}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_EMS = {"em": 1, "ex": 0.43, "pt": 0.1, "mu": 0.055, "mm": 0.28, "cm": 2.8, "in": 7.2}
_WIDE = 0.9
_LIBRARY = re.compile(rf"^(?:{'|'.join(signs.LIBRARIES)})\.")
_BAR = re.compile(r"\s*(?:\||\\r?vert\b|\\mid\b)")
_LENGTH = re.compile(r"\*?\s*(?:\{[^{}]*\}|-?[\d.]+\s*[a-z]{2}(?:\s*(?:plus|minus)\s*[\d.]+\s*[a-z]{2,5})*|\\[a-z]+)")
_DEFINES = re.compile(r"def|\\triangle|\\Delta|△|Δ|!|定义|定義")


def command(lexer: "Lexer", start: int, name: str) -> None:
    """Read a command, by its name without the backslash."""
    if name in lexer.macros:
        _macro(lexer, start, name)
    elif name in _SIMPLE:
        lexer.emit(*_SIMPLE[name], start)
    elif name in signs.SPACES:
        if name in signs.SIZES:
            _sized(lexer, start, name)
    elif name in signs.DROPPED:
        lexer.argument(name)
    elif name in signs.LENGTHS:
        _length(lexer, start, name)
    elif name in {"begin", "end"}:
        _environment(lexer, start, name)
    else:
        _wrapping(lexer, start, name)


def _sized(lexer: "Lexer", start: int, name: str) -> None:
    r"""Read ``\left`` and its like, before a bracket or a dot for none; ``\left. … \right|`` are brackets, too."""
    is_none = name in {"left", "right", "middle"} and lexer.source.startswith(".", lexer.at)
    if is_none:
        lexer.at += 1
    else:
        lexer.sized = start
    if name == "left":
        lexer.unseen.append((len(lexer.tokens), start) if is_none else None)
    elif name == "right" and lexer.unseen:
        opened = lexer.unseen.pop()
        if opened and _BAR.match(lexer.source, lexer.at):
            lexer.sized = None
            count, place = opened
            lexer.tokens.insert(count, Token("sign", "(", place, place))
            lexer.emit("sign", ")", start, start)


def _length(lexer: "Lexer", start: int, name: str) -> None:
    r"""Read a space of any width, as in ``\mkern-1.5mu``; those in a line of words may stand between two statements."""
    width = _LENGTH.match(lexer.source, lexer.at)
    if width is None:
        lexer.fail("expected-argument", start, name=f"\\{name}")
    lexer.at = width.end()
    if name.startswith("h") and _is_wide(width[0]):
        lexer.emit("quad", name, start)


def _is_wide(length: str) -> bool:
    r"""Say whether a space is as wide as ``\quad``, so that something else may begin after it."""
    size = re.search(r"(-?[\d.]+)\s*([a-z]{2})", length)
    if size is None or size[1].strip("-.").count(".") > 1:
        return True
    return float(size[1]) * _EMS.get(size[2], 1) > _WIDE


def _wrapping(lexer: "Lexer", start: int, name: str) -> None:
    """Read a command with an argument that stays."""
    if name in signs.UPRIGHT:
        _upright(lexer, start, name)
    elif name in signs.FONTS or name in signs.UNWRAPPED:
        before = len(lexer.tokens)
        _unwrapped(lexer, *lexer.argument(name))
        _cover(lexer, before, start)
        if name in {"underbrace", "overbrace"}:
            _without_label(lexer, "_" if name == "underbrace" else "^")
    elif name in signs.CALLIGRAPHIC or name in signs.DOUBLE_STRUCK:
        _special(lexer, start, name)
    elif name in {"intertext", "shortintertext"}:
        lexer.emit("row", name, start)
        _text(lexer, *lexer.argument(name))
    elif name == "textcolor":
        lexer.argument(name)
        _unwrapped(lexer, *lexer.argument(name))
    elif name in {"overset", "underset", "stackrel"}:
        _stacked(lexer, start, name)
    elif name == "substack":
        before = len(lexer.tokens)
        _unwrapped(lexer, *lexer.argument(name))
        lexer.tokens[before:] = [
            Token("sign", ",", *token[2:]) if token.kind == "row" else token for token in lexer.tokens[before:]
        ]
    else:
        lexer.unread("unknown-command", start, name=f"\\{shown(name)}")


def _macro(lexer: "Lexer", start: int, name: str) -> None:
    """Read a macro's body, every token of which stands where the macro does."""
    lexer.expansions.append(name)
    if len(lexer.expansions) > MAX_EXPANSIONS:
        lexer.fail("too-many-macros", start, most=MAX_EXPANSIONS)
    macro = lexer.macros[name]
    arguments = [lexer.source[slice(*lexer.argument(name))] for _ in range(macro.arguments)]
    body = macro.filled(arguments)
    lexer.macros.expanded += len(body)
    if lexer.is_too_deep() or lexer.macros.expanded > MAX_EXPANDED:
        lexer.fail("endless-macro", start, name=f"\\{name}")
    lexer.read_body(body, start)


# What is in braces.


def _unwrapped(lexer: "Lexer", start: int, end: int) -> None:
    """Read an argument as though its command were not there; below or above something it stays together."""
    scripted = bool(lexer.tokens) and lexer.tokens[-1].text in {"_", "^"}
    if scripted:
        lexer.emit("sign", "{", start, start)
    lexer.read_inside(start, end)
    if scripted:
        lexer.emit("sign", "}", end, end)


def _cover(lexer: "Lexer", before: int, start: int) -> None:
    """Let the tokens from `before` on stand where their command does, braces and all."""
    if len(lexer.tokens) > before and not lexer.span:
        lexer.tokens[before] = lexer.tokens[before]._replace(start=start)
        lexer.tokens[-1] = lexer.tokens[-1]._replace(end=lexer.at)


def _without_label(lexer: "Lexer", sign: str) -> None:
    rest = lexer.source[lexer.at : lexer.at + 20].lstrip()
    if rest.startswith(sign):
        lexer.at = lexer.source.index(sign, lexer.at) + 1
        lexer.argument("underbrace")


def _stacked(lexer: "Lexer", start: int, name: str) -> None:
    r"""Read ``\overset{def}{=}``, which defines; over anything else it is a remark."""
    above, below = lexer.argument(name), lexer.argument(name)
    defines = _DEFINES.search(lexer.source[slice(*above)])
    if defines and lexer.source[slice(*below)].strip() == "=":
        lexer.emit("sign", ":=", start)
    else:
        _unwrapped(lexer, *below)


def _special(lexer: "Lexer", start: int, name: str) -> None:
    """Read a calligraphic or a blackboard letter; a blackboard 1 is a number."""
    begin, end = lexer.argument(name)
    letter = lexer.source[begin:end].strip()
    if letter.isdigit():
        lexer.emit("number", letter, start)
    elif len(letter) == 1 and letter.isascii() and letter.isupper():
        style = "SCRIPT" if name in signs.CALLIGRAPHIC else "DOUBLE-STRUCK"
        for full in (f"MATHEMATICAL {style} CAPITAL {letter}", f"{style} CAPITAL {letter}"):
            try:
                lexer.emit("letter", unicodedata.lookup(full), start)
            except KeyError:
                continue
            return
    else:
        _unwrapped(lexer, begin, end)


# Words.


def _upright(lexer: "Lexer", start: int, name: str) -> None:
    begin, end = lexer.argument(name)
    content = lexer.source[begin:end]
    words = _LIBRARY.sub("", re.sub(r"\\[,;!: -]|~", " ", content).replace(r"\_", "_").strip())
    called = lexer.source[lexer.at : lexer.at + 12].lstrip().removeprefix(r"\left").lstrip().startswith("(")
    joined = words.replace(" ", "")
    if words == "d":
        lexer.emit("sign", "∂", start)
    elif words.isdigit():
        lexer.emit("number", words, start)
    elif len(words) == 1 and words.isalpha() and not is_ideograph(words):
        lexer.emit("letter", words, start)
    elif _WORD.fullmatch(words) and words.lower() not in WORDS:
        lexer.emit("word", words, start)
    elif called and _WORD.fullmatch(joined) and words.split()[0].lower() not in WORDS:
        lexer.emit("word", joined, start)
    elif name in {"mathrm", "mathop"} and re.search(r"[\\_^{]", words):
        _unwrapped(lexer, begin, end)
    else:
        _text(lexer, begin, end)


def _text(lexer: "Lexer", start: int, end: int) -> None:
    """Read words, with formulas between dollars."""
    at = start
    for index, part in enumerate(lexer.source[start:end].split("$")):
        if index % 2:
            lexer.read_inside(at, at + len(part))
        elif part.strip():
            lexer.emit("text", part.strip(), at, at + len(part))
        at += len(part) + 1


# Environments.


def _environment(lexer: "Lexer", start: int, which: str) -> None:
    name = lexer.source[slice(*lexer.argument(which))].removesuffix("*")
    if name not in signs.ALIGNED and name not in signs.TABLES:
        lexer.fail("unknown-environment", start, name=name)
    if which == "end":
        _end(lexer, start, name)
        return
    if name in {"array", "alignat", "alignedat"}:
        lexer.argument(name)
    braced = bool(lexer.tokens) and lexer.tokens[-1].text == r"\{"
    if braced:  # \left\{ \begin{array} … \right. is another way to write cases
        start = lexer.tokens.pop().start
    lexer.environments.append(name + "{" if braced else name)
    if lexer.is_in_table():
        lexer.emit("begin", "cases" if braced else name, start)


def _end(lexer: "Lexer", start: int, name: str) -> None:
    is_table = lexer.is_in_table()
    opened = lexer.environments.pop() if lexer.environments else ""
    if opened.rstrip("{") != name:
        lexer.fail("end-without-begin", start, name=name)
    if is_table:
        lexer.emit("close", name, start)
