"""The picture of a fit shows every curve there is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.datasets import load_iris

from chainrule import MLPClassifier
from chainrule.plots import plot_curves

MAGIC = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.mark.parametrize("suffix", MAGIC)
def test_every_curve_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    drawn: list[Figure] = []
    save = Figure.savefig

    def spy(self: Figure, *arguments: Any, **options: Any) -> None:
        drawn.append(self)
        save(self, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", spy)
    X, y = load_iris(return_X_y=True)
    network = MLPClassifier(5, tol=0.1, n_iter_no_change=3, early_stopping=True, random_state=0).fit(X, y)
    plot_curves(network, tmp_path / f"c{suffix}")
    assert (tmp_path / f"c{suffix}").read_bytes().startswith(MAGIC[suffix])
    curves = {
        str(line.get_label()): np.asarray(line.get_ydata()).tolist() for axes in drawn[0].axes for line in axes.lines
    }
    assert curves == {
        "training loss": network.loss_curve_,
        "validation loss": network.validation_loss_curve_,
        "validation accuracy": network.validation_scores_,
    }
    network.set_params(early_stopping=False).fit(X, y)
    plot_curves(network, tmp_path / f"c{suffix}")
    assert [line.get_label() for axes in drawn[1].axes for line in axes.lines] == ["training loss"]
