"""Polars on a damaged file: its Rust may panic, which is no `Exception`, and speaks on its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl

__all__ = ["panics_as_errors"]


@contextmanager
def panics_as_errors() -> Iterator[None]:
    """Raise a `PolarsError` in the place of a panic, and keep what Rust prints of it from standard error."""
    with _silent_descriptor(2):
        try:
            yield
        except pl.exceptions.PanicException as panic:
            raise pl.exceptions.ComputeError("the file is damaged") from panic


@contextmanager
def _silent_descriptor(descriptor: int) -> Iterator[None]:
    try:
        kept = os.dup(descriptor)
    except OSError:  # closed: silent already
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, descriptor)
        yield
    finally:
        os.dup2(kept, descriptor)
        os.close(kept)
        os.close(nowhere)
