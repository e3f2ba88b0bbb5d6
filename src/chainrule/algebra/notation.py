"""How a reader wants symbols written: from what they type to boxes."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn

from chainrule.algebra.boxes import Accent, Atom, Box, Linked, Mark, Row, Scripts, Style
from chainrule.algebra.expressions import Dimension
from chainrule.errors import InputError

__all__ = ["GREEK", "Notation", "Sampled", "symbol_box"]

_LONGEST = 64

# LaTeX's names: its \epsilon and \phi are not the letters that it calls \varepsilon and \varphi.
GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π",
    "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "ϕ", "varphi": "φ", "chi": "χ", "psi": "ψ",
    "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ",
    "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "ell": "ℓ",
}  # fmt: skip

_MARKS: dict[str, Mark] = {
    "hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar", "tilde": "tilde", "widetilde": "tilde",
    "dot": "dot", "vec": "vec",
}  # fmt: skip
_COMBINING: dict[str, Mark] = {
    "\u0302": "hat", "\u0304": "bar", "\u0305": "bar", "\u0303": "tilde", "\u0307": "dot", "\u20d7": "vec",
}  # fmt: skip
_STYLES: dict[str, Style] = {
    "mathbf": "bold", "boldsymbol": "bold", "bm": "bold", "mathbb": "double-struck", "mathcal": "script",
}  # fmt: skip
_UPRIGHT = {"mathrm", "text", "operatorname", "mathit"}
_SIGNS = {"prime": "′", "star": "⋆", "ast": "∗", "dagger": "†"}

# Names as code has them: z1, W12, y_hat, data_loss.
_NUMBERED = re.compile(r"([^\W\d_]+)(\d+)")
_HATTED = re.compile(r"([^\W\d_]+)_(hat|bar|tilde)")
_PHRASE = re.compile(r"[^\W\d_]{2,}(_[^\W\d_]{2,})+")


def symbol_box(text: str) -> Box:
    r"""Return the box of a symbol as somebody writes it.

    Parameters
    ----------
    text : str
        LaTeX's manner (``W_1``, ``W^{[1]}``, ``\hat{\mathbf y}``, ``\lambda``), Unicode's (``ŷ``, ``β``, ``W₁``) or
        code's (``z1``, ``y_hat``, ``lambda``).

    Raises
    ------
    InputError
        Where it is not a symbol; the message says what was expected.
    """
    if len(text) > _LONGEST:
        raise InputError(f"a symbol has at most {_LONGEST} characters; got {len(text)}")
    if _PHRASE.fullmatch(text):
        return Atom(text.replace("_", " "), "word")
    spelled = _NUMBERED.sub(r"\1_{\2}", text) if _NUMBERED.fullmatch(text) else text
    if hatted := _HATTED.fullmatch(text):
        spelled = rf"\{hatted[2]}{{{hatted[1]}}}"
    return _Reader(text, _plain(spelled)).whole()


def _plain(text: str) -> str:
    """Return text with Unicode's raised and lowered characters as scripts, and marks apart from their letters."""
    text = "".join(map(_apart, unicodedata.normalize("NFC", text.strip())))
    for form, script in (("<sub>", "_"), ("<super>", "^")):
        raised = "".join({c for c in text if unicodedata.decomposition(c).startswith(form)})
        if raised:
            text = re.sub(f"[{raised}]+", lambda run, s=script: s + "{" + _normal(run[0]) + "}", text)  # type: ignore[misc]
    return text


def _apart(c: str) -> str:
    """Return ŷ as y and its mark; é and й are letters."""
    apart = unicodedata.normalize("NFD", c)
    return apart if apart[-1] in _COMBINING else c


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("−", "-")


