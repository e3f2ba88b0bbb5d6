"""From tokens to nodes: a descent over relation > sum > product > quotient > factor > primary.

What can be read in two ways is not read: an argument without parentheses that may be longer than its first factor,
two subscripts, ``a/b/c``.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn, TypeVar, cast

from chainrule.checking.message import Term
from chainrule.checking.parsing import signs
from chainrule.checking.parsing.lexer import Token
from chainrule.checking.parsing.problems import NotUnderstood, Span
from chainrule.checking.parsing.syntax import (
    Apply,
    BigSum,
    Brackets,
    Cases,
    Dots,
    Fraction,
    Group,
    Name,
    Negation,
    Node,
    Norm,
    Numeral,
    Operator,
    Partial,
    Product,
    Relation,
    Script,
    Scripted,
    Sum,
    Table,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_DEPTH", "Parser", "starts_with"]

N = TypeVar("N", bound=Node)

MAX_DEPTH = 45  # of a formula in formulas; each takes some ten of the thousand calls that Python allows

_CLOSING = {"(": ")", "[": "]", r"\{": r"\}", "{": "}", "|": "|", "‖": "‖"}
_BRACKETS: dict[str, Brackets] = {"(": "()", "[": "[]", r"\{": "{}"}
_INDICATORS = {"1", "I", "𝕀"}
_TRANSPOSED = Name("⊤")


class Parser:
    """Reads nodes from tokens, from left to right.

    Attributes
    ----------
    token : Token
        What comes next; of kind ``end`` after the last.
    """

    def __init__(self, tokens: Sequence[Token], length: int) -> None:
        self._tokens = [*tokens, Token("end", "", length, length)]
        self._pairs = _pairs(self._tokens)
        self._overs = [at for at, token in enumerate(self._tokens) if token.text == "over"]
        self._hidden: set[int] = set()  # braces that group nothing
        self._readers: dict[str, Callable[[], Node]] = {
            "number": self._number,
            "letter": self._letter,
            "word": self._word,
            "accent": self._accent,
            "begin": self._environment,
            "(": self.group,
            "[": self.group,
            r"\{": self.group,
            "{": self._braces,
            "|": self._norm,
            "‖": self._norm,
            "∑": self._big_sum,
            "∂": self._partial,
            "∇": self._gradient,
            "√": self._root,
            "frac": self._fraction,
            "…": self._dots,
        }
        self._at = 0
        self._depth = 0
        self._inside = False  # brackets, in which rows and wide spaces mean nothing
        self._listing = False  # in a script, where letters side by side are a list
        self._bar = ""  # the sign that closes the norm being read

    # Moving on.

    @property
    def token(self) -> Token:
        """The token that comes next."""
        while self._at in self._hidden or (self._inside and self._tokens[self._at].kind in {"row", "quad"}):
            self._at += 1
        return self._tokens[self._at]

    def is_next(self, *texts: str) -> bool:
        """Say whether one of these signs comes next."""
        token = self.token
        return token.kind == "sign" and token.text in texts

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

    def after(self) -> Token:
        """Return the token after the next."""
        at = min(self._here() + 1, len(self._tokens) - 1)
        while at in self._hidden:
            at += 1
        return self._tokens[at]

    def ahead(self, count: int) -> list[Token]:
        """Return so many tokens from the next on, the last one over and over."""
        here = self._here()
        return [self._tokens[min(at, len(self._tokens) - 1)] for at in range(here, here + count)]

    def beyond(self) -> Token:
        """Return the token after the brackets that open next."""
        at = self._pairs.get(self._here())
        return self._tokens[min(at + 1 if at is not None else self._here() + 1, len(self._tokens) - 1)]

    def _here(self) -> int:
        assert self.token  # noqa: S101 - moves over what is hidden
        return self._at

    def fail(self, reason: str, **terms: Term) -> NoReturn:
        """Raise why the token that comes next is not understood."""
        raise NotUnderstood(reason, self.token, **terms)

    def expect(self, text: str) -> Token:
        """Go on by this sign, which has to come."""
        if not self.is_next(text):
            self.fail("expected-sign", sign=text.removeprefix(chr(92)))
        return self.take()

    def _spanned(self, node: N, start: int) -> N:
        return replace(node, start=start, end=max(start, self._end()))

    def _since(self, start: int) -> Span:
        return Span(start, max(start, self._end()))

    def _end(self) -> int:
        at = self._at - 1
        while at > 0 and self._tokens[at].kind in {"row", "quad"}:
            at -= 1
        return self._tokens[at].end if at >= 0 else 0

    @contextmanager
    def _context(self, *, inside: bool, listing: bool = False, bar: str = "") -> "Iterator[None]":
        before = self._inside, self._listing, self._bar
        self._inside, self._listing, self._bar = inside, listing, bar
        yield
        self._inside, self._listing, self._bar = before

    @contextmanager
    def _deeper(self) -> "Iterator[None]":
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self.fail("too-deep", most=MAX_DEPTH)
        yield
        self._depth -= 1

    # From loose to tight.

    def relation(self) -> Node:
        """Read ``a = b < c``, or what stands alone."""
        start = self.token.start
        sides = [self.sum()]
        between = []
        while self.is_next(*signs.RELATIONS):
            between.append(self.take().text)
            sides.append(self.sum())
        return self._spanned(Relation(tuple(sides), tuple(between)), start) if between else sides[0]

    def sum(self) -> Node:
        """Read terms with plus and minus between them."""
        start = self.token.start
        terms = [self._signed(self._product)]
        while self.is_next("+", "-"):
            terms.append(self._signed(self._product))
        return self._spanned(Sum(tuple(terms)), start) if len(terms) > 1 else terms[0]

    def _signed(self, read: Callable[[], Node]) -> Node:
        start = self.token.start
        minus = 0
        while self.is_next("+", "-"):
            minus += self.take().text == "-"
        if minus > MAX_DEPTH:
            self.fail("too-many-minuses")
        node = read()
        for _ in range(minus):
            node = self._spanned(Negation(node), start)
        return node

    def _product(self) -> Node:
        start = self.token.start
        factors = [self._quotient()]
        operators: list[Operator] = []
        while True:
            if self._operator_is_next():
                operators.append(cast("Operator", self.take().text))
                factors.append(self._signed(self._quotient))
            elif not self._listing and self._operand_is_next():
                operators.append("")
                factors.append(self._quotient())
            else:
                break
        if not self._listing:
            factors, operators = _with_indicators(factors, operators)
        if len(factors) == 1:
            return factors[0]
        return self._spanned(Product(tuple(factors), tuple(operators)), start)

    def _operator_is_next(self) -> bool:
        if not self.is_next(*signs.OPERATORS):
            return False
        return not self._listing or (self.after().kind in {"letter", "number", "word"} and self.token.text in "×⊗*·")

    def _quotient(self) -> Node:
        start = self.token.start
        node = self._factor()
        slashes = 0
        while self.took("/"):
            slashes += 1
            if slashes > 1 and not _is_derivative(node):
                self.fail("two-slashes")
            node = self._spanned(_fraction(node, self._denominator()), start)
        if _is_operator(node) and self._operand_is_next():
            node = self._spanned(self._differentiated(cast("Fraction", node)), start)
        return node

    def _denominator(self) -> Node:
        r"""Read what stands after a slash: one factor, or as in λ/2m a number and the letter that touches it."""
        start = self.token.start
        node = self._signed(self._factor)
        if isinstance(node, Numeral) and self.token.kind == "letter" and self.token.start == node.end:
            node = self._spanned(Product((node, self._factor()), ("",)), start)
        return node

    def _differentiated(self, operator: Fraction) -> Fraction:
        r"""Read what ``\frac{\partial}{\partial z}`` is of: the parentheses, or the factors, that follow."""
        start = self.token.start
        if self.is_next(*_BRACKETS):
            return replace(operator, numerator=Partial(self._factor()))
        factors = [self._factor()]
        while self._operand_is_next():
            factors.append(self._factor())
        of = factors[0] if len(factors) == 1 else _side_by_side(factors)
        return replace(operator, numerator=self._spanned(Partial(of), start))

    def _operand_is_next(self) -> bool:
        token = self.token
        if token.kind == "sign":
            if token.text in {"|", "‖"}:
                return not self._bar
            opens = token.text in {"(", "[", r"\{", "{", "∑", "∂", "∇", "√", "frac", "…"}
            return opens and not (token.text == "(" and self._text_is_inside())
        return token.kind in {"number", "letter", "word", "accent", "begin"}

    def _text_is_inside(self) -> bool:
        return self._tokens[self._here() + 1].kind == "text"

    def _factor(self) -> Node:
        """Read a primary with its scripts; everything that nests comes through here, or is an argument."""
        while self.is_next("{") and self._is_empty():
            self._at += 2
        start = self.token.start
        with self._deeper():
            return self._scripts(self._primary(), start)

    # Primaries.

    def _primary(self) -> Node:
        token = self.token
        if self._listing and self.is_next(":", "·", "*"):
            return self._dots()
        reader = self._readers.get(token.text if token.kind == "sign" else token.kind)
        if reader is None:
            self.fail("expected-operand")
        return reader()

    def _dots(self) -> Node:
        start = self.take().start
        return self._spanned(Dots(), start)

    def _number(self) -> Node:
        token = self.take()
        return Numeral(token.text, start=token.start, end=token.end)

    def _letter(self) -> Node:
        token = self.take()
        name = Name(token.text, start=token.start, end=token.end)
        if self._listing or (token.start, token.end) == (self.token.start, self.token.end):
            return name
        touches = self.token.start == token.end
        if token.text == "d" and touches and self.token.kind in {"letter", "accent"}:
            return self._spanned(Partial(self._factor()), token.start)
        if touches and self.token.kind == "number" and token.text.isalpha():
            number = self._number()
            return self._spanned(Scripted(name, Script((number,), start=number.start, end=number.end)), token.start)
        return name

    def _word(self) -> Node:
        token = self.take()
        name = Name(token.text, is_word=True, start=token.start, end=token.end)
        if self._listing:
            return name
        if token.text == "sum" and self.is_next("_"):
            return self._summed(token.start)
        function = self._scripts(name, token.start)
        known = token.text in signs.FUNCTIONS
        if self.is_next("(") or (known and self.is_next("[", r"\{")):
            if self._text_is_inside():
                return function
            return self._spanned(Apply(function, self.group().items), token.start)
        if known and (self.is_next("-") or self._operand_is_next()):
            of = self._bare_argument()
            items = of.items if isinstance(of, Group) and of.brackets == "()" else (of,)
            return self._spanned(Apply(function, items), token.start)
        return function

    def _bare_argument(self) -> Node:
        r"""Read what ``\log`` is of without parentheses: one factor; of more than one nobody can tell."""
        start = self.token.start
        if self.is_next("{"):
            return self._braced(self.relation)
        if self.is_next("-"):
            self.fail("expected-parentheses")
        number = self._number() if self.token.kind == "number" else None
        if number and not self._operand_is_next():
            return number
        argument = self._factor()
        if self.is_next("(") and isinstance(argument, Name | Scripted) and not self._text_is_inside():
            group = self.group()
            if isinstance(group.items[0], Sum | Product | Relation) and len(group.items) == 1:
                raise NotUnderstood("argument-or-factor", group)
            argument = self._spanned(Product((argument, group), ("",)), argument.start)
        elif self._operand_is_next() and self.token.kind != "word" and not self.is_next("∑"):
            self.fail("argument-open")
        return self._spanned(Product((number, argument), ("",)), start) if number else argument

    def group(self) -> Group:
        """Read brackets and what they list."""
        opening = self.take()
        with self._context(inside=True, listing=self._listing):
            items: list[Node] = []
            while not self.is_next(_CLOSING[opening.text]):
                items.append(self.relation())
                if not self.took(",", ";") and not self._listing and not self.is_next(_CLOSING[opening.text]):
                    if len(items) == 1 and self.took("over"):
                        items = [self._spanned(_fraction(items[0], self.relation()), items[0].start)]
                    if not self.is_next(_CLOSING[opening.text]):
                        self.fail("expected-sign-or-comma", sign=_CLOSING[opening.text].removeprefix(chr(92)))
        self._at += 1
        if not items:
            raise NotUnderstood("empty-brackets", self._since(opening.start))
        brackets = _BRACKETS[opening.text]
        return self._spanned(Group(tuple(items), brackets), opening.start)

    def _braces(self) -> Node:
        """Read braces: they group nothing that a reader of the page would see, unless a script follows."""
        here = self._here()
        closing = self._pairs.get(here)
        if closing is None:
            self.fail("unclosed", sign="{")
        after = self._tokens[closing + 1]
        scripted = after.kind == "sign" and after.text in {"_", "^", "′"}
        divided = any(here < over < closing for over in self._overs)
        signed = self._tokens[here + 1].text in {"+", "-"}
        if scripted or divided or signed or self._listing:
            if signed and here and self._tokens[here - 1].kind in {"letter", "number", "word"}:
                self.fail("signed-braces")
            return self._braced(self.relation)
        self._hidden |= {here, closing}
        return self._factor()

    def _braced(self, read: Callable[[], Node], *, listing: bool = False) -> Node:
        """Read braces around one thing."""
        self.expect("{")
        with self._context(inside=True, listing=listing):
            node = read()
            if self.took("over"):
                node = self._spanned(_fraction(node, read()), node.start)
            self.expect("}")
        return node

    def _argument(self, *, listing: bool = False) -> Node:
        """Read what a command is of: braces, or one primary."""
        if self.is_next("{"):
            return self._braced(self.relation, listing=listing)
        with self._context(inside=True, listing=True), self._deeper():
            return self._signed(self._primary)

    def _fraction(self) -> Node:
        start = self.take().start
        return self._spanned(_fraction(self._part(), self._part()), start)

    def _part(self) -> Node:
        r"""Read half of a fraction: of ``\frac12``, a digit."""
        token = self.token
        if token.kind == "number" and len(token.text) == token.end - token.start > 1:
            middle = token.start + 1
            self._tokens[self._at] = token._replace(text=token.text[1:], start=middle)
            return Numeral(token.text[0], start=token.start, end=middle)
        return self._argument()

    def _root(self) -> Node:
        root = self.take()
        if self.is_next("["):
            self.fail("only-square-roots")
        name = Name("sqrt", is_word=True, start=root.start, end=root.end)
        of = self.group().items if self.is_next("(") else (self._argument(),)
        return self._spanned(Apply(name, of), root.start)

    def _accent(self) -> Node:
        accent = self.take()
        of = self._argument()
        base = of.base if isinstance(of, Scripted) else of
        if not isinstance(base, Name) or base.accent:
            raise NotUnderstood("expected-accented-letter", self._since(accent.start))
        name = replace(base, accent=accent.text)
        return self._spanned(replace(of, base=name) if isinstance(of, Scripted) else name, accent.start)

    def _norm(self) -> Node:
        opening = self.take()
        with self._context(inside=True, bar=opening.text):
            of = self.relation()
            self.expect(opening.text)
        if opening.text == "|":
            return self._spanned(Group((of,), "||"), opening.start)
        kind = ""
        if self.took("_"):
            below = self._argument()
            if not isinstance(below, Name | Numeral):
                raise NotUnderstood("unknown-norm", below)
            kind = below.text
        return self._spanned(Norm(of, kind), opening.start)

    def _big_sum(self) -> Node:
        return self._summed(self.take().start)

    def _summed(self, start: int) -> Node:
        below: tuple[Node, ...] = ()
        above: Node | None = None
        while self.is_next("_", "^"):
            if self.take().text == "_" and not below:
                below = self._listed()[1]
            elif above is None:
                above = self._argument()
            else:
                self.fail("too-many-limits")
        body = self._signed(self._product)
        return self._spanned(BigSum(body, below, above), start)

    def _partial(self) -> Node:
        below = self._at > 0 and self._tokens[self._at - 1].text == "/"
        start = self.take().start
        if self.is_next("^"):
            self.fail("only-first-derivatives")
        if not self._operand_is_next():
            return self._spanned(Partial(None), start)
        of = self._factor()
        return self._spanned(Partial(of if below else self._called(of)), start)

    def _called(self, of: Node) -> Node:
        """Read ``(W)`` of ``∂J(W)/∂W``."""
        if isinstance(of, Name | Scripted) and self.is_next("(") and self.beyond().text == "/":
            return self._spanned(Product((of, self.group()), ("",)), of.start)
        return of

    def _gradient(self) -> Node:
        start = self.take().start
        if not self.took("_"):
            self.fail("gradient-by-what")
        by = self._argument()
        of = self._factor()
        if isinstance(of, Name | Scripted) and self.is_next("("):
            of = self._spanned(Product((of, self.group()), ("",)), of.start)
        return self._spanned(Partial(of, by), start)

    # Scripts.

    def _scripts(self, base: Node, start: int) -> Node:
        sub: Script | None = None
        sup: tuple[Node, ...] = ()
        primes = 0
        while self.is_next("_", "^", "′") or (self.is_next("{") and self._is_empty()):
            sign = self.take()
            if sign.text == "{":
                self._at += 1
            elif sign.text == "′":
                primes += 1
            elif sign.text == "^" and _is_e(base) and not (sub or sup or self._listing):
                base = self._spanned(Apply(Name("exp"), (self._exponent(),)), start)
            elif sign.text == "^" and not sup:
                more, sup = self._listed(raised=True)
                primes += more
            elif sign.text == "_" and sub is None:
                at = self.token.start
                sub = self._spanned(_script(self._listed()[1]), at)
            else:
                raise NotUnderstood("second-subscript" if sign.text == "_" else "second-superscript", sign)
        return self._spanned(_scripted(base, sub, sup, primes), start) if sub or sup or primes else base

    def _is_empty(self) -> bool:
        return self._pairs.get(self._here()) == self._here() + 1

    def _exponent(self) -> Node:
        if self.is_next("{"):
            return self._braced(self.relation)
        return self._argument()

    def _listed(self, *, raised: bool = False) -> tuple[int, tuple[Node, ...]]:
        """Read a script: its primes, and what it lists; ``^{⊙ 2}`` is the power of each entry, as all powers are."""
        if raised and self.is_next("′"):
            return (len(self.take().text), ())
        if not self.is_next("{"):
            return (0, (self._argument(listing=True),))
        opening = self.take()
        primes = 0
        items: list[Node] = []
        with self._context(inside=True, listing=True):
            while not self.is_next("}"):
                if raised and self.took("′"):
                    primes += 1
                elif raised and not items and self.took("⊙", "∘"):
                    continue
                elif self.token.kind == "text":
                    token = self.take()
                    items.append(Text(token.text, start=token.start, end=token.end))
                elif not self.took(",", ";"):
                    items += _spelled(self.relation())
        self._at += 1
        if not items and not primes:
            raise NotUnderstood("empty-brackets", self._since(opening.start))
        return primes, tuple(items)

    # Environments.

    def _environment(self) -> Node:
        begin = self.take()
        rows: list[tuple[Node, ...]] = []
        branches: list[tuple[Node, Node | None]] = []
        with self._context(inside=False):
            while self.token.kind != "close":
                if self.token.kind == "end":
                    self.fail("expected-sign", sign=rf"\end{{{begin.text}}}")
                if begin.text in {"cases", "dcases"}:
                    branches.append(self._branch())
                else:
                    rows.append(self._cells())
                while self.token.kind == "row":
                    self._at += 1
            self._at += 1
        if not rows and not branches:
            raise NotUnderstood("no-rows", begin)
        node: Node = Cases(tuple(branches)) if branches else Table(tuple(rows))
        return self._spanned(node, begin.start)

    def _cells(self) -> tuple[Node, ...]:
        cells = []
        while True:
            cells.append(self.relation())
            while self.token.kind == "quad" or self.is_next(","):
                self._at += 1
            if self.token.kind != "cell":
                break
            self._at += 1
        if self.token.kind not in {"row", "close"}:
            self.fail("expected-next-cell")
        return tuple(cells)

    def _branch(self) -> tuple[Node, Node | None]:
        value = self.relation()
        conditions: list[Node] = []
        while self.token.kind not in {"row", "close", "end"}:
            token = self.token
            if token.kind in {"cell", "quad"} or self.is_next(",", ";", ".", ":"):
                self._at += 1
            elif token.kind == "text":
                self._at += 1
                if not starts_with(token.text, (*signs.OTHERWISE, *signs.CONDITIONS, *signs.JOINTS)):
                    conditions.append(Text(token.text, start=token.start, end=token.end))
            else:
                conditions.append(self.relation())
        if len(conditions) < 2:
            return value, conditions[0] if conditions else None
        return value, self._spanned(Group(tuple(conditions), ""), conditions[0].start)


def _pairs(tokens: Sequence[Token]) -> dict[int, int]:
    """Return where each bracket that opens is closed."""
    pairs = {}
    opened: list[int] = []
    for at, token in enumerate(tokens):
        if token.kind != "sign":
            continue
        if token.text in {"(", "[", "{", r"\{"}:
            opened.append(at)
        elif token.text in {")", "]", "}", r"\}"}:
            if token.text == "}":
                while opened and tokens[opened[-1]].text != "{":
                    opened.pop()
            if opened and _CLOSING[tokens[opened[-1]].text] == token.text:
                pairs[opened.pop()] = at
    return pairs


def starts_with(text: str, words: Iterable[str]) -> bool:
    """Say whether a text begins with one of these words."""
    first = text.lower().lstrip(" (,.;").split(" ")[0].rstrip(" ,.;:")
    return any(first == word or (not word.isascii() and text.startswith(word)) for word in words)


def _spelled(item: Node) -> list[Node]:
    """Return the letters of a run that is a list of indices: ``ijk``, not ``out``."""
    if (
        isinstance(item, Name)
        and item.is_word
        and item.end - item.start == len(item.text)
        and (item.text not in signs.FUNCTIONS and signs.INDICES.issuperset(item.text))
    ):
        return [Name(letter, start=at, end=at + 1) for at, letter in enumerate(item.text, item.start)]
    return [item]


def _is_e(node: Node) -> bool:
    return isinstance(node, Name) and node.text == "e" and not node.accent


def _script(items: tuple[Node, ...]) -> Script:
    if len(items) == 1 and isinstance(items[0], Group) and items[0].brackets in {"()", "[]"}:
        return Script(items[0].items, items[0].brackets, start=items[0].start, end=items[0].end)
    return Script(items, start=items[0].start, end=items[-1].end)


def _scripted(base: Node, sub: Script | None, sup: tuple[Node, ...], primes: int) -> Node:
    """Return a base with its scripts; ``^{[1]T}`` is the transpose of what has ``^{[1]}``."""
    *others, last = sup or (None,)
    items = (*others, _transposed(last)) if last else ()
    apart = any(isinstance(item, Group) or item == _TRANSPOSED for item in items)
    raised = [(item,) for item in items] if apart else [items] if items else []
    if len(raised) > 4:
        raise NotUnderstood("too-many-superscripts", sup[0])
    end = max([base.end, *([sub.end] if sub else []), *(item.end for item in sup[:1])])
    base = Scripted(base, sub, _script(raised[0]) if raised else None, primes, start=base.start, end=end)
    for item in raised[1:]:
        base = Scripted(base, sup=_script(item), start=base.start, end=max(end, item[-1].end))
    return base


def _transposed(item: Node) -> Node:
    is_transpose = isinstance(item, Name) and item.text in {"T", "⊤"} and not item.accent
    return replace(_TRANSPOSED, start=item.start, end=item.end) if is_transpose else item


def _fraction(numerator: Node, denominator: Node) -> Fraction:
    r"""Return one over the other, with ``d`` alone and ``∂ f(z)`` put right over a ``∂z``."""
    if isinstance(denominator, Partial):
        if numerator == Name("d"):
            numerator = Partial(None, start=numerator.start, end=numerator.end)
        elif isinstance(numerator, Product) and not any(numerator.operators):
            numerator = _of_all(numerator)
    return Fraction(numerator, denominator)


def _of_all(product: Product) -> Node:
    first, *rest = product.factors
    if any(isinstance(factor, Partial) for factor in rest):
        return product
    factors = (first.of, *rest) if isinstance(first, Partial) and first.of else tuple(rest)
    if not (isinstance(first, Partial) or first == Name("d")):
        return product
    of = factors[0] if len(factors) == 1 else _side_by_side(factors)
    return Partial(of, start=product.start, end=product.end)


def _side_by_side(factors: Sequence[Node]) -> Product:
    nothing: Operator = ""
    between = (nothing,) * (len(factors) - 1)
    return Product(tuple(factors), between, start=factors[0].start, end=factors[-1].end)


def _is_derivative(node: Node) -> bool:
    return isinstance(node, Fraction) and isinstance(node.denominator, Partial)


def _is_operator(node: Node) -> bool:
    return isinstance(node, Fraction) and node.numerator == Partial(None) and isinstance(node.denominator, Partial)


def _with_indicators(factors: list[Node], operators: list[Operator]) -> tuple[list[Node], list[Operator]]:
    """Return a product in which a 1 with a condition after it, or below it, is one factor."""
    found: list[Node] = []
    between: list[Operator] = []
    for factor, operator in zip(factors, ["", *operators], strict=True):
        condition = _condition(factor)
        if condition and found and not operator and _is_one(found[-1]):
            one = found.pop()
            found.append(_indicator(factor, condition, one.start))
            continue
        if found:
            between.append(operator)
        found.append(_iverson(factor, condition))
    return found, between


def _iverson(factor: Node, condition: Relation | None) -> Node:
    """Return ``[i = k]``, and a 1 with a condition below it, as an indicator."""
    if condition and _group_of(factor).brackets == "[]":
        return _indicator(factor, condition, factor.start)
    if isinstance(factor, Scripted) and _is_one(factor.base) and (below := _below(factor)):
        return Apply(Name("1"), (below,), start=factor.start, end=factor.end)
    return factor


def _is_one(node: Node) -> bool:
    return isinstance(node, Name | Numeral) and node.text in _INDICATORS


def _group_of(node: Node) -> Group:
    base = node.base if isinstance(node, Scripted) else node
    return base if isinstance(base, Group) else Group(())


def _condition(node: Node) -> Relation | None:
    items = _group_of(node).items
    return items[0] if len(items) == 1 and isinstance(items[0], Relation) else None


def _below(node: Scripted) -> Relation | None:
    """Return the condition below an indicator."""
    if node.sub is None or node.sup or node.primes or len(node.sub.items) != 1:
        return None
    item = node.sub.items[0]
    return item if isinstance(item, Relation) else _condition(item)


def _indicator(node: Node, condition: Relation, start: int) -> Node:
    applied = Apply(Name("1"), (condition,), start=start, end=_group_of(node).end)
    return replace(node, base=applied, start=start) if isinstance(node, Scripted) else replace(applied, end=node.end)
