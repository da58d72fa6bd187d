"""Preprocess's encoding of text, against scikit-learn's encoders."""

from __future__ import annotations

import csv
import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from preprocess import main
from row_splits import SPLITS
from sklearn.model_selection import KFold
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

TOWNS = ("Ulm", "Bern, upper", 'the "old" town', "Zürich", "Åsgard", "rare", "none")
ROWS = 400


def towns(seed: int = 1) -> pd.DataFrame:
    """Rows with a town, missing in some, and a street, with more labels than folds."""
    chance = random.Random(seed)  # noqa: S311 - for data, not for secrets
    frame = pd.DataFrame({"price": [round(chance.gauss(100, 30), 3) for _ in range(ROWS)]})
    frame["town"] = chance.choices(TOWNS, [30, 30, 20, 10, 5, 1, 10], k=ROWS)
    frame.loc[frame["town"] == "none", "town"] = None
    frame["street"] = [f"street {int(chance.expovariate(0.1))}" for _ in range(ROWS)]
    frame["price"] += frame["town"].map(dict.fromkeys(TOWNS[:2], 50.0)).fillna(0.0)
    frame["rooms"] = [chance.randrange(1, 6) for _ in range(ROWS)]
    return frame


def run(folder: Path, frame: pd.DataFrame, encode: list[dict[str, Any]], *more: str) -> None:
    """Splits a frame whose columns are in the order of Data Wrangler's output."""
    (folder / "input").mkdir()
    (folder / "input" / "_SUCCESS").touch()
    frame.to_csv(folder / "input" / "part-0.csv", index=False, quoting=csv.QUOTE_MINIMAL)
    text = json.dumps(encode, ensure_ascii=False)
    main(
        [
            *("--input", str(folder / "input"), "--output", str(folder), "--target", "price"),
            *("--train", "0.7", "--validation", "0.2", "--test", "0.1", "--seed", "1729"),
            *("--message", str(folder / "message"), "--table", "flats", "--column-count", "3"),
            *(f"--encode={text[at : at + 9]}" for at in range(0, len(text), 9)),
            *more,
        ]
    )


def parts(folder: Path, rows: pd.DataFrame) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """The rows of each part before and after encoding, matched by price."""
    names = json.loads((folder / "metadata" / "feature_names.json").read_text())
    known = rows.set_index("price", drop=False)
    found = {}
    for name in SPLITS:
        path = folder / name / f"{name}.csv"
        encoded = pd.read_csv(path, header=None, names=["price", *names])
        found[name] = (known.loc[encoded["price"]].reset_index(drop=True), encoded)
    return found


def document(folder: Path) -> list[dict[str, Any]]:
    found = json.loads((folder / "metadata" / "text_encodings.json").read_text())
    assert found["version"] == 1
    encodings: list[dict[str, Any]] = found["encodings"]
    return encodings


@pytest.mark.parametrize(("smooth", "cv"), [("auto", 5), (10.0, 3), (0.0, 7)])
def test_target_encoding_equals_scikit_learns(tmp_path: Path, smooth: float | str, cv: int) -> None:
    frame = towns()[["price", "town", "street", "rooms"]]
    options = {"as": "target", "smoothing": smooth, "folds": cv}
    run(tmp_path, frame, [{"column": name, **options} for name in ("town", "street")])
    found = parts(tmp_path, frame)
    rows, encoded = found["train"]
    folds = KFold(cv, shuffle=True, random_state=1729)
    encoder = TargetEncoder(smooth=smooth, cv=folds, target_type="continuous")
    expected = encoder.fit_transform(rows[["town", "street"]], rows["price"])
    np.testing.assert_allclose(encoded[["town", "street"]], expected, rtol=1e-12)
    for name in ("validation", "test"):
        rows, encoded = found[name]
        expected = encoder.transform(rows[["town", "street"]])
        np.testing.assert_allclose(encoded[["town", "street"]], expected, rtol=1e-12)
        pd.testing.assert_series_equal(encoded["rooms"], rows["rooms"])
    town = document(tmp_path)[0]
    labels = [label for label in encoder.categories_[0] if isinstance(label, str)]
    assert town["labels"] == labels == sorted(labels)
    *values, missing = encoder.encodings_[0].tolist()
    np.testing.assert_allclose([*town["values"], town["missing"]], [*values, missing], rtol=1e-12)
    assert math.isclose(town["other"], encoder.target_mean_, rel_tol=1e-12)
    assert {len(part[1]) for part in found.values()} == {280, 80, 40}


