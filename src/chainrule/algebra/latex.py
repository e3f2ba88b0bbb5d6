r"""Boxes as LaTeX: what amsmath and amssymb know, and KaTeX with its strict mode on."""

import unicodedata
from functools import singledispatch

from chainrule.algebra import boxes as bx
from chainrule.algebra.boxes import Box, Mark, Style, is_tall
from chainrule.algebra.notation import GREEK

__all__ = ["latex"]

_SIGNS = {
    "−": "-", "+": "+", "=": "=", "≠": r"\neq", "<": "<", "≤": r"\le", ">": ">", "≥": r"\ge", "⊙": r"\odot",
    "·": r"\cdot", "×": r"\times", "∈": r"\in", "≈": r"\approx", "∂": r"\partial", "⊤": r"\top", "∑": r"\sum",
    "′": r"\prime", "″": r"\prime\prime", "⋆": r"\star", "∗": r"\ast", "†": r"\dagger", "⟹": r"\implies", "…": r"\dots",
    ":": "{:}", "∇": r"\nabla", "\N{INVISIBLE TIMES}": "", "\N{FUNCTION APPLICATION}": "",
}  # fmt: skip
# Capitals that look Latin have no command of their own.
_LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True))
_COMMANDS = {letter: rf"\{name}" for name, letter in GREEK.items()} | _LATIN
_FUNCTIONS = {"exp", "log", "max", "tanh"}
_STYLES: dict[Style, str] = {"bold": r"\mathbf", "double-struck": r"\mathbb", "script": r"\mathcal"}
# Letters of Unicode's own: ℒ is a script L.
_FONTS = {"SCRIPT CAPITAL": r"\mathcal", "DOUBLE-STRUCK CAPITAL": r"\mathbb", "FRAKTUR CAPITAL": r"\mathfrak"}
_MARKS: dict[Mark, str] = {"hat": r"\hat", "bar": r"\bar", "tilde": r"\tilde", "dot": r"\dot", "vec": r"\vec"}
_ESCAPED = {c: rf"\{c}" for c in "#$%&_{}"} | {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


def latex(box: Box) -> str:
    r"""Return a box as LaTeX, to stand between dollars; equations are an ``aligned``."""
    return _latex(box)


@singledispatch
def _latex(box: Box) -> str:
    raise TypeError(f"{type(box).__name__} has no LaTeX")


@_latex.register
def _(box: bx.Atom) -> str:
    match box.kind:
        case "text":
            return rf"\text{{{_escaped(box.text)}}}"
        case "word":
            return _word(box.text)
        case "identifier":
            return _identifier(box)
        case "number":  # there is no double-struck 1 in amssymb
            return box.text if box.style == "plain" else rf"\mathbf{{{box.text}}}"
        case _:
            return "".join(_SIGNS.get(c, c) for c in box.text)


def _escaped(text: str) -> str:
    return "".join(_ESCAPED.get(c, c) for c in text)


def _word(word: str) -> str:
    if word in _FUNCTIONS:
        return rf"\{word}"
    if word.isascii() and word.isalnum():
        return rf"\operatorname{{{word}}}"
    return rf"\text{{{_escaped(word)}}}"


def _identifier(box: bx.Atom) -> str:
    letter = _COMMANDS.get(box.text, box.text)
    if not letter.isascii():
        font = next((font for style, font in _FONTS.items() if style in unicodedata.name(letter, "")), None)
        return f"{font}{{{unicodedata.normalize('NFKC', letter)}}}" if font else rf"\text{{{letter}}}"
    if box.style == "plain":
        return letter
    # The bold alphabet of \mathbf is Latin.
    command = r"\boldsymbol" if letter.startswith("\\") else _STYLES[box.style]
    return f"{command}{{{letter}}}"


@_latex.register
def _(box: bx.Linked) -> str:
    return _latex(box.of)


@_latex.register
def _(box: bx.Row) -> str:
    result = ""
    for item in box.items:
        piece = _latex(item)
        if item == bx.JUXTAPOSED:
            piece = "" if result[-1:].isdigit() else " "
        elif isinstance(item, bx.Atom) and item.kind == "operator":
            piece = f" {piece} "
        elif isinstance(item, bx.Atom) and item.kind == "punctuation":
            piece = f"{piece} "
        elif _merges(result, piece):
            result += " "
        result += piece
    return result.replace("  ", " ")


def _merges(left: str, right: str) -> bool:
    r"""Return whether a command would take the letter that follows for one of its own: \lambda m."""
    name = left[left.rfind("\\") + 1 :] if "\\" in left else ""
    return name.isalpha() and right[:1].isalpha()


@_latex.register
def _(box: bx.Scripts) -> str:
    base = _latex(box.base)
    if isinstance(box.base, bx.Row):  # σ(Z)ᵀ: the bracket takes the script
        base = base if base.endswith(")") else f"{{{base}}}"
    primes, sup = _primes(box.sup)
    lower = "" if box.sub is None else f"_{_argument(box.sub)}"
    upper = "" if sup is None else f"^{_argument(sup)}"
    # A prime is a superscript, which another has to follow at once.
    return f"{base}{primes}{upper}{lower}" if primes else f"{base}{lower}{upper}"


def _primes(sup: Box | None) -> tuple[str, Box | None]:
    """Return the primes that a superscript begins with, as LaTeX has them, and what is left of it."""
    first, rest = (sup.items[0], bx.Row(sup.items[1:])) if isinstance(sup, bx.Row) else (sup, None)
    if isinstance(first, bx.Atom) and set(first.text) == {"′"}:
        return "'" * len(first.text), rest
    return "", sup


def _argument(box: Box) -> str:
    """Return what stands as a script: one character or one command bare, all else in braces."""
    piece = _latex(box).replace(" = ", "=")
    bare = len(piece) == 1 or (piece.startswith("\\") and piece[1:].isalpha())
    return piece if bare else f"{{{piece}}}"


@_latex.register
def _(box: bx.Accent) -> str:
    return f"{_MARKS[box.mark]}{{{_latex(box.base)}}}"


@_latex.register
def _(box: bx.Fraction) -> str:
    return rf"\frac{{{_latex(box.numerator)}}}{{{_latex(box.denominator)}}}"


_BRACKETS = {
    "()": ("(", ")"), "[]": ("[", "]"), "{}": (r"\{", r"\}"), "||": (r"\lvert", r"\rvert"), "‖‖": (r"\lVert", r"\rVert")
}  # fmt: skip


@_latex.register
def _(box: bx.Fence) -> str:
    left, right = _BRACKETS[box.brackets]
    inside = _latex(box.of)
    if is_tall(box.of):
        return rf"\left{left} {inside} \right{right}"
    gap = " " if left.startswith("\\") else ""
    return f"{left}{gap}{inside}{gap}{right}"


@_latex.register
def _(box: bx.UnderOver) -> str:
    over = "" if box.over is None else f"^{_argument(box.over)}"
    return f"{_latex(box.base)}_{_argument(box.under)}{over} "


@_latex.register
def _(box: bx.Table) -> str:
    name = "pmatrix" if box.kind == "matrix" else "cases"
    rows = r" \\ ".join(" & ".join(map(_latex, row)) for row in box.rows)
    return rf"\begin{{{name}}} {rows} \end{{{name}}}"


@_latex.register
def _(box: bx.Equations) -> str:
    lines = " \\\\\n".join(map(_line, box.lines))
    return f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"


def _line(line: bx.Equation) -> str:
    left = "" if line.left is None else f"{_latex(line.left)} "
    condition = "" if line.condition is None else rf" \qquad {_latex(line.condition)}"
    return f"{left}&{_SIGNS[line.relation]} {_latex(line.right)}{condition}"
