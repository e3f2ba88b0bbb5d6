"""Faces of a derivation: well formed, escaped, self-contained, and all of them with the same content."""

import re
from html.parser import HTMLParser
from io import StringIO
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from chainrule import derive
from chainrule.algebra.boxes import Atom, Equation, Equations
from chainrule.derivation.derive import Derivation, derivation_of
from chainrule.derivation.faces.document import Document, Part, Shown, Table, document_of
from chainrule.derivation.faces.html import html_of, html_part_of
from chainrule.derivation.faces.latex import latex_of
from chainrule.derivation.faces.text import print_text, text_of
from chainrule.derivation.messages import LANGUAGES, messages
from chainrule.derivation.setting import Setting
from katex import accepts
from settings import covering, name_of

SETTINGS = covering(1)
DISPLAYED = re.compile(r"\\\[\n(.*?)\n\\\]", re.DOTALL)
INLINE = re.compile(r"\$([^$]+)\$")


def short(setting: Setting, language: str = "en") -> Derivation:
    """Return a derivation that passes through every rule of one layer, and no more."""
    return derivation_of(setting, [f"dW{setting.depth}", f"db{setting.depth}", f"dz{max(1, setting.hidden)}"],
                         language=language)  # fmt: skip


class Balance(HTMLParser):
    """Whether every element that is opened is closed, in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("setting", SETTINGS, ids=name_of)
def test_the_page_is_well_formed_and_loads_nothing(setting: Setting) -> None:
    page = short(setting).to_html()
    balance = Balance()
    balance.feed(page)
    assert balance.open == []
    assert len(set(balance.ids)) == len(balance.ids)
    assert {f"#{anchor}" for anchor in balance.ids} == set(re.findall(r'href="([^"]*)"', page))
    assert not re.search(r"https?:|\bsrc=|url\(|@import|<link", page)
    for formula in re.findall(r"<math.*?</math>", page, re.DOTALL):
        ET.fromstring(formula)  # noqa: S314


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_its_language_and_title(language: str) -> None:
    page = derive("J", language=language).to_html()
    assert page.startswith(f'<!DOCTYPE html>\n<html lang="{language}">')
    assert f"<title>{messages(language)['words']['title']}</title>" in page


def test_every_step_of_the_page_can_be_folded_and_every_use_of_a_symbol_found() -> None:
    derivation = derive()
    page = derivation.to_html()
    assert page.count("<details open>") == len(derivation.steps) + len(derivation.network)
    buttons = re.findall(r'<button type="button" data-symbol="([^"]*)"', page)
    assert buttons == ["X", "Y", "W1", "b1", "z1", "a1", "W2", "b2", "z2", "y_hat"]
    assert all(f'class="s-{symbol}" data-symbol="{symbol}"' in page for symbol in buttons)


def test_in_a_notebook_nothing_reaches_the_page_around() -> None:
    part = derive("dW1")._repr_html_()
    style = part[part.index("<style>") + 7 : part.index("</style>")]
    outside = re.sub(r"\{[^{}]*\}", "", style)
    while outside != (outside := re.sub(r"\{[^{}]*\}", "", outside)):
        pass
    assert outside.split() == [".chainrule"]
    assert " id=" not in part
    assert "<html" not in part


def strange() -> Document:
    """Return a document that has a mark of HTML's in every place."""
    formula = Equations((Equation(Atom("<u1>", "text"), "=", Atom("<u2>", "identifier")),))
    step = Shown("<u3>", "<u4>", ("<u5>",), formula, (), values=None)
    part = Part("p", ("<u6>",), (step, Table(("<u7>",), ((("<u8>",),),))))
    return Document("en", messages("en")["words"], "<u9>", (("<u0>",),), (part,))


def test_text_is_escaped() -> None:
    for page in (html_of(strange()), html_part_of(strange())):
        assert "<u" not in page
        assert set(re.findall(r"&lt;u(\d)&gt;", page)) == set("0123456789")


@pytest.mark.parametrize("setting", SETTINGS, ids=name_of)
def test_katex_takes_every_formula(setting: Setting) -> None:
    fragment = short(setting).to_latex(standalone=False)
    displayed = DISPLAYED.findall(fragment)
    inline = INLINE.findall(DISPLAYED.sub("", fragment))
    assert displayed
    assert inline
    assert accepts([*displayed, *dict.fromkeys(inline)]) == []


