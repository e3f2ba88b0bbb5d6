"""Functions that code defines: those that are a formula, ``def sigmoid_prime(z): return …``, and all others."""

import ast
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

from chainrule.checking.parsing.formulas import Formula, Functions, bounded, substituted
from chainrule.checking.parsing.numpy_expressions import Reader, call, called
from chainrule.checking.parsing.numpy_lines import equations
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.signs import FUNCTIONS
from chainrule.checking.parsing.syntax import Fraction, Name, Negation, Node, Numeral, Sum, unplaced

__all__ = ["functions_in"]

MAX_CHARACTERS = 2_000  # of a function that is a formula
_DEFINITION = re.compile(
    r"^(?:def[ \t]+(?P<name>\w+)[^\n]*(?:\n(?:[ \t]+[^\n]*|(?=\n)))*|(?P<short>\w+)[ \t]*=[ \t]*lambda\b[^\n]*)",
    re.MULTILINE,
)
_BACKWARD = re.compile(
    r"(?:leaky_?)?(?:relu|sigmoid|logistic|tanh|activation|act)_?(?:backward|back|grad|prime|deriv\w*)", re.IGNORECASE
)
_LIBRARIES = {"np", "numpy", "math", "scipy", "special"}


def functions_in(text: str, known: Functions) -> tuple[str, Functions]:
    """Return code without the functions that are formulas, and all functions that are known then.

    A formula is made of its parameters alone, and is the value of the only one, or stands in a single line, or is the
    way back through an activation. What everybody knows by its name, and is defined at more length, is that.
    """
    functions = dict(known)

    def without(found: re.Match[str]) -> str:
        name, formula = found["name"] or found["short"], _formula(found[0], functions)
        is_known = formula is None and name in FUNCTIONS
        if formula is not None or (found["name"] and not is_known):
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
        case ast.FunctionDef(name=name, args=given):
            *before, last = _statements(tree)
            value = last.value if isinstance(last, ast.Return) else None
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda(args=given, body=value)):
            before = []
        case _:
            return None
    is_short = not before or len(given.args) == 1 or _BACKWARD.fullmatch(name)
    if value is None or not is_short or given.posonlyargs or given.vararg or given.kwonlyargs or given.kwarg:
        return None
    with suppress(NotUnderstood):
        return _read([each.arg for each in given.args], given.defaults, before, value, Reader(source, functions))
    return None


def _statements(function: ast.FunctionDef) -> Sequence[ast.stmt]:
    """Return what a function does, without what it says of itself."""
    is_said = [isinstance(each, ast.Assert) or _is_text(each) for each in function.body]
    return [each for each, said in zip(function.body, is_said, strict=True) if not said] or [ast.Pass()]


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _read(
    parameters: Sequence[str], defaults: Sequence[ast.expr], before: Sequence[ast.stmt], last: ast.expr, reader: Reader
) -> Formula | None:
    values: dict[str, Node] = {called(name): Name(called(name), is_word=True) for name in parameters}
    for statement in before:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_closed(value, values, reader.functions):
                values[called(name)] = _named(bounded(substituted(unplaced(reader.node(value)), values)))
            case ast.Assign(targets=[ast.Subscript()]) | ast.AugAssign() if _is_closed(
                statement, values, reader.functions
            ):
                for (left, *_, right), _ in equations(statement, reader):
                    if isinstance(left, Name):
                        values[left.text] = bounded(substituted(unplaced(right), values))
            case _:
                return None
    if isinstance(last, ast.Tuple | ast.Dict) or not _is_closed(last, values, reader.functions):
        return None
    names = tuple(map(called, parameters))
    given = names[len(names) - len(defaults) :]
    body = bounded(substituted(unplaced(reader.node(last)), values))
    return Formula(names, _named(body), dict(zip(given, map(unplaced, map(reader.node, defaults)), strict=True)))


def _is_closed(tree: ast.AST, values: Mapping[str, Node], functions: Functions) -> bool:
    """Return whether code is made of some names alone."""
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
