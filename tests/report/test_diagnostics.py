"""The job that looks at candidates for the report, on real models and real files."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from report import diagnostics


def rows_of(count: int, seed: int) -> np.ndarray:
    """Rows whose label follows from the second feature, and a little from the third."""
    random = np.random.default_rng(seed)
    features = random.uniform(size=(count, 3))
    label = 100 * features[:, 1] + 10 * features[:, 2]
    return np.column_stack([label, features])


@pytest.fixture
def candidate(tmp_path: Path) -> dict[str, Any]:
    """A tuned XGBoost model with its splits, as the local run hands it over."""
    splits = {}
    for seed, (split, count) in enumerate({"train": 700, "validation": 200, "test": 100}.items()):
        folder = tmp_path / split
        folder.mkdir()
        np.savetxt(folder / f"{split}.csv", rows_of(count, seed), delimiter=",")
        splits[split] = str(folder)
    train = rows_of(700, 0)
    booster = xgboost.train({"seed": 1}, xgboost.DMatrix(train[:, 1:], train[:, 0]), 30)
    booster.save_model(tmp_path / "model.ubj")
    archive = tmp_path / "model.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "model.ubj", "xgboost-model")
    return {
        "name": "XGBoost",
        "model": {"algorithm": "xgboost", "archive": str(archive)},
        "splits": splits,
    }


def diagnose(
    tmp_path: Path, candidates: list[dict[str, Any]], features: list[str] | None = None
) -> list[dict[str, Any]]:
    """Runs the job on a request."""
    request = {
        "candidates": candidates,
        "detailed": candidates[0]["name"],
        "features": features,
        "output": str(tmp_path / "output.json"),
    }
    (tmp_path / "request.json").write_text(json.dumps(request))
    diagnostics.main([str(tmp_path / "request.json")])
    found: list[dict[str, Any]] = json.loads((tmp_path / "output.json").read_text())
    return found


def test_each_split_has_its_metrics(tmp_path: Path, candidate: dict[str, Any]) -> None:
    (found,) = diagnose(tmp_path, [candidate])
    assert [(name, one["rows"]) for name, one in found["splits"].items()] == [
        ("train", 700),
        ("validation", 200),
        ("test", 100),
    ]
    r2 = {name: one["r2"] for name, one in found["splits"].items()}
    assert r2["train"] > r2["test"] > 0.95
    assert not any(one["isPart"] for one in found["splits"].values())
    details = found["details"]
    assert (details["rows"], details["isPart"]) == (100, False)
    for name in ("predictedAgainstActual", "residualAgainstPredicted", "residuals"):
        assert sum(one["count"] for one in details[name]) == 100


def test_features_are_ordered_by_what_they_are_worth(
    tmp_path: Path, candidate: dict[str, Any]
) -> None:
    (found,) = diagnose(tmp_path, [candidate], ["longitude", "latitude", "age"])
    importance = found["details"]["importance"]
    assert importance["rows"] == 100
    assert [one["name"] for one in importance["features"]] == ["latitude", "age", "longitude"]
    first, second, third = (one["fall"] for one in importance["features"])
    assert first > 1 > 0.1 > second > 0.005 > abs(third)
    test = rows_of(100, 2)
    booster = xgboost.Booster(model_file=tmp_path / "model.ubj")
    residual = booster.predict(xgboost.DMatrix(test[:, 1:])) - test[:, 0]
    cells = found["details"]["errorMap"]
    assert sum(one["count"] * one["mean"] for one in cells) == pytest.approx(residual.sum(), 1e-5)
    assert (cells[0]["x0"], cells[-1]["x1"]) == (0, 1)


def test_there_is_no_place_without_names_that_fit(
    tmp_path: Path, candidate: dict[str, Any]
) -> None:
    for names in (None, ["longitude", "latitude"], ["a", "latitude", "c"]):
        (found,) = diagnose(tmp_path, [candidate], names)
        assert "errorMap" not in found["details"]
    (found,) = diagnose(tmp_path, [candidate], ["pickup_lon", "pickup_lat", "c"])
    assert "errorMap" in found["details"]


def test_a_candidate_that_cannot_be_looked_at_says_why_and_the_others_are(
    tmp_path: Path, candidate: dict[str, Any]
) -> None:
    words = tmp_path / "words.csv"
    words.write_text("1,two,3\n")
    wide = tmp_path / "wide.csv"
    wide.write_text("1,2,3,4,5\n3,4,5,6,7\n")
    broken = [
        {**candidate, "name": "missing", "model": {"algorithm": "xgboost", "archive": "/none"}},
        {**candidate, "name": "words", "splits": {"train": str(words)}},
        {**candidate, "name": "wide", "splits": {"train": str(wide)}},
    ]
    *found, last = diagnose(tmp_path, [*broken, candidate])
    assert [one["splits"] for one in found] == [{}, {}, {}]
    reasons = [one["problem"] for one in found]
    assert "cannot read the model" in reasons[0]
    assert "not all numbers" in reasons[1]
    assert "feature" in reasons[2].lower()
    assert "problem" not in last


def test_predictions_stand_in_for_a_model_that_cannot_be_loaded(tmp_path: Path) -> None:
    predictions = tmp_path / "predictions.csv"
    predictions.write_text("actual,predicted\n1,1\n2,2\n3,4\n")
    (found,) = diagnose(tmp_path, [{"name": "Own", "predictions": str(predictions)}])
    assert found["splits"]["test"]["mae"] == pytest.approx(1 / 3)
    # Predicted minus actual: the last one is too high by 1.
    bars = [bar for bar in found["details"]["residuals"] if bar["count"]]
    assert [(bar["start"], bar["count"]) for bar in bars] == [(0, 2), (1, 1)]
    assert "own image" in found["problem"]


def test_missing_values_are_kept_apart(tmp_path: Path, candidate: dict[str, Any]) -> None:
    test = Path(candidate["splits"]["test"]) / "test.csv"
    lines = test.read_text().splitlines()
    label, _, *rest = lines[0].split(",")
    lines[0] = ",".join([label, "", *rest])
    test.write_text("\n".join(lines))
    (found,) = diagnose(tmp_path, [candidate], ["longitude", "latitude", "age"])
    assert sum(cell["count"] for cell in found["details"]["errorMap"]) == 99
    assert found["details"]["rows"] == 100
    assert found["splits"]["test"]["rows"] == 100


def test_of_many_rows_evenly_spaced_ones_are_read(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("".join(f"{row},0\n" for row in range(50_000)))
    sample = diagnostics.read_sample(path)
    assert sample.is_part
    assert sample.rows[:, 0].tolist() == list(range(0, 50_000, 3))


def test_of_a_large_file_evenly_spaced_places_are_read(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("w") as stream:
        for part in range(1000, 1800):
            stream.write(f"{part},0.123456789\n" * 6000)
    assert path.stat().st_size > diagnostics.MAX_BYTES
    sample = diagnostics.read_sample(path)
    assert sample.is_part
    assert 10_000 < len(sample.rows) <= diagnostics.MAX_ROWS
    parts, counts = np.unique(sample.rows[:, 0], return_counts=True)
    assert len(parts) == 800
    assert counts.max() < 3 * counts.mean()
    assert (sample.rows[:, 1] == 0.123456789).all(), "no line is cut"
