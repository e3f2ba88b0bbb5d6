"""chainrule predict."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["predict"]


def predict(
    model: Annotated[Path, typer.Argument(help="A model that train saved.")],
    source: Annotated[
        str,
        typer.Argument(help="digits, iris, wine, breast_cancer, or a .csv, .tsv or .parquet file."),
    ],
    proba: Annotated[bool, typer.Option("--proba", help="Add a column of probabilities for each class.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default="CSV on standard output",
            help="A .csv, .tsv or .parquet file.",
        ),
    ] = None,
) -> None:
    """Predict the class of every row of a table, in its order."""
    from chainrule.files.models import load_model
    from chainrule.files.tables import TABLE_SUFFIXES, read_table, write_table
    from chainrule.files.writing import check_writable
    from chainrule.tabular.columns import Features, inputs
    from chainrule.tabular.pipeline import prepared
    from chainrule.tabular.predictions import predictions

    if out:
        check_writable(out, TABLE_SUFFIXES)
    pipeline, about = load_model(model)
    features = Features(about["numeric"], about["text"])
    X = inputs(read_table(source, features.text), features)
    table = predictions(pipeline[-1], prepared(pipeline, X), with_probabilities=proba)
    if out:
        write_table(table, out)
    else:
        print(table.write_csv(), end="")
