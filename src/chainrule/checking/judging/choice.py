"""In which of several ways a document is understood: the one in which most of it is right."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from chainrule.checking.judging.verdicts import Judgement, judge
from chainrule.checking.meaning.assumed import assumed_network, likely
from chainrule.checking.meaning.systems import System, systems_of
from chainrule.checking.parsing.syntax import Document
from chainrule.checking.preparing.negligible import NEGLIGIBLE, without_negligible
from chainrule.derivation.setting import Setting

__all__ = ["Choice", "judged"]

RIGHT = ("correct", "convention")


class Choice(NamedTuple):
    """A way to understand a document.

    Attributes
    ----------
    judgements : list of Judgement
        What is judged of it then.
    system : System
        The network.
    assumed : Setting, optional
        What of it the document does not say is this network's.
    """

    judgements: list[Judgement]
    system: System
    assumed: Setting | None


def judged(document: Document, assumed: Sequence[Setting] = ()) -> Choice | None:
    """Judge a document in the way in which most of it is right, if there is any.

    What is right only without an ε that keeps a logarithm from failing is so by convention.

    Parameters
    ----------
    document : Document
        Prepared.
    assumed : sequence of Setting
        The networks that it may speak of if it does not say, the likeliest first.
    """
    limit = without_negligible(document)
    best = _best(limit, assumed)
    if best is None or limit == document:
        return best
    strict = _best(document, assumed)
    as_written = {(each.block, each.link): each for each in strict.judgements} if strict else {}
    judgements = [_granted(each, as_written.get((each.block, each.link))) for each in best.judgements]
    return best._replace(judgements=judgements)


def _granted(judgement: Judgement, as_written: Judgement | None) -> Judgement:
    """Return what was judged without what is negligible: granted, unless it is right with it too."""
    if as_written is not None and as_written.verdict in RIGHT:
        return as_written
    if judgement.verdict not in RIGHT:
        return judgement
    return replace(judgement, verdict="convention", granted=(*judgement.granted, NEGLIGIBLE))


def _best(document: Document, assumed: Sequence[Setting]) -> Choice | None:
    ways = list(_ways(document, assumed))
    found = judge(document, [system for system, _ in ways])
    choices = (Choice(judgements, *way) for judgements, way in zip(found, ways, strict=True))
    return min(choices, key=_faults, default=None)


def _faults(choice: Choice) -> int:
    """Return how many steps are not right."""
    return sum(each.verdict not in RIGHT for each in choice.judgements)


def _ways(document: Document, assumed: Sequence[Setting]) -> Iterator[tuple[System, Setting | None]]:
    """Yield each network of which a document can speak, and what of it is assumed; one that it defines, once."""
    for setting in likely(document, assumed) or (None,):
        network = assumed_network(document, setting) if setting else ()
        systems = systems_of(document, network)
        needed = {id(chain) for system in systems for chain in system.equations.values()} & set(map(id, network))
        yield from ((system, setting if needed else None) for system in systems)
        if systems and not needed:
            return
