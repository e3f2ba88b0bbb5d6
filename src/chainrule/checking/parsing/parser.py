"""From tokens to nodes: a descent over relation > sum > product > quotient > factor > primary.

What can be read in two ways is not read: an argument without parentheses that may be longer than its first factor,
two subscripts, ``a/b/c``.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

from chainrule.checking.parsing import contractions, environments, fractions, functions, signs
from chainrule.checking.parsing.cursor import MAX_DEPTH, Cursor
from chainrule.checking.parsing.indicators import with_indicators
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.scripts import listed, with_scripts
from chainrule.checking.parsing.stars import without_stars
from chainrule.checking.parsing.syntax import (
    Brackets,
    Dots,
    Fraction,
    Group,
    Name,
    Negation,
    Node,
    Norm,
    Numeral,
    Partial,
    Product,
    Relation,
    Script,
    Scripted,
    Sum,
)
from chainrule.checking.parsing.tokens import CLOSING, Token

__all__ = ["Parser"]

_BRACKETS: dict[str, Brackets] = {"(": "()", "[": "[]", r"\{": "{}"}


class Parser(Cursor):
    """Reads nodes from tokens."""

    def __init__(self, tokens: Sequence[Token], length: int) -> None:
        super().__init__(tokens, length)
        self._readers: dict[str, Callable[[], Node]] = {
            "number": self.number,
            "letter": self._letter,
            "word": lambda: functions.word(self),
            "accent": self._accent,
            "begin": lambda: environments.environment(self),
            "(": self.group,
            "[": self.group,
            r"\{": self.group,
            "{": self._braces,
            "⟨": lambda: contractions.in_angles(self),
            "|": self._norm,
            "‖": self._norm,
            "∑": lambda: functions.big_sum(self),
            "∂": lambda: fractions.partial(self),
            "∇": lambda: fractions.gradient(self),
            "√": lambda: functions.root(self),
            "frac": lambda: fractions.fraction(self),
            "…": self._dots,
        }

    # From loose to tight.

    def relation(self) -> Node:
        """Read ``a = b < c``, or what stands alone."""
        start = self.token.start
        sides = [self.sum()]
        between = []
        while self.is_next(*signs.RELATIONS):
            between.append(self.take().text)
            sides.append(self.sum())
        return self.spanned(Relation(tuple(sides), tuple(between)), start) if between else sides[0]

    def sum(self) -> Node:
        """Read terms with plus and minus between them."""
        start = self.token.start
        terms = [self.signed(self._contraction)]
        while self.is_next("+", "-") and not self.adds_next():
            terms.append(self.signed(self._contraction))
        return self.spanned(Sum(tuple(terms)), start) if len(terms) > 1 else terms[0]

    def adds_next(self) -> bool:
        """Say whether += or −= comes next."""
        return self.is_next("+", "-") and self.after().text == "="

    def signed(self, read: Callable[[], Node]) -> Node:
        """Read the signs before something, and it."""
        start = self.token.start
        minus = 0
        while self.is_next("+", "-"):
            minus += self.take().text == "-"
        if minus > MAX_DEPTH:
            self.fail("too-many-minuses")
        node = read()
        for _ in range(minus):
            node = self.spanned(Negation(node), start)
        return node

    def _contraction(self) -> Node:
        """Read ``A : B``, the sum of the products of their entries."""
        start = self.token.start
        node = self.product()
        while self.is_next(":") and contractions.is_meant(self):
            self.skip()
            node = self.spanned(contractions.contracted(node, self.product()), start)
        return node

    def product(self) -> Node:
        """Read factors, side by side or with an operator between them."""
        start = self.token.start
        factors = [self._quotient()]
        signs_between: list[str] = []
        while True:
            if self._operator_is_next():
                signs_between.append(self.take().text)
                factors.append(self.signed(self._quotient))
            elif not self.is_listing and self.operand_is_next():
                signs_between.append("")
                factors.append(self._quotient())
            else:
                break
        factors, operators = fractions.with_quotients(factors, without_stars(factors, signs_between))
        if not self.is_listing:
            factors, operators = with_indicators(factors, operators)
        if len(factors) == 1:
            return factors[0]
        return self.spanned(Product(tuple(factors), tuple(operators)), start)

    def _operator_is_next(self) -> bool:
        if not self.is_next(*signs.OPERATORS):
            return False
        return not self.is_listing or (self.after().kind in {"letter", "number", "word"} and self.token.text in "×⊗*·")

    def _quotient(self) -> Node:
        start = self.token.start
        node = self.factor()
        slashes = 0
        while self.took("/"):
            slashes += 1
            if slashes > 1 and not fractions.is_derivative(node):
                self.fail("two-slashes")
            node = self.spanned(fractions.over(node, self._denominator()), start)
        if fractions.is_operator(node) and self.operand_is_next():
            node = self.spanned(fractions.differentiated(self, cast("Fraction", node)), start)
        while self._bar_is_next():
            node = self.spanned(self._evaluated(node), start)
        return node

    def _bar_is_next(self) -> bool:
        return not self.bar and self.is_next("|") and self.after().text == "_"

    def _evaluated(self, node: Node) -> Node:
        r"""Read ``|_z``: what is differentiated by z is taken at z anyway; elsewhere it would be something else."""
        bar = self.take()
        self.expect("_")
        at = listed(self)[1]
        match node.items[0] if isinstance(node, Group) else node:
            case Fraction(_, Partial(of)) as derivative if at == (of,):
                return derivative
        raise NotUnderstood("evaluated", self.since(bar.start))

    def _denominator(self) -> Node:
        r"""Read what stands after a slash: one factor, or as in λ/2m a number and the letter that touches it."""
        start = self.token.start
        node = self.signed(self.factor)
        if isinstance(node, Numeral) and self.token.kind == "letter" and self.token.start == node.end:
            node = self.spanned(Product((node, self.factor()), ("",)), start)
        return node

    def operand_is_next(self) -> bool:
        """Say whether another factor may come next."""
        token = self.token
        if token.kind == "sign":
            if token.text in {"|", "‖"}:
                return not self.bar and not self._bar_is_next()
            opens = token.text in {"(", "[", r"\{", "{", "⟨", "∑", "∂", "∇", "√", "frac", "…"}
            return opens and not (token.text == "(" and self.text_is_inside())
        return token.kind in {"number", "letter", "word", "accent", "begin"}

    def text_is_inside(self) -> bool:
        """Say whether the bracket that comes next opens a remark in words."""
        return self.ahead(2)[1].kind == "text"

    def factor(self) -> Node:
        """Read a primary with its scripts; everything that nests comes through here, or is an argument."""
        while self.is_next("{") and self.is_empty():
            self.take()
            self.skip()
        start = self.token.start
        with self.deeper():
            return with_scripts(self, self._primary(), start)

    # Primaries.

    def _primary(self) -> Node:
        token = self.token
        is_place = self.is_listing or (self.is_next("·") and self.after().text == ")")
        if is_place and self.is_next(":", "·", "*"):
            return self._dots()
        reader = self._readers.get(token.text if token.kind == "sign" else token.kind)
        if reader is None:
            self.fail("expected-operand")
        return reader()

    def argument(self, *, listing: bool = False) -> Node:
        """Read what a command is of: braces, or one primary."""
        if self.is_next("{"):
            return self.braced(self.relation, listing=listing)
        with self.context(inside=True, listing=True), self.deeper():
            return self.signed(self._primary)

    def _dots(self) -> Node:
        start = self.take().start
        return self.spanned(Dots(), start)

    def number(self) -> Numeral:
        """Read a number."""
        token = self.take()
        return Numeral(token.text, start=token.start, end=token.end)

    def _letter(self) -> Node:
        token = self.take()
        name = Name(token.text, start=token.start, end=token.end)
        if self.is_listing or (token.start, token.end) == (self.token.start, self.token.end):
            return name
        touches = self.token.start == token.end
        if token.text == "d" and touches and self.token.kind in {"letter", "accent"}:
            return self.spanned(Partial(self.factor()), token.start)
        if touches and self._digits_are_next() and token.text.isalpha():
            number = self.number()
            return self.spanned(Scripted(name, Script((number,), start=number.start, end=number.end)), token.start)
        return name

    def _digits_are_next(self) -> bool:
        """Say whether plain digits come next, and no bold or struck one."""
        token = self.token
        return token.kind == "number" and token.end - token.start == len(token.text)

    def _accent(self) -> Node:
        accent = self.take()
        of = self.argument()
        base = of.base if isinstance(of, Scripted) else of
        if not isinstance(base, Name) or base.accent:
            raise NotUnderstood("expected-accented-letter", self.since(accent.start))
        name = replace(base, accent=accent.text)
        return self.spanned(replace(of, base=name) if isinstance(of, Scripted) else name, accent.start)

    # Brackets.

    def group(self) -> Group:
        """Read brackets and what they list."""
        opening = self.take()
        with self.context(inside=True, listing=self.is_listing):
            items: list[Node] = []
            while not self.is_next(CLOSING[opening.text]):
                items.append(self.relation())
                if not self.took(",", ";") and not self.is_listing and not self.is_next(CLOSING[opening.text]):
                    if len(items) == 1 and self.took("over"):
                        items = [self.spanned(fractions.over(items[0], self.relation()), items[0].start)]
                    if not self.is_next(CLOSING[opening.text]):
                        self.fail("expected-sign-or-comma", sign=CLOSING[opening.text].removeprefix(chr(92)))
        self.skip()
        if not items:
            raise NotUnderstood("empty-brackets", self.since(opening.start))
        brackets = _BRACKETS[opening.text]
        return self.spanned(Group(tuple(items), brackets), opening.start)

    def _braces(self) -> Node:
        """Read braces: they group nothing that a reader of the page would see, unless a script follows."""
        if not self.is_closed():
            self.fail("unclosed", sign="{")
        before, after, within = self.before(), self.beyond(), self.within()
        scripted = after.kind == "sign" and after.text in {"_", "^", "′"}
        divided = any(token.text == "over" for token in within)
        signed = within[:1] and within[0].text in {"+", "-"}
        if scripted or divided or signed or self.is_listing:
            if signed and before and before.kind in {"letter", "number", "word"}:
                self.fail("signed-braces")
            return self.braced(self.relation)
        self.hide_braces()
        return self.factor()

    def braced(self, read: Callable[[], Node], *, listing: bool = False) -> Node:
        """Read braces around one thing."""
        self.expect("{")
        with self.context(inside=True, listing=listing):
            node = read()
            if self.took("over"):
                node = self.spanned(fractions.over(node, read()), node.start)
            self.expect("}")
        return node

    def _norm(self) -> Node:
        opening = self.take()
        with self.context(inside=True, bar=opening.text):
            of = self.relation()
            self.expect(opening.text)
        return self.spanned(Group((of,), "||") if opening.text == "|" else Norm(of), opening.start)
