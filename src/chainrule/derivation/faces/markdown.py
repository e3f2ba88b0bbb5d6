r"""A derivation in Markdown, as GitHub and Jupyter render it.

GitHub reads Markdown before it looks for formulas: a backslash before a sign would be gone, and underscores would make
words slanted. So rows end in ``\cr`` instead of two backslashes, and no underscore stands where emphasis can begin.
Nor does GitHub know ``\operatorname``.
"""

import re
from collections.abc import Iterator

from chainrule.algebra.boxes import Box
from chainrule.algebra.latex import latex
from chainrule.derivation.faces.document import Document, Shown, Table
from chainrule.derivation.messages import Sentence

__all__ = ["markdown_of"]

# After a letter or a number no emphasis begins, and none before a space.
_OPENS_EMPHASIS = re.compile(r"(?<![A-Za-z0-9])_(?! )")
# Where a formula meets a character that GitHub does not take for the end of one.
_BESIDE_CHINESE = re.compile(r"(?<=[^\x00-\x7f])\0|\0(?=[^\x00-\x7f])")


def markdown_of(document: Document) -> str:
    """Return a document as Markdown."""
    return "\n".join(_lines(document)) + "\n"


def _formula(box: Box) -> str:
    formula = latex(box).replace(r"\\", r"\cr").replace(r"\operatorname", r"\mathrm")
    return _OPENS_EMPHASIS.sub("_ ", formula)


def _prose(sentence: Sentence) -> str:
    pieces = (piece if isinstance(piece, str) else f"${_formula(piece)}$" for piece in sentence)
    return _BESIDE_CHINESE.sub(" ", "\0".join(pieces)).replace("\0", "")


def _lines(document: Document) -> Iterator[str]:
    yield f"# {document.title}"
    for paragraph in document.about:
        yield ""
        yield _prose(paragraph)
    for part in document.parts:
        yield ""
        yield f"## {_prose(part.heading)}"
        for block in part.blocks:
            yield ""
            yield from _table(block) if isinstance(block, Table) else _step(block, document)


def _step(step: Shown, document: Document) -> Iterator[str]:
    if step.title:
        yield f"**{step.title}{document.words['stop'].strip()}** {_prose(step.why)}"
        yield ""
    yield "$$"
    yield f"{_formula(step.formula)} \\tag{{{step.tag}}}"
    yield "$$"
    if step.shapes:
        _, *shapes = (piece for of, shape in step.shapes for piece in (" · ", of, " ", shape))
        yield ""
        yield _prose((document.words["shapes"] + document.words["colon"], *shapes))
    if step.values:
        yield ""
        yield "$$"
        yield _formula(step.values)
        yield "$$"


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(table.header)} |"
    yield f"|{'---|' * len(table.header)}"
    for row in table.rows:
        yield f"| {' | '.join(map(_prose, row))} |"
