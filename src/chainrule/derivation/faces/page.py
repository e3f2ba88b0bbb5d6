"""The frame of every web page of this project: it loads nothing, and its styles and script are in it."""

from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files

__all__ = ["page_of", "part_of"]

_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>
html {{ background: #ffffff; scroll-behavior: smooth; }}
body {{ margin: 0; }}
main.chainrule {{ max-width: 52rem; margin: 0 auto; padding: 2.5rem 1.25rem 5rem; }}
@media (prefers-color-scheme: dark) {{ html {{ background: #16171a; }} }}
@media (prefers-reduced-motion: reduce) {{ html {{ scroll-behavior: auto; }} }}
{style}</style>
</head>
<body>
<main class="chainrule{kind}" lang="{language}">
{content}</main>
<script>{script}</script>
</body>
</html>
"""

_PART = """<div class="chainrule" lang="{language}">
<style>
{style}</style>
{content}<script>
{script}</script>
</div>
"""


def page_of(content: str, language: str, title: str, kind: str = "", style: str = "") -> str:
    """Return a page; of a `kind` of its own, with more `style` than the pages have in common."""
    script = _shared("page.js")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return _PAGE.format(
        content=content,
        language=language,
        title=escape(title),
        kind=f" {kind}" if kind else "",
        style=_shared("page.css") + style,
        script=script,
        # Nothing is loaded, and no script runs but this one, whatever a file that is shown holds.
        policy=f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'",
    )


def part_of(content: str, language: str) -> str:
    """Return an element to stand in somebody else's page."""
    return _PART.format(content=content, language=language, style=_shared("page.css"), script=_shared("page.js"))


def _shared(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")
