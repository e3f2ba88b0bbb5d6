"""A whole derivation: what to derive, of which network, written how."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chainrule.algebra.evaluation import Points
from chainrule.algebra.expressions import Dimension
from chainrule.algebra.notation import Notation
from chainrule.derivation.choices import setting_of
from chainrule.derivation.engine import ancestors, quantities, steps_to
from chainrule.derivation.equations import equations
from chainrule.derivation.messages import messages
from chainrule.derivation.names import Style, notation_of
from chainrule.derivation.setting import Activation, Average, Layout, Output, Penalty, Setting
from chainrule.derivation.steps import Step
from chainrule.derivation.verification import random_points, verify
from chainrule.errors import InputError, nearest

if TYPE_CHECKING:
    from chainrule.network import Network

__all__ = ["Derivation", "Section", "derivation_of", "derive"]


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

    @property
    def answer(self) -> Step:
        """What the quantity comes to: of all its entries at once, if that is among the steps."""
        results = [step for step in self.steps if step.result] or self.steps
        return next((step for step in results if not step.left.shape.is_scalar), results[-1])


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
    brief : bool
        Whether the way is left out.
    points : Points, optional
        What the symbols are worth, where numbers are shown beside them; see `with_values`.
    """

    setting: Setting
    network: tuple[Step, ...]
    sections: tuple[Section, ...]
    notation: Notation
    language: str
    brief: bool = False
    points: Points | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of all sections."""
        return tuple(step for section in self.sections for step in section.steps)

    def to_text(self, width: int = 100) -> str:
        """Return it as Unicode text; sentences are broken at a width, formulas are not."""
        from chainrule.derivation.faces.document import document_of
        from chainrule.derivation.faces.text import text_of

        return text_of(document_of(self), width)

    def to_latex(self, *, standalone: bool = True) -> str:
        r"""Return it as a LaTeX document, or without its preamble, to be pasted where amsmath and amssymb are loaded.

        English is for any LaTeX, Chinese for xelatex.
        """
        from chainrule.derivation.faces.document import document_of
        from chainrule.derivation.faces.latex import latex_of

        return latex_of(document_of(self), standalone=standalone)

    def to_markdown(self) -> str:
        """Return it as Markdown with formulas between dollars, as GitHub and Jupyter render it."""
        from chainrule.derivation.faces.document import document_of
        from chainrule.derivation.faces.markdown import markdown_of

        return markdown_of(document_of(self))

    def to_html(self) -> str:
        """Return it as a web page that loads nothing."""
        from chainrule.derivation.faces.document import document_of
        from chainrule.derivation.faces.html import html_of

        return html_of(document_of(self))

    def _repr_html_(self) -> str:
        from chainrule.derivation.faces.document import document_of
        from chainrule.derivation.faces.html import html_part_of

        return html_part_of(document_of(self))

    def __str__(self) -> str:
        """Return `to_text`."""
        return self.to_text()


def derive(
    network: "Network | str | None" = None,
    *quantities: str,
    depth: int | None = None,
    widths: Sequence[Dimension] | None = None,
    activation: Activation | None = None,
    negative_slope: float | None = None,
    output: Output | None = None,
    layout: Layout = "rows",
    batch: bool = True,
    average: Average | None = None,
    l2: Penalty | bool | None = None,
    entries: bool = False,
    brief: bool = False,
    style: Style = "W_1",
    names: Mapping[str, str] | None = None,
    language: str = "en",
) -> Derivation:
    r"""Derive the gradients of a network step by step, and verify every step.

    Parameters
    ----------
    network : Network, optional
        Which; its layer sizes are shown as numbers. Without one, the next five parameters describe it.
    *quantities : str
        Such as ``"dW1"``, ``"dz2"`` or ``"J"``, the derivatives of the probabilities; all but the inputs' gradient
        ``"dX"`` if there are none. What is on the way to them is derived too.
    depth : int, default=1
        Hidden layers, 0 to 4.
    widths : sequence of str or int, optional
        d_0 … d_L as names or numbers, which say the depth too; by default d_0, d_1 and so on, and K.
    activation : {'identity', 'logistic', 'tanh', 'relu', 'leaky_relu'}, default='relu'
        σ of the hidden layers.
    negative_slope : float, default=0.01
        α of leaky_relu.
    output : {'softmax', 'logistic'}, default='softmax'
        As in `Network`. A logistic output has one unit unless ``widths`` ends in another number.
    layout : {'rows', 'columns'}, default='rows'
        Whether samples are rows, z = x W + b, or columns, z = W x + b.
    batch : bool, default=True
        m samples, or one.
    average : {'mean', 'sum', 'weights'}, default='mean'
        How the losses of a batch's samples enter: with 1/m, with 1, or with weights s that sum to 1.
    l2 : bool or {'none', 'lambda/2m', 'lambda/2'}, optional
        Whether there is an L2 penalty, or its factor: λ/2m unless said, λ/2 of one sample. By default there is one if
        the network's alpha is not 0.
    entries : bool, default=False
        Whether to end at single entries, ∂L/∂W_ij, and not at matrices.
    brief : bool, default=False
        Whether to show results alone.
    style : {'W_1', 'W^{[1]}', 'W^{(1)}'}, default='W_1'
        Where the layer's number stands.
    names : mapping of str to str, optional
        Symbols of one's own by the table's names, such as ``{"a1": "h", "y_hat": r"\beta"}``.
    language : {'en', 'zh-Hans', 'zh-Hant'}, default='en'
        Of the sentences.

    Returns
    -------
    Derivation
        Its text is its `str`; it shows itself in a notebook, and has `to_html`, `to_latex` and `to_markdown`.

    Raises
    ------
    InputError
        If what is asked for is unknown, or contradicts itself.
    VerificationError
        If a step does not hold: an error in this library, and nothing is shown.

    Examples
    --------
    >>> import chainrule
    >>> derivation = chainrule.derive("dW1", activation="tanh", brief=True)
    >>> print(*str(derivation).splitlines()[-7:], sep="\n")
    quantity             formula                         shape
    ∂Ŷ_{n:}/∂(Z₂)_{n:}   diag(Ŷ_{n:}) − Ŷ_{n:}ᵀ Ŷ_{n:}   K × K
    ∂L/∂Ŷ                −1/m Y/Ŷ                        m × K
    ∂L/∂Z₂               1/m (Ŷ − Y)                     m × K
    ∂L/∂A₁               ∂L/∂Z₂ W₂ᵀ                      m × d₁
    ∂L/∂Z₁               ∂L/∂A₁ ⊙ (1 − A₁^{⊙2})          m × d₁
    ∂L/∂W₁               Xᵀ ∂L/∂Z₁                       d₀ × d₁
    """
    if isinstance(network, str):
        quantities = (network, *quantities)
        network = None
    chosen: dict[str, Any] = {
        "depth": depth,
        "widths": widths,
        "activation": activation,
        "negative_slope": negative_slope,
        "output": output,
        "l2": l2,
    }
    chosen = {name: choice for name, choice in chosen.items() if choice is not None}
    if network is not None:
        chosen = _of_network(network, chosen)
    return derivation_of(
        setting_of(layout=layout, batch=batch, average=average, **chosen),
        quantities,
        entries=entries,
        brief=brief,
        style=style,
        names=names,
        widths=chosen.get("widths"),
        language=language,
    )


def _of_network(network: "Network", chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a network says of itself; only its penalty can be chosen otherwise."""
    if twice := sorted(chosen.keys() - {"l2"}):
        raise InputError(f"{', '.join(twice)}: the network says it already; leave it out")
    said: dict[str, Any] = {
        "widths": [int(size) for size in network.layer_sizes],
        "activation": network.activation,
        "output": network.output,
        "l2": network.alpha > 0,
    }
    if network.activation == "leaky_relu":
        said["negative_slope"] = network.negative_slope
    return said | dict(chosen)


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
    messages(language)
    notation = notation_of(setting, style, names, widths)
    points = random_points(setting)
    network = equations(setting)
    sections = [
        Section(name, tuple(_chosen(steps_to(setting, name), entries=entries, brief=brief)))
        for name in _way(setting, wanted)
    ]
    for step in (*network, *(step for section in sections for step in section.steps)):
        verify(step, points)
    return Derivation(setting, network, tuple(sections), notation, language, brief)


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
