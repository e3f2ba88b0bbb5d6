"""Recognising the table's network behind a function: by the values of its loss, whatever its code looks like."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise, permutations, product
from typing import Any

import numpy as np

from chainrule.activations import Array
from chainrule.checking.code.arrays import arrays_in
from chainrule.checking.code.subject import Subject
from chainrule.network import Network, Parameters

__all__ = ["Layout", "Table", "recognise"]

# How far a loss may be from the table's: one that clips its probabilities is the same loss to about this much.
TOLERANCE = 1e-4
EXACT = 1e-12
POINTS = 6
ACTIVATIONS = ("relu", "logistic", "tanh", "identity")
SLOPES = (0.01, 0.1, 0.2, 0.3)


@dataclass(frozen=True)
class Layout:
    """Which array is which, and which way round.

    Attributes
    ----------
    W, b : tuple of str
        The parameters' names, layer by layer; none in `b` for a network without biases.
    is_turned : bool
        Whether a W is (d_l, d_(l-1)).
    widths : tuple of int
        d_0 … d_L.
    """

    W: tuple[str, ...]
    b: tuple[str, ...]
    is_turned: bool
    widths: tuple[int, ...]

    def parameters(self, arrays: Mapping[str, Array]) -> Parameters:
        """Return the arrays as the table's parameters."""
        W = [arrays[name].T if self.is_turned else arrays[name] for name in self.W]
        b = [arrays[name].ravel() for name in self.b] or [np.zeros(d) for d in self.widths[1:]]
        return Parameters(W, b)

    def given(self, name: str, gradient: Array, shape: tuple[int, ...]) -> Array:
        """Return one of the table's gradients the way round of its parameter."""
        if name in self.b:
            return gradient.reshape(shape) if gradient.size == np.prod(shape) else gradient
        return gradient.T if self.is_turned else gradient


