"""Replays days of requests to a model of a local run.

`python -m local.drift_simulation REQUEST.json`, where the request is

    {"scenario": the checked scenario, "days": 90, "features": [names], "categories": [names],
     "candidate": name, "algorithm": of evaluate.py's LOADERS, "archive": "/abs/model.tar.gz",
     "train" | "validation" | "test": "/abs/file.csv", "reference": "/abs/file.json" | null,
     "weighted"?: whether the second column of these files weights the rows, "long": 7,
     "result": "/abs/file", "failure": "/abs/file"}

The result is {"days": [...], "rows": number of rows that requests are drawn from}.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import evaluate
import numpy as np
from drift_cells import Reference
from drift_reference import make_reference
from drift_tests import Thresholds
from processing_job import InputError
from sample_weights import take_weights

from local.drift_simulation.replay import Labels, Replay, day_document
from local.drift_simulation.shifts import Shift, World
from local.standins.errors import UserError
from local.standins.files import run_service, write_text

RUNS_A_MONTH = 30


def read_rows(file: Path, weighted: bool) -> np.ndarray:
    """Reads the rows of a CSV file, label first, without their weights."""
    rows = np.loadtxt(list(evaluate.filled_lines(file)), delimiter=",", ndmin=2)
    return take_weights(rows, weighted)[0]


def simulate(request: dict[str, Any]) -> None:
    """Executes the request.

    Raises:
        UserError: the scenario does not fit the model, or a file cannot be read.
    """
    scenario = request["scenario"]
    if request["algorithm"] not in evaluate.LOADERS:
        raise UserError(
            f"{request['candidate']} has the algorithm {request['algorithm']}; supported are "
            f"{', '.join(sorted(evaluate.LOADERS))}"
        )
    try:
        train, validation, test = (
            read_rows(Path(request[name]), request.get("weighted", False))
            for name in ("train", "validation", "test")
        )
        with tempfile.TemporaryDirectory() as folder:
            evaluate.extract(Path(request["archive"]), Path(folder))
            model = evaluate.LOADERS[request["algorithm"]](Path(folder))

        def predicted(rows: np.ndarray) -> np.ndarray:
            return np.asarray(model(rows), dtype=float)

        features = request["features"]
        reference = (
            Reference.parse(json.loads(Path(request["reference"]).read_text()))
            if request["reference"]
            else make_reference(
                features, train[:, 1:], predicted(test[:, 1:]), test[:, 0], request["categories"]
            )
        )
    except InputError as error:
        raise UserError(str(error)) from error
    # Rows that the model was not fitted to: it would predict those too well.
    asked = np.concatenate([validation, test])
    replay = Replay(
        reference,
        World(features, asked[:, 1:], asked[:, 0], scenario["seed"]),
        predicted,
        [Shift.parse(one) for one in scenario["shifts"]],
        scenario["rows"],
        Labels(scenario["labels"]["share"], scenario["labels"]["delayDays"])
        if scenario.get("labels")
        else None,
        Thresholds(
            scenario["falseAlarmRate"],
            RUNS_A_MONTH,
            scenario["minShift"],
            scenario["minUnusual"],
            frozenset(scenario["ignoredFeatures"]),
        ),
        request["long"],
        scenario["seed"],
        len(asked),
    )
    try:
        days = [
            day_document(day, found, reference)
            for day, found in enumerate(replay.days(request["days"]))
        ]
    except InputError as error:
        raise UserError(str(error)) from error
    write_text(Path(request["result"]), json.dumps({"days": days, "rows": len(asked)}))


if __name__ == "__main__":
    sys.exit(run_service(sys.argv[1:], simulate))
