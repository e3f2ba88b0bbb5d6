"""What the documentation says is so."""

import doctest
import re
from pathlib import Path
from types import ModuleType

import pytest

import chainrule.classifier
import chainrule.derivation.derive
import chainrule.network

MODULES = [chainrule.network, chainrule.classifier, chainrule.derivation.derive]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_examples_of_the_docstrings(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def snippets() -> list[str]:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", readme, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("snippet", snippets(), ids=lambda snippet: snippet.splitlines()[0])
def test_the_readme_runs(snippet: str) -> None:
    exec(snippet, {})  # noqa: S102


def test_the_public_names() -> None:
    assert all(getattr(chainrule, name).__name__ == name for name in chainrule.__all__)
    assert set(chainrule.__all__) <= set(dir(chainrule))
    assert len(chainrule.__all__) <= 12
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        chainrule.nothing  # noqa: B018
