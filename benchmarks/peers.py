"""What is measured: the same training, prediction, fit and multiplication, by each of the libraries.

Everything here is made and called in a process of its own; see `workers`. Libraries are imported where they are used,
so that no process has more of them than its own.
"""

import math
import warnings
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from time import perf_counter
from typing import Any, ClassVar

import numpy as np
from sklearn.utils import shuffle

from chainrule import Network
from chainrule.engines import engine_of
from chainrule.network import Parameters, Samples
from chainrule.optimizers import Adam

ALPHA, RATE, BETA_1, BETA_2, EPSILON = 1e-4, 1e-3, 0.9, 0.999, 1e-8
ORDERS = 16  # different orders of the rows, used in turn


@dataclass(frozen=True)
class Task:
    """A network to train: the data, the first weights and the order of the rows follow, the same for everybody."""

    sizes: tuple[int, ...]
    batch_size: int
    dtype: str = "float32"
    steps: int = 50

    def __str__(self) -> str:
        """Return the layers and the batch."""
        return f"{'-'.join(map(str, self.sizes))}; {self.batch_size}"

    @property
    def rows(self) -> int:
        """Return the samples; every batch is full."""
        return self.steps * self.batch_size

    @property
    def network(self) -> Network:
        """Return the network in chainrule's terms."""
        return Network(list(self.sizes), "relu", "softmax", alpha=ALPHA)

    @cached_property
    def data(self) -> tuple[Any, Any]:
        """Return X and the classes y: what a random linear map says of random rows."""
        random = np.random.default_rng(0)
        d, K = self.sizes[0], self.sizes[-1]
        X = random.standard_normal((self.rows, d), dtype=np.float32)
        y = (X @ random.standard_normal((d, K), dtype=np.float32)).argmax(axis=1)
        y[:K] = np.arange(K)
        return X.astype(self.dtype), y

    @cached_property
    def start(self) -> tuple[Parameters, list[Any]]:
        """Return the first weights and the orders of the epochs, drawn as scikit-learn draws them from seed 0."""
        random = np.random.RandomState(0)
        parameters = self.network.init(random, self.dtype)
        orders = [np.arange(self.rows)]
        for _ in range(ORDERS):
            orders.append(shuffle(orders[-1], random_state=random))
        return parameters, orders[1:]

    @property
    def flops(self) -> int:
        """Return the arithmetic of a step: F1 and B2 in every layer, B4 in all but the first."""
        products = [d_in * d_out for d_in, d_out in pairwise(self.sizes)]
        return 2 * self.batch_size * (2 * sum(products) + sum(products[1:]))

    def loss(self, parameters: Parameters) -> float:
        """Return the loss over all rows, by the reference in float64."""
        X, y = self.data
        loss, _ = self.network.loss_and_gradients(parameters.astype(np.float64), X.astype(np.float64), y)
        return float(loss)


