"""The network as equations: F1–F3 and the loss, in the order of their making."""

from fractions import Fraction
from typing import Literal

from chainrule.algebra.expressions import (
    Addition,
    Call,
    Cases,
    Comparison,
    Expression,
    Index,
    Norm,
    Number,
    Product,
    Summation,
    Symbol,
    as_expression,
)
from chainrule.algebra.functions import (
    EXP,
    LEAKY_RELU,
    LOG,
    LOGISTIC,
    LOGSUMEXP,
    MAX,
    RELU,
    SOFTMAX,
    TANH,
)
from chainrule.derivation.setting import LOSS, Setting, index, total
from chainrule.derivation.steps import Step

__all__ = ["ONE", "ZERO", "class_axis", "definitions", "equations"]

ZERO, ONE = Number(Fraction(0)), Number(Fraction(1))


def equations(setting: Setting) -> tuple[Step, ...]:
    """Return the network: what each quantity is, and the loss last."""
    steps = []
    for l in setting.layers:
        steps.append(_affine(setting, l))
        steps += [_activation(setting, l)] if l < setting.depth else _output(setting)
    return (*steps, _loss(setting))


def definitions(setting: Setting) -> dict[str, Expression]:
    """Return what each symbol is computed from, by name: the loss from the probabilities, these from the scores."""
    return {step.left.name: step.chain[0] for step in equations(setting) if isinstance(step.left, Symbol)}


def _affine(setting: Setting, l: int) -> Step:
    a, W, b = setting.a(l - 1), setting.W(l), setting.b(l)
    product = Product((a, W) if setting.layout == "rows" else (W, a))
    return Step("F1", "affine", setting.z(l), (Addition((product, b)),), terms={"z": setting.z(l), "b": b})


def _activation(setting: Setting, l: int) -> Step:
    z = setting.z(l)
    chain: tuple[Expression, ...]
    match setting.activation:
        case "identity":
            chain = (z,)
        case "relu":
            chain = Call(RELU, (z,)), Call(MAX, (ZERO, z))
        case "leaky_relu":
            slope = as_expression(setting.negative_slope)
            bent = Cases(((z, Comparison(z, ">", ZERO)), (slope * z, Comparison(z, "≤", ZERO))))
            chain = Call(LEAKY_RELU, (z, slope)), bent
        case "logistic":
            chain = Call(LOGISTIC, (z,)), ONE / (ONE + Call(EXP, (-z,)))
        case "tanh":
            up, down = Call(EXP, (z,)), Call(EXP, (-z,))
            chain = Call(TANH, (z,)), (up - down) / (up + down)
    return Step("F2", "activation", setting.a(l), chain, terms={"a": setting.a(l), "z": z})


def class_axis(setting: Setting) -> Literal[0, 1]:
    """Return the axis of the classes."""
    return 1 if setting.layout == "rows" else 0


def _output(setting: Setting) -> list[Step]:
    z, y_hat = setting.z(setting.depth), setting.y_hat
    terms = {"y_hat": y_hat, "z": z}
    if setting.output == "logistic":
        return [
            Step("F3", "logistic_output", y_hat, (Call(LOGISTIC, (z,)), ONE / (ONE + Call(EXP, (-z,)))), terms=terms)
        ]
    k, j = Index("k", "K"), Index("j", "K")
    entries = Call(EXP, (setting.at(z, k),)) / Summation(Call(EXP, (setting.at(z, j),)), j)
    softmax = Call(SOFTMAX, (z,), class_axis(setting))
    return [
        Step("F3", "softmax_output", y_hat, (softmax,), terms=terms),
        Step("F3", "softmax_entries", setting.at(y_hat, k), (entries,), terms=terms),
    ]


def _loss(setting: Setting) -> Step:
    """Return the loss of the probabilities, and the same of the scores."""
    k = index(setting.widths[-1], "k")
    z, y, y_hat = (setting.at(q, k) for q in (setting.z(setting.depth), setting.y, setting.y_hat))
    if setting.output == "softmax":
        of_probabilities = -_batch(setting, total(y @ Call(LOG, (y_hat,)), k))
        scores = setting.at(setting.z(setting.depth), None)
        partition = Call(LOGSUMEXP, (scores,), class_axis(setting))
        of_scores = _batch(setting, partition - total(y @ z, k))
    else:
        likelihood = y @ Call(LOG, (y_hat,)) + (ONE - y) @ Call(LOG, (ONE - y_hat,))
        of_probabilities = -_batch(setting, total(likelihood, k))
        of_scores = _batch(setting, total(Call(LOG, (ONE + Call(EXP, (z,)),)) - y @ z, k))
    chain: tuple[Expression, ...] = (of_probabilities, of_scores)
    tag = "L1"
    if setting.penalty != "none":
        chain, tag = tuple(loss + _penalty(setting) for loss in chain), "L1 L2"
    return Step(tag, f"{setting.output}_loss", LOSS, chain, terms={"L": LOSS, "y": setting.y})


def _batch(setting: Setting, loss: Expression) -> Expression:
    """Return the loss of a batch from that of a sample."""
    if setting.average == "weights":
        return total(setting.weigh(loss), setting.sample)
    return setting.weigh(total(loss, setting.sample))


def _penalty(setting: Setting) -> Expression:
    norms = [Norm(setting.W(l)) ** 2 for l in setting.layers]
    return setting.penalty_factor @ (norms[0] if len(norms) == 1 else Addition(tuple(norms)))
