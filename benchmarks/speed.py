"""Measure chainrule beside scikit-learn, PyTorch, torch.compile, JAX, onnxruntime and the machine's own limit.

Run with: make bench

Each library works in a process of its own, pinned to as many cores as it gets threads, on the same data, first weights
and order of rows. Answers are compared before anything is timed. Then all take turns, round by round; a figure is the
median over the rounds, a ratio the median of the ratios within a round, with its smallest and largest.
"""

import argparse
import json
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, strftime
from typing import Any

import numpy as np

import peers
import report
from peers import Task
from workers import Worker, busy, cores, machine

HERE = Path(__file__).parent

SHAPES = [
    Task((784, 100, 10), 200),
    Task((784, 512, 10), 128),
    Task((384, 256, 20), 256),
    Task((64, 32, 10), 32, steps=200),
    Task((4, 10, 3), 16, steps=200),
    Task((784, 256, 128, 10), 128),
    Task((100, 1000, 50), 64),
]
TRAINERS = {
    "scikit-learn": peers.SklearnTrainer,
    "PyTorch": peers.TorchTrainer,
    "torch.compile": peers.CompiledTorchTrainer,
    "JAX": peers.JaxTrainer,
}
ENGINES = {"compiled": peers.ChainruleTrainer, "reference": peers.ReferenceTrainer}
MULTIPLIERS = {"OpenBLAS": peers.NumpyMultiply, "MKL": peers.TorchMultiply}
PREDICTORS = {
    "chainrule": peers.ChainrulePredictor,
    "chainrule, predictor()": peers.FastPredictor,
    "scikit-learn": peers.SklearnPredictor,
    "onnxruntime": peers.OnnxPredictor,
}
EPOCHS_TO_COMPARE = 3
TOLERANCE = {"float32": 1e-3, "float64": 1e-6}  # relative, of the loss; of probabilities absolute
LINES = {  # what varies, and the tasks on its line
    "rows of a batch": [Task((784, 100, 10), m, steps=20) for m in (64, 100, 150, 200, 256, 300, 400, 500)],
    "inputs": [Task((d, 100, 10), 200, steps=20) for d in (100, 200, 300, 400, 500, 600, 784, 1000)],
    "hidden units": [Task((784, h, 10), 200, steps=20) for h in (50, 100, 150, 200, 256, 300, 400, 500)],
}


