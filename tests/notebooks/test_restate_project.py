"""The notebook: as committed, and executed in a clean kernel."""

from __future__ import annotations

import ast
import json
import os
import random
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
import yaml
from notebook_run import NOTEBOOK, ROW, data, execute, streams
from project_copy import PROJECT, copy_project

KEYS = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())["config"]

# The stack's own candidates, with fewer and smaller trials; models take the table's own rows.
CONFIGURATION = {
    "aws:region": "us-east-1",
    "restate:dataset": {
        **KEYS["restate:dataset"]["default"],
        "servedRows": "raw",
        "predictionIntervals": 0.9,
    },
    "restate:candidates": [
        {
            "name": "DecisionTree",
            "algorithm": "decision-tree",
            "ranges": {"max_leaf_nodes": {"type": "integer", "min": 50, "max": 500}},
            "maxJobs": 3,
        },
        {
            "name": "XGBoost",
            "algorithm": "xgboost",
            "hyperparameters": {"objective": "reg:squarederror", "num_round": 50},
            "ranges": {
                "eta": {"type": "continuous", "min": 0.1, "max": 0.3},
                "max_depth": {"type": "integer", "min": 4, "max": 8},
            },
            "maxJobs": 3,
        },
    ],
}


def stand_in_rows() -> Iterator[str]:
    """Rows in the form of the California housing data, whose value depends on place and age."""
    chance = random.Random(1)  # noqa: S311 - for data, not for secrets
    for _ in range(3000):
        longitude, latitude = -124 + 10 * chance.random(), 32 + 10 * chance.random()
        age, people = chance.randrange(1, 53), chance.randrange(50, 3000)
        value = 100_000 + 150_000 * (longitude < -119) + 80_000 * (latitude < 36) + 1_000 * age
        place = f"{longitude:.2f},{latitude:.2f},{age}"
        counts = f"{2 * people},{people // 2},{people},{people // 3}"
        yield f"{place},{counts},{10 * chance.random():.4f},{value + 20_000 * chance.random():.1f}"
    yield f"{ROW},8.6030,300000.0"


def housing_data(folder: Path) -> Path:
    """The real data if it is available offline, or else generated rows."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    known = [os.environ.get("RESTATE_DATA") or "nothing", cache / "restate/data/cal_housing.data"]
    for path in map(Path, known):
        if path.is_file():
            return path.resolve()
    made = folder / "housing.data"
    made.write_text("".join(f"{row}\n" for row in stand_in_rows()))
    return made


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("notebook")
    (folder / "config.yaml").write_text(json.dumps({"config": CONFIGURATION}))
    return copy_project(folder / "project")


@pytest.fixture(scope="module")
def executed(project: Path) -> nbformat.NotebookNode:
    """The notebook after a run on this machine."""
    return execute(
        project,
        {
            "RESTATE_DATA": str(housing_data(project.parent)),
            "RESTATE_CONFIG_FILE": str(project.parent / "config.yaml"),
        },
    )


def test_it_is_committed_clean() -> None:
    text = (PROJECT / NOTEBOOK).read_text()
    notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert text == nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\n"
    for cell in notebook.cells:
        assert cell.source
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


def test_its_cells_do_not_depend_on_where_they_run() -> None:
    notebook = nbformat.read(PROJECT / NOTEBOOK, as_version=4)
    assert notebook.cells[0].cell_type == "markdown"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    # Where it runs is said once, where it is handed to connect().
    assert [cell.source.count("STACK") for cell in code] == [2, 0, 1, *[0] * (len(code) - 3)]
    nodes = [node for cell in code for node in ast.walk(ast.parse(cell.source))]
    assert not any(isinstance(node, ast.If | ast.IfExp) for node in nodes)
    assert max(len(cell.source.splitlines()) for cell in code) < 25


def test_it_predicts_the_value_of_a_block_group(executed: nbformat.NotebookNode) -> None:
    found = re.search(r"predicted median house value: ([\d,]+) dollars", streams(executed.cells))
    assert found
    assert 100_000 < int(found[1].replace(",", "")) < 600_000


def test_it_shows_query_rows_graph_plots_and_scores(executed: nbformat.NotebookNode) -> None:
    text = streams(executed.cells)
    assert re.search(r'SELECT "longitude", .* WHERE "housingmedianage" > 10', text)
    assert re.search(r"^[\d,]+ rows$", text, re.M)
    assert re.search(r"^execution [a-z0-9]{12}: Succeeded$", text, re.M)
    assert re.search(r"version 1, from Evaluate\w+: PendingManualApproval", text)
    # Histograms, map, trials, hyperparameters of two candidates, residuals, importance, error map.
    assert len(data(executed, "image/png")) == 8
    html = "".join(data(executed, "text/html"))
    assert "data:image/svg+xml;base64," in html
    assert re.search(r"a prediction ± [\d,]+ dollars contains the true value in 90 % of rows", text)
    for shown in ("r2", "low</th>", "high</th>", "rmse", "mae", "EvaluateXGBoost", "Approved"):
        assert shown in html


def test_it_leaves_no_process_and_no_work_folder(
    executed: nbformat.NotebookNode, project: Path
) -> None:
    assert executed
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert [line for line in processes.stdout.splitlines() if str(project) in line] == []
    assert not (project / ".local-notebook").exists()
