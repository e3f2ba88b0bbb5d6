"""Model files: the same bits come back, and a stranger's file does no harm."""

import io
import json
import resource
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelBinarizer

import chainrule
from chainrule import MLPClassifier
from chainrule.errors import InputError
from chainrule.files import archive
from chainrule.files.archive import check_archive
from chainrule.files.models import FORMAT, TRUSTED, describe, load_model, save_model
from chainrule.tabular.columns import Features, features_of, inputs, labels
from chainrule.tabular.pipeline import make_pipeline, prepared

Fitted = tuple[Pipeline, dict[str, Any]]


@pytest.fixture(scope="session")
def mixed() -> pl.DataFrame:
    """Two numeric columns, one of text, both with gaps, and three classes."""
    rng = np.random.default_rng(0)
    k = rng.integers(0, 3, 150)
    height = [None if i % 9 == 0 else x for i, x in enumerate(1.7e9 + k + 0.3 * rng.normal(size=150))]
    colour = [None if i % 7 == 0 else ["red", "green", "blue"][c] for i, c in enumerate(k)]
    kind = np.array(["ash", "beech", "cedar"])[k]
    return pl.DataFrame({"height": height, "noise": rng.normal(size=150), "colour": colour, "kind": kind})


@pytest.fixture(scope="session", params=["adam", "sgd", "lbfgs"])
def fitted(request: pytest.FixtureRequest, mixed: pl.DataFrame) -> tuple[Pipeline, dict[str, Any]]:
    features = features_of(mixed, "kind")
    network = MLPClassifier((5, 4), solver=request.param, tol=1e3, random_state=0)
    model = make_pipeline(features, network, "float32").fit(inputs(mixed, features), labels(mixed, "kind"))
    return model, {"target": "kind", "numeric": features.numeric, "text": features.text}


def test_a_loaded_model_answers_with_the_same_bits(tmp_path: Path, fitted: Fitted, mixed: pl.DataFrame) -> None:
    model, about = fitted
    save_model(model, tmp_path / "m.skops", about)
    loaded, loaded_about = load_model(tmp_path / "m.skops")
    X = inputs(mixed, Features(about["numeric"], about["text"]))
    assert loaded.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    assert loaded.predict(X).tolist() == model.predict(X).tolist()
    assert loaded_about == about


def test_a_model_describes_itself(fitted: Fitted) -> None:
    description = describe(fitted[0])
    assert [(layer["inputs"], layer["outputs"]) for layer in description["layers"]] == [
        (6, 5),
        (5, 4),
        (4, 3),
    ]
    assert [layer["activation"] for layer in description["layers"]] == ["relu", "relu", "softmax"]
    assert description["parameters"] == 6 * 5 + 5 + 5 * 4 + 4 + 4 * 3 + 3
    assert description["classes"] == ["ash", "beech", "cedar"]


def test_no_room_for_a_model_leaves_the_old_one_whole(tmp_path: Path, fitted: Fitted) -> None:
    path = tmp_path / "m.skops"
    path.write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OSError, match="an older file is as it was"):
            save_model(fitted[0], path, fitted[1])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def saved(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "m.skops"
    path.write_bytes(skops.io.dumps(content))
    return path


class Stranger:
    """A type that nobody has heard of."""


def test_an_untrusted_type_is_named_and_not_loaded(tmp_path: Path, fitted: Fitted) -> None:
    content = {"format": FORMAT, "model": fitted[0], "about": {"stranger": Stranger()}}
    with pytest.raises(InputError, match=r"Untrusted types found in the file: .*Stranger"):
        load_model(saved(tmp_path, content))


@pytest.mark.parametrize("keep", [0.0, 0.1, 0.5, 0.999])
def test_a_file_cut_short_is_refused(tmp_path: Path, fitted: Fitted, keep: float) -> None:
    path = tmp_path / "m.skops"
    save_model(*fitted[:1], path, fitted[1])
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data))])
    with pytest.raises(InputError, match="not a model file, or damaged"):
        load_model(path)


