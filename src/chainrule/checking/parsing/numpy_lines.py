"""Lines of NumPy: parsed with the standard library's `ast`, never run."""

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple, cast

from chainrule.checking.message import Term
from chainrule.checking.parsing.problems import NotUnderstood, Span
from chainrule.checking.parsing.syntax import (
    Apply,
    Chain,
    Dots,
    Fraction,
    Group,
    Name,
    Negation,
    Node,
    Norm,
    Numeral,
    Operator,
    Product,
    Relation,
    Script,
    Scripted,
    Sum,
    Text,
)

__all__ = ["Line", "looks_like_numpy", "numpy_chains", "statement_lines"]

MAX_CHARACTERS = 4_000  # of a statement
MAX_DEPTH = 50

_PIECE = re.compile(
    r"""(?P<string>'''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\\n]){0,200}'|"(?:\\.|[^"\\\n]){0,200}")
    |(?P<comment>\#[^\n]*)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<line>\\?\n[ \t]*)""",
    re.VERBOSE | re.DOTALL,
)
_NUMPY = re.compile(r"\bnp\.|@|\*\*|\.T\b|\baxis\s*=|\.(?:sum|mean|dot|shape)\b|\[[\"':]")
_GRADIENT = re.compile(r"(?:grad|nabla|d[LJ]_d)_?([A-Za-z]\w*)|([A-Za-z]\w*)_grad")
_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Eq: "=", ast.NotEq: "≠", ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥", ast.In: "∈",
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], Operator] = {ast.Mult: "*", ast.MatMult: "@"}
_PRODUCTS: dict[str, Operator] = {"dot": "@", "matmul": "@", "multiply": "*"}
_BEGINNINGS = frozenset(("zeros", "zeros_like", "empty", "empty_like", "standard_normal", "default_rng"))
_METHODS = frozenset(("sum", "mean", "dot", "max", "min", "argmax", "transpose", "copy", "astype"))


class Line(NamedTuple):
    """A statement: its line from 1, how it reads, without its indentation, and the comment after it or alone."""

    number: int
    source: str
    comment: str


def looks_like_numpy(text: str) -> bool:
    """Say whether a line has something that only code has."""
    return _NUMPY.search(text) is not None


def statement_lines(text: str) -> Iterator[Line]:
    """Yield the statements and comments of a piece of code, each as long as its brackets are open."""
    start = number = 0
    depth = 0
    comment = ""
    for match in _PIECE.finditer(text + "\n"):
        depth += (match.lastgroup == "open") - (match.lastgroup == "close")
        if match.lastgroup == "comment":
            comment = match[0]
        if match.lastgroup != "line" or match[0][0] == "\\":
            continue
        indentation = len(match[0]) - 1
        following = text[match.end() : match.end() + 1]
        if depth > 0 and following and (indentation > _indentation(text, start) or following in ")]}#\n"):
            continue
        yield from _line(text[start : match.start()], number, comment)
        number += text.count("\n", start, match.start()) + 1
        start, depth, comment = match.start() + 1, 0, ""


def _indentation(text: str, start: int) -> int:
    end = start
    while text[end : end + 1] in {" ", "\t"}:
        end += 1
    return end - start


def _line(source: str, number: int, comment: str) -> Iterator[Line]:
    blank = len(source) - len(source.lstrip())
    source, number = source.strip(), number + source.count("\n", 0, blank)
    if comment and source.endswith(comment):
        source = source.removesuffix(comment).rstrip()
    if source or comment:
        yield Line(number + 1, source, comment.lstrip("# ").rstrip())


def numpy_chains(source: str, comment: str = "") -> tuple[Chain, ...]:
    """Return what a statement assigns, or nothing if it assigns nothing.

    Parameters
    ----------
    source : str
        One statement.
    comment : str
        What goes beside it.

    Raises
    ------
    NotUnderstood
        Where the statement has something that is no formula, or is no Python.
    """
    if len(source) > MAX_CHARACTERS:
        raise NotUnderstood("too-long", Span(0, 1), most=MAX_CHARACTERS, count=len(source))
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        if "=" not in source or re.match(r"(?:def|class|for|while|with|if|elif|else|try|except|async|@)\b", source):
            return ()
        at = _offset(source, error.lineno or 1, (error.offset or 1) - 1)
        raise NotUnderstood("no-python", Span(at, min(at + 1, len(source)))) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotUnderstood("no-python", Span(0, len(source))) from error
    beside = (Text(comment, start=len(source), end=len(source)),) if comment else ()
    reader = _Reader(source)
    return tuple(chain for statement in body for chain in reader.statement(statement, beside))


