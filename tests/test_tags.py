"""The table of equations, its reference, the compiled core and the derivations: one set of tags."""

import re
from pathlib import Path

import chainrule.network
from chainrule.derivation.code import numpy_module
from chainrule.derivation.derive import derivation_of
from chainrule.derivation.setting import Setting

TAGS = {"F1", "F2", "F3", "L1", "L2", "J1", "B1", "B2", "B3", "B4", "B5"}
# The Jacobian is on the reader's way from the loss to the gradients, and on no computer's.
COMPUTED = TAGS - {"J1"}
CORE = Path(__file__).parents[1] / "cpp"
DERIVATION = derivation_of(Setting(hidden=1, activation="tanh", penalty="lambda/2m"))


def comment_tags(source: str, mark: str) -> set[str]:
    """Return the tags in a source's comments, which go from a mark to the end of the line."""
    return {tag for comment in re.findall(f"{mark} (.*)", source) for tag in re.findall(r"\b[A-Z]\d\b", comment)}


def test_the_table() -> None:
    tags = re.findall(r"^([A-Z]\d) {2,}\S", chainrule.network.__doc__ or "", re.MULTILINE)
    assert sorted(tags) == sorted(TAGS)


def test_the_reference() -> None:
    assert comment_tags(Path(chainrule.network.__file__).read_text(encoding="utf-8"), "#") == TAGS


def test_the_core() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (*CORE.glob("*.cpp"), *CORE.glob("*.h"))]
    assert set[str]().union(*(comment_tags(source, "//") for source in sources)) == COMPUTED


def test_the_derivation() -> None:
    assert {tag for step in (*DERIVATION.network, *DERIVATION.steps) for tag in step.tag.split()} == TAGS


def test_the_code_of_a_derivation() -> None:
    assert comment_tags(numpy_module(DERIVATION), "#") == COMPUTED
