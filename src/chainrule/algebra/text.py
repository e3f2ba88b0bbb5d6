"""Boxes as Unicode text for a terminal: on one line where that can be read, in blocks of lines where it cannot."""

import unicodedata
from collections.abc import Sequence
from functools import singledispatch
from typing import NamedTuple

from rich.cells import cell_len

from chainrule.algebra import boxes as bx
from chainrule.algebra.boxes import Box, Mark

__all__ = ["text"]

# The longest part of a fraction that stands on one line.
_INLINE = 14

_MARKS: dict[Mark, str] = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307", "vec": "\u20d7"}
_LOWERED = dict(
    zip(
        "0123456789+−=()aehijklmnoprstuvxβγρφχ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ",
        strict=True,
    )
)
_RAISED = dict(
    zip(
        "0123456789+−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW⊤′βγδθφχ",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵀ′ᵝᵞᵟᶿᵠᵡ",
        strict=True,
    )
)
_BRACKETS = {"()": ("(", ")"), "[]": ("[", "]"), "{}": ("{", "}"), "||": ("|", "|"), "‖‖": ("‖", "‖")}
# Top, middle and bottom of a bracket over several lines.
_TALL = {
    "(": ("⎛", "⎜", "⎝"),
    ")": ("⎞", "⎟", "⎠"),
    "[": ("⎡", "⎢", "⎣"),
    "]": ("⎤", "⎥", "⎦"),
    "{": ("⎧", "⎪", "⎩"),
    "}": ("⎫", "⎪", "⎭"),
    "|": ("|", "|", "|"),
    "‖": ("‖", "‖", "‖"),
}


def text(box: Box) -> str:
    """Return a box as text, of one line or several; no line ends in a space."""
    return "\n".join(line.rstrip() for line in _text(box).lines)


class _Block(NamedTuple):
    """Lines of one width; the one that the block's neighbours stand on has a number."""

    lines: tuple[str, ...]
    baseline: int = 0

    @property
    def width(self) -> int:
        return cell_len(self.lines[0])


def _line(line: str) -> _Block:
    return _Block((line,))


