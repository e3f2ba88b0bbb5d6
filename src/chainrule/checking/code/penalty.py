"""How a function writes the factor of its penalty: ``lam / m``, by what its arguments and constants are called."""

import inspect
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.checking.code.subject import Subject
from chainrule.checking.code.table import Table

__all__ = ["PENALTIES", "factor_in_code"]

PENALTIES = ("lam", "lambda_", "lambd", "lmbda", "reg", "l2", "alpha", "weight_decay", "reg_lambda", "lambda1", "λ")


def factor_in_code(subject: Subject, table: Table) -> str:
    """Return the factor of W in the penalty's gradient as code; nothing where none or several have its value."""
    if not table.of_W:
        return ""
    m = table.m
    forms = (("{}", 1.0), ("2 * {}", 2.0), *((("{} / m", 1 / m), ("2 * {} / m", 2 / m)) if m > 1 else ()))
    found = {
        form.format(name)
        for name, value in (*_arguments(subject), *_constants(subject))
        for form, times in forms
        if np.isclose(times * value, table.of_W, rtol=1e-6, atol=0)
    }
    return found.pop() if len(found) == 1 else ""


def _arguments(subject: Subject) -> Iterator[tuple[str, float]]:
    """Yield the numbers among the arguments that the loss depends on."""
    loss = subject.loss(subject.arrays)
    for place, (name, value) in enumerate(zip(subject.arguments, subject.args, strict=False)):
        if _is_number(value):
            args = (*subject.args[:place], 2 * value, *subject.args[place + 1 :])
            with suppress(Exception):  # a stranger's code may refuse another value in any way
                if replace(subject, args=args).loss(subject.arrays) != loss:
                    yield name, value


def _constants(subject: Subject) -> Iterator[tuple[str, float]]:
    """Yield the defaults, and the numbers around the function, that have one of the usual names."""
    known: dict[str, Any] = {}
    with suppress(TypeError, ValueError):  # not everything that can be called says what it refers to
        signature = inspect.signature(subject.fn)
        known = {name: parameter.default for name, parameter in signature.parameters.items()}
        variables = inspect.getclosurevars(subject.fn)
        known = {**variables.globals, **variables.nonlocals, **known}
    given = subject.arguments[: len(subject.args)]
    for name, value in known.items():
        if name.casefold() in PENALTIES and name not in given and _is_number(value):
            yield name, value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
