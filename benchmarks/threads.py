"""Measure where a second thread begins to pay: the rule in `useful_threads` of cpp/engine.cpp.

Run with: python benchmarks/threads.py, on a machine with nothing else to do.
"""

import time
from itertools import pairwise

import numpy as np

from chainrule import Network, _core

SHAPES = [
    ([4, 10, 3], 16),
    ([16, 32, 10], 32),
    ([64, 32, 10], 32),
    ([64, 32, 10], 200),
    ([64, 100, 10], 100),
    ([64, 100, 10], 200),
    ([64, 200, 10], 200),
    ([784, 100, 10], 200),
]
STEPS, ROUNDS = 20, 60


def best_times(sizes, batch):
    """Return the best µs a step on one thread and on two, taken in turn."""
    random = np.random.RandomState(0)
    n = STEPS * batch
    X = random.standard_normal((n, sizes[0])).astype(np.float32)
    Y = random.randint(0, sizes[-1], n)[:, np.newaxis] == np.arange(sizes[-1])
    engines = [_core.EngineFloat32(sizes, batch_size=batch, threads=t, all_threads=True) for t in (1, 2)]
    for engine in engines:
        engine.set_parameters(*Network(sizes).init(0, np.float32))
    best = [np.inf, np.inf]
    for _ in range(ROUNDS):
        for i, engine in enumerate(engines):
            start = time.perf_counter()
            engine.epoch(X, Y)
            best[i] = min(best[i], (time.perf_counter() - start) / STEPS * 1e6)
    return best


def main():
    print("| layers; batch | multiplications of F1 | one thread | two threads |\n|---|---|---|---|")
    for sizes, batch in SHAPES:
        products = batch * sum(a * b for a, b in pairwise(sizes))
        one, two = best_times(sizes, batch)
        print(f"| {'-'.join(map(str, sizes))}; {batch} | {products:,} | {one:.1f} µs | {two:.1f} µs |")


if __name__ == "__main__":
    main()
