"""How expressions look, in LaTeX and as text; that MathML is well-formed and KaTeX takes the LaTeX."""

from xml.etree import ElementTree as ET

import pytest

from chainrule.algebra import functions as f
from chainrule.algebra.boxes import Atom, Box, Equation, Equations, Fence, Row, Table
from chainrule.algebra.expressions import (
    Call,
    Cases,
    Comparison,
    Derivative,
    Diagonal,
    Entries,
    Expression,
    Index,
    Indicator,
    Matrix,
    Norm,
    Ones,
    Product,
    Shape,
    Summation,
    Symbol,
    as_expression,
)
from chainrule.algebra.latex import latex
from chainrule.algebra.mathml import mathml
from chainrule.algebra.notation import Notation, symbol_box
from chainrule.algebra.text import text
from chainrule.algebra.typeset import chain, shape_box, typeset
from katex import accepts

PLAIN = Notation()
RAISED = Notation({"W1": symbol_box("W^{[1]}"), "y_hat": symbol_box(r"\hat{\mathbf Y}"), "b1": symbol_box("x'")})

X = Symbol("X", Shape("m", "d_0"))
W1 = Symbol("W1", Shape("d_0", "K"))
b1 = Symbol("b1", Shape(1, "K"))
G = Symbol("G", Shape("m", "K"))
Y = Symbol("y_hat", Shape("m", "K"))
s = Symbol("s", Shape("m", 1))
L, m, lam = Symbol("L"), Symbol("m"), Symbol("lambda")
n, i, j, k = Index("n", "m"), Index("i", "d_0"), Index("j", "K"), Index("k", "K")
Z = X @ W1 + b1
ZERO = as_expression(0)
LINES = [
    # Sums and signs.
    (Z, r"X W_1 + b_1", "X W₁ + b₁"),
    (G - Y, r"G - \hat{y}", "G − ŷ"),
    (G - (Y - G), r"G - (\hat{y} - G)", "G − (ŷ − G)"),
    (-(G + Y), r"-(G + \hat{y})", "−(G + ŷ)"),
    (-G + Y, r"-G + \hat{y}", "−G + ŷ"),
    (1 - lam, r"1 - \lambda", "1 − λ"),
    (L + (-2) * lam, r"L - 2\lambda", "L − 2λ"),
    (Product((as_expression(-1), lam)), r"-\lambda", "−λ"),
    # Products.
    ((G + Y) @ W1.T, r"(G + \hat{y}) W_1^\top", "(G + ŷ) W₁ᵀ"),
    (X @ (W1 + W1), r"X (W_1 + W_1)", "X (W₁ + W₁)"),
    (X @ (-W1), r"X (-W_1)", "X (−W₁)"),
    (X.T @ G * lam, r"\lambda X^\top G", "λ Xᵀ G"),
    ((1 / m) * (X.T @ G) + lam / m * W1, r"\frac{1}{m} X^\top G + \frac{\lambda}{m} W_1", "1/m Xᵀ G + λ/m W₁"),
    (2 * as_expression(3) * lam, r"2 \cdot 3\lambda", "2 · 3λ"),
    (2 * (1 / as_expression(3)) * lam, r"2 \cdot \frac{1}{3} \lambda", "2 · 1/3 λ"),
    (as_expression(0.01) * lam, r"0.01\lambda", "0.01λ"),
    (as_expression(0.5) * lam, r"\frac{1}{2} \lambda", "1/2 λ"),
    (Product((Product((s.T, s)), X)), r"(s^\top s) X", "(sᵀ s) X"),
    # ⊙ beside the others.
    ((X @ W1) * G, r"(X W_1) \odot G", "(X W₁) ⊙ G"),
    (X.T @ (G * Y), r"X^\top (G \odot \hat{y})", "Xᵀ (G ⊙ ŷ)"),
    (s * (Y - G), r"s \odot (\hat{y} - G)", "s ⊙ (ŷ − G)"),
    ((1 / m) * G * Y + G, r"\frac{1}{m} G \odot \hat{y} + G", "1/m G ⊙ ŷ + G"),
    (Call(f.LOG, (G,)) * Y, r"(\log G) \odot \hat{y}", "(log G) ⊙ ŷ"),
    # Scripts.
    (Z.T, r"(X W_1 + b_1)^\top", "(X W₁ + b₁)ᵀ"),
    (W1.T, r"W_1^\top", "W₁ᵀ"),
    (Y.T, r"\hat{y}^\top", "ŷᵀ"),
    (lam**2, r"\lambda^2", "λ²"),
    ((lam**2) ** 3, r"(\lambda^2)^3", "(λ²)³"),
    ((-lam) ** 2, r"(-\lambda)^2", "(−λ)²"),
    ((lam / 2) ** 2, r"\left( \frac{\lambda}{2} \right)^2", "(λ/2)²"),
    (Call(f.LOG, (1 + lam,)) ** 2, r"(\log(1 + \lambda))^2", "(log(1 + λ))²"),
    (G**2, r"G^{\odot2}", "G^{⊙2}"),
    (Norm(W1) ** 2, r"\lVert W_1 \rVert^2", "‖W₁‖²"),
    (lam / (2 * m) * Norm(W1) ** 2, r"\frac{\lambda}{2m} \lVert W_1 \rVert^2", "λ/(2m) ‖W₁‖²"),
    # Entries.
    (G[n, k], "G_{nk}", "Gₙₖ"),
    (Y[n, k], r"\hat{y}_{nk}", "ŷₙₖ"),
    (Y[n, :], r"\hat{y}_{n{:}}", "ŷ_{n:}"),
    (Y[:, k], r"\hat{y}_{{:}k}", "ŷ_{:k}"),
    (Y[1, 2], r"\hat{y}_{1, 2}", "ŷ_{1,2}"),
    (W1[i, k], "(W_1)_{ik}", "(W₁)ᵢₖ"),
    (b1[k], "(b_1)_k", "(b₁)ₖ"),
    (s[n], "s_n", "sₙ"),
    (s[1], "s_1", "s₁"),
    ((X.T @ G)[i, k], r"(X^\top G)_{ik}", "(Xᵀ G)ᵢₖ"),
    (G[Index("b", "m"), k], "G_{bk}", "G_{bk}"),
    (Entries(W1[i, k], i, k), "[(W_1)_{ik}]_{ik}", "[(W₁)ᵢₖ]ᵢₖ"),
    (Entries(Derivative(W1[i, k], W1[i, k]), i, k), r"\frac{\partial W_1}{\partial W_1}", "∂W₁/∂W₁"),
    (Entries(Y[n, :], n, None).T, r"([\hat{y}_{n{:}}]_n)^\top", "([ŷ_{n:}]ₙ)ᵀ"),
    # Functions.
    (Call(f.SOFTMAX, (Z,), 1), r"\operatorname{softmax}(X W_1 + b_1)", "softmax(X W₁ + b₁)"),
    (Call(f.LOGSUMEXP, (G[n, :],), 1), r"\operatorname{logsumexp}(G_{n{:}})", "logsumexp(G_{n:})"),
    (Call(f.LOGISTIC_PRIME, (G,)), r"\sigma'(G)", "σ′(G)"),
    (Call(f.TANH_PRIME, (G,)), r"\tanh'(G)", "tanh′(G)"),
    (Call(f.RELU, (G,)), r"\operatorname{ReLU}(G)", "ReLU(G)"),
    (Call(f.LEAKY_RELU_PRIME, (G, lam)), r"\operatorname{LeakyReLU}'(G)", "LeakyReLU′(G)"),
    (Call(f.MAX, (ZERO, G)), r"\max(0, G)", "max(0, G)"),
    (Call(f.EXP, (lam,)), r"e^\lambda", "e^λ"),
    (Call(f.EXP, (G[n, k],)), "e^{G_{nk}}", "e^{Gₙₖ}"),
    (Call(f.EXP, (G,)), r"\exp(G)", "exp(G)"),
    (Y[n, k] * Call(f.LOG, (G[n, k],)), r"\hat{y}_{nk} \log G_{nk}", "ŷₙₖ log Gₙₖ"),
    (Call(f.LOG, (m,)) * lam, r"(\log m) \lambda", "(log m) λ"),
    (G * Indicator(Comparison(Z, ">", ZERO)), r"G \odot \mathbf{1}[X W_1 + b_1 > 0]", "G ⊙ 1[X W₁ + b₁ > 0]"),
    (Diagonal(b1), r"\operatorname{diag}(b_1)", "diag(b₁)"),
    # Ones.
    (Ones(Shape(1, "m")) @ G, r"\mathbf{1}_m^\top G", "1ₘᵀ G"),
    (Ones(Shape("m", 1)), r"\mathbf{1}_m", "1ₘ"),
    (Ones(Shape("m", "n")), r"\mathbf{1}_{m \times n}", "1_{m×n}"),
    (Ones(Shape(1, 1)), "1", "1"),
    # Sums over an index.
    (Summation(Summation(G[n, k], k), n), r"\sum_{n=1}^m \sum_{k=1}^K G_{nk}", "Σₙ Σₖ Gₙₖ"),
    (Summation(G[n, j], j, Comparison(j, "≠", k)), r"\sum_{j \neq k} G_{nj}", "Σ_{j≠k} Gₙⱼ"),
    (Summation(G[n, k] + Y[n, k], k), r"\sum_{k=1}^K (G_{nk} + \hat{y}_{nk})", "Σₖ (Gₙₖ + ŷₙₖ)"),
    (Summation(-G[n, k], k), r"\sum_{k=1}^K (-G_{nk})", "Σₖ (−Gₙₖ)"),
    (-Summation(G[n, k], k) + lam, r"-\sum_{k=1}^K G_{nk} + \lambda", "−Σₖ Gₙₖ + λ"),
    (
        Summation(G[n, k], k) + Y[n, k],
        r"\left( \sum_{k=1}^K G_{nk} \right) + \hat{y}_{nk}",
        "(Σₖ Gₙₖ) + ŷₙₖ",
    ),
    (Summation(G[n, k], k) * lam, r"\left( \sum_{k=1}^K G_{nk} \right) \lambda", "(Σₖ Gₙₖ) λ"),
    (lam * Summation(G[n, k], k), r"\lambda \sum_{k=1}^K G_{nk}", "λ Σₖ Gₙₖ"),
    # Derivatives.
    (Derivative(L, W1), r"\frac{\partial L}{\partial W_1}", "∂L/∂W₁"),
    (
        Derivative(L, Y[n, k]) * Derivative(Y[n, k], G[n, j]),
        r"\frac{\partial L}{\partial\hat{y}_{nk}} \frac{\partial\hat{y}_{nk}}{\partial G_{nj}}",
        "∂L/∂ŷₙₖ ∂ŷₙₖ/∂Gₙⱼ",
    ),
    (Derivative(2 * lam, lam), r"\frac{\partial}{\partial\lambda} (2\lambda)", "∂/∂λ (2λ)"),
    # Over several lines.
    (
        lam + Cases(((m, Comparison(j, "=", k)),)),
        r"\lambda + \left( \begin{cases} m & j = k \end{cases} \right)",
        "λ + ({ m  j = k)",
    ),
    (
        Call(f.EXP, (G[n, k],)) / Summation(Call(f.EXP, (G[n, j],)), j),
        r"\frac{e^{G_{nk}}}{\sum_{j=1}^K e^{G_{nj}}}",
        " e^{Gₙₖ}\n──────────\nΣⱼ e^{Gₙⱼ}",
    ),
    (
        Matrix(((lam, m), (m, lam / 2))),
        r"\begin{pmatrix} \lambda & m \\ m & \frac{\lambda}{2} \end{pmatrix}",
        "⎛λ   m ⎞\n⎝m  λ/2⎠",
    ),
    (
        Cases(((G[n, k], Comparison(j, "=", k)), (ZERO, Comparison(j, "≠", k)))),
        r"\begin{cases} G_{nk} & j = k \\ 0 & j \neq k \end{cases}",
        "⎰ Gₙₖ  j = k\n⎱ 0    j ≠ k",
    ),
]
RAISED_LINES = [
    (W1[i, k], "W_{ik}^{[1]}", "Wᵢₖ^{[1]}"),
    (W1.T, r"(W^{[1]})^\top", "(W^{[1]})ᵀ"),
    (Y[n, k], r"\hat{\mathbf{Y}}_{nk}", "Ŷₙₖ"),
    (b1.T, r"(x')^\top", "(x′)ᵀ"),
    (b1[k], "x'_k", "xₖ′"),
]


