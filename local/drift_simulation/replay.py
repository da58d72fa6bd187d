"""Replays days: draws requests, counts them in cells, and compares the counts like the job."""

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
    """The share of rows that get labels, and their delay in days."""

    share: float
    delay: int


@dataclass(frozen=True)
class Day:
    """The result of a day's run."""

    counts: Counts
    compared: list[Comparison]

    @property
    def findings(self) -> list[Comparison]:
        """Comparisons that found drift."""
        return [one for one in self.compared if one.drifted]


@dataclass
class Replay:
    """Days of shifting requests.

    A day's rows are drawn from the world's with replacement: a multinomial draw of how often each
    occurs, which takes as long for a million rows as for a thousand. The counts in cells equal
    those of requests that are sent, captured and read.

    Attributes:
        reference: Of the model.
        world: The rows that requests are drawn from.
        predict: The model.
        shifts: Of the scenario.
        rows: Per day.
        labels: That arrive; None if there are none.
        thresholds: Of drift.
        long: Days that are also compared together.
        seed: Of the draws.
        sampled: Size of the sample that the world is, if it is one. Rows drawn from a sample have
            no more information than the sample, so no more rows are compared.
    """

    reference: Reference
    world: World
    predict: Predict
    shifts: Sequence[Shift]
    rows: int
    labels: Labels | None
    thresholds: Thresholds
    long: int
    seed: int
    sampled: int | None = None

    def __post_init__(self) -> None:
        """Prepares the days.

        Raises:
            UserError: a shift does not fit the model, even if it starts after the last day.
        """
        self.random = np.random.default_rng(self.seed)
        plain = self.world.plain
        self.spread = float(np.std(self.predict(plain.rows) - plain.labels))
        for shift in self.shifts:
            self.world.apply([(shift, 1.0)], self.spread)
        self._placed: dict[tuple[float, ...], tuple[Placed, np.ndarray]] = {}

    def days(self, count: int) -> list[Day]:
        """Replays the first days."""
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
        """Limits the number of rows to the sample's."""
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
        """The counts of a day's requests, and of the labels that arrive that day."""
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
        """The counts of rows drawn from the placed ones."""
        often = self.random.multinomial(rows, weights)
        chosen = np.flatnonzero(often)
        if 2 * len(chosen) > len(often):
            return self.reference.count(placed, often)
        return self.reference.count(placed.take(chosen), often[chosen])

    def placed(self, day: int) -> tuple[Placed, np.ndarray]:
        """The cells of a day's rows, and each row's probability."""
        strengths = tuple(shift.strength(day) for shift in self.shifts)
        if strengths not in self._placed:
            if len(self._placed) > 64:
                self._placed.clear()
            requests = self.world.apply(list(zip(self.shifts, strengths, strict=True)), self.spread)
            predictions = self.predict(requests.rows)
            # The labels of shifted rows are the model's predictions, minus the rows' original
            # errors.
            labels = predictions + requests.labels - self.predict(self.world.plain.rows)
            placed = self.reference.place(requests.rows, predictions, labels)
            self._placed[strengths] = (placed, requests.weights / requests.weights.sum())
        return self._placed[strengths]


def day_document(day: int, found: Day, reference: Reference) -> dict[str, Any]:
    """A day for JSON."""
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
