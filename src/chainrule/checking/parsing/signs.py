"""What LaTeX's commands, and the letters and signs of Unicode, stand for."""

__all__ = [
    "ACCENTS",
    "ALIGNED",
    "CALLIGRAPHIC",
    "DOUBLE_STRUCK",
    "DROPPED",
    "FONTS",
    "FUNCTIONS",
    "INDICES",
    "LENGTHS",
    "LETTERS",
    "LIBRARIES",
    "MARKS",
    "OPERATORS",
    "RELATIONS",
    "SIGNS",
    "SIZES",
    "SPACES",
    "TABLES",
    "TARGETS",
    "TEXTS",
    "UNWRAPPED",
    "UPRIGHT",
]

RELATIONS = frozenset({
    "=", ":=", "=:", "≈", "≡", "≠", "<", ">", "≤", "≥", "∈", "∼", "∝", "←", "→", "↦", "⊂", "⊆",
})  # fmt: skip
OPERATORS = frozenset({
    "·", "×", "⊙", "⊗", "⊘", "*", "@",
})  # fmt: skip

# A command without its backslash, or a character, and the sign that it is.
SIGNS = {
    "−": "-", "–": "-", "*": "*", "ast": "*", "∗": "*", "cdot": "·", "⋅": "·", "•": "·", "bullet": "·", "∙": "·",
    "times": "×", "odot": "⊙", "circ": "⊙", "∘": "⊙", "⊙": "⊙", "◦": "⊙", "otimes": "⊗", "oslash": "⊘",
    "div": "/", "÷": "/", "∕": "/",
    "approx": "≈", "simeq": "≈", "equiv": "≡", "neq": "≠", "ne": "≠", "lt": "<", "gt": ">", "leq": "≤", "le": "≤",
    "geq": "≥", "ge": "≥", "leqslant": "≤", "geqslant": "≥", "in": "∈", "sim": "∼", "propto": "∝", "leftarrow": "←",
    "gets": "←", "to": "→", "rightarrow": "→", "longrightarrow": "→", "mapsto": "↦", "subset": "⊂", "subseteq": "⊆",
    "triangleq": ":=", "≜": ":=", "coloneqq": ":=", "coloneq": ":=", "≔": ":=", "doteq": ":=", "≝": ":=", "＝": "=",
    "eqqcolon": "=:", "eqcolon": "=:", "≕": "=:",
    "Rightarrow": "⇒", "implies": "⇒", "Longrightarrow": "⇒", "iff": "⇒", "⇔": "⇒", "Leftrightarrow": "⇒", "⟹": "⇒",
    "Longleftrightarrow": "⇒",
    "{": r"\{", "}": r"\}", "lbrace": r"\{", "rbrace": r"\}", "lbrack": "[", "rbrack": "]", "（": "(", "）": ")",
    "langle": "⟨", "rangle": "⟩", "⟨": "⟨", "⟩": "⟩",
    "vert": "|", "lvert": "|", "rvert": "|", "mid": "|", "∣": "|",
    "|": "‖", "Vert": "‖", "lVert": "‖", "rVert": "‖", "∥": "‖", "parallel": "‖",
    "sum": "∑", "partial": "∂", "nabla": "∇", "prime": "′", "'": "′", "’": "′", "over": "over", "surd": "√",
    "dots": "…", "ldots": "…", "cdots": "…", "vdots": "…", "ddots": "…", "dotsc": "…", "dotsb": "…", "dotsm": "…",
    "⋯": "…", "⋮": "…", "⋱": "…", "colon": ":", "：": ":", "，": ",", "、": ",", "；": ";", "。": ".", "．": ".",
    "_": "_", "sb": "_", "sp": "^", "frac": "frac", "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "sfrac": "frac",
    "nicefrac": "frac", "sqrt": "√",
}  # fmt: skip

