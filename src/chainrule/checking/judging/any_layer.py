"""Repairs of what is said of any layer: made in one layer, true in all of them."""

from chainrule.checking.judging.materials import Background
from chainrule.checking.judging.spelling import relabelled
from chainrule.checking.judging.surgery import mapped
from chainrule.checking.judging.trials import Trial
from chainrule.checking.judging.verdicts import Judgement
from chainrule.checking.meaning.labels import label_beside, with_layers
from chainrule.checking.meaning.symbols import is_symbol, nodes_of
from chainrule.checking.parsing.syntax import Node

__all__ = ["AnyLayer"]


class AnyLayer:
    """The layers of which a line speaks; of a line that speaks of none, there are no others."""

    def __init__(self, judgement: Judgement, background: Background) -> None:
        self._layer = judgement.layer
        self._background = background
        self._symbols = background.system.meaning.shapes.symbols
        self._others = [
            (each.layer[1], Trial(each.truth, each.where, background.system, each.letters, each.sides[1]))
            for each in judgement.alike
            if each.layer is not None and each.truth is not None and each.sides is not None
        ]

    def generally(self, node: Node) -> Node:
        """Return what a formula of one layer is in terms of any: W_3 as W_{l+1}."""
        if self._layer is None:
            return node
        letter, layer = self._layer

        def of_any(symbol: Node) -> Node:
            label = self._symbols.resolve(symbol).key.label
            return relabelled(symbol, label, label_beside(int(label), letter, layer)) if label.isdecimal() else symbol

        return mapped(node, of_any)

    def holds(self, node: Node) -> bool:
        """Return whether a formula of one layer is true for the others too, as far as they have such a formula."""
        if self._layer is None:
            return True
        letter, _ = self._layer
        of_others = ((with_layers(self.generally(node), {letter: layer}), trial) for layer, trial in self._others)
        return all(trial.repaired(each) is not None for each, trial in of_others if self._is_there(each))

    def _is_there(self, node: Node) -> bool:
        """Return whether all of a formula's symbols are the document's."""
        keys = {self._symbols.resolve(each).key for each in nodes_of(node) if is_symbol(each)}
        known, moved_by = self._background.system.meaning.symbols, self._background.spelling.moved_by
        return all(key in known or moved_by(key) is not None for key in keys if key.label.isdecimal())
