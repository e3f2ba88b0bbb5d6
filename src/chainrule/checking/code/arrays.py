"""The arrays that a function takes and gives, in whatever stands around them: dicts, tuples, lists, tensors."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from chainrule.activations import Array

__all__ = ["arrays_in", "as_array", "leaves", "replaced"]


def leaves(tree: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the arrays of a tree with their names, such as ``W1``, ``[0]`` or ``layers[0].W``.

    An array is an ndarray, a tensor, a number, or a list of numbers that is a rectangle; a tuple is never one.
    """
    if _is_array(tree):
        yield name, tree
    elif isinstance(tree, Mapping):
        for key, item in tree.items():
            yield from leaves(item, f"{name}.{key}" if name else str(key))
    elif isinstance(tree, tuple) and hasattr(tree, "_fields"):
        yield from leaves(dict(zip(tree._fields, tree, strict=True)), name)
    elif isinstance(tree, list | tuple):
        for k, item in enumerate(tree):
            yield from leaves(item, f"{name}[{k}]")


def arrays_in(tree: Any, name: str = "") -> dict[str, Array]:
    """Return the arrays of a tree by name."""
    return {name: as_array(leaf) for name, leaf in leaves(tree, name)}


def replaced(tree: Any, arrays: Mapping[str, Array], name: str = "") -> Any:
    """Return a tree with other values for those of its arrays that are named, each as the kind of thing it was."""
    if _is_array(tree):
        return _like(tree, arrays[name]) if name in arrays else tree
    if isinstance(tree, Mapping):
        return {key: replaced(item, arrays, f"{name}.{key}" if name else str(key)) for key, item in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(**replaced(dict(zip(tree._fields, tree, strict=True)), arrays, name))
    if isinstance(tree, list | tuple):
        return type(tree)(replaced(item, arrays, f"{name}[{k}]") for k, item in enumerate(tree))
    return tree


def as_array(leaf: Any) -> Array:
    """Return the values of an array of any kind; a tensor's without its graph."""
    return np.asarray(leaf.detach().cpu().numpy() if hasattr(leaf, "detach") else leaf)


def _is_array(tree: Any) -> bool:
    if isinstance(tree, list):
        return _is_rectangle(tree)
    if isinstance(tree, np.ndarray):
        return tree.dtype.kind in "biufc"
    return hasattr(tree, "detach") or (isinstance(tree, np.generic | float | int) and not isinstance(tree, bool))


def _is_rectangle(numbers: list[Any]) -> bool:
    if not numbers:
        return False
    if all(isinstance(item, list) for item in numbers):
        return len({len(item) for item in numbers}) == 1 and all(map(_is_rectangle, numbers))
    return all(isinstance(item, int | float) and not isinstance(item, bool) for item in numbers)


def _like(leaf: Any, array: Array) -> Any:
    if hasattr(leaf, "detach"):
        # A tensor in double precision where the array is; complex ones are refused by what makes real ones.
        return (leaf.double() if array.dtype == np.float64 else leaf).new_tensor(array)
    if isinstance(leaf, np.ndarray):
        return array.copy()
    return array.tolist() if isinstance(leaf, list | float | int) else array[()]
