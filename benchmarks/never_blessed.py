"""That no wrong line is blessed and no true one blamed: true lines and their corruptions, in random letters.

Every line is judged as a reader would write it; whether it holds is told by the derivation's own equations, at points
of other sizes. Run it with the number of papers, 150 by default, and a seed.
"""

import random
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from rendered import corrupted, is_true, random_paper, verdict_on

MOST_A_LINE = 12
MOST_SHOWN = 12


def main(papers: int = 150, seed: int = 0) -> int:
    """Print the counts, and what should not have happened."""
    draw = random.Random(seed)  # noqa: S311
    true, wrong, blessed, blamed = Counter[str](), Counter[str](), [], []
    refused = 0
    for _ in range(papers):
        paper = random_paper(draw)
        if paper is None:
            refused += 1
            continue
        for line in paper.lines:
            judgement = verdict_on(line.source, paper)
            verdict = judgement.verdict if judgement else "none"
            true[verdict] += 1
            if judgement is None or verdict in ("wrong", "unreadable"):
                blamed.append((line.source, str(judgement.reason) if judgement else ""))
            made = list(corrupted(paper, line))
            for slip, formula, source in draw.sample(made, min(len(made), MOST_A_LINE)):
                judgement = verdict_on(source, paper)
                holds = is_true(formula, line, paper)
                verdict = judgement.verdict if judgement else "none"
                wrong[f"{'still true' if holds else 'corrupted'}: {verdict}"] += 1
                if judgement and not holds and verdict in ("correct", "convention"):
                    blessed.append((slip, source, judgement.granted))
    print(f"{papers} papers, {refused} not understood")
    print("true lines:", dict(true))
    print("corruptions:", dict(wrong), "in all", wrong.total())
    for title, cases in (("blessed", blessed), ("blamed", blamed)):
        print(f"{title}: {len(cases)}")
        for case in cases[:MOST_SHOWN]:
            print("  ", *case)
    return len(blessed)


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