@pytest.mark.parametrize(("expression", "as_latex", "as_text"), LINES, ids=[line[1] for line in LINES])
def test_lines(expression: Expression, as_latex: str, as_text: str) -> None:
    box = typeset(expression, PLAIN)
    assert latex(box) == as_latex
    assert text(box) == as_text


@pytest.mark.parametrize(("expression", "as_latex", "as_text"), RAISED_LINES)
def test_scripts_join_those_of_the_notation(expression: Expression, as_latex: str, as_text: str) -> None:
    box = typeset(expression, RAISED)
    assert latex(box) == as_latex
    assert text(box) == as_text


def test_katex_takes_every_line() -> None:
    lines = [as_latex for _, as_latex, _ in LINES + RAISED_LINES]
    assert accepts([*lines, latex(EQUATIONS), latex(WORDS)]) == []


def test_katex_refuses_what_it_should() -> None:
    refused = accepts([r"\nosuch", "x", "损失", r"\text{损失}", "x^1^2"])
    assert [line.split(":")[0] for line in refused] == [r"\nosuch", "损失", "x^1^2"]


@pytest.mark.parametrize("notation", [PLAIN, RAISED])
@pytest.mark.parametrize("expression", [line[0] for line in LINES], ids=[line[1] for line in LINES])
def test_mathml_is_well_formed_and_links_its_symbols(expression: Expression, notation: Notation) -> None:
    root = ET.fromstring(mathml(typeset(expression, notation)))  # noqa: S314
    sizes = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3}
    for element in root.iter():
        assert len(element) == sizes.get(element.tag, len(element))
        if "data-symbol" in element.attrib:
            assert element.attrib["class"] == f"s-{element.attrib['data-symbol']}"


