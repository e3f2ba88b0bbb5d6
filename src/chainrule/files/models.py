"""Model files: a pipeline and how it was trained, in skops, which never runs a file's code."""

import json
import os
import warnings
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelBinarizer
from skops.io.exceptions import UntrustedTypesFoundException

from chainrule import MLPClassifier
from chainrule.errors import InputError
from chainrule.files.archive import check_archive
from chainrule.files.bounds import check_readable
from chainrule.files.writing import written_whole
from chainrule.optimizers import SGD, Adam

__all__ = ["describe", "load_model", "save_model"]

FORMAT = "chainrule model 1"
DTYPES = [{np.dtype(np.float32)}, {np.dtype(np.float64)}]

# All that a file may name beyond the types that skops trusts by itself.
TRUSTED = [
    "chainrule.classifier.MLPClassifier",
    "chainrule.network.Parameters",
    "chainrule.optimizers.Adam",
    "chainrule.optimizers.SGD",
    "numpy.dtype",
]


def save_model(model: Pipeline, path: str | os.PathLike[str], about: dict[str, Any]) -> None:
    """Write a fitted pipeline to a file, whole or not at all.

    Parameters
    ----------
    model : Pipeline
        Fitted, of steps 'columns' and 'network'.
    path : str or path
        Where to. An older file there is replaced.
    about : dict
        How it was trained, of what JSON can hold: 'target', 'numeric' and 'text' name its columns.

    Raises
    ------
    InputError
        When it is not what `load_model` reads, or larger.
    OSError
        When the file cannot be written; an older one is as it was.
    """
    content = {"format": FORMAT, "model": model, "about": about}
    _check_content(content)
    data = skops.io.dumps(content)
    check_archive(data)
    with written_whole(Path(path)) as file:
        file.write(data)


def load_model(path: str | os.PathLike[str]) -> tuple[Pipeline, dict[str, Any]]:
    """Read what `save_model` wrote.

    Parameters
    ----------
    path : str or path
        A .skops file.

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
    path = Path(path)
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
    """Raise unless the parts are of the right kind, fit together, and answer for one row."""
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f"expected {FORMAT!r} in it")
    model, about = content["model"], content["about"]
    kinds = [type(step) for _, step in model.steps] if isinstance(model, Pipeline) else []
    if kinds != [ColumnTransformer, MLPClassifier]:
        raise InputError("expected a pipeline of columns and network")
    _check_about(about)
    if [*about["numeric"], *about["text"]] != list(model[0].feature_names_in_):
        raise InputError("the names of its columns are not those that it was fitted to")
    _check_network(model[-1])
    _check_answer(model, about)
    json.dumps({**describe(model), **about})  # a TypeError for anything else than text, numbers, lists and dicts


def _check_about(about: Any) -> None:
    if not isinstance(about["target"], str) or not all(_is_list_of(str, about[name]) for name in ("numeric", "text")):
        raise InputError("expected the names of its columns")
    confusions = about.get("confusions", [])
    if not _is_list_of(dict, confusions) or any(set(pair) != {"true", "predicted", "rows"} for pair in confusions):
        raise InputError("expected 'true', 'predicted' and 'rows' of its confusions")


def _is_list_of(kind: type, values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, kind) for value in values)


def _check_network(network: MLPClassifier) -> None:
    network._validate_params()  # noqa: SLF001 - scikit-learn's own, for what its estimators are given
    Ws, bs = network.coefs_, network.intercepts_
    if not all(type(p) is np.ndarray for p in (*Ws, *bs)) or {p.dtype for p in (*Ws, *bs)} not in DTYPES:
        raise InputError("expected weights of one dtype, float32 or float64")
    shapes = [b.shape for b in bs]
    if [W.shape for W in Ws] != [a + b for a, b in pairwise([(network.n_features_in_,), *shapes])]:
        raise InputError("its layers do not fit together")
    if not isinstance(network.n_iter_, int):
        raise InputError("expected the number of its epochs")
    if not all(np.isfinite(p).all() for p in (*Ws, *bs)):
        raise InputError("its weights are not all finite")
    _check_classes(network)
    _check_optimizer(getattr(network, "_optimizer", None), [(p.shape, p.dtype) for p in (*Ws, *bs)])


def _check_optimizer(optimizer: Any, layers: list[Any]) -> None:
    """Raise unless it is one that can go on with layers of these shapes and dtypes, or none."""
    if optimizer is None:
        return
    if not isinstance(optimizer, Adam | SGD) or vars(optimizer).keys() != {field.name for field in fields(optimizer)}:
        raise InputError("it has no optimizer of this version's")
    moments = [optimizer.m, optimizer.v] if isinstance(optimizer, Adam) else [optimizer.velocity]
    if any([(p.shape, p.dtype) for p in (*W, *b)] != layers for W, b in moments):
        raise InputError("its optimizer does not fit its layers")


def _check_classes(network: MLPClassifier) -> None:
    classes = network.classes_
    known, expected = vars(network._label_binarizer), vars(LabelBinarizer().fit(classes))  # noqa: SLF001
    is_same = known.keys() == expected.keys() and all(np.array_equal(known[name], expected[name]) for name in expected)
    if len(classes) < 2 or not np.array_equal(classes, expected["classes_"]) or not is_same:
        raise InputError("its classes are not two or more in order, or it takes them for something else")
    is_binary = expected["y_type_"] == "binary" and network.out_activation == "auto"
    outputs = ("logistic", 1) if is_binary else ("softmax", len(classes))
    if (network.out_activation_, len(network.intercepts_[-1])) != outputs:
        raise InputError("its last layer does not fit its classes")


def _check_answer(model: Pipeline, about: dict[str, Any]) -> None:
    """Raise unless a row of missing values has finite probabilities and a class."""
    schema = {**dict.fromkeys(about["numeric"], pl.Float64), **dict.fromkeys(about["text"], pl.String)}
    row = pl.DataFrame(schema=schema).clear(1)
    with warnings.catch_warnings(action="ignore"):
        P, prediction = model.predict_proba(row), model.predict(row)
    if P.shape != (1, len(model.classes_)) or not np.isfinite(P).all() or prediction[0] not in model.classes_:
        raise InputError("it does not answer for a row of missing values")
