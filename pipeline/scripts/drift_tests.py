"""Whether counts of rows differ from a reference: by chance seldom, and by enough to matter.

A difference is drift where both hold. It is too unlikely to be chance: the chance of any false
alarm in 30 days is shared out among all tests of all runs (Bonferroni), so it is kept however many
features there are. And it is large: with a million rows a day, chance explains hardly anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterator, NamedTuple, Sequence

import numpy as np
from drift_cells import CONFIDENCE, MISSING, UNSEEN, Counts, Reference
from scipy.special import betainc, gammaincc, ndtr

MIN_EXPECTED = 10
"""Rows that a cell must be expected to have; those with fewer are taken together."""

MIN_ROWS = 100
"""Rows of a period that is compared."""


@dataclass(frozen=True)
class Thresholds:
    """When a difference is drift.

    Attributes:
        false_alarms: The chance that 30 days without drift have an alarm.
        runs: Comparisons in 30 days.
        shift: The least share of rows that have moved to other cells, and the least relative
            increase of the error.
        unusual: The least additional share of rows with missing or unseen values, or whose
            interval does not hold the label.
    """

    false_alarms: float
    runs: int
    shift: float
    unusual: float


class Comparison(NamedTuple):
    """One thing that was compared.

    Attributes:
        kind: "values", "missing", "unseen", "dependence", "predictions", "expected-error",
            "residuals" or "coverage".
        subject: The feature or the two features; what it is about otherwise.
        runs: How many runs' rows it is about.
        effect: How large the difference is, as the thresholds measure it.
        floor: The least effect that counts.
        chance: The chance of such a difference where there is no drift; 1 below the floor.
        level: Where the chance is less, it was not chance.
    """

    kind: str
    subject: str
    runs: int
    effect: float
    floor: float
    chance: float
    level: float

    @property
    def drifted(self) -> bool:
        """Whether it is drift: hardly chance, and large."""
        return self.chance < self.level and self.effect >= self.floor

    @property
    def text(self) -> str:
        """The difference in words."""
        words = {
            "values": f"{self.effect:.1%} of the rows have moved to other values",
            "missing": f"{self.effect:.1%} more rows have no value",
            "unseen": f"{self.effect:.1%} more rows have a value that training hardly knows",
            "dependence": f"{self.effect:.1%} of the rows have moved to other pairs of values",
            "predictions": f"{self.effect:.1%} of the predictions have moved to other values",
            "expected-error": f"the error to expect is {self.effect:.1%} larger",
            "residuals": f"{self.effect:.1%} of the errors have moved to other values",
            "coverage": f"{self.effect:.1%} more labels are outside their interval",
        }
        runs = "the last run" if self.runs == 1 else f"the last {self.runs} runs"
        return f"{self.subject}: {words[self.kind]} ({runs})"


def periods_of(counts: Counts, earlier: Sequence[Counts], long: int) -> list[tuple[int, Counts]]:
    """What a run compares: its own rows, and those of the last runs together.

    Args:
        counts: Of the run.
        earlier: Of the runs before, the last one last.
        long: How many runs are taken together at the most, this one included.
    """
    recent = earlier[-(long - 1) :] if long > 1 else []
    together = counts
    for one in recent:
        together = together + one
    return [(1, counts), *([(len(recent) + 1, together)] if recent else [])]


def compare(
    reference: Reference, periods: Sequence[tuple[int, Counts]], thresholds: Thresholds
) -> list[Comparison]:
    """Compares the rows of the last runs with a reference.

    Args:
        reference: What is compared with.
        periods: How many of the last runs, and the counts of their rows.
        thresholds: When a difference is drift.

    Returns: what was compared, what has drifted first, then the largest effects.
    """
    possible = len(periods) * (3 * len(reference.features) + len(reference.pairs) + 5)
    level = thresholds.false_alarms / thresholds.runs / possible
    made = [
        Comparison(kind, subject, runs, effect, floor, chance, level)
        for runs, counts in periods
        for kind, subject, floor, (effect, chance) in _tests(reference, counts, thresholds)
    ]
    return sorted(made, key=lambda one: (not one.drifted, -one.effect / one.floor))


_Test = tuple[str, str, float, tuple[float, float]]


def _tests(reference: Reference, counts: Counts, thresholds: Thresholds) -> Iterator[_Test]:
    """Yields the kind, the subject, the floor, and the effect with its chance of each test."""
    shift, unusual = thresholds.shift, thresholds.unusual
    if counts.rows >= MIN_ROWS:
        names = [feature.name for feature in reference.features]
        for feature, found in zip(reference.features, counts.features):
            rows = int(feature.counts.sum())
            yield "values", feature.name, shift, moved(feature.counts, found, shift)
            for kind, cell in (("missing", MISSING), ("unseen", UNSEEN)):
                more = more_often(int(feature.counts[cell]), rows, int(found[cell]), counts.rows)
                yield kind, feature.name, unusual, more
        for (a, b), known, found in zip(reference.pairs, reference.pair_counts, counts.pairs):
            yield "dependence", f"{names[a]} and {names[b]}", shift, moved(known, found, shift)
        known, found = reference.predictions[1], counts.predictions
        yield "predictions", "predictions", shift, moved(known, found, shift)
        more = more_often(int(known[UNSEEN]), int(known.sum()), int(found[UNSEEN]), counts.rows)
        yield "unseen", "predictions", unusual, more
        yield "expected-error", "predictions", shift, _larger_error(reference, found)
    if counts.labelled >= MIN_ROWS:
        known = reference.residuals[1]
        yield "residuals", "errors", shift, moved(known, counts.residuals, shift)
        # The intervals hold what is true of further rows with CONFIDENCE, not of those they are by.
        rows = int(known.sum())
        outside = round((1 - CONFIDENCE) * rows)
        more = more_often(outside, rows, counts.uncovered, counts.labelled)
        yield "coverage", "intervals", unusual, more


def moved(known: np.ndarray, found: np.ndarray, floor: float = 0.0) -> tuple[float, float]:
    """How many of the rows are in other cells, and the chance of it (G-test of two samples).

    Returns: the total variation distance of the two distributions, 0 to 1, and the chance, which
        is 1 where the distance is below the floor.
    """
    distance = _distance(known, found)
    if distance < floor:
        return distance, 1.0
    known, found = _merged(known.astype(float), found.astype(float))
    distance = _distance(known, found)
    if len(known) < 2:
        return distance, 1.0
    both = known + found
    statistic = 0.0
    for sample in (known, found):
        expected = both * (sample.sum() / both.sum())
        present = sample > 0
        statistic += 2 * float(
            (sample[present] * np.log(sample[present] / expected[present])).sum()
        )
    return distance, float(gammaincc((len(known) - 1) / 2, max(statistic, 0.0) / 2))


def _distance(known: np.ndarray, found: np.ndarray) -> float:
    return float(np.abs(known / known.sum() - found / found.sum()).sum() / 2)


def _merged(known: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Takes cells together that the smaller sample is expected to have few rows in."""
    share = min(known.sum(), found.sum()) / (known.sum() + found.sum())
    expected = (known + found) * share
    order = np.argsort(expected, kind="stable")
    # The smallest cells, until together they have enough; then all further ones have.
    few = np.searchsorted(expected[order], MIN_EXPECTED)
    while 0 < few < len(order) and expected[order[:few]].sum() < MIN_EXPECTED:
        few += 1
    if few == 0:
        return known, found
    rest, small = order[few:], order[:few]
    return (
        np.append(known[rest], known[small].sum()),
        np.append(found[rest], found[small].sum()),
    )


def more_often(known: int, known_rows: int, found: int, rows: int) -> tuple[float, float]:
    """How much more often something is so, and the chance of it (test of two Poisson counts).

    Returns: the difference of the shares, and the chance.
    """
    effect = found / rows - known / known_rows
    if found == 0:
        return effect, 1.0
    # Of all that is so, each is found with the share of the rows that were looked at.
    return effect, float(betainc(found, known + 1, rows / (rows + known_rows)))


def _larger_error(reference: Reference, found: np.ndarray) -> tuple[float, float]:
    """How much larger the error to expect of such predictions is, relatively, and the chance."""
    known = reference.predictions[1]
    errors = reference.errors
    means, variances = [], []
    for counts in (known, found):
        shares = counts / counts.sum()
        means.append(float((shares * errors).sum()))
        variances.append(float((shares * (errors - means[-1]) ** 2).sum() / counts.sum()))
    deviation = math.sqrt(sum(variances))
    if deviation == 0 or means[0] == 0:
        return 0.0, 1.0
    return means[1] / means[0] - 1, float(ndtr((means[0] - means[1]) / deviation))
