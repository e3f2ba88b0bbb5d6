"""What is written, and the nodes that it comes to, in their one spelling."""

import re

import pytest

from chainrule.checking.parsing.macros import Macros, without_definitions
from chainrule.checking.parsing.plain import plain
from chainrule.checking.parsing.problems import NotUnderstood, Unreadable
from chainrule.checking.parsing.statements import chains_of
from chainrule.checking.parsing.syntax import Apply, Chain, Name, Node, Partial, Product, Script, Scripted, Unread
from chainrule.checking.parsing.typed import lexer_of

READ = {
    # names, scripts, primes
    r"W_1": "W_1",
    r"W^{[1]}": "W^{[1]}",
    r"w^{(2)}": "w^{(2)}",
    r"W1": "W_1",
    r"W₁": "W_1",
    r"zₖ": "z_k",
    r"x' + x^{\prime} + x′ + x^{\prime\prime}": "x′ + x′ + x′ + x′′",
    r"x'^T": "x′^⊤",
    r"x^{\prime T}": "x′^⊤",
    r"z_{1i}": "z_{1, i}",
    r"A_{2b}": "A_{2, b}",
    r"A_{1bj}": "A_{1, b, j}",
    r"w_{ijk} + y_{i,j} + x_{12}": "w_{i, j, k} + y_{i, j} + x_12",
    r"z^{[l-1]} + y_{l-1}": "z^{[l - 1]} + y_{l - 1}",
    r"z_{n:} + Y_{i\cdot} + Y_{:,j} + y_{n, t_n}": "z_{n, …} + Y_{i, …} + Y_{…, j} + y_{n, t_n}",
    r"y_{pred} + W_{\text{out}} + x_{\max}": "y_pred + W_out + x_max",
    r"W\_1 = \hat{y}\_k": "W_1 = ŷ_k",
    # transposes
    r"W^T W^\top W^{\mathsf T} W^{\mathrm{T}} W^\intercal Wᵀ": "W^⊤ W^⊤ W^⊤ W^⊤ W^⊤ W^⊤",
    r"W^{[1]T} {W^{[1]}}^T W^{(2)\top}": "⟨W^{[1]}⟩^⊤ ⟨W^{[1]}⟩^⊤ ⟨W^{(2)}⟩^⊤",
    r"a^{[1](i)}": "⟨a^{[1]}⟩^{(i)}",
    r"W₁ᵀ": "W_1^⊤",
    # accents and fonts
    r"\hat y_k^{(i)}": "ŷ_k^{(i)}",
    r"\hat{y_k} \mathbf{\hat y} \hat{\mathbf y} \hat{\boldsymbol{y}}_i ŷ": "ŷ_k ŷ ŷ ŷ_i ŷ",
    r"\bar x \tilde{x} \overline{x} \dot x": "x\u0304 x\u0303 x\u0304 ẋ",
    r"\mathbf{W}\mathbf x \bm{z} 𝐖": "W x z W",
    r"\mathcal{L} + \mathbb{R} + ℝ": "ℒ + ℝ + ℝ",
    r"\lambda \beta λ \delta^{(2)}": "λ β λ δ^{(2)}",
    # products
    r"a ⊙ b \odot c \circ d ∘ e": "a ⊙ b ⊙ c ⊙ d ⊙ e",
    r"a \cdot b \times c \ast d · e × f * g": "a · b × c ∗ d · e × f ∗ g",
    r"xW + b": "x W + b",
    r"{a+b}c": "a + b c",
    r"\left( a + b \right)_i": "(a + b)_i",
    r"(\hat{Y} - Y)_i": "(Ŷ - Y)_i",
    r"(1, \dots, 1)_{1 \times B} \cdot x": "(1, …, 1)_{1 × B} · x",
    r"\sigma(z)": "σ (z)",
    r"\sigma'(z) = g'(z)": "σ′ (z) = g′ (z)",
    r"W * x + a * b * W^T * c + 2 W * x": "W · x + a ∗ b · W^⊤ · c + 2 W · x",
    r"W^T * (a - b) * \sigma'(z)": "W^⊤ · (a - b) ∗ σ′ (z)",
    r"W^T \delta * g + A W^T * 1\{Z > 0\}": "W^⊤ δ ∗ g + A W^⊤ ∗ 1(Z > 0)",
    r"x .* y .^ 2 ./ z + a \oslash b": "x ⊙ y^2/z + a/b",
    r"W x ⊘ (a b) ⊙ c": "⟨W x⟩/(a b) ⊙ c",
    # fractions
    r"\frac{1}{2m} \dfrac12 \tfrac{a}{b} a/b {a \over b}": "1/⟨2 m⟩ 1/2 a/b a/b a/b",
    r"X^T (a - b) / m": "X^⊤ (a - b)/m",
    r"λ/2m": "λ/⟨2 m⟩",
    r"1/2 x": "1/2 x",
    "½(z - y)² + ¾ + １２": "1/2 (z - y)^2 + 3/4 + 12",
    # derivatives
    r"\frac{\partial L}{\partial W_1}": "∂L/∂W_1",
    r"∂L/∂W₁ = \partial L/\partial W_1": "∂L/∂W_1 = ∂L/∂W_1",
    r"\frac{dL}{dz} = \frac{\mathrm{d}L}{\mathrm{d}z} = \mathrm{d}L/\mathrm{d}z": "∂L/∂z = ∂L/∂z = ∂L/∂z",
    r"\frac{\partial}{\partial z}(a + b) \cdot c": "∂(a + b)/∂z · c",
    r"\frac{d}{dz}\sigma(z)": "∂⟨σ (z)⟩/∂z",
    r"\frac{\partial J(W)}{\partial W} = ∂J(W)/∂W": "∂⟨J (W)⟩/∂W = ∂⟨J (W)⟩/∂W",
    r"∂L/∂z ∂z/∂W": "∂L/∂z ∂z/∂W",
    r"∂L/∂z (a + b)/m": "∂L/∂z (a + b)/m",
    r"\nabla_{W_1} L = ∇_W J(W)": "∇_{W_1} L = ∇_{W} ⟨J (W)⟩",
    r"dW2 = dW_2": "∂W_2 = ∂W_2",
    r"dZ^{[2]} + \mathrm{d}W": "∂Z^{[2]} + ∂W",
    r"\frac{\partial(z_i - \log(Z))}{\partial z_i}": "∂(z_i - log(Z))/∂z_i",
    r"\frac{\partial \log(\hat{y}_i)}{\partial z_i}": "∂log(ŷ_i)/∂z_i",
    r"\left.\frac{\partial L}{\partial s}\right|_{s} + \frac{\partial L}{\partial z_1}\bigg|_{z_1}": "∂L/∂s + ∂L/∂z_1",
    # functions
    r"\ln \hat y_k + \log(a) b + \exp z": "ln(ŷ_k) + log(a) b + exp(z)",
    r"\log 2x + \log_2 x": "log(2 x) + log_2(x)",
    r"e^{x} + e^{z_k - c} + e^x + e_k": "exp(x) + exp(z_k - c) + exp(x) + e_k",
    r"\exp(z)^2 + \tanh^2(z) + \tanh' z": "exp(z)^2 + tanh^2(z) + tanh′(z)",
    r"\max(0, z) + \max\{0, z\} + \max_j z_j": "max(0, z) + max(0, z) + max_j(z_j)",
    r"\text{LeakyReLU}(z, \alpha = 0.01)": "LeakyReLU(z, α = 0.01)",
    r"\text{Leaky ReLU}(z) + \operatorname{ReLU}(z) + ReLU(z)": "LeakyReLU(z) + ReLU(z) + ReLU(z)",
    r"\text{softmax}(z)_k = \text{softmax}_k(z)": "softmax(z)_k = softmax_k(z)",
    r"\mathrm{diag}(z) + \mathrm{tr}(A) + \sqrt{x} + √x": "diag(z) + tr(A) + sqrt(x) + sqrt(x)",
    r"\exp{(z)} + \exp{z}": "exp(z) + exp(z)",
    r"\text{np.sum}(z, \text{axis}=1) + np.exp(z) + \mathrm{np.log}(z)": "sum(z, axis = 1) + exp(z) + log(z)",
    r"np.sum(z, axis=1, keepdims=True)": "sum(z, axis = 1, keepdims = True)",
    # indicators, norms
    r"1[H > 0] + \mathbb{1}\{z>0\} + \mathbb 1[z>0] + 𝟙[z>0]": "1(H > 0) + 1(z > 0) + 1(z > 0) + 1(z > 0)",
    r"\mathbf{1}_{z > 0} + \mathbb 1_{[i=k]} + \mathbb{I}(z>0)": "1(z > 0) + 1(i = k) + 1(z > 0)",
    r"\alpha\mathbf{1}[u \le 0] + b\mathbf 1^\top + α𝟙[z > 0] + W𝟏ᵀ": "α 1(u ≤ 0) + b 1^⊤ + α 1(z > 0) + W 1^⊤",
    r"[i = k] + \mathbf 1\{y = k\} + \mathbf{1}^T x": "1(i = k) + 1(y = k) + 1^⊤ x",
    r"\|W\|_F^2 + ‖W‖² + \lVert W \rVert + ||W||_2 + |z|": "‖W‖_F^2 + ‖W‖^2 + ‖W‖ + ‖W‖_2 + |z|",
    r"\|W\|^2_F + \lVert W \rVert^2": "‖W‖_F^2 + ‖W‖^2",
    # sums
    r"\sum_{i=1}^m \sum_k a_{ik}": "∑_{i = 1}^m ∑_{k} a_{i, k}",
    r"\sum_b \sum_k t_{bk} \ln \beta_{bk}": "∑_{b} ∑_{k} t_{b, k} ln(β_{b, k})",
    r"\sum\limits_{j \neq k} e^{z_j} + a": "∑_{j ≠ k} exp(z_j) + a",
    r"\sum_{i,k} a + \sum^m_{i=1} b": "∑_{i, k} a + ∑_{i = 1}^m b",
    r"\sum_{\substack{j=1 \\ j \ne k}}^K a_j": "∑_{j = 1, j ≠ k}^K a_j",
    r"∑_{j≠k} zⱼ + Σᵢ xᵢ + Σ": "∑_{j ≠ k} z_j + ∑_{i} x_i + Σ",
    r"1 - \sum_{j \neq k} a_j \times \frac{1}{b}": "1 - ⟨∑_{j ≠ k} a_j × 1/b⟩",
    # environments
    r"\begin{cases} z_i, & z_i \geq 0 \\ 0, & z_i < 0 \end{cases}": "{z_i if z_i ≥ 0; 0 if z_i < 0}",
    r"f = \begin{cases} x & \text{if } x > 0 \\ a & \text{otherwise} \end{cases}": "f = {x if x > 0; a}",
    r"f = \left\{ \begin{array}{ll} 1 & z > 0 \\ 0 & \text{其他} \end{array} \right.": "f = {1 if z > 0; 0}",
    r"\begin{pmatrix} a & -b \\ -c & d \end{pmatrix}^T": "[a, -b; -c, d]^⊤",
    r"\left[\begin{array}{cc} a & b \end{array}\right]": "[[a, b]]",
    # chains
    r"\begin{aligned} a &= b \\ &= c + d \\ &\quad + e \\ f &= g \end{aligned}": "a = b = c + d + e ;; f = g",
    r"\begin{align*} a &= b + \\ & c \\ &- d \\ x &= y \end{align*}": "a = b + c - d ;; x = y",
    r"L = \begin{split} & a \\ &+ b\end{split}": "L = a + b",
    r"a = b \\[2pt] = c": "a = b = c",
    r"\left\{\begin{aligned} a &= b \\ c &= d \end{aligned}\right.": "a = b ;; c = d",
    r"\begin{cases} a = b \\ c = d \end{cases}": "a = b ;; c = d",
    r"z = x, \quad a = z + 1;": "z = x ;; a = z + 1",
    r"a = b \Rightarrow c = d \implies e ≈ f": "a = b ;; c = d ;; e ≈ f",
    r"a := b \triangleq c \overset{\text{def}}{=} d \stackrel{(1)}{=} e": "a := b := c := d = e",
    r"W \leftarrow W - \eta G": "W ← W - η G",
    r"X \in \mathbb{R}^{m \times n}, b \in R^n, y \in \{0,1\}^K": "X ∈ ℝ^{m × n} ;; b ∈ R^n ;; y ∈ {0, 1}^K",
    r"y \in \\{0,1\\}^K": "y ∈ {0, 1}^K",
    r"\begin{align} a &= b \\ \intertext{Then also} &= c \end{align}": "a = b = c",
    # beside
    r"a = b, \quad i \neq k": "a = b | i ≠ k",
    r"a = b \quad (i \neq k)": "a = b | i ≠ k",
    r"a = b (i \neq k)": "a = b | i ≠ k",
    r"a = b \quad \text{for } i = 1, \dots, m": 'a = b | "for", i = 1, …, m',
    r"a = b \text{ if $k = i$}": 'a = b | "if", k = i',
    r"\text{if } i = k:\quad a = b": 'a = b | "if", i = k',
    r"当 i=k 时，a = b": 'a = b | "当", i = k',
    r"a = b，其中 Z = c": 'a = b | "其中", Z = c',
    r"a = b，其中 \delta = u - v": 'a = b | "其中" ;; δ = u - v',
    r"a = b, \text{ where } Z = c": 'a = b | "where", Z = c',
    r"a = b \quad (\text{chain rule}) \\ = c \quad (3)": 'a = b = c | "chain rule"',
    r"a = b \text{ and } c = d": "a = b ;; c = d",
    r"a = b \;\; \forall i": 'a = b | "for all", i',
    r"\begin{align} z &= W x & a &= f \\ p &= g && \text{as said} \\ u &= v && \text{scores} \end{align}": (
        'z = W x ;; a = f ;; p = g | "as said" ;; u = v | scores'
    ),
    r"\begin{eqnarray} z &=& W x \\ &=& a \end{eqnarray}": "z = W x = a",
    r"z = W x \newline a = f \\* p = q": "z = W x ;; a = f ;; p = q",
    r"W, U \in R^n": "W, U ∈ R^n",
    r"z = x, \quad l = L, L-1, \dots, 1": "z = x | l = L, L - 1, …, 1",
    r"z = x, \quad k = 1, 2": "z = x | k = 1, 2",
    # looks
    r"\underbrace{a + b}_{\text{error}} \boxed{x} \color{red}{z} \cancel{q} \textcolor{red}{r}": "a + b x z q r",
    r"\displaystyle a \, = ~b \tag{1} \label{eq:x} \nonumber % said aside": "a = b",
    r"a = b 。": "a = b",
    r"\bigl( a \bigr) = \Big[ b \Big]": "(a) = [b]",
    r"H^{\mkern-1.5mu\mathsf{T}} G \kern-1pt a\mspace{2mu} + \hspace*{1mm} \hskip1em b": "H^⊤ G a + b",
    r"a = V \hspace{1mm} g = c \hspace{1em} z = f": "a = V g = c ;; z = f",
    r"\large a = {\small b} \checkmark": "a = b",
    r"u＝Ｗ（x＋b）": "u = W (x + b)",
}

