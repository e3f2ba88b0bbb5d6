"""The command line run in-process, and small tables to run it on."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from chainrule.cli.app import main


class Result(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run one command in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> Result:
        code = main(arguments)
        return Result(code, *capsys.readouterr())

    return command


@pytest.fixture(scope="session")
def trees() -> pl.DataFrame:
    """Numbers with gaps, text that looks like numbers, truth, and classes that need quotes."""
    rng = np.random.default_rng(0)
    k = rng.integers(0, 3, 200)
    return pl.DataFrame(
        {
            "height": [None if i % 9 == 0 else x for i, x in enumerate(k + 0.3 * rng.normal(size=200))],
            "code": [f"0{c}" for c in k],
            "evergreen": k == 2,
            "kind": np.array(["ash", 'the "beech"', "cedar, red"])[k],
        }
    )


@pytest.fixture
def model(run: Run, trees: pl.DataFrame) -> str:
    """Where a model of the trees is."""
    trees.write_parquet("trees.parquet")
    assert run("train", "trees.parquet", "--target", "kind", "--out", "m.skops").code == 0
    return "m.skops"
