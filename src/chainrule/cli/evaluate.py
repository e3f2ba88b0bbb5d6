"""chainrule evaluate."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["evaluate"]


def evaluate(
    model: Annotated[Path, typer.Argument(help="A model that train saved.")],
    source: Annotated[
        str,
        typer.Argument(help="digits, iris, wine, breast_cancer, or a .csv, .tsv or .parquet file."),
    ],
    target: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", show_default="as in training", help="The column with the classes."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object.")] = False,
) -> None:
    """Judge a saved model on a table with known classes."""
    import time

    from chainrule.cli.report import print_figures, print_json
    from chainrule.files.models import load_model
    from chainrule.files.tables import read_table
    from chainrule.tabular.columns import Features, inputs, labels
    from chainrule.tabular.pipeline import prepared
    from chainrule.tabular.scores import score

    pipeline, about = load_model(model)
    features, target = Features(about["numeric"], about["text"]), target or about["target"]
    texts = [*features.text, target] if pipeline.classes_.dtype.kind == "U" else features.text
    frame = read_table(source, texts)
    y = labels(frame, target, pipeline.classes_)
    start = time.perf_counter()
    network = pipeline[-1]
    figures = score(network, prepared(pipeline, inputs(frame, features)), y)
    figures |= {"n_iter": network.n_iter_, "seconds": round(time.perf_counter() - start, 3)}
    print_figures(figures)
    if json:
        print_json({"model": str(model), "source": source, "target": target, **figures})
