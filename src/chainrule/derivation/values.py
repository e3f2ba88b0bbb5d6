"""The numbers of a network with given weights, on given samples, beside the symbols of its derivation."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from chainrule.activations import Array
from chainrule.algebra.evaluation import Points, evaluate, indices_of
from chainrule.algebra.expressions import Expression, Symbol
from chainrule.derivation.derive import Derivation
from chainrule.derivation.equations import definitions
from chainrule.derivation.setting import Setting
from chainrule.derivation.steps import Step, factors_of
from chainrule.errors import InputError

if TYPE_CHECKING:
    from chainrule.network import Network, Parameters

__all__ = ["Value", "network_of", "points_of", "values_of", "with_values"]


class Value(NamedTuple):
    """What an expression is worth.

    Attributes
    ----------
    expression : Expression
    array : ndarray of shape (rows, columns)
    """

    expression: Expression
    array: Array


def network_of(classifier: Any) -> "tuple[Network, Parameters]":
    """Return the network of a fitted `MLPClassifier`, and its parameters."""
    from chainrule.network import Network, Parameters

    sizes = [classifier.n_features_in_, *map(len, classifier.intercepts_)]
    choices = classifier.activation, classifier.out_activation_, classifier.alpha, classifier.negative_slope
    return Network(sizes, *choices), Parameters(classifier.coefs_, classifier.intercepts_)


def with_values(
    derivation: Derivation, network: "Network", parameters: "Parameters", X: ArrayLike, y: ArrayLike
) -> Derivation:
    """Return a derivation that shows numbers beside its formulas; see `points_of` for the arguments."""
    return replace(derivation, points=points_of(derivation.setting, network, parameters, X, y))


def points_of(setting: Setting, network: "Network", parameters: "Parameters", X: ArrayLike, y: ArrayLike) -> Points:
    """Return the one point at which a derivation's symbols are a network's numbers.

    Parameters
    ----------
    setting : Setting
        The derivation's.
    network : Network
        Of the setting's depth, activation and output.
    parameters : Parameters
        The network's.
    X : array-like of shape (m, d_0)
        The samples; one where the setting has one. All of them weigh the same.
    y : array-like of shape (m,)
        Class indices 0 … K − 1, for one logistic unit 0 or 1.

    Raises
    ------
    InputError
        If the network or the samples are not what the derivation is of.
    """
    X, y = np.asarray(X, np.float64), np.asarray(y)
    _check_fit(setting, network, X)
    K, m = network.layer_sizes[-1], len(X)
    rows = {"X": X, "Y": y[:, np.newaxis] == (1 if K == 1 else np.arange(K)), "s": np.full((m, 1), 1 / m)}
    rows |= {f"W{l}": parameters.W[l - 1] for l in setting.layers}
    rows |= {f"b{l}": parameters.b[l - 1][np.newaxis] for l in setting.layers}
    in_layout = {name: value if setting.layout == "rows" else value.T for name, value in rows.items()}
    values = {name: value[np.newaxis].astype(np.float64) for name, value in in_layout.items()}
    values |= {"lambda": np.full((1, 1, 1), float(network.alpha)), "m": np.full((1, 1, 1), float(m))}
    sizes = {"m": m, "K": K, **{f"d_{l}": network.layer_sizes[l] for l in range(network.depth)}}
    return Points(sizes, values, definitions(setting))


def _check_fit(setting: Setting, network: "Network", X: Array) -> None:
    fits: list[tuple[str, object, object]] = [
        ("hidden layers", setting.hidden, network.depth - 1),
        ("output", setting.output, network.output),
        ("inputs of shape", (len(X) if setting.batch else 1, network.layer_sizes[0]), X.shape),
    ]
    if setting.hidden:
        fits.append(("activation", setting.activation, network.activation))
    if setting.hidden and setting.activation == "leaky_relu":
        fits.append(("slope", setting.negative_slope, network.negative_slope))
    for name, expected, found in fits:
        if found != expected:
            raise InputError(f"values: expected {name} {expected} as in the derivation, got {found}")


def values_of(step: Step, points: Points) -> tuple[Value, ...]:
    """Return what a step's left side is worth, and every symbol and matrix that the right side puts together.

    A step of single entries, with indices that stand for any number, has none.
    """
    if indices_of(step.left):
        return ()
    is_definition = isinstance(step.left, Symbol)
    factors = factors_of(step.chain[0 if is_definition else -1], scalars=True)
    parts = [part for part in factors if part != step.left and part not in step.chain]
    worth = [(step.left, step.chain[-1]), *zip(parts, parts, strict=True)]  # the last form is the most exact
    return tuple(Value(of, _matrix(evaluate(form, points))) for of, form in worth)


def _matrix(value: Array) -> Array:
    """Return the value of the one point, without indices."""
    return value.reshape(value.shape[-2:])
