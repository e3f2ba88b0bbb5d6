"""Files as people write them: which formulas they have, on which lines, and what is refused."""

import io
import json
import tomllib
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import pytest

from chainrule.checking.check import check_document
from chainrule.checking.parsing.documents import MAX_BYTES, MAX_FORMULAS, MAX_MARKS, read_document, read_text
from chainrule.checking.parsing.plain import plain
from chainrule.checking.parsing.syntax import Cases, Document, Prose
from chainrule.errors import InputError

DERIVATIONS = Path(__file__).parents[1] / "fixtures" / "derivations"
EXPECTED = tomllib.loads((DERIVATIONS / "expected.toml").read_text(encoding="utf-8"))
BLOCKS = {"leaky-relu-column": 12, "relu-l2-batch": 23, "relu-one-sample": 17, "sigmoid-row-batch": 15, "slips": 16}


def blocks(text: str, suffix: str = ".md") -> list[tuple[int, str]]:
    """Return each block's line and what it states."""
    return [
        (block.line, " ;; ".join(map(plain, block.chains)) if not block.problem else f"!! {block.problem.reason}")
        for block in read_text(text, suffix=suffix).blocks
    ]


def formulas(document: Document) -> list[str]:
    return [plain(chain) for piece in document.pieces if isinstance(piece, Prose) for chain in piece.formulas]


@pytest.mark.parametrize("name", EXPECTED)
def test_the_derivations_have_their_blocks_and_links(name: str) -> None:
    document = read_document(DERIVATIONS / f"{name}.md")
    assert [block.number for block in document.blocks] == list(range(1, BLOCKS[name] + 1))
    assert not [block.problem for block in document.blocks if block.problem]
    links = {block.number: sum(len(chain.signs) for chain in block.chains) for block in document.blocks}
    judged: dict[int, int] = defaultdict(int)
    for step in EXPECTED[name]:
        judged[step["block"]] = max(judged[step["block"]], step["link"])
    assert {number: links[number] for number in judged} == judged
    lines = (DERIVATIONS / f"{name}.md").read_text(encoding="utf-8").split("\n")
    for block in document.blocks:
        assert "$$" in lines[block.line - 1]
        assert block.source.split("\n")[0] in lines[block.line - 1]


def test_cases_are_one_link() -> None:
    block = read_document(DERIVATIONS / "relu-one-sample.md").blocks[1]
    (chain,) = block.chains
    assert chain.signs == ("=", "=")
    assert isinstance(chain.members[2], Cases)


def test_prose_has_its_formulas_in_their_places() -> None:
    document = read_document(DERIVATIONS / "leaky-relu-column.md")
    assert formulas(document) == [
        "x ∈ R^{D_x × 1}", "y ∈ {0, 1}^K", "z^{[1]} ∈ R^{D_a × 1}", "i ≠ k", "y_k = 1", "y", "k = i", "k ≠ i",
    ]  # fmt: skip
    prose = next(piece for piece in document.pieces if isinstance(piece, Prose) and len(piece.formulas) == 3)
    assert prose.line == 10
    assert prose.text[prose.formulas[1].start : prose.formulas[1].end] == r"\mathbf{y} \in \{0,1\}^K"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n\n$$\nz = x\n$$\n", [(4, "z = x")]),
        ("$$z = x$$ and $$y = 1.$$", [(1, "z = x"), (1, "y = 1")]),
        ("$$\nz = x\n\n= y\n$$", [(2, "z = x = y")]),
        ("$$ a \n\n text $$ b = c $$", [(1, "!! this formula is opened and never closed"), (3, "b = c")]),
        (r"\[ z = x \] then \\[ a = b \\]", [(1, "z = x"), (1, "a = b")]),
        ("\\begin{align*}\na &= b \\\\\n&= c\n\\end{align*}", [(1, "a = b = c")]),
        ("\\begin{equation}\\label{eq:a}\na = b\n\\end{equation}", [(1, "a = b")]),
        ("```math\na = b\n```\n```sh\nx=$$\n```\n~~~latex\nc = d\n~~~", [(2, "a = b"), (8, "c = d")]),
        ("```python\n# one\ndz2 = a - b  # (m, K)\nimport x\nf(2)\n```", [(3, 'dz2 = a - b | "(m, K)"')]),
        ("> quoted\n> $$\n> a = b\n> $$", [(3, "a = b")]),
        ("- item\n\n  $$a = b$$", [(3, "a = b")]),
        ("<!-- $$x = 1$$ -->\n$$a = b$$", [(2, "a = b")]),
        ("code `$$x = 1$$` then $$a = b$$", [(1, "a = b")]),
        (r"\$\$ $$a = b$$", [(1, "a = b")]),
        ("$$a = b$$\r\n\r\n$$c = d$$", [(1, "a = b"), (3, "c = d")]),
        ("$$ $$ $$.$$ $$a = b$$", [(1, "a = b")]),
        ("$$\\newcommand{\\v}{\\mathbf{v}}$$\n$$\\v = b$$", [(2, "v = b")]),
        (
            "$$\na = \\foo\n$$",
            [(2, r"a = !! the command \foo is not among what is read, and no macro of the document")],
        ),
        ("$$a", [(1, "!! this formula is opened and never closed")]),
        ("$$W\\_1 = \\\\{1\\\\}$$", [(1, "W_1 = {1}")]),
    ],
)
def test_markdown(text: str, expected: list[tuple[int, str]]) -> None:
    assert blocks(text) == expected