@pytest.mark.parametrize(
    ("expression", "notation", "linked"),
    [
        (X, PLAIN, '<mi class="s-X" data-symbol="X">X</mi>'),
        (W1, PLAIN, '<msub class="s-W1" data-symbol="W1"><mi>W</mi><mn>1</mn></msub>'),
        (
            Y,
            RAISED,
            '<mover class="s-y_hat" data-symbol="y_hat" accent="true"><mi>𝐘</mi><mo stretchy="false">^</mo></mover>',
        ),
        (Symbol("R"), Notation({"R": symbol_box(r"\mathbb{R}")}), '<mi class="s-R" data-symbol="R">ℝ</mi>'),
        (Symbol("g"), Notation({"g": symbol_box(r"\mathbf{\gamma}")}), '<mi class="s-g" data-symbol="g">𝛄</mi>'),
        (Symbol("l"), Notation({"l": symbol_box(r"\mathcal{L}")}), '<mi class="s-l" data-symbol="l">ℒ</mi>'),
    ],
)
def test_mathml_of_symbols(expression: Expression, notation: Notation, linked: str) -> None:
    assert mathml(typeset(expression, notation), display=False) == f"<math>{linked}</math>"


def test_mathml_escapes_what_readers_see() -> None:
    box = Row((Atom("a < b & c", "text"), Atom("<", "operator")))
    root = ET.fromstring(mathml(box))  # noqa: S314
    assert "".join(root.itertext()) == "a < b & c<".replace(" ", "\N{NO-BREAK SPACE}")