@dataclass(frozen=True)
class Table:
    """A network of the table, and the loss as c · data loss + μ/2 Σ‖W‖² + ν/2 Σ‖b‖².

    Attributes
    ----------
    network : Network
        Without a penalty.
    layout : Layout
    X, Y, s : ndarray
        In rows.
    is_columns : bool
        Whether samples are columns in the function's own layout.
    data, of_W, of_b : float
        c (1: the mean over the samples, m: their sum), μ and ν.
    off : float
        How far the loss is from this at worst, relatively.
    factor : str
        μ as the function writes it, if that is known.
    """

    network: Network
    layout: Layout
    X: Array
    Y: Array
    s: Array
    is_columns: bool
    data: float = 1.0
    of_W: float = 0.0
    of_b: float = 0.0
    off: float = 0.0
    factor: str = ""

    @property
    def m(self) -> int:
        """The number of samples."""
        return len(self.X)

    def names(self) -> dict[str, str]:
        """Return the table's names ``W1 b1 …`` by the function's own."""
        layers = range(1, self.network.depth + 1)
        named = [*zip(self.layout.W, layers, strict=True)], [*zip(self.layout.b, layers, strict=False)]
        return {own: f"{kind}{l}" for kind, of_kind in zip("Wb", named, strict=True) for own, l in of_kind}

    def trace(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Return every quantity of F1–F3 and B1–B5 in rows, with the scale and the penalty of this loss."""
        parameters = self.layout.parameters(arrays)
        q: dict[str, Array] = {"X": self.X, "Y": self.Y, **self.network.trace(parameters, self.X, self.Y, self.s)}
        for l, (W, b) in enumerate(zip(*parameters, strict=True), start=1):
            q |= {f"W{l}": W, f"b{l}": b}
            q |= {name: self.data * q[name] for name in (f"dz{l}", f"dW{l}", f"db{l}", f"da{l}") if name in q}
            q[f"dW{l}"] = q[f"dW{l}"] + self.of_W * W
            q[f"db{l}"] = q[f"db{l}"] + self.of_b * b
        return q

    def gradients(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Return the true gradients by the function's own names, in the shapes of its parameters."""
        q = self.trace(arrays)
        names = self.names().items()
        return {own: self.layout.given(own, q[f"d{name}"], arrays[own].shape) for own, name in names}


def recognise(subject: Subject, random: np.random.Generator) -> Table | None:
    """Return the table's network whose loss a function has, if there is one.

    The loss is compared at some points near the given one: three of its values fix c, μ and ν, the others decide.
    """
    arrays = subject.arrays
    points = [arrays, *(_moved(arrays, random) for _ in range(POINTS - 1))]
    try:
        losses = np.array([complex(subject.loss(point)).real for point in points])
    except Exception:  # a stranger's code may refuse other values in any way
        return None
    best = None
    for table in _tables(arrays, arrays_in(subject.args)):
        fitted = _fitted(table, points, losses)
        if fitted is not None and (best is None or fitted.off < best.off):
            best = fitted
            if best.off < EXACT:
                break
    return best


def _moved(arrays: Mapping[str, Array], random: np.random.Generator) -> dict[str, Array]:
    def step(array: Array) -> Array:
        return random.normal(0, 0.1 * np.sqrt(np.mean(array**2)) or 0.1, array.shape)

    return {name: array + step(array) for name, array in arrays.items()}


def _fitted(table: Table, points: list[dict[str, Array]], losses: Array) -> Table | None:
    rows = []
    Y = table.Y.astype(float)
    for point in points:
        parameters = table.layout.parameters(point)
        scores = table.network.scores(parameters, table.X)
        squares = [sum(float((p * p).sum()) for p in each) / 2 for each in parameters]
        rows.append([float(table.network.data_loss(scores, Y, table.s)), *squares])
    features, scale = np.array(rows), np.abs(losses).max()
    if not np.isfinite(features).all() or not np.isfinite(losses).all() or scale == 0:
        return None
    best = None
    for used in ([0], [0, 1], [0, 1, 2]):
        coefficients = np.zeros(3)
        coefficients[used] = np.linalg.lstsq(features[:, used], losses, rcond=None)[0]
        usual = [c for c in (1.0, float(len(table.X))) if abs(coefficients[0] - c) < 1e-3 * c]
        coefficients[0] = usual[0] if usual else coefficients[0]
        off = float(np.abs(features @ coefficients - losses).max() / scale)
        if coefficients[0] > 0 and off < (TOLERANCE if best is None else best.off):
            c, of_W, of_b = map(float, coefficients)
            best = replace(table, data=c, of_W=of_W, of_b=of_b, off=off)
            if off < EXACT:
                break
    return best


def _tables(arrays: dict[str, Array], args: dict[str, Array]) -> Iterator[Table]:
    """Yield every network that the shapes of parameters and arguments allow."""
    for layout in _layouts(arrays):
        for X_name, given in args.items():
            for is_columns, X in ((False, given), (True, given.T)):
                if X.ndim == 2 and X.shape[1] == layout.widths[0]:
                    rest = {name: array for name, array in args.items() if name != X_name}
                    yield from _with_targets(layout, X.astype(float), rest, is_columns)


def _with_targets(layout: Layout, X: Array, args: dict[str, Array], is_columns: bool) -> Iterator[Table]:
    m, K = len(X), layout.widths[-1]
    scalars = {float(array.item()) for array in args.values() if array.size == 1}
    slopes = dict.fromkeys((*SLOPES, *(s for s in scalars if 0 < s < 1)))
    hidden = [*((name, 0.01) for name in ACTIVATIONS), *(("leaky_relu", slope) for slope in slopes)]
    for name, given in args.items():
        for output, Y in _targets(given, m, K, is_columns):
            weights = [a.ravel() for other, a in args.items() if other != name and a.size == m > 1 and a.min() >= 0]
            s_of = [np.ones(m), *weights] if m else []
            for s, (activation, slope) in product(s_of, hidden if len(layout.widths) > 2 else hidden[:1]):
                if s.sum() > 0:
                    network = Network(layout.widths, activation, output, negative_slope=slope)
                    yield Table(network, layout, X, Y, s / s.sum(), is_columns)


def _targets(given: Array, m: int, K: int, is_columns: bool) -> Iterator[tuple[str, Array]]:
    """Yield the outputs and targets that an array can stand for: class numbers, or targets of either layout."""
    if given.size == m and K > 1 and np.isin(given, np.arange(K)).all():
        yield "softmax", (given.reshape(m, 1) == np.arange(K)).astype(float)
    turned = given.T if is_columns else given
    Y = given.reshape(m, 1) if K == 1 and given.size == m else turned
    if Y.shape == (m, K) and Y.min(initial=0) >= 0 and Y.max(initial=0) <= 1:
        if K > 1 and np.allclose(Y.sum(axis=1), 1):
            yield "softmax", Y.astype(float)
        yield "logistic", Y.astype(float)


def _layouts(arrays: dict[str, Array]) -> Iterator[Layout]:
    """Yield every chain of weights, with its biases, that the shapes allow; that of the given order first."""
    kinds = {name: _kinds(name, array) for name, array in arrays.items()}
    for chosen in product(*kinds.values()):
        W = [name for name, kind in zip(kinds, chosen, strict=True) if kind == "W"]
        b = [name for name, kind in zip(kinds, chosen, strict=True) if kind == "b"]
        if not W or len(W) > 6 or len(b) not in (0, len(W)):
            continue
        for order in permutations(sorted(W, key=_number)):
            for is_turned in (False, True):
                shapes = [arrays[name].shape[::-1] if is_turned else arrays[name].shape for name in order]
                if all(one[1] == other[0] for one, other in pairwise(shapes)):
                    widths = (shapes[0][0], *(shape[1] for shape in shapes))
                    yield from _with_biases(order, sorted(b, key=_number), is_turned, widths, arrays)


def _with_biases(
    W: tuple[str, ...], b: list[str], is_turned: bool, widths: tuple[int, ...], arrays: dict[str, Array]
) -> Iterator[Layout]:
    for order in permutations(b):
        if all(arrays[name].size == d for name, d in zip(order, widths[1:], strict=False)):
            yield Layout(W, order, is_turned, widths)


def _kinds(name: str, array: Array) -> str:
    """Return the letters of what an array can be, by its shape, and by its name where the shape leaves it open."""
    if array.ndim != 2:
        return "b" if array.ndim == 1 else ""
    if 1 not in array.shape:
        return "W"
    first = next((letter for letter in name.rpartition(".")[2].lower() if letter.isalpha()), "")
    return {"b": "b", "w": "W"}.get(first, "bW")


def _number(name: str) -> int:
    """Return the last number in a name, which orders the layers."""
    found: list[Any] = re.findall(r"\d+", name)
    return int(found[-1]) if found else 0
