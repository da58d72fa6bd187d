"""How well each candidate predicts each split, and where the winner errs, as a job.

`python -m local.report.diagnostics REQUEST.json`, where the request is

    {"candidates": [{"name", "model"?: {"algorithm", "archive"}, "predictions"?: "/abs/file.csv",
                     "splits": {"train" | "validation" | "test": "/abs/path"}}],
     "detailed": name of the candidate to look at closely, or null,
     "features": names of the columns after the label, or null, "output": "/abs/file.json"}

The pipeline itself evaluates each model on the test rows only. This runs beside it, for the report,
so it looks at a bounded number of rows: of more, at evenly spaced ones. A candidate that cannot be
looked at gets a `problem` that says why.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import evaluate
import numpy as np

MOST_ROWS = 20_000
"""Rows of a split that are predicted at the most."""

MOST_BYTES = 64 * 1024**2
"""Size up to which a split is read whole."""

PLACES = 1_000
"""Places of a larger split that are read."""

IMPORTANCE_ROWS = 1_000
"""Rows on which importance is measured at the most."""

LEAST_IMPORTANCE_ROWS = 100
"""Rows on which importance is measured where there are so many features that time is short."""

IMPORTANCE_PREDICTIONS = 30_000
"""Predictions for the importance of all features, as far as the least number of rows allows."""

REPEATS = 3
"""How often each feature is shuffled."""


class Sample(NamedTuple):
    """Rows of a split, label first, and whether there are more of them."""

    rows: np.ndarray
    is_part: bool


def read_lines(path: Path) -> tuple[list[bytes], bool]:
    """Reads the lines of all files at a path, or those at evenly spaced places of large ones.

    Returns:
        The lines that hold something, and whether there are more.
    """
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    size = sum(file.stat().st_size for file in files)
    lines: list[bytes] = []
    for file in files:
        with file.open("rb") as stream:
            if size <= MOST_BYTES:
                lines += stream.read().splitlines()
                continue
            end = file.stat().st_size
            places = max(1, PLACES * end // size)
            for place in range(places):
                stream.seek(end * place // places)
                block = stream.read(MOST_BYTES // PLACES).splitlines()
                lines += block[1:-1]  # the first and the last may be cut
    return [line for line in lines if line.strip()], size > MOST_BYTES


def read_sample(path: Path, skipped: int = 0) -> Sample:
    """Reads at most MOST_ROWS evenly spaced rows of CSV files without a header.

    Args:
        path: A file or a folder.
        skipped: Lines at the start that are no rows.

    Raises:
        evaluate.InputError: There are no rows, or they are not all numbers.
    """
    lines, is_part = read_lines(path)
    lines = lines[skipped:]
    if not lines:
        raise evaluate.InputError("there are no rows")
    step = -(-len(lines) // MOST_ROWS)
    content = evaluate.EMPTY_FIELD.sub(b"nan", b"\n".join(lines[::step]))
    try:
        rows = np.loadtxt(content.splitlines(), delimiter=",", ndmin=2)
    except ValueError as error:
        raise evaluate.InputError(f"the rows are not all numbers: {error}") from error
    return Sample(rows, is_part or step > 1)


def split_metrics(actual: np.ndarray, predicted: np.ndarray, is_part: bool) -> dict[str, Any]:
    """The metrics of one split, the number of rows that they are of, and whether there are more."""
    metrics = evaluate.regression_metrics(actual, predicted)
    return {**metrics, "rows": int(actual.size), "isPart": is_part}


def importance(
    predict: evaluate.Predict, rows: np.ndarray, names: list[str]
) -> dict[str, Any] | None:
    """Measures how far R² falls where one feature's values are shuffled, for each feature.

    Returns:
        The rows that it is measured on, and the mean fall for each feature, greatest first; None
        where R² is undefined on them.
    """
    count = min(IMPORTANCE_ROWS, IMPORTANCE_PREDICTIONS // (REPEATS * len(names)))
    count = min(len(rows), max(count, LEAST_IMPORTANCE_ROWS))
    chosen = rows[np.linspace(0, len(rows) - 1, count).astype(int)]
    actual, features = chosen[:, 0], chosen[:, 1:]
    variance = float(np.var(actual))
    if variance == 0:
        return None
    base = float(np.mean((actual - predict(features)) ** 2))
    random = np.random.default_rng(0)
    falls: list[tuple[str, float]] = []
    for column, name in enumerate(names):
        errors = []
        shuffled = features.copy()
        for _ in range(REPEATS):
            shuffled[:, column] = random.permutation(features[:, column])
            errors.append(float(np.mean((actual - predict(shuffled)) ** 2)))
        falls.append((name, (float(np.mean(errors)) - base) / variance))
    falls.sort(key=lambda fall: -fall[1])
    return {"rows": count, "features": [{"name": name, "fall": fall} for name, fall in falls]}


def column_like(names: list[str], endings: tuple[str, ...]) -> int | None:
    """The column whose name, or the last word of it, is one of the endings."""
    for column, name in enumerate(names):
        if name.lower().replace("-", "_").split("_")[-1] in endings:
            return column
    return None


def rounded(values: np.ndarray) -> list[float | None]:
    """Values with seven digits, enough to draw them; None for those that are missing."""
    return [float(f"{value:.7g}") if np.isfinite(value) else None for value in values]


def points(actual: np.ndarray, predicted: np.ndarray) -> dict[str, list[float | None]]:
    """What is actual and what is predicted, to draw."""
    return {"actual": rounded(actual), "predicted": rounded(predicted)}


def details(
    predict: evaluate.Predict, test: Sample, predicted: np.ndarray, features: list[str] | None
) -> dict[str, Any]:
    """What the winner predicts for each test row, where the rows lie, and which features count."""
    width = test.rows.shape[1] - 1
    names = features if features is not None and len(features) == width else None
    found: dict[str, Any] = {
        **points(test.rows[:, 0], predicted),
        "isPart": test.is_part,
    }
    shown = names or [f"feature {column + 1}" for column in range(width)]
    measured = importance(predict, test.rows, shown)
    if measured is not None:
        found["importance"] = measured
    longitude = column_like(names or [], ("longitude", "lon", "lng", "long"))
    latitude = column_like(names or [], ("latitude", "lat"))
    if longitude is not None and latitude is not None:
        found["place"] = {
            "longitude": rounded(test.rows[:, 1 + longitude]),
            "latitude": rounded(test.rows[:, 1 + latitude]),
        }
    return found


def diagnose_model(
    candidate: dict[str, Any], samples: dict[str, Sample], features: list[str] | None, close: bool
) -> dict[str, Any]:
    """Looks at a candidate whose model can be loaded here.

    Raises:
        evaluate.InputError: The model or the rows cannot be read.
        ValueError: The model does not fit the rows.
    """
    model = candidate["model"]
    found: dict[str, Any] = {"name": candidate["name"], "splits": {}}
    with tempfile.TemporaryDirectory() as folder:
        evaluate.extract(Path(model["archive"]), Path(folder))
        predict = evaluate.LOADERS[model["algorithm"]](Path(folder))
        for split, path in candidate["splits"].items():
            if path not in samples:
                samples[path] = read_sample(Path(path))
            sample = samples[path]
            predicted = np.asarray(predict(sample.rows[:, 1:]), dtype=np.float64)
            found["splits"][split] = split_metrics(sample.rows[:, 0], predicted, sample.is_part)
            if close and split == "test":
                found["details"] = details(predict, sample, predicted, features)
    return found


def diagnose_predictions(candidate: dict[str, Any], close: bool) -> dict[str, Any]:
    """Looks at a candidate of which only the predictions are known: actual and predicted, a header.

    Raises:
        evaluate.InputError: The predictions cannot be read.
    """
    rows, is_part = read_sample(Path(candidate["predictions"]), skipped=1)
    actual, predicted = rows[:, 0], rows[:, 1]
    found: dict[str, Any] = {
        "name": candidate["name"],
        "splits": {"test": split_metrics(actual, predicted, is_part)},
        "problem": "its model runs only in its own image, so only its test predictions are known",
    }
    if close:
        found["details"] = {**points(actual, predicted), "isPart": is_part}
    return found


def diagnose(request: dict[str, Any]) -> list[dict[str, Any]]:
    """Looks at each candidate of a request."""
    samples: dict[str, Sample] = {}
    found = []
    for candidate in request["candidates"]:
        close = candidate["name"] == request["detailed"]
        try:
            if "model" in candidate:
                one = diagnose_model(candidate, samples, request["features"], close)
            else:
                one = diagnose_predictions(candidate, close)
        except (evaluate.InputError, ValueError, OSError) as error:
            one = {"name": candidate["name"], "splits": {}, "problem": str(error)}
        found.append(one)
    return found


def main(arguments: list[str]) -> None:
    """Runs the job."""
    request = json.loads(Path(arguments[0]).read_text("utf-8"))
    Path(request["output"]).write_text(json.dumps(diagnose(request)), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
