"""What code puts together bit by bit, gradients and losses: ``dW = a`` and then ``dW += b`` say that dW is a + b."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from chainrule.checking.parsing.formulas import substituted
from chainrule.checking.parsing.plain import plain
from chainrule.checking.parsing.syntax import Apply, Chain, Group, Name, Node, Numeral, Product, Relation, Sum

__all__ = ["LARGEST", "activated_in", "bare", "put_together", "size_of"]

GRADIENT = re.compile(r"δ\w*|d[A-Za-z]\w*|\w*grad\w*")
LOSS = re.compile(r"(?:\w+_)?(?:loss|cost)|[JL]")
ACTIVATIONS = {"relu", "maximum", "max", "where", "leakyrelu", "lrelu", "tanh", "sigmoid", "logistic"}
LETTERS = {"σ", "φ", "f", "g"}
LARGEST = 400  # nodes that a value may have before it is let go
SHORTEST = 3  # of a name that may stand for a longer one: dhidden for the hidden_layer
SCRIPTS = re.compile(r"[^\w]|_")


def activated_in(chains: Iterable[Chain]) -> Iterator[tuple[str, Node]]:
    """Yield what is an activation's output, by its name, and the activation's input: ``a1 = np.maximum(0, z1)``."""
    copies: dict[Node, Node] = {}
    for chain in chains:
        match chain.members:
            case (left, Apply(Name(name), arguments), *_) if name.casefold().replace("_", "") in ACTIVATIONS:
                inputs = {copies.get(each, each) for each in arguments if not isinstance(each, Numeral | Relation)}
                common = set.intersection(*map(_names, inputs)) if inputs else set()
                if len(inputs) == 1:
                    yield bare(left), inputs.pop()
                elif len(common) == 1:  # np.where(z > 0, z, 0.01 * z)
                    yield bare(left), Name(common.pop(), is_word=True)
            case (left, Product((function, Group((of,))), ("",)), *_) if plain(function)[:1] in LETTERS:
                yield bare(left), of
            case (Name() as left, Name() as right):
                copies[left] = right  # h = z.copy(), of which h[h < 0] = 0 makes an activation


def put_together(chains: Iterable[Chain], activated: Mapping[str, Node]) -> list[Chain]:
    """Return the lines of a piece of code, of which the last that changes a gradient or a loss says all of it.

    The lines before it claim nothing then. A value that has been used in between stays, and so does its line. What was
    the gradient by an activation's output, and goes back through the activation under the same name, is the one by its
    input from then on.
    """
    found: list[Chain] = []
    last: dict[str, int] = {}  # where each gradient has its value from, until that value is used
    begun: dict[str, int] = {}  # where each name has its value from, used or not
    gone_back: dict[str, Node] = {}  # what a name stands for since it went back through an activation
    for chain in chains:
        *targets, right = chain.members
        used = _names(right)
        right = substituted(right, gone_back)
        kept = {other: at for other, at in last.items() if other not in used}
        match (*targets, right):
            case (Name(name) as left, _) if (of := _input(chain.members[-1], name, activated)) is not None:
                if size_of(right) <= LARGEST:
                    gone_back[name] = right
                by_input = (replace(left, text=f"d{of.text}"), right) if isinstance(of, Name) else ()
                found.append(_says(chain, *by_input) if by_input else replace(chain, members=(left,), signs=()))
                last = kept
                continue
            case (Name(name) as left, _) if name in used and (at := _changed(name, right, begun, last)) is not None:
                before = found[at]
                whole = substituted(right, {name: before.members[-1]})
                if size_of(whole) <= LARGEST:
                    found[at] = replace(before, members=(left,), signs=())
                    found.append(_says(chain, left, whole))
                else:
                    found.append(replace(chain, members=(left, right)))
            case (Name(name) as left, Sum((first, *terms)) as total) if GRADIENT.fullmatch(name) and first == left:
                found.append(_says(chain, left, replace(total, terms=tuple(terms))))  # += in a loop, from 0
            case members:
                found.append(replace(chain, members=members))
        match chain.members:
            case (Name(name), _):
                begun[name] = len(found) - 1
        match chain.members:
            case (Name(name), _) if GRADIENT.fullmatch(name) or LOSS.fullmatch(name):
                kept[name] = len(found) - 1
                gone_back.pop(name, None)
        last = kept
    return found


def _changed(name: str, right: Node, begun: Mapping[str, int], last: Mapping[str, int]) -> int | None:
    """Return where the value is from that a line changes: of a gradient or a loss, or of an activation in place."""
    match right:
        case Apply(Name("where")) if not GRADIENT.fullmatch(name):
            return begun.get(name)
    return last.get(name)


def _input(right: Node, name: str, activated: Mapping[str, Node]) -> Node | None:
    """Return an activation's input, if the gradient by its output is multiplied by its slope: ``da *= z > 0``."""
    output = bare(Name(name.removeprefix("d")))
    longer = [each for each in activated if each.startswith(output) and len(output) >= SHORTEST]
    named = [output] if output in activated else longer
    if not GRADIENT.fullmatch(name) or len(named) != 1:
        return None
    of = activated[named[0]]
    match right:
        case Apply(Name("where"), (mask, *values)) if name not in _names(mask):
            return of if any(_is_called(name, value) for value in values) else None
        case Product(factors, operators) if {*operators} == {"*"}:
            others = [factor for factor in factors if not _is_called(name, factor)]
            about = {bare(Name(each)) for factor in others for each in _names(factor)}
            is_slope = bool(about & {*named, *map(bare, map(Name, _names(of)))})
            return of if is_slope and len(others) + 1 == len(factors) else None
    return None


def _is_called(name: str, node: Node) -> bool:
    return isinstance(node, Name) and node.text == name


def bare(node: Node) -> str:
    """Return a name without the signs around its scripts: a1 of code is a_1 and a^{[1]} of formulas."""
    return SCRIPTS.sub("", plain(node))


def _says(chain: Chain, left: Node, value: Node) -> Chain:
    return replace(chain, members=(left, value), signs=("=",))


def size_of(node: Node) -> int:
    """Return of how many nodes a formula is made."""
    return 1 + sum(map(size_of, node.children))


def _names(node: Node) -> set[str]:
    found = {node.text} if isinstance(node, Name) else set()
    return found.union(*map(_names, node.children))
