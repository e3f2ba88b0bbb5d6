"""One quantity written twice: beside z = W x + b, the W x + b of softmax(W x + b) is z."""

from collections.abc import Mapping

from chainrule.algebra.expressions import Addition, Entries, Entry, Expression, Symbol, mapped, walk
from chainrule.checking.patience import go_on

__all__ = ["folded"]


def folded(definitions: Mapping[str, Expression], named: Mapping[str, Symbol]) -> dict[str, Expression]:
    """Return definitions in which what another one defines has its name, so that derivatives go through it.

    Parameters
    ----------
    definitions : mapping of str to Expression
        By the symbols' names.
    named : mapping of str to Symbol
        The symbols themselves.
    """
    found = dict(definitions)
    sizes = {name: sum(1 for _ in walk(meant)) for name, meant in definitions.items()}
    for name in sorted(definitions, key=sizes.__getitem__, reverse=True):
        meant, symbol = definitions[name], named[name]
        written = meant.entry if isinstance(meant, Entries) else meant
        instead = Entry(symbol, meant.row, meant.column) if isinstance(meant, Entries) else symbol
        if not written.children or not instead.free_indices <= written.free_indices:
            continue
        for other, formula in found.items():
            if other != name and written.symbols <= formula.symbols:
                go_on()
                shorter = _with(formula, written, instead)
                if shorter != formula and other not in _below(name, found):
                    found[other] = shorter
    return found


def _with(formula: Expression, written: Expression, instead: Expression) -> Expression:
    """Return a formula with something else wherever an expression stands in it, be it among other terms."""
    if formula == written:
        return instead
    if isinstance(formula, Addition) and isinstance(written, Addition) and {*written.terms} <= {*formula.terms}:
        rest = tuple(term for term in formula.terms if term not in written.terms)
        return Addition((instead, *rest)) if rest else instead
    return mapped(formula, lambda part: _with(part, written, instead)) if formula.children else formula


def _below(name: str, definitions: Mapping[str, Expression]) -> set[str]:
    """Return the names of all that a symbol is made of."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        of = definitions.get(waiting.pop())
        new = {symbol.name for symbol in of.symbols} - found if of is not None else set()
        found |= new
        waiting += new
    return found
