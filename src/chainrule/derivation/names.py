"""How a derivation's symbols are written: ready sets, and what the reader wants otherwise."""

from collections.abc import Mapping, Sequence
from typing import Literal

from chainrule.algebra.boxes import Atom, Box
from chainrule.algebra.expressions import Dimension
from chainrule.algebra.notation import Notation, symbol_box
from chainrule.algebra.text import text
from chainrule.derivation.setting import Setting
from chainrule.errors import InputError, nearest

__all__ = ["STYLES", "Style", "notation_of"]

Style = Literal["W_1", "W^{[1]}", "W^{(1)}"]
STYLES: dict[Style, str] = {"W_1": "{0}_{{{1}}}", "W^{[1]}": "{0}^{{[{1}]}}", "W^{(1)}": "{0}^{{({1})}}"}


def notation_of(
    setting: Setting,
    style: Style = "W_1",
    names: Mapping[str, str] | None = None,
    widths: Sequence[Dimension] | None = None,
) -> Notation:
    r"""Return how everything in a derivation is written.

    Parameters
    ----------
    setting : Setting
        The derivation's. A batch has capital letters, one sample small ones.
    style : {'W_1', 'W^{[1]}', 'W^{(1)}'}
        Where the layer's number stands.
    names : mapping of str to str, optional
        The reader's own symbols by the table's names, such as ``{"a1": "h", "y_hat": "\beta"}``.
    widths : sequence of str or int, optional
        d_0 … d_L as names or numbers.

    Raises
    ------
    InputError
        If the style is unknown, or a name is of no symbol, no symbol itself, or would stand for two things.
    """
    if style not in STYLES:
        raise InputError(f"style: {style!r} is not known{nearest(style, STYLES)}")
    ready = _ready(setting, style)
    given = dict(names or {})
    for name, symbol in given.items():
        if name not in ready:
            raise InputError(f"names: there is no symbol {name!r} here{nearest(name, ready)}")
        if symbol.rstrip("}").endswith(("^T", r"\top", "ᵀ", "^{T")):
            raise InputError(f"names: {name}={symbol} names a transpose; for the other layout choose layout")
    symbols = {name: symbol_box(symbol) for name, symbol in (ready | given).items()}
    given_widths = dict(zip(_dimension_names(setting), widths or (), strict=False))
    dimensions = {name: _width_box(given_widths.get(name, name)) for name in _dimension_names(setting)}
    _check_distinct(symbols, dimensions, "ijkn" if setting.batch else "ijk")
    return Notation(symbols, dimensions | ({"m": symbols["m"]} if setting.batch else {}))


def _width_box(width: Dimension) -> Box:
    return Atom(str(width), "number") if isinstance(width, int) else symbol_box(width)


def _check_distinct(symbols: Mapping[str, Box], dimensions: Mapping[str, Box], indices: str) -> None:
    """Refuse one name for two things; only widths may be alike, as those of two layers often are."""
    taken = {symbol_box(letter): f"the index {letter}" for letter in indices}
    for name, box in symbols.items():
        if box in taken:
            raise InputError(f"names: {taken[box]} and {name} would both be written {text(box)}")
        taken[box] = name
    for name, box in dimensions.items():
        if box in taken:
            raise InputError(f"widths: {taken[box]} and {name} would both be written {text(box)}")


def _dimension_names(setting: Setting) -> list[str]:
    return [*(f"d_{l}" for l in range(setting.depth)), "K"]


def _ready(setting: Setting, style: Style) -> dict[str, str]:
    numbered = STYLES[style].format
    z, a, x, y = ("Z", "A", "X", "Y") if setting.batch else ("z", "a", "x", "y")
    written = {"X": x, "Y": y, "y_hat": rf"\hat{{{y}}}", "L": "L"}
    written |= {"m": "m"} if setting.batch else {}
    written |= {"s": "s"} if setting.batch and setting.average == "weights" else {}
    written |= {"lambda": r"\lambda"} if setting.penalty != "none" else {}
    for l in setting.layers:
        written |= {f"W{l}": numbered("W", l), f"b{l}": numbered("b", l), f"z{l}": numbered(z, l)}
        written |= {f"a{l}": numbered(a, l)} if l < setting.depth else {}
    return written
