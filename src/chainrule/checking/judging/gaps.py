"""What a line rests on that was not understood: a definition that was left out of the network."""

from collections.abc import Iterable, Iterator

from chainrule.algebra.expressions import Derivative, Expression, walk
from chainrule.checking.meaning.definitions import is_gradient, used_in
from chainrule.checking.meaning.symbols import is_symbol
from chainrule.checking.meaning.systems import System
from chainrule.checking.parsing.syntax import Chain, Node

__all__ = ["gap_in", "is_apart", "is_gap"]


def is_gap(chain: Chain, system: System) -> bool:
    """Return whether a chain is a definition that does not go with the others."""
    return any(chain is unfit for unfit in system.unfit.values())


def is_apart(meant: Expression, system: System) -> bool:
    """Return whether this is a derivative by what a definition makes, and no definition leads from there to the loss.

    Its author knows of one: beside z = W x + b, the loss was made of something else that means it.
    """
    if not isinstance(meant, Derivative) or meant.moved.name not in system.definitions:
        return False
    return meant.moved.name not in _below({symbol.name for symbol in meant.of.symbols}, system)


def gap_in(sides: Iterable[Node], meant: Iterable[Expression], system: System, *, conform: bool) -> Node | None:
    """Return the left side of a definition that was left out and without which a line cannot be judged.

    A derivative through what it defines is not known, nor what it itself is, if it is a side of its own or a gradient;
    and its shape is not, so that nobody can say that it does not conform.

    Parameters
    ----------
    sides : iterable of Node
        Of the line.
    meant : iterable of Expression
        What they were read as.
    system : System
        In which it was judged.
    conform : bool
        Whether both sides have one shape.
    """
    lost = {key.name: chain.members[0] for key, chain in system.unfit.items()}
    derivatives = (node for each in meant for node in walk(each) if isinstance(node, Derivative)) if lost else ()
    names = [name for each in derivatives for name in _through(each, system)]
    for side in sides:
        used = used_in(side, system.meaning.shapes.symbols)
        names += (key.name for key in used if is_symbol(side) or is_gradient(key) or not conform)
    return next((lost[name] for name in names if name in lost), None)


def _through(derivative: Derivative, system: System) -> Iterator[str]:
    """Yield what a derivative goes through."""
    moved = derivative.moved.name
    for name in _below({symbol.name for symbol in derivative.of.symbols}, system):
        if name != moved and moved in _below({name}, system):
            yield name


def _below(names: set[str], system: System) -> set[str]:
    """Return the names, and those of all that they are made of."""
    unfit = {key.name: chain for key, chain in system.unfit.items()}
    found: set[str] = set()
    rest = list(names)
    while rest:
        name = rest.pop()
        if name in found:
            continue
        found.add(name)
        if name in system.definitions:
            rest += (symbol.name for symbol in system.definitions[name].symbols)
        elif name in unfit:
            rest += (key.name for key in used_in(unfit[name].members[1], system.meaning.shapes.symbols))
    return found
