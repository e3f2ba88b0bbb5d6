"""The words in and around formulas, in the languages in which derivations come."""

from collections.abc import Iterable

__all__ = ["AFTERWARDS", "CONDITIONS", "EXPLANATIONS", "JOINTS", "OTHERWISE", "WORDS", "starts_with"]

# Those that say when, of which some may say what; those that end what was said of when; those that go on; those for the
# rest of the cases; and all that are words wherever they stand.
CONDITIONS = (
    "if", "for", "when", "where", "with", "whenever", "while", "given", "assuming", "provided", "since", "because",
    "当", "當", "若", "对", "對", "如果", "其中", "设", "設", "因", "已知",
)  # fmt: skip
EXPLANATIONS = ("where", "with", "given", "since", "because", "for", "其中", "设", "設", "已知", "因", "对", "對")
AFTERWARDS = ("时", "時", "的时候", "的時候", "的情况", "的情況", "的情形", "的地方")
JOINTS = (
    "and", "or", "so", "thus", "hence", "therefore", "then", "also", "next", "且", "和", "故", "所以", "因此", "则",
    "則", "即", "以及", "或", "从而", "于是",
)  # fmt: skip
OTHERWISE = ("otherwise", "else", "other", "其他", "其它", "否则", "否則", "其余", "其餘", "反之")
WORDS = frozenset({*CONDITIONS, *JOINTS, *OTHERWISE, "is", "are", "the", "all", "by", "of", "as", "on", "let", "Let"})


def starts_with(text: str, words: Iterable[str]) -> bool:
    """Say whether a text begins with one of these words."""
    first = text.lower().lstrip(" (,.;").split(" ")[0].rstrip(" ,.;:")
    return any(first == word or (not word.isascii() and text.startswith(word)) for word in words)
