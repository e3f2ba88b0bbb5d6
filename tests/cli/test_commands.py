"""The commands on data that is good."""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sklearn.exceptions import ConvergenceWarning

from chainrule import __version__
from chainrule.cli.progress import EpochBar, _note
from chainrule.cli.report import print_json
from chainrule.engines.compiled import isa
from chainrule.files.tables import read_table


def test_digits_at_the_defaults(run: Any) -> None:
    result = run("train", "digits", "--json")
    assert result.code == 0
    figures = json.loads(result.out)
    assert figures["accuracy"] >= 0.97
    assert 0 < figures["log_loss"] < 0.3
    assert figures["macro_f1"] == pytest.approx(figures["accuracy"], abs=0.01)
    assert 1 < figures["n_iter"] <= 200
    assert figures["seconds"] > 0
    assert (figures["rows"], figures["training_rows"]) == (360, 1437)
    assert sum(c["rows"] for c in figures["confusions"]) <= (1 - figures["accuracy"]) * 360 + 0.5
    assert "accuracy" in result.err
    assert "not kept" in result.err
    assert "\x1b" not in result.err


def test_every_option_arrives(run: Any, trees: pl.DataFrame) -> None:
    trees.write_parquet("trees.parquet")
    options = {
        "hidden_layer_sizes": [7, 5],
        "activation": "leaky_relu",
        "solver": "sgd",
        "alpha": 0.5,
        "max_iter": 3,
        "batch_size": 16,
        "learning_rate_init": 0.25,
        "early_stopping": True,
        "class_weight": "balanced",
        "test_size": 0.3,
        "random_state": 4,
        "dtype": "float64",
        "target": "kind",
    }
    flags = "--hidden 7,5 --activation leaky_relu --solver sgd --alpha 0.5 --epochs 3 --batch-size 16"
    flags += " --learning-rate 0.25 --early-stopping --class-weight balanced --test-size 0.3 --seed 4"
    flags += " --dtype float64 --target kind --out m.skops --json"
    result = run("train", "trees.parquet", *flags.split())
    assert result.code == 0
    figures = json.loads(result.out)
    assert {name: figures[name] for name in options} == options
    assert (figures["numeric"], figures["text"]) == (["height", "evergreen"], ["code"])
    assert figures["rows"] == 60
    inspected = json.loads(run("inspect", "m.skops", "--json").out)
    assert [layer["outputs"] for layer in inspected["layers"]] == [7, 5, 3]
    assert {name: inspected[name] for name in figures} == figures


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("source", ["iris", "breast_cancer"])
def test_every_solver_trains_saves_and_judges(run: Any, source: str, solver: str) -> None:
    result = run("train", source, "--solver", solver, "--out", "m.skops", "--plot", "c.png", "--json")
    assert result.code == 0
    assert json.loads(result.out)["accuracy"] > 0.7
    assert run("evaluate", "m.skops", source).code == 0
    assert sorted(map(str, Path().iterdir())) == ["c.png", "m.skops"]


