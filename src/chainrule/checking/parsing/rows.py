"""The rows of a formula: where one ends, and where what looks like an end goes on."""

from collections.abc import Callable, Iterator, Sequence

from chainrule.checking.parsing import signs
from chainrule.checking.parsing.tokens import Token, pairs_of

__all__ = ["outside", "relates", "rows_of"]

_SYSTEMS = {"cases", "dcases", "array"}
_OPENING = {"(", "[", r"\{", "{", "⟨", "∑", "∂", "∇", "√", "frac", "|", "‖"}
_CLOSING = {")", "]", "}", r"\}", "|", "‖", "′"}
_OPERANDS = {"number", "letter", "accent", "begin"}
_MARKS = {"*", "⋆", "†"}
_LONGEST_LABEL = 6


def rows_of(tokens: Sequence[Token], end: int) -> Iterator[tuple[list[Token], int]]:
    """Yield the rows of a formula, its lines and what follows an arrow, each with the place where it ends.

    The labels of the rows are left out: ``(3)`` after a wide space, or before one.
    """
    tokens = _joined(_without_systems(tokens))
    start = 0
    for at in outside(tokens):
        if tokens[at].kind == "row" or tokens[at].text == "⇒":
            yield _without_labels(tokens[start:at]), tokens[at].start
            start = at + 1
    yield _without_labels(tokens[start:]), end


def _without_labels(row: list[Token]) -> list[Token]:
    ends = [at for at, token in enumerate(row) if token.kind in {"quad", "text"} or token.text in {",", "."}]
    if ends and _is_label(row[ends[-1] + 1 :]):
        row = row[: ends[-1]]
    if ends and _is_label(row[: ends[0]]):
        row = row[ends[0] :]
    return row


def outside(tokens: Sequence[Token]) -> Iterator[int]:
    """Yield where the tokens are that stand in no brackets and in no table."""
    pairs = pairs_of(tokens)
    at = tables = 0
    while at < len(tokens):
        tables += (tokens[at].kind == "begin") - (tokens[at].kind == "close")
        if not tables and at not in pairs:
            yield at
        at = pairs.get(at, at) + 1


def relates(token: Token) -> bool:
    """Say whether this is the sign of a relation."""
    return token.kind == "sign" and token.text in signs.RELATIONS


def _is_label(tokens: Sequence[Token]) -> bool:
    """Say whether this is a number in parentheses, such as (3), (BP1) and (ii), or a star."""
    if len(tokens) < 3 or (tokens[0].text, tokens[-1].text) != ("(", ")") or len(tokens) > _LONGEST_LABEL:
        return False
    inner = tokens[1:-1]
    marks = all(token.text in _MARKS for token in inner)
    roman = len(inner) > 1 and all(token.text in {"i", "v", "x"} for token in inner)
    known = all(token.kind in {"number", "letter"} or token.text == "." for token in inner)
    return marks or roman or (known and any(token.kind == "number" for token in inner))


def _joined(tokens: list[Token]) -> list[Token]:
    r"""Drop the line ends and wide spaces that go through the middle of a formula.

    ``a + \\ b``, ``\\ + b`` and ``= \quad b`` go on; so does a row that begins with a minus and has no relation, and
    after a relation what has none, unless it is a condition or a label: ``= A \quad B``.
    """
    joined: list[Token] = []
    ahead = _Ahead(tokens)
    has_relation = False
    for at, token in enumerate(tokens):
        has_relation = has_relation or relates(token)
        is_end = joined and at in ahead.outside and token.kind in {"row", "quad"}
        if not is_end or not _goes_on(joined[-1], ahead, at, after_relation=has_relation):
            joined.append(token)
    return joined