ACCENTS = {
    "hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar", "tilde": "tilde", "widetilde": "tilde",
    "dot": "dot",
}  # fmt: skip
LETTERS = {"top": "⊤", "intercal": "⊤", "infty": "∞", "dagger": "†", "star": "⋆", "triangle": "△"}
TEXTS = {
    "forall": "for all", "∀": "for all", "because": "because", "∵": "because", "therefore": "therefore",
    "∴": "therefore",
}  # fmt: skip
MARKS = {"\u0302": "hat", "\u0304": "bar", "\u0305": "bar", "\u0303": "tilde", "\u0307": "dot"}

# Functions that take what follows even without parentheses.
FUNCTIONS = frozenset({
    "log", "ln", "exp", "max", "min", "softmax", "Softmax", "SoftMax", "sigmoid", "Sigmoid", "logistic", "tanh",
    "sinh", "sin", "cosh", "cos", "relu", "ReLU", "Relu", "LeakyReLU", "LeakyRelu", "leakyrelu", "diag", "Diag",
    "tr", "Tr", "trace", "det", "sign", "sgn", "sqrt", "logsumexp", "LSE", "argmax", "argmin", "lrelu", "LReLU",
})  # fmt: skip
UPRIGHT = frozenset({
    "mathrm", "text", "operatorname", "operatorname*", "textrm", "textit", "textbf", "textsf", "mbox", "textnormal",
    "mathop",
})  # fmt: skip
FONTS = frozenset({
    "mathbf", "bm", "boldsymbol", "mathit", "mathsf", "mathtt", "mathfrak", "mathnormal", "pmb", "vec", "symbf",
})  # fmt: skip
CALLIGRAPHIC = frozenset({
    "mathcal", "mathscr",
})  # fmt: skip
DOUBLE_STRUCK = frozenset({
    "mathbb", "mathds", "mathbbm",
})  # fmt: skip

# Commands that change how a formula looks, and nothing else; then those that hide their arguments, or show them.
SIZES = frozenset({
    "left", "right", "middle", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "bigm", "Bigl", "Bigr", "Bigm",
    "biggl", "biggr", "biggm", "Biggl", "Biggr",
})  # fmt: skip
SPACES = SIZES | {
    "\t", "\n", " ", "!", ",", "-", "/", ":", ";", ">", "Box", "allowbreak", "bf", "bfseries", "blacksquare", "cal",
    "centering", "displaystyle", "enspace", "hfil", "hfill", "hline", "it", "limits", "mathstrut", "medspace",
    "negthinspace", "nobreak", "noindent", "nolimits", "nonumber", "notag", "qed", "relax", "rm", "rmfamily",
    "scriptstyle", "scriptscriptstyle", "sf", "square", "strut", "textstyle", "thickspace", "thinspace", "tt",
    "tiny", "scriptsize", "footnotesize", "small", "normalsize", "large", "Large", "LARGE", "huge", "Huge",
    "checkmark", "smallskip", "medskip", "bigskip", "break", "nobreakspace",
}  # fmt: skip
DROPPED = frozenset({
    "label", "tag", "tag*", "phantom", "hphantom", "vphantom", "ref", "eqref", "cite", "color",
})  # fmt: skip
LENGTHS = frozenset({
    "hspace", "hskip", "kern", "mkern", "mskip", "mspace", "vskip", "vspace",
})  # fmt: skip
UNWRAPPED = frozenset({
    "boxed", "fbox", "cancel", "bcancel", "xcancel", "underbrace", "overbrace", "underline", "mathbin", "mathrel",
    "mathord", "mathopen", "mathclose", "smash", "ensuremath",
})  # fmt: skip

ALIGNED = frozenset({
    "equation", "align", "aligned", "gather", "gathered", "multline", "eqnarray", "flalign", "alignat", "alignedat",
    "split", "displaymath", "math",
})  # fmt: skip
TABLES = frozenset({
    "cases", "dcases", "matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix", "array",
})  # fmt: skip

# The libraries whose functions are written with their name before a dot: np.sum(…).
LIBRARIES = ("np", "numpy", "torch", "tf", "jnp")

# The letters that count; a run of them in a subscript is a list.
INDICES = frozenset("abcijklmnpqrst")
# The letters of what a network should say.
TARGETS = frozenset("yYtT")
