"""Expressions of NumPy, as formulas: parsed with the standard library's `ast`, never run."""

import ast
import re
from collections.abc import Callable, Mapping

from chainrule.checking.message import Term
from chainrule.checking.parsing.einsum import einsum, summed, transposed
from chainrule.checking.parsing.formulas import Functions
from chainrule.checking.parsing.problems import NotUnderstood, Span
from chainrule.checking.parsing.signs import TARGETS
from chainrule.checking.parsing.syntax import (
    Apply,
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
)

__all__ = ["Reader", "call", "called", "offset_in"]

MAX_DEPTH = 50

_GRADIENT = re.compile(r"(?:grad|nabla|d[LJ]_d)_?([A-Za-z]\w*)|([A-Za-z]\w*)_grad")
_DELTA = re.compile(r"^delta_?(?=\d*$)")
_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Eq: "=", ast.NotEq: "≠", ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥", ast.In: "∈",
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], Operator] = {ast.Mult: "*", ast.MatMult: "@"}
# Libraries and their parts, and ``self``, whose methods are functions.
_MODULES = frozenset(
    ("np", "numpy", "jnp", "math", "scipy", "special", "linalg", "torch", "F", "functional", "tf", "self")
)
# What changes no value.
_ITSELF = frozenset(("copy", "clone", "detach", "astype", "float", "array", "asarray", "tensor", "squeeze", "item"))
_METHODS = _ITSELF | {
    "sum", "mean", "max", "min", "argmax", "dot", "mm", "matmul", "transpose", "t", "pow", "clamp", "exp", "log",
    "sqrt", "sigmoid", "tanh", "relu", "softmax",
}  # fmt: skip
_REDUCTIONS = frozenset(("sum", "mean", "max", "min", "amax"))  # what goes along an axis
# What a keyword is called here, by its name in a library.
_KEYWORDS = {"dim": "axis", "keepdim": "keepdims"} | {
    name: name
    for name in (
        "axis", "keepdims", "copy", "dtype", "alpha", "negative_slope", "slope", "min", "max", "a_min", "a_max",
    )
}  # fmt: skip


def offset_in(source: str, line: int, column: int) -> int:
    """Return the place in a source of a column of one of its lines."""
    before = sum(len(each) + 1 for each in source.split("\n")[: line - 1])
    return max(0, min(before + column, len(source)))


