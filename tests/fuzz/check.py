"""Coverage-guided fuzzing of ``chainrule check``: whatever is in a file, it is read and judged, or refused in words.

``make fuzz`` runs it for twenty minutes; ``make fuzz SECONDS=60`` for one. It begins with the documents of the tests,
keeps in ``build/fuzz`` whatever comes by a new way through the reader or the judge, and stops at the first document
that breaks a promise:

- no error but `InputError`, which is one line of words;
- an answer in time;
- what is right is not wrong at other points, nor what is wrong right.

That document is written to ``build/fuzz/crash-…``: with its name in the place of the folder's, it is judged again.
"""

import json
import random
import sys
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import atheris

with atheris.instrument_imports(include=["chainrule.checking", "chainrule.algebra"]):
    from chainrule.algebra.evaluation import Points
    from chainrule.checking.check import Report, check_document
    from chainrule.checking.faces.data import record_of
    from chainrule.checking.faces.html import html_of
    from chainrule.checking.faces.text import text_of
    from chainrule.checking.meaning import systems
    from chainrule.checking.meaning.points import Network, points_of
    from chainrule.checking.parsing.documents import read_document
    from chainrule.checking.parsing.syntax import Document
    from chainrule.checking.sources import is_code, sources_in
    from chainrule.errors import InputError

from fuzz.writing import changed, crossed

# A document begins with a letter that says what it is written in; c is for text that a notebook is made of.
GUISES = {"m": ".md", "t": ".tex", "x": ".txt", "p": ".py", "n": ".ipynb", "c": ".ipynb"}
SECONDS = 10  # five times what is promised: to count where a program has been takes time
OTHER_POINTS = 1000
LANGUAGES = ("en", "zh-Hans", "zh-Hant")
GOOD = {"correct", "convention"}
TESTS = Path(__file__).parents[1]


def check(folder: Path, data: bytes) -> None:
    """Judge a document, and hold what comes of it to the promises."""
    guise = data[:1].decode("latin-1")
    path = folder / f"any{GUISES.get(guise, '.md')}"
    path.write_bytes(_notebook(data[1:]) if guise == "c" else data[1:])
    start = time.thread_time()
    try:
        assert sources_in([str(path)]) == [str(path)]
        is_code(str(path))
        document = read_document(path)
        report = check_document(document)
    except InputError as error:
        words = str(error)
        assert words.isprintable(), words
        return
    finally:
        took = time.thread_time() - start
        assert took < SECONDS, f"{took:.1f} s"
    _show(report, LANGUAGES[len(data) % len(LANGUAGES)])
    _hold(document, report)


def _notebook(text: bytes) -> bytes:
    sources = text.decode(errors="replace").split("\n\n\n")
    cells = [{"cell_type": ("markdown", "code")[n % 2], "source": each} for n, each in enumerate(sources)]
    return json.dumps({"cells": cells}).encode()


def _show(report: Report, language: str) -> None:
    record_of(report, language)
    text_of(report, language)
    html_of(report, language)


def _hold(document: Document, report: Report) -> None:
    """Judge a document at other points."""

    def elsewhere(network: Network, seed: int = 0, taken: tuple[int, ...] = ()) -> Points:
        return points_of(network, seed + OTHER_POINTS, taken)

    with patch.object(systems, "points_of", elsewhere):
        again = check_document(document)
    for one, other in zip(report.steps, again.steps, strict=True):
        verdicts = {one.verdict, other.verdict}
        assert "wrong" not in verdicts or verdicts.isdisjoint(GOOD), (one.source, one.verdict, other.verdict)


def mutated(data: bytes, most: int, seed: int) -> bytes:
    """Return a document changed as a person might, now and then as only a machine would."""
    draw = random.Random(seed)  # noqa: S311
    if draw.random() < 0.1:
        return bytes(atheris.Mutate(data, most))
    return data[:1] + changed(data[1:].decode(errors="replace"), draw).encode(errors="replace")[: most - 1]


def crossover(data: bytes, other: bytes, most: int, seed: int) -> bytes:
    """Return what begins as one document and ends as another."""
    one, two = (each[1:].decode(errors="replace") for each in (data, other))
    return data[:1] + crossed(one, two, random.Random(seed)).encode(errors="replace")[: most - 1]  # noqa: S311


def sow(corpus: Path) -> None:
    """Put the documents of the tests into a corpus: whole, and their definitions with one claim at a time."""
    corpus.mkdir(parents=True, exist_ok=True)
    guises = {suffix: letter for letter, suffix in GUISES.items() if letter != "c"}
    for path in sorted([*TESTS.glob("checking/documents/*"), *TESTS.glob("fixtures/derivations/*.md")]):
        if path.suffix not in guises:
            continue
        (corpus / path.name).write_bytes(guises[path.suffix].encode() + path.read_bytes())
        document = read_document(path)
        claims = {step.block for step in check_document(document).steps}
        given = [f"$$\n{block.source}\n$$\n" for block in document.blocks if block.number not in claims]
        for number in claims if path.suffix == ".md" else ():
            text = "".join([*given, f"$$\n{document.blocks[number - 1].source}\n$$\n"])
            (corpus / f"{path.stem}-{number}").write_text(f"m{text}", encoding="utf-8")


def main() -> None:
    """Fuzz, with the options of libFuzzer."""
    for each in map(Path, sys.argv[1:]):
        if not each.name.startswith("-") and not each.is_file():
            sow(each)
    with TemporaryDirectory() as name:
        target = partial(check, Path(name))
        atheris.Setup(sys.argv, target, custom_mutator=mutated, custom_crossover=crossover)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
