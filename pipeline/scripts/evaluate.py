"""Evaluates a model on the test data, which neither training nor tuning has seen.

Runs in a SageMaker processing job: on the image that trained the model, so that the library that
wrote the model reads it, or on the predictions of a batch transform. Writes ``predictions.csv``,
and ``evaluation.json`` in the form of Model Monitor's model quality, which Studio shows and the
pipeline's conditions read, with the number of test rows and a confidence interval of R². If the
rows have weights, metrics are weighted, like those of scikit-learn with ``sample_weight``.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import tarfile
import tempfile
from itertools import chain
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np

Predict = Callable[[np.ndarray], np.ndarray]

Pairs = tuple[np.ndarray, np.ndarray]
"""Actual and predicted values of rows."""

# Between two commas, or a comma and an end of the line.
EMPTY_FIELD = re.compile(rb"(?:^|(?<=,))(?=,)|(?<=,)$")

CONFIDENCE = 0.9
"""Confidence of intervals."""

RESAMPLES = 1_000
"""Bootstrap samples: enough for the ends of an interval to hardly depend on the seed."""

MIN_INTERVAL_ROWS = 20
"""Min rows for an interval: with fewer, a percentile bootstrap's coverage is much too low."""

MAX_DRAWS = 10_000
"""Draws in a bootstrap sample; more rows are drawn in groups of about the same size."""


MAX_LABELS = 10
"""Max labels of a column with a segment each; the others share one."""

SMALL_SEGMENT = 30
"""Rows below which a segment is marked, because its errors vary much by chance."""

FEW_ROWS = f"Fewer than {SMALL_SEGMENT} rows, so the errors vary much by chance."
"""A note in the model card."""

MAX_GROUP_NAME = 63
"""Max length of the name of a group of metrics in a model card."""


class InputError(Exception):
    """The model or the data cannot be evaluated."""


def read_rows(folder: Path) -> np.ndarray:
    """Reads all CSV files of a folder: label first, no header; empty fields become NaN.

    Raises:
        InputError: there are no rows, or a field is not a number.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    lines = (line for file in files for line in filled_lines(file))
    first = next(lines, None)
    if first is None:
        raise InputError(f"there are no rows in {folder}")
    try:
        return np.loadtxt(chain([first], lines), delimiter=",", ndmin=2)
    except ValueError as error:
        raise InputError(f"the test data is not all numbers: {error}") from error


def take_weights(rows: np.ndarray, weighted: bool) -> tuple[np.ndarray, np.ndarray | None]:
    """The rows, and the weights that their second column had, if any."""
    return (np.delete(rows, 1, axis=1), rows[:, 1]) if weighted else (rows, None)


def filled_lines(file: Path) -> Iterator[bytes]:
    """Yields the non-empty lines of a CSV file, with nan in empty fields."""
    with file.open("rb") as stream:
        for line in stream:
            stripped = line.rstrip(b"\r\n")
            if stripped:
                yield EMPTY_FIELD.sub(b"nan", stripped)


def extract(archive: Path, folder: Path) -> None:
    """Unpacks the regular files of a model archive into a folder, by their base names.

    Raises:
        InputError: the archive is missing or cannot be read.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isfile() else None
                if content is not None:
                    (folder / Path(member.name).name).write_bytes(content.read())
    except (OSError, tarfile.TarError) as error:
        raise InputError(f"cannot read the model {archive.name}: {error}") from error


def load_decision_tree(folder: Path) -> Predict:
    """Loads a model of the Decision Tree image."""
    from decision_tree.model import load

    return load(folder).predict


def load_xgboost(folder: Path) -> Predict:
    """Loads a model of the built-in XGBoost algorithm.

    All of its trees predict, as when it is served: a completed job only keeps the best rounds, and
    the image serves all saved rounds of a stopped job. Source: predict in serve_utils.py of
    aws/sagemaker-xgboost-container.
    """
    import xgboost

    booster = xgboost.Booster()
    booster.load_model(folder / "xgboost-model")
    return lambda features: booster.predict(xgboost.DMatrix(features))