def test_what_is_not_a_model_of_ours_is_refused(tmp_path: Path, fitted: Fitted) -> None:
    model, about = fitted
    strange_facts: list[tuple[dict[str, Any], str]] = [
        ({"target": 1}, "expected the names of its columns"),
        ({"numeric": "abc"}, "expected the names of its columns"),
        ({"numeric": about["numeric"][:1]}, "not those that it was fitted to"),
        ({"numeric": about["text"], "text": about["numeric"]}, "not those that it was fitted to"),
        ({"confusions": "abc"}, "of its confusions"),
        ({"confusions": [{"true": 1}]}, "of its confusions"),
        ({"seconds": b"1"}, "damaged"),
    ]
    strange = [
        ([1, 2], "expected 'chainrule model 1' in it"),
        ({"format": FORMAT}, "damaged"),
        (
            {"format": FORMAT, "model": LogisticRegression(), "about": about},
            "expected a pipeline of columns and network",
        ),
        (
            {"format": FORMAT, "model": Pipeline(model.steps[1:]), "about": about},
            "expected a pipeline of columns and network",
        ),
        ({"format": FORMAT, "model": model, "about": {}}, "damaged"),
        *(({"format": FORMAT, "model": model, "about": about | change}, message) for change, message in strange_facts),
    ]
    for content, message in strange:
        with pytest.raises(InputError, match=message):
            load_model(saved(tmp_path, content))
    with pytest.raises(InputError, match="no such file"):
        load_model(tmp_path / "absent.skops")


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("coefs_", lambda Ws: [Ws[0][:, :3], *Ws[1:]], "layers do not fit together"),
        ("coefs_", lambda Ws: Ws[:2], "layers do not fit together"),
        ("intercepts_", lambda bs: [*bs[:2], bs[2][:, None]], "layers do not fit together"),
        ("coefs_", lambda Ws: [np.full_like(Ws[0], np.nan), *Ws[1:]], "weights are not all finite"),
        ("classes_", lambda classes: classes[:2], "its classes are not"),
        ("classes_", lambda classes: classes[::-1], "its classes are not"),
        ("_label_binarizer", lambda binarizer: LabelBinarizer().fit([0, 1, 2]), "its classes are not"),
        ("_label_binarizer", lambda binarizer: None, "damaged"),
        ("out_activation_", lambda name: "zzz", "last layer does not fit its classes"),
        ("out_activation_", lambda name: "logistic", "last layer does not fit its classes"),
        ("coefs_", lambda Ws: [W.astype(complex) for W in Ws], "expected weights of one dtype"),
        ("coefs_", lambda Ws: [W.astype(float) for W in Ws], "expected weights of one dtype"),
        ("coefs_", lambda Ws: [W.tolist() for W in Ws], "expected weights of one dtype"),
        ("n_iter_", lambda n: "3", "expected the number of its epochs"),
        ("activation", lambda name: "foo", "damaged"),
        ("engine", lambda name: "foo", "damaged"),
        ("n_jobs", lambda n: "all", "damaged"),
    ],
)
def test_layers_that_do_not_fit_are_refused(
    tmp_path: Path, fitted: Fitted, name: str, change: Any, message: str
) -> None:
    model, about = skops.io.loads(skops.io.dumps(list(fitted)), trusted=TRUSTED)
    setattr(model[-1], name, change(getattr(model[-1], name)))
    with pytest.raises(InputError, match=message):
        load_model(saved(tmp_path, {"format": FORMAT, "model": model, "about": about}))


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_a_model_of_either_engine_comes_back_as_a_str_or_path_and_goes_on(
    tmp_path: Path, mixed: pl.DataFrame, engine: str
) -> None:
    features = features_of(mixed, "kind")
    model = make_pipeline(features, MLPClassifier(5, tol=1e3, random_state=0, engine=engine, n_jobs=2), "float32")
    X, y = inputs(mixed, features), labels(mixed, "kind")
    about = {"target": "kind", "numeric": features.numeric, "text": features.text}
    save_model(model.fit(X, y), str(tmp_path / "m.skops"), about)
    loaded, _ = chainrule.load_model(str(tmp_path / "m.skops"))
    Z = prepared(model, X)
    for network in (model[-1], loaded[-1]):
        network.partial_fit(Z, y)
    assert loaded.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    assert (loaded[-1].engine, loaded[-1].n_jobs) == (engine, 2)


def test_an_optimizer_of_other_shapes_is_refused(tmp_path: Path, mixed: pl.DataFrame) -> None:
    features = features_of(mixed, "kind")
    model = make_pipeline(features, MLPClassifier(5, tol=1e3, random_state=0), "float32")
    model.fit(inputs(mixed, features), labels(mixed, "kind"))
    model[-1]._optimizer.v.W[0] = np.zeros((2, 2), np.float32)
    about = {"target": "kind", "numeric": features.numeric, "text": features.text}
    with pytest.raises(InputError, match="its optimizer does not fit its layers"):
        load_model(saved(tmp_path, {"format": FORMAT, "model": model, "about": about}))
    del model[-1]._optimizer.learning_rate_init
    with pytest.raises(InputError, match="no optimizer of this version's"):
        load_model(saved(tmp_path, {"format": FORMAT, "model": model, "about": about}))


