"""A derivation as a web page that loads nothing, and as a part of somebody else's page."""

from collections.abc import Iterator
from html import escape

from chainrule.algebra.boxes import Linked
from chainrule.algebra.mathml import mathml
from chainrule.derivation.faces.document import Document, Shown, Table
from chainrule.derivation.faces.page import page_of, part_of
from chainrule.derivation.messages import Sentence

__all__ = ["html_of", "html_part_of"]


def html_of(document: Document) -> str:
    """Return a document as a page of its own, with a table of contents."""
    content = "".join((*_opening(document), *_contents(document), *_parts(document, anchors=True)))
    return page_of(content, document.language, document.title)


def html_part_of(document: Document) -> str:
    """Return a document as one element whose styles reach nothing else, for a notebook."""
    return part_of("".join((*_opening(document), *_parts(document, anchors=False))), document.language)


def _prose(sentence: Sentence) -> str:
    return "".join(escape(piece) if isinstance(piece, str) else mathml(piece, display=False) for piece in sentence)


def _opening(document: Document) -> Iterator[str]:
    yield f"<h1>{escape(document.title)}</h1>\n"
    yield from (f"<p>{_prose(paragraph)}</p>\n" for paragraph in document.about)


def _contents(document: Document) -> Iterator[str]:
    yield f'<nav aria-label="{escape(document.words["contents"])}">\n<ol>\n'
    for part in document.parts:
        yield f'<li><a href="#{part.anchor}">{_prose(part.heading)}</a></li>\n'
    yield "</ol>\n</nav>\n"


def _parts(document: Document, *, anchors: bool) -> Iterator[str]:
    for part in document.parts:
        anchor = f' id="{part.anchor}"' if anchors else ""
        yield f"<section{anchor}>\n<h2>{_prose(part.heading)}</h2>\n"
        for block in part.blocks:
            yield from _table(block, document) if isinstance(block, Table) else _step(block, document)
        yield "</section>\n"


def _step(step: Shown, document: Document) -> Iterator[str]:
    yield '<div class="step">\n'
    if step.title:
        yield f"<details open>\n<summary>{escape(step.title)}</summary>\n<p>{_prose(step.why)}</p>\n"
        yield from _shapes(step, document)
        yield "</details>\n"
    yield f'<div class="formula"><div class="scroll">{mathml(step.formula)}</div>'
    yield f'<span class="tag">({escape(step.tag)})</span></div>\n'
    if step.values:
        yield f'<div class="values scroll">{mathml(step.values)}</div>\n'
    yield "</div>\n"


def _shapes(step: Shown, document: Document) -> Iterator[str]:
    if step.shapes:
        yield f'<p class="shapes">{escape(document.words["shapes"] + document.words["colon"])}'
        for of, shape in step.shapes:
            yield f'<span>{mathml(of, display=False)}<span class="shape">{mathml(shape, display=False)}</span></span>'
        yield "</p>\n"


def _table(table: Table, document: Document) -> Iterator[str]:
    yield '<div class="scroll"><table>\n<thead><tr>'
    yield "".join(f'<th scope="col">{escape(name)}</th>' for name in table.header)
    yield "</tr></thead>\n<tbody>\n"
    for row in table.rows:
        yield f"<tr>{''.join(f'<td>{_cell(cell, document)}</td>' for cell in row)}</tr>\n"
    yield "</tbody>\n</table></div>\n"


def _cell(cell: Sentence, document: Document) -> str:
    """Return a cell; a symbol alone is a button that marks its uses, for who has no pointer."""
    match cell:
        case (Linked(symbol=name) as symbol,):
            name = escape(name)
            label = escape(document.words["highlight"])
            return (
                f'<button type="button" data-symbol="{name}" aria-pressed="false" title="{label}">'
                f"{mathml(symbol, display=False)}</button>"
            )
        case _:
            return _prose(cell)
