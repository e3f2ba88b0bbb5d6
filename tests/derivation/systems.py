"""The four systems that people ask for first, as students hand them in; run as a script, writes their snapshots."""

from collections.abc import Callable
from pathlib import Path

from chainrule import derive
from chainrule.derivation.derive import Derivation

SNAPSHOTS = Path(__file__).parent / "snapshots"

SYSTEMS: dict[str, Callable[[], Derivation]] = {
    "leaky-relu-column": lambda: derive(activation="leaky_relu", layout="columns", batch=False, style="W^{[1]}"),
    "relu-l2-batch": lambda: derive("dW2", "db2", "dW1", "db1", l2="lambda/2m", widths=["D", "H", "K"]),
    "relu-one-sample": lambda: derive(layout="columns", batch=False, widths=["p", "h", "K"]),
    "logistic-row-batch": lambda: derive(
        activation="logistic",
        widths=[5, 4, 3],
        names={"m": "B", "z1": "A_1", "a1": "Z", "z2": "A_2", "y_hat": r"\beta", "Y": "t"},
    ),
}

FACES: dict[str, Callable[[Derivation], str]] = {
    "txt": Derivation.to_text,
    "tex": Derivation.to_latex,
    "md": Derivation.to_markdown,
}

if __name__ == "__main__":
    for name, system in SYSTEMS.items():
        for suffix, written in FACES.items():
            (SNAPSHOTS / f"{name}.{suffix}").write_text(written(system()), encoding="utf-8")
