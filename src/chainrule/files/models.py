"""Model files: a pipeline and how it was trained, in skops, which never runs a file's code."""

from pathlib import Path
from typing import Any

import numpy as np
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from skops.io.exceptions import UntrustedTypesFoundException

from chainrule import MLPClassifier
from chainrule.errors import InputError
from chainrule.files.archive import check_archive
from chainrule.files.bounds import check_readable
from chainrule.files.writing import written_whole

__all__ = ["describe", "load_model", "save_model"]

FORMAT = "chainrule model 1"

# All that a file may name beyond the types that skops trusts by itself.
TRUSTED = [
    "chainrule.classifier.MLPClassifier",
    "chainrule.network.Parameters",
    "chainrule.optimizers.Adam",
    "chainrule.optimizers.SGD",
    "numpy.dtype",
]


def save_model(model: Pipeline, path: Path, about: dict[str, Any]) -> None:
    """Write a fitted pipeline to a file, whole or not at all.

    Parameters
    ----------
    model : Pipeline
        Fitted, of steps 'columns' and 'network'.
    path : Path
        Where to. An older file there is replaced.
    about : dict
        How it was trained: text, numbers, lists and dicts of them.

    Raises
    ------
    InputError
        When it is larger than what `load_model` reads.
    OSError
        When the file cannot be written; an older one is as it was.
    """
    data = skops.io.dumps({"format": FORMAT, "model": model, "about": about})
    check_archive(data)
    with written_whole(path) as file:
        file.write(data)


def load_model(path: Path) -> tuple[Pipeline, dict[str, Any]]:
    """Read what `save_model` wrote.

    Returns
    -------
    model : Pipeline
        Answers with the same bits as the one that was saved.
    about : dict
        How it was trained.

    Raises
    ------
    InputError
        When the file is missing, damaged, too large, not a model that `save_model` wrote, or names
        an untrusted type.
    """
    check_readable(path)
    data = path.read_bytes()
    try:
        check_archive(data)
        content = skops.io.loads(data, trusted=TRUSTED)
        _check_content(content)
    except (InputError, UntrustedTypesFoundException) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise InputError(f"{path}: not a model that chainrule saved: {reason}") from error
    except Exception as error:  # a damaged file can fail in any way
        raise InputError(
            f"{path}: not a model file, or damaged: expected what `chainrule train --out` writes "
            f"({type(error).__name__})"
        ) from error
    return content["model"], content["about"]


def describe(model: Pipeline) -> dict[str, Any]:
    """Return the layers of a pipeline's network, the number of its parameters, and its classes."""
    network = model[-1]
    activations = [network.activation] * (len(network.coefs_) - 1) + [network.out_activation_]
    layers = [
        {
            "inputs": W.shape[0],
            "outputs": W.shape[1],
            "activation": activation,
            "parameters": W.size + b.size,
        }
        for W, b, activation in zip(network.coefs_, network.intercepts_, activations, strict=True)
    ]
    return {
        "layers": layers,
        "parameters": sum(layer["parameters"] for layer in layers),
        "classes": network.classes_.tolist(),
    }


def _check_content(content: Any) -> None:
    """Raise `InputError` unless the parts are of the right kind and the layers fit together."""
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f"expected {FORMAT!r} in it")
    model, about = content["model"], content["about"]
    kinds = [type(step) for _, step in model.steps] if isinstance(model, Pipeline) else []
    if kinds != [ColumnTransformer, MLPClassifier]:
        raise InputError("expected a pipeline of columns and network")
    names = [about["target"], *about["numeric"], *about["text"]]
    if not all(isinstance(name, str) for name in names):
        raise InputError("expected the names of its columns")
    network = model[-1]
    outputs = [b.shape for b in network.intercepts_]
    inputs = [(network.n_features_in_,), *outputs]
    if [W.shape for W in network.coefs_] != [a + b for a, b in zip(inputs, outputs, strict=False)]:
        raise InputError("its layers do not fit together")
    if outputs[-1][0] not in (1, len(network.classes_)):
        raise InputError("its last layer does not fit its classes")
    if not all(np.isfinite(p).all() for p in (*network.coefs_, *network.intercepts_)):
        raise InputError("its weights are not all finite")