def test_rare_labels_are_merged(tmp_path: Path) -> None:
    frame = towns()[["price", "street", "rooms"]]
    run(tmp_path, frame, [{"column": "street", "as": "target", "minRows": 8}])
    found = parts(tmp_path, frame)
    rows, encoded = found["train"]
    counts = rows["street"].value_counts()
    often = sorted(counts[counts >= 8].index)
    assert 3 < len(often) < len(counts)

    def pooled(part: pd.DataFrame) -> pd.DataFrame:
        return part[["street"]].where(part["street"].isin(often), "other")

    folds = KFold(5, shuffle=True, random_state=1729)
    encoder = TargetEncoder(cv=folds, target_type="continuous")
    expected = encoder.fit_transform(pooled(rows), rows["price"])
    np.testing.assert_allclose(encoded[["street"]], expected, rtol=1e-12)
    rows, encoded = found["test"]
    np.testing.assert_allclose(encoded[["street"]], encoder.transform(pooled(rows)), rtol=1e-12)
    (street,) = document(tmp_path)
    assert street["labels"] == often
    place = encoder.categories_[0].tolist().index("other")
    assert math.isclose(street["other"], encoder.encodings_[0][place], rel_tol=1e-12)


def test_a_group_is_in_one_fold(tmp_path: Path) -> None:
    frame = towns()[["price", "street", "town", "rooms"]].rename(
        columns={"street": "restate_split"}
    )
    frame = frame[["price", "restate_split", "town", "rooms"]]
    key = ("--by", "group", "--column", "street", "--key", "restate_split")
    run(tmp_path, frame, [{"column": "town", "as": "target"}], *key)
    rows, encoded = parts(tmp_path, frame)["train"]
    streets = rows["restate_split"].drop_duplicates()
    codes = rows["restate_split"].map({street: n for n, street in enumerate(streets)})
    # The groups are numbered as they occur in all rows, which is their order in train's.
    fold = np.empty(len(streets), dtype=int)
    for number, (_, own) in enumerate(
        KFold(5, shuffle=True, random_state=1729).split(np.arange(len(streets)))
    ):
        fold[own] = number
    split = [
        (np.flatnonzero(fold[codes] != number), np.flatnonzero(fold[codes] == number))
        for number in range(5)
    ]
    expected = TargetEncoder(cv=split, target_type="continuous").fit_transform(
        rows[["town"]], rows["price"]
    )
    np.testing.assert_allclose(encoded[["town"]], expected, rtol=1e-12)


def test_ordinals_equal_scikit_learns(tmp_path: Path) -> None:
    frame = towns()[["price", "town", "street", "rooms"]]
    run(tmp_path, frame, [{"column": one, "as": "ordinal"} for one in ("town", "street")])
    found = parts(tmp_path, frame)
    rows, _ = found["train"]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    encoder.fit(rows[["town", "street"]])
    known = [sum(isinstance(one, str) for one in column) for column in encoder.categories_]
    for rows, encoded in found.values():
        expected = encoder.transform(rows[["town", "street"]])
        expected = np.where(expected == -1, known, expected)
        np.testing.assert_array_equal(encoded[["town", "street"]], expected)
    assert document(tmp_path)[0]["missing"] is None