def in_turns(measures: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Measure everybody once, then everybody again, and so on."""
    figures: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            figures[name].append(measure())
    return figures


def spread(values: Any) -> dict[str, float]:
    return {"median": median(values), "low": min(values), "high": max(values)}


def ratios(above: list[float], below: list[float]) -> dict[str, float]:
    return spread([a / b for a, b in zip(above, below, strict=True)])


def agree(answers: dict[str, Any], tolerance: float, what: str) -> None:
    """Refuse to go on where answers differ."""
    expected = next(iter(answers.values()))
    for name, answer in answers.items():
        error = np.max(np.abs(np.subtract(answer, expected)))
        if not error <= tolerance:
            raise SystemExit(f"{what}: {name} is off by {error:.1e} from {next(iter(answers))}; at most {tolerance:g}")


class Suite:
    """The sections, and what they share."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Take the command line's options."""
        self.engine = options.engine
        self.rounds = 3 if options.quick else options.rounds
        self.seconds = 0.03 if options.quick else 0.15  # of a turn
        self.threads = options.threads
        self.missing: dict[str, str] = {}

    def make(self, worker: Worker, name: str, *arguments: Any) -> bool:
        """Make a peer's object; a peer that is not installed is noted and left out."""
        try:
            worker.make(*arguments)
        except ImportError as error:
            if name.startswith("chainrule"):
                raise
            self.missing[name] = str(error)
            return False
        return True

    # ----------------------------------------------------------------- training

    def training(self) -> list[dict[str, Any]]:
        """Time a training step of every shape, and the machine's limit in the same rounds."""
        results = []
        for threads in self.threads:
            with ExitStack() as stack:
                trainers = {"chainrule": ENGINES[self.engine], **TRAINERS, "chainrule float64": ENGINES[self.engine]}
                workers = {name: stack.enter_context(Worker(threads)) for name in trainers}
                limits = {}
                for name, factory in MULTIPLIERS.items():
                    worker = stack.enter_context(Worker(threads))
                    if self.make(worker, name, factory, threads):
                        limits[name] = worker
                results += [self._shape(shape, threads, trainers, workers, limits) for shape in SHAPES]
        return results

    def _shape(self, shape: Task, threads: int, trainers: Any, workers: Any, limits: Any) -> dict[str, Any]:
        double = Task(shape.sizes, shape.batch_size, "float64", shape.steps)
        losses = {}
        for name, trainer in trainers.items():
            task = double if name.endswith("float64") else shape
            if name not in self.missing and self.make(workers[name], name, trainer, task, threads):
                workers[name].call("run", EPOCHS_TO_COMPARE)
                losses[name] = task.loss(workers[name].call("weights"))
        first = shape.loss(shape.start[0])
        agree({name: np.log(loss) for name, loss in losses.items()}, TOLERANCE["float32"], f"{shape}, log loss")
        assert losses["chainrule"] < 0.95 * first, f"{shape}: the loss went from {first} to {losses['chainrule']} only"

        measures = {name: partial(workers[name].call, "microseconds_a_step", self.seconds) for name in losses}
        for dtype in ("float32", "float64"):
            for name, worker in limits.items():
                measures[f"{name} {dtype}"] = partial(worker.call, "gflops", dtype)
        figures = in_turns(measures, self.rounds)

        fastest = min((name for name in losses if name in TRAINERS), key=lambda name: median(figures[name]))
        ours = figures["chainrule"]
        peaks = {dtype: max(max(figures[f"{name} {dtype}"]) for name in limits) for dtype in ("float32", "float64")}
        limit = {dtype: shape.flops / peak * 1e-3 for dtype, peak in peaks.items()}
        result = {
            "shape": str(shape),
            "threads": threads,
            "losses": losses,
            "microseconds": {name: spread(figures[name]) for name in losses},
            "fastest_peer": fastest,
            "times_fastest_peer": ratios(figures[fastest], ours),
            "times_peer": {name: ratios(figures[name], ours) for name in losses if name in TRAINERS},
            "times_float64": ratios(figures["chainrule float64"], ours),
            "flops": shape.flops,
            "peak_gflops": peaks,
            "limit_microseconds": limit,
            "of_the_limit": spread([limit["float32"] / t for t in ours]),
            "of_the_limit_float64": spread([limit["float64"] / t for t in figures["chainrule float64"]]),
        }
        report.progress(f"{shape}, threads {threads}: {median(ours):.3g} µs, {report.times(result)} {fastest}")
        return result

    # --------------------------------------------------------------- prediction

    def prediction(self) -> list[dict[str, Any]]:
        """Time predict_proba of one row and of many."""
        task, results = SHAPES[0], []
        for threads in self.threads:
            with ExitStack() as stack:
                workers = {}
                for name, factory in PREDICTORS.items():
                    worker = stack.enter_context(Worker(threads))
                    if self.make(worker, name, factory, task, threads, self.engine):
                        workers[name] = worker
                for rows in (1, 10_000):
                    answers = {name: worker.call("probabilities", rows) for name, worker in workers.items()}
                    agree(answers, 1e-5, f"probabilities of {rows} rows")
                    measures = {
                        name: partial(worker.call, "microseconds_a_call", rows, self.seconds)
                        for name, worker in workers.items()
                    }
                    figures = in_turns(measures, self.rounds)
                    result = {
                        "network": "-".join(map(str, task.sizes)),
                        "rows": rows,
                        "threads": threads,
                        "microseconds": {name: spread(values) for name, values in figures.items()},
                        "times_sklearn": ratios(figures["scikit-learn"], figures["chainrule"]),
                    }
                    results.append(result)
                    report.progress(f"prediction of {rows} rows, threads {threads}")
        return results

    # -------------------------------------------------------------- a whole fit

    def fit(self) -> list[dict[str, Any]]:
        """Time 100 epochs on the digits through both estimators, input checks and all."""
        results = []
        for threads in self.threads:
            with Worker(threads) as ours, Worker(threads) as theirs:
                ours.make(peers.Fit, "chainrule", threads, self.engine)
                theirs.make(peers.Fit, "scikit-learn", threads, self.engine)
                workers = {"chainrule": ours, "scikit-learn": theirs}
                for dtype in ("float64", "float32"):
                    losses = {name: worker.call("digits", dtype)[1] for name, worker in workers.items()}
                    # A hundred epochs add up what one rounds away.
                    tolerance = {"float64": 1e-6, "float32": 1e-2}[dtype]
                    agree({name: np.log(loss) for name, loss in losses.items()}, tolerance, f"digits {dtype}, log loss")
                    measures = {
                        name: lambda worker=worker, dtype=dtype: worker.call("digits", dtype)[0]
                        for name, worker in workers.items()
                    }
                    figures = in_turns(measures, self.rounds)
                    result = {
                        "dtype": dtype,
                        "threads": threads,
                        "losses": losses,
                        "seconds": {name: spread(values) for name, values in figures.items()},
                        "times_sklearn": ratios(figures["scikit-learn"], figures["chainrule"]),
                    }
                    results.append(result)
                    report.progress(f"fit of the digits in {dtype}, threads {threads}")
        return results

    def memory(self) -> list[dict[str, Any]]:
        """See by how much a fit on float32 rows raises the peak of memory, in fresh processes."""
        results = []
        for sizes, rows in [((784, 100, 10), 60_032), ((784, 512, 10), 60_032), ((100, 4000, 50), 10_240)]:
            for library in ("chainrule", "scikit-learn"):
                with Worker(self.threads[-1]) as worker:
                    worker.make(peers.Fit, library, self.threads[-1], self.engine)
                    growth, data, parameters = worker.call("growth", sizes, rows)
                results.append(
                    {
                        "library": library,
                        "network": "-".join(map(str, sizes)),
                        "rows": rows,
                        "data_bytes": data,
                        "parameter_bytes": parameters,
                        "growth_bytes": growth,
                        "allowed_bytes": 6 * parameters + 2**25,
                    }
                )
            report.progress(f"memory of {results[-1]['network']}")
        return results

    # ------------------------------------------------- how the cost grows, and waits

    def linearity(self) -> list[dict[str, Any]]:
        """Time a step along lines of growing size, and see how far it is from a straight line."""
        results = []
        for threads in self.threads:
            for what, tasks in LINES.items():
                with Worker(threads) as worker:
                    worker.make(peers.Points, ENGINES[self.engine], tasks, threads)
                    measures = {
                        str(i): partial(worker.call, "microseconds_a_step", i, self.seconds / 2)
                        for i in range(len(tasks))
                    }
                    figures = in_turns(measures, self.rounds)
                times = np.array([median(values) for values in figures.values()])
                sizes = np.array([self._size(what, task) for task in tasks])
                line, deviations = straight_line(sizes, times)
                result = {
                    "varies": what,
                    "threads": threads,
                    "shapes": [str(task) for task in tasks],
                    "sizes": sizes.tolist(),
                    "microseconds": times.tolist(),
                    "line": line.tolist(),
                    "deviations": deviations.tolist(),
                    "worst_deviation": float(np.abs(deviations).max()),
                }
                results.append(result)
                report.progress(f"linearity in {what}, threads {threads}")
        return results

    @staticmethod
    def _size(what: str, task: Task) -> int:
        return {"rows of a batch": task.batch_size, "inputs": task.sizes[0], "hidden units": task.sizes[1]}[what]

    def barrier(self) -> list[dict[str, Any]]:
        """Time an epoch of two threads on two cores that are free, half taken, and both taken by other processes."""
        pair, results = cores()[-2:], []
        if len(pair) < 2:
            return results
        for task in (SHAPES[0], SHAPES[2], SHAPES[3]):
            with Worker(2) as worker:
                worker.make(ENGINES[self.engine], task, 2)
                figures: dict[str, list[float]] = {"none taken": [], "one taken": [], "all taken": []}
                for _ in range(self.rounds):
                    for name, taken in zip(figures, ([], pair[:1], pair), strict=True):
                        with busy(taken):
                            step = worker.call("microseconds_a_step", 2 * self.seconds)
                        figures[name].append(step * task.steps)
            result = {
                "shape": str(task),
                "microseconds_an_epoch": {name: spread(values) for name, values in figures.items()},
                "all_to_one_taken": ratios(figures["all taken"], figures["one taken"]),
                "all_to_none_taken": ratios(figures["all taken"], figures["none taken"]),
            }
            results.append(result)
            report.progress(f"barrier at {task}")
        return results


def straight_line(x: Any, t: Any) -> tuple[Any, Any]:
    """Fit t = a + b x by least squares of the relative deviations; return (a, b), and the deviations."""
    columns = np.stack([np.ones_like(x), x], axis=1)
    line, *_ = np.linalg.lstsq(columns / t[:, np.newaxis], np.ones_like(t), rcond=None)
    return line, t / (columns @ line) - 1


SECTIONS = ["training", "prediction", "fit", "memory", "linearity", "barrier"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="sections to run")
    parser.add_argument("--quick", action="store_true", help="three short rounds: to see that it runs")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each library (default: 7)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="thread counts (default: 1 2)")
    parser.add_argument("--engine", choices=ENGINES, default="compiled", help="chainrule's engine")
    parser.add_argument("--json", type=Path, help="default: benchmarks/results.json, if the run is a whole one")
    parser.add_argument("--chart", type=Path, help="default: docs/speed.png, if the run is a whole one")
    options = parser.parse_args()
    options.threads = [threads for threads in options.threads if threads <= len(cores())]
    whole = options.only == SECTIONS and not options.quick and options.engine == "compiled"

    start = perf_counter()
    suite = Suite(options)
    results: dict[str, Any] = {"date": strftime("%Y-%m-%d"), "machine": machine(), "engine": options.engine}
    results["rounds"] = suite.rounds
    if options.engine == "compiled":
        from chainrule.engines import compiled

        results["machine"]["kernels"] = compiled.isa()
    for section in options.only:
        results[section] = getattr(suite, section)()
        report.progress(f"{perf_counter() - start:.0f} s: {section} done")
    results["missing"] = suite.missing
    results["seconds"] = perf_counter() - start

    report.show(results)
    if path := options.json or (HERE / "results.json" if whole else None):
        path.write_text(json.dumps(results, indent=1) + "\n")
    if "training" in results and (path := options.chart or (HERE.parent / "docs" / "speed.png" if whole else None)):
        report.chart(results, path)


if __name__ == "__main__":
    main()
