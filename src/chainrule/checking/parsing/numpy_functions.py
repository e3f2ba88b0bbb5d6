"""Functions that code defines: those that are a formula, ``def sigmoid_prime(z): return …``, and all others."""

import ast
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

from chainrule.checking.parsing.formulas import Formula, Functions, substituted
from chainrule.checking.parsing.numpy_expressions import Reader, call, called
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.signs import FUNCTIONS
from chainrule.checking.parsing.syntax import Fraction, Name, Negation, Node, Numeral, Sum, unplaced

__all__ = ["functions_in"]

MAX_CHARACTERS = 2_000  # of a function that is a formula
_DEFINITION = re.compile(r"^def[ \t]+(?P<name>\w+)[^\n]*(?:\n(?:[ \t]+[^\n]*|(?=\n)))*", re.MULTILINE)
_LIBRARIES = {"np", "numpy", "math", "scipy", "special"}


def functions_in(text: str, known: Functions) -> tuple[str, Functions]:
    """Return code without the functions that are formulas, and all functions that are known then.

    A formula is made of its parameters alone, and is the value of the only one, or stands in a single line. What
    everybody knows by its name, and is defined at more length, is that.
    """
    functions = dict(known)

    def without(found: re.Match[str]) -> str:
        name, formula = found["name"], _formula(found[0], functions)
        is_known = formula is None and name in FUNCTIONS
        if not is_known:
            functions[name] = formula
        return "\n" * found[0].count("\n") if formula is not None or is_known else found[0]

    return _DEFINITION.sub(without, text), functions


def _formula(source: str, functions: Functions) -> Formula | None:
    """Return what a function returns, if it is a formula."""
    if len(source) > MAX_CHARACTERS:
        return None
    try:
        (tree,) = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    match tree:
        case ast.FunctionDef(args=ast.arguments(posonlyargs=[], vararg=None, kwonlyargs=[], kwarg=None)):
            *before, last = _statements(tree)
        case _:
            return None
    parameters = [each.arg for each in tree.args.args]
    if not isinstance(last, ast.Return) or last.value is None or (before and len(parameters) != 1):
        return None
    with suppress(NotUnderstood):
        return _read(parameters, tree.args.defaults, before, last.value, Reader(source, functions))
    return None


def _statements(function: ast.FunctionDef) -> Sequence[ast.stmt]:
    """Return what a function does, without what it says of itself."""
    first, *rest = function.body
    is_said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return rest or [first] if is_said else function.body


def _read(
    parameters: Sequence[str], defaults: Sequence[ast.expr], before: Sequence[ast.stmt], last: ast.expr, reader: Reader
) -> Formula | None:
    values: dict[str, Node] = {called(name): Name(called(name), is_word=True) for name in parameters}
    for statement in before:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_closed(value, values, reader.functions):
                values[called(name)] = _named(substituted(unplaced(reader.node(value)), values))
            case _:
                return None
    if isinstance(last, ast.Tuple | ast.Dict) or not _is_closed(last, values, reader.functions):
        return None
    names = tuple(map(called, parameters))
    given = names[len(names) - len(defaults) :]
    body = substituted(unplaced(reader.node(last)), values)
    return Formula(names, _named(body), dict(zip(given, map(unplaced, map(reader.node, defaults)), strict=True)))


def _is_closed(tree: ast.expr, values: Mapping[str, Node], functions: Functions) -> bool:
    """Return whether an expression is made of some names alone."""
    functions_called = {each.func for each in ast.walk(tree) if isinstance(each, ast.Call)}
    names = [each for each in ast.walk(tree) if isinstance(each, ast.Name)]
    others = {each.id for each in names if each not in functions_called} - _LIBRARIES
    return {called(name) for name in others} <= values.keys() and all(
        functions.get(each.id, True) for each in names if each in functions_called
    )


def _named(body: Node) -> Node:
    """Return a formula of one number by the name that everybody has for it: 1/(1 + e^{-z}) is the logistic function."""
    match body:
        case Fraction(Numeral(one), Sum((Numeral(other), exponential))) if float(one) == float(other) == 1:
            for of in (node.of for node in exponential.children if isinstance(node, Negation)):
                if exponential == call("exp", Negation(of)):
                    return call("sigmoid", of)
    return body