REFUSED = {
    r"\log a b": "Put parentheses",
    r"\log x (a + b)": "Put parentheses",
    r"a/b/c": "two ways",
    r"x_1_2": "second subscript",
    r"x^1^2": "second superscript",
    r"\frac{\partial^2 L}{\partial z^2}": "first derivative",
    r"\int f": r"\\int",
    r"a b^{": "closed|expected",
    r"(a": r"expected \)",
    r"a)": "expected a letter",
    r"a =": "expected a letter",
    r"= b": "before this sign",
    r"\odot a": "expected a letter",
    r"a = b{-c}": "parentheses",
    r"A1.T @ dz": "space after this dot",
    r"\begin{tikzpicture} a \end{tikzpicture}": "tikzpicture",
    r"a \end{cases}": "no .begin",
    r"\begin{cases} a": r"\\end\{cases\}",
    r"\ddot x": r"\\ddot",
    r"a \pm b": r"\\pm",
    r"\text{words that are} \text{alone here}": "words alone",
    "(" * 1000 + "x" + ")" * 1000: "in each other",
    "{" * 1000 + "x" + "}" * 1000: "in each other",
    r"\hat " * 1000 + "x": "in each other",
    r"\boxed{" * 1000 + "x" + "}" * 1000: "in each other",
    "-" * 1000 + "x": "too many minus",
    "x" * 3 + "+a" * 4000: "5,000 signs",
    "\ud800": "U\\+D800",
    "\0": "U\\+0000",
    "a = 🙂": "🙂",
    "x_{'} = b": "expected a letter",
    r"\left.\frac{\partial L}{\partial s}\right|_{s = 1} = a": "somewhere else",
    r"\frac{df}{dz}|_{u} = a": "somewhere else",
}


