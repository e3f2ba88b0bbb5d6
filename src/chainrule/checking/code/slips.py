"""Slips in a backward pass: what each line of B1–B5 becomes when it is miswritten.

Every function here yields variants of one line: its value, and the slips that make it so; the true line comes first.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from chainrule.activations import Array, activation_of
from chainrule.checking.code.table import Table
from chainrule.checking.message import Message, Term, message

__all__ = ["Form", "Product", "Slip", "Variant", "bias_forms", "data_factors", "errors", "said", "weight_forms"]

Quantities = Mapping[str, Array]


@dataclass(frozen=True)
class Slip:
    """Something miswritten.

    Attributes
    ----------
    name : str
        Such as missing-mean.
    where : str
        The quantity whose line it is in: ``dz2``, ``dW2``, ``db2``, ``da1``.
    what : Message
        The slip in words.
    rarity : float
        From 0 on: how much less often it happens than the plainest.
    """

    name: str
    where: str
    what: Message
    rarity: float = 0.0


def said(name: str, /, **terms: Term) -> Message:
    """Return what is said of a slip."""
    return message(f"code_slips.{name}", **terms)


class Product(NamedTuple):
    """leftᵀ right, multiplied out only where it is wanted: most of what is tried is wrong in its first entries."""

    left: Array
    right: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the product."""
        return self.left.shape[1], self.right.shape[1]

    @property
    def T(self) -> "Product":
        """The transpose."""
        return Product(self.right, self.left)

    def value(self) -> Array:
        """Return all of it."""
        return self.left.T @ self.right

    def at(self, places: Array) -> Array:
        """Return some entries, counted through the array."""
        rows, columns = np.divmod(places, self.right.shape[1])
        return (self.left[:, rows] * self.right[:, columns]).sum(axis=0)


class Form(NamedTuple):
    """A product that can stand in a line of B2, and the slips in it."""

    product: Product
    slips: tuple[Slip, ...] = ()


class Variant(NamedTuple):
    """A value of a line, and the slips in it."""

    value: Array
    slips: tuple[Slip, ...] = ()


def data_factors(table: Table, where: str) -> Iterator[tuple[float, tuple[Slip, ...]]]:
    """Yield what a line can be multiplied with by mistake."""
    m = table.m
    sign = Slip("sign", where, said("sign"))
    mean = [(1 / m, Slip("extra-mean", where, said("extra-mean", m=m)))]
    if not np.isclose(table.data, m):
        mean.insert(0, (m, Slip("missing-mean", where, said("missing-mean", m=m))))
    yield 1.0, ()
    yield -1.0, (sign,)
    if m > 1:
        yield from ((factor, (slip,)) for factor, slip in mean)
        yield from ((-factor, (sign, slip)) for factor, slip in mean)


def errors(table: Table, q: Quantities, l: int, count: int) -> Iterator[tuple[Array, Variant]]:
    """Yield da^l and dz^l with so many slips in the two lines; for the last layer, whose da nobody uses, dz^L twice."""
    is_last = l == table.network.depth
    factors = list(data_factors(table, f"dz{l}"))
    for before in _of_output(table, q) if is_last else _of_activations(table, q, l):
        for after in (Variant(before.value),) if is_last else _of_scores(table, q, l, before.value):
            for factor, slips in factors:
                found = (*before.slips, *after.slips, *slips)
                if len(found) == count:
                    yield before.value, Variant(factor * after.value, found)


