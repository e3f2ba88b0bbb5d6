"""How often the slips in a wrong line are named rightly: lines of true derivations with one and two slips in them.

A missing transpose beside another slip need not be told: factors are put in order before a slip is looked for.
Each derivation is of a random network in a random notation and layout; its gradients are written with the gradients
they are made of put in, or left as they are. A corruption that leaves a line true is not counted.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from chainrule.algebra.expressions import Derivative, Expression, Index, Ones, Shape, Symbol
from chainrule.algebra.latex import latex
from chainrule.algebra.typeset import typeset
from chainrule.checking.check import check_document
from chainrule.checking.judging.edits import SLIPS
from chainrule.checking.parsing.documents import read_text
from chainrule.derivation.derive import Derivation, derivation_of
from chainrule.derivation.setting import LOSS, Setting
from corruptions import Statement, corruptions

NAMES = ({}, {"a1": "h"}, {"y_hat": "p"}, {"y_hat": r"\beta", "Y": "t"}, {"z1": "u", "a1": "v"})
# A wrong symbol within σ' is a wrong derivative of the activation too, and ∂L/∂a in the place of ∂L/∂z a missing one.
ALIKE = {
    "wrong-power": {"wrong-power", "wrong-activation-derivative"},
    "wrong-input": {"wrong-input", "wrong-activation-derivative", "missing-activation-derivative"},
}
LINES = 6  # wrong ones in a document: they share the time that a search for slips has
STYLES = ("W_1", "W^{[1]}", "W^{(1)}")


class Square(Setting):
    """A network whose dimensions are all one: in it a product conforms in any order, as on paper."""

    @property
    def widths(self) -> tuple[str, ...]:  # type: ignore[override]
        """d_0 … d_L, all m."""
        return ("m",) * (self.depth + 1)


def squared(value: Any) -> Any:
    """Return an expression with m for every dimension that is not 1."""
    if isinstance(value, Shape):
        return Shape(*(dimension if dimension == 1 else "m" for dimension in value))
    if isinstance(value, tuple):
        return tuple(map(squared, value))
    if isinstance(value, Index):
        return Index(value.name, "m")
    if not isinstance(value, Expression):
        return value
    return replace(value, **{field.name: squared(getattr(value, field.name)) for field in fields(value)})


def put_in(value: Any, answers: dict[Expression, Expression], draw: random.Random) -> Any:
    """Return an expression in which some gradients are replaced by what they come to."""
    if isinstance(value, tuple):
        return tuple(put_in(item, answers, draw) for item in value)
    if not isinstance(value, Expression) or isinstance(value, Symbol | Ones | Index):
        return value
    if isinstance(value, Derivative):
        return put_in(answers[value], answers, draw) if value in answers and draw.random() < 0.7 else value
    return replace(value, **{field.name: put_in(getattr(value, field.name), answers, draw) for field in fields(value)})


def random_derivation(draw: random.Random) -> Derivation:
    setting = Setting(
        hidden=draw.choice((1, 1, 2, 3)),
        activation=draw.choice(("relu", "logistic", "tanh")),
        layout=draw.choice(("rows", "columns")),
        average=draw.choice(("mean", "sum")),
        penalty=draw.choice(("lambda/2m", "none")),
    )
    return derivation_of(setting, style=draw.choice(STYLES), names=draw.choice(NAMES))


def statements(derivation: Derivation, draw: random.Random) -> Iterator[Statement]:
    setting = derivation.setting
    square = Square(**{field.name: getattr(setting, field.name) for field in fields(Setting)})
    answers = {section.answer.left: section.answer.chain[-1] for section in derivation.sections[2:]}
    for left, right in answers.items():
        if isinstance(left, Derivative) and left.of == LOSS:
            yield Statement(square, squared(left), squared(put_in(right, answers, draw)))


def document(derivation: Derivation, lines: list[tuple[Expression, Expression]]) -> str:
    def written(expression: Expression) -> str:
        return latex(typeset(expression, derivation.notation))

    steps = [step for step in derivation.network if step.rule != "softmax_entries"]
    network = [f"$${written(step.left)} = {written(step.chain[0])}$$" for step in steps]
    claims = [f"$${written(left)} = {written(right)}$$" for left, right in lines]
    return "\n\n".join(network + claims)


def wrong_lines(derivation: Derivation, draw: random.Random) -> Iterator[tuple[Statement, tuple[str, ...], Expression]]:
    """Yield lines with one slip in them and with a second one: what was true, the slips, what was written."""
    for statement in statements(derivation, draw):
        single = [c for c in corruptions(statement) if c.slip in SLIPS]
        for first in draw.sample(single, min(2, len(single))):
            if first.formula is None:
                continue
            yield statement, (first.slip,), first.formula
            again = [c for c in corruptions(statement._replace(right=first.formula)) if c.slip in SLIPS]
            again = [c for c in again if c.formula is not None and c.slip != first.slip]
            if again and (second := draw.choice(again)).formula is not None:
                yield statement, (first.slip, second.slip), second.formula


def is_named(slips: tuple[str, ...], mistakes: tuple[str, ...]) -> bool:
    hidden = {"missing-transpose"} if len(slips) > 1 else set()
    return all(not ALIKE.get(slip, {slip}).isdisjoint(mistakes[: len(slips)]) for slip in slips if slip not in hidden)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--derivations", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", action="store_true", help="print the lines whose slips are not named")
    options = parser.parse_args()
    draw = random.Random(options.seed)  # noqa: S311
    counts: Counter[tuple[str, str]] = Counter()
    for _ in range(options.derivations):
        derivation = random_derivation(draw)
        lines = list(wrong_lines(derivation, draw))
        for wrong in (lines[first : first + LINES] for first in range(0, len(lines), LINES)):
            text = document(derivation, [(statement.left, formula) for statement, _, formula in wrong])
            steps = check_document(read_text(text)).steps
            for (_, slips, _), step in zip(wrong, steps[-len(wrong) :], strict=True):
                kind = "single" if len(slips) == 1 else "double"
                counts[kind, step.verdict] += 1
                named = step.verdict == "wrong" and is_named(slips, step.mistakes)
                counts[kind, "named"] += named
                if options.verbose and step.verdict == "wrong" and not named:
                    print(slips, step.mistakes, step.reason, "|", step.source)
    for (kind, what), count in sorted(counts.items()):
        print(f"{kind:7} {what:12} {count}")
    for kind in ("single", "double"):
        print(f"{kind}: {counts[kind, 'named'] / max(counts[kind, 'wrong'], 1):.1%} of the wrong ones named rightly")


if __name__ == "__main__":
    main()