def read(source: str) -> str:
    return " ;; ".join(map(plain, chains_of(source)))


# What people type, without LaTeX.
TYPED = {
    "s_i = x_iW + b": "s_i = x_i W + b",
    "t_bk + z_1i + w_12 + W_out + x_K": "t_{b, k} + z_{1, i} + w_12 + W_out + x_K",
    "y_hat_k - y_bar + dL/dy_hat": "ŷ_k - ȳ + ∂L/∂ŷ",
    "log y^_k - y^ + x^2": "log(ŷ_k) - ŷ + x^2",
    "z[2] = W[2] a[1]^T + dL/dz[l-1] + x[i]": "z^{[2]} = W^{[2]} ⟨a^{[1]}⟩^⊤ + ∂L/∂z^{[l - 1]} + x [i]",
    "sigma'(z1) delta2 lambda/2 + eta mu": "σ′ (z_1) δ_2 λ/2 + η μ",
    "L = -sum_k y_k log p_k": "L = -⟨∑_{k} y_k log(p_k)⟩",
    # words around a formula
    "Consider this, z = w^T x + b, p = sigmoid(z).": 'z = w^⊤ x + b | "Consider this" ;; p = sigmoid(z)',
    "Then dL/dz = p - y, where y is one-hot": '∂L/∂z = p - y | "where y is one-hot"',
    "the gradient of L with respect to W is dL/dW = p x^T": (
        '∂L/∂W = p x^⊤ | "the gradient of L with respect to W is"'
    ),
    "dL/dW = p x^T    (outer product with the input)": '∂L/∂W = p x^⊤ | "outer product with the input"',
    "dL/dW = p x^T  # outer product": '∂L/∂W = p x^⊤ | "outer product"',
    "dL/dz = W u since the relu has slope one here": '∂L/∂z = W u | "since the relu has slope one here"',
    "Since dL/dz = p - y, we get dL/db = p - y": '∂L/∂z = p - y | "Since", "we get" ;; ∂L/∂b = p - y',
    "=> dL/dz = p - y": "∂L/∂z = p - y",
    "dz_i = da_i if z_i > 0 else 0": "∂z_i = {∂a_i if z_i > 0; 0}",
    # names that are words
    "loss = -sum_k y_k log p_k": "loss = -⟨∑_{k} y_k log(p_k)⟩",
    "dL/dW = x times (p - y)": "∂L/∂W = x times(p - y)",
    "dL/dW = x (p-y)": "∂L/∂W = x (p - y)",
    "dL/dW = err input": "∂L/∂W = err input",
}
MATLAB = {
    "dz1 = (W2' * dz2) .* (1 - a1.^2)": "∂z_1 = (⟨W_2⟩^⊤ · ∂z_2) ⊙ (1 - ⟨a_1⟩^2)",
    "dW1 = a * x' ./ m": "∂W_1 = ⟨a · x^⊤⟩/m",
    "s'(z) = (a - y)'": "s′ (z) = (a - y)^⊤",
}