def test_latex_without_its_preamble_and_comments() -> None:
    text = "\n".join(
        [
            r"\documentclass{article} \newcommand{\x}{\mathbf{x}} $$nothing$$",
            r"\begin{document}",
            r"% $$not = this$$",
            r"Let \(m\) be 5\% of $n$. \\[2pt]",
            r"\begin{gather} z = \x \\ a = 5 % aside",
            r"\end{gather}",
            r"\[ b = c \]",
        ]
    )
    assert blocks(text, ".tex") == [(5, "z = x ;; a = 5"), (7, "b = c")]
    assert formulas(read_text(text, suffix=".tex")) == ["m", "n"]


def test_inline_formulas_of_all_kinds() -> None:
    text = "$a$, \\(b\\), $`c`$, \\\\(d\\\\), `$e$`, it costs $5 and $6, $ $, $\\oops$, $f_1, g$"
    assert formulas(read_text(text)) == ["a", "b", "c", "d", "f_1", "g"]


def test_text_without_delimiters() -> None:
    text = "The gradients\n\n(1) ∂L/∂z₂ = ŷ − y\nX ∈ R^{m×n}\nwhere this line has words = nothing\n2. dW1 = xᵀ dz1"
    assert blocks(text, ".txt") == [(3, "∂L/∂z_2 = ŷ - y"), (4, "X ∈ R^{m × n}"), (6, "∂W_1 = x^⊤ ∂z_1")]


def test_text_that_is_numpy() -> None:
    assert blocks("dz2 = y_hat - y\ndW2 = a1.T @ dz2 / m", ".txt") == [
        (1, "dz2 = y_hat - y"),
        (2, "dW2 = ⟨a1^⊤ @ dz2⟩/m"),
    ]


def test_python_files() -> None:
    code = 'def f(x):\n    """z = 1"""\n    z = np.dot(\n        x, W)\n    return z\n'
    assert blocks(code, ".py") == [(3, "z = x @ W")]


def test_notebooks(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# T\n", "\\newcommand{\\x}{y}\n", "$$a = b$$"]},
        {"cell_type": "raw", "source": "$$x = y$$"},
        {"cell_type": "code", "source": "z = x @ W\n", "outputs": []},
        {"cell_type": "markdown", "source": "$$c = \\x$$"},
    ]
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    found = [(b.number, b.cell, b.line, plain(b.chains[0])) for b in read_document(path).blocks]
    assert found == [(1, 1, 3, "a = b"), (2, 3, 1, "z = x @ W"), (3, 4, 1, "c = y")]


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"cells": 3}', '{"cells": [{"cell_type": "code", "source": 3}]}', "[" * 9999, "1" * 9999]
)
def test_what_is_no_notebook_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="expected a Jupyter notebook"):
        read_document(path)


def test_half_a_character_in_a_notebook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text('{"cells": [{"cell_type": "markdown", "source": "\\ud800"}]}', encoding="utf-8")
    with pytest.raises(InputError, match="half a character"):
        read_document(path)


