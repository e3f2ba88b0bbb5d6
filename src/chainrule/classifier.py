"""scikit-learn's face of the network: parameters, validation, labels; the mathematics is elsewhere."""

from collections.abc import Callable
from dataclasses import replace
from math import ceil, isfinite
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target, unique_labels
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from chainrule.activations import OUTPUTS, Array
from chainrule.callbacks import FitTasks
from chainrule.engines import engine_of
from chainrule.network import Network, Parameters, Samples
from chainrule.training import Training, warn_user

__all__ = ["MLPClassifier"]


# Rows that are answered for on one thread.
FEW = 64


def _is_stochastic(classifier: "MLPClassifier") -> bool:
    if classifier.solver == "lbfgs":
        raise AttributeError("partial_fit is only available for stochastic optimizers. lbfgs is not stochastic.")
    return True


def _as_csr(X: Any) -> Any:
    """Return a sparse X by rows, which is how batches are taken, and a dense one as it is."""
    return X.tocsr() if issparse(X) else X


def _as_column(y: Any) -> Any:
    return column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y


def _as_weights(sample_weight: Any, X: Any, name: str) -> Array | None:
    """Return weights of the rows of X, in its dtype; None if there are none."""
    if sample_weight is None:
        return None
    w: Array = _check_sample_weight(sample_weight, X, dtype=X.dtype)
    if w.min() < 0:
        raise ValueError(f"{name}: expected no negative weight; got {w.min()} in row {w.argmin()}")
    return w