def quietly(call: Any, *arguments: Any) -> Any:
    """Call without scikit-learn's warning that the epochs are over."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call(*arguments)


def as_batches(task: Task, order: Any) -> Any:
    return order.reshape(task.steps, task.batch_size)


# --------------------------------------------------------------------------- training


class Trainer:
    """One library at one task. Subclasses say what an epoch is."""

    def __init__(self, task: Task, threads: int) -> None:
        """Get everything ready but the first epoch."""
        self.task, self.threads, self.epochs_done = task, threads, 0
        self.X, self.y = task.data
        self.parameters, self.orders = task.start
        self._prepare()

    def _prepare(self) -> None:
        raise NotImplementedError

    def _epoch(self, order: Any) -> None:
        raise NotImplementedError

    def run(self, epochs: int) -> float:
        """Train on for some epochs; return the seconds."""
        orders = [self.orders[(self.epochs_done + i) % ORDERS] for i in range(epochs)]
        start = perf_counter()
        for order in orders:
            self._epoch(order)
        seconds = perf_counter() - start
        self.epochs_done += epochs
        return seconds

    def weights(self) -> Parameters:
        """Return where the training has come to."""
        return self.parameters

    def microseconds_a_step(self, seconds: float) -> float:
        """Time whole epochs for about so long, after one to warm up."""
        epochs = max(1, round(seconds / self.run(1)))
        return 1e6 * self.run(epochs) / (epochs * self.task.steps)


class ChainruleTrainer(Trainer):
    """An engine of chainrule, an epoch a call."""

    engine = "compiled"

    def _prepare(self) -> None:
        Y = self.y[:, np.newaxis] == np.arange(self.task.sizes[-1])
        self.parameters = self.parameters.copy()
        adam = Adam.at_rest(self.parameters, RATE, BETA_1, BETA_2, EPSILON)
        descent = engine_of(self.engine).descent(
            self.task.network, self.parameters, adam, Samples(self.X, Y), self.task.batch_size, self.threads
        )
        self._stack = ExitStack()  # held until the process ends
        self._epoch = self._stack.enter_context(descent)


class ReferenceTrainer(ChainruleTrainer):
    """The same in NumPy."""

    engine = "reference"


class Points:
    """Several tasks in one process."""

    def __init__(self, trainer: type[Trainer], tasks: list[Task], threads: int) -> None:
        """Get all of them ready."""
        self.trainers = [trainer(task, threads) for task in tasks]

    def microseconds_a_step(self, point: int, seconds: float) -> float:
        """See Trainer."""
        return self.trainers[point].microseconds_a_step(seconds)


class SklearnTrainer(Trainer):
    """scikit-learn's MLPClassifier: a fit of so many epochs, its input checks turned off where that is possible."""

    def _prepare(self) -> None:
        from sklearn.neural_network import MLPClassifier

        self.model = MLPClassifier(
            self.task.sizes[1:-1],
            batch_size=self.task.batch_size,
            alpha=ALPHA,
            learning_rate_init=RATE,
            beta_1=BETA_1,
            beta_2=BETA_2,
            epsilon=EPSILON,
            tol=0.0,
            n_iter_no_change=np.inf,
            random_state=0,
        )

    def run(self, epochs: int) -> float:
        """Fit anew: the first epochs over again, and a few per cent at most for what a fit does besides."""
        from sklearn import config_context

        self.model.set_params(max_iter=epochs)
        with config_context(assume_finite=True, skip_parameter_validation=True):
            start = perf_counter()
            quietly(self.model.fit, self.X, self.y)
            return perf_counter() - start

    def weights(self) -> Parameters:
        """See Trainer."""
        return Parameters(self.model.coefs_, self.model.intercepts_)


class TorchTrainer(Trainer):
    """PyTorch as it is used: modules, autograd and the fused Adam."""

    def _prepare(self) -> None:
        import torch

        torch.set_num_threads(self.threads)
        self.torch = torch
        self.X, self.y = torch.from_numpy(self.X), torch.from_numpy(self.y)
        self.orders = [torch.from_numpy(order) for order in self.orders]
        self.linear = []
        modules = []
        for W, b in zip(*self.parameters, strict=True):
            layer = torch.nn.Linear(*W.shape)
            with torch.no_grad():
                layer.weight.copy_(torch.from_numpy(W.T.copy()))
                layer.bias.copy_(torch.from_numpy(b))
            self.linear.append(layer)
            modules += [layer, torch.nn.ReLU()]
        self.model = torch.nn.Sequential(*modules[:-1])
        # An L2 penalty's gradient is what torch.optim.Adam calls weight_decay.
        weights = {"params": [layer.weight for layer in self.linear], "weight_decay": ALPHA / self.task.batch_size}
        biases = {"params": [layer.bias for layer in self.linear]}
        self.adam = torch.optim.Adam([weights, biases], lr=RATE, betas=(BETA_1, BETA_2), fused=True)
        self.t = 0

    def _epoch(self, order: Any) -> None:
        losses = []
        for rows in as_batches(self.task, order):
            self.t += 1
            for group in self.adam.param_groups:  # scikit-learn adds ε before the bias correction, PyTorch after it
                group["eps"] = EPSILON / math.sqrt(1 - BETA_2**self.t)
            self.adam.zero_grad()
            loss = self.torch.nn.functional.cross_entropy(self.model(self.X[rows]), self.y[rows])
            loss.backward()
            self.adam.step()
            losses.append(loss.detach())
        self.loss = self.torch.stack(losses).mean().item()

    def weights(self) -> Parameters:
        """See Trainer."""
        arrays = [(layer.weight.detach().numpy().T, layer.bias.detach().numpy()) for layer in self.linear]
        return Parameters(*map(list, zip(*arrays, strict=True)))


