"""How much of a file is read: whoever wrote it, it has to fit into an ordinary machine."""

from pathlib import Path

from chainrule.errors import InputError

__all__ = ["MAX_BYTES", "MAX_CELLS", "MAX_COLUMNS", "MAX_FIELD", "check_readable"]

MAX_BYTES = 1 << 30
MAX_COLUMNS = 100_000
MAX_CELLS = 250_000_000
MAX_FIELD = 10_000_000  # characters of one field of text


def check_readable(path: Path) -> None:
    """Raise `InputError` unless `path` is an ordinary file of a size that is read."""
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if not path.is_file():
        kind = "a directory" if path.is_dir() else "not an ordinary file"
        raise InputError(f"{path}: expected a file, this is {kind}")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InputError(f"{path}: at most {MAX_BYTES / 1e9:.1f} GB are read, this has {size / 1e9:.1f} GB")