def _of_output(table: Table, q: Quantities) -> Iterator[Variant]:
    """B1."""
    where, y_hat, Y = f"dz{table.network.depth}", q["y_hat"], q["Y"]
    each = table.data * table.s[:, np.newaxis]
    is_softmax = table.network.output == "softmax"

    def slip(name: str, what: Message, value: Array, rarity: float = 0.0) -> Variant:
        return Variant(each * value, (Slip(name, where, what, rarity),))

    yield Variant(each * (y_hat - Y))
    yield slip("wrong-input", said("no-targets", written="ŷ", right="ŷ − Y"), y_hat)
    yield slip("wrong-input", said("no-probabilities"), -Y, 0.2)
    yield slip("wrong-input", said("stands-for", written="z", right="ŷ"), q[f"z{table.network.depth}"] - Y, 0.1)
    slope = y_hat * (1 - y_hat)
    if is_softmax:
        yield slip("diagonal-only-jacobian", said("diagonal-only"), -Y * (1 - y_hat))
    yield slip("wrong-activation-derivative", said("slope-of-output-twice"), slope * (y_hat - Y), 0.1)
    with np.errstate(all="ignore"):
        of_y_hat = -Y / y_hat if is_softmax else (y_hat - Y) / slope
    yield slip("missing-activation-derivative", said("no-slope-of-output"), of_y_hat, 0.1)


def _of_activations(table: Table, q: Quantities, l: int) -> Iterator[Variant]:
    """B4."""
    where, dz, W = f"da{l}", q[f"dz{l + 1}"], q[f"W{l + 1}"]
    shape = q[f"a{l}"].shape
    yield Variant(dz @ W.T)
    if W.shape[0] == W.shape[1]:
        yield Variant(dz @ W, (Slip("missing-transpose", where, said("turned", name=f"W{l + 1}")),))
    for k in range(1, table.network.depth + 1):
        for other, turned in ((q[f"W{k}"].T, "ᵀ"), (q[f"W{k}"], "")):
            if k != l + 1 and dz.shape[1] == other.shape[0] and other.shape[1] == shape[1]:
                what = said("stands-for", written=f"W{k}{turned}", right=f"W{l + 1}ᵀ")
                yield Variant(dz @ other, (Slip("swapped-weights", where, what, 0.0 if turned else 0.3),))
    for name in (f"da{l + 1}", "y_hat", "Y"):
        if name in q and q[name].shape == dz.shape and (l + 2 <= table.network.depth or name[0] != "d"):
            scale = 1 if name[0] == "d" else table.data * table.s[:, np.newaxis]
            what = said("stands-for", written=name, right=f"dz{l + 1}")
            yield Variant(scale * q[name] @ W.T, (Slip("wrong-input", where, what, 0.2),))


def _of_scores(table: Table, q: Quantities, l: int, da: Array) -> Iterator[Variant]:
    """B5."""
    where, z, a = f"dz{l}", q[f"z{l}"], q[f"a{l}"]
    sigma, own = table.network.sigma, table.network.activation
    yield Variant(da * sigma.derivative(z, a))
    yield Variant(da, (Slip("missing-activation-derivative", where, said("no-slope")),))
    for mask, what, name, rarity in _slopes(table, q, z, a):
        yield Variant(da * mask, (Slip(name, where, what, rarity),))
    if own in ("relu", "leaky_relu"):
        mask = sigma.derivative(da, da)
        yield Variant(da * mask, (Slip("wrong-activation-derivative", where, said("slope-by-da"), 0.1),))