class MLPClassifier(ClassifierMixin, Training, BaseEstimator):
    """Softmax network of any depth: a drop-in for `sklearn.neural_network.MLPClassifier`.

    It minimises the loss of `chainrule.network` (tags L1 + L2): the mean cross-entropy of the scores plus
    ``alpha / (2 m) Σ_l ‖W^l‖²``. Parameters, defaults, draws and shuffles are scikit-learn's, so that the same
    `random_state` gives the same numbers to rounding; `docs/scikit-learn.md` has a row for each place where it
    errs and this class does not. Everything after ``max_fun`` is new here, and off by default.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int, default=(100,)
        d_1 … d_(L-1). ``()`` is softmax regression.
    activation : {'identity', 'logistic', 'tanh', 'relu', 'leaky_relu'}, default='relu'
        σ of the hidden layers; leaky_relu is z for z > 0 and ``negative_slope * z`` otherwise.
    solver : {'lbfgs', 'sgd', 'adam'}, default='adam'
        'sgd' and 'adam' go by mini-batches; 'lbfgs' sees all rows at once, and suits small data.
    alpha : float, default=0.0001
        λ, the strength of the L2 penalty. It is divided by the number of rows of the batch (or their weight).
    batch_size : int or 'auto', default='auto'
        Rows a step; 'auto' is ``min(200, n_samples)``. Not for 'lbfgs'.
    learning_rate : {'constant', 'invscaling', 'adaptive'}, default='constant'
        For 'sgd': constant; ``learning_rate_init / (t_ + 1) ** power_t`` after each epoch; or divided by 5 whenever
        patience runs out, until it is below 1e-6.
    learning_rate_init : float, default=0.001
        η at the start, for 'sgd' and 'adam'.
    power_t : float, default=0.5
        Exponent of 'invscaling'.
    max_iter : int, default=200
        Epochs at most; iterations for 'lbfgs'.
    shuffle : bool, default=True
        Whether each epoch takes the rows in a new order.
    random_state : int, RandomState instance or None, default=None
        For the first weights, the split of early stopping, and the order of the rows.
    tol : float, default=1e-4
        Progress smaller than this is none; for 'lbfgs' the largest gradient entry at which it stops.
    verbose : bool or int, default=False
        Whether to print a line each epoch.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights of the last fit.
    momentum : float in [0, 1], default=0.9
        μ of 'sgd'.
    nesterovs_momentum : bool, default=True
        Whether 'sgd' looks ahead along its velocity.
    early_stopping : bool, default=False
        Whether to set validation rows aside (stratified, unless a row has several labels), stop when their score no
        longer rises by `tol` within `n_iter_no_change` epochs, and keep the best epoch's weights. Not for 'lbfgs'.
        With `X_val` in `fit` those rows are used and none are set aside.
    validation_fraction : float in [0, 1), default=0.1
        The share of rows that early stopping sets aside.
    beta_1, beta_2 : float in [0, 1), default=0.9, 0.999
        Decay of the moments of 'adam'.
    epsilon : float, default=1e-8
        ε of 'adam'.
    n_iter_no_change : int or inf, default=10
        Patience: how many epochs without progress in a row are borne.
    max_fun : int, default=15000
        Evaluations of the loss at most, for 'lbfgs'.
    class_weight : dict, 'balanced' or None, default=None
        Weight of each class, times `sample_weight`, for training and validation rows alike; 'balanced' is
        ``n_samples / (n_classes * count)``. A class that a dict does not name weighs 1.
    negative_slope : float, default=0.01
        α of leaky_relu, not negative.
    out_activation : {'auto', 'softmax'}, default='auto'
        'auto' gives one logistic unit for two classes, as scikit-learn does; 'softmax' gives them two units.
    keep_best : bool, default=False
        Whether to end with the weights of the best epoch without setting rows aside: of the highest validation score
        where `fit` was given `X_val`, of the lowest training loss otherwise.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
    loss_ : float
        Loss of the last epoch: the mean over its batches, each before its own step, weighted where the rows are.
    best_loss_ : float or None
        The lowest such loss; None with early stopping.
    loss_curve_ : list of float
        `loss_` after each epoch (here for 'lbfgs' too).
    validation_scores_ : list of float or None
        Accuracy on the validation rows after each epoch; None where there are none.
    validation_loss_curve_ : list of float or None
        Data loss (without the penalty) on the validation rows after each epoch.
    best_validation_score_ : float or None
        The highest of `validation_scores_`.
    t_ : int
        Training rows seen.
    coefs_, intercepts_ : list of ndarray
        W^1 … W^L of shapes (d_(l-1), d_l), and b^1 … b^L; in the dtype of the X they were fitted to.
    n_features_in_, feature_names_in_ : int, ndarray of str
        Columns of X, and their names if it was a data frame.
    n_iter_ : int
        Epochs of the last fit.
    n_layers_, n_outputs_ : int
        L + 1, and K.
    out_activation_ : {'softmax', 'logistic'}
        What stands on the scores.

    See Also
    --------
    chainrule.Network : The same network with every quantity and gradient by name.

    Notes
    -----
    `set_callbacks` takes scikit-learn's callbacks (`sklearn.callback`): each epoch is a task, and a callback may stop
    the fit. There is no dropout: its masks would stand in F2 and B5, and the table would no longer be what runs.

    Examples
    --------
    >>> from chainrule import MLPClassifier
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier(solver="lbfgs", alpha=1.0, max_iter=1000, random_state=0).fit(X, y)
    >>> round(model.score(X, y), 2)
    0.99
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions({"identity", "logistic", "tanh", "relu", "leaky_relu"})],
        "solver": [StrOptions({"lbfgs", "sgd", "adam"})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
        "max_fun": [Interval(Integral, 1, None, closed="left")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "negative_slope": [Interval(Real, 0, None, closed="left")],
        "out_activation": [StrOptions({"auto", "softmax"})],
        "keep_best": ["boolean"],
        "engine": [StrOptions({"compiled", "reference"})],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        class_weight: dict[Any, float] | str | None = None,
        negative_slope: float = 0.01,
        out_activation: str = "auto",
        keep_best: bool = False,
        engine: str = "compiled",
        n_jobs: int | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.class_weight = class_weight
        self.negative_slope = negative_slope
        self.out_activation = out_activation
        self.keep_best = keep_best
        self.engine = engine
        self.n_jobs = n_jobs

    # ---------------------------------------------------------------- learning

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Fit the network to X and y.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            float32 and float64 are kept, anything else becomes float64.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, or an indicator matrix of several labels a row.
        sample_weight : array-like of shape (n_samples,), optional
            Not negative, not all zero.
        X_val, y_val : optional
            Validation rows of one's own, as X and y. They are judged after each epoch (`validation_scores_`,
            `validation_loss_curve_`); with `early_stopping` they take the place of the split.
        sample_weight_val : array-like, optional
            Weights of the validation rows.

        Returns
        -------
        self : MLPClassifier

        Raises
        ------
        ValueError
            If the input is unusable, or the weights diverge.
        """
        new = not (self.warm_start and hasattr(self, "coefs_"))
        samples, class_weights = self._check_samples(X, y, sample_weight, new=new, fixed_classes=False)
        network = self._prepare(samples, new=new)
        validation = self._check_validation(X_val, y_val, sample_weight_val, class_weights)
        if self._stops_early and validation is None:
            samples, validation = self._split(samples)

        tasks = FitTasks(self, X, y, sample_weight, self.max_iter)
        self._train(network, samples, validation, tasks)
        self._check_finite()
        tasks.end()
        return self

    @available_if(_is_stochastic)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Go through the given rows once.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes : array-like of shape (n_classes,), optional
            All classes that will ever come; required at the first call.

        Returns
        -------
        self : MLPClassifier

        Raises
        ------
        ValueError
            If the input is unusable, holds a class that was not announced, or the weights diverge; with
            `early_stopping`, `keep_best` or ``class_weight='balanced'``, which need all rows at once.
        """
        if _check_partial_fit_first_call(self, classes):
            labels = y if type_of_target(y).startswith("multilabel") else classes
            self._label_binarizer = LabelBinarizer().fit(labels)
        for option in ("early_stopping", "keep_best"):
            if getattr(self, option):
                raise ValueError(f"partial_fit does not support {option}=True")
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all rows at once, and partial_fit sees a part: "
                "pass the weights of the classes as a dict"
            )
        new = not hasattr(self, "coefs_")
        samples, _ = self._check_samples(X, y, sample_weight, new=new, fixed_classes=True)
        network = self._prepare(samples, new=new)
        if not hasattr(self, "_optimizer"):
            self._optimizer = self._new_optimizer()

        tasks = FitTasks(self, X, y, sample_weight, 1)
        self.n_iter_ = 0
        self._descend(network, samples, None, tasks, epochs=1)
        self._check_finite()
        tasks.end()
        return self

    # --------------------------------------------------------------- answering

    def decision_function(self, X: Any) -> Array:
        """Return the scores z^L, before the output activation.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            For two classes the log-odds of ``classes_[1]``, whatever the output; otherwise a column a class or label.
        """
        z = self._scores(X)
        if self._is_binary:
            return z[:, 0] if z.shape[1] == 1 else z[:, 1] - z[:, 0]
        return z

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the class of the highest score; of several labels a row, each whose score is positive.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        z = self.decision_function(X)
        labels: NDArray[Any] = self._label_binarizer.inverse_transform(z, threshold=0)
        return labels

    def predict_proba(self, X: Any) -> Array:
        """Return ŷ.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of `classes_`; rows sum to 1, but for several labels a row, each of which has its own
            probability.
        """
        z = self._scores_of_classes(X)
        return OUTPUTS[self.out_activation_].y_hat(z)

    def predictor(self) -> Callable[[Any], Array]:
        """Return `predict_proba` as a function for many calls with few rows each: the fast path.

        It holds a copy of the weights as they are now, runs on one thread, and checks shape and dtype only.

        Returns
        -------
        callable
            From an array, or CSR matrix, of shape (n_samples, n_features) in the dtype of `coefs_` to probabilities
            of shape (n_samples, n_classes).
        """
        check_is_fitted(self)
        network, (W, b) = self._network(), self._parameters
        if self._is_binary and network.output == "logistic":  # one logistic unit z is a softmax of 0 and z
            network = replace(network, layer_sizes=[*network.layer_sizes[:-1], 2], output="softmax")
            W = [*W[:-1], np.hstack([np.zeros_like(W[-1]), W[-1]])]
            b = [*b[:-1], np.hstack([np.zeros_like(b[-1]), b[-1]])]
        return engine_of(self.engine).predictor(network, Parameters(W, b))

    def predict_log_proba(self, X: Any) -> Array:
        """Return log ŷ, from the scores: finite wherever they are.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        z = self._scores_of_classes(X)
        return OUTPUTS[self.out_activation_].log_y_hat(z)

    def _scores(self, X: Any) -> Array:
        X = self._check_rows(X)
        threads = self._threads if X.shape[0] >= FEW else 1  # even to count them would take longer than few rows do
        return engine_of(self.engine).scores(self._network(), self._parameters, X, threads)

    def _check_rows(self, X: Any) -> Any:
        """Validate rows to answer for. The general checks take longer than the answer for a single row does."""
        fitted = vars(self)
        if type(X) is np.ndarray and "coefs_" in fitted and "feature_names_in_" not in fitted:
            W = self.coefs_[0]
            if X.dtype == W.dtype and X.ndim == 2 and X.shape[1] == len(W) and len(X) and isfinite(X.sum()):
                return X
        check_is_fitted(self)
        return _as_csr(validate_data(self, X, accept_sparse=["csr", "csc"], dtype=self.coefs_[0].dtype, reset=False))

    def _scores_of_classes(self, X: Any) -> Array:
        z = self._scores(X)
        # One logistic unit is two classes: 1 − ŷ(z) is ŷ(−z), without the cancellation.
        return np.hstack([-z, z]) if z.shape[1] == 1 else z

    # ---------------------------------------------------------------- checking

    @property
    def _is_multilabel(self) -> bool:
        is_multilabel: bool = self._label_binarizer.y_type_.startswith("multilabel")
        return is_multilabel

    @property
    def _is_binary(self) -> bool:
        is_binary: bool = self._label_binarizer.y_type_ == "binary"
        return is_binary

    def _check_samples(
        self, X: Any, y: Any, sample_weight: Any, *, new: bool, fixed_classes: bool
    ) -> tuple[Samples, Array | None]:
        """Validate training rows, and learn the classes from them unless they are known.

        Returns
        -------
        samples : Samples
        class_weights : ndarray of shape (n_classes,), or None
            They are in the weights of the samples already.
        """
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32) if new else self.coefs_[0].dtype,
            reset=new,
        )
        y = _as_column(y)
        if fixed_classes:
            self._check_classes(y, "y")
        elif new:
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        elif set(classes := unique_labels(y)) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same "
                "classes as in the previous call to fit. Previously "
                f"got {self.classes_}, `y` has {classes}"
            )
        w = _as_weights(sample_weight, X, "sample_weight")
        class_weights = self._class_weights(y, w)
        return self._to_samples(X, y, w, class_weights, "sample_weight"), class_weights

    def _check_validation(
        self, X_val: Any, y_val: Any, sample_weight_val: Any, class_weights: Array | None
    ) -> Samples | None:
        if X_val is None and y_val is None and sample_weight_val is None:
            return None
        if X_val is None or y_val is None:
            missing = "X_val" if X_val is None else "y_val"
            raise ValueError(f"Validation data needs both X_val and y_val; {missing} was not provided.")
        X_val, y_val = validate_data(
            self,
            X_val,
            y_val,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=self.coefs_[0].dtype,
            reset=False,
        )
        y_val = _as_column(y_val)
        self._check_classes(y_val, "y_val")
        w = _as_weights(sample_weight_val, X_val, "sample_weight_val")
        return self._to_samples(X_val, y_val, w, class_weights, "sample_weight_val")

    def _check_classes(self, y: Any, name: str) -> None:
        if (y.ndim == 2) != self._is_multilabel:
            expected, got = ("several labels", "one class") if self._is_multilabel else ("one class", "several labels")
            raise ValueError(f"`{name}`: expected {expected} a row as in the first rows that were seen, got {got}")
        classes = unique_labels(y)
        if len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`{name}` has classes not in `self.classes_`. "
                f"`self.classes_` has {self.classes_}. '{name}' has {classes}."
            )

    def _class_weights(self, y: Any, w: Array | None) -> Array | None:
        """Return the weight of each class, or None for all alike."""
        if self.class_weight is None:
            return None
        if self._is_multilabel:
            raise ValueError("class_weight expects one class a row; y has several labels a row")
        with np.errstate(divide="ignore"):  # 'balanced' over a class whose rows weigh nothing
            weights: Array = compute_class_weight(self.class_weight, classes=self.classes_, y=y, sample_weight=w)
        if self.class_weight != "balanced" and not (np.isfinite(weights) & (weights >= 0)).all():
            raise ValueError(f"class_weight: expected finite weights, none negative; got {self.class_weight}")
        return weights

    def _to_samples(self, X: Any, y: Any, w: Array | None, class_weights: Array | None, name: str) -> Samples:
        """Return validated rows as the network takes them: CSR if sparse, Y of bool, class weights in w."""
        X, Y = _as_csr(X), self._targets(y)
        if class_weights is not None:
            of_rows = class_weights[Y[:, 0].astype(int) if Y.shape[1] == 1 else Y.argmax(axis=1)].astype(X.dtype)
            # A row without weight keeps none, though 'balanced' may weigh its class infinitely.
            w = of_rows if w is None else np.multiply(of_rows, w, out=np.zeros_like(w), where=w > 0)
        if w is not None and not 0 < w.sum(dtype=float) < np.inf:
            raise ValueError(
                f"{name} times class_weight: expected weights of a finite sum above 0; got {w.sum(dtype=float)}"
            )
        return Samples(X, Y, w)

    def _targets(self, y: Any) -> NDArray[np.bool_]:
        """Return Y: a column a class or label, or a single one for two classes on a logistic unit."""
        if self._is_multilabel:
            if self.out_activation == "softmax":
                raise ValueError("out_activation='softmax' expects one class a row; y has several labels a row")
            indicators: NDArray[np.bool_] = self._label_binarizer.transform(y).astype(bool)
            return indicators
        k = np.searchsorted(self.classes_, y)
        if self._is_binary and self.out_activation == "auto":
            return k[:, np.newaxis] == 1
        Y = np.zeros((len(k), max(len(self.classes_), 2)), dtype=bool)
        Y[np.arange(len(k)), k] = True
        return Y

    # --------------------------------------------------------------- preparing

    def _network(self) -> Network:
        """Return the network that is fitted: its sizes are those of the weights."""
        sizes = [len(self.coefs_[0]), *(W.shape[1] for W in self.coefs_)]
        return Network(sizes, self.activation, self.out_activation_, self.alpha, self.negative_slope)

    def _prepare(self, samples: Samples, *, new: bool) -> Network:
        """Return the network to train; a new one gets its first weights and an empty record."""
        hidden = np.atleast_1d(self.hidden_layer_sizes).tolist()
        if any(width <= 0 for width in hidden):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {hidden}.")
        self._random_state = check_random_state(self.random_state)
        sizes = [self.n_features_in_, *map(int, hidden), samples.Y.shape[1]]
        if not new:
            return self._resume(sizes)
        self.n_outputs_, self.n_layers_ = sizes[-1], len(sizes)
        is_softmax = self.out_activation == "softmax" or self._label_binarizer.y_type_ == "multiclass"
        self.out_activation_ = "softmax" if is_softmax else "logistic"
        network = Network(sizes, self.activation, self.out_activation_, self.alpha, self.negative_slope)
        self.coefs_, self.intercepts_ = network.init(self._random_state, samples.X.dtype)
        self._clear_record()
        return network

    def _resume(self, sizes: list[int]) -> Network:
        """Return the network as it was fitted before, its weights ready to be moved in place."""
        network = self._network()
        if network.layer_sizes != sizes:
            raise ValueError(
                f"the parameters ask for layers of {sizes} units, the network fitted before has {network.layer_sizes}: "
                "set warm_start=False, or clone the estimator, to begin anew"
            )
        writable = [[np.require(p, requirements=["C", "W"]) for p in each] for each in self._parameters]
        self.coefs_, self.intercepts_ = writable
        if self._stops_early or self.best_loss_ is None:
            self.best_loss_ = None if self._stops_early else np.inf
        return network

    def _split(self, samples: Samples) -> tuple[Samples, Samples]:
        """Set validation rows aside, as many of each class as its share."""
        X, Y, w = samples
        parts = train_test_split(
            *((X, Y) if w is None else samples),
            random_state=self._random_state,
            test_size=self.validation_fraction,
            stratify=self._strata(Y),
        )
        train, validation = Samples(*parts[::2]), Samples(*parts[1::2])
        if len(validation.Y) < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )
        for part, name in ((train, "left to train on"), (validation, "set aside")):
            if part.total_weight == 0:
                raise ValueError(
                    f"Sample weights must contain at least one non-zero number; in the rows {name} there is none"
                )
        return train, validation

    def _strata(self, Y: NDArray[np.bool_]) -> NDArray[Any] | None:
        """Return what to stratify the split of early stopping by, or None."""
        if self._is_multilabel:
            return None
        if Y.shape[1] == 1:
            return Y[:, 0].astype(str)  # the words that scikit-learn's errors use here
        counts = Y.sum(axis=0)
        held_out = ceil(self.validation_fraction * len(Y))
        if counts.min() < 2 or min(held_out, len(Y) - held_out) < len(counts):
            warn_user(
                f"early_stopping sets {held_out} of {len(Y)} rows aside, too few of some class for a share of each: "
                "the split is not stratified"
            )
            return None
        return Y.argmax(axis=1)

    def _check_finite(self) -> None:
        if not self._parameters.all_finite():
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may"
                " contain large values and need to be preprocessed."
                f" Epoch {self.n_iter_} ended with loss {self.loss_:g}:"
                " scale the columns of X, or lower learning_rate_init."
            )

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn's tools may expect of this estimator."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.multi_label = self.out_activation == "auto" and self.class_weight is None
        return tags
