"""The table of equations in NumPy: the specification that everything else answers to.

Rows are samples. X is (m, d_0), the widths are d_0 … d_L, d_L = K; a^0 = X; σ is the hidden activation; w are the
sample weights (all 1 unless given), M = Σ_i w_i their total (m unless given) and s = w / M, the one place where the
mean enters.

====  ==========================================================  =================
tag   equation                                                    shape
====  ==========================================================  =================
F1    z^l = a^(l-1) W^l + b^l                                     (m, d_l)
F2    a^l = σ(z^l), l < L                                         (m, d_l)
F3    ŷ = softmax(z^L), or logistic(z^L) elementwise              (m, K)
L1    data loss = Σ_i s_i (A(z^L_i) − Σ_k Y_ik z^L_ik)            ()
L2    penalty = λ/(2M) Σ_l ‖W^l‖², biases free                    ()
J1    ∂ŷ_k/∂z_i = ŷ_k (1[i=k] − ŷ_i), softmax                     (K, K) a sample
B1    dz^L = s ⊙ (ŷ − Y)                                          (m, K)
B2    dW^l = (a^(l-1))ᵀ dz^l + (λ/M) W^l                          (d_(l-1), d_l)
B3    db^l = 1ᵀ dz^l                                              (d_l,)
B4    da^(l-1) = dz^l (W^l)ᵀ                                      (m, d_(l-1))
B5    dz^(l-1) = da^(l-1) ⊙ σ'(z^(l-1))                           (m, d_(l-1))
====  ==========================================================  =================

A is the output's log-partition: logsumexp over the classes for softmax, Σ_k log(1 + e^(z_k)) for logistic units.
ŷ is its gradient in both cases, which is why B1 is one line. With one class a row, Y_i = 1[k = y_i], L1 is
logsumexp(z_i) − z_i[y_i]. dQ is ∂loss/∂Q and has Q's shape; loss = data loss + penalty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from scipy.sparse import issparse
from sklearn.utils import check_random_state

from chainrule.activations import OUTPUTS, Activation, Array, activation_of

__all__ = ["Network", "Parameters", "Samples", "softmax_jacobian"]


class Samples(NamedTuple):
    """Rows to learn from or to be judged on.

    Attributes
    ----------
    X : ndarray or CSR matrix of shape (m, d_0)
    Y : ndarray of bool of shape (m, K)
    w : ndarray of shape (m,), or None
        Sample weights; None for all alike.
    """

    X: Any
    Y: NDArray[np.bool_]
    w: Array | None = None

    def take(self, rows: NDArray[np.intp]) -> Self:
        """Return some of the rows."""
        return type(self)(self.X[rows], self.Y[rows], None if self.w is None else self.w[rows])

    @property
    def total_weight(self) -> float:
        """M = Σ_i w_i, in float64."""
        return float(len(self.Y) if self.w is None else self.w.sum(dtype=np.float64))


class Parameters(NamedTuple):
    """Weights and biases of all layers, or the gradients of a loss with respect to them.

    Attributes
    ----------
    W : list of ndarray
        W^1 … W^L; `W[l - 1]` has shape (d_(l-1), d_l).
    b : list of ndarray
        b^1 … b^L; `b[l - 1]` has shape (d_l,).
    """

    W: list[Array]
    b: list[Array]

    def copy(self) -> Self:
        """Return parameters of the same values that share no memory with these."""
        return type(self)([W.copy() for W in self.W], [b.copy() for b in self.b])

    def astype(self, dtype: DTypeLike) -> Self:
        """Return parameters of the same values in another dtype; arrays that have it already are shared."""
        W, b = ([p.astype(dtype, copy=False) for p in each] for each in self)
        return type(self)(W, b)

    def all_finite(self) -> bool:
        """Return whether no entry is NaN or infinite."""
        return all(bool(np.isfinite(p).all()) for p in (*self.W, *self.b))


@dataclass(frozen=True)
class Network:
    """The softmax network of any number of hidden layers: the table of this module, tag by tag.

    A network is what it computes, not what it has learned: it holds no parameters, so the same one serves
    real and complex ones, and a solver that moves them as it likes.

    Parameters
    ----------
    layer_sizes : sequence of int
        d_0 … d_L: inputs, hidden widths (none: softmax regression), outputs.
    activation : {'relu', 'leaky_relu', 'logistic', 'tanh', 'identity'}, default='relu'
        σ of the hidden layers.
    output : {'softmax', 'logistic'}, default='softmax'
        softmax for one of K classes; logistic for independent units: one for a binary target, K for K labels.
    alpha : float, default=0.0
        λ of the penalty, scikit-learn's ``alpha``.
    negative_slope : float, default=0.01
        α of leaky_relu.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import Network
    >>> network = Network([2, 3, 2], activation="tanh")
    >>> parameters = network.init(random_state=0)
    >>> q = network.trace(parameters, np.array([[0.5, -1.0]]), [1])
    >>> q["dW2"].shape
    (3, 2)
    """

    layer_sizes: Sequence[int]
    activation: str = "relu"
    output: str = "softmax"
    alpha: float = 0.0
    negative_slope: float = 0.01

    def __post_init__(self) -> None:
        """Refuse what is no network."""
        if len(self.layer_sizes) < 2 or min(self.layer_sizes) < 1:
            raise ValueError(f"layer_sizes: expected two or more positive widths; got {list(self.layer_sizes)}")
        if self.output not in OUTPUTS:
            raise ValueError(f"output: expected one of {', '.join(OUTPUTS)}; got {self.output!r}")
        if not 0 <= self.alpha < np.inf:
            raise ValueError(f"alpha: expected a number from 0 on; got {self.alpha}")
        activation_of(self.activation)

    @property
    def depth(self) -> int:
        """L, the number of layers that have weights."""
        return len(self.layer_sizes) - 1

    @cached_property
    def sigma(self) -> Activation:
        """σ and σ' of the hidden layers."""
        return activation_of(self.activation, float(self.negative_slope))

    def init(
        self, random_state: int | np.random.RandomState | None = None, dtype: DTypeLike = np.float64
    ) -> Parameters:
        """Draw initial parameters: uniform on ±√(6/(d_(l-1) + d_l)), ±√(2/(d_(l-1) + d_l)) for logistic.

        Parameters
        ----------
        random_state : int, RandomState or None
            Where the draws come from; layer by layer, W^l before b^l.
        dtype : dtype, default=float64
            Of the parameters. The draws are the same for all.

        Returns
        -------
        parameters : Parameters
            Of this network's shapes.

        References
        ----------
        Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
        """
        random = check_random_state(random_state)
        numerator = 2.0 if self.activation == "logistic" else 6.0
        W, b = [], []
        for d_in, d_out in pairwise(self.layer_sizes):
            bound = np.sqrt(numerator / (d_in + d_out))
            W.append(random.uniform(-bound, bound, (d_in, d_out)).astype(dtype))
            b.append(random.uniform(-bound, bound, d_out).astype(dtype))
        return Parameters(W, b)

    def forward(self, parameters: Parameters, X: Any) -> dict[str, Any]:
        """Compute F1–F3.

        Parameters
        ----------
        parameters : Parameters
            Real or complex.
        X : ndarray or sparse matrix of shape (m, d_0)
            The samples.

        Returns
        -------
        dict
            ``z1 a1 … zL y_hat`` by name, in the order of their making.
        """
        X = X if issparse(X) else np.asarray(X)
        self._check_shapes(parameters, X)
        q: dict[str, Any] = {}
        a = X
        for l, (W, b) in enumerate(zip(*parameters, strict=True), start=1):
            z = q[f"z{l}"] = a @ W + b  # F1 (m, d_l)
            if l < self.depth:
                a = q[f"a{l}"] = self.sigma.value(z)  # F2 (m, d_l)
        q["y_hat"] = OUTPUTS[self.output].y_hat(z)  # F3 (m, K)
        return q

    def scores(self, parameters: Parameters, X: Any) -> Array:
        """Return z^L, of shape (m, K): what ŷ, the loss and every decision come from."""
        z: Array = self.forward(parameters, X)[f"z{self.depth}"]
        return z

    def data_loss(self, scores: Array, Y: Array, s: Array) -> Any:
        """Return L1 of given scores.

        Parameters
        ----------
        scores : ndarray of shape (m, K)
            z^L.
        Y : ndarray of shape (m, K)
            Targets, 0 or 1.
        s : ndarray of shape (m,)
            Sample weights that sum to 1.
        """
        loss: Any = s @ OUTPUTS[self.output].loss(scores, Y)  # L1
        return loss

    def penalty(self, parameters: Parameters, M: float) -> Any:
        """Return L2 for samples of total weight M."""
        penalty: Any = float(self.alpha) / (2 * M) * sum((W * W).sum() for W in parameters.W)  # L2
        return penalty

    def trace(
        self, parameters: Parameters, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> dict[str, Any]:
        """Compute every quantity and every gradient of the table.

        Parameters
        ----------
        parameters : Parameters
            Real, or complex for a complex-step derivative of the loss.
        X : ndarray or sparse matrix of shape (m, d_0)
            The samples.
        y : array-like of shape (m,) or (m, K)
            Class indices 0 … K − 1 (for one logistic unit 0 or 1), or the targets Y themselves.
        sample_weight : array-like of shape (m,), optional
            w, not negative, not all zero.

        Returns
        -------
        dict
            ``z1 a1 … zL y_hat data_loss penalty loss dzL dWL dbL da(L-1) dz(L-1) … dW1 db1``, in the order of
            their making, in the dtype of X and the parameters.
        """
        X = X if issparse(X) else np.asarray(X)
        q = self.forward(parameters, X)
        L, W, dtype = self.depth, parameters.W, parameters.W[0].real.dtype
        Y = self._targets(y, X.shape[0]).astype(dtype)
        w = _weights(sample_weight, X.shape[0], dtype)
        M = w.sum()
        s = w / M

        q["data_loss"] = self.data_loss(q[f"z{L}"], Y, s)
        q["penalty"] = self.penalty(parameters, M)
        q["loss"] = q["data_loss"] + q["penalty"]

        for l in range(L, 0, -1):
            if l == L:
                q[f"dz{l}"] = s[:, np.newaxis] * (q["y_hat"] - Y)  # B1 (m, K)
            else:
                q[f"da{l}"] = q[f"dz{l + 1}"] @ W[l].T  # B4 (m, d_l); W[l] is W^(l+1)
                q[f"dz{l}"] = q[f"da{l}"] * self.sigma.derivative(q[f"z{l}"], q[f"a{l}"])  # B5 (m, d_l)
            a = q[f"a{l - 1}"] if l > 1 else X
            q[f"dW{l}"] = a.T @ q[f"dz{l}"] + float(self.alpha) / M * W[l - 1]  # B2 (d_(l-1), d_l)
            q[f"db{l}"] = q[f"dz{l}"].sum(axis=0)  # B3 (d_l,)
        return q

    def loss_and_gradients(
        self, parameters: Parameters, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> tuple[float, Parameters]:
        """Return the loss and its gradients with respect to the parameters; see `trace` for the arguments."""
        q = self.trace(parameters, X, y, sample_weight)
        layers = range(1, self.depth + 1)
        return q["loss"], Parameters([q[f"dW{l}"] for l in layers], [q[f"db{l}"] for l in layers])

    def _check_shapes(self, parameters: Parameters, X: Any) -> None:
        if not len(parameters.W) == len(parameters.b) == self.depth:
            got = f"{len(parameters.W)} W and {len(parameters.b)} b"
            raise ValueError(f"parameters: expected {self.depth} W and as many b, got {got}")
        if X.ndim != 2 or X.shape[1] != self.layer_sizes[0]:
            raise ValueError(f"X: expected shape (m, {self.layer_sizes[0]}), got {X.shape}")
        for l, (d_in, d_out) in enumerate(pairwise(self.layer_sizes), start=1):
            W, b = parameters.W[l - 1], parameters.b[l - 1]
            for name, shape, expected in ((f"W{l}", W.shape, (d_in, d_out)), (f"b{l}", b.shape, (d_out,))):
                if shape != expected:
                    raise ValueError(f"{name}: expected shape {expected}, got {shape}")

    def _targets(self, y: ArrayLike, m: int) -> NDArray[Any]:
        """Return Y of shape (m, K) from class indices, or from itself."""
        Y, K = np.asarray(y), self.layer_sizes[-1]
        if Y.shape not in ((m,), (m, K)):
            raise ValueError(
                f"y: expected class indices of shape ({m},) or targets of shape ({m}, {K}); got shape {Y.shape}"
            )
        if Y.dtype == bool and Y.ndim == 2:  # as the estimator makes them, so that there is nothing to check
            return Y
        if Y.ndim == 1:
            last = max(K - 1, 1)
            others = Y[~np.isin(Y, np.arange(last + 1))]
            if others.size:
                raise ValueError(f"y: expected class indices 0 to {last}; got {others[0]}")
            return Y[:, np.newaxis] if K == 1 else Y[:, np.newaxis] == np.arange(K)
        if not ((Y >= 0) & (Y <= 1)).all() or (self.output == "softmax" and not np.allclose(Y.sum(axis=1), 1)):
            of_rows = ", rows that sum to 1" if self.output == "softmax" else ""
            raise ValueError(f"y: expected targets from 0 to 1{of_rows}; got rows such as {Y[0].tolist()}")
        return Y


def _weights(sample_weight: ArrayLike | None, m: int, dtype: DTypeLike) -> Array:
    """Return w of shape (m,)."""
    if sample_weight is None:
        return np.ones(m, dtype)
    w = np.asarray(sample_weight, dtype)
    if w.shape != (m,) or not w.min(initial=0) >= 0 or not 0 < w.sum() < np.inf:
        raise ValueError(f"sample_weight: expected {m} finite weights, none negative, not all 0; got {sample_weight!r}")
    return w


def softmax_jacobian(y_hat: ArrayLike) -> Array:
    """Return ∂ŷ/∂z of the softmax: J_ki = ∂ŷ_k/∂z_i = ŷ_k (1[i=k] − ŷ_i).

    Parameters
    ----------
    y_hat : array-like of shape (K,) or (m, K)
        Probabilities of one sample, or of a batch.

    Returns
    -------
    ndarray of shape (K, K) or (m, K, K)
        Symmetric; each row sums to 0.
    """
    y = np.asarray(y_hat) * 1.0
    if y.ndim not in (1, 2):
        raise ValueError(f"y_hat: expected shape (K,) or (m, K), got {y.shape}")
    jacobian: Array = y[..., :, np.newaxis] * (np.eye(y.shape[-1], dtype=y.dtype) - y[..., np.newaxis, :])  # J1
    return jacobian
