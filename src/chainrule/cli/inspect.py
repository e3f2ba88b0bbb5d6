"""chainrule inspect."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["inspect"]


def inspect(
    model: Annotated[Path, typer.Argument(help="A model that train saved.")],
    json: Annotated[bool, typer.Option("--json", help="Print it all as one JSON object.")] = False,
) -> None:
    """Show the layers of a saved model, its classes, and how it was trained."""
    from chainrule.cli.report import print_json, print_model
    from chainrule.files.models import describe, load_model

    pipeline, about = load_model(model)
    description = describe(pipeline)
    print_model(description, about)
    if json:
        print_json({**description, **about})
