"""What is asked for and what it is called: unknown and ambiguous names are refused, with what was meant."""

from typing import Any

import pytest

from chainrule.algebra.latex import latex
from chainrule.derivation.derive import derivation_of
from chainrule.derivation.names import STYLES, notation_of
from chainrule.derivation.setting import Setting
from chainrule.errors import InputError


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("dW3", "quantity: 'dW3' is not one of this network; did you mean dW2 or dW1?"),
        ("dZ9", "quantity: 'dZ9' is not one of this network; did you mean dz2 or dz1?"),
        ("W1", "quantity: 'W1' is not one of this network; did you mean dW1?"),
        ("dyhat", "quantity: 'dyhat' is not one of this network; did you mean dy_hat?"),
        ("", "quantity: '' is not one of this network; expected one of J, dy_hat, dz2, dW2, db2, da1"),
    ],
)
def test_unknown_quantities(wanted: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        derivation_of(Setting(1), [wanted])
    assert str(raised.value).startswith(message)


def test_quantities_in_any_case() -> None:
    assert derivation_of(Setting(1), ["DZ2", "j"]).sections == derivation_of(Setting(1), ["dz2", "J"]).sections


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("batch", [True, False])
def test_no_two_symbols_are_written_alike(style: Any, batch: bool) -> None:
    notation = notation_of(Setting(4, batch=batch), style)
    written = [latex(notation.symbol(name)) for name in notation.symbols]
    assert len(set(written)) == len(written) > 20
