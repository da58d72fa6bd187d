"""The shifts of a scenario, and their effect on a day's requests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from local.standins.errors import UserError

OUTLIER = 10
"""Distance of an outlier from the mean, in standard deviations."""


@dataclass
class Requests:
    """Possible rows, their labels, and the probability of each."""

    rows: np.ndarray
    labels: np.ndarray
    weights: np.ndarray

    def copy(self) -> Requests:
        """A copy, which can be changed."""
        return Requests(self.rows.copy(), self.labels.copy(), self.weights.copy())


@dataclass(frozen=True)
class Shift:
    """A shift of a scenario.

    Attributes:
        kind: See `apply`.
        columns: Names of columns, or of a category.
        size: Its full size, in a unit that depends on the kind.
        start: Its first day, from 0.
        profile: "sudden", "gradual" or "seasonal".
        days: Until a gradual shift is complete, or the period of a seasonal one.
        label: The label whose share changes.
    """

    kind: str
    columns: tuple[str, ...]
    size: float
    start: int
    profile: str
    days: int
    label: str

    @staticmethod
    def parse(document: dict[str, Any]) -> Shift:
        """The shift in a scenario that was already checked."""
        column = [document["column"]] if "column" in document else []
        return Shift(
            document["kind"],
            tuple(document.get("columns", column)),
            float(document.get("size", 0)),
            document["start"],
            document["profile"],
            document["days"],
            document.get("label", ""),
        )

    def strength(self, day: int) -> float:
        """The strength of the shift on a day, from 0 to 1."""
        since = day - self.start
        if since < 0:
            return 0.0
        if self.profile == "gradual":
            return min((since + 1) / self.days, 1.0)
        if self.profile == "seasonal":
            return (1 - math.cos(2 * math.pi * since / self.days)) / 2
        return 1.0


class World:
    """The rows that requests are drawn from.

    Where only some rows change, fixed random numbers per row choose them, so a larger share of
    changed rows includes a smaller one.
    """

    def __init__(
        self, columns: Sequence[str], rows: np.ndarray, labels: np.ndarray, seed: int
    ) -> None:
        self.columns = list(columns)
        random = np.random.default_rng(seed)
        self.chance = random.random(len(rows))
        self.other = random.permutation(len(rows))
        self.plain = Requests(rows, labels, np.full(len(rows), 1 / len(rows)))
        self.means = np.nanmean(rows, axis=0)
        self.deviations = np.nanstd(rows, axis=0)

    def places(self, shift: Shift) -> list[int]:
        """The indices of a shift's columns.

        Raises:
            UserError: a column does not exist.
        """
        for name in shift.columns:
            if name not in self.columns:
                raise UserError(
                    f'scenario: the shift "{shift.kind}" has the unknown column "{name}"; '
                    "the features are " + ", ".join(self.columns)
                )
        return [self.columns.index(name) for name in shift.columns]

    def category(self, shift: Shift) -> list[int]:
        """The indices of a category's columns, one per label.

        Raises:
            UserError: the category does not exist.
        """
        [name] = shift.columns
        places = [
            place for place, column in enumerate(self.columns) if column.startswith(f"{name}_")
        ]
        if len(places) < 2:
            raise UserError(
                f'scenario: the shift "{shift.kind}" has the category "{name}", which has no '
                f"one-hot columns {name}_..."
            )
        return places

    def apply(self, shifts: Sequence[tuple[Shift, float]], spread: float) -> Requests:
        """The requests of a day with shifts of some strengths, from 0 to 1.

        `spread` is the standard deviation of the model's errors, the unit of concept shifts.
        """
        requests = self.plain.copy()
        for shift, strength in shifts:
            if strength > 0:
                self._shift(requests, shift, strength, spread)
        return requests

    def _shift(self, requests: Requests, shift: Shift, strength: float, spread: float) -> None:
        size = shift.size * strength
        chosen = self.chance < size
        rows = requests.rows
        if shift.kind == "concept":
            # The labels change, by standard deviations of the errors.
            requests.labels = requests.labels + size * spread
            return
        if shift.kind == "share":
            self._shift_share(requests, shift, size)
            return
        if shift.kind == "newLabel":
            # One-hot encoded, a new label is none of the known ones.
            rows[np.ix_(np.flatnonzero(chosen), np.array(self.category(shift)))] = 0
            return
        for place in self.places(shift):
            mean, deviation = self.means[place], self.deviations[place]
            column = rows[:, place]
            if shift.kind == "mean":
                rows[:, place] = column + size * deviation
            elif shift.kind == "scale":
                rows[:, place] = mean + (column - mean) * (1 + (shift.size - 1) * strength)
            elif shift.kind == "unit":
                rows[:, place] = np.where(self.chance < strength, column * shift.size, column)
            elif shift.kind == "missing":
                rows[:, place] = np.where(chosen, np.nan, column)
            elif shift.kind == "outliers":
                rows[:, place] = np.where(chosen, mean + OUTLIER * deviation, column)
            elif shift.kind == "dependence":
                # Values of other rows: the column's distribution stays, its dependence does not.
                rows[:, place] = np.where(chosen, self.plain.rows[self.other, place], column)

    def _shift_share(self, requests: Requests, shift: Shift, size: float) -> None:
        [category] = shift.columns
        places = self.category(shift)
        name = f"{category}_{shift.label}"
        if name not in self.columns:
            known = ", ".join(self.columns[place].removeprefix(f"{category}_") for place in places)
            raise UserError(
                f'scenario: the category "{category}" has no label "{shift.label}"; it has {known}'
            )
        has_label = requests.rows[:, self.columns.index(name)] == 1
        share = float(requests.weights[has_label].sum())
        if not 0 < share < 1:
            raise UserError(f'scenario: the share of the label "{shift.label}" cannot change')
        wanted = min(max(share + size, 0.0), 1.0)
        requests.weights *= np.where(has_label, wanted / share, (1 - wanted) / (1 - share))