def test_text_in_utf_16_says_so_itself(tmp_path: Path) -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        path = tmp_path / "d.md"
        path.write_bytes("\ufeff$$ŷ = β$$".encode(encoding))
        assert [block.source for block in read_document(path).blocks] == ["ŷ = β"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO("\ufeff$$a = b$$".encode())))
    assert [block.line for block in read_document("-").blocks] == [1]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfea", "found bytes that are not"),
        (b"%PDF-1.7 \xff", "this is a PDF, and text is read; export it as Markdown, LaTeX or plain text"),
        (b"\x89PNG\r\n\x1a\n\0", "this is a picture"),
        (b"\xff\xd8\xff\xe0", "this is a picture"),
        (b"PK\x03\x04" + bytes(2 << 20), "this is a file of a word processor or an archive"),
        (b"a\0b", "expected text in UTF-8, found bytes that are no text"),
        (b"\xff\x80", "expected text in UTF-8"),
        (b"x" * (MAX_BYTES + 1), "at most 1 MiB"),
        (b"$$" + b"x" * (MAX_FORMULAS // 10) + b"$$\n", "never"),
        ((b"$$" + b"x" * 9_000 + b"$$\n") * 12, "characters of formulas"),
        (b"$" * (MAX_MARKS + 1), "marks of formulas"),
    ],
)
def test_what_is_too_much_or_no_text_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "d.md"
    path.write_bytes(data)
    if message == "never":
        assert len(read_document(path).blocks) == 1
        return
    with pytest.raises(InputError, match=message) as caught:
        read_document(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_document(tmp_path / "none.md")


def test_macros_cannot_blow_up() -> None:
    text = r"\def\a{\b\b}\def\b{\c\c}\def\c{xxxxxxxxxxxxxxxx}" + "\n\n$\\a$" * 3000 + "\n\n$$z = \\a$$"
    (block,) = read_text(text).blocks
    assert block.problem
    assert "come to an end" in str(block.problem.reason)


NETWORK_IN_WORDS = r"With $z = W x + b$, $p = \text{softmax}(z)$ and the loss $L = -\sum_k y_k \log p_k$:"
DERIVATIVES_IN_WORDS = r"""
- $\frac{\partial L}{\partial z} = p - y$, so
- \(\partial L / \partial W = (p - y) x^T\) and $`\mathrm{d}b = p - y`$.

| by | is |
|---|---|
| $x$ | $\nabla_x L = W^T (p - y)$ |
"""


def test_equations_about_derivatives_are_steps_where_none_is_displayed() -> None:
    document = read_text(NETWORK_IN_WORDS + "\n" + DERIVATIVES_IN_WORDS)
    assert [(block.number, block.line, block.source) for block in document.blocks] == [
        (1, 3, r"\frac{\partial L}{\partial z} = p - y"),
        (2, 4, r"\partial L / \partial W = (p - y) x^T"),
        (3, 4, r"\mathrm{d}b = p - y"),
        (4, 8, r"\nabla_x L = W^T (p - y)"),
    ]
    words = [piece.text for piece in document.pieces if isinstance(piece, Prose)]
    assert words[0] == NETWORK_IN_WORDS
    assert words[1:5] == ["-", ", so\n-", "and", "."]
    assert [len(piece.formulas) for piece in document.pieces if isinstance(piece, Prose)] == [3, 0, 0, 0, 0, 1, 0]
    assert [step.verdict for step in check_document(document).steps] == ["correct"] * 4


def test_slopes_in_sentences_are_steps_too() -> None:
    document = read_text(
        r"It is $\sigma'(z) = \sigma(z)(1 - \sigma(z))$, $g^\prime(z) = 1$ and $\frac{d}{dz} \tanh z = 1 - \tanh^2 z$, "
        r"so $z' = 1$ is none and $x = 1$ neither."
    )
    assert [block.source[:9] for block in document.blocks] == [r"\sigma'(z", r"g^\prime(", r"\frac{d}{"]


@pytest.mark.parametrize("displayed", [r"$$\frac{\partial L}{\partial z} = p - y$$", "$$p' = p (1 - p)$$", "$$\\foo$$"])
def test_equations_in_sentences_are_no_steps_beside_displayed_ones(displayed: str) -> None:
    document = read_text(f"{NETWORK_IN_WORDS}\n{DERIVATIVES_IN_WORDS}\n\n{displayed}\n")
    assert [block.source for block in document.blocks] == [displayed.strip("$")]


def test_what_defines_may_be_displayed_beside_derivatives_in_sentences() -> None:
    document = read_text(f"$$z = W x$$\n\n{DERIVATIVES_IN_WORDS}")
    assert [block.number for block in document.blocks] == [1, 2, 3, 4, 5]


def test_code_in_a_sentence_is_no_formula() -> None:
    text = "A block is one display formula (`$$ … $$`).\nA chain `A = B = C` has two *links*: `A = B` is link 1.\n"
    assert read_text(text).blocks == ()
    document = read_text("# Notes\n\n- `z = W x + b`\n2. `p = softmax(z)`,\n")
    assert [(block.line, block.source) for block in document.blocks] == [(3, "z = W x + b"), (4, "p = softmax(z)")]
