"""Writing and reading models: what is complete, and what is refused."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import decision_tree.model as model_module
import numpy as np
import pytest
from decision_tree.errors import PlatformError, UserError
from decision_tree.model import Model, load, save
from decision_tree.tree import NODE


@pytest.fixture
def folder(trained: object, tmp_path: Path) -> Path:
    """A copy of a model folder to break."""
    return Path(shutil.copytree(trained.environment.model, tmp_path / "model"))


def edit(folder: Path, **changes: object) -> None:
    file = folder / "model.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def replace_tree(folder: Path, content: bytes) -> None:
    """Replace the arrays and fix the hash, as an attacker would."""
    (folder / "tree.npy").write_bytes(content)
    described = json.loads((folder / "model.json").read_text())["arrays"]
    edit(folder, arrays={**described, "tree": hashlib.sha256(content).hexdigest()})


def test_stores_the_whole_model(model: Model, tmp_path: Path) -> None:
    save(model, tmp_path / "new" / "model")
    loaded = load(tmp_path / "new" / "model")
    assert loaded.description == model.description
    assert loaded.feature_names == ("longitude", "latitude", "Rooms")
    assert loaded.predictor.nodes.tobytes() == model.predictor.nodes.tobytes()
    assert loaded.predictor.rows.tolist() == model.predictor.rows.tolist()
    assert model.predictor.rows[0] == 200
    assert set(loaded.description.libraries) == {"python", "numpy", "scikit-learn"}


def test_writes_the_same_bytes_each_time(folder: Path, model: Model) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert set(before) == {"model.json", "tree.npy", "rows.npy"}
    save(model, folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


class Killed(BaseException):
    """Simulates the end of the process."""


@pytest.mark.parametrize("step", range(8))
def test_killed_at_any_step_leaves_the_old_the_new_or_no_model(
    step: int, folder: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = model.predictor.nodes.copy()
    nodes["value"] += 1
    changed = Model(model_module.Tree(nodes, 3, model.predictor.rows), model.description)
    rows = np.zeros((1, 3))
    steps = 0

    def dying(original: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            nonlocal steps
            steps += 1
            if steps > step:
                raise Killed
            return original(*arguments, **options)

        return call

    for name in ("unlink", "open", "replace"):
        monkeypatch.setattr(Path, name, dying(getattr(Path, name)))
    try:
        save(changed, folder)
        finished = True
    except Killed:
        finished = False
    monkeypatch.undo()
    assert finished == (step >= 7)
    try:
        value = load(folder).predict(rows)
    except UserError as error:
        assert 0 < step < 7, error
    else:
        assert value == (changed if finished else model).predict(rows)


def test_a_half_written_file_is_not_a_model(folder: Path) -> None:
    tree = (folder / "tree.npy").read_bytes()
    (folder / "tree.npy").write_bytes(tree[: len(tree) // 2])
    with pytest.raises(UserError, match=r"tree.npy does not have the hash in model.json"):
        load(folder)


def test_reads_a_model_of_the_first_version(folder: Path, model: Model) -> None:
    """The format of trees before there were other algorithms."""
    document = json.loads((folder / "model.json").read_text())
    tree = {"file": "tree.npy", "sha256": document["arrays"]["tree"]}
    for name in ("algorithm", "predictor", "arrays"):
        del document[name]
    first = {**document, "format_version": 1, "tree": tree}
    (folder / "model.json").write_text(json.dumps(first))
    (folder / "rows.npy").unlink()
    loaded = load(folder)
    assert loaded.description == model.description
    rows = np.random.default_rng(0).normal(size=(50, 3))
    assert loaded.predict(rows).tolist() == model.predict(rows).tolist()


def test_leftovers_of_a_killed_writer_are_ignored(folder: Path) -> None:
    (folder / ".model.json.partial").write_text("{")
    (folder / ".tree.npy.partial").write_bytes(b"x")
    assert load(folder)


@pytest.mark.parametrize("name", ["model.json", "tree.npy"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(UserError, match=rf"no model in .*{name} is missing"):
        load(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "other"}, "is not of the format restate-decision-tree"),
        ({"format_version": 3}, "format_version is 3; this image reads 1 and 2"),
        ({"feature_names": []}, "feature_names is not a list of strings"),
        ({"feature_names": [1, 2, 3]}, "feature_names is not a list of strings"),
        ({"feature_names": ["a", "a", "b"]}, "feature_names contains a name twice"),
        ({"feature_names": ["a"]}, "beyond the 1"),
        ({"arrays": {}}, "'tree' is missing"),
        ({"arrays": []}, "is broken"),
        ({"arrays": None}, "is broken"),
        ({"arrays": {"../tree": ""}}, "'../tree' is not the name of an array"),
        ({"predictor": {"kind": "other"}}, "'other' is missing"),
        ({"predictor": {"kind": []}}, "is broken"),
        ({"predictor": {"kind": "linear"}}, "'intercept' is missing"),
        ({"predictor": {"kind": "linear", "intercept": 0}}, "'mean' is missing"),
    ],
)
def test_refuses_a_broken_description(
    folder: Path, changes: dict[str, object], message: str
) -> None:
    edit(folder, **changes)
    with pytest.raises(UserError, match=message):
        load(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"\xff", b"[" * 100_000, b"{}"])
def test_refuses_an_invalid_description(folder: Path, content: bytes) -> None:
    (folder / "model.json").write_bytes(content)
    with pytest.raises(UserError, match=r"the model in .* is broken"):
        load(folder)


def header(text: str) -> bytes:
    padded = text.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded.encode()


DESCRIPTION = f"{{'descr': {NODE.descr}, 'fortran_order': False, 'shape': (%s,), }}"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        b"PK\x03\x04 a zip file",
        b"\x80\x04K\x01.",  # a pickle
        header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }") + b"\x80\x04K\x01.",
        header(DESCRIPTION % 10**15) + b"x" * 100,  # more rows than the file has
        header(DESCRIPTION % 10**30) + b"x" * 100,
        header(DESCRIPTION % -1) + b"x" * 100,
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }") + b"x" * 8,
        header("__import__('os').abort()"),
        header("(" * 110),
    ],
)
def test_refuses_hostile_arrays(folder: Path, content: bytes) -> None:
    replace_tree(folder, content)
    with pytest.raises(UserError, match=r"the model in .* is broken"):
        load(folder)


def test_a_folder_that_cannot_be_written_is_the_platforms_fault(
    model: Model, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PlatformError, match="cannot write the model to"):
        save(model, tmp_path / "file")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([1.0, 2.0, 3.0], r"expected rows of 3 features, got shape \(3,\)"),
        ([[1.0, 2.0]], r"expected rows of 3 features, got shape \(1, 2\)"),
        ([[1.0, 2.0, 1e39]], "infinite or too large for float32"),
    ],
)
def test_predict_refuses_other_features(model: Model, rows: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model.predict(rows)


def test_predict_accepts_lists_and_missing_values(model: Model) -> None:
    predictions = model.predict([[1, 2, None], [1.0, 2.0, float("nan")]])
    assert predictions.dtype == np.float64
    assert predictions[0] == predictions[1]
