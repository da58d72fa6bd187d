"""A job that measures each candidate on each split, compares them, and locates the winner's errors.

`python -m report.diagnostics REQUEST.json`, where the request is

    {"candidates": [{"name", "model"?: {"algorithm", "archive"}, "predictions"?: "/abs/file.csv",
                     "splits": {"train" | "validation" | "test": "/abs/path"},
                     "weighted"?: whether the splits' second column weights the rows}],
     "detailed": name of the candidate to analyse in detail, or null,
     "features": names of the columns after the label, or null, "output": "/abs/file.json"}

The pipeline itself evaluates each model on the test rows only. This job serves the report, so it
uses a limited number of evenly spaced rows. A candidate that cannot be evaluated gets a `problem`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import evaluate
import numpy as np
from prediction_intervals import half_width
from processing_job import InputError
from regression_scores import CONFIDENCE, interval, regression_metrics, resampled_r2
from sample_weights import take_weights

from report import analysis, contributions

MAX_ROWS = 20_000
"""Max rows of a split to predict."""

MAX_BYTES = 64 * 1024**2
"""Max bytes of a split that is read whole."""

PLACES = 1_000
"""Number of places to read in a larger split."""


class Sample(NamedTuple):
    """Rows of a split, label first, whether there are more, and their weights, if any."""

    rows: np.ndarray
    is_part: bool
    weights: np.ndarray | None


class Predicted(NamedTuple):
    """Actual and predicted values of a split's rows, and their weights, if any."""

    actual: np.ndarray
    predicted: np.ndarray
    weights: np.ndarray | None = None


Known = dict[str, Predicted]
"""A candidate's predictions by split."""


