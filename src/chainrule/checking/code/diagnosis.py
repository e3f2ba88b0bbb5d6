"""Which slips a backward pass holds: the fewest with which B1–B5 give what was returned."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from chainrule.activations import Array
from chainrule.checking.code.slips import Form, Product, Slip, bias_forms, data_factors, errors, said, weight_forms
from chainrule.checking.code.table import Table

__all__ = ["Explanation", "explain"]

AT_MOST = 2  # slips in one line and what it is made from, beyond those carried into it
KEPT = 24
UNEXPLAINED = 4.0
WORSE = 1.5  # what costs so much more than the best so far is given up
FEW = 32  # entries that are compared before all are
RATIOS = (("2", 2.0), ("1/2", 0.5))


class Explanation(NamedTuple):
    """One way in which the returned gradients can have come about.

    Attributes
    ----------
    slips : tuple of Slip
        In the order of the backward pass.
    of : dict of str to tuple of Slip, or None
        Those in each array of the table, ``dW2`` and so on, carried ones included; None for what they do not explain.
    cost : float
        The fewer and the plainer the slips, the less.
    """

    slips: tuple[Slip, ...]
    of: dict[str, tuple[Slip, ...] | None]
    cost: float


class _State(NamedTuple):
    """A backward pass on its way down: its quantities, and the slips so far."""

    q: dict[str, Array]
    carried: tuple[Slip, ...]
    explanation: Explanation


class _Claim(NamedTuple):
    """An array as it was returned, a few of its entries, and how close to one another counts as the same."""

    value: Array
    few: Array
    allowance: Callable[[Array], Array]

    def is_same(self, other: Array) -> bool:
        """Return whether an array has the same entries."""
        return other.shape == self.value.shape and bool((np.abs(other - self.value) <= self.allowance(other)).all())

    def is_sum_of(self, product: Product, parameter: Array) -> bool:
        """Return whether a few entries are f · product + g · parameter for some f and g, which costs little to know."""
        rest, basis = self.value.ravel()[self.few], list[Array]()
        parts = [parameter.ravel()[self.few]] if parameter.shape == product.shape else []
        for part in (*parts, product.at(self.few)):
            across = part - sum((part @ unit) * unit for unit in basis)
            if across @ across > 1e-18 * (part @ part):
                basis.append(across / np.sqrt(across @ across))
                rest = rest - (rest @ basis[-1]) * basis[-1]
        allowed = self.allowance(self.value).ravel()[self.few]
        return bool(rest @ rest <= 4 * allowed @ allowed)


def explain(
    table: Table, arrays: Mapping[str, Array], returned: Mapping[str, Array], allowance: Callable[[Array], Array]
) -> list[Explanation]:
    """Find the slips behind gradients, likeliest first.

    Goes down the backward pass layer by layer, as the true one and with up to two slips on the way, and keeps at
    each layer the ways that explain most with least: an error that comes from above is then none of the lines below.

    Parameters
    ----------
    table : Table
    arrays : mapping of str to ndarray
        The parameters by the function's own names.
    returned : mapping of str to ndarray
        The gradients by the table's names, ``dW1`` and so on, the way round that the function has.
    allowance : callable
        How far from an array its entries may be, to be the same.
    """
    q = table.trace(arrays)
    forward = {name: array for name, array in q.items() if name[0] != "d"}
    states = [_State(forward, (), Explanation((), {}, 0.0))]
    flat = {name: value.reshape(-1, 1) if name[1] == "b" else value for name, value in returned.items()}
    claims = {name: _Claim(value, _few(value), allowance) for name, value in flat.items()}
    for l in range(table.network.depth, 0, -1):
        states = _layer(table, states, l, claims)
    return _likeliest([state.explanation for state in states])


def _likeliest(found: list[Explanation]) -> list[Explanation]:
    """Return the best and those as good: with as many slips, explaining as much."""
    unlike: dict[tuple[tuple[str, str], ...], Explanation] = {}
    for each in found:
        unlike.setdefault(tuple((slip.name, slip.where) for slip in each.slips), each)
    return [each for each in unlike.values() if each.cost < found[0].cost + 0.5]


def _few(array: Array) -> Array:
    return np.unique(np.linspace(0, array.size - 1, min(array.size, FEW)).astype(int))


def _weights(table: Table, q: Mapping[str, Array], l: int) -> Iterator[Form]:
    """Yield the forms of B2 the function's own way round."""
    for product, slips in weight_forms(table, q, l):
        yield Form(product.T if table.layout.is_turned else product, slips)


def _biases(table: Table, q: Mapping[str, Array], l: int) -> Iterator[Form]:
    """Yield the forms of B3 as columns, whatever the shape of the function's biases."""
    for value, slips in bias_forms(table, q, l):
        own = value.T if table.is_columns else value
        yield Form(Product(own.reshape(1, -1), np.ones((1, 1))), slips)


def _layer(
    table: Table,
    states: list[_State],
    l: int,
    claims: Mapping[str, _Claim],
) -> list[_State]:
    """Take backward passes one layer further down, in every way that it can be miswritten there."""
    found: list[_State] = []
    best = np.inf
    for count in range(AT_MOST + 1):
        for state in states:
            if len(state.carried) + count > AT_MOST or state.explanation.cost + count > best + WORSE:
                continue
            for after in _miswritten(table, state, l, count, claims):
                found.append(after)
                best = min(best, after.explanation.cost)
    return sorted(found, key=lambda state: state.explanation.cost)[:KEPT]


