"""The engine: from the loss backwards, equation by equation."""

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import add

from chainrule.algebra.expressions import Addition, Call, Derivative, Expression, Norm, Product, Symbol, walk
from chainrule.derivation import output_rules, rules
from chainrule.derivation.equations import equations
from chainrule.derivation.rules import Pull, entry_of
from chainrule.derivation.setting import LOSS, Setting, entry
from chainrule.derivation.steps import Step

__all__ = ["ancestors", "quantities", "steps_to"]


def quantities(setting: Setting) -> list[str]:
    """Return the names of all that can be derived, from the loss backwards: J, dy_hat, dz2, dW2, db2, da1 and so on."""
    names = ["J", "dy_hat"]
    for l in reversed(setting.layers):
        names += [f"dz{l}", f"dW{l}", f"db{l}", f"da{l - 1}" if l > 1 else "dX"]
    return names


def ancestors(setting: Setting, name: str) -> list[str]:
    """Return the quantities on the way from the loss to one, itself last."""
    last = setting.depth
    way = ["J", "dy_hat", f"dz{last}"]
    if name in way:
        return way if name == way[-1] else [name]
    below = int(name.removeprefix("d")[1:]) if name != "dX" else 0
    reached = below if name.startswith(("dW", "db")) else below + 1  # the layer whose scores it needs
    for l in range(last - 1, reached - 1, -1):
        way += [f"da{l}", f"dz{l}"]
    return [*way, name] if not name.startswith("dz") else [*way, f"da{below}", name]


def steps_to(setting: Setting, name: str) -> Iterator[Step]:
    """Yield the steps to one quantity from those before it."""
    match name, name.removeprefix("d"):
        case "J", _:
            yield from output_rules.jacobian(setting)
        case "dy_hat", _:
            yield from output_rules.probabilities(setting)
        case _, q if q == f"z{setting.depth}":
            yield from output_rules.scores(setting)
        case _, q:
            yield from _pulled(setting, q)


_TAGS = {"W": "B2", "b": "B3", "a": "B4", "X": "B4", "z": "B5"}


def _pulled(setting: Setting, name: str) -> Iterator[Step]:
    """Yield the steps to a quantity from the equations that it enters: one path each, added."""
    q = _symbol(setting, name)
    pulls = list(_pulls(setting, q))
    tag = _TAGS[name[0]]
    of_entry = Derivative(LOSS, entry(q, *entry_of(q)))
    rule, terms = pulls[0].rule, pulls[0].terms
    chain_rule = "chain_rule" if len(pulls) == 1 else "chain_rule_and_penalty"
    yield Step(tag, chain_rule, of_entry, (_sum(pull.sum for pull in pulls),), terms=terms)
    for pull in pulls:
        yield Step(tag, pull.rule, pull.local, pull.local_is, terms=pull.terms)
    entries = (_sum(pull.entries for pull in pulls),)
    yield Step(tag, "collect", of_entry, entries, terms=terms, result=True)
    # Where there are two paths, the penalty's is one link; the last link of the other is what they meet in.
    matrix = tuple(_sum([link, *(pull.matrix[0] for pull in pulls[1:])]) for link in pulls[0].matrix)
    if matrix != entries:
        yield Step(tag, f"{rule}_matrix", Derivative(LOSS, q), matrix, terms=terms, result=True)


def _sum(terms: Iterable[Expression]) -> Expression:
    return reduce(add, terms)


def _symbol(setting: Setting, name: str) -> Symbol:
    l = int(name[1:]) if name != "X" else 0
    return {"W": setting.W, "b": setting.b, "a": setting.a, "X": setting.a, "z": setting.z}[name[0]](l)


def _pulls(setting: Setting, q: Symbol) -> Iterator[Pull]:
    """Yield what each equation that q enters sends back to it."""
    for equation in equations(setting):
        R, body = equation.left, equation.chain[0]
        match body:
            case Addition((Product((left, right)), b)) if R != LOSS and isinstance(R, Symbol):
                if left == q:
                    yield rules.product_left(R, right, q)
                elif right == q:
                    yield rules.product_right(R, left, q)
                elif b == q:
                    yield rules.broadcast(R, q)
            case Call(_, (argument, *_)) | (Symbol() as argument) if argument == q and isinstance(R, Symbol):
                yield rules.elementwise(R, body, q)
            case Addition() if any(node == Norm(q) for node in walk(body)):
                yield rules.squared_norm(setting.penalty_factor, setting.decay, q)
