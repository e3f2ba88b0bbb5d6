"""A whole document judged: its steps in order, each with its verdict and what belongs to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from chainrule.algebra.expressions import Expression
from chainrule.checking.judging.choice import judged
from chainrule.checking.judging.counterexamples import Counterexample
from chainrule.checking.judging.repair import Diagnosis, diagnoses
from chainrule.checking.judging.verdicts import Judgement, Verdict
from chainrule.checking.meaning.systems import System
from chainrule.checking.message import Message, Refused
from chainrule.checking.parsing.problems import Span
from chainrule.checking.parsing.syntax import Block, Document, Node
from chainrule.checking.patience import TooMuch, at_most
from chainrule.checking.preparing.prepared import prepared
from chainrule.derivation.setting import Setting

__all__ = ["Report", "Step", "check_document"]

SECONDS = 1.2  # for the verdicts, ten times what a page takes


@dataclass(frozen=True)
class Step:
    """One link of a document's chains, judged.

    Attributes
    ----------
    block, link : int
        Counted as in the document: displayed formulas from 1, links from 1 through each.
    line : int
        Of the file, from 1.
    source : str
        The link as it was written.
    verdict : str
        ``correct``, ``convention``, ``wrong`` or ``unreadable``.
    granted : tuple of str
        The conventions that make it right.
    mistakes : tuple of str
        The likely slips, the likeliest first; of an unlikely one nothing is said.
    is_carried : bool
        Whether this only carries on what was wrong in the line before.
    reason : Message, optional
        Why it is not understood, or cannot be right as it stands.
    place : Span, optional
        Of what is not understood, in the source of its block.
    counterexample : Counterexample, optional
        Numbers for which the two sides differ.
    right : Expression, optional
        What the right side would have to be, in the author's own letters; where the slip is on the left, the equation.
    repaired : Node, optional
        The same as the author would write it, where a repair of what was written is enough for it.
    tag : str
        The line of the table that a wrong step breaks, if one is known.
    """

    block: int
    link: int
    line: int
    source: str
    verdict: Verdict
    granted: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    is_carried: bool = False
    reason: Message | None = None
    place: Span | None = None
    counterexample: Counterexample | None = None
    right: Expression | None = None
    repaired: Node | None = None
    tag: str = ""


@dataclass(frozen=True)
class Report:
    """The verdicts on a document.

    Attributes
    ----------
    file : str
        Its name.
    document : Document
        As it was read.
    steps : tuple of Step
        In order.
    system : System, optional
        How its definitions were understood: the author's symbols with their shapes.
    assumed : Setting, optional
        What of it the document does not say is this network's.
    """

    file: str
    document: Document
    steps: tuple[Step, ...]
    system: System | None
    assumed: Setting | None = None

    @property
    def first_wrong(self) -> Step | None:
        """The first wrong step."""
        return next((step for step in self.steps if step.verdict == "wrong"), None)


def check_document(document: Document, file: str = "", assumed: Sequence[Setting] = ()) -> Report:
    """Judge every step of a document.

    Parameters
    ----------
    document : Document
        As it was read.
    file : str
        Its name, for the report.
    assumed : sequence of Setting
        The networks that it may speak of if it does not say, the likeliest first.

    Returns
    -------
    Report
        Where a document can be understood in several ways, in the one in which most of it is right. Of a very long
        one, the last steps are left unreadable.

    Raises
    ------
    InputError
        When it defines more than can be understood.
    """
    document = prepared(document)
    with at_most(SECONDS):
        try:
            found = judged(document, assumed)
        except TooMuch as error:
            raise Refused("too-much", source=file or "text") from error
    if found is None:
        return Report(file, document, (), None)
    reasons = zip(found.judgements, diagnoses(found.judgements, found.system), strict=True)
    steps = tuple(_step(judgement, why, document, found.system) for judgement, why in reasons)
    return Report(file, document, steps, found.system, found.assumed)


def _step(judgement: Judgement, found: Diagnosis, document: Document, system: System) -> Step:
    block = document.blocks[judgement.block - 1]
    return Step(
        judgement.block,
        judgement.link,
        block.line,
        _source(judgement, block),
        judgement.verdict,
        judgement.granted,
        found.mistakes,
        judgement.is_carried,
        judgement.reason,
        _without_space(judgement.place, block.source),
        found.counterexample,
        system.as_written(found.right) if found.right is not None else None,
        found.repaired,
        found.tag,
    )


def _without_space(place: Span | None, source: str) -> Span | None:
    """Return a place without the spaces, and marks of alignment, that it begins and ends with."""
    if place is None:
        return None
    seen = source[slice(*place)].strip("& \t\n")
    start = source.index(seen, place.start)
    return Span(start, start + len(seen))


def _source(judgement: Judgement, block: Block) -> str:
    """Return a link as it was written, its two sides and what is between them."""
    if judgement.sides is None:
        return block.source.strip()
    return block.source[judgement.sides[0].start : judgement.sides[1].end].strip()
