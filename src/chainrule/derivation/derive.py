"""A whole derivation: what to derive, of which network, written how."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chainrule.algebra.expressions import Dimension
from chainrule.algebra.notation import Notation
from chainrule.derivation.engine import ancestors, quantities, steps_to
from chainrule.derivation.equations import equations
from chainrule.derivation.names import Style, notation_of
from chainrule.derivation.setting import Setting
from chainrule.derivation.steps import Step
from chainrule.derivation.verification import random_points, verify
from chainrule.errors import InputError, nearest

__all__ = ["Derivation", "Section", "derivation_of"]


@dataclass(frozen=True)
class Section:
    """The steps to one quantity.

    Attributes
    ----------
    quantity : str
        Its name: J, dy_hat, dz2, dW2 …
    steps : tuple of Step
        In order; the last ones are results.
    """

    quantity: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Derivation:
    """The way from the loss to the gradients, each step verified when this was made.

    Attributes
    ----------
    setting : Setting
        The network and its loss.
    network : tuple of Step
        Its equations.
    sections : tuple of Section
        Quantity by quantity, from the loss backwards.
    notation : Notation
        How the symbols are written.
    language : str
        Of the sentences.
    """

    setting: Setting
    network: tuple[Step, ...]
    sections: tuple[Section, ...]
    notation: Notation
    language: str

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of all sections."""
        return tuple(step for section in self.sections for step in section.steps)


def derivation_of(
    setting: Setting,
    wanted: Sequence[str] = (),
    *,
    entries: bool = False,
    brief: bool = False,
    style: Style = "W_1",
    names: Mapping[str, str] | None = None,
    widths: Sequence[Dimension] | None = None,
    language: str = "en",
) -> Derivation:
    """Derive gradients, and verify every step on the way.

    Parameters
    ----------
    setting : Setting
        The network and its loss.
    wanted : sequence of str
        Quantities such as dW1, J or dz2; all but dX, the inputs' gradient, if there are none.
    entries : bool
        Whether to end at single entries, ∂L/∂W_ij, and not at matrices.
    brief : bool
        Whether to leave the way out and keep what each quantity comes to.
    style, names, widths
        See `notation_of`.
    language : str
        One of `LANGUAGES`.

    Raises
    ------
    InputError
        If a quantity, a name or the language is unknown.
    VerificationError
        If a step does not hold.
    """
    points = random_points(setting)
    network = equations(setting)
    sections = [
        Section(name, tuple(_chosen(steps_to(setting, name), entries=entries, brief=brief)))
        for name in _way(setting, wanted)
    ]
    for step in (*network, *(step for section in sections for step in section.steps)):
        verify(step, points)
    return Derivation(setting, network, tuple(sections), notation_of(setting, style, names, widths), language)


def _way(setting: Setting, wanted: Sequence[str]) -> list[str]:
    """Return the quantities to derive: the wanted ones and what is on the way to them, from the loss backwards."""
    known = quantities(setting)
    by_folded = {name.casefold(): name for name in known}
    chosen: set[str] = set()
    for name in wanted or (name for name in known if name != "dX"):
        if name.casefold() not in by_folded:
            raise InputError(f"quantity: {name!r} is not one of this network{nearest(name, known)}")
        chosen |= set(ancestors(setting, by_folded[name.casefold()]))
    return [name for name in known if name in chosen]


def _chosen(steps: Iterable[Step], *, entries: bool, brief: bool) -> Iterator[Step]:
    """Return the steps to show: of entries alone, of results alone."""
    steps = list(steps)
    of_entries = [step for step in steps if step.left.shape.is_scalar]
    if not brief:
        return iter(of_entries if entries else steps)
    results = [step for step in steps if step.result]
    return iter([step for step in results if step.left.shape.is_scalar == entries] or results)
