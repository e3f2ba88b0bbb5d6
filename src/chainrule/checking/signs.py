"""What LaTeX's commands, and the letters and signs of Unicode, stand for."""

__all__ = [
    "ACCENTS",
    "ALIGNED",
    "CALLIGRAPHIC",
    "CONDITIONS",
    "DOUBLE_STRUCK",
    "DROPPED",
    "FONTS",
    "FUNCTIONS",
    "INDICES",
    "JOINTS",
    "MARKS",
    "OPERATORS",
    "OTHERWISE",
    "RELATIONS",
    "SIGNS",
    "SPACES",
    "TABLES",
    "UNWRAPPED",
    "UPRIGHT",
    "WORDS",
]

RELATIONS = frozenset(["=", ":=", "≈", "≡", "≠", "<", ">", "≤", "≥", "∈", "∼", "∝", "←", "→", "↦", "⊂", "⊆"])
OPERATORS = frozenset(["·", "×", "⊙", "⊗", "*", "@"])

# A command without its backslash, or a character, and the sign that it is.
SIGNS = {
    "−": "-", "–": "-", "*": "*", "ast": "*", "∗": "*", "cdot": "·", "⋅": "·", "•": "·", "bullet": "·", "∙": "·",
    "times": "×", "odot": "⊙", "circ": "⊙", "∘": "⊙", "⊙": "⊙", "◦": "⊙", "otimes": "⊗", "div": "/", "÷": "/", "∕": "/",
    "approx": "≈", "simeq": "≈", "equiv": "≡", "neq": "≠", "ne": "≠", "lt": "<", "gt": ">", "leq": "≤", "le": "≤",
    "geq": "≥", "ge": "≥", "leqslant": "≤", "geqslant": "≥", "in": "∈", "sim": "∼", "propto": "∝", "leftarrow": "←",
    "gets": "←", "to": "→", "rightarrow": "→", "longrightarrow": "→", "mapsto": "↦", "subset": "⊂", "subseteq": "⊆",
    "triangleq": ":=", "≜": ":=", "coloneqq": ":=", "coloneq": ":=", "≔": ":=", "doteq": ":=", "≝": ":=", "＝": "=",
    "Rightarrow": "⇒", "implies": "⇒", "Longrightarrow": "⇒", "iff": "⇒", "⇔": "⇒", "Leftrightarrow": "⇒", "⟹": "⇒",
    "Longleftrightarrow": "⇒",
    "{": r"\{", "}": r"\}", "lbrace": r"\{", "rbrace": r"\}", "lbrack": "[", "rbrack": "]", "（": "(", "）": ")",
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
MARKS = {"\u0302": "hat", "\u0304": "bar", "\u0305": "bar", "\u0303": "tilde", "\u0307": "dot"}

# Functions that take what follows even without parentheses.
FUNCTIONS = frozenset(
    [
        "log",
        "ln",
        "exp",
        "max",
        "min",
        "softmax",
        "Softmax",
        "SoftMax",
        "sigmoid",
        "Sigmoid",
        "logistic",
        "tanh",
        "sinh",
        "cosh",
        "sin",
        "cos",
        "relu",
        "ReLU",
        "Relu",
        "LeakyReLU",
        "LeakyRelu",
        "leakyrelu",
        "diag",
        "Diag",
        "tr",
        "Tr",
        "trace",
        "det",
        "sign",
        "sgn",
        "sqrt",
        "logsumexp",
        "LSE",
        "argmax",
        "argmin",
        "lrelu",
        "LReLU",
    ]
)
UPRIGHT = frozenset(
    [
        "mathrm",
        "text",
        "operatorname",
        "operatorname*",
        "textrm",
        "textit",
        "textbf",
        "textsf",
        "mbox",
        "textnormal",
        "mathop",
    ]
)
FONTS = frozenset(
    ["mathbf", "bm", "boldsymbol", "mathit", "mathsf", "mathtt", "mathfrak", "mathnormal", "pmb", "vec", "symbf"]
)
CALLIGRAPHIC = frozenset(["mathcal", "mathscr"])
DOUBLE_STRUCK = frozenset(["mathbb", "mathds", "mathbbm"])

# Commands that change how a formula looks, and nothing else; then those that hide their arguments, or show them.
SPACES = frozenset(
    [
        r",",
        r";",
        r":",
        r"!",
        r">",
        r"/",
        r"-",
        r"left",
        r"right",
        r"middle",
        r"big",
        r"Big",
        r"bigg",
        r"Bigg",
        r"bigl",
        r"bigr",
        r"bigm",
        r"Bigl",
        r"Bigr",
        r"Bigm",
        r"biggl",
        r"biggr",
        r"biggm",
        r"Biggl",
        r"Biggr",
        r"displaystyle",
        r"textstyle",
        r"scriptstyle",
        r"limits",
        r"nolimits",
        r"nonumber",
        r"notag",
        r"bf",
        r"rm",
        r"it",
        r"cal",
        r"sf",
        r"tt",
        r"bfseries",
        r"rmfamily",
        r"thinspace",
        r"medspace",
        r"thickspace",
        r"negthinspace",
        r"enspace",
        r"hline",
        r"square",
        r"blacksquare",
        r"Box",
        r"qed",
        r"allowbreak",
        r"nobreak",
        r"noindent",
        r"relax",
        r"strut",
        r"mathstrut",
        r"hfill",
        r"hfil",
        r"centering",
    ]
) | {" ", "\n", "\t"}
DROPPED = frozenset(
    ["label", "tag", "tag*", "vspace", "phantom", "hphantom", "vphantom", "ref", "eqref", "cite", "color", "mkern"]
)
UNWRAPPED = frozenset(
    [
        "boxed",
        "fbox",
        "cancel",
        "bcancel",
        "xcancel",
        "underbrace",
        "overbrace",
        "underline",
        "mathbin",
        "mathrel",
        "mathord",
        "mathopen",
        "mathclose",
        "smash",
        "ensuremath",
        "intertext",
        "shortintertext",
    ]
)

ALIGNED = frozenset(
    [
        "equation",
        "align",
        "aligned",
        "gather",
        "gathered",
        "multline",
        "eqnarray",
        "flalign",
        "alignat",
        "alignedat",
        "split",
        "displaymath",
        "math",
    ]
)
TABLES = frozenset(["cases", "dcases", "matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix", "array"])

# Words, in the languages in which derivations come: those that say when, those that go on, and others.
CONDITIONS = (
    "if", "for", "when", "where", "with", "whenever", "while", "given", "assuming", "provided", "since", "because",
    "当", "當", "若", "对", "對", "如果", "其中", "设", "設", "因", "已知",
)  # fmt: skip
JOINTS = (
    "and", "or", "so", "thus", "hence", "therefore", "then", "also", "next", "且", "和", "故", "所以", "因此", "则",
    "則", "即", "以及", "或", "从而", "于是",
)  # fmt: skip
OTHERWISE = ("otherwise", "else", "other", "其他", "其它", "否则", "否則", "其余", "其餘")
WORDS = frozenset((*CONDITIONS, *JOINTS, *OTHERWISE, "is", "are", "the", "all", "by", "of", "as", "on", "let", "Let"))

# The letters that count; a run of them in a subscript is a list.
INDICES = frozenset("abcijklmnpqrst")