def _offset(source: str, line: int, column: int) -> int:
    before = sum(len(each) + 1 for each in source.split("\n")[: line - 1])
    return max(0, min(before + column, len(source)))


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = source.split("\n")
        self.depth = 0

    def problem(self, reason: str, node: ast.expr, **terms: Term) -> NotUnderstood:
        """Return why an expression is not understood."""
        return NotUnderstood(reason, self.span(node), **terms)

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Return where a node stands; `ast` counts in bytes of UTF-8."""
        ends = ((node.lineno, node.col_offset), (node.end_lineno or 1, node.end_col_offset or 0))
        start, end = (
            _offset(self.source, line, len(self.lines[line - 1].encode()[:column].decode(errors="ignore")))
            for line, column in ends
        )
        return Span(start, end)

    def statement(self, statement: ast.stmt, beside: tuple[Text, ...]) -> Iterator[Chain]:
        start, end = self.span(statement)
        match statement:
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value) if _is_beginning(value):
                return
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Attribute(value=of, attr="shape")):
                for axis, name in enumerate(names):
                    size = Apply(Name("shape", is_word=True), (self.node(of), Numeral(str(axis))), start=start, end=end)
                    yield Chain((self.node(name), size), ("=",), beside, start=start, end=end)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(names) == len(values):
                for name, value in zip(names, values, strict=True):
                    yield Chain((self.node(name), self.node(value)), ("=",), beside, start=start, end=end)
            case ast.Assign(targets=targets, value=value):
                members = tuple(map(self.node, [*targets, value]))
                yield Chain(members, ("=",) * len(targets), beside, start=start, end=end)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield Chain((self.node(target), self.node(value)), ("=",), beside, start=start, end=end)
            case ast.AugAssign(target=target, op=operator, value=value):
                after = ast.copy_location(ast.BinOp(cast("ast.expr", target), operator, value), statement)
                yield Chain((self.node(target), self.node(after)), ("←",), beside, start=start, end=end)

    def node(self, tree: ast.expr) -> Node:
        """Return the node of an expression."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.problem("too-deep", tree, most=MAX_DEPTH)
        start, end = self.span(tree)
        node = self._node(tree)
        self.depth -= 1
        object.__setattr__(node, "start", start)
        object.__setattr__(node, "end", end)
        return node

    def _node(self, tree: ast.expr) -> Node:
        match tree:
            case ast.UnaryOp(op=ast.USub(), operand=of):
                return Negation(self.node(of))
            case ast.UnaryOp(op=ast.UAdd(), operand=of):
                return self._node(of)
            case ast.BinOp():
                return self._binary(tree)
            case ast.Compare(left=left, ops=operators, comparators=rest) if all(type(op) in _SIGNS for op in operators):
                sides = tuple(map(self.node, [left, *rest]))
                return Relation(sides, tuple(_SIGNS[type(operator)] for operator in operators))
            case ast.Tuple(elts=[_, *_] as items):
                return Group(tuple(map(self.node, items)))
            case ast.Subscript(value=of, slice=index):
                return self._indexed(of, index)
            case ast.Call():
                return self._call(tree)
        return self._leaf(tree)

    def _leaf(self, tree: ast.expr) -> Node:
        match tree:
            case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="self"), attr=name):
                gradient = _GRADIENT.fullmatch(name)
                return Name(f"d{gradient[1] or gradient[2]}" if gradient else name, is_word=True)
            case ast.Constant(value=bool() | None as value):
                return Name(str(value), is_word=True)
            case ast.Constant(value=int() | float()):
                start, end = self.span(tree)
                return Numeral(self.source[start:end])
            case ast.Attribute(value=of, attr="T"):
                return _transposed(self.node(of))
        raise self.problem("expected-formula", tree)

    def _binary(self, tree: ast.BinOp) -> Node:
        if isinstance(tree.op, ast.Add | ast.Sub):
            terms = self._spine(tree, (ast.Add, ast.Sub))
            return Sum(tuple(self._term(operator, of) for operator, of in terms))
        if type(tree.op) in _OPERATORS:
            factors = tuple(self.node(of) for _, of in self._spine(tree, (type(tree.op),)))
            return Product(factors, (_OPERATORS[type(tree.op)],) * (len(factors) - 1))
        left, right = self.node(tree.left), self.node(tree.right)
        if isinstance(tree.op, ast.Div):
            return Fraction(left, right)
        if isinstance(tree.op, ast.Pow):
            return Scripted(left, sup=Script((right,), start=right.start, end=right.end))
        raise self.problem("expected-operator", tree)

    def _spine(
        self, tree: ast.expr, operators: tuple[type[ast.operator], ...]
    ) -> list[tuple[ast.operator | None, ast.expr]]:
        """Return the operands of ``a + b - c``, each with the operator before it."""
        found: list[tuple[ast.operator | None, ast.expr]] = []
        while isinstance(tree, ast.BinOp) and isinstance(tree.op, operators):
            found.append((tree.op, tree.right))
            tree = tree.left
        return [(None, tree), *reversed(found)]

    def _term(self, operator: ast.operator | None, tree: ast.expr) -> Node:
        term = self.node(tree)
        return Negation(term, start=term.start, end=term.end) if isinstance(operator, ast.Sub) else term

    def _indexed(self, of: ast.expr, index: ast.expr) -> Node:
        if isinstance(index, ast.Constant) and isinstance(index.value, str):
            of_gradients = isinstance(of, ast.Name) and "grad" in of.id.lower() and not index.value.startswith("d")
            return Name(f"d{index.value}" if of_gradients else index.value, is_word=True)  # grads["W1"], params["W1"]
        if isinstance(of, ast.Attribute) and of.attr == "shape":
            return Apply(Name("shape", is_word=True), (self.node(of.value), self.node(index)))
        items = index.elts if isinstance(index, ast.Tuple) else [index]
        return Scripted(self.node(of), sub=Script(tuple(map(self._index, items)), "[]"))

    def _index(self, index: ast.expr) -> Node:
        match index:
            case ast.Slice(lower=None, upper=None, step=None):
                start, end = self.span(index)
                return Dots(start=start, end=end)
            case ast.Name() | ast.Constant(value=int()) | ast.BinOp() | ast.UnaryOp():
                return self.node(index)
        raise self.problem("expected-index", index)

    def _call(self, call: ast.Call) -> Node:
        """Read ``np.f(a)``, ``f(a)`` and ``a.f()``."""
        function = call.func
        if isinstance(function, ast.Attribute):
            name = function.attr
            if not _is_module(function.value):
                if name not in _METHODS:
                    raise self.problem("expected-method", call, names=", ".join(sorted(_METHODS)))
                return self._applied(name, [function.value, *call.args], call)
        elif isinstance(function, ast.Name):
            name = function.id
        else:
            raise self.problem("expected-function", function)
        return self._applied(name, call.args, call)

    def _applied(self, name: str, trees: list[ast.expr], call: ast.Call) -> Node:
        if name in {"copy", "astype"} and trees:
            return self.node(trees[0])
        arguments = tuple(map(self.node, trees))
        keywords = tuple(self._keyword(keyword, call) for keyword in call.keywords)
        match name, len(arguments), len(keywords):
            case (("dot" | "matmul" | "multiply"), 2, 0):
                return Product(arguments, (_PRODUCTS[name],))
            case "transpose", 1, 0:
                return _transposed(arguments[0])
            case "square", 1, 0:
                return Scripted(arguments[0], sup=Script((Numeral("2"),)))
            case "power", 2, 0:
                return Scripted(arguments[0], sup=Script(arguments[1:]))
            case "divide", 2, 0:
                return Fraction(*arguments)
            case "norm", 1, 0:
                return Norm(arguments[0])
        end = self.span(call.func).end
        return Apply(Name(name, is_word=True, start=end - len(name), end=end), (*arguments, *keywords))

    def _keyword(self, keyword: ast.keyword, call: ast.Call) -> Relation:
        if keyword.arg is None:
            raise self.problem("expected-keywords", call)
        value = self.node(keyword.value)
        return Relation((Name(keyword.arg, is_word=True), value), ("=",), start=value.start, end=value.end)


def _is_beginning(tree: ast.expr) -> bool:
    """Say whether a value is only there to begin with: nothing, zeros, or numbers drawn at random, times a number."""
    match tree:
        case ast.Dict(keys=[]) | ast.List(elts=[]):
            return True
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div(), right=right):
            return _is_beginning(left) or _is_beginning(right)
        case ast.Call(func=ast.Attribute(value=of, attr=name)):
            return name in _BEGINNINGS or (isinstance(of, ast.Attribute) and of.attr == "random")
    return False


def _is_module(tree: ast.expr) -> bool:
    """Say whether this is NumPy or one of its parts, or ``self``, whose methods are functions."""
    if isinstance(tree, ast.Attribute) and tree.attr in {"linalg", "special"}:
        tree = tree.value
    return isinstance(tree, ast.Name) and tree.id in {"np", "numpy", "math", "scipy", "special", "self"}


def _transposed(node: Node) -> Scripted:
    return Scripted(node, sup=Script((Name("⊤"),)))
