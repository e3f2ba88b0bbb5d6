"""chainrule train."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

__all__ = ["train"]


def _layer_sizes(text: str) -> tuple[int, ...]:
    """Return 100,50 as (100, 50)."""
    sizes = text.split(",")
    if not all(size.strip().isdecimal() and int(size) for size in sizes):
        raise typer.BadParameter(f"expected whole numbers such as 100 or 100,50, got {text!r}")
    return tuple(int(size) for size in sizes)


def train(
    source: Annotated[
        str,
        typer.Argument(help="digits, iris, wine, breast_cancer, or a .csv, .tsv or .parquet file."),
    ],
    target: Annotated[str, typer.Option(metavar="COLUMN", help="The column with the classes.")] = "target",
    hidden: Annotated[
        Any,
        typer.Option(parser=_layer_sizes, metavar="SIZES", help="Units a hidden layer, as in 100 or 100,50."),
    ] = "100",
    activation: Annotated[
        Literal["identity", "logistic", "tanh", "relu", "leaky_relu"],
        typer.Option(help="What follows each hidden layer."),
    ] = "relu",
    solver: Annotated[Literal["adam", "sgd", "lbfgs"], typer.Option(help="What moves the weights.")] = "adam",
    alpha: Annotated[float, typer.Option(min=0, help="Strength λ of the L2 penalty.")] = 1e-4,
    epochs: Annotated[int, typer.Option(min=1, help="At most so many passes over the rows.")] = 200,
    batch_size: Annotated[
        int | None,
        typer.Option(min=1, show_default="200, or all rows if fewer", help="Rows a step."),
    ] = None,
    learning_rate: Annotated[float, typer.Option(help="Length of the steps of adam and sgd.")] = 0.001,
    early_stopping: Annotated[
        bool,
        typer.Option(
            "--early-stopping",
            help="Set a tenth of the training rows aside, stop when they stop gaining.",
        ),
    ] = False,
    class_weight: Annotated[
        Literal["balanced"] | None,
        typer.Option(help="Let every class weigh the same, however rare."),
    ] = None,
    test_size: Annotated[float, typer.Option(min=0, max=1, help="Share of the rows held out.")] = 0.2,
    seed: Annotated[
        int,
        typer.Option(min=0, max=2**32 - 1, help="Of the split, the first weights and the shuffles."),
    ] = 0,
    dtype: Annotated[Literal["float32", "float64"], typer.Option(help="What the network computes in.")] = "float32",
    out: Annotated[Path | None, typer.Option(metavar="MODEL", help="Save the model here, as a .skops file.")] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw loss by epoch, as .png, .svg or .pdf.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object.")] = False,
) -> None:
    """Train a network on a table and judge it on rows held out."""
    from chainrule import MLPClassifier, __version__
    from chainrule.cli.progress import fit
    from chainrule.cli.report import print_figures, print_json, say
    from chainrule.files.models import save_model
    from chainrule.files.tables import read_table
    from chainrule.files.writing import check_writable
    from chainrule.plots import check_plottable, plot_curves
    from chainrule.tabular.columns import features_of, inputs, labels
    from chainrule.tabular.pipeline import make_pipeline, prepared
    from chainrule.tabular.scores import score
    from chainrule.tabular.split import check_early_stopping, stratified_split

    if out:
        check_writable(out, (".skops",))
    if plot:
        check_plottable(plot)
    frame = read_table(source)
    y = labels(frame, target)
    features = features_of(frame, target)
    X = inputs(frame, features)
    rows, held_out = stratified_split(y, test_size, seed)

    options = {
        "hidden_layer_sizes": hidden,
        "activation": activation,
        "solver": solver,
        "alpha": alpha,
        "max_iter": epochs,
        "batch_size": batch_size or "auto",
        "learning_rate_init": learning_rate,
        "early_stopping": early_stopping,
        "class_weight": class_weight,
        "random_state": seed,
    }
    network = MLPClassifier(**options)
    if early_stopping and solver != "lbfgs":
        check_early_stopping(y[rows], network.validation_fraction)
    model = make_pipeline(features, network, dtype)
    model[0].fit(X[rows])
    Z = prepared(model, X)
    seconds, notes = fit(network, Z[rows], y[rows])
    about = {
        **score(network, Z[held_out], y[held_out]),
        "n_iter": network.n_iter_,
        "loss": float(network.loss_),
        "seconds": round(seconds, 3),
        "chainrule": __version__,
        "source": source,
        "target": target,
        "training_rows": len(rows),
        "test_size": test_size,
        "dtype": dtype,
        **options,
        "hidden_layer_sizes": list(hidden),
        "numeric": features.numeric,
        "text": features.text,
    }
    say(
        f"{source}: {len(features.numeric)} numeric and {len(features.text)} text columns, "
        f"target {target!r}; {len(rows)} rows to train on, {len(held_out)} held out"
    )
    print_figures(about)
    say(f"{network.n_iter_} epochs in {seconds:.2f} s, loss {network.loss_:.4f}", *notes)
    if plot:
        plot_curves(network, plot)
        say(f"curves: {plot}")
    if out:
        save_model(model, out, about)
    say(f"model: {out}" if out else "model: not kept; --out model.skops keeps it")
    if json:
        print_json(about)
