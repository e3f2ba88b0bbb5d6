"""Measure the figures that the README states, and print them as its table.

Run with: make figures
"""

import json
import subprocess
import sys
import time
import warnings
from itertools import product
from pathlib import Path
from statistics import median

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.neural_network import MLPClassifier as Sklearn
from sklearn.preprocessing import scale

from chainrule import MLPClassifier, Network

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from oracles import complex_step_gradients, relative_error

CHAINRULE = Path(sys.executable).with_name("chainrule")


def held_out_accuracy():
    """Return the accuracy of `chainrule train digits`, and the epochs it took."""
    said = subprocess.run([CHAINRULE, "train", "digits", "--json"], capture_output=True, check=True)  # noqa: S603
    figures = json.loads(said.stdout)
    return f"{figures['accuracy']:.1%} after {figures['n_iter']} epochs"


def gradient_error():
    """Return the worst relative error of any gradient against complex-step derivatives."""
    worst = 0.0
    activations = ["identity", "logistic", "tanh", "relu", "leaky_relu"]
    for seed, (activation, hidden) in enumerate(product(activations, [[], [4], [4, 5], [4, 5, 3]])):
        network = Network([6, *hidden, 3], activation, alpha=0.7)
        random = np.random.RandomState(seed)
        parameters, X, y = network.init(random), random.standard_normal((7, 6)), random.randint(0, 3, 7)
        w = random.uniform(0.5, 2, 7)
        _, gradients = network.loss_and_gradients(parameters, X, y, w)
        worst = max(worst, relative_error(gradients, complex_step_gradients(network, parameters, X, y, w)))
    return f"{worst:.1e}"


def distance_from_sklearn():
    """Return the worst relative distance of any weight after 20 epochs in float64."""
    digits, cancer = load_digits(return_X_y=True), load_breast_cancer(return_X_y=True)
    data = [(digits[0] / 16, digits[1]), (scale(cancer[0]), cancer[1])]
    solvers = [{"solver": "adam"}, {"solver": "sgd"}, {"solver": "lbfgs"}]
    worst = 0.0
    for (X, y), solver, activation in product(data, solvers, ["identity", "logistic", "tanh", "relu"]):
        options = {
            "max_iter": 20,
            "random_state": 0,
            "hidden_layer_sizes": (20, 10),
            "activation": activation,
            **solver,
        }
        ours, theirs = MLPClassifier(**options).fit(X, y), Sklearn(**options).fit(X, y)
        for got, expected in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
            worst = max(worst, np.abs(got - expected).max() / np.abs(expected).max())
    return f"{worst:.1e}"


def help_time():
    """Return how long `chainrule --help` takes to answer."""
    times = []
    for _ in range(9):
        start = time.perf_counter()
        subprocess.run([CHAINRULE, "--help"], stdout=subprocess.DEVNULL, check=True)  # noqa: S603
        times.append(time.perf_counter() - start)
    return f"{median(times):.2f} s"


def main():
    warnings.simplefilter("ignore")
    rows = {
        "digits at the command line's defaults, held-out rows": held_out_accuracy(),
        "gradients against complex-step derivatives, worst relative error": gradient_error(),
        "weights beside scikit-learn's after 20 epochs, worst relative distance": distance_from_sklearn(),
        "`chainrule --help`, median of 9": help_time(),
    }
    print("| what | measured |\n|---|---|")
    for what, measured in rows.items():
        print(f"| {what} | {measured} |")


if __name__ == "__main__":
    main()
