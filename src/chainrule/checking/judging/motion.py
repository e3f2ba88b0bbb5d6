"""Lines of differentials, dZ = X dW: what moves on the right is what makes the left side move."""

from dataclasses import replace

from chainrule.algebra.expressions import Symbol
from chainrule.checking.meaning.differentials import made_of, moved_in
from chainrule.checking.meaning.points import INPUTS
from chainrule.checking.meaning.systems import System
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.signs import TARGETS
from chainrule.checking.parsing.syntax import Node

__all__ = ["HELD", "holds_parameters", "in_motion"]

HELD = "what has no d is held"


def in_motion(sides: tuple[Node, Node], system: System) -> System:
    """Return a system in which differentials on the left of a line are by those on its right.

    Parameters
    ----------
    sides : tuple of Node
        The left side and the right side.
    system : System
        In which all differentials are free.

    Raises
    ------
    NotUnderstood
        If the left side is made of nothing that moves on the right.
    """
    left, right = (_moved(side, system) for side in sides)
    if not left and not right:
        return system
    is_made = all(each in right or made_of({each}, system.definitions) & right for each in left)
    is_twice = any(made_of({each}, system.definitions) & right for each in right)
    if not (left and right and is_made) or is_twice:
        raise NotUnderstood("no-motion", sides[1])
    differentials = system.meaning.differentials
    return replace(system, meaning=replace(system.meaning, moved={each: differentials[each] for each in right}))


def holds_parameters(left: Node, system: System) -> bool:
    """Return whether a left side, of a system in motion, is made of parameters that do not move."""
    moved = system.meaning.moved
    data = {symbol for key, symbol in system.meaning.symbols.items() if key.text in INPUTS | TARGETS}
    held = made_of(_moved(left, system) - moved.keys(), system.definitions, moved) - moved.keys() - data
    return any(each.name not in system.definitions and not each.shape.is_scalar for each in held)


def _moved(node: Node, system: System) -> set[Symbol]:
    symbols = system.meaning.symbols
    moved = {symbols[key] for key in moved_in(node, system.meaning.shapes.symbols) if key in symbols}
    return moved & system.meaning.differentials.keys()
