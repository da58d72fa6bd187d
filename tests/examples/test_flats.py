"""The commands of examples/flats/README.md."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from project_copy import PROJECT, copy_project

EXAMPLE = PROJECT / "examples" / "flats"


def commands(heading: str) -> str:
    """The commands under a heading of the README."""
    found = re.search(
        rf"^## {heading}$.*?^```sh\n(.*?)^```$", (EXAMPLE / "README.md").read_text(), re.M | re.S
    )
    assert found, f"README.md has no commands under {heading}"
    return found[1]


def shell(script: str, folder: Path) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        # A data set that the tests were given is not this example's.
        env={**os.environ, "RESTATE_DATA": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def make_flats(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, EXAMPLE / "make_flats.py", path, *options], capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which the example has run."""
    folder = copy_project(tmp_path_factory.mktemp("flats") / "project")
    # With more trials, the models are better.
    config = folder / "examples/flats/Pulumi.flats.yaml"
    config.write_text(re.sub(r"maxJobs: \d+", "maxJobs: 3", config.read_text()))
    shell(commands("On this machine"), folder)
    return folder


def latest_execution(project: Path) -> dict[str, Any]:
    """The latest execution in the list."""
    listed: list[dict[str, Any]] = json.loads(
        shell("npm run --silent local -- runs --json", project)
    )
    return listed[0]


@pytest.fixture(scope="module")
def execution(project: Path) -> dict[str, Any]:
    """The execution of the example's commands."""
    return latest_execution(project)


def part_rows(project: Path, execution: dict[str, Any], part: str) -> list[str]:
    """The rows of a part of the table."""
    [folder] = project.glob(f".local/s3/*/executions/{execution['id']}/{part}")
    return [line for file in sorted(folder.iterdir()) for line in file.read_text().splitlines()]


def test_boosted_trees_win_over_a_tree_and_a_linear_model(
    project: Path, execution: dict[str, Any]
) -> None:
    assert execution["status"] == "Succeeded"
    reports = project.glob(f".local/s3/*/executions/{execution['id']}/evaluation/*/evaluation.json")
    r2 = {
        path.parent.name: json.loads(path.read_text())["regression_metrics"]["r2"]["value"]
        for path in reports
    }
    assert r2.keys() == {"DecisionTree", "XGBoost", "Linear"}
    assert r2["XGBoost"] > 0.94
    assert 0.8 < r2["DecisionTree"] < 0.92
    assert 0.8 < r2["Linear"] < 0.9
    assert execution["winner"]["name"] == "XGBoost"
    assert execution["winner"]["group"] == "restate-flats"


def test_models_shows_the_version_that_waits_for_approval(project: Path) -> None:
    listed = shell(commands("On this machine").splitlines()[-1], project)
    assert re.search(r"restate-flats\s*│ 1 +│ XGBoost .* PendingManualApproval", listed), listed


def test_features_are_encoded_filtered_and_without_gaps(
    project: Path, execution: dict[str, Any]
) -> None:
    fields = [line.split(",") for line in part_rows(project, execution, "train")]
    # The label, 7 numbers, and a column for each of the 8 districts and 4 kinds of heating.
    assert {len(one) for one in fields} == {1 + 7 + 8 + 4}
    assert all(all(one) for one in fields)
    with (project / "examples/flats/flats.csv").open() as file:
        homes = sum(row["use"] == "home" and row["rent"] != "" for row in csv.DictReader(file))
    assert len(fields) == pytest.approx(0.7 * homes, abs=1)


def test_parquet_gives_the_same_rows(project: Path, execution: dict[str, Any]) -> None:
    # What trains on them is the same, and was tested.
    shell(f"{commands('As Parquet').rstrip()} --until Preprocess", project)
    after = latest_execution(project)
    assert after["id"] != execution["id"]
    for part in ("train", "validation", "test"):
        assert part_rows(project, after, part) == part_rows(project, execution, part)


def test_the_table_is_the_same_each_time_and_has_gaps(tmp_path: Path) -> None:
    for name in ("one.csv", "two.csv"):
        assert make_flats(tmp_path / name, "--rows", "2000").returncode == 0
    content = (tmp_path / "one.csv").read_bytes()
    assert content == (tmp_path / "two.csv").read_bytes()
    # On every machine and version of Python: the figures in the README depend on it.
    assert (
        hashlib.sha256(content).hexdigest()
        == "4cb0726f9d0b459b68a0eeb60c07e08e6806e86acdc0a683819dfbffe6edb0b8"
    )
    with (tmp_path / "one.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2000
    gaps = {name: sum(row[name] == "" for row in rows) / 2000 for name in rows[0]}
    assert {name for name, share in gaps.items() if share > 0} == {
        *("year_built", "heating", "energy", "rent")
    }
    assert gaps["energy"] == pytest.approx(0.25, abs=0.03)


def test_parquet_has_the_types_of_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "flats.parquet"
    assert make_flats(path, "--rows", "100", "--format", "parquet").returncode == 0
    described = duckdb.sql(f"describe select * from '{path}'").fetchall()  # noqa: S608 - our path
    types = {name: str(kind) for name, kind, *_ in described}
    assert types["listed"] == "DATE"
    assert types["lift"] == "BOOLEAN"
    assert types["rooms"] == "INTEGER"
    assert types["area"] == "DOUBLE"
    assert types["district"] == "VARCHAR"


def test_a_path_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "flats.csv"
    done = make_flats(path)
    assert done.returncode == 1
    assert done.stderr == f"error: cannot write {path}: No such file or directory\n"


@pytest.mark.parametrize("rows", ["0", "-1", "many"])
def test_a_wrong_number_of_rows_is_refused(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "flats.csv"
    done = make_flats(path, f"--rows={rows}")
    assert done.returncode == 2
    assert f"argument --rows: '{rows}' is not a whole number of at least 1\n" in done.stderr
    assert not path.exists()
