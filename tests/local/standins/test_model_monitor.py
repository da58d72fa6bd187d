"""The baseline of a dataset from the local implementation of Model Monitor's image."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]


class Job:
    """A baseline job in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "data").mkdir()

    def run(self, rows: str, *, header: bool = False) -> subprocess.CompletedProcess[str]:
        if rows:
            (self.folder / "data" / "train.csv").write_text(rows)
        environment = {
            "SAGEMAKER_BASE_DIR": str(self.folder),
            "dataset_source": str(self.folder / "data"),
            "dataset_format": json.dumps({"csv": {"header": header}}),
            "output_path": str(self.folder / "result"),
        }
        return subprocess.run(
            [sys.executable, "-m", "local.standins.model_monitor"],
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def document(self, name: str) -> dict[str, Any]:
        return dict(json.loads((self.folder / "result" / f"{name}.json").read_text()))


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


def test_statistics_agree_with_numpy(job: Job) -> None:
    values = np.random.default_rng(1).normal(5, 2, size=(500, 2))
    done = job.run("".join(f"{a!r},{b!r}\n" for a, b in values.tolist()))
    assert done.returncode == 0, done.stderr
    statistics = job.document("statistics")
    assert statistics["dataset"] == {"item_count": 500}
    assert [one["name"] for one in statistics["features"]] == ["_c0", "_c1"]
    for index, feature in enumerate(statistics["features"]):
        column = values[:, index]
        found = feature["numerical_statistics"]
        assert feature["inferred_type"] == "Fractional"
        assert found["mean"] == pytest.approx(column.mean())
        assert found["std_dev"] == pytest.approx(column.std())
        assert found["sum"] == pytest.approx(column.sum())
        assert (found["min"], found["max"]) == (column.min(), column.max())
        counts, _ = np.histogram(column, bins=10)
        buckets = found["distribution"]["kll"]["buckets"]
        assert [bucket["count"] for bucket in buckets] == counts.tolist()


def test_constraints_have_types_completeness_and_signs(job: Job) -> None:
    done = job.run("price,rooms,district\n1.5,3,North\n-2,,South\n3,4,North\n", header=True)
    assert done.returncode == 0, done.stderr
    constraints = {one["name"]: one for one in job.document("constraints")["features"]}
    assert constraints["price"] == {
        "name": "price",
        "inferred_type": "Fractional",
        "completeness": 1.0,
        "num_constraints": {"is_non_negative": False},
    }
    assert constraints["rooms"]["inferred_type"] == "Integral"
    assert constraints["rooms"]["completeness"] == pytest.approx(2 / 3)
    assert constraints["rooms"]["num_constraints"] == {"is_non_negative": True}
    assert constraints["district"]["inferred_type"] == "String"


def test_a_constant_column_has_a_distribution(job: Job) -> None:
    assert job.run("7\n7\n7\n").returncode == 0
    (feature,) = job.document("statistics")["features"]
    buckets = feature["numerical_statistics"]["distribution"]["kll"]["buckets"]
    assert [bucket["count"] for bucket in buckets] == [3, *[0] * 9]


def test_reports_missing_data(job: Job) -> None:
    done = job.run("")
    assert done.returncode == 1
    assert done.stderr.startswith("there are no files in ")
    assert "there are no files" in (job.folder / "output" / "message").read_text()
