"""Files that are written whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from chainrule.errors import InputError

__all__ = ["check_writable", "written_whole"]


def check_writable(path: Path, suffixes: tuple[str, ...]) -> None:
    """Raise `InputError` unless a file of one of these types can be put at `path`.

    To be asked before hours of training, not after.
    """
    if path.suffix.lower() not in suffixes:
        raise InputError(f"{path}: expected a name that ends in {' or '.join(suffixes)}")
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: expected a file or nothing there, it is something else; choose another name")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise InputError(f"{path}: there is no folder {folder}; make it first")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{path}: no permission to write in the folder {folder}; choose another")


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a new file beside `path` and rename it onto `path` when the block ends well.

    When it does not, for want of space or whatever reason, the new file is removed and an older one
    at `path` stays as it was.
    """
    path = path.resolve()  # through a link, so that the link stays
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise OSError(
            error.errno,
            f"{error.strerror}; nothing was written, an older file is as it was",
            str(path),
        ) from error
    finally:
        beside.unlink(missing_ok=True)
