r"""A derivation in LaTeX: a document of its own, or what goes into somebody else's.

It needs amsmath and amssymb. What is between dollars or in ``\[ … \]`` is accepted by KaTeX's strict mode too.
"""

from collections.abc import Iterator

from chainrule.algebra.latex import latex
from chainrule.derivation.faces.document import Document, Shown, Table
from chainrule.derivation.messages import Sentence

__all__ = ["latex_of"]

_PAGE = r"""\documentclass[11pt]{article}
\usepackage[a4paper,margin=25mm]{geometry}
\usepackage{amsmath,amssymb}
%s\setlength{\parindent}{0pt}
\setlength{\parskip}{1ex}
\title{%s}
\author{}
\date{}
\begin{document}
\maketitle
%s\end{document}
"""

# Noto where it is installed; else what TeX Live's Chinese collection brings.
_CHINESE = r"""%% Chinese: compile with xelatex
\usepackage{xeCJK}
\IfFontExistsTF{Noto Serif CJK %s}{\setCJKmainfont{Noto Serif CJK %s}}{\setCJKmainfont{%s}}
"""
_FONTS = {"zh-Hant": ("TC", "TC", "bsmi00lp.ttf")}
_SIMPLIFIED = ("SC", "SC", "FandolSong-Regular.otf")


def latex_of(document: Document, *, standalone: bool) -> str:
    """Return a document as LaTeX."""
    body = "".join(_body(document))
    if not standalone:
        return body
    chinese = any(c >= "\N{CJK RADICAL REPEAT}" for c in body)
    fonts = _CHINESE % _FONTS.get(document.language, _SIMPLIFIED) if chinese else ""
    return _PAGE % (fonts, document.title, body)


def _body(document: Document) -> Iterator[str]:
    yield "\n\n".join(map(_prose, document.about)) + "\n"
    for part in document.parts:
        yield f"\n\\section*{{{_prose(part.heading)}}}\n"
        for block in part.blocks:
            yield from _table(block) if isinstance(block, Table) else _step(block, document)


def _prose(sentence: Sentence) -> str:
    return "".join(piece if isinstance(piece, str) else f"${latex(piece)}$" for piece in sentence)


def _step(step: Shown, document: Document) -> Iterator[str]:
    if step.title:
        yield f"\n\\textbf{{{step.title}{document.words['stop'].strip()}}} {_prose(step.why)}\n"
    yield f"\\[\n{latex(step.formula)} \\tag{{{step.tag}}}\n\\]\n"
    if step.shapes:
        shapes = r" \quad ".join(f"${latex(of)}$: ${latex(shape)}$" for of, shape in step.shapes)
        yield f"{{\\small {document.words['shapes']}{document.words['colon']}{shapes}\\par}}\n"
    if step.values:
        yield f"{{\\small\n\\[\n{latex(step.values)}\n\\]}}\n"


def _table(table: Table) -> Iterator[str]:
    yield "\n{\\renewcommand{\\arraystretch}{1.7}\n"
    yield f"\\begin{{tabular}}{{{'l' * len(table.header)}}}\n"
    yield " & ".join(table.header) + " \\\\ \\hline\n"
    for cells in table.rows:
        yield " & ".join(map(_prose, cells)) + " \\\\\n"
    yield "\\end{tabular}}\n"
