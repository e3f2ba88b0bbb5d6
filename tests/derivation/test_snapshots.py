"""What the systems asked for first look like, to the letter; `make derivation` writes it anew."""

from pathlib import Path

import pytest

from chainrule import derive
from derivation.systems import FACES, SNAPSHOTS, SYSTEMS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("suffix", FACES)
@pytest.mark.parametrize("name", SYSTEMS)
def test_a_system_is_written_as_it_was_read(name: str, suffix: str) -> None:
    expected = (SNAPSHOTS / f"{name}.{suffix}").read_text(encoding="utf-8")
    assert FACES[suffix](SYSTEMS[name]()) == expected


def test_the_documentation_has_the_derivations_of_today() -> None:
    page = (ROOT / "docs" / "derivation.md").read_text(encoding="utf-8")
    assert page == derive(l2=True).to_markdown()
    assert derive("dW2", "db2", l2=True, brief=True).to_text() in (ROOT / "README.md").read_text(encoding="utf-8")