def read_lines(path: Path) -> tuple[list[bytes], bool]:
    """Reads the lines of all files at a path, or at evenly spaced places of large files.

    Returns:
        The non-empty lines, and whether there are more.
    """
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    size = sum(file.stat().st_size for file in files)
    lines: list[bytes] = []
    for file in files:
        with file.open("rb") as stream:
            if size <= MAX_BYTES:
                lines += stream.read().splitlines()
                continue
            end = file.stat().st_size
            places = max(1, PLACES * end // size)
            for place in range(places):
                stream.seek(end * place // places)
                block = stream.read(MAX_BYTES // PLACES).splitlines()
                lines += block[1:-1]  # the first and the last may be incomplete
    return [line for line in lines if line.strip()], size > MAX_BYTES


def read_sample(path: Path, skipped: int = 0, weighted: bool = False) -> Sample:
    """Reads at most MAX_ROWS evenly spaced rows of CSV files without a header.

    Args:
        path: A file or a folder.
        skipped: Lines at the start to skip.
        weighted: Whether the second column weights the rows.

    Raises:
        InputError: There are no rows, or they are not all numbers.
    """
    lines, is_part = read_lines(path)
    lines = lines[skipped:]
    if not lines:
        raise InputError("there are no rows")
    step = -(-len(lines) // MAX_ROWS)
    filled = (evaluate.EMPTY_FIELD.sub(b"nan", line) for line in lines[::step])
    try:
        rows = np.loadtxt(filled, delimiter=",", ndmin=2)
    except ValueError as error:
        raise InputError(f"the rows are not all numbers: {error}") from error
    rows, weights = take_weights(rows, weighted)
    return Sample(rows, is_part or step > 1, weights)


def split_metrics(known: Predicted, is_part: bool) -> dict[str, Any]:
    """The metrics of a split, the number of rows used, and whether there are more."""
    metrics = regression_metrics(*known)
    return {**metrics, "rows": int(known.actual.size), "isPart": is_part}


def details(actual: np.ndarray, predicted: np.ndarray, is_part: bool) -> dict[str, Any]:
    """Actual and predicted values, as the cells and bars of the charts."""
    return {
        "rows": int(np.count_nonzero(np.isfinite(actual) & np.isfinite(predicted))),
        "isPart": is_part,
        "predictedAgainstActual": analysis.predicted_against_actual(actual, predicted),
        "residualAgainstPredicted": analysis.residual_against_predicted(actual, predicted),
        "residuals": analysis.histogram(analysis.residuals(actual, predicted), 40),
    }


def feature_details(
    predict: evaluate.Predict, test: Sample, predicted: np.ndarray, features: list[str] | None
) -> dict[str, Any]:
    """The features' importance, and a map of the errors, if the table has coordinates."""
    actual, values = test.rows[:, 0], test.rows[:, 1:]
    width = values.shape[1]
    names = feature_names(features, width)
    found: dict[str, Any] = {}
    measured = analysis.importance(predict, test.rows, names)
    if measured is not None:
        found["importance"] = measured
    place = analysis.place_of(names)
    if place is not None:
        longitude, latitude = place
        found["errorMap"] = analysis.error_map(
            values[:, longitude], values[:, latitude], analysis.residuals(actual, predicted)
        )
    return found


def shap_details(
    algorithm: str, folder: Path, test: Sample, features: list[str] | None
) -> dict[str, Any]:
    """What each feature adds to predictions."""
    values = test.rows[:, 1:]
    names = feature_names(features, values.shape[1])
    return contributions.summary(algorithm, folder, values, names)


def prediction_interval(known: Known) -> dict[str, Any]:
    """The prediction interval, and its coverage on test rows."""
    if "validation" not in known:
        return {}
    half = half_width(*known["validation"][:2], CONFIDENCE)
    if half is None:
        return {}
    within = np.abs(analysis.residuals(*known["test"][:2])) <= half
    return {
        "interval": {
            "confidence": CONFIDENCE,
            "halfWidth": half,
            "rows": int(known["validation"].actual.size),
            "covered": float(np.mean(within)),
        }
    }


def compare(tests: dict[str, Predicted], name: str | None) -> dict[str, Any]:
    """Differences in R² to the other candidates, by bootstrap on the same test rows."""
    if name is None or name not in tests:
        return {}
    actual, predicted, weights = tests[name]
    # Predictions in files have ten digits.
    others = {
        other: test.predicted
        for other, test in tests.items()
        if other != name
        and test.actual.size == actual.size
        and np.allclose(test.actual, actual, rtol=1e-8)
    }
    resampled = resampled_r2(actual, predicted, *others.values(), weights=weights)
    if resampled is None or not others:
        return {}
    differences = []
    for other, scores in zip(others, resampled.T[1:], strict=True):
        low, high = interval(resampled[:, 0] - scores)
        differences.append({"name": other, "low": low, "high": high})
    comparison = {"name": name, "rows": int(actual.size), "differences": differences}
    return {"comparison": comparison}


def feature_names(features: list[str] | None, width: int) -> list[str]:
    """The names of features, or numbers if there are too many or too few names."""
    if features is not None and len(features) == width:
        return features
    return [f"feature {column + 1}" for column in range(width)]


def find_baseline(request: dict[str, Any], samples: dict[str, Sample]) -> dict[str, Any]:
    """The best single feature's score, on the splits of the first candidate that has all."""
    for candidate in request["candidates"]:
        paths = candidate.get("splits", {})
        splits = [
            samples[paths[split]]
            for split in ("train", "validation", "test")
            if paths.get(split) in samples
        ]
        if len(splits) == 3 and len({sample.rows.shape[1] for sample in splits}) == 1:
            names = feature_names(request["features"], splits[0].rows.shape[1] - 1)
            train, validation, test = (sample.rows for sample in splits)
            weights = [sample.weights for sample in splits]
            found = analysis.baseline(train, validation, test, names, weights)
            return {} if found is None else {"baseline": found}
    return {}


def diagnose_model(
    candidate: dict[str, Any], samples: dict[str, Sample], features: list[str] | None, close: bool
) -> tuple[dict[str, Any], Known]:
    """Evaluates a candidate whose model can be loaded here.

    Raises:
        InputError: The model or the rows cannot be read.
        ValueError: The model does not fit the rows.
    """
    model = candidate["model"]
    found: dict[str, Any] = {"name": candidate["name"], "splits": {}}
    known: Known = {}
    with tempfile.TemporaryDirectory() as folder:
        evaluate.extract(Path(model["archive"]), Path(folder))
        predict = evaluate.LOADERS[model["algorithm"]](Path(folder))
        for split, path in candidate["splits"].items():
            if path not in samples:
                samples[path] = read_sample(Path(path), weighted=candidate.get("weighted", False))
            sample = samples[path]
            predicted = np.asarray(predict(sample.rows[:, 1:]), dtype=np.float64)
            known[split] = Predicted(sample.rows[:, 0], predicted, sample.weights)
            found["splits"][split] = split_metrics(known[split], sample.is_part)
            if close and split == "test":
                found["details"] = {
                    **details(*known[split][:2], sample.is_part),
                    **feature_details(predict, sample, predicted, features),
                    **shap_details(model["algorithm"], Path(folder), sample, features),
                    **prediction_interval(known),
                }
    return found, known


def diagnose_predictions(candidate: dict[str, Any], close: bool) -> tuple[dict[str, Any], Known]:
    """Evaluates a candidate from a file of predictions: a header, then actual and predicted.

    Raises:
        InputError: The predictions cannot be read.
    """
    rows, is_part, _ = read_sample(Path(candidate["predictions"]), skipped=1)
    actual, predicted = rows[:, 0], rows[:, 1]
    found: dict[str, Any] = {
        "name": candidate["name"],
        "splits": {"test": split_metrics(Predicted(actual, predicted), is_part)},
        "problem": "its model only runs in its own image, so only its test predictions are known",
    }
    if close:
        found["details"] = details(actual, predicted, is_part)
    return found, {"test": Predicted(actual, predicted)}


def diagnose(request: dict[str, Any]) -> dict[str, Any]:
    """Evaluates and compares the candidates of a request, and the baseline."""
    samples: dict[str, Sample] = {}
    tests: dict[str, Predicted] = {}
    found = []
    for candidate in request["candidates"]:
        close = candidate["name"] == request["detailed"]
        try:
            if "model" in candidate:
                one, known = diagnose_model(candidate, samples, request["features"], close)
            else:
                one, known = diagnose_predictions(candidate, close)
            if "test" in known:
                tests[candidate["name"]] = known["test"]
        except (InputError, ValueError, OSError) as error:
            one = {"name": candidate["name"], "splits": {}, "problem": str(error)}
        found.append(one)
    comparison = compare(tests, request["detailed"])
    return {"candidates": found, **comparison, **find_baseline(request, samples)}


def main(arguments: list[str]) -> None:
    """Runs the job."""
    request = json.loads(Path(arguments[0]).read_text("utf-8"))
    Path(request["output"]).write_text(json.dumps(diagnose(request)), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
