"""Where a reader is among its tokens: what comes next, what has been taken, how deep in brackets it is."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NoReturn, TypeVar

from chainrule.checking.message import Term
from chainrule.checking.parsing.problems import NotUnderstood, Span
from chainrule.checking.parsing.syntax import Node
from chainrule.checking.parsing.tokens import Token, pairs_of

__all__ = ["MAX_DEPTH", "Cursor"]

N = TypeVar("N", bound=Node)

MAX_DEPTH = 45  # of a formula in formulas; each takes some ten of the thousand calls that Python allows


class Cursor:
    """Goes over tokens from left to right.

    Attributes
    ----------
    token : Token
        What comes next; of kind ``end`` after the last.
    is_inside : bool
        Whether brackets are open, in which rows and wide spaces mean nothing.
    is_listing : bool
        Whether this is a script, where letters side by side are a list.
    bar : str
        The sign that closes the norm being read.
    """

    def __init__(self, tokens: Sequence[Token], length: int) -> None:
        self._tokens = [*tokens, Token("end", "", length, length)]
        self._pairs = pairs_of(self._tokens)
        self._hidden: set[int] = set()  # braces that group nothing
        self._at = 0
        self._depth = 0
        self.is_inside = False
        self.is_listing = False
        self.bar = ""

    # What comes.

    @property
    def token(self) -> Token:
        """The token that comes next."""
        while self._at in self._hidden or (self.is_inside and self._tokens[self._at].kind in {"row", "quad"}):
            self._at += 1
        return self._tokens[self._at]

    def is_next(self, *texts: str) -> bool:
        """Say whether one of these signs comes next."""
        token = self.token
        return token.kind == "sign" and token.text in texts

    def ahead(self, count: int) -> list[Token]:
        """Return so many tokens from the next on, the last one over and over."""
        here = self._here()
        return [self._tokens[min(at, len(self._tokens) - 1)] for at in range(here, here + count)]

    def after(self) -> Token:
        """Return the token after the next."""
        at = min(self._here() + 1, len(self._tokens) - 1)
        while at in self._hidden:
            at += 1
        return self._tokens[at]

    def around(self) -> tuple[Sequence[Token], Sequence[Token]]:
        """Return the tokens before the next, and those after it."""
        return self._tokens[: self._at], self._tokens[self._here() + 1 :]

    def before(self) -> Token | None:
        """Return the token before the next."""
        return self._tokens[self._at - 1] if self._at else None

    def beyond(self) -> Token:
        """Return the token after the brackets that open next."""
        at = self._pairs.get(self._here())
        return self._tokens[min(at + 1 if at is not None else self._here() + 1, len(self._tokens) - 1)]

    def is_empty(self) -> bool:
        """Say whether the brackets that open next have nothing in them."""
        return self._pairs.get(self._here()) == self._here() + 1

    def is_closed(self) -> bool:
        """Say whether the brackets that open next are closed."""
        return self._here() in self._pairs

    def within(self) -> list[Token]:
        """Return what is in the brackets that open next."""
        here = self._here()
        return self._tokens[here + 1 : self._pairs[here]]

    def _here(self) -> int:
        assert self.token  # noqa: S101 - moves over what is hidden
        return self._at

    # Moving on.

    def take(self) -> Token:
        """Go on by one token."""
        token = self.token
        self._at += token.kind != "end"
        return token

    def took(self, *texts: str) -> bool:
        """Go on by one of these signs if it comes next."""
        found = self.is_next(*texts)
        if found:
            self._at += 1
        return found

    def skip(self) -> None:
        """Go on by the token that is here, of whatever kind."""
        self._at += 1

    def mark(self) -> int:
        """Return where it is, to come back to."""
        return self._here()

    def go_back(self, mark: int) -> None:
        """Be where a mark was set, in no brackets."""
        self._at, self._depth = mark, 0
        self.is_inside, self.is_listing, self.bar = False, False, ""

    def give_up(self, mark: int) -> list[Token]:
        """Go to the end, and return what stands between a mark and there."""
        self.go_back(len(self._tokens) - 1)
        return self._tokens[mark:-1]

    def expect(self, text: str) -> Token:
        """Go on by this sign, which has to come."""
        if not self.is_next(text):
            self.fail("expected-sign", sign=text.removeprefix(chr(92)))
        return self.take()

    def fail(self, reason: str, **terms: Term) -> NoReturn:
        """Raise why the token that comes next is not understood."""
        if self.token.problem:
            raise self.token.problem.error()
        raise NotUnderstood(reason, self.token, **terms)

    def hide_braces(self) -> None:
        """Read the braces that open next as though they were not there."""
        here = self._here()
        self._hidden |= {here, self._pairs[here]}

    def split(self) -> Token:
        """Go on by the first character of the token that comes next."""
        token = self.token
        middle = token.start + 1
        self._tokens[self._at] = token._replace(text=token.text[1:], start=middle)
        return token._replace(text=token.text[0], end=middle)

    # Where things stand.

    def spanned(self, node: N, start: int) -> N:
        """Return a node with its place: from `start` to what was taken last."""
        return replace(node, start=start, end=max(start, self._end()))

    def since(self, start: int) -> Span:
        """Return the place from `start` to what was taken last."""
        return Span(start, max(start, self._end()))

    def _end(self) -> int:
        at = self._at - 1
        while at > 0 and self._tokens[at].kind in {"row", "quad"}:
            at -= 1
        return self._tokens[at].end if at >= 0 else 0

    @contextmanager
    def context(self, *, inside: bool, listing: bool = False, bar: str = "") -> Iterator[None]:
        """Read what brackets, a script, a norm or an environment has."""
        before = self.is_inside, self.is_listing, self.bar
        self.is_inside, self.is_listing, self.bar = inside, listing, bar
        yield
        self.is_inside, self.is_listing, self.bar = before

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Read a formula in a formula."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self.fail("too-deep", most=MAX_DEPTH)
        yield
        self._depth -= 1
