"""What is asked of a stranger's skops archive before skops unpacks it: size, depth, no tangle."""

import io
import json
import zipfile
from typing import Any

from chainrule.errors import InputError
from chainrule.files.bounds import MAX_BYTES

__all__ = ["check_archive"]

MAX_MEMBERS = 10_000
MAX_SCHEMA_BYTES = 1 << 28
MAX_DEPTH = 100
MAX_VISITS = 10_000_000


def check_archive(data: bytes) -> None:
    """Raise `InputError` when unpacking could take more memory or time than a model needs."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        # The two methods that need no more memory than their output.
        if any(m.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for m in members):
            raise InputError("it is compressed in a way that is not read")
        if len(members) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_BYTES:
            raise InputError(f"it unpacks to more than {MAX_BYTES / 1e9:.1f} GB or {MAX_MEMBERS:,} parts")
        if archive.getinfo("schema.json").file_size > MAX_SCHEMA_BYTES:
            raise InputError(f"its list of types is larger than {MAX_SCHEMA_BYTES / 1e6:.0f} MB")
        _count_visits(json.loads(archive.read("schema.json")), 0, {})


def _count_visits(node: Any, depth: int, known: dict[Any, int | None]) -> int:
    """Return how many nodes skops walks from this one on; refuse too many, deep ones and circles.

    skops takes a repeated ``__id__`` for the first object of that number, and walks it once more. A
    few lines that name each other twice, level by level, would be walked 2^levels times.
    """
    if not isinstance(node, dict | list):
        return 0
    if depth > MAX_DEPTH:
        raise InputError(f"it is nested deeper than {MAX_DEPTH} levels")
    name = node.get("__id__") if isinstance(node, dict) else None
    if name in known:
        visits = known[name]
        if visits is None:
            raise InputError("an object in it contains itself")
        return visits
    if name is not None:
        known[name] = None  # until it is counted
    children = node.values() if isinstance(node, dict) else node
    visits = 1 + sum(_count_visits(child, depth + 1, known) for child in children)
    if visits > MAX_VISITS:
        raise InputError(f"it has more than {MAX_VISITS:,} objects in it")
    if name is not None:
        known[name] = visits
    return visits