LOADERS = {"decision-tree": load_decision_tree, "xgboost": load_xgboost}


def effective_rows(weights: np.ndarray) -> float:
    """The number of rows of equal weight whose mean varies as much. Source: Kish (1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def regression_metrics(
    actual: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None = None
) -> dict[str, float]:
    """Computes the metrics of a regression: R², and MSE, RMSE and MAE in the target's unit.

    Args:
        actual: Of the rows.
        predicted: Of the rows.
        weights: Of the rows, above zero; None if all count the same.

    Raises:
        InputError: R² is undefined, because the target is constant, or a value is not finite.
    """
    for name, values in (("targets", actual), ("predictions", predicted)):
        wrong = values.size - np.count_nonzero(np.isfinite(values))
        if wrong:
            raise InputError(f"{wrong} of {values.size} {name} are not finite numbers")
    error = actual - predicted
    with np.errstate(over="ignore"):
        mse = float(np.average(error**2, weights=weights))
    mean = np.average(actual, weights=weights)
    variance = float(np.average((actual - mean) ** 2, weights=weights))
    if variance == 0 or actual.min() == actual.max():
        raise InputError(f"all {actual.size} test rows have the same target, so R2 is undefined")
    metrics = {
        "r2": 1 - mse / variance,
        "mse": mse,
        "rmse": mse**0.5,
        "mae": float(np.average(np.abs(error), weights=weights)),
    }
    if not np.isfinite(list(metrics.values())).all():
        raise InputError(f"the errors are too large to square: mse is {mse}")
    return metrics


def resampled_means(columns: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """The means of columns in bootstrap samples of their rows, a row per sample.

    Rows are drawn with equal chances, and bring their weights. The seed is fixed, so equally many
    rows have the same samples. Many rows are drawn in random groups, whose mean varies as that of
    rows does, to limit the time.
    """
    random = np.random.default_rng(0)
    shares = np.ones(len(columns)) if weights is None else weights
    rows = np.column_stack([columns * shares[:, np.newaxis], shares])
    if len(rows) > MAX_DRAWS:
        starts = np.arange(MAX_DRAWS) * len(rows) // MAX_DRAWS
        rows = np.add.reduceat(rows[random.permutation(len(rows))], starts)
    count = len(rows)
    drawn = (random.integers(0, count, count) for _ in range(RESAMPLES))
    sums = np.stack([np.bincount(places, minlength=count) @ rows for places in drawn])
    return np.asarray(sums[:, :-1] / sums[:, -1:])


def resampled_r2(
    actual: np.ndarray, *predictions: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray | None:
    """R² of each model in bootstrap samples of the same rows: a row per sample, a column per model.

    None if there are fewer (effective) rows than MIN_INTERVAL_ROWS, or the R² of a sample is
    undefined, because its target is constant or too large to square.
    """
    size = actual.size if weights is None else effective_rows(weights)
    if size < MIN_INTERVAL_ROWS:
        return None
    target = actual - np.average(actual, weights=weights)
    with np.errstate(over="ignore", invalid="ignore"):
        errors = [(actual - predicted) ** 2 for predicted in predictions]
        means = resampled_means(np.column_stack([target, target**2, *errors]), weights)
        variance = means[:, 1] - means[:, 0] ** 2
        if not (variance > 1e-12 * np.var(actual)).all():
            return None
    return np.asarray(1 - means[:, 2:] / variance[:, np.newaxis])


def interval(resampled: np.ndarray) -> tuple[float, float]:
    """The central interval with CONFIDENCE of the resampled values."""
    low, high = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def half_width(actual: np.ndarray, predicted: np.ndarray, confidence: float) -> float | None:
    """Half the width of a prediction interval, from rows that the model was not fitted to.

    Split-conformal: a prediction plus and minus this contains the actual value of a new row with at
    least the confidence, for any model. Weights have no part in it. Source: Lei and others,
    "Distribution-Free Predictive Inference for Regression" (2018), algorithm 2.

    Returns:
        Half the width; None if there are too few rows for the confidence.
    """
    rank = math.ceil((actual.size + 1) * confidence)
    if rank > actual.size:
        return None
    return float(np.sort(np.abs(actual - predicted))[rank - 1])


def interval_report(validation: Pairs, test: Pairs, confidence: float) -> dict[str, float]:
    """Prediction intervals from validation rows, and the share of test rows that they cover.

    Raises:
        InputError: there are too few validation rows, or a residual of them is not finite.
    """
    half = half_width(*validation, confidence)
    count = validation[0].size
    if half is None or not np.isfinite(validation).all():
        why = "are too few" if half is None else "have residuals that are not finite"
        raise InputError(f"{count} validation rows {why} for intervals of {confidence:.0%}")
    covered = float(np.mean(np.abs(test[0] - test[1]) <= half))
    return {"confidence": confidence, "half_width": half, "item_count": count, "covered": covered}


def quarters(values: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """The names and rows of each quarter of numbers, and of missing ones.

    Where many rows have the same number, there are fewer parts than four.
    """
    known = np.isfinite(values)
    shares = [0.25, 0.5, 0.75]
    edges = np.unique(np.quantile(values[known], shares)) if known.any() else np.empty(0)
    parts = np.where(np.isnan(values), -1, np.searchsorted(edges, values))
    found = [(values[parts == part], parts == part) for part in np.unique(parts[parts >= 0])]
    ends = np.array([(inside.min(), inside.max()) for inside, _ in found]).ravel()
    # Enough digits to tell different ends apart; 17 always are.
    for digits in range(6, 18):
        texts = [f"{end:.{digits}g}" for end in ends]
        if len(set(texts)) == len(np.unique(ends)):
            break
    both = zip(texts[::2], texts[1::2])
    names = [f"= {low}" if low == high else f"{low} to {high}" for low, high in both]
    named = [(name, rows) for name, (_, rows) in zip(names, found)]
    return [*named, ("missing", parts == -1)]


def by_label(labels: list[str], places: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """The names and rows of the most frequent labels, of all others together, and of missing ones.

    Args:
        labels: Of the column.
        places: Each row's place in them; NaN if it is missing.
    """
    missing = np.isnan(places)
    codes = np.where(missing, len(labels), places).astype(int)
    counts = np.bincount(codes, minlength=len(labels) + 1)[: len(labels)]
    found = sorted(np.flatnonzero(counts), key=lambda code: (-counts[code], labels[code]))
    # A group of one other label would hide its name for nothing.
    shown = found if len(found) <= MAX_LABELS + 1 else found[:MAX_LABELS]
    others = ~missing & ~np.isin(codes, shown)
    return [
        *((f"= {' '.join(labels[code].split())}", codes == code) for code in shown),
        (f"{len(found) - len(shown)} other labels", others),
        ("missing", missing),
    ]


def read_segments(folder: Path, count: int) -> list[dict[str, Any]]:
    """Reads the values of the test rows that Preprocess has written.

    Raises:
        InputError: they do not belong to the rows.
    """
    columns = json.loads((folder / "segments.json").read_text())
    for column in columns:
        if len(column["values"]) != count:
            raise InputError(
                f"there are {count} predictions, but {len(column['values'])} test rows with "
                f"values of {column['column']}"
            )
    return list(columns)


def segment_errors(
    actual: np.ndarray,
    predicted: np.ndarray,
    columns: list[dict[str, Any]],
    weights: np.ndarray | None = None,
) -> list[dict[str, Any]]:
    """The errors by quarters of the target, and by the segments of each column.

    There is no R² of a segment: it would be low wherever the target hardly varies.
    """
    broken_down = [("Target", quarters(actual))]
    for column in columns:
        values = np.array(column["values"], dtype=float)
        parts = by_label(column["labels"], values) if "labels" in column else quarters(values)
        broken_down.append((column["column"], parts))
    found = []
    for name, parts in broken_down:
        segments = []
        for segment, rows in parts:
            errors = predicted[rows] - actual[rows]
            own = None if weights is None else weights[rows]
            if errors.size:
                segments.append(
                    {
                        "name": segment,
                        "rmse": float(np.sqrt(np.average(errors**2, weights=own))),
                        "mae": float(np.average(np.abs(errors), weights=own)),
                        "bias": float(np.average(errors, weights=own)),
                        "rows": int(errors.size),
                    }
                )
        found.append({"column": name, "segments": segments})
    return found


def metric_groups(
    metrics: dict[str, dict[str, float]], rows: int, segments: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The metrics of all rows and of each segment, as a model card has them."""
    groups = [(name, {**one, "rows": rows}) for name, one in metrics.items()]
    for column in segments:
        for segment in column["segments"]:
            values = {name: value for name, value in segment.items() if name != "name"}
            groups.append((group_name(column["column"], segment["name"]), values))
    return [
        {
            "name": group,
            "metric_data": [
                {
                    "name": name,
                    "type": "number",
                    "value": float(value),
                    **({"notes": FEW_ROWS} if name == "rows" and value < SMALL_SEGMENT else {}),
                }
                for name, value in values.items()
            ],
        }
        for group, values in groups
    ]


