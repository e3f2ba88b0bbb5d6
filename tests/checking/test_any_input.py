"""Whatever is written, reading it and judging it end soon, in verdicts or in one line that says what is wrong."""

import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.checking import check
from chainrule.checking.check import check_document
from chainrule.checking.judging import repair
from chainrule.checking.parsing.documents import read_document, read_text
from chainrule.checking.parsing.numpy_lines import numpy_chains
from chainrule.checking.parsing.plain import plain
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.statements import chains_of
from chainrule.checking.parsing.syntax import Block
from chainrule.errors import InputError

DERIVATIONS = sorted((Path(__file__).parents[1] / "fixtures" / "derivations").glob("*.md"))
SECONDS = 10  # a hundred times what it takes

# fmt: off
PIECES = [
    "a", "b", "W", "d", "e", "x_1", "z^{[1]}", "_", "^", "'", "{", "}", "(", ")", "[", "]", r"\{", r"\}", "|", r"\|",
    r"\left",
    r"\right", ".", ",", ";", ":", "=", "+", "-", "/", "*", "&", r"\\", r"\quad", "1", "0.5", "2", "1[", r"\frac",
    r"\frac{",
    r"\sqrt", r"\hat", r"\mathbf", r"\mathbb{1}", r"\mathcal{L}", r"\text{if}", r"\text{ReLU}", r"\operatorname{tr}",
    r"\log",
    r"\max", r"\sum", r"\sum_{i=1}^m", "∑", "Σ", "∂", r"\partial", r"\nabla_", r"\begin{cases}", r"\end{cases}",
    r"\begin{aligned}", r"\end{aligned}", r"\begin{pmatrix}", r"\end{pmatrix}", r"\left\{\begin{array}{l}",
    r"\end{array}",
    r"\over", r"\odot", "⊙", r"\cdot", r"\neq", "<", r"\in", r"\Rightarrow", "…", r"\dots", "ᵀ", "₁", "²", "ŷ", "λ",
    "for",
    "其中", "当", "softmax", "sum", "$", "$$", r"\[", r"\]", r"\(", "`", "%", "#", r"\_", r"\macro", r"\boxed{",
    r"\underbrace{",
    r"\overset", r"\substack{", r"\not", r"\tag{", "~", "€", "\0", "\ud800",
]
CODE = [
    "a", "W2", "=", "+=", "(", ")", "[", "]", ",", ":", ".", ".T", "@", "*", "**", "/", "+", "-", ">", "==",
    "np.dot", "np.sum(",
    "axis=0", "lambda", "'x'", "#", '"', "\\", "\n", "\t", "if", "def", "1", "0.5", "\0", "é",
]
# fmt: on


def check_chains(read: object, source: str) -> None:
    start = time.process_time()
    try:
        chains = read(source)  # type: ignore[operator]
    except NotUnderstood as error:
        assert 0 <= error.problem.place.start <= error.problem.place.end <= len(source)  # noqa: PT017
        assert str(error).isprintable()  # noqa: PT017
    else:
        for chain in chains:
            assert plain(chain)
            assert len(chain.members) == len(chain.signs) + 1
            assert 0 <= chain.start <= chain.end <= len(source)
    assert time.process_time() - start < SECONDS


@settings(deadline=None, max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join))
def test_a_soup_of_tokens(source: str) -> None:
    check_chains(chains_of, source)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(CODE), max_size=30).map(" ".join))
def test_a_soup_of_code(source: str) -> None:
    check_chains(numpy_chains, source)


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=200))
def test_any_text(source: str) -> None:
    check_chains(chains_of, source)
    read_text(source)


wrapped = st.recursive(
    st.sampled_from(["a", "W_1", "z'", "1"]),
    lambda inner: st.builds(
        lambda wrap, x, y: wrap.replace("X", x).replace("Y", y),
        st.sampled_from(
            [
                r"\left( X + Y \right)", r"\frac{X}{Y}", r"{X}^{Y}", r"\sum_{i} X Y", r"\sqrt{X}", "X_{Y}", "-X",
                r"\begin{cases} X & Y \\ Y \end{cases}", r"\begin{pmatrix} X & Y \end{pmatrix}", r"\|X\|", "e^{X}",
                r"\begin{aligned} X &= Y \\ &= Y\end{aligned}", r"\partial X / \partial Y", r"\boxed{X}", "X = Y",
                r"\max(X, Y)",
            ]
        ),
        inner,
        inner,
    ),
    max_leaves=60,
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(wrapped)
def test_formulas_in_formulas(source: str) -> None:
    check_chains(chains_of, source)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(DERIVATIONS), st.randoms(use_true_random=False))
def test_a_mutated_derivation(path: Path, draw: random.Random) -> None:
    text = path.read_text(encoding="utf-8")
    for _ in range(draw.randrange(1, 8)):
        at, other = draw.randrange(len(text)), draw.randrange(len(text))
        text = draw.choice(
            [
                text[:at] + text[at + draw.randrange(1, 9) :],
                text[:at] + draw.choice(PIECES[:-1]) + text[at:],
                text[:at] + text[other : other + 20] + text[at:],
                text[:at] + draw.choice("{}$\\_^&()[]\n%`") + text[at + 1 :],
            ]
        )
    document = read_text(text)
    for block in document.blocks:
        assert block.problem or block.chains
        if block.problem:
            assert 0 <= block.problem.place.start <= block.problem.place.end <= len(block.source)
    assert [piece.line for piece in document.pieces] == sorted(piece.line for piece in document.pieces)


