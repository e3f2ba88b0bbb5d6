"""How long a derivation takes: every step derived and verified, by hidden layers; and until the help is there."""

import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from chainrule.derivation.derive import derivation_of
from chainrule.derivation.setting import Setting
from chainrule.derivation.verification import random_points

ROUNDS = 9


def milliseconds(work: Callable[[], Any]) -> float:
    """Return the median of some rounds."""
    times = []
    for _ in range(ROUNDS):
        random_points.cache_clear()  # and with them what was found there
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return median(times)


def main() -> None:
    """Print the medians."""
    print(f"median of {ROUNDS}")
    for hidden in range(5):
        setting = Setting(hidden, "tanh", penalty="lambda/2m")
        steps = len(derivation_of(setting).steps)
        taken = milliseconds(lambda setting=setting: derivation_of(setting))
        print(f"{hidden} hidden layers, {steps:2} steps   {taken:6.1f} ms")
    command = [sys.executable, "-m", "chainrule", "derive", "--help"]
    taken = milliseconds(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True))  # noqa: S603
    print(f"chainrule derive --help     {taken:6.1f} ms")
    command = [sys.executable, "-m", "chainrule", "derive"]
    taken = milliseconds(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True))  # noqa: S603
    print(f"chainrule derive            {taken:6.1f} ms")


if __name__ == "__main__":
    main()