def test_listed_labels_have_their_order_and_columns_whatever_their_frequency(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = towns()[["price", "town", "rooms"]]
    labels = ["Zürich", 'the "old" town', "nowhere", "Ulm"]
    run(tmp_path, frame, [{"column": "town", "as": "oneHot", "labels": labels}])
    names = json.loads((tmp_path / "metadata" / "feature_names.json").read_text())
    assert names == [*(f"town_{label}" for label in labels), "rooms"]
    encoder = OneHotEncoder(categories=[labels], handle_unknown="ignore", sparse_output=False)
    for rows, encoded in parts(tmp_path, frame).values():
        expected = encoder.fit_transform(rows[["town"]])
        np.testing.assert_array_equal(encoded[names[:-1]], expected)
    others = frame["town"].isin([*set(TOWNS) - set(labels)]).sum()
    warning = f"town: {others} of 400 rows have labels that are not listed"
    assert warning in capsys.readouterr().out


def test_learned_labels_are_in_alphabetical_order(tmp_path: Path) -> None:
    frame = towns()[["price", "town", "rooms"]]
    run(tmp_path, frame, [{"column": "town", "as": "oneHot", "minRows": 10}])
    names = json.loads((tmp_path / "metadata" / "feature_names.json").read_text())
    often = ["Bern, upper", "Ulm", "Zürich", 'the "old" town', "Åsgard"]
    assert names == [*(f"town_{label}" for label in often), "rooms"]
    assert document(tmp_path) == [
        {"column": "town", "as": "oneHot", "labels": often, "features": names[:-1]}
    ]


def test_duplicate_rows_are_counted_whichever_fold_encodes_them(tmp_path: Path) -> None:
    frame = towns()[["price", "town", "rooms"]]
    frame = pd.concat([frame, frame.iloc[:100]])
    run(tmp_path, frame, [{"column": "town", "as": "target"}])
    report = json.loads((tmp_path / "metadata" / "data_report.json").read_text())
    (duplicates,) = (one for one in report["findings"] if one["kind"] == "duplicates")
    parts_of = {
        name: pd.read_csv(tmp_path / name / f"{name}.csv", header=None)[0].tolist()
        for name in SPLITS
    }
    shared = sum(price in parts_of["train"] for price in parts_of["validation"])
    shared += sum(price in parts_of["train"] + parts_of["validation"] for price in parts_of["test"])
    assert duplicates["text"].startswith(f"{shared} of 150 ")


@pytest.mark.parametrize(
    ("values", "encode", "reason"),
    [
        ([""] * 30, {"as": "target"}, "no row has a value of town"),
        (["a", "b"] * 15, {"as": "ordinal", "minRows": 99}, "town: no label is in 99 train rows"),
        (["a", "b"] * 15, {"as": "oneHot", "labels": ["c"]}, "town: no train row has one of the"),
        (
            ["a", "b"] * 15,
            {"as": "target", "folds": 22},
            "22 folds require at least as many rows or groups",
        ),
        (
            ["a", "b\nc"] * 15,
            {"as": "target"},
            "row 2: the row does not have the",
        ),
        (["a", "A"] * 15, {"as": "oneHot"}, 'columns "town_A", "town_a" differ at most by case'),
    ],
)
def test_refuses(tmp_path: Path, values: list[str], encode: dict[str, Any], reason: str) -> None:
    frame = pd.DataFrame({"price": range(30), "town": values, "rooms": [1, 2, 3] * 10})
    with pytest.raises(SystemExit) as ended:
        run(tmp_path, frame, [{"column": "town", **encode}])
    assert reason in str(ended.value)
    assert not (tmp_path / "train").exists()


def test_refuses_columns_in_another_order(tmp_path: Path) -> None:
    frame = towns()[["price", "rooms", "town"]]
    with pytest.raises(SystemExit, match='the second column must be "town"; the columns are'):
        run(tmp_path, frame, [{"column": "town", "as": "target"}])
