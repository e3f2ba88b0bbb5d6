"""Boxes as MathML Core, which browsers show without help."""

import re
from functools import singledispatch
from html import escape

from chainrule.algebra import boxes as bx
from chainrule.algebra.boxes import Box, Mark, Style, first_of, is_tall

__all__ = ["mathml"]

_MARKS: dict[Mark, str] = {"hat": "^", "bar": "‾", "tilde": "~", "dot": "˙", "vec": "→"}
_BRACKETS = {"()": ("(", ")"), "[]": ("[", "]"), "{}": ("{", "}"), "||": ("|", "|"), "‖‖": ("‖", "‖")}

# Where Unicode's alphabets begin: mathvariant is not in Core. Capitals, small letters, digits.
_ALPHABETS: dict[Style, tuple[int, int, int]] = {
    "bold": (0x1D400, 0x1D41A, 0x1D7CE),
    "double-struck": (0x1D538, 0x1D552, 0x1D7D8),
    "script": (0x1D49C, 0x1D4B6, 0),
}
_BOLD_GREEK = {"Α": 0x1D6A8, "α": 0x1D6C2}
# Letters that Unicode had before the alphabets, whose places there are empty.
_HOLES = dict(
    zip(
        map(chr, [*(0x1D538 + ord(c) - 65 for c in "CHNPQRZ"), *(0x1D49C + ord(c) - 65 for c in "BEFHILMR")]),
        "ℂℍℕℙℚℝℤℬℰℱℋℐℒℳℛ",
        strict=True,
    )
)


def mathml(box: Box, *, display: bool = True) -> str:
    """Return a box as a ``math`` element.

    Every symbol is one element with ``class="s-NAME"`` and ``data-symbol="NAME"``, by its canonical name.
    """
    attribute = ' display="block"' if display else ""
    return f"<math{attribute}>{_mathml(box)}</math>"


@singledispatch
def _mathml(box: Box) -> str:
    """Return one element."""
    raise TypeError(f"{type(box).__name__} has no MathML")


_ELEMENTS = {
    "identifier": "<mi>{}</mi>",
    "word": "<mi>{}</mi>",
    "number": "<mn>{}</mn>",
    "text": "<mtext>{}</mtext>",
    "operator": '<mo form="infix">{}</mo>',
    "prefix": '<mo form="prefix">{}</mo>',
    "ordinary": '<mo form="prefix" stretchy="false" lspace="0" rspace="0">{}</mo>',
    "punctuation": '<mo separator="true">{}</mo>',
    "invisible": "<mo>{}</mo>",
}
_SIGNS = {"∑": "<mo>∑</mo>", "∂": "<mi>∂</mi>"}


@_mathml.register
def _(box: bx.Atom) -> str:
    text = escape(_letters(box.text, box.style))
    if box.kind == "text":
        text = text.replace(" ", "\N{NO-BREAK SPACE}")  # spaces at an element's ends count for nothing
    return _SIGNS.get(text) or _ELEMENTS[box.kind].format(text)


def _letters(text: str, style: Style) -> str:
    """Return text in one of Unicode's alphabets."""
    return text if style == "plain" else "".join(_letter(c, style) for c in text)


def _letter(c: str, style: Style) -> str:
    capital, small, digit = _ALPHABETS[style]
    for first, last, start in (("A", "Z", capital), ("a", "z", small), ("0", "9", digit)):
        if first <= c <= last and start:
            styled = chr(start + ord(c) - ord(first))
            return _HOLES.get(styled, styled)
    if style == "bold":
        for first, last in (("Α", "Ω"), ("α", "ω")):
            if first <= c <= last:
                return chr(_BOLD_GREEK[first] + ord(c) - ord(first))
    return c


_TAG = re.compile(r"<\w+")


@_mathml.register
def _(box: bx.Linked) -> str:
    name = escape(box.symbol)
    return _TAG.sub(lambda tag: f'{tag[0]} class="s-{name}" data-symbol="{name}"', _mathml(box.of), count=1)


