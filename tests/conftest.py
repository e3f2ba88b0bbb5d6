"""Both engines for the tests that ask for each."""

import pytest

from chainrule import MLPClassifier


@pytest.fixture(params=["compiled", "reference"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make one engine after the other the default."""
    name: str = request.param
    defaults = MLPClassifier.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "engine", name)
    return name
