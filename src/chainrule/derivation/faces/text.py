"""A derivation for a terminal."""

from io import StringIO

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from chainrule.algebra.text import text
from chainrule.derivation.faces.document import Document, Part, Shown, Table
from chainrule.derivation.messages import Sentence

__all__ = ["print_text", "text_of"]

_MARGIN = 7  # as wide as the longest tag, and two spaces


def text_of(document: Document, width: int) -> str:
    """Return a document as plain text; sentences are broken at a width, formulas are not."""
    file = StringIO()
    print_text(document, Console(file=file, width=width, color_system=None, legacy_windows=False))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def print_text(document: Document, console: Console) -> None:
    """Print a document; on a terminal, with colours."""
    console.print(Text(document.title, "bold"))
    for paragraph in document.about:
        console.print()
        console.print(Text(_plain(paragraph)))
    for part in document.parts:
        _print_part(part, document, console)


def _plain(sentence: Sentence) -> str:
    return "".join(piece if isinstance(piece, str) else text(piece) for piece in sentence)


def _print_part(part: Part, document: Document, console: Console) -> None:
    heading = _plain(part.heading)
    console.print()
    console.print(Text(heading, "bold"), soft_wrap=True)
    console.print(Text("─" * min(cell_len(heading), console.width), "dim"))
    for block in part.blocks:
        if isinstance(block, Table):
            console.print(_grid(block))
        else:
            _print_step(block, document, console)


def _print_step(step: Shown, document: Document, console: Console) -> None:
    if step.title:
        console.print()
        console.print(_indented(Text.assemble((step.title, "italic cyan"), document.words["stop"], _plain(step.why))))
    tag = step.tag
    for line in text(step.formula).splitlines():
        console.print(Text.assemble((tag.ljust(_MARGIN), "bold"), line), soft_wrap=True)
        tag = ""
    if step.shapes:
        shapes = "   ".join(f"{text(of)} {text(shape)}" for of, shape in step.shapes)
        console.print(_indented(Text(document.words["shapes"] + document.words["colon"] + shapes, "dim")))
    if step.values:
        console.print(_indented(Text(text(step.values), "green")), soft_wrap=True)


def _indented(content: Text) -> Padding:
    return Padding(content, (0, 0, 0, _MARGIN))


def _grid(table: Table) -> Grid:
    grid = Grid(box=None, padding=(0, 3, 0, 0), header_style="dim")
    for name in table.header:
        grid.add_column(name)
    for row in table.rows:
        grid.add_row(*(Text(_plain(cell)) for cell in row))
    return grid
