"""From a formula to what it states: chains of equations, and the conditions beside them."""

from dataclasses import dataclass, field

from chainrule.checking.parsing import signs
from chainrule.checking.parsing.lexer import tokens_of
from chainrule.checking.parsing.macros import Macros
from chainrule.checking.parsing.parser import Parser
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.syntax import Chain, Dots, Group, Name, Node, Numeral, Product, Relation, Scripted, Text
from chainrule.checking.parsing.tokens import Token
from chainrule.checking.parsing.words import CONDITIONS, JOINTS, starts_with

__all__ = ["chains_of"]


def chains_of(source: str, macros: Macros | None = None, offset: int = 0) -> tuple[Chain, ...]:
    """Return what a formula states.

    Parameters
    ----------
    source : str
        LaTeX or Unicode, without delimiters.
    macros : Macros, optional
        What the document has defined.
    offset : int
        Where the formula begins in what positions count from.

    Raises
    ------
    NotUnderstood
        Where it is not among what is read.
    """
    tokens = _joined(_without_systems(tokens_of(source, macros)))
    if offset:
        tokens = [Token(kind, text, start + offset, end + offset) for kind, text, start, end in tokens]
    return _Statements(Parser(tokens, offset + len(source))).read()


@dataclass
class _Draft:
    """A chain that is still being read."""

    start: int
    members: list[Node] = field(default_factory=list)
    signs: list[str] = field(default_factory=list)
    beside: list[Node] = field(default_factory=list)
    end: int = 0

    def chain(self) -> Chain:
        return Chain(tuple(self.members), tuple(self.signs), tuple(self.beside), start=self.start, end=self.end)


class _Statements:
    """Reads statement after statement.

    A relation that comes first goes on with the chain before; what follows a comma, a wide space or a new line is a
    statement of its own, unless it is a condition: after words such as "if", in parentheses, or about an index.
    """

    def __init__(self, parser: Parser) -> None:
        self.parser = parser
        self.chains: list[_Draft] = []
        self.waiting: list[Node] = []  # conditions that came before their chain
        self.conditional = False  # after "if", until something else begins
        self.begun = False  # whether this row has a chain

    def read(self) -> tuple[Chain, ...]:
        while self.parser.token.kind != "end":
            self._step()
        if self.waiting:
            if not self.chains:
                raise NotUnderstood("words-alone", self.waiting[0])
            self.chains[-1].beside += self.waiting
        return tuple(draft.chain() for draft in self.chains)

    def _step(self) -> None:
        parser = self.parser
        token = parser.token
        if token.kind in {"row", "quad"} or parser.is_next(",", ";", ".", ":", "⇒"):
            parser.take()
            if token.kind == "row" or token.text == "⇒":
                self.conditional = self.begun = False
            elif token.text == ":" or not self.begun:
                self.conditional = False
        elif token.kind == "text":
            self._words(parser.take())
        elif parser.is_next(*signs.RELATIONS):
            self._continued()
        elif parser.is_next("(") and parser.after().kind == "text":
            self._remark()
        elif self._is_label():
            for _ in range(3):
                parser.take()
        else:
            self._statement()

    def _words(self, token: Token) -> None:
        text = Text(token.text, start=token.start, end=token.end)
        if starts_with(token.text, CONDITIONS) or token.text.startswith("for all"):
            self.conditional = True
        elif starts_with(token.text, JOINTS) and not self.conditional:
            self.begun = False
            return
        self._beside(text)

    def _beside(self, *nodes: Node) -> None:
        """Put something beside the chain of this row, or of the one that is to come."""
        if self.begun and nodes:
            self.chains[-1].beside += nodes
            self.chains[-1].end = max(self.chains[-1].end, nodes[-1].end)
        else:
            self.waiting += nodes

    def _continued(self) -> None:
        """Read ``= b = c`` onto the chain before."""
        if not self.chains:
            self.parser.fail("nothing-before")
        self.begun, self.conditional = True, False
        self._members(self.chains[-1])

    def _members(self, draft: _Draft) -> None:
        while self.parser.is_next(*signs.RELATIONS):
            draft.signs.append(self.parser.take().text)
            draft.members.append(self._ranged(self.parser.sum(), draft.signs[-1]))
        draft.end = draft.members[-1].end

    def _ranged(self, node: Node, sign: str) -> Node:
        """Read on through ``1, …, m``."""
        items = [node]
        while sign == "=" and self.parser.is_next(",") and (len(items) > 1 or self._goes_on()) and len(items) < 5:
            self.parser.take()
            items.append(self.parser.sum())
            if len(items) > 1 and isinstance(items[-2], Dots):
                break
        return node if len(items) == 1 else Group(tuple(items), "", start=node.start, end=items[-1].end)

    def _goes_on(self) -> bool:
        """Say whether dots come after this comma, or after one more number."""
        return any(token.text == "…" for token in self.parser.ahead(4)[1:4:2])

    def _remark(self) -> None:
        """Read words in parentheses, and the relations in them."""
        parser = self.parser
        opening = parser.take()
        found: list[Node] = []
        while not parser.is_next(")"):
            token = parser.token
            if token.kind == "text":
                parser.take()
                found.append(Text(token.text, start=token.start, end=token.end))
            elif token.kind in {"end", "row"}:
                raise NotUnderstood("unclosed", opening, sign="(")
            elif token.kind == "quad" or parser.is_next(",", ";", "."):
                parser.take()
            else:
                found.append(parser.relation())
        parser.take()
        self._beside(*found)

    def _is_label(self) -> bool:
        """Say whether ``(3)`` comes and nothing else on this row."""
        opening, number, closing, after = self.parser.ahead(4)
        return (
            self.begun and (opening.text, number.kind, closing.text) == ("(", "number", ")")
            and after.kind in {"row", "end"}
        )  # fmt: skip

    def _statement(self) -> None:
        parser = self.parser
        draft = _Draft(parser.token.start)
        draft.members.append(parser.sum())
        draft.end = draft.members[0].end
        if parser.is_next(*signs.RELATIONS):
            self._members(draft)
        condition = self._as_condition(draft)
        if condition is not None:
            self._beside(condition)
            return
        draft.beside += self.waiting
        self.waiting = []
        self.chains.append(draft)
        self.begun = True
        if aside := _trailing_condition(draft.members[-1]):
            draft.members[-1], beside = aside
            draft.beside.append(beside)

    def _as_condition(self, draft: _Draft) -> Node | None:
        """Return the relation that this is if it says when the rest holds."""
        only = draft.members[0]
        if self.begun and not draft.signs and isinstance(only, Group) and len(only.items) == 1:
            return only.items[0] if isinstance(only.items[0], Relation) else None
        relation = Relation(tuple(draft.members), tuple(draft.signs), start=draft.start, end=draft.end)
        if self.conditional:
            return relation if draft.signs else only
        return relation if self.begun and draft.signs and _is_about_an_index(relation) else None