class _Ahead:
    """What comes from each token on, outside brackets and tables.

    Attributes
    ----------
    tokens : list of Token
        All of them.
    outside : set of int
        Where those are that stand in no brackets and in no table.
    """

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.outside = set(outside(tokens))
        self._something = self._next(lambda at: tokens[at].kind not in {"row", "quad"})
        self._relation = self._next(lambda at: at in self.outside and relates(tokens[at]))
        self._row = self._next(lambda at: at in self.outside and tokens[at].kind == "row")
        self._end = self._next(lambda at: at in self.outside and self._separates(at))

    def _next(self, wanted: Callable[[int], bool]) -> list[int]:
        found = [len(self.tokens)] * (len(self.tokens) + 1)
        for at in range(len(self.tokens) - 1, -1, -1):
            found[at] = at if wanted(at) else found[at + 1]
        return found

    def _separates(self, at: int) -> bool:
        token = self.tokens[at]
        if token.kind == "quad":
            return not relates(self.tokens[self.after(at)])
        return token.kind in {"row", "text"} or token.text in {",", ";", "⇒"}

    def after(self, at: int) -> int:
        """Return where the first token is, from one on, that is no line end or wide space."""
        return min(self._something[at], len(self.tokens) - 1)

    def row_relates(self, at: int) -> bool:
        """Say whether the rest of the row has a relation."""
        return self._relation[at] < self._row[at]

    def segment(self, at: int) -> list[Token]:
        """Return what comes before the next comma, wide space, line end or words."""
        return self.tokens[at : self._end[at]]

    def relates(self, at: int) -> bool:
        """Say whether there is a relation before the next comma, wide space, line end or words."""
        return self._relation[at] < self._end[at]


def _goes_on(before: Token, ahead: _Ahead, at: int, *, after_relation: bool) -> bool:
    """Say whether what stands before a line end or wide space goes on after it."""
    wide = ahead.tokens[at].kind == "quad"
    at = ahead.after(at)
    after = ahead.tokens[at]
    if _joins(before) or relates(before):
        return True
    if relates(after):
        return wide
    if _joins(after):
        return after.text != "-" or wide or not ahead.row_relates(at)
    return after_relation and _ends(before) and _begins(after) and not ahead.relates(at) and not _is_aside(ahead, at)


def _joins(token: Token) -> bool:
    return token.kind == "sign" and token.text in {"+", "-", "/", *signs.OPERATORS}


def _ends(token: Token) -> bool:
    return token.kind in {"number", "letter", "close"} or (token.kind == "sign" and token.text in _CLOSING)


def _begins(token: Token) -> bool:
    is_function = token.kind == "word" and token.text in signs.FUNCTIONS
    return is_function or token.kind in _OPERANDS or (token.kind == "sign" and token.text in _OPENING)


def _is_aside(ahead: _Ahead, at: int) -> bool:
    """Say whether a condition in brackets comes, words or a label."""
    segment = ahead.segment(at)
    in_brackets = pairs_of(segment).get(0) == len(segment) - 1
    is_said = in_brackets and any(relates(token) or token.kind == "text" for token in segment)
    return is_said or _is_label(segment)


def _without_systems(tokens: Sequence[Token]) -> list[Token]:
    """Take the environment off equations that it only holds together."""
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        first = not kept or kept[-1].kind in {"row", "quad"} or kept[-1].text in {",", ";"}
        close = _closed(tokens, at) if token.kind == "begin" and token.text in _SYSTEMS and first else at
        rows = tokens[at + 1 : close]
        if _is_system(rows):
            kept += [each._replace(kind="quad") if each.kind == "cell" else each for each in rows]
            at = close
        else:
            kept.append(token)
        at += 1
    return kept


def _closed(tokens: Sequence[Token], start: int) -> int:
    """Return where the table that begins here is closed."""
    depth = 0
    for at in range(start, len(tokens)):
        depth += (tokens[at].kind == "begin") - (tokens[at].kind == "close")
        if depth == 0:
            return at
    return start


def _is_system(rows: Sequence[Token]) -> bool:
    """Say whether the first row is an equation: its sign stands before, or right after, the first ``&``."""
    for at, token in enumerate(rows):
        if token.kind in {"row", "cell"}:
            return token.kind == "cell" and at + 1 < len(rows) and relates(rows[at + 1])
        if relates(token):
            return True
    return False
