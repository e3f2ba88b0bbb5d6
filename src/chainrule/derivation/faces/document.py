"""A derivation as a document of headings, sentences, displayed steps and tables, for every face to render."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chainrule.algebra.boxes import Box, Equations
from chainrule.algebra.expressions import Comparison, Expression, Indicator, Symbol, as_expression
from chainrule.algebra.typeset import chain, shape_box, typeset
from chainrule.derivation.derive import Derivation, Section
from chainrule.derivation.faces.numbers import values_box
from chainrule.derivation.messages import Sentence, messages, sentence
from chainrule.derivation.setting import LOSS
from chainrule.derivation.steps import Step, factors_of

__all__ = ["Document", "Part", "Shown", "Table", "document_of"]


@dataclass(frozen=True)
class Shown:
    """A step on display.

    Attributes
    ----------
    tag : str
        The table's, such as B2.
    title : str
        The rule's name; of a brief derivation nothing.
    why : Sentence
        Why it holds; of a brief derivation nothing.
    formula : Equations
    shapes : tuple of (Box, Box)
        What stands in the formula and its shape, the left side first.
    values : Equations, optional
        What stands in the formula in numbers, the left side first.
    """

    tag: str
    title: str
    why: Sentence
    formula: Equations
    shapes: tuple[tuple[Box, Box], ...]
    values: Equations | None


@dataclass(frozen=True)
class Table:
    """Rows of cells below a header."""

    header: tuple[str, ...]
    rows: tuple[tuple[Sentence, ...], ...]


@dataclass(frozen=True)
class Part:
    """What stands under one heading; its anchor is its name among the others."""

    anchor: str
    heading: Sentence
    blocks: tuple[Shown | Table, ...]


@dataclass(frozen=True)
class Document:
    """A derivation, ready to be rendered.

    Attributes
    ----------
    language : str
    words : mapping of str to str
        What a face has to say itself, such as "shapes".
    title : str
    about : tuple of Sentence
        Paragraphs: what is derived, under which conventions.
    parts : tuple of Part
    """

    language: str
    words: Mapping[str, str]
    title: str
    about: tuple[Sentence, ...]
    parts: tuple[Part, ...]


def document_of(derivation: Derivation) -> Document:
    """Return a derivation's document: the network, quantity by quantity the way unless it is brief, and the results."""
    words = messages(derivation.language)["words"]
    network = Part("network", (words["network"],), tuple(_shown(derivation, step) for step in derivation.network))
    symbols = () if derivation.brief else (_symbols(derivation),)
    way = () if derivation.brief and not derivation.points else _way(derivation)
    parts = (network, *symbols, *way, _results(derivation))
    return Document(derivation.language, words, words["title"], tuple(_about(derivation)), parts)


def _about(derivation: Derivation) -> Iterator[Sentence]:
    """Yield paragraphs: what the loss is taken of, the conventions of the formulas, and how far to trust them."""
    setting = derivation.setting
    said = messages(derivation.language)["setting"]
    last, y_hat = setting.z(setting.depth), setting.at(setting.y_hat, None)
    terms: dict[str, Expression] = {"X": setting.a(0), "m": Symbol("m"), "L": LOSS, "s": setting.s, "sample": y_hat}
    terms |= {"lambda": Symbol("lambda"), "slope": as_expression(setting.negative_slope)}
    terms["indicator"] = Indicator(Comparison(setting.z(1) if setting.hidden else last, ">", as_expression(0)))
    boxes = _boxes(derivation, terms) | {"n": derivation.notation.index("n")}

    loss = [f"{setting.layout}_{'batch' if setting.batch else 'one'}"]
    loss += [setting.average] if setting.batch else []
    loss += ["penalty"] if setting.penalty != "none" else []
    conventions = ["shapes"]
    conventions += ["samples"] if setting.batch and setting.output == "softmax" else []
    conventions += ["indicator", setting.activation] if setting.hidden and setting.activation in said else []
    for names in [loss] if derivation.brief else [loss, conventions, ["checked"]]:
        yield sentence(said["between"].join(said[name] for name in names), boxes)


def _boxes(derivation: Derivation, terms: Mapping[str, Expression]) -> dict[str, Box]:
    return {name: typeset(term, derivation.notation) for name, term in terms.items()}


def _way(derivation: Derivation) -> Iterator[Part]:
    for section in derivation.sections:
        heading = _title(derivation, section), typeset(section.answer.left, derivation.notation)
        yield Part(section.quantity, heading, tuple(_shown(derivation, step) for step in section.steps))


def _title(derivation: Derivation, section: Section) -> str:
    said = messages(derivation.language)
    name = section.quantity.removeprefix("d")
    titles = said["quantities"]
    title: str = titles[name] if name in titles else titles[name[0]].format(l=name[1:])
    return title + said["words"]["colon"]


def _shown(derivation: Derivation, step: Step) -> Shown:
    notation = derivation.notation
    condition = typeset(step.condition, notation) if step.condition else None
    formula = chain(step.left, step.chain, notation, condition)
    values = values_box(step, derivation)
    if derivation.brief:
        return Shown(step.tag, "", (), formula, (), values)
    rule = messages(derivation.language)["rules"][step.rule]
    why = sentence(rule["why"], _boxes(derivation, step.terms))
    return Shown(step.tag, rule["title"], why, formula, tuple(_shapes(derivation, step)), values)


def _shapes(derivation: Derivation, step: Step) -> Iterator[tuple[Box, Box]]:
    """Yield the left side of a step of matrices, and what its first form is put together of, each with its shape."""
    form = step.chain[0]
    parts = [step.left, *(part for part in factors_of(form) if part != form)]
    if not all(part.shape.is_scalar for part in parts):
        for part in parts:
            yield typeset(part, derivation.notation), shape_box(part.shape, derivation.notation)


def _symbols(derivation: Derivation) -> Part:
    """Return what the symbols mean, and their shapes."""
    setting, notation = derivation.setting, derivation.notation
    words, meanings = (messages(derivation.language)[name] for name in ("words", "symbols"))
    targets = "Y" if setting.output == "softmax" else "Y_logistic"
    named: list[tuple[Symbol, str, int]] = [(setting.a(0), "X", 0), (setting.y, targets, 0)]
    for l in setting.layers:
        last = l == setting.depth
        named += [(setting.W(l), "W", l), (setting.b(l), "b", l), (setting.z(l), "z_last" if last else "z", l)]
        named += [(setting.y_hat, "y_hat", l) if last else (setting.a(l), "a", l)]
    named += [(setting.s, "s", 0)] if setting.batch and setting.average == "weights" else []
    rows = tuple(
        (
            (typeset(symbol, notation),),
            (meanings[key].format(l=l),),
            (shape_box(symbol.shape, notation),),
        )
        for symbol, key, l in named
    )
    return Part("symbols", (words["symbols"],), (Table((words["symbol"], words["meaning"], words["shape"]), rows),))


def _results(derivation: Derivation) -> Part:
    """Return what each quantity comes to."""
    words, notation = messages(derivation.language)["words"], derivation.notation
    answers = [section.answer for section in derivation.sections]
    rows = tuple(
        (
            (typeset(answer.left, notation),),
            (typeset(answer.chain[-1], notation),),
            (shape_box(answer.left.shape, notation),),
        )
        for answer in answers
    )
    return Part("results", (words["results"],), (Table((words["quantity"], words["formula"], words["shape"]), rows),))
