"""New values in typeset text: dW ← dW + λ W says all of a gradient, and dh ← dh ⊙ (h > 0) is ∂L/∂z from then on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from chainrule.checking.parsing.syntax import (
    ELEMENTWISE,
    Chain,
    Fraction,
    Group,
    Name,
    Node,
    Partial,
    Product,
    Scripted,
    unplaced,
    with_parts,
)
from chainrule.checking.parsing.updates import LARGEST, bare, size_of

__all__ = ["with_new_values"]


def with_new_values(chains: Iterable[Chain], activated: Mapping[str, Node]) -> list[Chain]:
    """Return chains of which the last that changes a gradient says all of it, as in code.

    Parameters
    ----------
    chains : iterable of Chain
        A document's, in order.
    activated : mapping of str to Node
        The inputs of activations, by the names of the outputs.
    """
    values = _Values(activated)
    for chain in chains:
        values.read(chain)
    return values.found


@dataclass
class _Values:
    """What gradients stand for, line by line.

    Attributes
    ----------
    activated : mapping of str to Node
        The inputs of activations, by the names of the outputs.
    found : list of Chain
        What the lines say.
    last : dict of Node to int
        Where each gradient has its value from, until that value is used.
    gone_back : dict of Node to Node
        What a gradient stands for since it went back through an activation.
    """

    activated: Mapping[str, Node]
    found: list[Chain] = field(default_factory=list)
    last: dict[Node, int] = field(default_factory=dict)
    gone_back: dict[Node, Node] = field(default_factory=dict)

    def read(self, chain: Chain) -> None:
        """Take in one more line."""
        left, *others = chain.members
        used = {gradient for other in others for gradient in _gradients(other)}
        self.last = {gradient: at for gradient, at in self.last.items() if gradient not in used or gradient == left}
        new = replace(chain, members=(left, *(_with(other, self.gone_back) for other in others)))
        is_equation = isinstance(left, Fraction) and chain.signs[:1] == ("=",)
        if len(others) == 1 and left in used and not is_equation:
            self._change(chain, new)
            return
        self.found.append(new)
        if others and _is_gradient(left):
            self.gone_back.pop(left, None)
            self.last[left] = len(self.found) - 1

    def _change(self, chain: Chain, new: Chain) -> None:
        left, right = new.members
        by_input = self._by_input(*chain.members)
        if by_input is not None and size_of(right) <= LARGEST:
            self.found.append(replace(new, members=(by_input, right), signs=("=",)))
            self.gone_back[left] = unplaced(Group((right,)))
            self.last.pop(left, None)
            return
        before = self.found[self.last[left]] if left in self.last else None
        whole = right if before is None else _with(right, {left: unplaced(before.members[-1])})
        if before is None or size_of(whole) > LARGEST:
            self.found.append(new)
            return
        self.found[self.last[left]] = replace(before, members=(left,), signs=())
        self.found.append(replace(new, members=(left, whole), signs=("=",)))
        self.last[left] = len(self.found) - 1

    def _by_input(self, left: Node, right: Node) -> Node | None:
        """Return ∂L/∂z for ∂L/∂h, if that is multiplied by a slope."""
        match right:
            case Product(factors, operators) if left in factors and {*operators} <= ELEMENTWISE:
                pass
            case _:
                return None
        match left:
            case Fraction(_, Partial(Node() as of) as below):
                score = self.activated.get(bare(of))
                return None if score is None else replace(left, denominator=replace(below, of=unplaced(score)))
            case Partial(Node() as of, None):
                score = self.activated.get(bare(of))
                return None if score is None else replace(left, of=unplaced(score))
        return None


def _is_gradient(node: Node) -> bool:
    return isinstance(node, Partial | Fraction | Scripted | Name) and any(_gradients(node))


def _gradients(node: Node) -> Iterator[Node]:
    """Yield the gradients in a formula: dh, ∂L/∂h, ∇_h L and δ; the dh of ∂L/∂h is none."""
    match node:
        case Partial(Node()) | Fraction(Partial(), Partial()) | Name("δ") | Scripted(Name("δ")):
            yield node
        case _:
            for child in node.children:
                yield from _gradients(child)


def _with(node: Node, values: Mapping[Node, Node]) -> Node:
    """Return a formula with values in the place of gradients."""
    if node in values:
        return replace(values[node], start=node.start, end=node.end)
    return node if node in _gradients(node) else with_parts(node, lambda part: _with(part, values))
