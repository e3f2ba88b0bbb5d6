"""The rules of the output: the loss by the probabilities, these by the scores, and both ways from one to the other.

A sample's probabilities depend on its own scores alone, so everything is said of one sample; its index n is there only
where there is a batch.
"""

from collections.abc import Iterator
from fractions import Fraction

from chainrule.algebra.expressions import (
    Call,
    Cases,
    Comparison,
    Derivative,
    Diagonal,
    Expression,
    Index,
    Indicator,
    Matrix,
    Number,
    Summation,
)
from chainrule.algebra.functions import EXP, LOG, LOGSUMEXP
from chainrule.derivation.equations import ONE, ZERO, class_axis
from chainrule.derivation.setting import LOSS, MOST_CLASSES, Setting, index, total
from chainrule.derivation.steps import Step

__all__ = ["jacobian", "probabilities", "scores"]


def probabilities(setting: Setting) -> Iterator[Step]:
    """∂L/∂ŷ: softmax −y/ŷ, logistic −y/ŷ + (1 − y)/(1 − ŷ), elementwise, with the sample's weight in the loss."""
    k = index(setting.widths[-1], "k")
    terms = {"y": setting.y, "y_hat": setting.y_hat}
    entries = setting.at(setting.y_hat, k), setting.at(setting.y, k)
    for y_hat, y in dict.fromkeys((entries, (setting.y_hat, setting.y))):
        slope = -setting.weigh(y / y_hat)
        if setting.output == "logistic":
            slope = setting.weigh(-(y / y_hat) + (ONE - y) / (ONE - y_hat))
        rule = f"{setting.output}_loss_slope" if y_hat == entries[0] else "loss_slope_matrix"
        yield Step("B1", rule, Derivative(LOSS, y_hat), (slope,), terms=terms, result=True)


def jacobian(setting: Setting) -> Iterator[Step]:
    """J1, ∂ŷ_k/∂z_i = ŷ_k (1[i = k] − ŷ_i); the logistic unit's ∂ŷ_k/∂z_k = ŷ_k (1 − ŷ_k) and nothing beside it."""
    z, y_hat = setting.z(setting.depth), setting.y_hat
    if setting.output == "logistic":
        k = index(setting.widths[-1], "k")
        z_k, y_k = setting.at(z, k), setting.at(y_hat, k)
        decay = Call(EXP, (-z_k,))
        slope = decay / (ONE + decay) ** 2, y_k @ (ONE - y_k)
        yield Step("J1", "logistic_slope", Derivative(y_k, z_k), slope, terms={"z": z, "y_hat": y_hat}, result=True)
        return
    i, k, j = (Index(letter, "K") for letter in "ikj")
    z_i, z_k, y_i, y_k = setting.at(z, i), setting.at(z, k), setting.at(y_hat, i), setting.at(y_hat, k)
    e_i, e_k = Call(EXP, (z_i,)), Call(EXP, (z_k,))
    S = Summation(Call(EXP, (setting.at(z, j),)), j)
    terms = {"y": y_k, "z": z_i, "z_k": z_k, "S": S}
    same = (e_k @ S - e_k**2) / S**2, y_k @ (ONE - y_k)
    yield Step("J1", "softmax_same", Derivative(y_k, z_k), same, terms=terms)
    other = -(e_k @ e_i / S**2), -(y_k @ y_i)
    yield Step("J1", "softmax_other", Derivative(y_k, z_i), other, Comparison(i, "≠", k), terms)
    both = y_k @ (Indicator(Comparison(i, "=", k)) - y_i)
    yield Step("J1", "softmax_both", Derivative(y_k, z_i), (both,), terms=terms, result=True)
    y_n, z_n = setting.at(y_hat, None), setting.at(z, None)
    yield Step("J1", "softmax_matrix", Derivative(y_n, z_n), (_softmax_matrix(setting),), terms=terms, result=True)
    if setting.classes is not None and setting.classes <= MOST_CLASSES:
        yield Step(
            "J1", "softmax_written_out", Derivative(y_n, z_n), (_written_out(setting),), terms=terms, result=True
        )


def _softmax_matrix(setting: Setting) -> Expression:
    y_hat = setting.at(setting.y_hat, None)
    outer = y_hat.T @ y_hat if setting.layout == "rows" else y_hat @ y_hat.T
    return Diagonal(y_hat) - outer


def _written_out(setting: Setting) -> Expression:
    y = [setting.at(setting.y_hat, Number(Fraction(k))) for k in range(1, (setting.classes or 0) + 1)]
    return Matrix(tuple(tuple(a @ (ONE - b) if a is b else -(a @ b) for b in y) for a in y))


def scores(setting: Setting) -> Iterator[Step]:
    """B1, ∂L/∂z = ŷ − y with the sample's weight: by the chain rule through ŷ, and the short way around it."""
    is_softmax = setting.output == "softmax"
    yield from _through_softmax(setting) if is_softmax else _through_logistic(setting)
    z, y, y_hat = setting.z(setting.depth), setting.y, setting.y_hat
    terms = {"z": z, "y": y, "y_hat": y_hat}
    gradient = setting.weigh(y_hat - y)
    yield Step("B1", "scores", Derivative(LOSS, z), (gradient,), terms=terms, result=True)
    yield from _around_softmax(setting) if is_softmax else _around_logistic(setting)