class _Reader:
    """A descent over symbol := core mark* script*, with core, mark and script as below."""

    def __init__(self, given: str, text: str) -> None:
        self._given = given
        self._text = text
        self._at = 0

    def whole(self) -> Box:
        """Read a symbol with nothing after it."""
        box = self._symbol()
        if self._at < len(self._text):
            self._fail("a subscript, a superscript or the end")
        return box

    def _fail(self, expected: str) -> NoReturn:
        came = f"'{self._text[self._at]}'" if self._at < len(self._text) else "the end"
        raise InputError(f"symbol '{self._given}': expected {expected}, got {came}")

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, expected: str = "") -> str:
        c = self._peek()
        if not c or (expected and c != expected):
            self._fail(f"'{expected}'" if expected else "a character")
        self._at += 1
        return c

    def _skip_spaces(self) -> None:
        while self._peek() == " ":
            self._at += 1

    def _symbol(self) -> Box:
        box = self._marked(self._core())
        primes, sub, sup = 0, None, None
        while (c := self._peek()) and c in "_^'′":
            self._at += 1
            if c == "_" and sub is None:
                sub = self._script()
            elif c == "^" and sup is None:
                sup = self._script()
            elif c in "'′" and sup is None:
                primes += 1
            else:
                self._fail("one subscript and one superscript at most")
        if primes:
            prime = Atom("′" * primes, "ordinary")
            sup = prime if sup is None else Row((prime, sup))
        return box if sub is None and sup is None else Scripts(box, sub, sup)

    def _marked(self, box: Box) -> Box:
        while self._peek() in _COMBINING:
            box = Accent(box, _COMBINING[self._take()])
        return box

    def _core(self) -> Box:
        self._skip_spaces()
        c = self._peek()
        if c == "\\":
            return self._command()
        if c == "{":
            return self._braced()
        letters = self._letters()
        if not letters:
            self._fail("a letter or a command such as \\hat")
        return _name(letters)

    def _braced(self) -> Box:
        self._take("{")
        box = self._symbol()
        self._skip_spaces()
        self._take("}")
        return box

    def _letters(self) -> str:
        """Take letters."""
        start = self._at
        while self._peek().isalpha():
            self._at += 1
        return self._text[start : self._at]

    def _command(self) -> Box:
        at = self._at
        self._take("\\")
        start = self._at
        while self._peek().isascii() and self._peek().isalpha():
            self._at += 1
        command = self._text[start : self._at]
        if command in GREEK:
            return Atom(GREEK[command], "identifier")
        if command in _SIGNS:
            return Atom(_SIGNS[command], "ordinary")
        if command in _MARKS:
            return Accent(self._argument(), _MARKS[command])
        if command in _STYLES:
            return _styled(self._argument(), _STYLES[command])
        if command not in _UPRIGHT:
            self._at = at
            self._fail("a Greek letter, \\hat, \\bar, \\tilde, \\mathbf or \\text")
        return Atom(self._upright(), "word")

    def _upright(self) -> str:
        self._take("{")
        end = self._text.find("}", self._at)
        words = self._text[self._at : end].strip()
        if end < 0 or not words or not all(c.isalnum() or c in " -" for c in words):
            self._fail("words and '}'")
        self._at = end + 1
        return unicodedata.normalize("NFC", words)

    def _argument(self) -> Box:
        self._skip_spaces()
        if self._peek() in ("{", "\\"):
            return self._core()
        c = self._take()
        if not c.isalnum():
            self._at -= 1
            self._fail("a letter")
        return _sign(c)

    def _script(self) -> Box:
        """Read one character, one command, or signs in braces."""
        self._skip_spaces()
        if self._peek() == "\\":
            return self._command()
        if self._peek() != "{":
            return self._sign()
        self._take("{")
        items = []
        while self._peek() != "}":
            items.append(self._nested())
            self._skip_spaces()
        self._take("}")
        if not items:
            self._fail("something in the braces")
        return items[0] if len(items) == 1 else Row(tuple(items))

    def _nested(self) -> Box:
        """Read a sign of a script, which can be a symbol with scripts of its own."""
        if self._peek().isdigit() or not (self._peek().isalpha() or self._peek() in ("\\", "{")):
            return self._sign()
        start = self._at
        letters = self._letters()
        if len(letters) == 2 and self._peek() not in _COMBINING:
            return Row(tuple(map(_name, letters)))  # ij is two indices, reg a word
        if len(letters) > 2 and self._peek() not in _COMBINING:
            return _name(letters)
        self._at = start
        return self._symbol()

    def _sign(self) -> Box:
        c = self._take()
        if c.isdigit():
            while self._peek().isdigit():
                c += self._take()
            return Atom(c, "number")
        if not (c.isalpha() or c in "+-−,()[]*:"):
            self._at -= 1
            self._fail("a letter, a number or one of + - , ( ) [ ] *")
        return _sign(c)


