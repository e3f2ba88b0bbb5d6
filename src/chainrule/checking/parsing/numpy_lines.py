"""Statements of NumPy: parsed with the standard library's `ast`, never run."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import cast

from chainrule.checking.parsing.formulas import Functions
from chainrule.checking.parsing.numpy_expressions import Reader, call, offset_in
from chainrule.checking.parsing.problems import NotUnderstood, Span
from chainrule.checking.parsing.syntax import Chain, Negation, Node, Numeral, Product, Sum, Text

__all__ = ["NO_FUNCTIONS", "equations", "numpy_chains"]

MAX_CHARACTERS = 4_000  # of a statement
NO_FUNCTIONS: Functions = MappingProxyType({})
_GRADIENT = re.compile(r"d[A-Z]\w*|d[a-z]\d*|(?:grad|nabla|delta)_\w+|delta\d*")
_BEGINNINGS = frozenset(("zeros", "zeros_like", "empty", "empty_like", "standard_normal", "default_rng"))

Equation = tuple[tuple[Node, ...], str]  # its members, and the sign between them


def numpy_chains(source: str, comment: str = "", functions: Functions = NO_FUNCTIONS) -> tuple[Chain, ...]:
    """Return what a statement assigns, or nothing if it assigns nothing.

    Parameters
    ----------
    source : str
        One statement.
    comment : str
        What goes beside it.
    functions : mapping
        Those that the code has defined.

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
        at = offset_in(source, error.lineno or 1, (error.offset or 1) - 1)
        raise NotUnderstood("no-python", Span(at, min(at + 1, len(source)))) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotUnderstood("no-python", Span(0, len(source))) from error
    beside = (Text(comment, start=len(source), end=len(source)),) if comment else ()
    reader = Reader(source, functions)
    found: list[Chain] = []
    for statement in body:
        start, end = reader.span(statement)
        for members, sign in equations(statement, reader):
            if members[1:] == members[:1]:  # W1 = parameters["W1"], grads["W1"] = dW1
                continue
            placed = tuple(each if each.end else replace(each, start=start, end=end) for each in members)
            found.append(Chain(placed, (sign,) * (len(members) - 1), beside, start=start, end=end))
    return tuple(found)


def equations(statement: ast.stmt, reader: Reader) -> Iterator[Equation]:
    """Yield what a statement says."""
    match statement:
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value) if _is_beginning(value):
            return
        case ast.Assign(targets=[of], value=ast.Call(func=ast.Name(id=name))) if (
            name in reader.functions and reader.functions[name] is None and not _is_gradient(of)
        ):
            return
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=value):
            yield from _unpacked(names, value, reader)
        case ast.Assign(targets=[ast.Subscript(value=of, slice=index)], value=value) if not _is_key(index):
            yield from _at_places(of, index, value, reader)
        case ast.Assign(targets=[of], value=ast.Dict() as store):
            yield from _stored(of, store, reader)
        case ast.Assign(targets=targets, value=value):
            yield tuple(map(reader.node, [*targets, value])), "="
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield (reader.node(target), reader.node(value)), "="
        case ast.AugAssign(target=ast.Subscript(value=of, slice=index), op=operator, value=value) if not _is_key(index):
            yield from _changed_at_places(of, index, ast.BinOp(of, operator, value), reader)
        case ast.AugAssign(target=target, op=operator, value=value):
            after = ast.copy_location(ast.BinOp(cast("ast.expr", target), operator, value), statement)
            yield (reader.node(target), reader.node(after)), "←"


def _unpacked(names: list[ast.expr], value: ast.expr, reader: Reader) -> Iterator[Equation]:
    """Yield what ``m, n = X.shape`` and ``a, b = c, d`` say; of a store and a function, their own lines do."""
    match value:
        case ast.Attribute(value=of, attr="shape"):
            for axis, name in enumerate(names):
                yield (reader.node(name), call("shape", reader.node(of), Numeral(str(axis)))), "="
        case ast.Tuple(elts=values) if len(names) == len(values):
            for name, each in zip(names, values, strict=True):
                yield (reader.node(name), reader.node(each)), "="
        case ast.Name() | ast.Subscript():
            return
        case ast.Call() if not any(map(_is_gradient, names)):
            return
        case _:
            raise reader.problem("expected-formula", value)


def _stored(of: ast.expr, store: ast.Dict, reader: Reader) -> Iterator[Equation]:
    """Yield what ``grads = {"dW": X.T @ dZ}`` says; what has a name has been said."""
    for key, value in zip(store.keys, store.values, strict=True):
        if key is not None and not isinstance(value, ast.Name | ast.Constant):
            yield (reader.node(ast.copy_location(ast.Subscript(of, key), key)), reader.node(value)), "="


def _at_places(of: ast.expr, index: ast.expr, value: ast.expr, reader: Reader) -> Iterator[Equation]:
    """Yield what ``Y[np.arange(m), y] = 1`` and ``dz[z <= 0] = 0`` say."""
    match index, value:
        case ast.Compare(), _:
            yield (left := reader.node(of), call("where", reader.node(index), reader.node(value), left)), "←"
        case _, ast.Constant(value=1) if classes := reader.classes(index):
            yield (reader.node(of), classes[0]), "="
        case ast.Tuple(), _ if reader.classes(index):
            raise reader.problem("expected-index", index)
        case _:
            yield (reader.indexed(of, index), reader.node(value)), "="


def _changed_at_places(of: ast.expr, index: ast.expr, after: ast.BinOp, reader: Reader) -> Iterator[Equation]:
    """Yield what ``dz[np.arange(m), y] -= 1`` and ``dz[z <= 0] *= 0.01`` say."""
    left = reader.node(of)
    after = ast.copy_location(after, of)
    classes = reader.classes(index)
    if isinstance(index, ast.Compare):
        yield (left, call("where", reader.node(index), reader.node(after), left)), "←"
    elif classes is not None and isinstance(after.op, ast.Sub):
        is_one = isinstance(after.right, ast.Constant) and after.right.value == 1
        taken = classes[0] if is_one else Product((reader.node(after.right), classes[0]), ("*",))
        yield (left, Sum((Negation(taken), left))), "←"
    else:
        raise reader.problem("expected-index", index)


def _is_key(index: ast.expr) -> bool:
    """Say whether this is a key, and no place in an array."""
    return isinstance(index, ast.Constant) and isinstance(index.value, str)


def _is_gradient(target: ast.expr) -> bool:
    """Say whether one of some names is a gradient's: what is assigned to it is a step, even if it is not understood."""
    return any(isinstance(each, ast.Name) and _GRADIENT.fullmatch(each.id) for each in ast.walk(target))


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
