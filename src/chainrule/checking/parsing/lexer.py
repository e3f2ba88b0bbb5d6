r"""From a formula's characters to its tokens: looks are dropped here, and macros expanded.

What only changes how a formula looks (``\left``, ``\,``, ``\boxed``, bold) leaves no token; Unicode's raised and
lowered letters become scripts in braces; every sign has one spelling.
"""

import re
import unicodedata
from typing import NoReturn

from chainrule.checking.message import Term
from chainrule.checking.parsing import characters, commands, signs
from chainrule.checking.parsing.macros import Macros
from chainrule.checking.parsing.problems import NotUnderstood, Span, unreadable
from chainrule.checking.parsing.tokens import Token
from chainrule.checking.parsing.words import WORDS

__all__ = ["Lexer", "tokens_of"]

MAX_CHARACTERS = 20_000  # of a formula
MAX_TOKENS = 5_000
MAX_NESTING = 40  # of macros, and of commands that are unwrapped

_WITHOUT_SPACE = re.compile(r"\{([:=])\}")  # braces that only take the space from around a sign
_TOKEN = re.compile(
    rf"""
    (?P<space>[\s~]+|(?<!\\)%[^\n]*)
  | (?P<row>\\\\\*?(?:\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm|in|mu|\\baselineskip)\s*\])?)
  | (?P<negated>\\not\s*(?:=|\\in\b))
  | (?P<command>\\(?:operatorname\*|tag\*|[A-Za-z]+|.))
  | (?P<number>[0-9０-９]+(?:[.．][0-9０-９]+)?(?:e-[0-9]+)?|(?<![\w.)}}])\.[0-9]+)
  | (?P<marked>[^\W\d_][\u0300-\u036f])
  | (?P<library>(?:{"|".join(signs.LIBRARIES)})\.[A-Za-z]\w*(?:\.\w+)*(?=\s*\())
  | (?P<run>[A-Za-z]+(?![\u0300-\u036f]))
  | (?P<words>[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+)
  | (?P<double>\.[*/^]|:=|=:|\|\||&&|<=|>=|=>|!=|==|\.\.\.)
  | (?P<single>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ASCII = {".*": "⊙", "./": "⊘", ".^": "^", "=>": "⇒", "<=": "≤", ">=": "≥", "!=": "≠", "||": "‖", "...": "…", "==": "="}
_ITSELF = {*"+-=<>/@()[],;:.√…∑∂∇′‖⇒", *signs.RELATIONS, *signs.OPERATORS}
# Characters that are signs; with a backslash before it, some is another.
_SIGNS = dict(zip(_ITSELF, _ITSELF, strict=True)) | signs.SIGNS | {"'": "′"} | {sign: sign for sign in "{}_^*|"}


def tokens_of(source: str, macros: Macros | None = None, reader: "type[Lexer] | None" = None) -> list[Token]:
    """Return the tokens of a formula, as `reader` reads it: LaTeX, unless it says otherwise.

    Raises
    ------
    NotUnderstood
        At the first thing that is not among what is read.
    """
    if len(source) > MAX_CHARACTERS:
        raise NotUnderstood("too-long", Span(0, 1), most=MAX_CHARACTERS, count=len(source))
    source = _WITHOUT_SPACE.sub(r" \1 ", source)
    lexer = (reader or Lexer)(source, Macros() if macros is None else macros)
    lexer.read(0, len(source))
    return lexer.tokens


class Lexer:
    r"""Reads tokens from a source, or from the body of a macro.

    Attributes
    ----------
    source : str
        What is read.
    macros : Macros
        What the document has defined.
    at : int
        Where in the source it is.
    tokens : list of Token
        What has been read.
    environments : list of str
        Those that are open; with a brace after its name, one that is cases.
    nesting : int
        How deep in macros and unwrapped commands it is.
    expansions : list of str
        The macros that were used.
    span : tuple of int, optional
        Where the macro stands that this is the body of.
    sized : int, optional
        Where the ``\left`` of the bracket to come stands.
    unseen : list of tuple of int
        For each ``\left`` that is open, if a dot stands for its bracket, how many tokens are before it, and its place.
    """

    def __init__(self, source: str, macros: Macros, within: "Lexer | None" = None) -> None:
        self.source = source
        self.macros = macros
        self.at = 0
        self.tokens: list[Token] = within.tokens if within else []
        self.environments: list[str] = within.environments if within else []
        self.nesting: int = within.nesting + 1 if within else 0
        self.expansions: list[str] = within.expansions if within else []
        self.span: tuple[int, int] | None = None
        self.sized: int | None = None
        self.unseen: list[tuple[int, int] | None] = within.unseen if within else []
        self._escaped_braces = r"\\}" in source
        self._marks = 0  # of alignment, in this row

    def read(self, start: int, end: int) -> None:
        """Read a stretch of the source."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            self.fail("too-nested", start)
        self.at = start
        while self.at < end:
            match = _TOKEN.match(self.source, self.at, end)
            assert match is not None and match.lastgroup is not None  # noqa: PT018, S101 - any character is a single
            self.at = match.end()
            getattr(self, f"_{match.lastgroup}")(match.start(), match[0])
        self.nesting -= 1

    def read_inside(self, start: int, end: int) -> None:
        """Read a stretch of the source, and be where one was."""
        resume = self.at
        self.read(start, end)
        self.at = resume

    def read_body(self, body: str, start: int) -> None:
        """Read a macro's body; all that is in it stands where the macro does, from `start` on."""
        inner = Lexer(body, self.macros, self)
        inner.span = self.span or (start, self.at)
        inner.read(0, len(body))

    def is_too_deep(self) -> bool:
        """Say whether nothing more may be read within what is being read."""
        return self.nesting >= MAX_NESTING

    def argument(self, name: str) -> tuple[int, int]:
        """Return where the next argument of a command is, and go on after it."""
        while self.source[self.at : self.at + 1].isspace():
            self.at += 1
        start = self.at
        if self.source[start : start + 1] != "{":
            token = _TOKEN.match(self.source, start)
            if token is None or token[0] in "}&$":
                self.fail("expected-argument", start, name=f"\\{name}")
            # Of a word or a number, LaTeX takes the first character.
            self.at = token.end() if token.lastgroup == "command" else start + 1
            return start, self.at
        end = _closing_brace(self.source, start)
        if end < 0:
            self.fail("unclosed", start, sign="{")
        self.at = end + 1
        return start + 1, end

    def emit(self, kind: str, text: str, start: int, end: int | None = None) -> None:
        """Put a token after the others."""
        if self.sized is not None:
            start, self.sized = self.sized, None
        start, end = self.span or (start, self.at if end is None else end)
        self.tokens.append(Token(kind, text, start, end))
        if len(self.tokens) > MAX_TOKENS:
            self.fail("too-many-signs", start, most=MAX_TOKENS)

    def fail(self, reason: str, start: int, **terms: Term) -> NoReturn:
        """Raise why the formula cannot be read from `start` on."""
        raise NotUnderstood(reason, self._place(start), **terms)

    def unread(self, reason: str, start: int, **terms: Term) -> None:
        """Put a token after the others for what is not among what is read: from `start` to here."""
        place = self._place(start)
        self.tokens.append(Token("unread", "", *place, unreadable(reason, place, **terms)))

    def _place(self, start: int) -> Span:
        return Span(*(self.span or (start, min(max(self.at, start + 1), len(self.source)))))

    # What the expression above tells apart, each by its method.

    def _space(self, start: int, text: str) -> None:
        pass

    def _row(self, start: int, text: str) -> None:
        if self._escaped_braces and self.source[self.at : self.at + 1] in {"{", "}"} and text == r"\\":
            self.at += 1
            self.emit("sign", "\\" + self.source[self.at - 1], start)
        elif not self.environments or self.is_in_table() or not any(map(_is_table, self.environments)):
            self.emit("row", r"\\", start)
            self._marks = 0

    def is_in_table(self) -> bool:
        """Say whether the innermost environment is a table."""
        return bool(self.environments) and _is_table(self.environments[-1])

    def _negated(self, start: int, text: str) -> None:
        if text[-1] != "=":
            self.unread("unknown-command", start, name=r"\notin")
        else:
            self.emit("sign", "≠", start)

    def _command(self, start: int, text: str) -> None:
        commands.command(self, start, text[1:])

    def _number(self, start: int, text: str) -> None:
        self.emit("number", unicodedata.normalize("NFKC", text), start)

    def _marked(self, start: int, text: str) -> None:
        characters.marked(self, start, text)

    def _run(self, start: int, text: str) -> None:
        if text in WORDS and (len(text) > 2 or text == "if"):  # is and by may be products
            self.emit("text", text, start)
        elif text in signs.FUNCTIONS or text in {"True", "False"} or (len(text) > 2 and text.islower()):
            self.emit("word", text, start)
        else:
            for at, letter in enumerate(text, start):
                self.emit("letter", letter, at, at + 1)

    def _library(self, start: int, text: str) -> None:
        self.emit("word", text.rpartition(".")[2], start)

    def _words(self, start: int, text: str) -> None:
        self.emit("text", text, start)

    def _double(self, start: int, text: str) -> None:
        if text == "&&":
            self._single(start, "&")
        else:
            self.emit("sign", _ASCII.get(text, text), start)

    def _single(self, start: int, text: str) -> None:
        if unicodedata.decomposition(text).startswith("<wide>"):  # of Chinese and Japanese fonts
            text = unicodedata.normalize("NFKC", text)
        if text == "&":
            self._column(start)
        elif text == "Σ":
            self.emit("sign" if self._starts_a_sum() else "letter", "∑" if self._starts_a_sum() else "Σ", start)
        elif text == "." and self.source[self.at : self.at + 1].isalpha():
            self.unread("dot-in-word", start)
        elif text in _SIGNS:
            self.emit("sign", _SIGNS[text], start)
        elif text == "″":
            self.emit("sign", "′", start)
            self.emit("sign", "′", start)
        else:
            characters.character(self, start, text)

    def _column(self, start: int) -> None:
        """Read ``&``: in a table it ends a cell; else every second one in a row ends a column of equations."""
        self._marks += 1
        if self.is_in_table():
            self.emit("cell", "&", start)
        elif self._marks % 2 == 0:
            self.emit("quad", "&", start)

    def _starts_a_sum(self) -> bool:
        after = self.source[self.at :].lstrip()[:1]
        return bool(after) and after not in "^=+-−)/,." and not unicodedata.decomposition(after).startswith("<super>")


def _is_table(environment: str) -> bool:
    return environment in signs.TABLES or environment.endswith("{")


def _closing_brace(source: str, start: int) -> int:
    """Return where the brace that opens at `start` closes, or -1."""
    depth = 0
    at = start
    while at < len(source):
        match source[at]:
            case "\\":
                at += 1
            case "{":
                depth += 1
            case "}":
                depth -= 1
                if depth == 0:
                    return at
        at += 1
    return -1
