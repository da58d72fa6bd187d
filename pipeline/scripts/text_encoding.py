"""Encodes text columns as numbers, by values learned from the train rows only.

Target encoding is that of scikit-learn's TargetEncoder, except that rare labels are merged. A train
row is encoded by the other folds, so its own target has no effect.
"""

from __future__ import annotations

from array import array
from typing import Any, Sequence
from urllib.parse import unquote_plus

import numpy as np
from processing_job import InputError

BLANKS = "".join(map(chr, range(33)))
"""Spark trims these when it writes CSV."""


class TextColumn:
    """A column of text to encode.

    `numbers` has its labels, numbered in order of occurrence, of which empty text is a missing
    value, and `codes` the number of each row's.
    """

    def __init__(self, given: dict[str, Any]) -> None:
        """Starts empty.

        Args:
            given: The configuration: "column", "as" (oneHot, ordinal or target), and accordingly
                "labels", "minRows", "smoothing" and "folds".
        """
        self.name: str = given["column"]
        self.kind: str = given["as"]
        self.listed: list[str] | None = given.get("labels")
        self.min_rows: int = given.get("minRows", 1)
        self.smoothing: float | str = given.get("smoothing", "auto")
        self.folds: int = given.get("folds", 5)
        self.is_percent_encoded: bool = given.get("percentEncoded", False)
        self.codes = array("i")
        self.numbers: dict[str, int] = {}

    def add(self, text: str) -> None:
        """Adds the value of a row."""
        if self.is_percent_encoded:
            text = unquote_plus(text, errors="strict")
        number = self.numbers.setdefault(text.strip(BLANKS), len(self.numbers))
        self.codes.append(number)

    @property
    def is_empty(self) -> bool:
        """Whether all values are missing."""
        return set(self.numbers) <= {""}

    def labels(self, codes: np.ndarray) -> list[str]:
        """The labels with their own encoding: those listed, or all that are frequent enough.

        Raises:
            InputError: there are none.
        """
        counts = np.bincount(codes, minlength=len(self.numbers))
        often = [
            label
            for label, number in self.numbers.items()
            if label and counts[number] >= self.min_rows
        ]
        if self.listed is not None and not set(self.listed) & set(often):
            raise InputError(f"{self.name}: no train row has one of the listed labels")
        if not often:
            raise InputError(
                f"{self.name}: no label is in {self.min_rows} train rows, so all would be other"
            )
        return sorted(often) if self.listed is None else self.listed

    def places(self, labels: Sequence[str]) -> np.ndarray:
        """The index of each number's label among the given ones, then other, then missing."""
        place = {label: index for index, label in enumerate(labels)}
        place[""] = len(labels) + 1
        return np.array([place.get(label, len(labels)) for label in self.numbers], dtype=np.intp)


class Encoder:
    """The encoding of a column, learned from the train rows.

    Attributes:
        features: Names of the resulting features.
        document: The encoding as JSON, for other rows.
        others: Number of rows whose label does not have its own encoding.
    """

    def __init__(
        self,
        column: TextColumn,
        targets: np.ndarray,
        is_train: np.ndarray,
        units: np.ndarray,
        seed: int,
    ) -> None:
        """Learns the encoding; rows of a unit stay in one of the folds, which the seed draws.

        Raises:
            InputError: there is nothing to learn.
        """
        codes = np.asarray(column.codes)
        labels = column.labels(codes[is_train])
        places = column.places(labels)
        groups = places[codes]
        self.others = int((groups == len(labels)).sum())
        self.features = [column.name]
        self.document: dict[str, Any] = {"column": column.name, "as": column.kind}
        # The fields by label: by all train rows, then without each fold.
        self._fields: list[list[bytes]]
        self._table_of_row = np.zeros(len(codes), dtype=np.uint8)
        self._codes = column.codes
        if column.kind == "oneHot":
            self.features = [f"{column.name}_{label}" for label in labels]
            rows = np.vstack([np.eye(len(labels), dtype=int), np.zeros((2, len(labels)), int)])
            self._fields = [[b",".join(b"%d" % one for one in rows[place]) for place in places]]
            self.document["labels"] = labels
        elif column.kind == "ordinal":
            texts = [*(b"%d" % index for index in range(len(labels) + 1)), b""]
            self._fields = [[texts[place] for place in places]]
            self.document |= {"labels": labels, "other": len(labels), "missing": None}
        else:
            size = len(labels) + 2
            learnt = means(groups[is_train], targets[is_train], size, column.smoothing)
            tables = [learnt]
            fold = folds(units[is_train], column.folds, seed)
            for number in range(column.folds):
                learns = np.flatnonzero(is_train)[fold != number]
                tables.append(means(groups[learns], targets[learns], size, column.smoothing))
            self._table_of_row[is_train] = fold + 1
            self._fields = [
                [repr(value).encode() for value in table[places].tolist()] for table in tables
            ]
            *values, other, missing = learnt.tolist()
            self.document |= {"labels": labels, "values": values}
            self.document |= {"other": other, "missing": missing}
        self.document["features"] = self.features

    def fields(self, row: int) -> bytes:
        """The features of a row, joined by commas."""
        fields: bytes = self._fields[self._table_of_row[row]][self._codes[row]]
        return fields


def means(groups: np.ndarray, targets: np.ndarray, size: int, smoothing: float | str) -> np.ndarray:
    """The mean target of each group, shrunk towards the overall mean if the group has few rows.

    A number is the weight of the overall mean, in rows; ``auto`` is empirical Bayes, by the
    variances within the group and overall. Source: "Target Encoder" in scikit-learn's user guide.
    """
    mean, variance = float(targets.mean()), float(targets.var())
    counts = np.bincount(groups, minlength=size)
    sums = np.bincount(groups, targets, minlength=size)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = sums / counts
        if smoothing == "auto":
            squares = np.bincount(groups, (targets - own[groups]) ** 2, minlength=size)
            weight = variance * counts / (variance * counts + squares / counts)
        else:
            weight = counts / (counts + float(smoothing))
        drawn = weight * own + (1 - weight) * mean
    return np.where(np.isfinite(drawn), drawn, mean)


def folds(units: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Draws the fold of each row like scikit-learn's KFold; a unit's rows stay together.

    Raises:
        InputError: there are fewer units than folds.
    """
    _, numbers = np.unique(units, return_inverse=True)
    size = int(numbers.max()) + 1
    if size < count:
        raise InputError(
            f"{count} folds require at least as many rows or groups, but there are {size}"
        )
    order = np.arange(size)
    np.random.RandomState(seed).shuffle(order)
    fold_of_unit = np.empty(size, dtype=np.uint8)
    for number, part in enumerate(np.array_split(order, count)):
        fold_of_unit[part] = number
    fold: np.ndarray = fold_of_unit[numbers]
    return fold
