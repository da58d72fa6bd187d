"""Counts rows in cells of features, pairs, predictions and errors, to detect drift.

A reference defines the cells, from a model's training and test data, and has the number of its rows
in each. An endpoint's rows are counted in the same cells. Only the counts are stored, so days add
up to weeks, and a million rows take as much space as ten. Uses only Python 3.9 and NumPy: it runs
in the images of all algorithms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Sequence

import numpy as np
from processing_job import InputError

VERSION = 1
MISSING, UNSEEN = 0, 1
"""Cells of every feature: for missing values, and for values that training hardly had."""

FIRST = 2
"""The first of the other cells."""

MAX_VALUES = 20
"""A feature with more distinct values is divided into ranges."""

RANGES = 10
"""Ranges of a feature, with equal counts."""

TAIL = 0.0005
"""Share of the training rows beyond each end of the ranges, which count as unseen."""

GROUPS = 4
"""Groups of neighbouring cells for pairs, plus one for the rest."""

PAIR_CELLS = (GROUPS + 1) ** 2
"""Cells of a pair of features."""

CONFIDENCE = 0.9
"""How often an interval around a prediction has the actual value."""


@dataclass(frozen=True)
class Scale:
    """The cells of numbers: single values, or ranges between edges.

    Attributes:
        points: Values or edges, ascending.
        ranges: Whether they are edges.
    """

    points: np.ndarray
    ranges: bool

    @staticmethod
    def of(numbers: np.ndarray) -> Scale:
        """The scale of finite numbers: at most MAX_VALUES values, else RANGES ranges."""
        values = np.unique(numbers)
        if len(values) <= MAX_VALUES:
            return Scale(values, False)
        quantiles = [TAIL, *np.linspace(0, 1, RANGES + 1)[1:-1], 1 - TAIL]
        edges = np.quantile(numbers, quantiles, method="inverted_cdf")
        edges, often = np.unique(edges, return_counts=True)
        # A frequent number gets its own range.
        return Scale(np.union1d(edges, np.nextafter(edges[often > 1], np.inf)), True)

    @property
    def size(self) -> int:
        """Number of cells, including those of every feature."""
        return FIRST + len(self.points) - int(self.ranges)

    def place(self, numbers: np.ndarray) -> np.ndarray:
        """The cell of each number."""
        points = self.points
        if self.ranges:
            index = np.searchsorted(points[1:-1], numbers, side="right")
            known = (numbers >= points[0]) & (numbers <= points[-1])
        else:
            index = np.searchsorted(points, numbers)
            known = np.append(points, np.nan)[index] == numbers
        cells = np.where(known, index + FIRST, UNSEEN)
        return np.asarray(np.where(np.isnan(numbers), MISSING, cells))

    def json(self) -> dict[str, Any]:
        """The scale for JSON."""
        return {"edges" if self.ranges else "values": self.points.tolist()}

    @staticmethod
    def parse(document: dict[str, Any]) -> Scale:
        """The scale from JSON."""
        name = "edges" if "edges" in document else "values"
        return Scale(np.asarray(document[name], dtype=float), name == "edges")


@dataclass(frozen=True)
class Feature:
    """A column, or the one-hot columns of a category.

    Attributes:
        name: Of the column or category.
        columns: Indices of the model's features; a category has one per label.
        scale: The cells of a column; a category has a cell per label, and one for none of them.
        counts: Training rows in each cell.
    """

    name: str
    columns: tuple[int, ...]
    scale: Scale | None
    counts: np.ndarray

    @property
    def size(self) -> int:
        """Number of cells."""
        return self.scale.size if self.scale is not None else FIRST + len(self.columns) + 1

    def place(self, rows: np.ndarray) -> np.ndarray:
        """The cell of each row."""
        if self.scale is not None:
            return self.scale.place(rows[:, self.columns[0]])
        labels = rows[:, list(self.columns)]
        is_one, is_zero = labels == 1, labels == 0
        count = is_one.sum(axis=1)
        known = (count <= 1) & (is_one | is_zero).all(axis=1)
        cells = FIRST + np.where(count == 1, is_one.argmax(axis=1), len(self.columns))
        # If all training rows had a label, a row without one has a new label.
        if len(self.counts) and self.counts[-1] == 0:
            known &= count == 1
        missing = np.isnan(labels).any(axis=1)
        return np.asarray(np.where(missing, MISSING, np.where(known, cells, UNSEEN)))

    @property
    def groups(self) -> np.ndarray:
        """The group of each cell, 0 to GROUPS: neighbours, with about equal counts."""
        below = np.cumsum(self.counts[FIRST:]) - self.counts[FIRST:] / 2
        total = max(float(self.counts[FIRST:].sum()), 1.0)
        groups = np.minimum((below / total * GROUPS).astype(int), GROUPS - 1)
        return np.concatenate([np.full(FIRST, GROUPS), groups])


@dataclass(frozen=True)
class Counts:
    """Counts of a period's rows.

    Attributes:
        rows: Total.
        features: By feature and cell.
        pairs: By pair and cell.
        predictions: By cell of the predictions.
        residuals: Labelled rows, by cell of the residuals (predicted minus actual).
        uncovered: Labelled rows whose label is outside the interval around the prediction.
        absolute_error: Sum of the labelled rows' absolute errors.
    """

    rows: int
    features: list[np.ndarray]
    pairs: list[np.ndarray]
    predictions: np.ndarray
    residuals: np.ndarray
    uncovered: int
    absolute_error: float

    @property
    def labelled(self) -> int:
        """Number of labelled rows."""
        return int(self.residuals.sum())

    def __add__(self, other: Counts) -> Counts:
        """The sum of two periods' counts."""
        return Counts(
            self.rows + other.rows,
            [one + two for one, two in zip(self.features, other.features)],
            [one + two for one, two in zip(self.pairs, other.pairs)],
            self.predictions + other.predictions,
            self.residuals + other.residuals,
            self.uncovered + other.uncovered,
            self.absolute_error + other.absolute_error,
        )

    def json(self) -> dict[str, Any]:
        """The counts for JSON."""
        return {
            "rows": self.rows,
            "features": [one.tolist() for one in self.features],
            "pairs": [one.tolist() for one in self.pairs],
            "predictions": self.predictions.tolist(),
            "residuals": self.residuals.tolist(),
            "uncovered": self.uncovered,
            "absoluteError": self.absolute_error,
        }

    @staticmethod
    def parse(document: dict[str, Any]) -> Counts:
        """The counts from JSON."""
        return Counts(
            document["rows"],
            [np.asarray(one) for one in document["features"]],
            [np.asarray(one) for one in document["pairs"]],
            np.asarray(document["predictions"]),
            np.asarray(document["residuals"]),
            document["uncovered"],
            document["absoluteError"],
        )


