"""That no wrong line is blessed and no true one blamed: true lines and their corruptions, in random letters.

Every line is judged as a reader would write it; whether it holds is told by the derivation's own equations, at points
of other sizes. Slips that no expression can say are made in the text: limits of sums, transposes that do not conform,
cases that are said to have ended; and penalties are sums over the layers now and then. Run it with the number of
papers, 150 by default, and a seed.
"""

import random
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from miswritten import is_blessed, miswritten, verdict_of
from rendered import Line, Paper, corrupted, is_true, random_paper, verdict_on

MOST_A_LINE = 12
MOST_SHOWN = 12
Made = TypeVar("Made")


@dataclass
class Counts:
    """What was judged how, and what should not have happened."""

    true: Counter[str] = field(default_factory=Counter)
    corrupted: Counter[str] = field(default_factory=Counter)
    miswritten: Counter[str] = field(default_factory=Counter)
    blessed: list[tuple[object, ...]] = field(default_factory=list)
    blamed: list[tuple[object, ...]] = field(default_factory=list)

    def judge(self, line: Line, paper: Paper, draw: random.Random) -> None:
        """Judge a true line, its corruptions, and what becomes of it in the text."""
        judgement = verdict_on(line.source, paper)
        verdict = judgement.verdict if judgement else "none"
        self.true[verdict] += 1
        if judgement is None or verdict in ("wrong", "unreadable"):
            self.blamed.append((line.source, str(judgement.reason) if judgement else ""))
        for slip, formula, source in some(corrupted(paper, line), draw):
            judgement = verdict_on(source, paper)
            holds = is_true(formula, line, paper)
            verdict = judgement.verdict if judgement else "none"
            self.corrupted[f"{'still true' if holds else 'corrupted'}: {verdict}"] += 1
            if judgement and not holds and verdict in ("correct", "convention"):
                self.blessed.append((slip, source, judgement.granted))
        for each in some(miswritten(paper, line, draw), draw):
            judgement = verdict_of(each, paper)
            verdict = judgement.verdict if judgement else "none"
            self.miswritten[f"{each.slip}, {'still true' if each.holds else 'miswritten'}: {verdict}"] += 1
            if judgement and is_blessed(each, judgement):
                self.blessed.append((each.slip, each.text, judgement.granted))


def some(made: Iterable[Made], draw: random.Random) -> list[Made]:
    """Return as many as are judged of a line."""
    every = list(made)
    return draw.sample(every, min(len(every), MOST_A_LINE))


def main(papers: int = 150, seed: int = 0) -> int:
    """Print the counts, and what should not have happened."""
    draw = random.Random(seed)  # noqa: S311
    counts = Counts()
    refused = 0
    for _ in range(papers):
        paper = random_paper(draw)
        refused += paper is None
        for line in paper.lines if paper is not None else ():
            counts.judge(line, paper, draw)
    print(f"{papers} papers, {refused} not understood")
    print("true lines:", dict(counts.true))
    print("corruptions:", dict(counts.corrupted), "in all", counts.corrupted.total())
    print("miswritten:", dict(sorted(counts.miswritten.items())), "in all", counts.miswritten.total())
    for title, cases in (("blessed", counts.blessed), ("blamed", counts.blamed)):
        print(f"{title}: {len(cases)}")
        for case in cases[:MOST_SHOWN]:
            print("  ", *case)
    return len(counts.blessed)


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
