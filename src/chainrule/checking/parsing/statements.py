"""From a formula to what it states: chains of equations, and the conditions beside them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from chainrule.checking.parsing import signs
from chainrule.checking.parsing.lexer import Lexer, tokens_of
from chainrule.checking.parsing.macros import Macros
from chainrule.checking.parsing.parser import Parser
from chainrule.checking.parsing.problems import NotUnderstood, Span, Unreadable, unreadable
from chainrule.checking.parsing.rows import outside, relates, rows_of
from chainrule.checking.parsing.syntax import (
    Cases,
    Chain,
    Dots,
    Group,
    Name,
    Negation,
    Node,
    Numeral,
    Product,
    Relation,
    Scripted,
    Sum,
    Text,
    Unread,
    unplaced,
)
from chainrule.checking.parsing.tokens import Token
from chainrule.checking.parsing.words import AFTERWARDS, CONDITIONS, EXPLANATIONS, JOINTS, OTHERWISE, starts_with

__all__ = ["chains_of"]

_LONGEST_RANGE = 8  # tokens before its dots


def chains_of(
    source: str,
    macros: Macros | None = None,
    offset: int = 0,
    before: Node | None = None,
    reader: type[Lexer] | None = None,
) -> tuple[Chain, ...]:
    """Return what a formula states.

    Parameters
    ----------
    source : str
        LaTeX or Unicode, without delimiters.
    macros : Macros, optional
        What the document has defined.
    offset : int
        Where the formula begins in what positions count from.
    before : Node, optional
        What a formula goes on with that begins with a relation.
    reader : type of Lexer, optional
        Of what is no LaTeX.

    Returns
    -------
    tuple of Chain
        A member that is not among what is read is Unread, and so is the rest of its row.

    Raises
    ------
    NotUnderstood
        Where nothing of the formula can be read.
    """
    tokens = [token.moved(offset) for token in tokens_of(source, macros, reader)]
    drafts: list[_Draft] = []
    waiting: list[Node] = []
    for row, end in rows_of(tokens, offset + len(source)):
        statements = _Row(row, end)
        for draft in statements.read():
            draft.beside[:0], waiting = waiting, []
            if draft.goes_on and drafts:
                drafts[-1].extend(draft)
            else:
                drafts.append(draft)
        waiting += statements.waiting
    if waiting:
        if not drafts:
            raise NotUnderstood("words-alone", waiting[0])
        drafts[-1].beside += waiting
    return tuple(draft.chain(before) for draft in drafts)


@dataclass
class _Draft:
    """A chain that is still being read; one that goes on with the chain before it has no first member."""

    start: int
    members: list[Node] = field(default_factory=list)
    signs: list[str] = field(default_factory=list)
    beside: list[Node] = field(default_factory=list)
    end: int = 0

    @property
    def goes_on(self) -> bool:
        return len(self.members) == len(self.signs)

    @property
    def relation(self) -> Relation:
        return Relation(tuple(self.members), tuple(self.signs), start=self.start, end=self.end)

    def extend(self, other: "_Draft") -> None:
        self.members += other.members
        self.signs += other.signs
        self.beside += other.beside
        self.end = max(self.end, other.end)

    def lose(self, problem: Unreadable, end: int, first: int) -> None:
        """Have nothing of what was read from a member on; it may go on as far as `end`."""
        members = self.members[first:]
        ends = [*(member.end for member in members[:-1]), end]
        lost = [Unread(problem, start=member.start, end=at) for member, at in zip(members, ends, strict=True)]
        self.members[first:] = lost
        self.end = end

    def chain(self, before: Node | None) -> Chain:
        members = self.members
        if self.goes_on:
            problem = unreadable("nothing-before", Span(self.start, self.start + 1))
            members = [before or Unread(problem, start=self.start, end=self.start), *members]
        return Chain(tuple(members), tuple(self.signs), tuple(self.beside), start=self.start, end=self.end)


class _Row:
    """Reads the statements of a row.

    A relation that comes first goes on with the chain before; what follows a comma or a wide space is a statement of
    its own, unless it is a condition: after words such as "if", in parentheses, or about an index.
    """

    def __init__(self, tokens: Sequence[Token], end: int) -> None:
        self.parser = Parser(tokens, end)
        self.end = tokens[-1].end if tokens else end
        self.drafts: list[_Draft] = []
        self.waiting: list[Node] = []  # conditions that came before their chain
        self.conditional = False  # after "if", until something else begins
        self.explains = False  # after "where", when that is also a statement
        self.begun = False  # whether there is a chain that conditions may be about

    def read(self) -> list[_Draft]:
        """Return the row's chains; where something in it states nothing, nothing of it is understood."""
        start = self.parser.mark()
        try:
            while self.parser.token.kind != "end":
                self._step()
        except NotUnderstood as error:
            self.drafts, self.waiting = [], []
            self._lose(error.problem, start)
        alone = [draft.members[0] for draft in self.drafts if not draft.signs]
        if alone and len(alone) < len(self.drafts):
            self.drafts = [draft for draft in self.drafts if draft.signs]
            self._stray(alone)
        return self.drafts

    def _stray(self, alone: Sequence[Node]) -> None:
        """Take what stands for nothing for a part of what is beside it; only indices and words may stand alone."""
        for node in alone:
            if _is_index(node) or (isinstance(node, Name) and node.is_word):
                before = [draft for draft in self.drafts if draft.start < node.start]
                (before or self.drafts)[-1 if before else 0].beside.append(node)
                continue
            problem = node.problem if isinstance(node, Unread) else unreadable("stray", node)
            ends = [*(draft.start for draft in self.drafts[1:]), self.end]
            for draft, end in zip(self.drafts, ends, strict=True):
                draft.lose(problem, end, 0 if node.start < draft.start else len(draft.members) - 1)

    def _lose(self, problem: Unreadable, start: int) -> None:
        """Take the whole row for a chain that is not understood."""
        self.parser.go_back(start)
        draft = _Draft(self.parser.token.start)
        if self.parser.is_next(*signs.RELATIONS):
            draft.signs.append(self.parser.take().text)
        self._lose_rest(draft, problem, self.parser.mark())
        self.drafts.append(draft)

    def _lose_rest(self, draft: _Draft, problem: Unreadable, mark: int) -> None:
        """Take the rest of the row for members that are not understood, as many as its relations say."""
        tokens = self.parser.give_up(mark)
        start = draft.end = tokens[0].start if tokens else problem.place.start
        for at in outside(tokens):
            if relates(tokens[at]):
                draft.members.append(Unread(problem, start=start, end=tokens[at].start))
                draft.signs.append(tokens[at].text)
                start = tokens[at].end
        draft.end = tokens[-1].end if tokens else start
        draft.members.append(Unread(problem, start=start, end=draft.end))

    def _step(self) -> None:
        parser = self.parser
        token = parser.token
        if token.kind == "quad" or parser.is_next(",", ";", ".", ":"):
            parser.take()
            if token.text == ":" or not self.begun:
                self.conditional = False
        elif token.kind == "text":
            self._words(parser.take())
        elif parser.is_next(*signs.RELATIONS):
            self._continued()
        elif parser.is_next("(") and parser.after().kind == "text":
            self._remark()
        else:
            self._statement()

    def _words(self, token: Token) -> None:
        text = Text(token.text, start=token.start, end=token.end)
        if starts_with(token.text, OTHERWISE) and self._alternative():
            return
        if starts_with(token.text, CONDITIONS) or token.text.startswith("for all"):
            self.conditional = True
            self.explains = starts_with(token.text, EXPLANATIONS)
        elif starts_with(token.text, AFTERWARDS):
            self._conditioned()
            return
        elif starts_with(token.text, JOINTS) and not self.conditional:
            self.begun = False
            return
        self._beside(text)

    def _conditioned(self) -> None:
        """Take what came last for the condition that a word after it says it is: ``i ≠ j 时``."""
        self.conditional = False
        if self.drafts and _is_about_an_index(relation := self.drafts[-1].relation):
            self.drafts.pop()
            self.begun = False
            self._beside(relation)

    def _alternative(self) -> bool:
        """Read what ``a if z > 0 else 0`` is in the other case, if that comes."""
        match self.drafts[-1].beside if self.begun else []:
            case [*beside, Text() as when, Relation() as condition] if starts_with(when.text, CONDITIONS):
                draft, other = self.drafts[-1], self.parser.sum()
                value, draft.beside, draft.end = draft.members[-1], beside, other.end
                draft.members[-1] = Cases(((value, condition), (other, None)), start=value.start, end=other.end)
                return True
        return False

    def _beside(self, *nodes: Node) -> None:
        """Put something beside the chain before it, or the one that is to come."""
        if self.begun and nodes:
            self.drafts[-1].beside += nodes
            self.drafts[-1].end = max(self.drafts[-1].end, nodes[-1].end)
        else:
            self.waiting += nodes

    def _continued(self) -> None:
        """Read ``= b = c`` onto the chain before."""
        if not self.drafts:
            self.drafts.append(_Draft(self.parser.token.start))
        self.begun, self.conditional = True, False
        self._members(self.drafts[-1])

    def _members(self, draft: _Draft) -> None:
        while self.parser.is_next(*signs.RELATIONS) or self.parser.adds_next():
            added = self.parser.take().text if self.parser.adds_next() else ""
            sign = self.parser.take().text
            draft.signs.append("←" if added else sign)
            mark = self.parser.mark()
            try:
                member = self._ranged(self.parser.sum(), draft)
                draft.members.append(_added(draft.members[-1], added, member) if added else member)
            except NotUnderstood as error:
                self._lose_rest(draft, error.problem, mark)
            draft.end = draft.members[-1].end

    def _ranged(self, node: Node, draft: _Draft) -> Node:
        """Read on through ``1, …, m``; of an index, also through ``1, 2``."""
        items = [node]
        of_index = len(draft.members) == 1 and _is_index(draft.members[0])
        while draft.signs[-1] == "=" and self.parser.is_next(",") and not (items[1:] and isinstance(items[-2], Dots)):
            if not (isinstance(items[-1], Dots) or self._goes_on(of_index=of_index)):
                break
            self.parser.take()
            items.append(self.parser.sum())
        return node if len(items) == 1 else Group(tuple(items), "", start=node.start, end=items[-1].end)

    def _goes_on(self, *, of_index: bool) -> bool:
        """Say whether a list goes on after this comma: with dots, now or after one more, or with a number."""
        _, first, then, *more = self.parser.ahead(_LONGEST_RANGE if of_index else 4)
        if of_index and first.kind == "number" and not relates(then):
            return True
        dots = next((at for at, token in enumerate((first, then, *more)) if token.text == "…"), _LONGEST_RANGE)
        return dots < _LONGEST_RANGE if of_index else dots in (0, 2)

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

    def _statement(self) -> None:
        parser = self.parser
        draft = _Draft(parser.token.start)
        mark = parser.mark()
        try:
            draft.members.append(parser.sum())
            draft.end = draft.members[0].end
        except NotUnderstood as error:
            if self.conditional:
                raise
            self._lose_rest(draft, error.problem, mark)
        self._members(draft)
        condition = self._as_condition(draft)
        if condition is not None:
            self._beside(condition)
            return
        draft.beside += self.waiting
        self.waiting = []
        self._list(draft)
        self.drafts.append(draft)
        self.begun = bool(draft.signs)
        if aside := _trailing_condition(draft.members[-1]):
            draft.members[-1], beside = aside
            draft.beside.append(beside)

    def _list(self, draft: _Draft) -> None:
        """Let a set be said of the symbols before it, too: ``W, U ∈ S``."""
        if draft.signs[:1] != ["∈"]:
            return
        first = [draft.members[0]]
        while self.drafts and not self.drafts[-1].signs and isinstance(self.drafts[-1].members[0], Name | Scripted):
            first[:0] = self.drafts.pop().members
        if len(first) > 1:
            draft.start = first[0].start
            draft.members[0] = Group(tuple(first), "", start=draft.start, end=first[-1].end)

    def _as_condition(self, draft: _Draft) -> Node | None:
        """Return the relation that this is if it says when the rest holds."""
        only = draft.members[0]
        if self.begun and not draft.signs and isinstance(only, Group) and len(only.items) == 1:
            return only.items[0] if isinstance(only.items[0], Relation) else None
        relation = draft.relation
        if self.conditional and isinstance(only, Name | Scripted) and not draft.signs:
            return only
        if self.conditional and draft.signs:
            return None if self.explains and _explains(relation) else relation
        return relation if self.begun and draft.signs and _is_about_an_index(relation) else None


