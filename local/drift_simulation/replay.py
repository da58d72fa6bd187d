"""Replays days: draws the requests of each, counts them in cells, and compares as the job does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from drift_cells import Counts, Placed, Reference
from drift_tests import Comparison, Thresholds, compare, periods_of

from local.drift_simulation.shifts import Shift, World

Predict = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Labels:
    """Which rows get labels, and how many days later."""

    share: float
    delay: int


@dataclass(frozen=True)
class Day:
    """What a day's run finds."""

    counts: Counts
    compared: list[Comparison]

    @property
    def findings(self) -> list[Comparison]:
        """What has drifted."""
        return [one for one in self.compared if one.drifted]


class Replay:
    """Days of requests that shift.

    A day's rows are drawn with replacement from those of the world, as counts of how often each
    row occurs: a multinomial draw, which takes as long for a million rows as for a thousand. The
    cells of the rows are known, so their counts are exact; what a day of requests would be counted
    to, if each were sent, captured and read, is the same.
    """

    def __init__(
        self,
        reference: Reference,
        world: World,
        predict: Predict,
        shifts: Sequence[Shift],
        rows: int,
        labels: Labels | None,
        thresholds: Thresholds,
        long: int,
        seed: int,
        sampled: int | None = None,
    ) -> None:
        """Takes what the days have in common.

        Args:
            reference: Of the model.
            world: The rows that requests are drawn from.
            predict: The model.
            shifts: What happens.
            rows: Rows that are asked for a day.
            labels: Those that arrive; None: none do.
            thresholds: When a difference is drift.
            long: Days that are compared together too.
            seed: Draws the rows.
            sampled: How many rows of a sample the world is; None: it is all that there is. Where
                it is a sample, a million rows drawn from it tell no more of what there is than the
                sample, so they are compared as so many.
        """
        self.sampled = sampled
        self.reference = reference
        self.world = world
        self.predict = predict
        self.shifts = list(shifts)
        self.rows = rows
        self.labels = labels
        self.thresholds = thresholds
        self.long = long
        self.random = np.random.default_rng(seed)
        self.spread = float(np.std(predict(world.plain.rows) - world.plain.labels))
        self._placed: dict[tuple[float, ...], tuple[Placed, np.ndarray]] = {}

    def days(self, count: int) -> list[Day]:
        """Replays days, from the first."""
        earlier: list[Counts] = []
        days = []
        for day in range(count):
            counts = self.counts(day)
            periods = [
                (runs, self.telling(one)) for runs, one in periods_of(counts, earlier, self.long)
            ]
            days.append(Day(counts, compare(self.reference, periods, self.thresholds)))
            earlier = [*earlier, counts][-self.long :]
        return days

    def telling(self, counts: Counts) -> Counts:
        """As many rows as counts of the world's tell about."""
        if self.sampled is None:
            return counts
        share = self.sampled / (self.sampled + counts.rows)
        labelled = self.sampled / (self.sampled + counts.labelled)
        residuals = np.rint(counts.residuals * labelled).astype(np.int64)
        features = [np.rint(one * share).astype(np.int64) for one in counts.features]
        return Counts(
            int(features[0].sum()),
            features,
            [np.rint(one * share).astype(np.int64) for one in counts.pairs],
            np.rint(counts.predictions * share).astype(np.int64),
            residuals,
            round(counts.uncovered * labelled),
            counts.absolute_error * labelled,
        )

    def counts(self, day: int) -> Counts:
        """The counts of a day's requests, and of the labels that arrive on it."""
        placed, weights = self.placed(day)
        asked = self.drawn(replace(placed, errors=None), weights, self.rows)
        labels = self.labels
        if labels is None or day < labels.delay:
            return asked
        placed, weights = self.placed(day - labels.delay)
        errors = self.drawn(placed, weights, round(self.rows * labels.share))
        return replace(
            asked,
            residuals=errors.residuals,
            uncovered=errors.uncovered,
            absolute_error=errors.absolute_error,
        )

    def drawn(self, placed: Placed, weights: np.ndarray, rows: int) -> Counts:
        """The counts of rows that are drawn from those placed."""
        often = self.random.multinomial(rows, weights)
        chosen = np.flatnonzero(often)
        if 2 * len(chosen) > len(often):
            return self.reference.count(placed, often)
        return self.reference.count(placed.take(chosen), often[chosen])

    def placed(self, day: int) -> tuple[Placed, np.ndarray]:
        """The cells of the rows as they are on a day, and how probable each row is."""
        strengths = tuple(shift.strength(day) for shift in self.shifts)
        if strengths not in self._placed:
            if len(self._placed) > 64:
                self._placed.clear()
            requests = self.world.apply(list(zip(self.shifts, strengths, strict=True)), self.spread)
            predictions = self.predict(requests.rows)
            # What shifted rows are truly is what the model says of them, but for the errors of old.
            labels = predictions + requests.labels - self.predict(self.world.plain.rows)
            placed = self.reference.place(requests.rows, predictions, labels)
            self._placed[strengths] = (placed, requests.weights / requests.weights.sum())
        return self._placed[strengths]


def day_document(day: int, found: Day, reference: Reference) -> dict[str, Any]:
    """A day as JSON has it."""
    counts = found.counts
    return {
        "day": day,
        "findings": [{**one._asdict(), "text": one.text} for one in found.findings],
        "largest": max((one.effect / one.floor for one in found.compared), default=0.0),
        "expectedError": reference.expected_error(counts) / reference.error,
        "trueError": counts.absolute_error / counts.labelled / reference.error
        if counts.labelled
        else None,
    }