def _miswritten(
    table: Table,
    state: _State,
    l: int,
    count: int,
    claims: Mapping[str, _Claim],
) -> Iterator[_State]:
    """Yield what becomes of a backward pass at a layer with so many slips in the lines that lead on."""
    true = next(errors(table, state.q, l, 0))[1].value
    for da, dz in errors(table, state.q, l, count):
        if count and _is_alike(true, dz.value):
            continue
        q = state.q | ({} if l == table.network.depth else {f"da{l}": da}) | {f"dz{l}": dz.value}
        carried = (*state.carried, *dz.slips)
        explanations = [_with(state.explanation, dz.slips)]
        W = q[f"W{l}"].T if table.layout.is_turned else q[f"W{l}"]
        lines = (f"dW{l}", _weights, W, table.of_W), (f"db{l}", _biases, q[f"b{l}"].reshape(-1, 1), table.of_b)
        for name, forms, parameter, of_loss in lines:
            if name in claims:
                fits = _fits(table, claims[name], name, forms(table, q, l), parameter, of_loss)
                explanations = [_explained(each, name, carried, fit) for each in explanations for fit in fits]
        yield from (_State(q, carried, each) for each in explanations)


def _is_alike(one: Array, other: Array) -> bool:
    return bool(np.abs(one - other).max() <= 1e-12 * np.abs(one).max())


def _with(explanation: Explanation, slips: tuple[Slip, ...]) -> Explanation:
    cost = explanation.cost + sum(1 + slip.rarity for slip in slips)
    return explanation._replace(slips=(*explanation.slips, *slips), cost=cost)


def _explained(
    explanation: Explanation, name: str, carried: tuple[Slip, ...], fit: tuple[Slip, ...] | None
) -> Explanation:
    if fit is None:
        return explanation._replace(of=explanation.of | {name: None}, cost=explanation.cost + UNEXPLAINED)
    return _with(explanation, fit)._replace(of=explanation.of | {name: (*carried, *fit)})


def _fits(
    table: Table,
    claim: _Claim,
    name: str,
    forms: Iterator[Form],
    p: Array,
    of_loss: float,
) -> list[tuple[Slip, ...] | None]:
    """Return the slips of a line itself, each way in which it gives what was returned; [None] if there is none."""
    found: list[tuple[Slip, ...]] = []
    for product, own in forms:
        if product.shape != claim.value.shape or not claim.is_sum_of(product, p):
            continue
        value = product.value()
        for factor, slips in data_factors(table, name):
            so_far = (*own, *slips)
            for penalty, more in _penalties(table, claim.value - factor * value, name, p, of_loss):
                if len(so_far) + len(more) <= AT_MOST and claim.is_same(factor * value + penalty):
                    if not so_far and not more:
                        return [()]
                    found.append((*so_far, *more))
    found.sort(key=lambda slips: sum(1 + slip.rarity for slip in slips))
    return [*found[:3]] or [None]


def _penalties(
    table: Table, rest: Array, name: str, p: Array, of_loss: float
) -> Iterator[tuple[Array, tuple[Slip, ...]]]:
    """Yield the penalty's part of a gradient as it should be, missing, of the wrong sign, and of any other factor."""
    of_bias = name[1] == "b"
    if p.shape != rest.shape:  # a product of the wrong shape has no penalty beside it
        yield np.zeros(()), ()
        return
    yield of_loss * p, ()
    squares = float((p * p).sum())
    if of_loss:
        yield np.zeros(()), (Slip("missing-penalty", name, said("no-penalty")),)
        yield -of_loss * p, (Slip("sign", name, said("penalty-sign"), 0.1),)
    if squares == 0:
        return
    factor = float((rest * p).sum()) / squares
    ratio = factor / of_loss if of_loss else 0.0
    if of_loss and min(abs(ratio), abs(abs(ratio) - 1)) < 1e-3:  # those above
        return
    words = _ratio(ratio, table.m)
    if p.size < 4 and of_loss and not words:  # one number fits a few entries by chance
        return
    if of_bias and not of_loss:
        if p.size > 1:
            what = said("penalty-on-bias", factor=factor, name=name[1:])
            yield factor * p, (Slip("penalty-on-bias", name, what),)
    elif not of_loss:
        if p.size > 3:
            what = said("penalty-added", factor=factor, name=name[1:])
            yield factor * p, (Slip("penalty-factor", name, what, 0.1),)
    else:
        what = said("penalty-factor", factor=words or f"{ratio:.3g}")
        yield factor * p, (Slip("penalty-factor", name, what, 0.0 if words else 0.2),)


def _ratio(ratio: float, m: int) -> str:
    """Return a factor that comes about by a slip in words, or nothing."""
    usual = (*RATIOS, ("m", m), ("1/m", 1 / m), ("2m", 2 * m), ("1/(2m)", 1 / (2 * m)), ("m/2", m / 2), ("2/m", 2 / m))
    return next((words for words, value in usual if abs(ratio - value) < 1e-4 * value), "")
