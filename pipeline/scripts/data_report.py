"""Counts and warnings about the split rows, before anything is tuned.

Duplicates are counted among all rows, with eight bytes each. Everything else is found in a sample
of limited size, drawn by the seed; small tables are used whole.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
from array import array
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple, Sequence

import numpy as np
from processing_job import InputError
from sample_weights import Weights

PARTS = ("train", "validation", "test")
MAX_SAMPLED_ROWS = 100_000
MAX_SAMPLED_CELLS = 4_000_000
# A column that explains this share of the target's variance probably derives from the target.
LEAK = 0.98
MIN_LEAK_ROWS = 20
# A sum, a difference or a product that is the target: so little is left of no other formula.
JOINT_LEAK = 0.9999
MAX_JOINT_ROWS = 5_000
MAX_JOINT_FEATURES = 200
MAX_NAMED = 5
MISSING = 0.5
# Share of the rows of other parts that are also in an earlier part.
DUPLICATES = 0.01
MIN_DUPLICATES = 3
# Standard deviations between the means of two parts, and standard errors, because small parts vary.
DRIFT = 0.5
DRIFT_ERRORS = 4
MIN_DRIFT_ROWS = 10
MIN_ID_ROWS = 25


class Finding(NamedTuple):
    """A warning.

    Attributes:
        kind: "constant", "drift", "duplicates", "id", "labels", "leak", "missing" or "scale".
        column: The feature, if it is about one.
        text: Description.
        value: The number in the text, if any.
    """

    kind: str
    column: str | None
    text: str
    value: float | None = None


class Sample:
    """The values of a sample of rows, and hashes of all rows."""

    def __init__(self, columns: Sequence[str], assignment: np.ndarray, seed: int) -> None:
        """Starts empty; `columns` are the target and the features, `assignment` the rows' parts."""
        rows = len(assignment)
        size = min(rows, MAX_SAMPLED_ROWS, max(1000, MAX_SAMPLED_CELLS // len(columns)))
        self.columns = list(columns)
        self.assignment = assignment
        self._is_chosen = np.zeros(rows, dtype=bool)
        self._is_chosen[np.random.RandomState(seed).permutation(rows)[:size]] = True
        self._hashes = array("q")
        self._cells = array("d")

    def add(self, line: bytes, own: bytes | None = None) -> None:
        """Adds the next row as text, and the text that identifies it, if different."""
        row = len(self._hashes)
        self._hashes.append(hash(own or line))
        if self._is_chosen[row]:
            fields: Sequence[bytes | str] = line.split(b",")
            if len(fields) != len(self.columns):
                fields = next(csv.reader([line.decode()]))
            self._cells.extend(map(_number, fields))

    def report(
        self,
        rows_read: int,
        table_columns: int,
        others: list[Finding],
        weights: Weights | None = None,
        queried: dict[str, int] | None = None,
    ) -> dict[str, Any]:
        """The report, for JSON.

        Args:
            rows_read: Number of rows, including those without a target.
            table_columns: Number of the table's columns that the features are derived from.
            others: Further findings.
            weights: Of the rows, if they have some; nothing here is weighted.
            queried: Numbers of rows of the table and of the query's result, if they are known.
        """
        values = np.asarray(self._cells).reshape(-1, len(self.columns))
        part = self.assignment[self._is_chosen]
        shares = 1 - np.isfinite(values).mean(axis=0)
        used = len(self.assignment)
        found = [*others, *self._duplicates(), *_findings(self.columns, values, part, used)]
        counts = np.bincount(self.assignment, minlength=len(PARTS)).tolist()
        left_out = 0 if weights is None else len(weights.zeros)
        return {
            "version": 1,
            "target": self.columns[0],
            "rows": {
                **(queried or {}),
                "read": rows_read,
                "withoutTarget": rows_read - left_out - used,
                "used": used,
            },
            **({} if weights is None else {"sampleWeight": weights.report()}),
            "parts": dict(zip(PARTS, counts)),
            "columns": table_columns,
            "features": len(self.columns) - 1,
            "sampledRows": len(values),
            "missing": {
                name: round(share, 4) for name, share in zip(self.columns, shares.tolist()) if share
            },
            "findings": [finding._asdict() for finding in found],
        }

    def _duplicates(self) -> Iterator[Finding]:
        hashes = np.asarray(self._hashes)
        others = self.assignment > 0
        shared = sum(
            int(np.isin(hashes[self.assignment == part], hashes[self.assignment < part]).sum())
            for part in range(1, len(PARTS))
        )
        share = shared / max(int(others.sum()), 1)
        if share > DUPLICATES and shared >= MIN_DUPLICATES:
            yield Finding(
                "duplicates",
                None,
                f"{shared} of {others.sum()} validation and test rows are also in an earlier part, "
                "so they do not test the model on new rows",
                round(share, 4),
            )


def summary(report: dict[str, Any]) -> str:
    """The report as one line."""
    rows, warnings = report["rows"], len(report["findings"])
    weight = report.get("sampleWeight")
    zeros = f"{weight['zeros']} of weight 0, " if weight and weight["zeros"] else ""
    weighted = (
        f"weighted by {weight['column']} (effective sample size {weight['effectiveRows']:.0f}); "
        if weight
        else ""
    )
    without = f"{rows['withoutTarget']} without {report['target']}, "
    return (
        f"{_excluded(rows)}"
        f"{rows['read']} rows read, {without if rows['withoutTarget'] else ''}{zeros}"
        f"{rows['used']} used: "
        f"{' / '.join(str(report['parts'][part]) for part in PARTS)}; "
        f"{report['columns']} columns, {report['features']} features; {weighted}"
        f"{warnings} warning{'' if warnings == 1 else 's'}"
    )


def _excluded(rows: dict[str, int]) -> str:
    """The rows that the filter and the flow excluded, as in local/records/dataReport.ts."""
    table, selected = rows.get("table", rows["read"]), rows.get("selected", rows["read"])
    left = [(table - selected, "by the filter"), (selected - rows["read"], "by the flow")]
    reasons = [f"{count} excluded {why}" for count, why in left if count > 0]
    return f"{table} rows in the table, {', '.join(reasons)}; " if reasons else ""


def read_counts(folder: Path) -> dict[str, int]:
    """The row of the query that counts rows, from its files: JSON, gzip-compressed or not.

    Raises:
        InputError: They have something else.
    """
    try:
        files = [path.read_bytes() for path in sorted(folder.iterdir())]
        texts = [gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data for data in files]
        row = json.loads(b"".join(texts))
        return {"table": int(row["table_rows"]), "selected": int(row["selected_rows"])}
    except (KeyError, OSError, TypeError, ValueError) as error:
        raise InputError(f"the query that counts the rows has no counts: {error!r}") from None


def _number(field: bytes | str) -> float:
    try:
        return float(field)
    except ValueError:
        return math.nan


def _findings(
    columns: Sequence[str], values: np.ndarray, part: np.ndarray, rows: int
) -> Iterator[Finding]:
    target = values[:, 0]
    for place, name in enumerate(columns):
        column = values[:, place]
        known = np.isfinite(column)
        share = 1 - float(known.mean())
        if place and known.sum() >= MIN_LEAK_ROWS:
            worth = next((pair for pair in _worths(column, target, part) if pair[0] > LEAK), None)
            if worth is not None:
                text = f"gives the target away: R2 {worth[0]:.4f} by {worth[1]}"
                yield Finding("leak", name, f"{name}: {text}", round(worth[0], 6))
            if share == 0 and _is_id(name, column, rows):
                yield Finding("id", name, f"{name}: identifies rows, since each value occurs once")
        if share > MISSING:
            text = f"{name}: missing in {share:.0%} of the rows"
            yield Finding("missing", name, text, round(share, 4))
        yield from _drift(name, column, known, part)
    for name, labels in _label_groups(columns, values):
        r2 = _explained_by_labels(labels, target, part == 0)
        if r2 > LEAK:
            text = f"gives the target away: R2 {r2:.4f} by its labels alone"
            yield Finding("leak", name, f"{name}: {text}", round(r2, 6))
    yield from _joint_leak(columns, values, part)


def _worths(
    column: np.ndarray, target: np.ndarray, part: np.ndarray
) -> Iterator[tuple[float, str]]:
    """Shares of the target's variance that a column explains, in several ways, and by what."""
    known = np.isfinite(column)
    yield explained(column[known], target[known], part[known] == 0), "this column alone"
    yield _explained_by_labels(known.astype(int), target, part == 0), "where this column is missing"
    # A number that stands for no value, such as -1.
    values, counts = np.unique(column[known], return_counts=True)
    value = float(values[np.argmax(counts)])
    rest = known & (column != value)
    if counts.max() >= MIN_LEAK_ROWS and rest.sum() >= MIN_LEAK_ROWS:
        r2 = explained(column[rest], target[rest], part[rest] == 0)
        yield r2, f"this column alone, where it is not {value:.6g}"


def explained(column: np.ndarray, target: np.ndarray, is_train: np.ndarray) -> float:
    """The maximal share of the target's variance that a column explains by itself.

    The maximum of the squared rank correlation, and the R2, in other rows than train's, of a line,
    a step function and a piecewise linear function fitted to train's.
    """
    if column.min() == column.max() or target.min() == target.max():
        return 0.0
    best = float(np.corrcoef(_ranks(column), _ranks(target))[0, 1]) ** 2
    x, y = column[is_train], target[is_train]
    tests = target[~is_train]
    if len(x) < MIN_LEAK_ROWS or len(tests) < MIN_LEAK_ROWS or x.min() == x.max():
        return best
    variance = float(((tests - tests.mean()) ** 2).sum())
    for fit in (_line, _steps, _points):
        error = float(((fit(x, y)(column[~is_train]) - tests) ** 2).sum())
        best = max(best, 1 - error / variance if variance > 0 else 0.0)
    return best


def _label_groups(columns: Sequence[str], values: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """The columns that are encoded one-hot, with a number for each row's label.

    They are taken to be such: features of 0 and 1 that begin alike, of which a row has at most one.
    """
    flags = [
        place
        for place in range(1, len(columns))
        if (np.isin(values[:, place], (0, 1))).all() and "_" in columns[place]
    ]
    groups: dict[str, list[int]] = {}
    for place in flags:
        words = columns[place].split("_")
        for count in range(1, len(words)):
            groups.setdefault("_".join(words[:count]), []).append(place)
    # The shortest beginning that they share is the column's name, unless other columns share it.
    taken: set[int] = set()
    for name, places in sorted(groups.items(), key=lambda group: len(group[0])):
        group = values[:, places]
        if len(places) > 2 and taken.isdisjoint(places) and group.sum(axis=1).max() <= 1:
            taken.update(places)
            yield name, (group @ np.arange(1, len(places) + 1)).astype(int)


def _explained_by_labels(labels: np.ndarray, target: np.ndarray, is_train: np.ndarray) -> float:
    """R2 of the train rows' mean by label, in other rows whose label train has."""
    counts = np.bincount(labels[is_train], minlength=labels.max() + 1)
    sums = np.bincount(labels[is_train], target[is_train], minlength=len(counts))
    tests = ~is_train & (counts[labels] > 0)
    variance = float(((target[tests] - target[tests].mean()) ** 2).sum()) if tests.any() else 0.0
    if variance == 0 or tests.sum() < MIN_LEAK_ROWS:
        return 0.0
    error = float(((sums[labels[tests]] / counts[labels[tests]] - target[tests]) ** 2).sum())
    return 1 - error / variance


def _joint_leak(columns: Sequence[str], values: np.ndarray, part: np.ndarray) -> Iterator[Finding]:
    """Columns of which the target is a weighted sum or a product, where none is that alone."""
    rows = np.flatnonzero(np.isfinite(values).all(axis=1))[:MAX_JOINT_ROWS]
    if len(rows) < MIN_LEAK_ROWS:
        return
    known = values[rows]
    for form in ("weighted sum", "product of powers"):
        usable = known.min(axis=0) < known.max(axis=0)
        is_product = form == "product of powers"
        if is_product:
            usable &= known.min(axis=0) > 0
        if not usable[0]:
            continue
        taken = known[:, usable]
        chosen, r2 = _combination(np.log(taken) if is_product else taken, part[rows] == 0)
        if len(chosen) > 1:
            names = [columns[place] for place in np.flatnonzero(usable)[chosen]]
            more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
            shown = ", ".join(names[:MAX_NAMED])
            text = f"the target is a {form} of them (R2 {r2:.4f}), so it may be computed from them"
            yield Finding("leak", None, f"{shown}{more}: {text}", round(r2, 6))
            return


def _combination(known: np.ndarray, is_train: np.ndarray) -> tuple[list[int], float]:
    """The columns of which the first is a linear combination, and R2; no columns if it is none.

    It is fitted to train's rows, and R2 is that of the others.
    """
    known = (known - known.mean(axis=0)) / known.std(axis=0)
    train, tests = known[is_train], known[~is_train]
    likeness = np.abs(train[:, 1:].T @ train[:, 0])
    places = 1 + np.argsort(-likeness)[: min(MAX_JOINT_FEATURES, len(train) // 2)]
    variance = float(((tests[:, 0] - tests[:, 0].mean()) ** 2).sum())
    if len(tests) < MIN_LEAK_ROWS or len(places) == 0 or variance == 0:
        return [], 0.0

    def fit(taken: Sequence[int] | np.ndarray) -> tuple[np.ndarray, float]:
        """What is left of the target in train's rows, and R2 in the others."""
        weights = np.linalg.lstsq(train[:, taken], train[:, 0], rcond=None)[0]
        error = float(((tests[:, taken] @ weights - tests[:, 0]) ** 2).sum())
        return train[:, 0] - train[:, taken] @ weights, 1 - error / variance

    if fit(places)[1] < JOINT_LEAK:
        return [], 0.0
    chosen: list[int] = []
    left, r2 = train[:, 0], 0.0
    while r2 < JOINT_LEAK and len(chosen) < len(places):
        scores = np.abs(train[:, places].T @ left)
        scores[np.isin(places, chosen)] = -1
        chosen.append(int(places[np.argmax(scores)]))
        left, r2 = fit(chosen)
    for place in chosen[:-1]:
        others = [one for one in chosen if one != place]
        if fit(others)[1] >= JOINT_LEAK:
            chosen = others
    return chosen, fit(chosen)[1]


def _ranks(values: np.ndarray) -> np.ndarray:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: np.ndarray = (np.cumsum(counts) - counts / 2)[place]
    return ranks


def _line(x: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    distance = x - x.mean()
    slope = (distance * y).sum() / (distance * distance).sum()
    return lambda others: y.mean() + slope * (others - x.mean())


def _steps(x: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    count = min(100, len(x) // 5)
    edges = np.unique(np.quantile(x, np.linspace(0, 1, count + 1)[1:-1]))
    place = np.searchsorted(edges, x, side="right")
    counts = np.bincount(place, minlength=len(edges) + 1)
    sums = np.bincount(place, y, minlength=len(edges) + 1)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), y.mean())
    return lambda others: means[np.searchsorted(edges, others, side="right")]


def _points(x: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    points, place, counts = np.unique(x, return_inverse=True, return_counts=True)
    means = np.bincount(place, y) / counts
    return lambda others: np.interp(others, points, means)


def _is_id(name: str, column: np.ndarray, rows: int) -> bool:
    """Whether whole numbers are distinct and dense, or their column is named like an id.

    The days of a table with a row a day are so too, but they are times.
    """
    if (
        name.endswith("_days_since_epoch")
        or len(column) < MIN_ID_ROWS
        or (column != np.floor(column)).any()
    ):
        return False
    words = name.lower().split("_")
    is_named = words[-1] in ("id", "uuid", "guid", "key", "index", "no", "number")
    is_close = column.max() - column.min() < 1.1 * rows
    return (is_named or bool(is_close)) and len(np.unique(column)) == len(column)


def _drift(name: str, column: np.ndarray, known: np.ndarray, part: np.ndarray) -> Iterator[Finding]:
    """The part whose mean is farthest from train's, if it is far."""
    train = column[known & (part == 0)]
    worst = (0.0, "")
    for other in range(1, len(PARTS)):
        values = column[known & (part == other)]
        if min(len(train), len(values)) < MIN_DRIFT_ROWS:
            continue
        deviation = math.sqrt((float(train.var()) + float(values.var())) / 2)
        error = math.sqrt(1 / len(train) + 1 / len(values))
        effect = abs(float(values.mean() - train.mean())) / deviation if deviation > 0 else 0.0
        if effect > max(DRIFT, DRIFT_ERRORS * error):
            worst = max(worst, (effect, PARTS[other]))
    effect, other_part = worst
    if effect > 0:
        text = f"differs by {effect:.1f} standard deviations between train and {other_part} rows"
        yield Finding("drift", name, f"{name}: {text}", round(effect, 4))