@dataclass(frozen=True)
class Errors:
    """Errors of labelled rows: cells, whether labels are outside the interval, absolute values."""

    cells: np.ndarray
    uncovered: np.ndarray
    sizes: np.ndarray


@dataclass(frozen=True)
class Placed:
    """The cells of rows, with a column per feature and pair; without labels, no errors."""

    features: np.ndarray
    pairs: np.ndarray
    predictions: np.ndarray
    errors: Errors | None

    def take(self, rows: np.ndarray) -> Placed:
        """The cells of selected rows."""
        errors = self.errors
        return Placed(
            self.features[rows],
            self.pairs[rows],
            self.predictions[rows],
            errors and Errors(errors.cells[rows], errors.uncovered[rows], errors.sizes[rows]),
        )


@dataclass(frozen=True)
class Reference:
    """The reference that a model's requests are compared with.

    Attributes:
        columns: Names of a request's columns, in order.
        features: The columns and categories to compare.
        pairs: Indices of two features each, whose dependence is compared.
        pair_counts: Training rows in the cells of each pair.
        predictions: The cells of the predictions, and their test rows.
        residuals: The cells of the residuals, and their test rows.
        errors: Mean absolute error of the test rows in each cell of the predictions.
        widths: Half the interval around a prediction in each of these cells (split-conformal).
    """

    columns: tuple[str, ...]
    features: tuple[Feature, ...]
    pairs: tuple[tuple[int, int], ...]
    pair_counts: tuple[np.ndarray, ...]
    predictions: tuple[Scale, np.ndarray]
    residuals: tuple[Scale, np.ndarray]
    errors: np.ndarray
    widths: np.ndarray

    @property
    def error(self) -> float:
        """Mean absolute error of the test rows."""
        counts = self.predictions[1]
        return float((counts * self.errors).sum() / counts.sum())

    def expected_error(self, counts: Counts) -> float:
        """Expected mean absolute error: that of the test rows with similar predictions."""
        return float((counts.predictions * self.errors).sum() / counts.predictions.sum())

    def place(
        self, rows: np.ndarray, predictions: np.ndarray, labels: np.ndarray | None = None
    ) -> Placed:
        """Finds the cells of rows, of their predictions, and of the errors, if known.

        Raises:
            InputError: the number of columns is wrong.
        """
        if rows.shape[1] != len(self.columns):
            raise InputError(
                f"the rows have {rows.shape[1]} columns; the model has {len(self.columns)} features"
            )
        features = [feature.place(rows).astype(np.uint16) for feature in self.features]
        groups = [one.groups[cells] for one, cells in zip(self.features, features)]
        pairs = [pair_cells(groups[a], groups[b]) for a, b in self.pairs]
        cells = self.predictions[0].place(predictions)
        errors = None
        if labels is not None:
            residuals = predictions - labels
            sizes = np.abs(residuals)
            errors = Errors(self.residuals[0].place(residuals), sizes > self.widths[cells], sizes)
        return Placed(_columns(features, rows), _columns(pairs, rows), cells, errors)

    def count(self, placed: Placed, weights: np.ndarray | None = None) -> Counts:
        """Counts rows in cells.

        Args:
            placed: The rows.
            weights: How often each row occurs; default once.
        """
        ones = np.ones(len(placed.predictions), dtype=np.int64) if weights is None else weights

        def count(cells: np.ndarray, size: int) -> np.ndarray:
            return np.bincount(cells, ones, minlength=size).astype(np.int64)

        errors, residuals = placed.errors, self.residuals[0].size
        return Counts(
            int(ones.sum()),
            [count(cells, one.size) for one, cells in zip(self.features, placed.features.T)],
            [count(cells, PAIR_CELLS) for cells in placed.pairs.T],
            count(placed.predictions, self.predictions[0].size),
            count(errors.cells, residuals) if errors else np.zeros(residuals, dtype=np.int64),
            int(ones[errors.uncovered].sum()) if errors else 0,
            float((ones * errors.sizes).sum()) if errors else 0.0,
        )

    def json(self) -> dict[str, Any]:
        """The reference for JSON."""
        return {
            "version": VERSION,
            "columns": list(self.columns),
            "features": [
                {
                    "name": one.name,
                    "columns": list(one.columns),
                    "scale": None if one.scale is None else one.scale.json(),
                    "counts": one.counts.tolist(),
                }
                for one in self.features
            ],
            "pairs": [
                {"features": list(pair), "counts": counts.tolist()}
                for pair, counts in zip(self.pairs, self.pair_counts)
            ],
            "predictions": {**self.predictions[0].json(), "counts": self.predictions[1].tolist()},
            "residuals": {**self.residuals[0].json(), "counts": self.residuals[1].tolist()},
            "errors": self.errors.tolist(),
            "widths": self.widths.tolist(),
        }

    @staticmethod
    def parse(document: dict[str, Any]) -> Reference:
        """The reference from JSON.

        Raises:
            InputError: it is not valid, or has another version.
        """
        try:
            if document["version"] != VERSION:
                raise InputError(
                    f"the reference has version {document['version']}, this script reads {VERSION}"
                )
            features = tuple(
                Feature(
                    one["name"],
                    tuple(one["columns"]),
                    None if one["scale"] is None else Scale.parse(one["scale"]),
                    np.asarray(one["counts"]),
                )
                for one in document["features"]
            )
            scaled = [
                (Scale.parse(document[name]), np.asarray(document[name]["counts"]))
                for name in ("predictions", "residuals")
            ]
            return Reference(
                tuple(document["columns"]),
                features,
                tuple((one["features"][0], one["features"][1]) for one in document["pairs"]),
                tuple(np.asarray(one["counts"]) for one in document["pairs"]),
                scaled[0],
                scaled[1],
                np.asarray(document["errors"], dtype=float),
                np.asarray(document["widths"], dtype=float),
            )
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise InputError(f"the reference is not valid: {error!r}") from None


def pair_cells(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The cells of a pair of features, from the group of each."""
    return np.asarray(one * (GROUPS + 1) + other, dtype=np.uint16)


def _columns(columns: Sequence[np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Columns side by side; there may be none."""
    if not columns:
        return np.zeros((len(rows), 0), dtype=np.uint16)
    # In column order, because columns are counted one at a time.
    return np.asfortranarray(np.column_stack(columns))
