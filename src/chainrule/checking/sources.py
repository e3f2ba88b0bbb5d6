"""What can be checked: documents, folders of them, and functions in Python."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from chainrule.errors import InputError

__all__ = ["SUFFIXES", "is_code", "sources_in"]

SUFFIXES = (".md", ".tex", ".ipynb", ".txt")
_FUNCTION = re.compile(rb"^(?:async\s+)?def\s+\w", re.MULTILINE)
_NAMED = re.compile(r".+:\w+")
_METHOD_NAMED = re.compile(r".+\.py:\w+(?:\.\w+)+")
_METHOD = "no method of a class is called; name the file alone to have its lines read, or a function that calls it"


def sources_in(given: Iterable[str]) -> list[str]:
    """Return what is to be checked, each once: of a folder, all documents in it, and in the folders in it.

    Code is never looked for: what runs has to be named.
    """
    sources = list(dict.fromkeys(source for each in given for source in _sources(each)))
    if "-" in sources and len(sources) > 1:
        raise InputError("-: standard input is checked alone")
    return sources


def _sources(given: str) -> Iterator[str]:
    path = Path(given)
    if not path.is_dir():
        if not (path.exists() or given == "-" or is_code(given)):
            raise InputError(f"{given}: {_METHOD if _METHOD_NAMED.fullmatch(given) else 'no such file'}")
        yield given
        return
    found = [each for each in sorted(path.rglob("*")) if _is_document(each.relative_to(path)) and each.is_file()]
    if not found:
        raise InputError(f"{given}: no document in this folder; expected files that end in {', '.join(SUFFIXES)}")
    yield from map(str, found)


def _is_document(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not any(part.startswith(".") for part in path.parts)


def is_code(source: str) -> bool:
    """Return whether this names a function to be run: ``module:function``, or a Python file that defines one."""
    path = Path(source)
    if path.is_file():
        return path.suffix == ".py" and _FUNCTION.search(path.read_bytes()) is not None
    return _NAMED.fullmatch(source) is not None
