"""Files that are written whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from chainrule.errors import InputError

__all__ = ["check_writable", "written_whole"]


def check_writable(path: Path, suffixes: tuple[str, ...]) -> None:
    """Raise `InputError` unless a file of one of these types can be put at `path`.

    To be asked before hours of training, not after. It tries: a file is made beside `path` and removed.
    """
    if path.suffix.lower() not in suffixes:
        raise InputError(f"{path}: expected a name that ends in {' or '.join(suffixes)}")
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            raise InputError(f"{path}: expected a file or nothing there, it is something else; choose another name")
        if not target.parent.is_dir():
            raise InputError(f"{path}: there is no folder {target.parent}; make it first")
        with _beside(target) as beside:
            beside.touch(exist_ok=False)
    except OSError as error:
        raise InputError(f"{path}: no file can be written there: {error.strerror or error}; choose another") from error
    except RuntimeError as error:  # what Python 3.11 and 3.12 make of a link to itself
        raise InputError(f"{path}: no file can be written there: {error}; choose another") from error


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a new file beside `path` and rename it onto `path` when the block ends well.

    When it does not, for want of space or whatever reason, the new file is removed and an older one
    at `path` stays as it was.
    """
    try:
        target = path.resolve()  # through a link, so that the link stays
        with _beside(target) as beside:
            with beside.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
    except OSError as error:
        raise OSError(
            error.errno,
            f"{error.strerror or error}; nothing was written, an older file is as it was",
            str(path),
        ) from error


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Yield a new short name in the folder of `path`; what is under it at the end is removed."""
    beside = path.with_name(f".chainrule-{secrets.token_hex(8)}")
    try:
        yield beside
    finally:
        with suppress(OSError):  # the error that led here is the one to tell
            beside.unlink()