def group_name(column: str, segment: str) -> str:
    """The name of a group in a model card, of at most MAX_GROUP_NAME characters."""
    text = f"{column} {segment}"
    if len(text) > MAX_GROUP_NAME and len(column) > MAX_GROUP_NAME // 2:
        text = f"{column[: MAX_GROUP_NAME // 2 - 3]}... {segment}"
    return text if len(text) <= MAX_GROUP_NAME else f"{text[: MAX_GROUP_NAME - 3]}..."


def quality_report(
    actual: np.ndarray,
    predicted: np.ndarray,
    weights: np.ndarray | None = None,
    weight_column: str | None = None,
    columns: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The evaluation report: metrics, the number of rows, and the interval of R², if any.

    ``regression_metrics`` follows "Model quality metrics", and ``dataset`` "Schema for Statistics",
    in Model Monitor's guide. ``confidence_intervals`` and ``segments`` are our own, and so are
    ``model_card``, text that the model card includes, and ``sample_weight``, if metrics are
    weighted.

    Args:
        actual: Of each row.
        predicted: Of each row.
        weights: Of each row.
        weight_column: Their column.
        columns: To break the errors down by, see read_segments.

    Raises:
        InputError: see regression_metrics.
    """
    metrics = regression_metrics(actual, predicted, weights)
    named = {"Regression": metrics}
    if weights is not None:
        plain = regression_metrics(actual, predicted)
        # A group's name has at most 63 characters.
        title = f"Regression weighted by {weight_column}"[:63]
        named = {title: metrics, "Regression unweighted": plain}
    segments = segment_errors(actual, predicted, columns or [], weights)
    report: dict[str, Any] = {
        "regression_metrics": {
            name: {"value": value, "standard_deviation": "NaN"} for name, value in metrics.items()
        },
        "dataset": {"item_count": int(actual.size)},
        "segments": segments,
        "model_card": {"metric_groups": json.dumps(metric_groups(named, actual.size, segments))},
    }
    if weights is not None:
        report["sample_weight"] = {
            "column": weight_column,
            "effective_item_count": effective_rows(weights),
            "unweighted_r2": plain["r2"],
        }
    resampled = resampled_r2(actual, predicted, weights=weights)
    if resampled is not None:
        low, high = interval(resampled)
        r2 = {"confidence": CONFIDENCE, "low": low, "high": high}
        report["confidence_intervals"] = {"r2": r2}
    return report


def summary(report: dict[str, Any]) -> str:
    """The report as one line, for the log."""
    values = {name: one["value"] for name, one in report["regression_metrics"].items()}
    line = ", ".join(f"{name} {value:.6g}" for name, value in values.items())
    weight = report.get("sample_weight")
    if weight is not None:
        line = (
            f"weighted by {weight['column']}: {line}; unweighted r2 {weight['unweighted_r2']:.6g}"
        )
    line = f"{report['dataset']['item_count']} rows{': ' if weight is None else ' '}{line}"
    if "prediction_interval" in report:
        own = report["prediction_interval"]
        line += (
            f"; {own['confidence']:.0%} intervals are ± {own['half_width']:.6g} and cover "
            f"{own['covered']:.1%} of these"
        )
    if "confidence_intervals" not in report:
        return line
    r2 = report["confidence_intervals"]["r2"]
    return (
        f"{line}; r2 is {r2['low']:.4f} to {r2['high']:.4f} with {r2['confidence']:.0%} confidence"
    )


def predict_rows(
    algorithm: str, model: Path, data: Path, weighted: bool = False
) -> tuple[Pairs, np.ndarray | None]:
    """Predicts the rows in a folder with a model.

    Returns: the actual and predicted values, and the weights if rows have some.

    Raises:
        InputError: the model or the data cannot be read.
    """
    rows, weights = take_weights(read_rows(data), weighted)
    with tempfile.TemporaryDirectory() as folder:
        extract(model / "model.tar.gz", Path(folder))
        predict = LOADERS[algorithm](Path(folder))
        predicted = predict(rows[:, 1:])
    return (rows[:, 0], np.asarray(predicted, dtype=np.float64)), weights


def read_predictions(folder: Path) -> Pairs:
    """Reads the output of a batch transform: the actual value and the prediction of each row.

    Raises:
        InputError: the rows are not pairs of numbers.
    """
    rows = read_rows(folder)
    if rows.shape[1] != 2:
        raise InputError(f"predictions have {rows.shape[1]} columns, not 2: actual and predicted")
    return rows[:, 0], rows[:, 1]


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Parses the command line: a model and test data, or predictions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--algorithm", choices=sorted(LOADERS))
    parser.add_argument("--model", type=Path, help="folder of model.tar.gz")
    parser.add_argument("--test", type=Path, help="folder of CSV files, label first")
    parser.add_argument("--validation", type=Path, help="as --test, for prediction intervals")
    parser.add_argument("--confidence", type=float, help="of prediction intervals")
    parser.add_argument("--sample-weight", help="name of the second column, if it weights the rows")
    parser.add_argument("--predictions", type=Path, help="folder of CSV files: actual, predicted")
    parser.add_argument("--segments", type=Path, help="folder of the test rows' segments.json")
    parser.add_argument("--output", type=Path, required=True, help="folder for the report")
    parser.add_argument(
        "--message", type=Path, required=True, help="file for the reason of a failure"
    )
    options = parser.parse_args(arguments)
    model = (options.algorithm, options.model, options.test)
    if (options.predictions is None) == (None in model):
        parser.error("give either --predictions, or --algorithm, --model and --test")
    if (options.validation is None) != (options.confidence is None):
        parser.error("give both of --validation and --confidence, or neither")
    if options.sample_weight is not None and options.predictions is not None:
        parser.error("--sample-weight requires --test, because predictions have no weights")
    return options


def main(arguments: list[str] | None = None) -> None:
    """Runs the script.

    Raises:
        SystemExit: the model or the data cannot be evaluated.
    """
    options = parse(arguments)
    try:
        weights = None
        given = (options.algorithm, options.model)
        weighted = options.sample_weight is not None
        if options.predictions is None:
            (actual, predicted), weights = predict_rows(*given, options.test, weighted)
        else:
            actual, predicted = read_predictions(options.predictions)
        segments = None
        if options.segments is not None:
            segments = read_segments(options.segments, actual.size)
        report = quality_report(actual, predicted, weights, options.sample_weight, segments)
        if options.validation is not None:
            known, _ = predict_rows(*given, options.validation, weighted)
            report["prediction_interval"] = interval_report(
                known, (actual, predicted), options.confidence
            )
    except InputError as error:
        options.message.parent.mkdir(parents=True, exist_ok=True)
        options.message.write_text(str(error))
        sys.exit(f"error: {error}")

    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "evaluation.json").write_text(json.dumps(report, indent=2))
    np.savetxt(
        options.output / "predictions.csv",
        np.column_stack([actual, predicted]),
        fmt="%.10g",
        delimiter=",",
        header="actual,predicted",
        comments="",
    )
    print(summary(report))


if __name__ == "__main__":
    main()
