"""chainrule derive."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

__all__ = ["derive"]

FORMATS = {".txt": "text", ".tex": "latex", ".md": "markdown", ".html": "html", ".py": "numpy"}


def _widths(text: str) -> list[str | int]:
    """Return d,4,3 as ["d", 4, 3]."""
    widths = [width.strip() for width in text.split(",")]
    if not all(widths) or len(widths) < 2:
        raise typer.BadParameter(f"expected two or more names or numbers such as 5,4,3 or d,h,K, got {text!r}")
    return [int(width) if width.isdecimal() else width for width in widths]


def _names(text: str) -> dict[str, str]:
    """Return a1=h,W1=W^{[1]} as a mapping; a comma in braces is part of a symbol."""
    names: dict[str, str] = {}
    for pair in re.split(r",(?![^{]*\})", text):
        name, equals, symbol = (part.strip() for part in pair.partition("="))
        if not (name and equals and symbol):
            raise typer.BadParameter(f"expected pairs such as a1=h,y_hat=p, got {pair!r}")
        if name in names:
            raise typer.BadParameter(f"{name} is given twice, as {names[name]} and as {symbol}")
        names[name] = symbol
    return names


def derive(
    quantities: Annotated[
        list[str] | None,
        typer.Argument(metavar="QUANTITY", help="dW1, db2, dz1, J …; all gradients if there are none."),
    ] = None,
    activation: Annotated[
        Literal["identity", "logistic", "tanh", "relu", "leaky_relu"] | None,
        typer.Option(show_default="relu", help="What follows each hidden layer."),
    ] = None,
    depth: Annotated[int | None, typer.Option(show_default="1", help="Hidden layers, 0 to 4.")] = None,
    widths: Annotated[
        Any, typer.Option(parser=_widths, metavar="WIDTHS", help="Of inputs, layers and classes, as in 5,4,3 or d,h,K.")
    ] = None,
    output: Annotated[
        Literal["softmax", "logistic"] | None,
        typer.Option(show_default="softmax", help="What follows the last layer."),
    ] = None,
    slope: Annotated[float | None, typer.Option(show_default="0.01", help="Of leaky_relu, left of 0.")] = None,
    layout: Annotated[Literal["rows", "columns"], typer.Option(help="Where samples stand in X.")] = "rows",
    batch: Annotated[bool, typer.Option("--batch/--one", help="A batch of m samples, or one sample.")] = True,
    average: Annotated[
        Literal["mean", "sum", "weights"] | None,
        typer.Option(show_default="mean", help="How the losses of a batch are put together."),
    ] = None,
    l2: Annotated[bool, typer.Option("--l2", help="Add an L2 penalty.")] = False,
    l2_factor: Annotated[
        Literal["lambda/2m", "lambda/2"] | None,
        typer.Option(help="Add it with this factor; lambda/2m unless said, lambda/2 of one sample."),
    ] = None,
    entries: Annotated[bool, typer.Option("--entries", help="End at single entries, not at matrices.")] = False,
    brief: Annotated[bool, typer.Option("--brief", help="Show the results alone.")] = False,
    style: Annotated[
        Literal["W_1", "W^{[1]}", "W^{(1)}"], typer.Option(help="Where the layer's number stands.")
    ] = "W_1",
    names: Annotated[
        Any, typer.Option(parser=_names, metavar="NAMES", help="Your symbols for the table's, as in a1=h,y_hat=p.")
    ] = None,
    lang: Annotated[Literal["en", "zh-Hans", "zh-Hant"], typer.Option(help="Language of the sentences.")] = "en",
    form: Annotated[
        Literal["text", "latex", "markdown", "html", "numpy"] | None,
        typer.Option("--format", show_default="by the name of the file, else text", help="What to write."),
    ] = None,
    values: Annotated[
        Path | None,
        typer.Option(metavar="MODEL", help="Derive the network of a model that train saved, with its numbers."),
    ] = None,
    sample: Annotated[
        int | None, typer.Option(show_default="1", help="The numbers are of this row of the table, from 1.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="TABLE", show_default="as in training", help="The table that the row is in."),
    ] = None,
    fragment: Annotated[bool, typer.Option("--fragment", help="LaTeX without its preamble, to be pasted.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default="standard output", help="A .txt, .tex, .md, .html or .py file."),
    ] = None,
) -> None:
    """Derive the gradients of a network step by step."""
    from chainrule.derivation.derive import derive as derived
    from chainrule.derivation.values import with_values
    from chainrule.errors import InputError
    from chainrule.files.writing import check_writable, written_whole

    if out:
        check_writable(out, (out.suffix.lower(),) if form else tuple(FORMATS))
    written_as = form or (FORMATS[out.suffix.lower()] if out else "text")
    if fragment and written_as != "latex":
        raise InputError(f"--fragment: only LaTeX has one, not {written_as}")
    if not values and (sample is not None or data):
        raise InputError("--sample and --data: they are for --values, the numbers of a model")
    trained = _trained(values, 1 if sample is None else sample, data) if values else None
    derivation = derived(
        trained[0] if trained else None,
        *(quantities or ()),
        depth=depth,
        widths=widths,
        activation=activation,
        negative_slope=slope,
        output=output,
        layout=layout,
        batch=batch and not trained,
        average=average,
        l2=l2_factor or l2 or None,
        entries=entries,
        brief=brief,
        style=style,
        names=names,
        language=lang,
    )
    if trained:
        derivation = with_values(derivation, *trained)
    if not out and written_as == "text":
        _show(derivation)
        return
    content = _written(derivation, written_as, fragment=fragment)
    if out:
        with written_whole(out) as file:
            file.write(content.encode())
    else:
        print(content, end="")


def _trained(model: Path, sample: int, table: str | None) -> Any:
    """Return the network of a saved model, its parameters, and a row with its class."""
    from chainrule.derivation.values import network_of
    from chainrule.files.models import load_model
    from chainrule.tabular.samples import sample_of

    pipeline, about = load_model(model)
    return (*network_of(pipeline[-1]), *sample_of(pipeline, about, sample, table))


def _show(derivation: Any) -> None:
    """Print to a terminal in its width and with colours, else as plain text."""
    from rich.console import Console

    from chainrule.derivation.faces.document import document_of
    from chainrule.derivation.faces.text import print_text

    console = Console()
    if console.is_terminal:
        print_text(document_of(derivation), console)
    else:
        print(derivation, end="")


def _written(derivation: Any, form: str, *, fragment: bool) -> str:
    from chainrule.derivation.code import numpy_module

    writers = {
        "text": derivation.to_text,
        "latex": lambda: derivation.to_latex(standalone=not fragment),
        "markdown": derivation.to_markdown,
        "html": derivation.to_html,
        "numpy": lambda: numpy_module(derivation),
    }
    return writers[form]()
