"""What is said of a step: sentences with formulas in them."""

from collections.abc import Iterator, Mapping
from math import isinf, isnan
from typing import Any, NamedTuple

from chainrule.algebra.boxes import Atom, Box, Row
from chainrule.algebra.expressions import Shape
from chainrule.algebra.notation import Notation
from chainrule.algebra.typeset import shape_box
from chainrule.checking.check import Report, Step
from chainrule.checking.faces.shown import right_of
from chainrule.checking.faces.written import Hand, written
from chainrule.checking.judging.counterexamples import Counterexample
from chainrule.checking.meaning.symbols import Symbols
from chainrule.checking.parsing.problems import NotUnderstood, Span
from chainrule.checking.parsing.statements import chains_of
from chainrule.checking.parsing.syntax import Relation
from chainrule.derivation.messages import Sentence, messages, sentence

__all__ = ["MARKS", "Saying", "counts_of", "number_of", "said_of", "said_of_assumed", "shapes_boxes", "spot_of"]

MARKS = {"correct": "✓", "convention": "≈", "wrong": "✗", "unreadable": "?"}


class Saying(NamedTuple):
    """A sentence; its `kind` is ``why``, ``example``, ``right`` or ``tag``."""

    kind: str
    sentence: Sentence


def counts_of(report: Report) -> dict[str, int]:
    """Return how many steps have each verdict."""
    return {verdict: sum(step.verdict == verdict for step in report.steps) for verdict in MARKS}


def number_of(step: Step, report: Report) -> str:
    """Return 7, or 7.2 for the second link of a block with several."""
    is_alone = sum(other.block == step.block for other in report.steps) == 1
    return str(step.block) if is_alone and step.link == 1 else f"{step.block}.{step.link}"


def said_of(step: Step, report: Report, notation: Notation, language: str) -> Iterator[Saying]:
    """Yield what there is to say of a step; of a correct one nothing."""
    told = messages(language, "checking")
    says, words = told["says"], told["words"]
    if step.verdict == "convention":
        yield Saying("why", _granted(step, told))
    elif step.reason and step.verdict == "unreadable":
        yield Saying("why", (says["reason"].format(reason=step.reason.told(language)),))
    elif step.verdict == "wrong":
        yield from (Saying("why", (slip,)) for slip in _slips(step, told))
        if step.reason:
            yield Saying("example", (says["misfit"].format(reason=step.reason.told(language)),))
        if step.counterexample is not None:
            yield Saying("example", _example(step.counterexample, notation, language))
        if (right := right_of(step, report, notation)) is not None:
            yield Saying("right", (says["right"], words["colon"], right))
        if step.tag:
            yield Saying("tag", (says["tag"].format(tag=step.tag, equation=told["tags"].get(step.tag, "")),))


def said_of_assumed(report: Report, language: str) -> str:
    """Return what was assumed of the network, where the document does not define it."""
    setting = report.assumed
    if setting is None:
        return ""
    told = messages(language, "checking")
    said = told["assumed"]
    samples = said[("rows" if setting.layout == "rows" else "columns") if setting.batch else f"one_{setting.layout}"]
    choices = [
        said["layers"].format(count=setting.hidden),
        *([said["activation"].format(name=said[setting.activation])] if setting.hidden else []),
        said["output"].format(name=said[setting.output]),
        samples,
        said["none" if setting.penalty == "none" else "penalty"],
    ]
    return str(said["sentence"].format(choices=told["words"]["comma"].join(choices)))


def spot_of(place: Span, source: str, language: str) -> str:
    """Return where in a formula something is not understood, for who does not see a mark there."""
    says = messages(language, "checking")["says"]
    spot = " ".join(source[slice(*place)].split())
    return str(says["spot"].format(spot=spot, at=place.start + 1) if spot else says["spot_end"])


def _granted(step: Step, told: Mapping[str, Any]) -> Sentence:
    """Return which conventions make a step right, each with the formula that it makes of the author's."""
    words = told["words"]
    pieces: list[str | Box] = []
    for grant in step.granted:
        name = max((name for name in told["grants"] if grant.startswith(name)), key=len, default="")
        formula = _formula(grant.removeprefix(name).strip())
        pieces += [words["semicolon"]] if pieces else []
        pieces += [told["grants"].get(name, ""), *((words["colon"], formula) if formula and name else (formula,))]
    before, after = told["says"]["granted"].split("{grants}")
    return (before, *(piece for piece in pieces if piece), after)


def _formula(source: str) -> str | Box:
    """Return a formula as it is written, or as a box if it can be read."""
    try:
        (chain,) = chains_of(source)
    except (NotUnderstood, ValueError):
        return source
    return written(Relation(chain.members, chain.signs) if chain.signs else chain.members[0], Hand(source, Symbols()))


def _slips(step: Step, told: Mapping[str, Any]) -> list[str]:
    """Return what made a step wrong, as far as it is known."""
    carried = [told["says"]["carried"]] if step.is_carried else []
    slips = [told["slips"].get(mistake, mistake) for mistake in step.mistakes]
    return [*carried, *slips] or [told["says"]["unexplained"]]


def _example(found: Counterexample, notation: Notation, language: str) -> Sentence:
    told = messages(language, "checking")
    if found.shapes is not None:
        kind, at = ("shapes", "shapes_at") if len(found.shapes[0]) == 1 else ("shapes_apart", "shapes_apart_at")
        written, right = shapes_boxes(found.shapes, notation)
    else:
        kind, at = ("scalars", "counterexample")
        written, right = (_number(value, told["words"]["no_value"]) for value in (found.written, found.right))
    sides = {"written": written, "right": right}
    if not found.indices:
        return sentence(told["says"][kind], sides)
    places = [_place(name, value, notation, language) for name, value in found.indices]
    comma = Atom(",", "punctuation")
    _, *indices = (item for place in places for item in (comma, place))
    return sentence(told["says"][at], {**sides, "indices": Row(tuple(indices))})


def shapes_boxes(shapes: tuple[tuple[Shape, ...], Shape], notation: Notation) -> tuple[Box, Box]:
    """Return the shape that is written, or those of parts that do not fit together, and the one that is right."""
    written, right = shapes
    comma = Atom(",", "punctuation")
    _, *parts = (item for shape in written for item in (comma, shape_box(shape, notation)))
    return Row(tuple(parts)), shape_box(right, notation)


def _place(name: str, value: int, notation: Notation, language: str) -> Box:
    """Return j = 2, or row = 2 where the line has no letter for it."""
    words = messages(language, "checking")["words"]
    letter = Atom(words[name], "text") if name in ("row", "column") else notation.index(name)
    return Row((letter, Atom("=", "operator"), Atom(str(value), "number")))


def _number(value: float, nothing: str) -> Box:
    if isnan(value):
        return Atom(nothing, "text")
    number = Atom("∞" if isinf(value) else f"{abs(value):.4g}", "number")
    return Row((Atom("−", "prefix"), number)) if value < 0 else number
