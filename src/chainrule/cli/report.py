"""Figures as people read them, on standard error, and as programs do, on standard output."""

import json
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["print_figures", "print_json", "print_model", "print_table", "say"]

MOST_SHOWN = 10


def print_json(content: dict[str, Any]) -> None:
    """Print one JSON object, and nothing else, on standard output; a number that JSON lacks is null."""
    print(json.dumps(_finite(content), ensure_ascii=False, allow_nan=False))


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _finite(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not isfinite(content) else content


def say(*lines: str) -> None:
    """Print lines, however long."""
    for line in lines:
        Console(stderr=True, soft_wrap=True, highlight=False).print(_plain(line))


def print_figures(figures: dict[str, Any]) -> None:
    """Print what `score` found, and where the confusions are."""
    names = {"rows": "rows", "accuracy": "accuracy", "log_loss": "log loss", "macro_f1": "macro F1"}
    values = [f"{figures[name]:.4f}" if name != "rows" else figures[name] for name in names]
    print_table(tuple(names.values()), [values])
    if figures["confusions"]:
        print_table(("true", "predicted", "rows"), [list(pair.values()) for pair in figures["confusions"]])


def print_model(description: dict[str, Any], about: dict[str, Any]) -> None:
    """Print what `describe` found, and how the model was trained."""
    rows = [[number, *layer.values()] for number, layer in enumerate(description["layers"], 1)]
    print_table(("layer", "inputs", "outputs", "activation", "parameters"), rows)
    facts = {"parameters": description["parameters"], "classes": description["classes"], **about}
    facts["confusions"] = [
        f"{pair['true']} → {pair['predicted']}: {pair['rows']}" for pair in about.get("confusions", [])
    ]
    print_table(("how it was trained", ""), [[name, _flat(value)] for name, value in facts.items()])


def _flat(value: Any) -> str:
    """Return a fact for a cell of a table; of a long list, its beginning and its length."""
    if not isinstance(value, list):
        return str(value)
    shown = ", ".join(map(str, value[:MOST_SHOWN]))
    return f"{shown}, … ({len(value)} in all)" if len(value) > MOST_SHOWN else shown


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table."""
    table = Table(*columns, box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(*(_plain(str(cell)) for cell in row))
    Console(stderr=True).print(table)


def _plain(text: str) -> Text:
    """Return text as it stands: no markup, and none of the control characters a file may hold."""
    return Text("".join(c if c.isprintable() else "?" for c in text))