def _through_softmax(setting: Setting) -> Iterator[Step]:
    i, k = (Index(letter, "K") for letter in "ik")
    z, y, y_hat = setting.z(setting.depth), setting.y, setting.y_hat
    z_i, y_i, y_hat_i = (setting.at(q, i) for q in (z, y, y_hat))
    y_k, y_hat_k = setting.at(y, k), setting.at(y_hat, k)
    delta = Indicator(Comparison(i, "=", k))
    terms = {"z": z_i, "y": y_i, "y_k": y_k, "y_hat": y_hat_i, "L": LOSS}
    by_chain_rule = (
        total(Derivative(LOSS, y_hat_k) @ Derivative(y_hat_k, z_i), k),
        -setting.weigh(total(y_k / y_hat_k @ y_hat_k @ (delta - y_hat_i), k)),
        -setting.weigh(total(y_k @ (delta - y_hat_i), k)),
        setting.weigh(y_hat_i @ total(y_k, k) - y_i),
        setting.weigh(y_hat_i - y_i),
    )
    yield Step("B1", "softmax_collapse", Derivative(LOSS, z_i), by_chain_rule, terms=terms, result=True)
    cases = (
        (setting.weigh(y_hat_i - ONE), Comparison(y_i, "=", ONE)),
        (setting.weigh(y_hat_i), Comparison(y_i, "=", ZERO)),
    )
    yield Step("B1", "true_class", Derivative(LOSS, z_i), (Cases(cases),), terms=terms)


def _around_softmax(setting: Setting) -> Iterator[Step]:
    yield _jacobian_product(setting)
    i, j = (Index(letter, "K") for letter in "ij")
    z, y, y_hat = setting.z(setting.depth), setting.y, setting.y_hat
    z_i, y_i, y_hat_i = (setting.at(q, i) for q in (z, y, y_hat))
    terms = {"z": z_i, "y": y_i, "y_hat": y_hat_i, "L": LOSS}
    partition = Call(LOGSUMEXP, (setting.at(z, None),), class_axis(setting))
    z_j = setting.at(z, j)
    slope = Call(EXP, (z_i,)) / Summation(Call(EXP, (z_j,)), j), y_hat_i
    yield Step("B1", "logsumexp", Derivative(partition, z_i), slope, terms=terms)
    around = setting.weigh(Derivative(partition, z_i) - y_i), setting.weigh(y_hat_i - y_i)
    yield Step("B1", "softmax_shortcut", Derivative(LOSS, z_i), around, terms=terms)


def _jacobian_product(setting: Setting) -> Step:
    """Return the same for a sample's scores at once: ∂L/∂z = ∂L/∂ŷ J for rows, Jᵀ ∂L/∂ŷ for columns."""
    z, y, y_hat = (setting.at(q, None) for q in (setting.z(setting.depth), setting.y, setting.y_hat))
    J, upstream = Derivative(y_hat, z), Derivative(LOSS, y_hat)
    slope, matrix = setting.weigh(y / y_hat), _softmax_matrix(setting)
    chain = (upstream @ J, -(slope @ matrix)) if setting.layout == "rows" else (J.T @ upstream, -(matrix @ slope))
    last = setting.weigh(y_hat - y)
    return Step("B1", "jacobian_product", Derivative(LOSS, z), (*chain, last), terms={"y": y, "y_hat": y_hat})


def _through_logistic(setting: Setting) -> Iterator[Step]:
    k = index(setting.widths[-1], "k")
    z, y, y_hat = (setting.at(q, k) for q in (setting.z(setting.depth), setting.y, setting.y_hat))
    terms = {"z": z, "y": y, "y_hat": y_hat, "L": LOSS}
    by_chain_rule = (
        Derivative(LOSS, y_hat) @ Derivative(y_hat, z),
        setting.weigh((-(y / y_hat) + (ONE - y) / (ONE - y_hat)) @ y_hat @ (ONE - y_hat)),
        setting.weigh(-(y @ (ONE - y_hat)) + (ONE - y) @ y_hat),
        setting.weigh(y_hat - y),
    )
    yield Step("B1", "logistic_collapse", Derivative(LOSS, z), by_chain_rule, terms=terms, result=True)


def _around_logistic(setting: Setting) -> Iterator[Step]:
    k = index(setting.widths[-1], "k")
    z, y, y_hat = (setting.at(q, k) for q in (setting.z(setting.depth), setting.y, setting.y_hat))
    terms = {"z": z, "y": y, "y_hat": y_hat, "L": LOSS}
    e = Call(EXP, (z,))
    partition = Call(LOG, (ONE + e,))
    yield Step("B1", "softplus", Derivative(partition, z), (e / (ONE + e), y_hat), terms=terms)
    around = setting.weigh(Derivative(partition, z) - y), setting.weigh(y_hat - y)
    yield Step("B1", "logistic_shortcut", Derivative(LOSS, z), around, terms=terms)