@_mathml.register
def _(box: bx.Row) -> str:
    following = (*box.items[1:], None)
    items = (_sign(item, after) for item, after in zip(box.items, following, strict=True))
    return f"<mrow>{''.join(items)}</mrow>"


def _sign(item: Box, after: Box | None) -> str:
    """Return an item of a row; an invisible sign is as wide as TeX's space before a word or a fraction."""
    if item not in (bx.APPLIED, bx.JUXTAPOSED) or after is None:
        return _mathml(item)
    first = first_of(after)
    words = isinstance(first, bx.Atom) and first.kind == "word"
    spaced = words or isinstance(first, bx.Fraction) or (item == bx.APPLIED and not isinstance(first, bx.Fence))
    return _mathml(item).replace("<mo>", '<mo lspace="0" rspace="0.1667em">') if spaced else _mathml(item)


@_mathml.register
def _(box: bx.Scripts) -> str:
    names = {(True, False): "msub", (False, True): "msup", (True, True): "msubsup"}
    name = names[box.sub is not None, box.sup is not None]
    parts = "".join(_mathml(part) for part in (box.base, box.sub, box.sup) if part is not None)
    return f"<{name}>{parts}</{name}>"


@_mathml.register
def _(box: bx.Accent) -> str:
    return f'<mover accent="true">{_mathml(box.base)}<mo stretchy="false">{_MARKS[box.mark]}</mo></mover>'


@_mathml.register
def _(box: bx.Fraction) -> str:
    return f"<mfrac>{_mathml(box.numerator)}{_mathml(box.denominator)}</mfrac>"


@_mathml.register
def _(box: bx.Fence) -> str:
    left, right = _BRACKETS[box.brackets]
    grows = "true" if is_tall(box.of) else "false"
    return (
        f'<mrow><mo form="prefix" stretchy="{grows}">{left}</mo>{_mathml(box.of)}'
        f'<mo form="postfix" stretchy="{grows}">{right}</mo></mrow>'
    )


@_mathml.register
def _(box: bx.UnderOver) -> str:
    name, over = ("munder", "") if box.over is None else ("munderover", _mathml(box.over))
    return f"<{name}>{_mathml(box.base)}{_mathml(box.under)}{over}</{name}>"


@_mathml.register
def _(box: bx.Table) -> str:
    if box.kind == "matrix":
        return f'<mrow><mo form="prefix">(</mo>{_table(box, "center")}<mo form="postfix">)</mo></mrow>'
    return f'<mrow><mo form="prefix">{{</mo>{_table(box, "left")}</mrow>'


def _table(box: bx.Table, align: str) -> str:
    rows = "".join(
        f"<mtr>{''.join(_cell(_mathml(cell), f'text-align: {align}') for cell in row)}</mtr>" for row in box.rows
    )
    return f'<mtable class="{box.kind}">{rows}</mtable>'


def _cell(content: str, style: str) -> str:
    return f'<mtd style="{style}">{content}</mtd>'


@_mathml.register
def _(box: bx.Equations) -> str:
    return f'<mtable class="equations" displaystyle="true">{"".join(map(_line, box.lines))}</mtable>'


def _line(line: bx.Equation) -> str:
    """Return a row of left, relation and right, and condition; columnalign is not in Core."""
    left = "" if line.left is None else _mathml(line.left)
    right = f'<mrow><mo form="infix">{escape(line.relation)}</mo>{_mathml(line.right)}</mrow>'
    condition = "" if line.condition is None else _mathml(line.condition)
    cells = (
        _cell(left, "text-align: right; padding-right: 0"),
        _cell(right, "text-align: left; padding-left: 0"),
        _cell(condition, "text-align: left; padding-left: 2em"),
    )
    return f"<mtr>{''.join(cells)}</mtr>"
