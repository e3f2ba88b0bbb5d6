"""Processes to measure in: pinned to their cores, one for each peer, and only one of them running at a time."""

import os
import platform
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

SPAWN = get_context("spawn")
PACKAGES = ["chainrule", "numpy", "scipy", "scikit-learn", "torch", "jax", "jaxlib", "onnxruntime"]


def cores() -> list[int]:
    """Return one processor of each physical core that this process may run on."""
    seen: set[str] = set()
    chosen = []
    for core in sorted(os.sched_getaffinity(0)):
        siblings = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
        name = siblings.read_text() if siblings.exists() else str(core)
        if name not in seen:
            seen.add(name)
            chosen.append(core)
    return chosen


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    cpu = Path("/proc/cpuinfo").read_text()
    facts = dict(line.split(":", 1) for line in cpu.split("\n\n")[0].splitlines() if ":" in line)
    facts = {name.strip(): value.strip() for name, value in facts.items()}
    flags = facts.get("flags", facts.get("Features", "")).split()
    wanted = ("avx2", "fma", "avx512f", "avx512_bf16", "amx_tile", "asimd", "sve")
    return {
        "cpu": facts.get("model name", facts.get("CPU implementer", "unknown")),
        "mhz": facts.get("cpu MHz"),
        "cores": len(cores()),
        "architecture": platform.machine(),
        "isa": [flag for flag in wanted if flag in flags],
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
        "versions": {name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


@contextmanager
def pinned(threads: int) -> Iterator[None]:
    """Let the processes that are started here have so many cores, and every library as many threads."""
    allowed, environment = os.sched_getaffinity(0), os.environ.copy()
    for name in ("OMP", "MKL", "OPENBLAS"):
        os.environ[f"{name}_NUM_THREADS"] = str(threads)
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # no processes of its own, which nobody would stop
    os.environ["JAX_PLATFORMS"] = "cpu"
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    os.sched_setaffinity(0, cores()[-threads:])  # the first core has the machine's interrupts
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
        os.environ.clear()
        os.environ.update(environment)


class Worker:
    """A pinned process that holds one object, and is stopped whenever nobody has asked it for something.

    Stopped, because the threads of most libraries go on spinning for a while after their work is done, on the cores
    of whoever is measured next.
    """

    def __init__(self, threads: int) -> None:
        """Start the process."""
        self._connection, theirs = SPAWN.Pipe()
        with pinned(threads):
            self._process = SPAWN.Process(target=_serve, args=(theirs,), daemon=True)
            self._process.start()
        theirs.close()

    def make(self, factory: Callable[..., Any], *arguments: Any) -> None:
        """Make the object; the one before it is gone."""
        self._ask(factory, arguments)

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of the object."""
        return self._ask(method, arguments)

    def _ask(self, what: Any, arguments: tuple[Any, ...]) -> Any:
        os.kill(self._process.pid, signal.SIGCONT)
        self._connection.send((what, arguments))
        try:
            result, error = self._connection.recv()
        except EOFError:
            raise RuntimeError("the process died") from None
        os.kill(self._process.pid, signal.SIGSTOP)
        if error is not None:
            raise error
        return result

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._process.kill()  # a stopped process hears nothing else
        self._process.join()


def _serve(connection: Connection) -> None:
    """Make one object after the other, and call its methods."""
    thing = None
    while True:
        try:
            what, arguments = connection.recv()
        except EOFError:
            return
        try:
            if isinstance(what, str):
                connection.send((getattr(thing, what)(*arguments), None))
            else:
                thing = None
                thing = what(*arguments)
                connection.send((None, None))
        except ImportError as error:
            connection.send((None, ImportError(str(error))))
        except Exception as error:  # whatever it is, the driver has to hear of it
            connection.send((None, RuntimeError(f"{type(error).__name__}: {error}")))


@contextmanager
def busy(which: list[int]) -> Iterator[None]:
    """Take cores away: one process on each that never rests."""
    processes = [SPAWN.Process(target=_spin, args=(core,), daemon=True) for core in which]
    try:
        for process in processes:
            process.start()
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def _spin(core: int) -> None:
    os.sched_setaffinity(0, [core])
    while True:
        pass
