"""What every fit shares: epochs, solvers, stopping, the record that is kept, and scikit-learn's callbacks."""

import sys
import warnings
from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult, minimize
from sklearn.callback import CallbackSupportMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from sklearn.utils.optimize import _check_optimize_result

from chainrule.activations import Array
from chainrule.callbacks import FitTasks
from chainrule.engines import engine_of
from chainrule.network import Network, Parameters, Samples
from chainrule.optimizers import SGD, Adam, Optimizer

__all__ = ["Training"]

# The status that SciPy's minimize gives when a callback raises StopIteration.
STOPPED_BY_CALLBACK = 99


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn of the line that called into this package, through whatever wraps its methods."""
    frame, level = sys._getframe(1), 2  # noqa: SLF001
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in {"chainrule", "sklearn", "numpy"}:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


class Training(CallbackSupportMixin):
    """The solvers over an estimator's hyperparameters and fitted attributes; `MLPClassifier` documents both."""

    solver: str
    batch_size: int | str
    learning_rate: str
    learning_rate_init: float
    power_t: float
    max_iter: int
    max_fun: int
    shuffle: bool
    tol: float
    verbose: bool | int
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    keep_best: bool
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: float
    engine: str
    n_jobs: int | None

    coefs_: list[Array]
    intercepts_: list[Array]
    n_iter_: int
    t_: int
    loss_: float
    loss_curve_: list[float]
    best_loss_: Any  # float, or None with early stopping
    validation_scores_: Any  # these three: a list, a list and a float, or None without validation rows
    validation_loss_curve_: Any
    best_validation_score_: Any
    _no_improvement_count: int
    _optimizer: Optimizer
    _random_state: np.random.RandomState
    _best: tuple[float, Parameters | None]  # while a fit lasts: the highest merit, and where it was

    @property
    def _parameters(self) -> Parameters:
        return Parameters(self.coefs_, self.intercepts_)

    @property
    def _stops_early(self) -> bool:
        return self.early_stopping and self.solver != "lbfgs"

    @property
    def _keeps_best(self) -> bool:
        return self.keep_best or self._stops_early

    @property
    def _threads(self) -> int:
        """Threads by scikit-learn's convention; threadpoolctl and joblib set the most that None may mean."""
        threads: int = _openmp_effective_n_threads(self.n_jobs)
        return threads

    def _clear_record(self) -> None:
        self.t_ = 0
        self.loss_curve_ = []
        self._no_improvement_count = 0
        self.best_loss_ = None if self._stops_early else np.inf
        self.validation_scores_ = self.validation_loss_curve_ = self.best_validation_score_ = None

    def _new_optimizer(self) -> Optimizer:
        rate = float(self.learning_rate_init)
        if self.solver == "sgd":
            return SGD.at_rest(self._parameters, rate, self.momentum, self.nesterovs_momentum)
        return Adam.at_rest(self._parameters, rate, self.beta_1, self.beta_2, self.epsilon)

    def _train(self, network: Network, samples: Samples, validation: Samples | None, tasks: FitTasks) -> None:
        """Run the solver to its end, and keep the best epoch where that was asked for."""
        self.n_iter_ = 0
        # Patience is per fit: a warm start that goes on after convergence begins with all of it.
        self._no_improvement_count = 0
        if validation is not None and self.validation_scores_ is None:
            self.validation_scores_, self.validation_loss_curve_ = [], []
            self.best_validation_score_ = -np.inf
        # Early stopping goes by the best score of all fits of a warm start, as in scikit-learn.
        merit = self.best_validation_score_ if self._stops_early else -np.inf
        self._best = merit, self._parameters.copy() if merit > -np.inf else None
        try:
            if self.solver == "lbfgs":
                self._minimize(network, samples, validation, tasks)
            else:
                self._optimizer = self._new_optimizer()
                if not self._descend(network, samples, validation, tasks, self.max_iter):
                    warn_user(
                        f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) "
                        "reached and the optimization hasn't converged yet.",
                        ConvergenceWarning,
                    )
            if self._best[1] is not None:
                self.coefs_, self.intercepts_ = self._best[1]
        finally:
            del self._best

    @np.errstate(over="ignore", invalid="ignore")  # divergence is looked for, and told, once an epoch
    def _descend(
        self,
        network: Network,
        samples: Samples,
        validation: Samples | None,
        tasks: FitTasks,
        epochs: int,
    ) -> bool:
        """Run stochastic epochs; return whether they came to an end of their own before the last."""
        m = len(samples.Y)
        order = np.arange(m)
        with engine_of(self.engine).descent(
            network, self._parameters, self._optimizer, samples, self._rows_a_step(m), self._threads
        ) as run_epoch:
            try:
                for _ in range(epochs):
                    tasks.begin_epoch()
                    if self.shuffle:
                        draw = np.arange(m)
                        self._random_state.shuffle(draw)
                        order = order[draw]  # what sklearn.utils.shuffle does, without its checks each epoch
                    loss = run_epoch(order)
                    self.t_ += m
                    self._record(loss, network, samples, validation)
                    self._scale_rate()
                    stop = tasks.end_epoch()
                    if stop or self._out_of_patience() or self._has_diverged():
                        return True
            except KeyboardInterrupt:
                warn_user("Training interrupted by user.")
                return True
        return False

    def _scale_rate(self) -> None:
        if self.learning_rate == "invscaling" and isinstance(self._optimizer, SGD):
            self._optimizer.learning_rate = float(self.learning_rate_init) / (self.t_ + 1) ** self.power_t

    def _has_diverged(self) -> bool:
        if self._parameters.all_finite():
            return False
        if (
            vars(self).get("_best", (0, None))[1] is not None
        ):  # otherwise there is nothing to go back to: the fit raises
            warn_user(
                f"Epoch {self.n_iter_} ended with non-finite weights; the best epoch's are kept. "
                "Scale the columns of X, or lower learning_rate_init.",
                ConvergenceWarning,
            )
        return True

    def _rows_a_step(self, m: int) -> int:
        if isinstance(self.batch_size, str):  # 'auto'
            return min(200, m)
        if self.batch_size > m:
            warn_user("Got `batch_size` less than 1 or larger than sample size. It is going to be clipped")
        return min(self.batch_size, m)

    def _record(self, loss: float, network: Network, samples: Samples, validation: Samples | None) -> None:
        """Note what an epoch left behind, and whether it was one without progress."""
        self.n_iter_ += 1
        self.loss_ = loss
        self.loss_curve_.append(loss)
        if self.verbose:
            print(f"Iteration {self.n_iter_}, loss = {loss:.8f}")
        if validation is not None:
            validation_loss, score = self._judge(network, validation)
            self.validation_loss_curve_.append(validation_loss)
            self.validation_scores_.append(score)
            if self.verbose:
                print(f"Validation score: {score:f}")
        # Comparisons and maxima are written so that NaN falls where it falls in scikit-learn.
        if self._stops_early:
            stale = score < self.best_validation_score_ + self.tol
        else:
            stale = loss > self.best_loss_ - self.tol
            self.best_loss_ = min(self.best_loss_, loss)
        self._no_improvement_count = self._no_improvement_count + 1 if stale else 0
        if validation is not None:
            self.best_validation_score_ = max(self.best_validation_score_, score)
        if self._keeps_best:
            merit = score if validation is not None else -self._objective(network, samples)
            if merit > self._best[0]:
                self._best = merit, self._parameters.copy()

    def _judge(self, network: Network, samples: Samples) -> tuple[float, float]:
        z = engine_of(self.engine).scores(network, self._parameters, samples.X, self._threads)
        return judge(network, z, samples)

    def _objective(self, network: Network, samples: Samples) -> float:
        """Return the loss of the weights as they are now, which is not that on the way to them."""
        data_loss, _ = self._judge(network, samples)
        return data_loss + float(network.penalty(self._parameters, samples.total_weight))

    def _out_of_patience(self) -> bool:
        """Return whether to stop for want of progress; an adaptive learning rate is lowered first."""
        if self._no_improvement_count <= self.n_iter_no_change:
            return False
        what = "Validation score" if self._stops_early else "Training loss"
        goes_on, verdict = False, "Stopping."
        if self.learning_rate == "adaptive" and isinstance(self._optimizer, SGD):
            goes_on = self._optimizer.learning_rate > 1e-6
            verdict = "Learning rate too small. Stopping."
            if goes_on:
                self._optimizer.learning_rate /= 5
                self._no_improvement_count = 0
                verdict = f"Setting learning rate to {self._optimizer.learning_rate:f}"
        if self.verbose:
            print(
                f"{what} did not improve more than tol={self.tol:f} "
                f"for {self.n_iter_no_change} consecutive epochs. {verdict}"
            )
        return not goes_on

    @np.errstate(over="ignore", invalid="ignore")
    def _minimize(self, network: Network, samples: Samples, validation: Samples | None, tasks: FitTasks) -> None:
        """Run L-BFGS over the whole batch, in float64 whatever the dtype of the samples."""
        dtype = samples.X.dtype
        wide = samples._replace(X=samples.X.astype(float, copy=False))
        engine, threads = engine_of(self.engine), self._threads
        sizes = [p.size for p in (*self.coefs_, *self.intercepts_)]
        shapes = [p.shape for p in (*self.coefs_, *self.intercepts_)]

        def pack(parameters: Parameters) -> Array:
            return np.concatenate([p.ravel() for p in (*parameters.W, *parameters.b)], dtype=float)

        def unpack(theta: Array) -> Parameters:
            parts = np.split(theta, np.cumsum(sizes)[:-1])
            arrays = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
            return Parameters(arrays[: network.depth], arrays[network.depth :])

        def objective(theta: Array) -> tuple[float, Array]:
            tasks.begin_epoch()
            loss, gradients = engine.loss_and_gradients(network, unpack(theta), wide, threads)
            return loss, pack(gradients)

        def iteration_ends(intermediate_result: OptimizeResult) -> None:
            self.coefs_, self.intercepts_ = unpack(intermediate_result.x.copy()).astype(dtype)
            self._record(float(intermediate_result.fun), network, samples, validation)
            if tasks.end_epoch():
                raise StopIteration

        try:
            result = minimize(
                objective,
                pack(self._parameters),
                method="L-BFGS-B",
                jac=True,
                callback=iteration_ends,
                options={"maxfun": self.max_fun, "maxiter": self.max_iter, "gtol": self.tol},
            )
        except KeyboardInterrupt:
            warn_user("Training interrupted by user.")
            return
        if result.status != STOPPED_BY_CALLBACK:
            self.n_iter_ = _check_optimize_result("lbfgs", result, self.max_iter)
        self.loss_ = result.fun
        self.coefs_, self.intercepts_ = unpack(result.x).astype(dtype)


def judge(network: Network, z: Array, samples: Samples) -> tuple[float, float]:
    """Judge the scores z^L of rows that the network was not fitted to.

    Returns
    -------
    loss : float
        L1, the data loss without the penalty.
    score : float
        Accuracy, weighted; of several labels a row, all have to be right. NaN where a score is not finite.
    """
    _, Y, w = samples
    s = np.full(len(Y), 1 / len(Y), z.dtype) if w is None else w / w.sum()
    loss = float(network.data_loss(z, Y, s))
    if not np.isfinite(z).all():
        return loss, np.nan
    right = z.argmax(axis=1) == Y.argmax(axis=1) if network.output == "softmax" else ((z > 0) == Y).all(axis=1)
    return loss, float(np.average(right, weights=w))