def test_the_same_seed_gives_the_same_figures(run: Any) -> None:
    def figures(*options: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(run("train", "wine", "--json", *options).out)
        del found["seconds"]
        return found

    assert figures() == figures("--seed", "0")
    assert figures()["loss"] != figures("--seed", "1")["loss"]


def test_an_end_before_convergence_is_a_note(run: Any) -> None:
    result = run("train", "iris", "--epochs", "3")
    assert "the loss was still falling after 3 epochs; --epochs 6 may do better" in result.err
    assert "Warning" not in result.err


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_every_solver_says_that_epochs_ran_out(run: Any, solver: str) -> None:
    result = run("train", "iris", "--epochs", "3", "--solver", solver)
    assert "--epochs 6 may do better" in result.err


def test_any_other_warning_is_passed_on_in_one_line() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn("Epoch 2 ended with\n non-finite weights", ConvergenceWarning, stacklevel=1)
    assert _note(caught[0], 2) == "Epoch 2 ended with non-finite weights"


def test_json_has_null_for_what_it_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": float("nan"), "b": [{"c": float("-inf")}, 1.5], "d": "é"})
    assert capsys.readouterr().out == '{"a": null, "b": [{"c": null}, 1.5], "d": "é"}\n'


def test_true_and_false_of_any_file_fit_each_other(run: Any) -> None:
    truth = pl.Series([i % 2 == 0 for i in range(40)])
    x = pl.Series(range(40))
    pl.DataFrame({"x": x, "b": truth, "y": truth}).write_parquet("bits.parquet")
    spelled = {"True": "bits.csv", "true": "low.csv"}
    for true, name in spelled.items():
        words = truth.replace_strict(
            {True: true, False: true.replace("rue", "alse").replace("T", "F").replace("t", "f")}
        )
        pl.DataFrame({"x": x, "b": words, "y": words}).write_csv(name)
    files = ["bits.parquet", *spelled.values()]
    for trained, true in zip(files, ("true", "True", "true"), strict=True):
        assert run("train", trained, "--target", "y", "--out", "m.skops").code == 0
        figures = [json.loads(run("evaluate", "m.skops", name, "--json").out) for name in files]
        assert len({figure["log_loss"] for figure in figures}) == 1
        for name in files:
            assert run("predict", "m.skops", name).out.splitlines()[1] == true


def test_the_same_rows_in_another_file_and_order_of_columns_score_the_same(
    run: Any, model: str, trees: pl.DataFrame
) -> None:
    judged = json.loads(run("evaluate", model, "trees.parquet", "--json").out)
    assert judged["rows"] == 200
    assert judged["n_iter"] == json.loads(run("inspect", model, "--json").out)["n_iter"]
    assert judged["seconds"] > 0
    assert judged["accuracy"] > 0.9
    renamed = trees.rename({"kind": "species"}).select("species", "code", "evergreen", "height")
    renamed.write_csv("renamed.csv")
    again = json.loads(run("evaluate", model, "renamed.csv", "--target", "species", "--json").out)
    assert again["log_loss"] == judged["log_loss"]


def test_a_class_of_the_model_may_be_absent(run: Any, model: str, trees: pl.DataFrame) -> None:
    trees.filter(pl.col("kind") == "ash").write_parquet("ashes.parquet")
    figures = json.loads(run("evaluate", model, "ashes.parquet", "--json").out)
    assert figures["log_loss"] < 1


def test_predictions_on_standard_output_and_in_files_are_the_same(run: Any, model: str, trees: pl.DataFrame) -> None:
    trees.drop("kind").write_csv("new.csv", quote_style="non_numeric")
    printed = run("predict", model, "new.csv", "--proba")
    assert printed.err == ""
    for name in ("p.csv", "p.tsv", "p.parquet"):
        quiet = run("predict", model, "new.csv", "--proba", "--out", name)
        assert (quiet.code, quiet.out) == (0, "")
    Path("printed.csv").write_text(printed.out)
    table = read_table("printed.csv")
    assert table.columns == [
        "prediction",
        "probability_ash",
        "probability_cedar, red",
        'probability_the "beech"',
    ]
    assert table.rows() == read_table("p.csv").rows() == read_table("p.tsv").rows()
    probabilities = read_table("p.parquet").drop("prediction")
    assert table["prediction"].to_list() == read_table("p.parquet")["prediction"].to_list()
    assert probabilities.sum_horizontal().to_list() == pytest.approx([1] * 200, abs=1e-6)
    assert (table["prediction"] == trees["kind"]).sum() > 180
    assert run("predict", model, "new.csv").out.splitlines()[0] == "prediction"


def test_one_row_with_gaps_is_predicted(run: Any, model: str) -> None:
    Path("one.csv").write_text("height,code,evergreen\n,01,\n")
    result = run("predict", model, "one.csv")
    assert result.out.splitlines() == ["prediction", '"the ""beech"""']


def test_text_of_digits_stays_text(run: Any, model: str) -> None:
    # 01 is a code here: read as the number 1 it would be a value that training never saw.
    Path("codes.csv").write_text("height,code,evergreen\n,01,false\n,00,false\n,02,true\n")
    predicted = run("predict", model, "codes.csv").out.splitlines()[1:]
    assert predicted == ['"the ""beech"""', "ash", '"cedar, red"']


def test_inspect_shows_layers_classes_and_training(run: Any, model: str) -> None:
    result = run("inspect", model)
    assert result.out == ""
    for words in ("relu", "softmax", "cedar, red", "trees.parquet", "log_loss", "0.1.0"):
        assert words in result.err


def test_names_from_a_file_do_not_reach_the_terminal_as_commands(run: Any) -> None:
    names = ("[red]a", "b\x1b[2J")
    rows = "".join(f"{i},{names[i % 2]}\n" for i in range(40))
    Path("t.csv").write_text("x,target\n" + rows)
    result = run("train", "t.csv", "--epochs", "1")
    assert result.code == 0
    assert "[red]a" in result.err
    assert "\x1b" not in result.err


def test_the_bar_counts_epochs_and_shows_the_loss(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    figures: list[str] = []
    show = EpochBar.on_fit_task_end

    def spy(self: EpochBar, estimator: Any, context: Any) -> None:
        show(self, estimator, context)
        task = self._progress.tasks[0]
        figures.append(f"{task.completed:g}/{task.total:g} {task.fields['figures']}")

    monkeypatch.setattr(EpochBar, "on_fit_task_end", spy)
    result = run("train", "iris", "--epochs", "2", "--early-stopping", "--out", "m.skops")
    assert result.code == 0
    assert figures[0].startswith("1/2 loss 0.9")
    assert "validation accuracy 0." in figures[1]
    assert run("inspect", "m.skops").code == 0


def test_version_and_help(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("--version").out == f"chainrule {__version__} (compiled core: {isa()})\n"
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "chainrule.engines.compiled", None)
        assert run("--version").out == f"chainrule {__version__} (no compiled core)\n"
    assert run().out == run("--help").out
    for command in ("train", "evaluate", "predict", "inspect"):
        assert command in run("--help").out
        assert "--help" in run(command, "-h").out
