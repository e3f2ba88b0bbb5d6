"""What the documentation says is so."""

import doctest
from types import ModuleType

import pytest

import chainrule.classifier
import chainrule.network


@pytest.mark.parametrize("module", [chainrule.network, chainrule.classifier], ids=lambda module: module.__name__)
def test_examples_of_the_docstrings(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_the_public_names() -> None:
    assert all(getattr(chainrule, name).__name__ == name for name in chainrule.__all__)
    assert set(chainrule.__all__) <= set(dir(chainrule))
    assert len(chainrule.__all__) <= 12
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        chainrule.nothing  # noqa: B018
