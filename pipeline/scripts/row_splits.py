"""Assigns rows to training, validation and test, and to folds.

At random, by time, by groups that stay whole, or by a column's values.
"""

from __future__ import annotations

import math
from array import array
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from input_rows import MISSING
from processing_job import InputError
from text_encoding import folds

SPLITS = ("train", "validation", "test")


class Key:
    """The column that the rows are split by."""

    def __init__(self, by: str, column: str) -> None:
        """Starts empty.

        Args:
            by: "time", "group" or "column".
            column: Its name in the table, for messages.
        """
        self.by = by
        self.column = column
        self.times = array("d")
        self.kind = ""  # of the first time
        self.numbers: dict[bytes, int] = {}  # of the groups or parts, in order of occurrence
        self.groups = array("i")

    def add(self, value: bytes) -> None:
        """Adds the value of a row.

        Raises:
            InputError: it is missing or not valid.
        """
        if value in MISSING:
            raise InputError(
                f'the column "{self.column}", which the rows are split by, has no value: leave '
                "such rows out with a filter (is not null)"
            )
        if self.by == "time":
            self.times.append(self._time(value.decode().strip('" ')))
            return
        if self.by == "column":
            value = value.strip(b'" ')
            if value.decode() not in SPLITS:
                raise InputError(
                    f'the column "{self.column}" holds "{value.decode()}"; allowed are '
                    + ", ".join(SPLITS)
                )
        self.groups.append(self.numbers.setdefault(value, len(self.numbers)))

    def _time(self, text: str) -> float:
        """A time as a number: microseconds since 1970, exact until 2255, or the number itself."""
        try:
            number = float(text)
            if math.isfinite(number):
                return self._of_kind("number", text, number)
        except ValueError:
            pass
        try:
            moment = datetime.fromisoformat(f"{text}-01" if len(text) == len("2020-01") else text)
        except ValueError:
            raise InputError(
                f'the column "{self.column}" holds "{text}", which is neither a number nor a date '
                "or time in ISO 8601 form, such as 2020-01-31 or 2020-01-31 23:59:59"
            ) from None
        is_local = moment.tzinfo is None
        since = moment - datetime.fromisoformat("1970-01-01" + ("" if is_local else "T00:00Z"))
        kind = "time without" if is_local else "time with"
        return self._of_kind(f"{kind} an offset", text, since / timedelta(microseconds=1))

    def _of_kind(self, kind: str, text: str, number: float) -> float:
        self.kind = self.kind or kind
        if kind != self.kind:
            raise InputError(
                f'the column "{self.column}" holds "{text}", a {kind}, but the first row a '
                f"{self.kind}: their order is not known"
            )
        return number


def split_ends(rows: int, fractions: list[float]) -> list[int]:
    """The ends of all parts except the last: the fractions of the rows, rounded."""
    return [round(rows * sum(fractions[: index + 1])) for index in range(len(fractions) - 1)]


def assign(rows: int, key: Key | None, fractions: list[float], seed: int) -> np.ndarray:
    """Finds the index of each row's split.

    Raises:
        InputError: a split gets no rows.
    """
    if key is None:
        assignment = assign_at_random(rows, fractions, seed)
    elif key.by == "time":
        assignment = assign_by_time(key, fractions)
    elif key.by == "group":
        assignment = assign_by_group(key, fractions, seed)
    else:
        parts = np.array([SPLITS.index(name.decode()) for name in key.numbers], dtype=np.uint8)
        assignment = parts[np.asarray(key.groups)]
    counts = np.bincount(assignment, minlength=len(SPLITS))
    if (counts < 1).any():
        sizes = ", ".join(f"{name} {count}" for name, count in zip(SPLITS, counts))
        raise InputError(f"{rows} rows are too few to split: {sizes}")
    return assignment