class CompiledTorchTrainer(Trainer):
    """torch.compile over the whole step, gather to update, in one graph.

    Compiling the loss and the optimiser apart, the usual recipe, took twice as long and more.
    """

    def _prepare(self) -> None:
        import torch

        torch.set_num_threads(self.threads)
        self.torch = torch
        self.X, self.y = torch.from_numpy(self.X), torch.from_numpy(self.y)
        self.orders = [torch.from_numpy(order) for order in self.orders]
        self.P = [torch.from_numpy(p.copy()) for p in (*self.parameters.W, *self.parameters.b)]
        self.m = [torch.zeros_like(p) for p in self.P]
        self.v = [torch.zeros_like(p) for p in self.P]
        self.t = 0
        L, decay = len(self.task.sizes) - 1, ALPHA / self.task.batch_size

        def loss_of(P: Any, X: Any, y: Any) -> Any:
            a = X
            for l in range(L):
                z = torch.addmm(P[L + l], a, P[l])
                a = torch.relu(z)
            return torch.nn.functional.cross_entropy(z, y)

        def step(P: Any, m: Any, v: Any, X: Any, y: Any, rows: Any, rate: Any) -> Any:
            gradients, loss = torch.func.grad_and_value(loss_of)(P, X[rows], y[rows])
            for i in range(2 * L):
                g = gradients[i] + decay * P[i] if i < L else gradients[i]
                m[i].mul_(BETA_1).add_(g, alpha=1 - BETA_1)
                v[i].mul_(BETA_2).addcmul_(g, g, value=1 - BETA_2)
                P[i].sub_(rate * m[i] / (v[i].sqrt() + EPSILON))
            return loss

        torch._dynamo.reset()
        self.step = torch.compile(step, fullgraph=True, dynamic=False)

    def _epoch(self, order: Any) -> None:
        losses = []
        for rows in as_batches(self.task, order):
            self.t += 1
            rate = self.torch.tensor(RATE * math.sqrt(1 - BETA_2**self.t) / (1 - BETA_1**self.t))
            losses.append(self.step(self.P, self.m, self.v, self.X, self.y, rows, rate))
        self.loss = self.torch.stack(losses).mean().item()

    def weights(self) -> Parameters:
        """See Trainer."""
        L = len(self.P) // 2
        return Parameters([p.numpy() for p in self.P[:L]], [p.numpy() for p in self.P[L:]])


class JaxTrainer(Trainer):
    """JAX with one jitted scan over the batches of an epoch."""

    def _prepare(self) -> None:
        import jax
        import jax.numpy as jnp

        self.X, self.y = jnp.asarray(self.X), jnp.asarray(self.y)
        self.orders = [jnp.asarray(as_batches(self.task, order)) for order in self.orders]
        decay = ALPHA / self.task.batch_size

        def loss_of(parameters: Any, X: Any, y: Any) -> Any:
            a = X
            for W, b in parameters:
                z = a @ W + b
                a = jax.nn.relu(z)
            return -jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], axis=1).mean()

        def step(state: Any, rows: Any) -> Any:
            P, m, v, t = state
            loss, g = jax.value_and_grad(loss_of)(P, self.X[rows], self.y[rows])
            g = [(dW + decay * W, db) for (dW, db), (W, _) in zip(g, P, strict=True)]
            t = t + 1
            m = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, m, g)
            v = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, v, g)
            rate = RATE * jnp.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
            P = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + EPSILON), P, m, v)
            return (P, m, v, t), loss

        P = [(jnp.array(W), jnp.array(b)) for W, b in zip(*self.parameters, strict=True)]
        zeros = jax.tree.map(jnp.zeros_like, P)
        self.state = (P, zeros, jax.tree.map(jnp.copy, zeros), jnp.float32(0))
        self.scan = jax.jit(lambda state, order: jax.lax.scan(step, state, order), donate_argnums=0)

    def _epoch(self, order: Any) -> None:
        self.state, losses = self.scan(self.state, order)
        self.loss = float(losses.mean())

    def weights(self) -> Parameters:
        """See Trainer."""
        arrays = [(np.asarray(W), np.asarray(b)) for W, b in self.state[0]]
        return Parameters(*map(list, zip(*arrays, strict=True)))