@settings(deadline=None, max_examples=150)
@given(data=st.binary(max_size=300), suffix=st.sampled_from([".md", ".tex", ".txt", ".py", ".ipynb"]))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes, suffix: str) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(data)
    try:
        pieces = read_document(path).pieces
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert all(isinstance(piece, Block) or piece.text for piece in pieces)


M = 1_000_000


@pytest.mark.parametrize(
    "text",
    [
        "$" * M, "$$ a\n\n" * (M // 7), "\\(" * (M // 2), "\\[a\n\n" * (M // 6), "\\begin{align}\n\n" * (M // 16),
        " " * M,
        "\n" * M, ">" * M, "<!--" * (M // 4), "\\" * M, "`" * M, "\\def\\a{" * (M // 7),
        "```python\n" + "'\\" * (M // 2),
        "$$" + "\\" * 9000 + "$$", "$$" + "(" * 4900 + "$$", "$$" + "x^{" * 1500 + "$$",
        "$$" + r"\\ - a " * 2400 + "$$",
        "$$" + r"\quad " * 3000 + "$$", "a = b\n" * (M // 6), "$$" + "\\begin{cases}" * 1000 + "$$",
        "$$" + "{a \\over" * 1000 + "$$",
        "```python\n" + "(\n" * (M // 2),
    ],
    ids=lambda text: ascii(text[:12]),
)  # fmt: skip
def test_much_of_the_same_is_read_or_refused_soon(text: str) -> None:
    start = time.process_time()
    try:
        read_text(text)
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017
    assert time.process_time() - start < SECONDS


NETWORK = r"""
$$z = W x + b$$
$$a = \sigma(z)$$
$$L = \frac12 \|a - y\|^2$$
"""
LAYERS = range(1, 300)
DEEP = [rf"$$z_{{{n}}} = W_{{{n}}} a_{{{n - 1}}}$$ $$a_{{{n}}} = \tanh(z_{{{n}}})$$" for n in LAYERS]


@pytest.mark.parametrize(
    "text",
    [
        NETWORK + r"$$\frac{\partial L}{\partial b} = (a - y) \odot a \odot (1 - a)$$" * 300,
        NETWORK + r"$$\frac{\partial L}{\partial b} = (y - a) \odot a \odot (a - y)$$" * 300,
        NETWORK + "$$z = W x + b" + " + W x" * 300 + "$$",
        NETWORK + "$$z = W x" * 300 + "$$",
        NETWORK + "$$z = " + "W x " * 300 + "$$",
        NETWORK + "$$z = " + r"x W \odot " * 300 + "b$$",
        NETWORK + "$$z = " + "(" * 300 + "W x + b" + ")" * 300 + "$$",
        NETWORK + "$$z = W x + b" + " = W x + b" * 1000 + "$$",
        NETWORK
        + "$$z_k = "
        + "".join(rf"\sum_{{{letter}}} W_{{k{letter}}}" for letter in "abcdefghijlmnopqrst")
        + "$$",
        NETWORK + r"$$z_{1000000} = \sum_{i=1}^{1000000000} W_{1000000,i} x_i$$",
        "".join(DEEP) + r"$$L = \|a_{299}\|^2$$ $$\frac{\partial L}{\partial W_1} = z_1 a_0^T$$",
        "".join(DEEP[:30]) + r"$$L = \|a_{30}\|^2$$" + r"$$\frac{\partial L}{\partial z_1} = W_2^T z_3$$" * 30,
        "".join(rf"$$c_{{{n}}} = c_{{{n - 1}}} + c_{{{n - 1}}}^2$$" for n in LAYERS) + r"$$\delta_3 = c_1$$",
        "".join(rf"$$c_{{{n}}} = \max(0, c_{{{n - 1}}})$$" for n in LAYERS) + "$$c_1 = c_2$$",
        "".join(rf"$$z_{{{n}}} = W_{{{n}}} x_{{{n}}}$$" for n in LAYERS) + "$$z_1 = W_1 x_1$$",
        "".join(rf"$$z_{{{n}}} = W_{{{n}}} x_{{{n}}} + x_{{{n}}} W_{{{n}}}$$" for n in LAYERS) + "$$z_1 = W_1 x_1$$",
        r"$$z^{[l]} = W^{[l]} a^{[l-1]}$$ $$a^{[l]} = \tanh(z^{[l]})$$ $$L = \|a^{[10]}\|^2$$"
        + r"$$dz^{[l]} = a^{[l]}$$" * 300,
    ],
    ids=lambda text: ascii(text[-24:]),
)
def test_whatever_there_is_much_of_it_is_judged_or_refused_soon(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "SECONDS", 0.1)
    monkeypatch.setattr(repair, "SECONDS", 0.1)
    document = read_text(text)
    start = time.thread_time()
    try:
        check_document(document)
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017
    assert time.thread_time() - start < 1


@pytest.mark.parametrize(
    "text",
    [
        r"$$a = (z_1)$$ $$z_3 = a y$$ $$\delta_1 = 2 \delta(1)$$",  # a δ_3 that stands nowhere
    ],
)
def test_what_once_broke_the_judge_is_judged(text: str) -> None:
    assert check_document(read_text(text)).steps
