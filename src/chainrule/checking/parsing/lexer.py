r"""From a formula's characters to its tokens: looks are dropped here, and macros expanded.

What only changes how a formula looks (``\left``, ``\,``, ``\boxed``, bold) leaves no token; Unicode's raised and
lowered letters become scripts in braces; every sign has one spelling.
"""

import re
import unicodedata
from typing import NamedTuple, NoReturn

from chainrule.algebra.notation import GREEK
from chainrule.checking.message import Term
from chainrule.checking.parsing import signs
from chainrule.checking.parsing.macros import MAX_EXPANDED, Macros
from chainrule.checking.parsing.problems import NotUnderstood, Span

__all__ = ["MAX_CHARACTERS", "MAX_TOKENS", "Token", "tokens_of"]

MAX_CHARACTERS = 20_000  # of a formula
MAX_TOKENS = 5_000
MAX_EXPANSIONS = 500  # of macros, in a formula
MAX_NESTING = 40  # of macros, and of commands that are unwrapped

_TOKEN = re.compile(
    r"""
    (?P<space>[\s~]+|(?<!\\)%[^\n]*)
  | (?P<row>\\\\(?:\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm|in|mu|\\baselineskip)\s*\])?)
  | (?P<negated>\\not\s*(?:=|\\in\b))
  | (?P<command>\\(?:operatorname\*|tag\*|[A-Za-z]+|.))
  | (?P<number>\d+(?:\.\d+)?|(?<![\w.)}])\.\d+)
  | (?P<marked>[^\W\d_][\u0300-\u036f])
  | (?P<run>[A-Za-z]+(?![\u0300-\u036f]))
  | (?P<words>[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+)
  | (?P<double>:=|\|\||&&|<=|>=|!=|==|\.\.\.|\\cr\b)
  | (?P<single>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ASCII = {"<=": "≤", ">=": "≥", "!=": "≠", "||": "‖", "...": "…", "==": "="}
_ITSELF = frozenset("+-=<>/@()[]{}^,;:.|√…∑∂∇′‖&") | signs.RELATIONS | signs.OPERATORS | {"⇒"}
# Commands that are one token, with its kind.
_SIMPLE = {
    **{name: ("letter", letter) for name, letter in (GREEK | signs.LETTERS).items()},
    **{name: ("sign", sign) for name, sign in signs.SIGNS.items()},
    **{name: ("accent", accent) for name, accent in signs.ACCENTS.items()},
    **{name: ("word", name) for name in signs.FUNCTIONS},
    **{name: ("text", text) for name, text in signs.TEXTS.items()},
    **{name: ("quad", name) for name in ("quad", "qquad", "hskip")},
}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_PLAIN_SCRIPT = re.compile(r"_(\d+[ijkblnt]{0,2}|[A-Za-z]+\d*)")
_DEFINES = re.compile(r"def|\\triangle|\\Delta|△|Δ|!|定义|定義")


class Token(NamedTuple):
    """A sign, a letter, a word …: `kind`, what it is in one spelling, and where it stands in the source."""

    kind: str
    text: str
    start: int
    end: int


def tokens_of(source: str, macros: Macros | None = None) -> list[Token]:
    """Return the tokens of a formula.

    Raises
    ------
    NotUnderstood
        At the first thing that is not among what is read.
    """
    if len(source) > MAX_CHARACTERS:
        raise NotUnderstood("too-long", Span(0, 1), most=MAX_CHARACTERS, count=len(source))
    lexer = _Lexer(source, Macros() if macros is None else macros)
    lexer.read(0, len(source))
    return lexer.tokens


class _Lexer:
    def __init__(self, source: str, macros: Macros, within: "_Lexer | None" = None) -> None:
        self.source = source
        self.macros = macros
        self.tokens: list[Token] = within.tokens if within else []
        self.environments: list[str] = within.environments if within else []
        self.nesting: int = within.nesting + 1 if within else 0
        self.expansions: list[str] = within.expansions if within else []
        self.span: tuple[int, int] | None = None  # of the macro that this is the body of
        # Without a backslash or a brace it is Unicode that people type: there z_bk has two subscripts.
        self.plain = not within and "\\" not in source and "{" not in source
        self.escaped_braces = r"\\}" in source
        self.at = 0
        self.sized: int | None = None  # where the \left of the bracket to come stands

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

    def emit(self, kind: str, text: str, start: int, end: int | None = None) -> None:
        if self.sized is not None:
            start, self.sized = self.sized, None
        start, end = self.span or (start, self.at if end is None else end)
        self.tokens.append(Token(kind, text, start, end))
        if len(self.tokens) > MAX_TOKENS:
            self.fail("too-many-signs", start, most=MAX_TOKENS)

    def fail(self, reason: str, start: int, **terms: Term) -> NoReturn:
        """Raise why what has been read from `start` on is not understood."""
        end = min(max(self.at, start + 1), len(self.source))
        raise NotUnderstood(reason, Span(*(self.span or (start, end))), **terms)

    # What the expression above tells apart, each by its method.

    def _space(self, start: int, text: str) -> None:
        pass

    def _row(self, start: int, text: str) -> None:
        if self.escaped_braces and self.source[self.at : self.at + 1] in {"{", "}"} and text == r"\\":
            self.at += 1
            self.emit("sign", "\\" + self.source[self.at - 1], start)
        elif not self.environments or _is_table(self.environments[-1]) or not any(map(_is_table, self.environments)):
            self.emit("row", r"\\", start)

    def _negated(self, start: int, text: str) -> None:
        if text[-1] != "=":
            self.fail("unknown-command", start, name=r"\notin")
        self.emit("sign", "≠", start)

    def _number(self, start: int, text: str) -> None:
        self.emit("number", unicodedata.normalize("NFKC", text), start)

    def _marked(self, start: int, text: str) -> None:
        if text[1] not in signs.MARKS:
            self.fail("unknown-mark", start)
        self.emit("accent", signs.MARKS[text[1]], start)
        self._letter(start, text[0])

    def _run(self, start: int, text: str) -> None:
        if text in signs.WORDS and (len(text) > 2 or text == "if"):  # is and by may be products
            self.emit("text", text, start)
        elif text in signs.FUNCTIONS or (len(text) > 2 and text.islower()):
            self.emit("word", text, start)
        else:
            for at, letter in enumerate(text, start):
                self.emit("letter", letter, at, at + 1)

    def _words(self, start: int, text: str) -> None:
        self.emit("text", text, start)

    def _double(self, start: int, text: str) -> None:
        if text == "&&":
            self._single(start, "&")
        else:
            self.emit("sign", _ASCII.get(text, text), start)

    def _single(self, start: int, text: str) -> None:
        if text == "_" and self.plain and (script := _PLAIN_SCRIPT.match(self.source, start)):
            self._script("_", script[1], start, script.end())
        elif text == "&":
            if self.environments and _is_table(self.environments[-1]):
                self.emit("cell", "&", start)
        elif text == "Σ":
            self.emit("sign" if self._starts_a_sum() else "letter", "∑" if self._starts_a_sum() else "Σ", start)
        elif text == "." and self.source[self.at : self.at + 1].isalpha():
            self.fail("dot-in-word", start)
        elif text in _ITSELF and text not in signs.SIGNS:
            self.emit("sign", text, start)
        elif text in "{}'_^*|":
            self.emit("sign", {"'": "′"}.get(text, text), start)
        elif text in signs.SIGNS:
            self.emit("sign", signs.SIGNS[text], start)
        elif text == "″":
            self.emit("sign", "′", start)
            self.emit("sign", "′", start)
        else:
            self._character(start, text)

    def _starts_a_sum(self) -> bool:
        after = self.source[self.at :].lstrip()[:1]
        return bool(after) and after not in "^=+-−)/,." and not unicodedata.decomposition(after).startswith("<super>")

    def _character(self, start: int, text: str) -> None:
        """Read a letter, or letters and digits raised or lowered."""
        form = unicodedata.decomposition(text).split(" ")[0]
        if form in {"<super>", "<sub>"}:
            end = start
            while end < len(self.source) and unicodedata.decomposition(self.source[end]).startswith(form):
                end += 1
            self._script("^" if form == "<super>" else "_", self.source[start:end], start, end)
        elif form and form[0] != "<" and (apart := unicodedata.normalize("NFD", text))[-1] in signs.MARKS:
            self._marked(start, apart)
        elif unicodedata.normalize("NFKC", text).isdigit():
            self.emit("number", unicodedata.normalize("NFKC", text), start)
        elif text == "ⅆ":
            self.emit("sign", "∂", start)
        elif text in "⊤†‡⋆∞△" or text.isalpha():
            self._letter(start, text)
        elif text in signs.TEXTS:
            self.emit("text", signs.TEXTS[text], start)
        elif text != "\ufeff":
            self.fail("unknown-sign", start, sign=_shown(text))

    def _letter(self, start: int, text: str) -> None:
        name = unicodedata.name(text, "")
        kept = "DOUBLE-STRUCK" in name or "SCRIPT" in name or text in "ϵεϕφϑθ"
        self.emit("letter", text if kept else unicodedata.normalize("NFKC", text), start)

    def _script(self, sign: str, content: str, start: int, end: int) -> None:
        """Emit what is raised or lowered, in braces."""
        self.at = end
        self.emit("sign", sign, start, start + 1)
        self.emit("sign", "{", start, start)
        offset = end - len(content)
        for at, character in enumerate(content, offset):
            plain = unicodedata.normalize("NFKC", character)
            if plain.isdigit():
                before = self.tokens[-1]
                if before.kind == "number" and before.end == at and not self.span:
                    self.tokens[-1] = before._replace(text=before.text + plain, end=at + 1)
                else:
                    self.emit("number", plain, at, at + 1)
            elif plain in "+-−=(),":
                self.emit("sign", signs.SIGNS.get(plain, plain), at, at + 1)
            elif plain.isalpha() and len(plain) == 1:
                self.emit("letter", plain, at, at + 1)
            else:
                self.fail("unknown-sign", start, sign=_shown(character))
        self.emit("sign", "}", end, end)

    # Commands.

    def _command(self, start: int, text: str) -> None:
        name = text[1:]
        if name in self.macros:
            self._macro(start, name)
        elif name in _SIMPLE:
            self.emit(*_SIMPLE[name], start)
        elif name in signs.SPACES:
            if name in {"left", "right", "middle"} and self.source[self.at : self.at + 1] == ".":
                self.at += 1
            elif name in signs.SIZES:
                self.sized = start
        elif name in signs.DROPPED:
            self._argument(name)
        elif name == "hspace":
            self._argument(name)
            self.emit("quad", name, start)
        elif name in {"begin", "end"}:
            self._environment(start, name)
        else:
            self._wrapping(start, name)

    def _wrapping(self, start: int, name: str) -> None:
        """Read a command with an argument that stays."""
        if name in signs.UPRIGHT:
            self._upright(start, name)
        elif name in signs.FONTS or name in signs.UNWRAPPED:
            before = len(self.tokens)
            self._unwrapped(*self._argument(name))
            self._cover(before, start)
            if name in {"underbrace", "overbrace"}:
                self._without_label("_" if name == "underbrace" else "^")
        elif name in signs.CALLIGRAPHIC or name in signs.DOUBLE_STRUCK:
            self._special(start, name)
        elif name in {"intertext", "shortintertext"}:
            self.emit("row", name, start)
            self._text(*self._argument(name))
        elif name == "textcolor":
            self._argument(name)
            self._unwrapped(*self._argument(name))
        elif name in {"overset", "underset", "stackrel"}:
            self._stacked(start, name)
        elif name == "substack":
            before = len(self.tokens)
            self._unwrapped(*self._argument(name))
            self.tokens[before:] = [
                Token("sign", ",", *token[2:]) if token.kind == "row" else token for token in self.tokens[before:]
            ]
        else:
            self.fail("unknown-command", start, name=f"\\{_shown(name)}")

    def _macro(self, start: int, name: str) -> None:
        """Read a macro's body, every token of which stands where the macro does."""
        self.expansions.append(name)
        if len(self.expansions) > MAX_EXPANSIONS:
            self.fail("too-many-macros", start, most=MAX_EXPANSIONS)
        macro = self.macros[name]
        arguments = [self.source[slice(*self._argument(name))] for _ in range(macro.arguments)]
        inner = _Lexer(macro.filled(arguments), self.macros, self)
        inner.span = self.span or (start, self.at)
        self.macros.expanded += len(inner.source)
        if inner.nesting > MAX_NESTING or self.macros.expanded > MAX_EXPANDED:
            self.fail("endless-macro", start, name=f"\\{name}")
        inner.read(0, len(inner.source))

    def _argument(self, name: str) -> tuple[int, int]:
        """Return where the next argument is, and go on after it."""
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

    def _unwrapped(self, start: int, end: int) -> None:
        """Read an argument as though its command were not there; below or above something it stays together."""
        resume = self.at
        scripted = bool(self.tokens) and self.tokens[-1].text in {"_", "^"}
        if scripted:
            self.emit("sign", "{", start, start)
        self.read(start, end)
        self.at = resume
        if scripted:
            self.emit("sign", "}", end, end)

    def _cover(self, before: int, start: int) -> None:
        """Let the tokens from `before` on stand where their command does, braces and all."""
        if len(self.tokens) > before and not self.span:
            self.tokens[before] = self.tokens[before]._replace(start=start)
            self.tokens[-1] = self.tokens[-1]._replace(end=self.at)

    def _without_label(self, sign: str) -> None:
        rest = self.source[self.at : self.at + 20].lstrip()
        if rest.startswith(sign):
            self.at = self.source.index(sign, self.at) + 1
            self._argument("underbrace")

    def _stacked(self, start: int, name: str) -> None:
        r"""Read ``\overset{def}{=}``, which defines; over anything else it is a remark."""
        above, below = self._argument(name), self._argument(name)
        defines = _DEFINES.search(self.source[slice(*above)])
        if defines and self.source[slice(*below)].strip() == "=":
            self.emit("sign", ":=", start)
        else:
            self._unwrapped(*below)

    def _special(self, start: int, name: str) -> None:
        """Read a calligraphic or a blackboard letter; a blackboard 1 is a number."""
        begin, end = self._argument(name)
        letter = self.source[begin:end].strip()
        if letter.isdigit():
            self.emit("number", letter, start)
        elif len(letter) == 1 and letter.isascii() and letter.isupper():
            style = "SCRIPT" if name in signs.CALLIGRAPHIC else "DOUBLE-STRUCK"
            for full in (f"MATHEMATICAL {style} CAPITAL {letter}", f"{style} CAPITAL {letter}"):
                try:
                    self.emit("letter", unicodedata.lookup(full), start)
                except KeyError:
                    continue
                return
        else:
            self._unwrapped(begin, end)

    def _upright(self, start: int, name: str) -> None:
        begin, end = self._argument(name)
        content = self.source[begin:end]
        words = re.sub(r"\\[,;!: -]|~", " ", content).replace(r"\_", "_").strip()
        called = self.source[self.at : self.at + 12].lstrip().removeprefix(r"\left").lstrip().startswith("(")
        joined = words.replace(" ", "")
        if words == "d":
            self.emit("sign", "∂", start)
        elif words.isdigit():
            self.emit("number", words, start)
        elif len(words) == 1 and words.isalpha():
            self.emit("letter", words, start)
        elif _WORD.fullmatch(words) and words.lower() not in signs.WORDS:
            self.emit("word", words, start)
        elif called and _WORD.fullmatch(joined) and words.split()[0].lower() not in signs.WORDS:
            self.emit("word", joined, start)
        elif name in {"mathrm", "mathop"} and re.search(r"[\\_^{]", words):
            self._unwrapped(begin, end)
        else:
            self._text(begin, end)

    def _text(self, start: int, end: int) -> None:
        """Read words, with formulas between dollars."""
        resume = self.at
        at = start
        for index, part in enumerate(self.source[start:end].split("$")):
            if index % 2:
                self.read(at, at + len(part))
            elif part.strip():
                self.emit("text", part.strip(), at, at + len(part))
            at += len(part) + 1
        self.at = resume

    def _environment(self, start: int, command: str) -> None:
        name = self.source[slice(*self._argument(command))].removesuffix("*")
        if name not in signs.ALIGNED and name not in signs.TABLES:
            self.fail("unknown-environment", start, name=name)
        if command == "end":
            self._end(start, name)
            return
        if name in {"array", "alignat", "alignedat"}:
            self._argument(name)
        braced = bool(self.tokens) and self.tokens[-1].text == r"\{"
        if braced:  # \left\{ \begin{array} … \right. is another way to write cases
            start = self.tokens.pop().start
        self.environments.append(name + "{" if braced else name)
        if braced or name in signs.TABLES:
            self.emit("begin", "cases" if braced else name, start)

    def _end(self, start: int, name: str) -> None:
        opened = self.environments.pop() if self.environments else ""
        if opened.rstrip("{") != name:
            self.fail("end-without-begin", start, name=name)
        if _is_table(opened):
            self.emit("close", name, start)


def _shown(sign: str) -> str:
    return sign if sign.isprintable() else f"U+{ord(sign):04X}"


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