def problem_of(source: str) -> Unreadable:
    """Return the first thing in a formula that is not understood."""
    try:
        chains = chains_of(source)
    except NotUnderstood as error:
        return error.problem
    return next(node.problem for chain in chains for node in chain.members if isinstance(node, Unread))


@pytest.mark.parametrize(("source", "expected"), READ.items())
def test_a_formula_comes_to_its_nodes(source: str, expected: str) -> None:
    assert read(source) == expected


@pytest.mark.parametrize(("source", "expected"), TYPED.items())
def test_what_is_typed_without_latex(source: str, expected: str) -> None:
    assert " ;; ".join(map(plain, chains_of(source, reader=lexer_of(source)))) == expected


@pytest.mark.parametrize(("source", "expected"), MATLAB.items())
def test_the_signs_of_matlab(source: str, expected: str) -> None:
    reader = lexer_of("\n".join(MATLAB))
    assert " ;; ".join(map(plain, chains_of(source, reader=reader))) == expected
    assert lexer_of("a .* b^T") is not reader


@pytest.mark.parametrize(("source", "message"), REFUSED.items(), ids=lambda text: ascii(text)[:30])
def test_what_cannot_be_read_is_refused_at_its_place(source: str, message: str) -> None:
    problem = problem_of(source)
    assert re.search(message, str(problem.reason))
    assert 0 <= problem.place.start <= problem.place.end <= len(source)
    assert "\n" not in str(problem.reason)