@pytest.mark.parametrize("setting", SETTINGS, ids=name_of)
def test_markdown_leaves_every_formula_as_it_is(setting: Setting) -> None:
    """GitHub reads Markdown first: what it takes for an escape, for emphasis or for a link is lost to the formula."""
    for token in MarkdownIt("commonmark").enable("table").parse(short(setting).to_markdown()):
        if token.type == "inline":
            plain = {"text": None, "softbreak": "\n", "strong_open": "**", "strong_close": "**"}
            assert {child.type for child in token.children or ()} <= plain.keys(), token.content
            read = "".join(plain[child.type] or child.content for child in token.children or ())
            assert read == token.content


def test_markdown_formulas_are_those_that_katex_takes() -> None:
    page = derive(activation="leaky_relu", widths=[5, 4, 3], l2=True).to_markdown()
    displayed = re.findall(r"^\$\$\n(.*?)\n\$\$$", page, re.DOTALL | re.MULTILINE)
    assert len(displayed) == page.count(r"\tag{")
    assert accepts(displayed) == []
    assert r"\operatorname" not in page


def test_markdown_keeps_formulas_and_chinese_characters_apart() -> None:
    page = derive("dW2", language="zh-Hans").to_markdown()
    prose = re.sub(r"^\$\$\n.*?\n\$\$$", "", page, flags=re.DOTALL | re.MULTILINE)
    pieces = prose.split("$")
    assert not any(re.search(r"[^\x00-\x7f]$", words) for words in pieces[:-1:2])
    assert not any(re.search(r"^[^\x00-\x7f]", words) for words in pieces[2::2])


def test_latex_asks_for_chinese_fonts_only_where_there_is_chinese() -> None:
    assert "xeCJK" not in derive("J").to_latex()
    assert "Noto Serif CJK SC" in derive("J", language="zh-Hans").to_latex()
    assert "Noto Serif CJK TC" in derive("J", language="zh-Hant").to_latex()
    assert "xeCJK" in derive("J", names={"X": "輸入"}).to_latex()
    assert derive("J").to_latex().isascii()


def test_the_fragment_is_the_document_without_its_preamble() -> None:
    derivation = derive("dW1")
    fragment = derivation.to_latex(standalone=False)
    assert fragment in derivation.to_latex()
    assert r"\documentclass" not in fragment
    assert r"\begin{document}" not in fragment


@pytest.mark.parametrize("width", [60, 100])
def test_sentences_are_broken_at_the_width_and_no_line_ends_in_a_space(width: int) -> None:
    document = document_of(derive(l2=True))
    lines = text_of(document, width).splitlines()
    prose = [line for line in lines if re.search(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}", line)]
    assert max(map(len, prose)) <= width
    assert not any(line.endswith(" ") for line in lines)


def test_only_a_terminal_gets_colours() -> None:
    document = document_of(derive("J"))
    assert "\x1b" not in text_of(document, 100)
    terminal = Console(file=StringIO(), force_terminal=True, color_system="standard", width=100)
    print_text(document, terminal)
    assert isinstance(terminal.file, StringIO)
    assert "\x1b[" in terminal.file.getvalue()


def test_the_string_is_the_text() -> None:
    derivation = derive("dW1")
    assert str(derivation) == derivation.to_text()


@pytest.mark.parametrize("face", [Derivation.to_text, Derivation.to_latex, Derivation.to_markdown, Derivation.to_html])
def test_brief_is_the_network_and_the_results(face: object) -> None:
    assert callable(face)
    brief, whole = face(derive("dW1", brief=True)), face(derive("dW1"))
    assert messages("en")["rules"]["chain_rule"]["title"] in whole
    assert messages("en")["rules"]["chain_rule"]["title"] not in brief
    assert messages("en")["words"]["results"] in brief
    assert len(brief) < len(whole)


def test_latex_has_the_tag_of_each_step() -> None:
    derivation = derive(l2=True)
    tags = re.findall(r"\\tag\{([^}]*)\}", latex_of(document_of(derivation), standalone=False))
    assert tags == [step.tag for step in (*derivation.network, *derivation.steps)]
