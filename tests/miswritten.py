"""Slips that no expression can say, so that they are made in the text: limits of sums, transposes, cases that go on."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import NamedTuple

from chainrule.algebra import expressions as ex
from chainrule.algebra.expressions import Expression, ShapeError, Symbol, Transpose
from chainrule.algebra.latex import latex
from chainrule.algebra.typeset import typeset
from chainrule.checking.judging.verdicts import Judgement, judge
from chainrule.checking.parsing.documents import read_text
from chainrule.checking.preparing.prepared import prepared
from corruptions import places
from rendered import Line, Paper, is_true, source_of

__all__ = ["Miswriting", "is_blessed", "miswritten", "verdict_of"]

LIMITS = re.compile(r"_\{(?P<letter>\w)=1\}\^(?P<limit>\{[^}]*\}|\w)")
GENERAL = (
    "In general,",
    "Hence for all $i$",
    "Combining both cases,",
    "Taken together:",
    "## The whole derivative",
    "综上，",
    "一般地，",
    "綜上所述，",
    "合併兩種情形得",
)
UNCLEAR = ("The derivative of the softmax is", "We now need all of them.", "softmax 的导数为", "softmax 的導數為")


class Miswriting(NamedTuple):
    """A miswritten line.

    Attributes
    ----------
    slip : str
        What happened to it.
    text : str
        The line as Markdown, and what is said before it.
    holds : bool
        Whether it is as true as what it was made of.
    is_told : bool
        Whether it may pass where the case in which it holds is told.
    """

    slip: str
    text: str
    holds: bool = False
    is_told: bool = False


def miswritten(paper: Paper, line: Line, draw: random.Random) -> Iterator[Miswriting]:
    """Yield what can be miswritten in a line: each kind of slip at all its places."""
    yield from _limits(paper, line)
    yield from _transposes(paper, line)
    yield from _cases(paper, line, draw)


def verdict_of(each: Miswriting, paper: Paper) -> Judgement | None:
    """Return the verdict on the last line of what was miswritten."""
    words = "\n\n".join(piece.text for piece in paper.prose)
    found = judge(prepared(read_text(f"{words}\n\n{each.text}\n")), [paper.system])[0]
    return found[-1] if found else None


def is_blessed(each: Miswriting, judgement: Judgement | None) -> bool:
    """Return whether what does not hold was judged right, and nobody told."""
    if each.holds or judgement is None or judgement.verdict not in ("correct", "convention"):
        return False
    return not (each.is_told and any(grant.startswith("restriction") for grant in judgement.granted))


def _limits(paper: Paper, line: Line) -> Iterator[Miswriting]:
    """Yield a line in which a sum runs as far as another axis, begins too late, or ends too soon."""
    lengths = sorted({found["limit"] for each in paper.lines for found in LIMITS.finditer(each.source)})
    for found in LIMITS.finditer(line.source, line.source.index("&=")):
        letter, limit = found["letter"], found["limit"]
        others = [f"_{{{letter}=1}}^{other}" for other in lengths if other != limit]
        for other in (*others, f"_{{{letter}=2}}^{limit}", f"_{{{letter}=1}}^{{{limit.strip('{}')} - 1}}"):
            yield Miswriting("sum-limit", _displayed(line.source[: found.start()] + other + line.source[found.end() :]))


def _transposes(paper: Paper, line: Line) -> Iterator[Miswriting]:
    """Yield a line in which the transposes of an outer product stand elsewhere, whether it conforms or not."""
    for node, put in places(line.statement.right):
        if not isinstance(node, ex.Product) or node.shape.is_vector:
            continue
        scale = tuple(factor for factor in node.factors if factor.shape.is_scalar)
        vectors = [factor for factor in node.factors if not factor.shape.is_scalar]
        if len(vectors) != 2 or not all(vector.shape.is_vector for vector in vectors):
            continue
        bare = [vector.of if isinstance(vector, Transpose) else vector for vector in vectors]
        hollow = Symbol("Ξ", node.shape)  # written as nothing else is
        template = source_of(paper, line.statement.left, put(ex.Product((*scale, hollow)) if scale else hollow))
        for order, turns in product((bare, bare[::-1]), product((False, True), repeat=2)):
            factors = [factor.T if is_turned else factor for factor, is_turned in zip(order, turns, strict=True)]
            if any(turns) and factors != vectors:  # two vectors without a transpose may stand for their outer product
                text = template.replace(r"\Xi", " ".join(_factor(factor, paper) for factor in factors))
                holds = _holds((*scale, *factors), line, paper, put)
                yield Miswriting("outer-product", _displayed(text), holds)


def _factor(factor: Expression, paper: Paper) -> str:
    """Return a factor with the brackets that it needs."""
    is_turned = isinstance(factor, Transpose)
    text = latex(typeset(factor if is_turned else factor.T, paper.derivation.notation)).replace("{:}", ":")
    return text if is_turned else text.removesuffix(r"^\top")


def _holds(factors: tuple[Expression, ...], line: Line, paper: Paper, put: Callable[[Expression], Expression]) -> bool:
    try:
        return is_true(put(ex.Product(factors)), line, paper)
    except ShapeError:
        return False


def _cases(paper: Paper, line: Line, draw: random.Random) -> Iterator[Miswriting]:
    """Yield a line that holds in a case, said once more where the case has ended, or may have."""
    if line.condition is None:
        return
    case = latex(typeset(line.condition, paper.derivation.notation))
    bare = _displayed(source_of(paper, line.statement.left, line.statement.right))
    holds = is_true(line.statement.right, replace(line, condition=None), paper)
    for words, is_told in ((draw.choice(GENERAL), False), (draw.choice(UNCLEAR), True)):
        yield Miswriting("case", f"For ${case}$ we have\n\n{bare}\n\n{words}\n\n{bare}", holds, is_told)


def _displayed(source: str) -> str:
    return f"$$\n{source}\n$$"