def _sign(c: str) -> Atom:
    if c.isdigit():
        return Atom(c, "number")
    return Atom(c, "identifier") if c.isalpha() else Atom({"-": "−", "*": "∗"}.get(c, c), "ordinary")


def _name(letters: str) -> Atom:
    """Return one letter, from Greek by its name, from Unicode's bold alphabet as bold, or a word."""
    letters = GREEK.get(letters, letters)
    normal = unicodedata.normalize("NFKC", letters)
    if len(letters) == 1:
        bold = unicodedata.name(letters, "").startswith("MATHEMATICAL BOLD")
        keep = letters in GREEK.values()  # ϵ, ϕ and ℓ are letters of their own, whatever NFKC says
        return Atom(letters if keep else normal, "identifier", "bold" if bold else "plain")
    return Atom(normal, "word")


def _styled(box: Box, style: Style) -> Box:
    match box:
        case Atom(text, kind):
            return Atom(text, "identifier" if kind == "word" and len(text) == 1 else kind, style)
        case Accent(base, mark):
            return Accent(_styled(base, style), mark)
        case Scripts(base, sub, sup):
            return Scripts(_styled(base, style), sub, sup)
        case _:
            return box


class Sampled(NamedTuple):
    """How a sample of a symbol is written.

    Attributes
    ----------
    axis : int
        Along which the samples are: 0 where they are rows, 1 where they are columns.
    is_raised : bool
        Whether its index stands above, in parentheses, as in x⁽ⁱ⁾, or first below, as in xᵢ.
    """

    axis: int
    is_raised: bool


@dataclass(frozen=True)
class Notation:
    """How every symbol, dimension and index is written.

    Attributes
    ----------
    symbols, dimensions, indices : mapping of str to Box
        By canonical name; a name that is not there is written as `symbol_box` reads it.
    samples : mapping of str to Sampled
        By canonical name; an entry of a symbol that is not there has all its indices below.
    joins_indices : bool
        Whether an index stands beside the subscript that a symbol has, as in z₁ᵢ, or outside parentheses, as in (z₁)ᵢ.
    marks_powers : bool
        Whether the power of each entry of a matrix has ⊙ before its exponent: A² is A A to most readers.
    """

    symbols: Mapping[str, Box] = field(default_factory=dict)
    dimensions: Mapping[str, Box] = field(default_factory=dict)
    indices: Mapping[str, Box] = field(default_factory=dict)
    samples: Mapping[str, Sampled] = field(default_factory=dict)
    joins_indices: bool = False
    marks_powers: bool = True

    def symbol(self, name: str) -> Box:
        """Return how a symbol is written, linked to its name."""
        return Linked(self.symbols.get(name) or symbol_box(name), name)

    def dimension(self, dimension: Dimension) -> Box:
        """Return how a dimension is written."""
        if isinstance(dimension, int):
            return Atom(str(dimension), "number")
        return self.dimensions.get(dimension) or symbol_box(dimension)

    def index(self, name: str) -> Box:
        """Return how an index is written."""
        return self.indices.get(name) or symbol_box(name)
