"""chainrule check."""

import os
import shutil
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chainrule.checking.faces.outcome import Outcome
    from chainrule.derivation.setting import Setting

__all__ = ["check"]

FORMATS = {".txt": "text", ".json": "json", ".html": "html", ".csv": "csv"}
CODE_GRACE = 10.0  # a backward pass ends itself in time, and says where it was
PRELOADED = ("chainrule.checking.faces.outcome",)


def check(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            help="Documents (.md, .tex, .ipynb, .txt, - for standard input), folders of them, lines of NumPy (.py), or "
            "a backward pass: a .py file with a function, or module:function. Its code is run.",
        ),
    ],
    lang: Annotated[Literal["en", "zh-Hans", "zh-Hant"], typer.Option(help="Language of the sentences.")] = "en",
    form: Annotated[
        Literal["text", "json", "html", "csv"] | None,
        typer.Option("--format", show_default="by the name of the file, else text", help="What to write."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default="standard output",
            help="A .txt, .json, .html or .csv file; a folder for the pages of several files.",
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="For each of several files, and for a backward pass.")] = 60,
    activation: Annotated[
        Literal["identity", "logistic", "tanh", "relu", "leaky_relu"] | None,
        typer.Option(show_default="as defined", help="Of the network that a document speaks of and does not define."),
    ] = None,
    output: Annotated[
        Literal["softmax", "logistic"] | None, typer.Option(show_default="as defined", help="What ends it.")
    ] = None,
    layout: Annotated[
        Literal["rows", "columns"] | None, typer.Option(show_default="as defined", help="Where its samples stand.")
    ] = None,
    depth: Annotated[int | None, typer.Option(show_default="as defined", help="Its hidden layers, 0 to 4.")] = None,
    one: Annotated[bool, typer.Option("--one", help="It is of one sample, not of a batch.")] = False,
    l2: Annotated[bool, typer.Option("--l2", help="Its loss has an L2 penalty.")] = False,
) -> int:
    """Check somebody's gradients, step by step: typeset or in NumPy, or the code of a backward pass.

    Exit code: 0 when every step is correct or a convention, 1 when one is wrong, 3 when there are none or the worst
    is not understood, 2 when what was given is unusable.
    """
    from chainrule.checking.faces.outcome import exit_code, together
    from chainrule.checking.sources import sources_in
    from chainrule.cli.report import say
    from chainrule.derivation.choices import setting_of
    from chainrule.files.writing import check_writable, written_whole

    given = {"activation": activation, "output": output, "layout": layout, "depth": depth}
    tried: dict[str, tuple[Any, ...]] = {  # what is not given, in each way that is common
        "activation": ("relu", "tanh", "logistic"),
        "layout": ("rows", "columns"),
        "batch": (True, False),
    }
    tried |= {name: (choice,) for name, choice in given.items() if choice is not None}
    tried |= {"batch": (False,)} if one else {}
    is_assumed = one or l2 or any(choice is not None for choice in given.values())
    forms = product(*tried.values()) if is_assumed else ()
    assumed = [setting_of(**dict(zip(tried, form, strict=True)), l2=l2) for form in forms]
    sources = sources_in(files)
    is_one = sources == files and len(files) == 1
    written_as = form or (FORMATS.get(out.suffix.lower(), "text") if out else "text")
    pages = _folder(out) if written_as == "html" and not is_one else None
    if out and not pages:
        check_writable(out, (out.suffix.lower(),) if form else tuple(FORMATS))
    if is_one:
        outcomes = [_outcome(sources[0], written_as, lang, seconds, assumed, is_shown=out is None)]
        content = outcomes[0].content
    else:
        outcomes = _outcomes(sources, written_as, lang, seconds, assumed)
        content = together(outcomes, "text" if pages else written_as, lang, _width())
    if pages:
        _write_pages(sources, outcomes, pages, lang)
    if out and not pages and content:
        with written_whole(out) as file:
            file.write(content.encode())
    else:
        print(content, end="")
    if is_one or written_as == "json":  # a table and CSV have a place for what failed
        say(*(f"{outcome.record['file']}: {outcome.error}" for outcome in outcomes if outcome.error))
    return exit_code(outcomes)


def _folder(out: Path | None) -> Path:
    """Return the folder for the pages of several files."""
    from chainrule.errors import InputError

    if out is None or out.suffix or out.is_file():
        raise InputError("--format html: for several files, give --out a folder for their pages")
    return out


def _outcome(
    source: str, form: str, language: str, seconds: float, assumed: "Sequence[Setting]", *, is_shown: bool
) -> "Outcome":
    """Check one file, for a terminal in its width and colours."""
    from rich.console import Console

    from chainrule.checking.faces.outcome import Look, failed, outcome_of
    from chainrule.checking.message import Refused
    from chainrule.errors import InputError

    console = Console()
    is_terminal = is_shown and console.is_terminal
    look = Look(form, language, console.width, colours=True) if is_terminal else Look(form, language)
    try:
        return outcome_of(source, look, seconds, assumed)
    except Refused as error:
        raise InputError(error.message.told(language)) from error
    except InputError:
        raise
    except Exception as error:  # exit code 1 would say that a step is wrong
        return failed(source, f"{type(error).__name__}: {error}")


def _outcomes(
    sources: list[str], form: str, language: str, seconds: float, assumed: "Sequence[Setting]"
) -> "list[Outcome]":
    """Check many files, each in a process of its own, with a bar on a terminal."""
    from functools import partial

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from chainrule.checking.apart import Failed, each_apart
    from chainrule.checking.faces.outcome import Look, failed, outcome_of
    from chainrule.checking.message import told
    from chainrule.checking.sources import is_code

    console = Console(stderr=True)
    columns = (TextColumn("file"), MofNCompleteColumn(), BarColumn(), TimeRemainingColumn())
    work = partial(outcome_of, look=Look(form, language), seconds=seconds, assumed=assumed)
    found = {}
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=len(sources))
        limit = seconds + (CODE_GRACE if any(map(is_code, sources)) else 0)
        for place, result in each_apart(work, sources, limit, PRELOADED):
            found[place] = failed(sources[place], told(result.why, language)) if isinstance(result, Failed) else result
            progress.advance(task)
    return [found[place] for place in range(len(sources))]


def _write_pages(sources: list[str], outcomes: "list[Outcome]", folder: Path, language: str) -> None:
    """Write a page for each file, in folders as the files are."""
    from chainrule.checking.faces.html import html_of_failure
    from chainrule.files.writing import written_whole

    places = [Path(source).absolute() for source in sources]
    top = Path(os.path.commonpath([place.parent for place in places]))
    for place, outcome in zip(places, outcomes, strict=True):
        page = folder / place.relative_to(top).with_name(f"{place.name}.html")
        page.parent.mkdir(parents=True, exist_ok=True)
        content = outcome.content or html_of_failure(outcome.record["file"], outcome.error, language)
        with written_whole(page) as file:
            file.write(content.encode())


def _width() -> int | None:
    """Return the width of the terminal that results go to, if they go to one."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