# --------------------------------------------------------------------------- the machine's limit


class Multiply:
    """The library's multiplication of large square matrices."""

    SIZES: ClassVar = (1024, 2048)

    def __init__(self, threads: int) -> None:
        """Get the matrices ready."""
        random = np.random.default_rng(0)
        self.pairs = {
            (dtype, n): tuple(self._array(random.standard_normal((n, n)).astype(dtype), threads) for _ in range(3))
            for dtype in ("float32", "float64")
            for n in self.SIZES
        }

    def gflops(self, dtype: str) -> float:
        """Return the rate of the better size."""
        return max(self._rate(dtype, n) for n in self.SIZES)

    def _rate(self, dtype: str, n: int) -> float:
        A, B, C = self.pairs[dtype, n]
        best = math.inf
        for _ in range(3 * 2048 // n):
            start = perf_counter()
            self._multiply(A, B, C)
            best = min(best, perf_counter() - start)
        return 2e-9 * n**3 / best


class NumpyMultiply(Multiply):
    """OpenBLAS, through NumPy."""

    @staticmethod
    def _array(values: Any, threads: int) -> Any:  # noqa: ARG004 - the environment says it
        return values

    @staticmethod
    def _multiply(A: Any, B: Any, C: Any) -> None:
        np.matmul(A, B, out=C)


class TorchMultiply(Multiply):
    """MKL, through PyTorch."""

    @staticmethod
    def _array(values: Any, threads: int) -> Any:
        import torch

        torch.set_num_threads(threads)
        return torch.from_numpy(values)

    @staticmethod
    def _multiply(A: Any, B: Any, C: Any) -> None:
        import torch

        torch.mm(A, B, out=C)


# --------------------------------------------------------------------------- prediction


class Predictor:
    """One library with the weights of a task: probabilities of rows, or scores where it says so."""

    def __init__(self, task: Task, threads: int, engine: str) -> None:
        """Load the weights."""
        self.task, self.threads, self.engine = task, threads, engine
        self.X = np.resize(task.data[0], (10_000, task.sizes[0]))
        self.parameters = task.start[0]
        self._prepare()

    def _prepare(self) -> None:
        raise NotImplementedError

    def _answer(self, X: Any) -> Any:
        raise NotImplementedError

    def microseconds_a_call(self, rows: int, seconds: float) -> float:
        """Time calls on so many rows for about so long, after some to warm up."""
        X = self.X[:rows].copy()
        start = perf_counter()
        for _ in range(3):
            self._answer(X)
        calls = max(3, round(3 * seconds / (perf_counter() - start)))
        start = perf_counter()
        for _ in range(calls):
            self._answer(X)
        return 1e6 * (perf_counter() - start) / calls

    def probabilities(self, rows: int) -> Any:
        """Return ŷ of the first rows."""
        return np.asarray(self._answer(self.X[:rows]))


class SklearnPredictor(Predictor):
    """predict_proba of scikit-learn's estimator."""

    def _model(self) -> Any:
        from sklearn.neural_network import MLPClassifier

        return MLPClassifier(self.task.sizes[1:-1], max_iter=1, random_state=0)

    def _prepare(self) -> None:
        model = self._model()
        quietly(model.fit, self.X[:1000], np.arange(1000) % self.task.sizes[-1])
        model.coefs_, model.intercepts_ = self.parameters.copy()
        self._answer = model.predict_proba


class ChainrulePredictor(SklearnPredictor):
    """predict_proba of chainrule's estimator."""

    def _model(self) -> Any:
        from chainrule import MLPClassifier

        return MLPClassifier(self.task.sizes[1:-1], max_iter=1, random_state=0, engine=self.engine, n_jobs=self.threads)


class FastPredictor(Predictor):
    """What predictor() of chainrule's estimator returns."""

    def _prepare(self) -> None:
        self._answer = engine_of(self.engine).predictor(self.task.network, self.parameters)


class OnnxPredictor(Predictor):
    """onnxruntime with the network as a graph of Gemm, Relu and Softmax."""

    def _prepare(self) -> None:
        import onnxruntime
        from onnx import TensorProto, helper, numpy_helper

        nodes, constants, a = [], [], "X"
        L = len(self.task.sizes) - 1
        for l, (W, b) in enumerate(zip(*self.parameters, strict=True), start=1):
            constants += [numpy_helper.from_array(W, f"W{l}"), numpy_helper.from_array(b, f"b{l}")]
            nodes.append(helper.make_node("Gemm", [a, f"W{l}", f"b{l}"], [f"z{l}"]))
            a = f"a{l}" if l < L else "y_hat"
            nodes.append(helper.make_node(*(("Relu", [f"z{l}"], [a]) if l < L else ("Softmax", [f"z{l}"], [a]))))
        X = helper.make_tensor_value_info("X", TensorProto.FLOAT, ["m", self.task.sizes[0]])
        y_hat = helper.make_tensor_value_info("y_hat", TensorProto.FLOAT, ["m", self.task.sizes[-1]])
        graph = helper.make_graph(nodes, "network", [X], [y_hat], constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
        self._answer = lambda X: session.run(None, {"X": X})[0]


# --------------------------------------------------------------------------- a whole fit


class Fit:
    """An estimator's fit, as its user calls it."""

    def __init__(self, library: str, threads: int, engine: str) -> None:
        """Choose the estimator."""
        if library == "chainrule":
            from chainrule import MLPClassifier

            self.options = {"engine": engine, "n_jobs": threads}
        else:
            from sklearn.neural_network import MLPClassifier

            self.options = {}
        self.new = MLPClassifier

    def digits(self, dtype: str) -> tuple[float, float]:
        """Return the seconds of 100 epochs on the digits with 100 hidden units, and the last loss."""
        from sklearn.datasets import load_digits

        X, y = load_digits(return_X_y=True)
        X = (X / 16).astype(dtype)
        model = self.new((100,), max_iter=100, tol=0.0, n_iter_no_change=1000, random_state=0, **self.options)
        start = perf_counter()
        quietly(model.fit, X, y)
        seconds = perf_counter() - start
        assert model.n_iter_ == 100
        return seconds, float(model.loss_)

    def growth(self, sizes: tuple[int, ...], rows: int) -> tuple[int, int, int]:
        """Return by how many bytes a fit on float32 rows raises the peak, the bytes of X, and of the parameters."""
        X = np.random.default_rng(0).standard_normal((rows, sizes[0]), dtype=np.float32)
        y = np.arange(rows) % sizes[-1]
        model = self.new(sizes[1:-1], batch_size=128, max_iter=1, random_state=0, **self.options)
        before = peak_from_now()
        quietly(model.fit, X, y)
        after = _status("VmHWM")
        return after - before, X.nbytes, sum(p.nbytes for p in (*model.coefs_, *model.intercepts_))


def peak_from_now() -> int:
    """Forget the peak of resident memory so far; return what is resident."""
    with open("/proc/self/clear_refs", "w") as file:  # noqa: PTH123 - no file to have a path's manners
        file.write("5")
    return _status("VmRSS")


def _status(name: str) -> int:
    with open("/proc/self/status") as file:  # noqa: PTH123
        line = next(line for line in file if line.startswith(name))
    return 1024 * int(line.split()[1])
