"""What readers type for a symbol, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.algebra.latex import latex
from chainrule.algebra.notation import Notation, symbol_box
from chainrule.algebra.text import text
from chainrule.errors import InputError
from katex import accepts

# What is typed, as LaTeX, as text.
SYMBOLS = [
    ("h", "h", "h"),
    ("W_1", "W_1", "W₁"),
    ("A_{2}", "A_2", "A₂"),
    ("W_{12}", "W_{12}", "W₁₂"),
    ("W^{[1]}", "W^{[1]}", "W^{[1]}"),
    ("w^{(2)}", "w^{(2)}", "w⁽²⁾"),
    ("w^{(l-1)}_{ij}", "w_{ij}^{(l-1)}", "wᵢⱼ⁽ˡ⁻¹⁾"),
    (r"\hat{y}", r"\hat{y}", "ŷ"),
    (r"\hat y", r"\hat{y}", "ŷ"),
    (r"\hat{\mathbf y}", r"\hat{\mathbf{y}}", "ŷ"),
    (r"\hat{y}_1", r"\hat{y}_1", "ŷ₁"),
    (r"\mathbf{W}_1", r"\mathbf{W}_1", "W₁"),
    (r"\boldsymbol\beta", r"\boldsymbol{\beta}", "β"),
    ("ŷ", r"\hat{y}", "ŷ"),
    ("y\u0302", r"\hat{y}", "ŷ"),
    ("x̄", r"\bar{x}", "x̄"),
    ("β", r"\beta", "β"),
    (r"\beta", r"\beta", "β"),
    (r"\epsilon", r"\epsilon", "ϵ"),
    ("ε", r"\varepsilon", "ε"),
    ("Α", "A", "Α"),
    (r"\ell", r"\ell", "ℓ"),
    ("ℓ", r"\ell", "ℓ"),
    ("𝐱", r"\mathbf{x}", "x"),
    ("x'", "x'", "x′"),
    ("x''", "x''", "x′′"),
    ("x'^{(1)}_2", "x'^{(1)}_2", "x₂′⁽¹⁾"),
    ("d_0", "d_0", "d₀"),
    ("d_{l-1}", "d_{l-1}", "dₗ₋₁"),
    ("d_{n_1}", "d_{n_1}", "d_{n₁}"),
    ("L_{reg}", r"L_{\operatorname{reg}}", "L_{reg}"),
    ("Z_b", "Z_b", "Z_b"),
    (r"\lambda", r"\lambda", "λ"),
    ("lambda", r"\lambda", "λ"),
    ("z1", "z_1", "z₁"),
    ("y_hat", r"\hat{y}", "ŷ"),
    ("data_loss", r"\text{data loss}", "data loss"),
    ("loss", r"\operatorname{loss}", "loss"),
    (r"\text{data loss}", r"\text{data loss}", "data loss"),
    (r"\mathbb{R}", r"\mathbb{R}", "R"),
    ("W₁", "W_1", "W₁"),
    ("W⁽¹⁾", "W^{(1)}", "W⁽¹⁾"),
    ("损失", r"\text{损失}", "损失"),
    ("損_1", r"\text{損}_1", "損₁"),
    ("й", r"\text{й}", "й"),
]


@pytest.mark.parametrize(("typed", "as_latex", "as_text"), SYMBOLS)
def test_symbols(typed: str, as_latex: str, as_text: str) -> None:
    box = symbol_box(typed)
    assert latex(box) == as_latex
    assert text(box) == as_text


def test_what_is_written_can_be_typed() -> None:
    for _, as_latex, _ in SYMBOLS:
        if not any(command in as_latex for command in (r"\text", r"\operatorname", "'")):
            assert latex(symbol_box(as_latex)) == as_latex


def test_katex_takes_every_symbol() -> None:
    assert accepts([as_latex for _, as_latex, _ in SYMBOLS]) == []


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "symbol '': expected a letter or a command such as \\hat, got the end"),
        ("1", "symbol '1': expected a letter or a command such as \\hat, got '1'"),
        ("W_", "symbol 'W_': expected a character, got the end"),
        ("W_{1", "symbol 'W_{1': expected a character, got the end"),
        ("W_{}", "symbol 'W_{}': expected something in the braces, got the end"),
        ("W_1_2", "symbol 'W_1_2': expected one subscript and one superscript at most, got '2'"),
        ("W^1^2", "symbol 'W^1^2': expected one subscript and one superscript at most, got '2'"),
        ("W^1'", "symbol 'W^1'': expected one subscript and one superscript at most, got the end"),
        ("y}", "symbol 'y}': expected a subscript, a superscript or the end, got '}'"),
        ("a b", "symbol 'a b': expected a subscript, a superscript or the end, got ' '"),
        (r"\hat", "symbol '\\hat': expected a character, got the end"),
        (r"\frac{a}{b}", "expected a Greek letter, \\hat, \\bar, \\tilde, \\mathbf or \\text, got '\\'"),
        (r"\text{a}}", "expected a subscript, a superscript or the end, got '}'"),
        (r"\text{$}", "expected words and '}'"),
        ("W_{$}", "expected a letter, a number or one of + - , ( ) [ ] *, got '$'"),
        ("x" * 65, "a symbol has at most 64 characters; got 65"),
    ],
)
def test_what_is_no_symbol_is_refused(typed: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        symbol_box(typed)
    assert message in str(caught.value)


@given(st.text(alphabet="Wxŷβ1_^{}[]()'\\ hatbm损$<&-,", max_size=70))
def test_any_text_is_a_symbol_or_refused(typed: str) -> None:
    try:
        box = symbol_box(typed)
    except InputError:
        return
    assert text(box)
    assert latex(box)


def test_a_notation_says_how_names_are_written() -> None:
    notation = Notation({"W1": symbol_box("A")}, {"d_0": symbol_box("p")}, {"n": symbol_box("t")})
    boxes = [notation.symbol("W1"), notation.symbol("W2"), notation.dimension("d_0"), notation.dimension("d_1")]
    assert [text(box) for box in boxes] == ["A", "W₂", "p", "d₁"]
    assert [text(box) for box in (notation.dimension(3), notation.index("n"), notation.index("k"))] == ["3", "t", "k"]
