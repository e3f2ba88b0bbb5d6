"""Both engines for the tests that ask for each, and interrupts that are heard."""

import signal

import pytest

from chainrule import MLPClassifier

# What a shell starts in the background ignores interrupts, and so does all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(params=["compiled", "reference"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make one engine after the other the default."""
    name: str = request.param
    defaults = MLPClassifier.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "engine", name)
    return name