def _padded(line: str, width: int, align: str = "<") -> str:
    """Return a line with spaces up to a width in cells: a mark takes none, a Chinese character two."""
    missing = width - cell_len(line)
    before = {"<": 0, "^": missing // 2, ">": missing}[align]
    return " " * before + line + " " * (missing - before)


def _beside(blocks: Sequence[_Block]) -> _Block:
    """Return blocks side by side, on one baseline."""
    above = max(block.baseline for block in blocks)
    below = max(len(block.lines) - block.baseline for block in blocks)
    columns = []
    for block in blocks:
        blank = (" " * block.width,)
        top = blank * (above - block.baseline)
        columns.append(top + block.lines + blank * (above + below - len(top) - len(block.lines)))
    return _Block(tuple(map("".join, zip(*columns, strict=True))), above)


@singledispatch
def _text(box: Box) -> _Block:
    raise TypeError(f"{type(box).__name__} has no text")


@_text.register
def _(box: bx.Atom) -> _Block:
    match box.kind:
        case "operator":
            return _line(f" {box.text} ")
        case "punctuation":
            return _line(f"{box.text} ")
        case "invisible":
            return _line("")
        case _:
            return _line(box.text.replace("∑", "Σ"))  # the letter, which more terminals' fonts have


@_text.register
def _(box: bx.Linked) -> _Block:
    return _text(box.of)


@_text.register
def _(box: bx.Row) -> _Block:
    before, after = (None, *box.items[:-1]), (*box.items[1:], None)
    return _beside([_item(*around) for around in zip(before, box.items, after, strict=True)])


def _item(before: Box | None, item: Box, after: Box | None) -> _Block:
    """Return an item of a row, with a space between factors, after Σ and between a function and a bare argument."""
    if item == bx.JUXTAPOSED:  # 2m, but a b
        return _line("" if isinstance(before, bx.Atom) and before.kind == "number" else " ")
    if item == bx.APPLIED:
        return _line("" if isinstance(after, bx.Fence) else " ")
    block = _text(item)
    if isinstance(item, bx.Fraction) and after == bx.JUXTAPOSED and len(block.lines) == 1 and not _is_plain(item):
        return _line(f"({block.lines[0]})")  # (y/ŷ) ŷ
    return _beside([block, _line(" ")]) if isinstance(item, bx.UnderOver) else block


def _is_plain(fraction: bx.Fraction) -> bool:
    """Return whether a fraction on one line is read as a whole, whatever follows it: 1/ŷ, ∂L/∂W, λ/(2m)."""
    first = bx.first_of(fraction.numerator)
    last = fraction.denominator.items[-1] if isinstance(fraction.denominator, bx.Row) else fraction.denominator
    below = last.of if isinstance(last, bx.Linked) else last
    return isinstance(below, bx.Atom) or (isinstance(first, bx.Atom) and (first.kind == "number" or first.text == "∂"))


@_text.register
def _(box: bx.Scripts) -> _Block:
    base = _text(box.base)
    sub, sup = _script(box.sub, _LOWERED, "_"), _script(box.sup, _RAISED, "^")
    if len(base.lines) == 1:
        return _line(base.lines[0] + sub + sup)
    # Beside brackets over several lines, at their ends.
    width = max(cell_len(sub), cell_len(sup))
    column = [_padded(sup, width), *(" " * width for _ in base.lines[2:]), _padded(sub, width)]
    return _beside([base, _Block(tuple(column), base.baseline)])


def _script(box: Box | None, characters: dict[str, str], sign: str) -> str:
    """Return a script in Unicode's small characters if it has all of them, else as LaTeX writes it."""
    if box is None:
        return ""
    script = _compact(box)
    if all(c in characters for c in script):
        return "".join(characters[c] for c in script)
    return f"{sign}{script}" if len(script) == 1 else f"{sign}{{{script}}}"


def _compact(box: Box) -> str:
    """Return a box on one line without spaces around its operators."""
    inside = " ".join(line.strip() for line in _text(box).lines)
    for sign in "=≠<≤>≥+−×⊙·":
        inside = inside.replace(f" {sign} ", sign)
    return inside.replace(", ", ",")


@_text.register
def _(box: bx.Accent) -> _Block:
    base = _text(box.base).lines[0]
    return _line(unicodedata.normalize("NFC", base + _MARKS[box.mark]))


@_text.register
def _(box: bx.Fraction) -> _Block:
    top, bottom = _text(box.numerator), _text(box.denominator)
    parts = [_inline(part, block) for part, block in ((box.numerator, top), (box.denominator, bottom))]
    if None not in parts:
        return _line(f"{parts[0]}/{parts[1]}")
    width = max(top.width, bottom.width)
    over = tuple(_padded(line, width, "^") for line in top.lines)
    under = tuple(_padded(line, width, "^") for line in bottom.lines)
    return _Block((*over, "─" * width, *under), len(over))


def _inline(box: Box, block: _Block) -> str | None:
    """Return a fraction's part for one line, in parentheses if it is more than one sign, or None if it is too much."""
    line = block.lines[0]
    if len(block.lines) > 1 or cell_len(line) > _INLINE or "/" in line or "Σ" in line:
        return None
    if not isinstance(box, bx.Row):
        return line
    signs = [item for item in box.items if item != bx.JUXTAPOSED]
    partial = isinstance(signs[0], bx.Atom) and signs[0].text == "∂"
    called = bx.APPLIED in signs and isinstance(signs[-1], bx.Fence)
    return line if partial or called else f"({line})"


@_text.register
def _(box: bx.Fence) -> _Block:
    left, right = _BRACKETS[box.brackets]
    return _fenced(_text(box.of), left, right)


def _fenced(block: _Block, left: str, right: str) -> _Block:
    return _beside([_bracket(left, block), block, _bracket(right, block)])


def _bracket(bracket: str, block: _Block) -> _Block:
    """Return a bracket as high as a block."""
    height = len(block.lines)
    if height == 1:
        return _line(bracket)
    top, middle, bottom = _TALL[bracket]
    return _Block((top, *[middle] * (height - 2), bottom), block.baseline)


@_text.register
def _(box: bx.UnderOver) -> _Block:
    """Return Σₙ: where a sum runs from 1 to the end of an axis, its index says so."""
    under = box.under.items[0] if box.over is not None and isinstance(box.under, bx.Row) else box.under
    return _beside([_text(box.base), _line(_script(under, _LOWERED, "_"))])


@_text.register
def _(box: bx.Table) -> _Block:
    cells = [[_text(cell) for cell in row] for row in box.rows]
    widths = [max(block.width for block in column) for column in zip(*cells, strict=True)]
    align = "^" if box.kind == "matrix" else "<"
    lines: list[str] = []
    for row in cells:
        blocks = [
            _Block(tuple(_padded(line, width, align) for line in block.lines), block.baseline)
            for block, width in zip(row, widths, strict=True)
        ]
        spaced = [part for block in blocks for part in (_line("  "), block)][1:]
        lines.extend(_beside(spaced).lines)
    block = _Block(tuple(lines), (len(lines) - 1) // 2)
    return _fenced(block, "(", ")") if box.kind == "matrix" else _beside([_brace(block), _line(" "), block])


def _brace(block: _Block) -> _Block:
    """Return a brace as high as a block, with its tip on the baseline."""
    height = len(block.lines)
    if height == 1:
        return _line("{")
    if height == 2:
        return _Block(("⎰", "⎱"), block.baseline)
    column = ["⎪"] * height
    column[0], column[block.baseline], column[-1] = "⎧", "⎨", "⎩"
    return _Block(tuple(column), block.baseline)


@_text.register
def _(box: bx.Equations) -> _Block:
    lefts = [_line("") if line.left is None else _text(line.left) for line in box.lines]
    rights = [_right(line) for line in box.lines]
    width = max(left.width for left in lefts)
    lines: list[str] = []
    for left, right in zip(lefts, rights, strict=True):
        padded = _Block(tuple(_padded(line, width, ">") for line in left.lines), left.baseline)
        lines.extend(_beside([padded, right]).lines)
    widest = max(map(cell_len, lines))
    return _Block(tuple(_padded(line, widest) for line in lines))


def _right(line: bx.Equation) -> _Block:
    condition = [] if line.condition is None else [_line("    "), _text(line.condition)]
    return _beside([_line(f" {line.relation} "), _text(line.right), *condition])
