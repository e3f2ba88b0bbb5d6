"""True lines as somebody might write them, corrupted ones, and whether they hold: by the derivation's own equations."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from chainrule.algebra.evaluation import Points, discrepancy
from chainrule.algebra.expressions import Comparison, Expression, ShapeError
from chainrule.algebra.latex import latex
from chainrule.algebra.typeset import chain, typeset
from chainrule.checking.judging.verdicts import Judgement, judge
from chainrule.checking.meaning.systems import System, systems_of
from chainrule.checking.parsing.statements import chains_of
from chainrule.checking.parsing.syntax import Block, Document, Prose
from chainrule.checking.preparing.prepared import prepared
from chainrule.derivation.derive import Derivation, derivation_of
from chainrule.derivation.names import STYLES, Style
from chainrule.derivation.setting import Setting
from chainrule.derivation.steps import Step
from corruptions import Statement, corruptions
from settings import independent_points

LETTERS = {
    "W": ("W", "w", r"\Theta", "U"),
    "b": ("b", r"\beta", "c"),
    "z": ("z", "Z", "s", "H", "u"),
    "a": ("a", "A", "h", "G"),
    "y_hat": (r"\hat{y}", r"\hat{Y}", "p", "P", "o"),
    "Y": ("y", "Y", "t", "T"),
    "X": ("x", "X"),
    "L": ("L", "J", "E", r"\mathcal{L}"),
}
NORMS = re.compile(r"\((?P<first>\\lVert (?:(?!\\rVert).)* \\rVert\^2) \+ .*\)")
POINTS = 50
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Line:
    """A claim: what it says, and how it is written."""

    statement: Statement
    condition: Comparison | None
    source: str


@dataclass(frozen=True)
class Paper:
    """A derivation in somebody's letters, read and understood."""

    derivation: Derivation
    system: System
    points: Points
    lines: tuple[Line, ...]
    prose: tuple[Prose, ...] = ()


def random_setting(draw: random.Random) -> Setting:
    """Return a network of one to three layers."""
    output = draw.choice(("softmax", "softmax", "logistic"))
    return Setting(
        draw.choice((0, 1, 1, 2)),
        draw.choice(("logistic", "tanh", "relu", "leaky_relu")),
        output,  # type: ignore[arg-type]
        layout=draw.choice(("rows", "columns")),
        batch=draw.random() < 0.7,
        average=draw.choice(("mean", "mean", "sum", "weights")),
        penalty=draw.choice(("lambda/2m", "lambda/2", "none", "none")),
    )


def random_names(setting: Setting, draw: random.Random) -> tuple[dict[str, str], Style]:
    """Return names for all symbols, in one style, no two alike."""
    style = draw.choice(list(STYLES))
    while True:
        letters = {name: draw.choice(choices) for name, choices in LETTERS.items()}
        if len({*letters.values(), "m", "s", "K"}) == len(letters) + 3:
            break
    names = {name: letters[name] for name in ("y_hat", "Y", "X", "L")}
    for l in setting.layers:
        numbered = {name: STYLES[style].format(letters[name], l) for name in ("W", "b", "z", "a")}
        names |= {f"{name}{l}": each for name, each in numbered.items() if name != "a" or l < setting.depth}
    return names, style


def random_paper(draw: random.Random) -> Paper | None:
    """Return a derivation in random letters; None where no system survives."""
    setting = random_setting(draw)
    if not setting.batch and setting.penalty == "lambda/2m":
        setting = replace(setting, penalty="lambda/2")
    names, style = random_names(setting, draw)
    derivation = derivation_of(setting, style=style, names=names)
    lines = tuple(
        Line(Statement(setting, left, right), step.condition, _source(derivation, left, right, step.condition))
        for section in derivation.sections
        for step in section.steps
        for left, right in _claims(step)
    )
    prose = (Prose(1, f"The samples are {setting.layout}."),)
    network = [_source(derivation, step.left, step.chain[0], None) for step in derivation.network]
    network = [_over_layers(source, setting, draw) for source in network]
    document = document_of([*network, *(line.source for line in lines)], prose)
    systems = systems_of(document)
    if not systems:
        return None
    return Paper(derivation, systems[0], independent_points(setting, POINTS), lines, prose)


def _over_layers(source: str, setting: Setting, draw: random.Random) -> str:
    """Return a loss whose penalty may be a sum over the layers."""
    found = NORMS.search(source)
    if found is None or draw.random() < 0.4:
        return source
    letter = draw.choice("llj")
    limits = draw.choice((rf"_{{{letter}=1}}^{setting.depth}", f"_{letter}"))
    return source.replace(found[0], rf"\sum{limits} {found['first'].replace('1', letter)}")


def _claims(step: Step) -> Iterator[tuple[Expression, Expression]]:
    """Yield what a step claims: each link against the left side."""
    for right in step.chain:
        yield step.left, right


def source_of(paper: Paper, left: Expression, right: Expression) -> str:
    """Return how an equation is written in a paper."""
    return _source(paper.derivation, left, right, None)


def _source(derivation: Derivation, left: Expression, right: Expression, condition: Comparison | None) -> str:
    box = None if condition is None else typeset(condition, derivation.notation)
    return latex(chain(left, [right], derivation.notation, box)).replace("{:}", ":")


def document_of(sources: list[str], prose: tuple[Prose, ...] = ()) -> Document:
    """Return formulas as a document, one block each."""
    blocks = tuple(Block(number, number, source, chains_of(source)) for number, source in enumerate(sources, start=1))
    return prepared(Document((*prose, *blocks)))


def verdict_on(source: str, paper: Paper) -> Judgement | None:
    """Return the verdict on one line in a paper's system."""
    found = judge(document_of([source], paper.prose), [paper.system])[0]
    return found[-1] if found else None


def corrupted(paper: Paper, line: Line) -> Iterator[tuple[str, Expression, str]]:
    """Yield a line's corruptions: the slip's name, what it says, how it is written."""
    for slip, _, formula in corruptions(line.statement):
        if formula is None:
            continue
        source = _source(paper.derivation, line.statement.left, formula, line.condition)
        if _is_another(source, line.source):
            yield slip, formula, source


def _is_another(source: str, written: str) -> bool:
    """Return whether this is written otherwise: the slope of LeakyReLU' is not, and logsumexp takes any vector."""
    return source != written and "logsumexp" not in source


@np.errstate(all="ignore")
def is_true(formula: Expression, line: Line, paper: Paper) -> bool:
    """Return whether a formula equals a line's left side at points of other sizes, by the derivation's equations."""
    left = line.statement.left
    size = paper.points.size
    shapes = [tuple(map(size, side.shape)) for side in (left, formula)]
    try:
        if shapes[0] == shapes[1]:
            return discrepancy(left, formula, paper.points, line.condition) <= TOLERANCE
        if shapes[0] == shapes[1][::-1]:
            return discrepancy(left, formula.T, paper.points, line.condition) <= TOLERANCE
        return formula.shape.is_scalar and discrepancy(left, formula, paper.points, line.condition) <= TOLERANCE
    except (ShapeError, ValueError):
        return False
