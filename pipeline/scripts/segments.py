"""Errors by the values of columns, and as groups of metrics of a model card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from processing_job import InputError

MAX_LABELS = 10
"""Max labels of a column with a segment each; the others share one."""

SMALL_SEGMENT = 30
"""Rows below which a segment is marked, because its errors vary a lot by chance."""

FEW_ROWS = f"Fewer than {SMALL_SEGMENT} rows, so the errors vary a lot by chance."
"""A note in the model card."""

MAX_GROUP_NAME = 63
"""Max length of the name of a group of metrics in a model card."""


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

    `places` are the rows' places in the labels, NaN if missing.
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
