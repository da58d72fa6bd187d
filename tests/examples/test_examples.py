"""The three tables of examples/README.md: made by their scripts, and run."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from project_copy import PROJECT

EXAMPLES = PROJECT / "examples"
PARTS = ("train", "validation", "test")


def make(name: str, folder: Path, *arguments: str) -> list[dict[str, str]]:
    """The rows that a script writes."""
    path = folder / f"{name}.csv"
    script = EXAMPLES / name / f"make_{name}.py"
    subprocess.run([sys.executable, str(script), str(path), *arguments], check=True)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def run(name: str, folder: Path) -> tuple[dict[str, Any], str, dict[str, list[list[str]]]]:
    """Runs an example: its result, what it said of the rows, and the rows of each part."""
    work = folder / "work"
    # The file that it uploads would lie in the checkout.
    config = (EXAMPLES / name / f"Pulumi.{name}.yaml").read_text()
    own = folder / f"Pulumi.{name}.yaml"
    own.write_text(re.sub(r"^ *restate:dataFile:.*\n", "", config, flags=re.MULTILINE))
    done = subprocess.run(
        [
            *("node", "tools/restate.mjs", "run", "--local", "--json", "--stack", name),
            *("--config-file", str(own)),
            *("--work-folder", str(work), "--data", str(folder / f"{name}.csv")),
        ],
        cwd=PROJECT,
        env={**os.environ, "RESTATE_DATA": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (report,) = work.rglob("metadata/data_report.json")
    parts = {}
    for part in PARTS:
        (path,) = work.rglob(f"{part}/{part}.csv")
        parts[part] = [line.split(",") for line in path.read_text().splitlines()]
    return json.loads(done.stdout), json.loads(report.read_text())["summary"], parts


@pytest.mark.parametrize("name", ["sales", "orders", "adverts"])
def test_a_script_writes_the_same_table_again(name: str, tmp_path: Path) -> None:
    rows = make(name, tmp_path)
    assert rows == make(name, tmp_path)
    assert rows != make(name, tmp_path, "--seed", "2")
    columns = re.findall(r"{ name: (\w+),", (EXAMPLES / name / f"Pulumi.{name}.yaml").read_text())
    assert list(rows[0]) == columns


def test_sales_are_tested_on_the_latest_days(tmp_path: Path) -> None:
    rows = make("sales", tmp_path)
    result, summary, parts = run("sales", tmp_path)
    assert summary.startswith(f"{len(rows)} rows read, {len(rows)} used: ")
    # Rows are in the order of days, and so are the parts.
    units = [float(row["units"]) for row in rows]
    found = [float(line[0]) for part in PARTS for line in parts[part]]
    assert found == units
    tree, boosted = result["candidates"]
    assert 0.85 < tree["r2"] < boosted["r2"] < 0.97
    assert boosted["crossValidation"]["models"] == 3
    assert abs(boosted["crossValidation"]["mean"] - boosted["r2"]) < 0.05


def test_orders_are_tested_on_other_customers(tmp_path: Path) -> None:
    rows = make("orders", tmp_path)
    result, summary, parts = run("orders", tmp_path)
    assert summary.startswith(f"{len(rows)} rows read, {len(rows)} used: ")
    # Age and distance tell which customer it is.
    customers = {(float(row["age"]), float(row["distance_km"])) for row in rows}
    found = {
        part: {(float(line[1]), float(line[2])) for line in lines} for part, lines in parts.items()
    }
    assert sum(map(len, found.values())) == len(customers)
    assert set().union(*found.values()) == customers
    boosted = result["candidates"][1]
    # What GroupShuffleSplit of scikit-learn gives for such boosting is 0.57, at random 0.70.
    assert abs(boosted["crossValidation"]["mean"] - 0.57) < 0.04


def test_adverts_have_one_feature_for_many_labels(tmp_path: Path) -> None:
    rows = make("adverts", tmp_path)
    result, summary, parts = run("adverts", tmp_path)
    assert summary.endswith(
        f"{len(rows)} used: 2100 / 600 / 300; 45 columns, 48 features; 0 warnings"
    )
    ranks = {"poor": 0, "fair": 1, "good": 2, "like new": 3}
    known = {(float(row["price"]), ranks[row["condition"]]) for row in rows}
    assert {(float(line[0]), int(line[2])) for lines in parts.values() for line in lines} == known
    assert 0.85 < result["candidates"][1]["r2"] < 0.96