@pytest.mark.parametrize(
    ("source", "spot"),
    [
        (r"a = \pm b", r"\pm"),
        (r"a = (b, c", ""),
        (r"x_1_2 = b", "_"),
        (r"\log x (a + b)", "(a + b)"),
        (r"a = \begin{tikzpicture} b", r"\begin{tikzpicture}"),
        (r"a = () b", "()"),
        (r"\lVert a \rVert_{b+c}", "b+c"),
        (r"\hat{a + b} = c", r"\hat{a + b}"),
        (r"a = \frac{b", ""),
        ("a = 🙂 + b", "🙂"),
    ],
)
def test_the_place_is_that_of_what_is_not_understood(source: str, spot: str) -> None:
    start, end = problem_of(source).place
    assert source[start:end] == spot
    assert spot or start == len(source)


def test_the_spelling_in_the_tables_is_read_as_nodes() -> None:
    (chain,) = chains_of(r"\hat{y}_k = W \log z'")
    assert chain == Chain(
        (
            Scripted(Name("y", "hat"), Script((Name("k"),))),
            Product((Name("W"), Apply(Name("log", is_word=True), (Scripted(Name("z"), primes=1),))), ("",)),
        ),
        ("=",),
    )
    (derivative,) = chains_of(r"\partial L")
    assert derivative.members == (Partial(Name("L")),)


