"""Derivatives of a loss that is only known by its values."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from chainrule.activations import Array
from chainrule.checking.message import Message, message

__all__ = ["Derivatives", "Slope", "central_slope", "complex_slope", "has_kink"]

COMPLEX_STEP = 1e-30
OfOne = Callable[[Any], Any]


class Slope(NamedTuple):
    """A derivative, and how far off it can be."""

    value: float
    error: float


@dataclass(frozen=True)
class Derivatives:
    """The derivatives of a loss at a point.

    Attributes
    ----------
    loss : callable
        Of arrays by name.
    arrays : dict of str to ndarray
        The point.
    precision : float
        Unit roundoff of the loss.
    is_complex : bool
        Whether by complex steps, otherwise by central differences.
    """

    loss: Callable[[dict[str, Array]], Any]
    arrays: dict[str, Array]
    precision: float
    is_complex: bool = False

    @property
    def method(self) -> Message:
        """How they are taken, in words."""
        return message("code.complex-steps" if self.is_complex else "code.central-differences")

    def line(self, name: str, direction: Array) -> OfOne:
        """Return the loss as a function of one number t: with t · direction added to one of the arrays."""
        return lambda t: self.loss(self.arrays | {name: self.arrays[name] + t * direction})

    def along(self, name: str, direction: Array) -> Slope:
        """Return the derivative along a direction in one of the arrays."""
        f = self.line(name, direction)
        return complex_slope(f) if self.is_complex else central_slope(f, self.scale(name), self.precision)

    def entry(self, name: str, k: int) -> Slope:
        """Return the derivative with respect to one entry, counted through the array."""
        return self.along(name, self.unit(name, k))

    def has_kink(self, name: str, k: int) -> bool:
        """Return whether the loss has a kink where one entry passes through its value."""
        return has_kink(self.line(name, self.unit(name, k)), self.scale(name))

    def unit(self, name: str, k: int) -> Array:
        """Return the direction of one entry."""
        direction = np.zeros(self.arrays[name].size)
        direction[k] = 1
        return direction.reshape(self.arrays[name].shape)

    def scale(self, name: str) -> float:
        """Return how large an array's entries are, 1 if they are all 0."""
        return float(np.sqrt(np.mean(self.arrays[name] ** 2))) or 1.0

    def is_analytic(self, places: Iterable[tuple[str, int]]) -> bool:
        """Return whether complex steps and central differences agree at some entries."""
        by_steps, by_differences = replace(self, is_complex=True), replace(self, is_complex=False)
        try:
            for name, k in places:
                one, other = by_steps.entry(name, k), by_differences.entry(name, k)
                if not abs(one.value - other.value) <= 10 * other.error + 1e-6 * abs(other.value):
                    return False
        except Exception:  # a stranger's code may refuse complex numbers in any way
            return False
        return True


def complex_slope(f: OfOne) -> Slope:
    """Return Im f(ih) / h, which has no difference in it, so that nothing cancels and h can be as small as it likes."""
    value = complex(f(1j * COMPLEX_STEP)).imag / COMPLEX_STEP
    return Slope(value, 8 * 2.0**-52 * abs(value))


def central_slope(f: OfOne, scale: float, precision: float) -> Slope:
    """Return f'(0) by central differences, extrapolated: the step at which truncation and rounding are least.

    Parameters
    ----------
    f : callable
        Of one real number.
    scale : float
        The size of what moves: the steps are 1e-2 of it, a quarter of that, and so on.
    precision : float
        Unit roundoff of f.

    Returns
    -------
    Slope
        With the sum of both errors, as two neighbouring steps show them. A kink within one step is left behind by
        smaller ones; where none is small enough, the error says so.
    """
    best = Slope(0.0, np.inf)
    before: list[float] = []
    for h in _steps(scale):
        up, down = float(f(h)), float(f(-h))
        difference = (up - down) / (2 * h)
        extrapolated = difference + (difference - before[0]) / 15 if before else difference
        if len(before) > 1:
            rounding = 4 * precision * max(abs(up), abs(down)) / h
            error = abs(extrapolated - before[1]) + rounding
            best = min(best, Slope(extrapolated, error), key=lambda slope: slope.error)
            if rounding > best.error or best.error < 1e-9 * abs(best.value):
                break
        before = [difference, extrapolated]
    return best


def _steps(scale: float) -> Iterator[float]:
    yield from (1e-2 * scale / 4.0**k for k in range(12))


def has_kink(f: OfOne, scale: float) -> bool:
    """Return whether the slopes of both sides of 0 are different and stay so as the step shrinks."""
    middle = float(f(0.0))
    apart = []
    for h in (1e-5 * scale, 1e-6 * scale):
        right, left = (float(f(h)) - middle) / h, (middle - float(f(-h))) / h
        apart.append(abs(right - left) / max(abs(right), abs(left), 1e-300))
    return min(apart) > 1e-3 and apart[1] > apart[0] / 3