EQUATIONS = chain(
    Derivative(L, W1),
    [(1 / m) * (X.T @ G), Matrix(((lam, m), (m, lam)))],
    PLAIN,
    condition=typeset(Comparison(j, "≠", k), PLAIN),
)
WORDS = Equations(
    (
        Equation(Atom("损失", "text"), "=", Atom("a", "identifier"), Atom("for #1", "text")),
        Equation(Atom("ŷ", "text"), "=", Atom("b", "identifier")),
    )
)


def test_equations_are_aligned() -> None:
    assert latex(EQUATIONS).splitlines() == [
        r"\begin{aligned}",
        r"\frac{\partial L}{\partial W_1} &= \frac{1}{m} X^\top G \\",
        r"&= \begin{pmatrix} \lambda & m \\ m & \lambda \end{pmatrix} \qquad j \neq k",
        r"\end{aligned}",
    ]
    assert text(EQUATIONS).splitlines() == [
        "∂L/∂W₁ = 1/m Xᵀ G",
        "       = ⎛λ  m⎞    j ≠ k",
        "         ⎝m  λ⎠",
    ]
    rows = ET.fromstring(mathml(EQUATIONS))[0]  # noqa: S314
    assert [len(row) for row in rows] == [3, 3]


def test_wide_characters_and_marks_keep_the_lines_aligned() -> None:
    assert text(WORDS).splitlines() == ["损失 = a    for #1", "   ŷ = b"]
    assert latex(WORDS).splitlines()[1] == r"\text{损失} &= a \qquad \text{for \#1} \\"


def test_tall_things_have_tall_brackets() -> None:
    one = Atom("1", "number")
    column: Box = Table(((one,), (one,), (one,)), "cases")
    assert text(Fence(column, "[]")).splitlines() == ["⎡⎧ 1⎤", "⎢⎨ 1⎥", "⎣⎩ 1⎦"]
    assert latex(Fence(column, "‖‖")).startswith(r"\left\lVert \begin{cases}")


def test_shapes_are_written() -> None:
    assert latex(shape_box(Shape("m", 3), PLAIN)) == r"m \times 3"
    assert text(shape_box(Shape("d_0", "K"), Notation(dimensions={"d_0": symbol_box("p")}))) == "p × K"


def test_deep_expressions_are_typeset_once() -> None:
    expression: Expression = lam
    for _ in range(60):
        expression = 1 + 2 * expression
    assert latex(typeset(expression, PLAIN)).startswith(r"1 + 2(1 + 2(")