@pytest.mark.parametrize(
    ("definitions", "source", "expected"),
    [
        (r"\newcommand{\vx}{\mathbf{x}}", r"\vx_1 + \vx", "x_1 + x"),
        (r"\newcommand\pd[2]{\frac{\partial #1}{\partial #2}}", r"\pd{L}{W_1} = \pd Lz", "∂L/∂W_1 = ∂L/∂z"),
        (r"\def\yh{\hat{y}}", r"\yh_k", "ŷ_k"),
        (r"\def\of#1{#1_{ij}}", r"\of W", "W_{i, j}"),
        (r"\DeclareMathOperator{\smax}{softmax}", r"\smax(z)", "softmax(z)"),
        (r"\DeclareMathOperator*{\mine}{mine}", r"\mine(z)", "mine(z)"),
    ],
)
def test_macros_are_expanded(definitions: str, source: str, expected: str) -> None:
    text, found = without_definitions(definitions)
    assert not text.strip()
    assert " ;; ".join(map(plain, chains_of(source, Macros(found)))) == expected


def test_a_macro_of_itself_comes_to_an_end() -> None:
    _, found = without_definitions(r"\def\a{\a\a} \newcommand{\b}{\c} \newcommand{\c}{\b}")
    for source in (r"\a", r"\b"):
        with pytest.raises(NotUnderstood, match=r"come to an end|macros in a formula|in each other"):
            chains_of(source, Macros(found))


def walked(node: Node) -> list[Node]:
    found = [node]
    for value in vars(node).values():
        for each in value if isinstance(value, tuple) else (value,):
            for child in each if isinstance(each, tuple) else (each,):
                if isinstance(child, Node):
                    found += walked(child)
    return found


def test_bold_is_cut_out_with_its_braces() -> None:
    source = r"a = \mathbf{y} = \boxed{b + c}"
    (chain,) = chains_of(source)
    assert [source[member.start : member.end] for member in chain.members] == ["a", r"\mathbf{y}", r"\boxed{b + c}"]


def test_a_links_source_can_be_cut_out() -> None:
    source = r"\frac{\partial L}{\partial z} = \left( a + b \right) \odot c' \\ = d, \quad i \neq k"
    (chain,) = chains_of(source)
    assert [source[member.start : member.end] for member in chain.members] == [
        r"\frac{\partial L}{\partial z}",
        r"\left( a + b \right) \odot c'",
        "d",
    ]
    assert source[chain.beside[0].start : chain.beside[0].end] == r"i \neq k"


@pytest.mark.parametrize("source", READ)
def test_every_node_has_a_place_inside_its_parent(source: str) -> None:
    for chain in chains_of(source):
        for node in walked(chain):
            assert 0 <= node.start <= node.end <= len(source)