def _is_about_an_index(relation: Relation) -> bool:
    """Say whether this is ``i ≠ k``, ``z > 0``, ``j = 1, …, m``, ``k = y_n``: no equation."""
    if any(sign in "≠<>≤≥" for sign in relation.signs):
        return True
    first, *rest = relation.sides
    return _is_index(first) and all(
        _is_index(side) or _is_of_a_sample(side) or isinstance(side, Numeral | Group) for side in rest
    )


def _is_index(node: Node) -> bool:
    return isinstance(node, Name) and not node.accent and node.text in signs.INDICES


def _is_of_a_sample(node: Node) -> bool:
    """Say whether this is a sample's target, which numbers its class: y_n, t^{(i)}."""
    while isinstance(node, Scripted):
        node = node.base
    return isinstance(node, Name) and not node.accent and node.text in signs.TARGETS


def _trailing_condition(member: Node) -> tuple[Node, Node] | None:
    """Take ``(i ≠ k)`` off the end of a member."""
    if not isinstance(member, Product) or member.operators[-1]:
        return None
    *factors, last = member.factors
    if not isinstance(last, Group) or len(last.items) != 1 or not isinstance(last.items[0], Relation):
        return None
    condition = last.items[0]
    if not _is_index(condition.sides[0]) or isinstance(last, Scripted):
        return None
    rest = factors[0]
    if len(factors) > 1:
        rest = Product(tuple(factors), member.operators[:-1], start=member.start, end=factors[-1].end)
    return rest, condition


def _joined(tokens: list[Token]) -> list[Token]:
    r"""Drop the line ends and wide spaces that go through the middle of a formula.

    ``a + \\ b``, ``\\ + b`` and ``= \quad b`` go on; so does a row that begins with a minus and has no relation.
    """
    joined: list[Token] = []
    following = _following(tokens)
    tables = 0
    for at, token in enumerate(tokens):
        tables += (token.kind == "begin") - (token.kind == "close")
        separates = token.kind in {"row", "quad"} and not tables and joined
        if not separates or not _goes_on(joined[-1], tokens, following[at], wide=token.kind == "quad"):
            joined.append(token)
    return joined


def _following(tokens: list[Token]) -> list[int]:
    """Return for each token where the first is, from it on, that is no line end or wide space."""
    following = [len(tokens) - 1] * len(tokens)
    for at in range(len(tokens) - 2, -1, -1):
        following[at] = following[at + 1] if tokens[at].kind in {"row", "quad"} else at
    return following


def _goes_on(before: Token, tokens: list[Token], at: int, *, wide: bool) -> bool:
    """Say whether what stands before a line end or wide space goes on after it."""
    after = tokens[at]
    if _joins(before) or _relates(before):
        return True
    if _relates(after):
        return wide
    return _joins(after) and (after.text != "-" or wide or not _has_relation(tokens, at))


def _without_systems(tokens: list[Token]) -> list[Token]:
    """Take the brace off equations that it only holds together."""
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        first = not kept or kept[-1].kind in {"row", "quad"} or kept[-1].text in {",", ";"}
        if token.kind == "begin" and token.text in {"cases", "dcases"} and first:
            close = next((end for end in range(at, len(tokens)) if tokens[end].kind == "close"), at)
            rows = tokens[at + 1 : close]
            if _is_system(rows):
                kept += [each for each in rows if each.kind != "cell"]
                at = close + 1
                continue
        kept.append(token)
        at += 1
    return kept


def _is_system(rows: list[Token]) -> bool:
    """Say whether the first row is an equation: its sign stands before, or right after, the first ``&``."""
    for at, token in enumerate(rows):
        if token.kind in {"row", "cell"}:
            return token.kind == "cell" and at + 1 < len(rows) and _relates(rows[at + 1])
        if _relates(token):
            return True
    return False


def _relates(token: Token) -> bool:
    return token.kind == "sign" and token.text in signs.RELATIONS


def _joins(token: Token) -> bool:
    return token.kind == "sign" and token.text in {"+", "-", "/", *signs.OPERATORS}


def _has_relation(tokens: list[Token], at: int) -> bool:
    """Say whether this row has a relation outside brackets."""
    depth = 0
    while at < len(tokens) and tokens[at].kind != "row":
        text = tokens[at].text if tokens[at].kind == "sign" else ""
        depth += (text in {"(", "[", "{", r"\{"}) - (text in {")", "]", "}", r"\}"})
        if depth == 0 and _relates(tokens[at]):
            return True
        at += 1
    return False