def _added(to: Node, sign: str, term: Node) -> Node:
    """Return ``a + b`` for ``a += b``."""
    signed = Negation(term, start=term.start, end=term.end) if sign == "-" else term
    return Sum((unplaced(to), signed), start=term.start, end=term.end)


def _is_about_an_index(relation: Relation) -> bool:
    """Say whether this is ``i ≠ k``, ``z > 0``, ``j = 1, …, m``, ``k = y_n``: no equation."""
    if any(sign in "≠<>≤≥" for sign in relation.signs):
        return True
    first, *rest = relation.sides
    return _is_index(first) and all(
        _is_index(side) or _is_of_a_sample(side) or isinstance(side, Numeral | Group) for side in rest
    )


def _explains(relation: Relation) -> bool:
    """Say whether this is ``δ = ŷ - y``: no index, and no number that something has."""
    first, *rest = relation.sides
    is_said = relation.signs[0] == "=" and not isinstance(rest[0], Numeral)
    return is_said and not (_is_index(first) or _is_index(rest[0]))


def _is_index(node: Node) -> bool:
    return isinstance(node, Name) and not node.accent and node.text in signs.INDICES


def _is_of_a_sample(node: Node) -> bool:
    """Say whether this is a sample's target, which numbers its class: y_n, t^{(i)}."""
    while isinstance(node, Scripted):
        node = node.base
    return isinstance(node, Name) and not node.accent and node.text in signs.TARGETS


def _trailing_condition(member: Node) -> tuple[Node, Node] | None:
    """Take ``(i ≠ k)`` off the end of a member."""
    match member:
        case Negation(of) if aside := _trailing_condition(of):
            return replace(member, of=aside[0], end=aside[0].end), aside[1]
        case Sum((*terms, last)) if aside := _trailing_condition(last):
            return replace(member, terms=(*terms, aside[0]), end=aside[0].end), aside[1]
        case Product((*factors, Group(items) as last), (*operators, "")) if condition := _in_brackets(items, last):
            product = Product(tuple(factors), tuple(operators), start=member.start, end=factors[-1].end)
            return product if factors[1:] else factors[0], condition
    return None


def _in_brackets(items: tuple[Node, ...], brackets: Node) -> Node | None:
    """Return the ``i ≠ k`` or the ``k = 1, …, K`` that brackets hold."""
    match items:
        case (Relation((first, *_)) as condition,) if _is_index(first):
            return condition
        case (Relation((first, begin), ("=",)), *_, Dots(), end) if _is_index(first):
            values = Group((begin, *items[1:-1], end), "", start=begin.start, end=end.end)
            return Relation((first, values), ("=",), start=brackets.start, end=brackets.end)
    return None