def _slopes(table: Table, q: Quantities, z: Array, a: Array) -> Iterator[tuple[Array, Message, str, float]]:
    """Yield what can stand for σ'(z)."""
    sigma, own = table.network.sigma, table.network.activation
    wrong = "wrong-activation-derivative"
    yield sigma.derivative(a, sigma.value(a)), said("slope-at", name="a"), wrong, 0.0
    if own in ("logistic", "tanh"):
        form = "a(1 − a)" if own == "logistic" else "1 − a²"
        yield sigma.derivative(z, z), said("z-for-a", form=form), wrong, 0.05
        yield 1 - a, said("stands-for", written="1 − a", right=form), "wrong-power", 0.0
        yield 1 - a * a, said("stands-for", written="1 − a²", right="a(1 − a)"), wrong, 0.05
        yield sigma.derivative(z, a) ** 2, said("slope-twice"), "wrong-power", 0.3
    else:
        yield sigma.derivative(-z, -a), said("other-mask"), wrong, 0.05
    for other in ("relu", "logistic", "tanh"):
        if other != own:
            derivative = activation_of(other).derivative
            at_its_own = derivative(z, activation_of(other).value(z))
            yield at_its_own, said("slope-of-another", other=other, own=own), wrong, 0.1
            yield derivative(a, a), said("slope-of-another-at-a", other=other, own=own), wrong, 0.15
    for slope in (0.01, 0.1, 0.2):
        if own == "relu" or (own == "leaky_relu" and slope != table.network.negative_slope):
            mask = activation_of("leaky_relu", slope).derivative(z, a)
            yield mask, said("slope-of-leaky", slope=slope), wrong, 0.2
    yield a, said("stands-for", written="σ(z)", right="σ'(z)"), wrong, 0.2
    for name, array in q.items():
        if name[0] in "zaX" and array.shape == z.shape and array is not z and array is not a:
            yield sigma.derivative(array, sigma.value(array)), said("slope-at", name=name), wrong, 0.2


def weight_forms(table: Table, q: Quantities, l: int) -> Iterator[Form]:
    """Yield B2 without its penalty."""
    where, a, dz = f"dW{l}", _input(q, l), q[f"dz{l}"]
    yield Form(Product(a, dz))
    inputs = [name for name in q if name[0] in "za" or name in ("X", "Y", "y_hat")]
    for name in inputs:
        if q[name] is not a:
            rarity = 0.0 if name in (f"z{l - 1}", "X") else 0.2
            slip = Slip("wrong-input", where, said("stands-for", written=name, right=_input_name(l)), rarity)
            yield Form(Product(q[name], dz), (slip,))
    for array, name, what, rarity in _misread(table, q, l):
        yield Form(Product(a, array), (Slip(name, where, what, rarity),))
    for turned in (Product(dz, a), *([Product(a.T, dz)] if a.shape[1] == dz.shape[0] else [])):
        yield Form(turned, (Slip("missing-transpose", where, said("product-turned")),))
    for row, what in ((slice(1), said("first-sample-only")), (slice(-1, None), said("last-sample-only"))):
        yield Form(Product(a[row], dz[row]), (Slip("missing-sum", where, what, 0.1),))


def bias_forms(table: Table, q: Quantities, l: int) -> Iterator[Variant]:
    """Yield B3."""
    where, dz = f"db{l}", q[f"dz{l}"]
    yield Variant(dz.sum(axis=0))
    for value, what in (
        (dz, said("no-sum")),
        (dz[0], said("first-sample-only")),
        (dz[-1], said("last-sample-only")),
    ):
        yield Variant(value, (Slip("missing-sum", where, what),))
    yield Variant(dz.sum(axis=1), (Slip("wrong-index", where, said("sum-over-units")),))
    yield Variant(dz.sum(), (Slip("wrong-index", where, said("sum-over-all")),))
    for array, name, what, rarity in _misread(table, q, l):
        yield Variant(array.sum(axis=0), (Slip(name, where, what, rarity),))


def _misread(table: Table, q: Quantities, l: int) -> Iterator[tuple[Array, str, Message, float]]:
    """Yield what can stand for dz^l."""
    if l < table.network.depth:
        yield q[f"da{l}"], "missing-activation-derivative", said("no-slope-in", written=f"da{l}", right=f"dz{l}"), 0.0
    else:
        each = table.data * table.s[:, np.newaxis]
        yield each * q["y_hat"], "wrong-input", said("no-targets", written="ŷ", right=f"dz{l} = ŷ − Y"), 0.1
    for k in range(table.network.depth, 0, -1):
        if k != l and f"dz{k}" in q:
            yield q[f"dz{k}"], "wrong-input", said("stands-for", written=f"dz{k}", right=f"dz{l}"), 0.1


def _input_name(l: int) -> str:
    return f"a{l - 1}" if l > 1 else "X"


def _input(q: Quantities, l: int) -> Array:
    return q[_input_name(l)]