def test_a_constant_far_from_zero_is_saved(tmp_path: Path) -> None:
    frame = pl.DataFrame({"x": [2.0**130] * 16, "z": range(16), "kind": ["a", "b"] * 8})
    features = features_of(frame, "kind")
    model = make_pipeline(features, MLPClassifier(5, tol=1e3, random_state=0), "float32")
    model.fit(inputs(frame, features), labels(frame, "kind"))
    about = {"target": "kind", "numeric": features.numeric, "text": features.text}
    save_model(model, tmp_path / "m.skops", about)
    assert load_model(tmp_path / "m.skops")[1] == about


def test_columns_that_answer_with_another_width_are_refused(tmp_path: Path, fitted: Fitted) -> None:
    model, about = skops.io.loads(skops.io.dumps(list(fitted)), trusted=TRUSTED)
    scale = model[0].named_transformers_["numeric"]["scale"]
    scale.mean_ = np.zeros(5)
    with pytest.raises(InputError, match="damaged"):
        load_model(saved(tmp_path, {"format": FORMAT, "model": model, "about": about}))


def test_what_could_not_be_loaded_is_not_saved(tmp_path: Path, fitted: Fitted) -> None:
    model, about = fitted
    with pytest.raises(InputError, match="not those that it was fitted to"):
        save_model(model, tmp_path / "m.skops", about | {"numeric": []})
    assert not list(tmp_path.iterdir())


def zipped(schema: Any, method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        file.writestr("schema.json", json.dumps(schema))
        for name, data in members.items():
            file.writestr(name, data)
    return buffer.getvalue()


def tangle(levels: int) -> dict[str, Any]:
    """Lists that hold the list below them twice, the second time by its number alone."""
    node: dict[str, Any] = {"__id__": 0, "content": []}
    for level in range(1, levels):
        node = {"__id__": level, "content": [node, {"__id__": level - 1}]}
    return node


def nest(levels: int) -> list[Any]:
    node: list[Any] = []
    for _ in range(levels):
        node = [node]
    return node


def test_bombs_are_refused_before_they_go_off(monkeypatch: pytest.MonkeyPatch) -> None:
    check_archive(zipped(tangle(10)))
    with pytest.raises(InputError, match="more than 10,000,000 objects"):
        check_archive(zipped(tangle(40)))
    with pytest.raises(InputError, match="contains itself"):
        check_archive(zipped({"__id__": 1, "content": [{"__id__": 1}]}))
    check_archive(zipped(nest(100)))
    with pytest.raises(InputError, match="deeper than 100 levels"):
        check_archive(zipped(nest(101)))
    with pytest.raises(InputError, match="compressed in a way that is not read"):
        check_archive(zipped({}, zipfile.ZIP_LZMA))
    with pytest.raises(InputError, match="or 10,000 parts"):
        check_archive(zipped({}, zipfile.ZIP_STORED, **{f"{i}": b"" for i in range(10_000)}))
    monkeypatch.setattr(archive, "MAX_BYTES", 1_000_000)
    with pytest.raises(InputError, match="unpacks to more than"):
        check_archive(zipped({}, zeros=bytes(1_000_000)))
    monkeypatch.setattr(archive, "MAX_SCHEMA_BYTES", 100)
    with pytest.raises(InputError, match="list of types is larger"):
        check_archive(zipped(["x" * 100]))


def test_a_model_file_is_looked_at_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "m.skops"
    path.write_bytes(zipped({}, zipfile.ZIP_LZMA))
    with pytest.raises(InputError, match=r"m\.skops: .* compressed in a way that is not read"):
        load_model(path)


def test_json_nested_beyond_pythons_reach_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "m.skops"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("schema.json", "[" * 200_000 + "]" * 200_000)
    with pytest.raises(InputError, match="not a model file, or damaged"):
        load_model(path)


def test_an_array_that_claims_to_be_huge_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, {"format": FORMAT, "array": np.zeros(3)})
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(path, "w") as file:
        for name, data in members.items():
            huge = data.replace(b"(3,), }" + b" " * 13, b"(9000000000000,), }")
            assert name == "schema.json" or huge != data
            file.writestr(name, huge)
    with pytest.raises(InputError, match="damaged"):
        load_model(path)