class Reader:
    """Reads the expressions of a piece of code, which may call functions that are known."""

    def __init__(self, source: str, functions: Functions) -> None:
        self.source = source
        self.functions = functions
        self.lines = source.split("\n")
        self.depth = 0

    def problem(self, reason: str, node: ast.expr, **terms: Term) -> NotUnderstood:
        """Return why an expression is not understood."""
        return NotUnderstood(reason, self.span(node), **terms)

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Return where a node stands; `ast` counts in bytes of UTF-8."""
        ends = ((node.lineno, node.col_offset), (node.end_lineno or 1, node.end_col_offset or 0))
        start, end = (
            offset_in(self.source, line, len(self.lines[line - 1].encode()[:column].decode(errors="ignore")))
            for line, column in ends
        )
        return Span(start, end)

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
                return self.indexed(of, index)
            case ast.Call():
                return self._call(tree)
            case ast.IfExp(test=test, body=of, orelse=other):
                return call("where", self.node(test), self.node(of), self.node(other))
        return self._leaf(tree)

    def _leaf(self, tree: ast.expr) -> Node:
        match tree:
            case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="self"), attr=name):
                return Name(called(name), is_word=True)
            case ast.Constant(value=bool() | None as value):
                return Name(str(value), is_word=True)
            case ast.Constant(value=int() | float()):
                start, end = self.span(tree)
                return Numeral(self.source[start:end])
            case ast.Attribute(value=of, attr="T"):
                return transposed(self.node(of))
            case ast.Attribute(value=of, attr="size"):
                return call("size", self.node(of))
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

    def indexed(self, of: ast.expr, index: ast.expr) -> Node:
        """Return what has this key, or stands at this place."""
        if isinstance(index, ast.Constant) and isinstance(index.value, str):
            of_gradients = isinstance(of, ast.Name) and "grad" in of.id.lower() and not index.value.startswith("d")
            return Name(f"d{index.value}" if of_gradients else index.value, is_word=True)  # grads["W1"], params["W1"]
        if isinstance(of, ast.Attribute) and of.attr == "shape":
            return call("shape", self.node(of.value), self.node(index))
        if classes := self.classes(index):
            targets, axis = classes
            if _is_function(of, "eye"):
                return targets
            if axis is not None:
                return summed(Product((self.node(of), targets), ("*",)), axis)
        items = index.elts if isinstance(index, ast.Tuple) else [index]
        return Scripted(self.node(of), sub=Script(tuple(map(self._index, items)), "[]"))

    def classes(self, index: ast.expr) -> tuple[Node, int | None] | None:
        """Return the one-hot targets of ``[range(N), y]`` and ``[y]``; of a batch, with the axis of the classes."""
        match index:
            case ast.Tuple(elts=[first, ast.Name() as of]) if _is_function(first, "range", "arange"):
                return call("onehot", self.node(of)), 1
            case ast.Tuple(elts=[ast.Name() as of, second]) if _is_function(second, "range", "arange"):
                return call("onehot", self.node(of)), 0
            case ast.Name(id=name) if len(name) > 1 or name in TARGETS:
                return call("onehot", self.node(index)), None
        return None

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
            formula = self.functions.get(name)
            if formula is not None:
                given = {called(each.arg): self.node(each.value) for each in call.keywords if each.arg}
                return formula.applied(tuple(map(self.node, call.args)), given, self.span(call))
        else:
            raise self.problem("expected-function", function)
        return self._applied(name, call.args, call)

    def _applied(self, name: str, trees: list[ast.expr], whole: ast.Call) -> Node:
        if name in _ITSELF and trees:
            return self.node(trees[0])
        if name == "einsum":
            return self._einsum(trees, whole)
        arguments = tuple(map(self.node, trees))
        keywords = tuple(self._keyword(keyword, whole) for keyword in whole.keywords)
        if name in _REDUCTIONS and len(trees) == 2 and isinstance(whole.func, ast.Attribute) and _is_axis(trees[1]):
            keywords = (Relation((Name("axis", is_word=True), arguments[1]), ("=",)), *keywords)
            arguments = arguments[:1]
        if name == "clamp" and [each.sides[0] for each in keywords] == [Name("min", is_word=True)]:
            return call("maximum", *arguments, keywords[0].sides[1])
        end = self.span(whole.func).end
        function = Name(name, is_word=True, start=end - len(name), end=end)
        formula = _OPERATIONS.get((name, len(arguments))) if not keywords else None
        return formula(*arguments) if formula else Apply(function, (*arguments, *keywords))

    def _einsum(self, trees: list[ast.expr], whole: ast.Call) -> Node:
        match trees:
            case [ast.Constant(value=str() as subscripts), *operands]:
                found = einsum(subscripts, tuple(map(self.node, operands)))
                if found is not None and not whole.keywords:
                    return found
        raise self.problem("expected-formula", trees[0] if trees else whole)

    def _keyword(self, keyword: ast.keyword, call: ast.Call) -> Relation:
        if keyword.arg is None:
            raise self.problem("expected-keywords", call)
        if keyword.arg not in _KEYWORDS:
            raise self.problem("unknown-keyword", keyword.value, name=keyword.arg)
        value = self.node(keyword.value)
        name = Name(_KEYWORDS[keyword.arg], is_word=True)
        return Relation((name, value), ("=",), start=value.start, end=value.end)


def call(name: str, *arguments: Node) -> Apply:
    """Return what a function of a name is of some arguments."""
    return Apply(Name(name, is_word=True), arguments)


def called(name: str) -> str:
    """Return a name as the reader of formulas knows it: dW2 for grad_W2, δ2 for delta2."""
    gradient = _GRADIENT.fullmatch(name)
    if gradient:
        return f"d{gradient[1] or gradient[2]}"
    return _DELTA.sub("δ", name)


def _step(of: Node, at_zero: Node) -> Node:
    """Return 1 where something is above 0, 0 where it is below, and between them what is said."""
    zero, one = Numeral("0"), Numeral("1")
    below = call("where", Relation((of, zero), ("<",)), zero, at_zero)
    return call("where", Relation((of, zero), (">",)), one, below)


# What has a sign of its own in formulas, or is made of what has a name there; by name and number of arguments.
_OPERATIONS: Mapping[tuple[str, int], Callable[..., Node]] = {
    ("dot", 2): lambda one, other: Product((one, other), ("@",)),
    ("mm", 2): lambda one, other: Product((one, other), ("@",)),
    ("matmul", 2): lambda one, other: Product((one, other), ("@",)),
    ("multiply", 2): lambda one, other: Product((one, other), ("*",)),
    ("transpose", 1): transposed,
    ("t", 1): transposed,
    ("square", 1): lambda of: Scripted(of, sup=Script((Numeral("2"),))),
    ("pow", 2): lambda of, exponent: Scripted(of, sup=Script((exponent,))),
    ("power", 2): lambda of, exponent: Scripted(of, sup=Script((exponent,))),
    ("divide", 2): Fraction,
    ("norm", 1): Norm,
    ("len", 1): lambda of: call("shape", of, Numeral("0")),
    ("heaviside", 2): _step,
    ("log1p", 1): lambda of: call("log", Sum((Numeral("1"), of))),
    ("logaddexp", 2): lambda one, other: call("log", Sum((call("exp", one), call("exp", other)))),
}


def _is_function(tree: ast.expr, *names: str) -> bool:
    """Say whether this calls a function by one of some names: range, np.arange."""
    match tree:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in names
    return False


def _is_axis(tree: ast.expr) -> bool:
    match tree:
        case ast.Constant(value=0 | 1) | ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            return True
    return False


def _is_module(tree: ast.expr) -> bool:
    """Say whether this is a library or a part of one: np, np.linalg, torch.nn.functional."""
    while isinstance(tree, ast.Attribute) and tree.attr in _MODULES | {"nn"}:
        tree = tree.value
    return isinstance(tree, ast.Name) and tree.id in _MODULES