def assign_at_random(rows: int, fractions: list[float], seed: int) -> np.ndarray:
    """Draws splits of exact sizes: the fractions of the rows, rounded, and the rest for the last.

    ``RandomState`` draws the same numbers in every version of NumPy.
    """
    counts = np.diff([0, *split_ends(rows, fractions), rows])
    assignment = np.repeat(np.arange(len(counts), dtype=np.uint8), counts)
    np.random.RandomState(seed).shuffle(assignment)
    return assignment


def assign_by_time(key: Key, fractions: list[float]) -> np.ndarray:
    """Cuts the rows in order of time, at the change of time nearest to each fraction.

    Raises:
        InputError: there are fewer times than splits.
    """
    times = np.asarray(key.times)
    order = np.argsort(times, kind="stable")
    changes = np.flatnonzero(np.diff(times[order])) + 1
    check_count(key, len(changes) + 1, "times", len(fractions))
    assignment = np.zeros(len(times), dtype=np.uint8)
    first = 0  # the first change that is allowed for the next cut
    aims = split_ends(len(times), fractions)
    for index, aim in enumerate(aims):
        possible = changes[first : len(changes) - (len(aims) - 1 - index)]
        first += int(np.abs(possible - aim).argmin()) + 1
        assignment[order[changes[first - 1] :]] += 1
    return assignment


def assign_by_group(key: Key, fractions: list[float], seed: int) -> np.ndarray:
    """Assigns whole groups, in random order, to the split that lacks most rows.

    A split exceeds its fraction by less than the largest group. The last groups go to splits that
    have none.

    Raises:
        InputError: there are fewer groups than splits.
    """
    groups = np.asarray(key.groups)
    sizes = np.bincount(groups)
    check_count(key, len(sizes), "groups", len(fractions))
    lacking = np.diff([0, *split_ends(len(groups), fractions), len(groups)]).tolist()
    empty = set(range(len(fractions)))
    split_of = np.zeros(len(sizes), dtype=np.uint8)
    order = np.random.RandomState(seed).permutation(len(sizes))
    for left, group in zip(range(len(sizes), 0, -1), order):
        possible = sorted(empty) if len(empty) >= left else range(len(lacking))
        split = max(possible, key=lacking.__getitem__)
        split_of[group] = split
        lacking[split] -= sizes[group]
        empty.discard(split)
    assignment: np.ndarray = split_of[groups]
    return assignment


def check_count(key: Key, found: int, what: str, needed: int) -> None:
    """Checks that there are enough times or groups.

    Raises:
        InputError: there are fewer than splits.
    """
    if found < needed:
        one_or_more = what[:-1] if found == 1 else f"different {what}"
        raise InputError(
            f'the column "{key.column}" has {found} {one_or_more}: {", ".join(SPLITS)} need '
            f"at least {needed}"
        )


def draw_folds(
    key: Key | None, assignment: np.ndarray, count: int, repeats: int, seed: int
) -> dict[str, Any]:
    """The fold of each row for cross-validation, in the order of its part's file.

    Groups stay whole. By time, there are two blocks more than folds, because two must precede the
    first that is tested.

    Raises:
        InputError: there are too few rows, groups or times.
    """
    if key is not None and key.by == "time":
        times = np.asarray(key.times)
        earlier = np.searchsorted(np.sort(times), times)
        drawn = [earlier * (count + 2) // len(times)]
        if len(np.unique(drawn)) < count + 2:
            needed, found = count + 2, len(np.unique(times))
            raise InputError(
                f"crossValidation: {count} folds by time need at least {needed} different times, "
                f'each of few rows, but "{key.column}" has {found}: set fewer folds, or remove '
                "crossValidation"
            )
    else:
        units = np.arange(len(assignment)) if key is None else np.asarray(key.groups)
        try:
            drawn = [folds(units, count, seed + number) for number in range(repeats)]
        except InputError as error:
            raise InputError(f"crossValidation: {error}") from None
    return {
        "version": 1,
        "kind": "forward" if key is not None and key.by == "time" else "folds",
        "count": count,
        "repeats": [
            {name: fold[assignment == part].tolist() for part, name in enumerate(SPLITS)}
            for fold in drawn
        ],
    }
