"""Tests whether counts of rows differ from a reference, significantly and by enough to matter.

Drift is a difference that is both. The significance level is the probability of any false alarm in
30 days, divided among all tests of all runs (Bonferroni). The min size is needed because with a
million rows a day, every difference is significant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterator, NamedTuple, Sequence

import numpy as np
from drift_cells import CONFIDENCE, MISSING, UNSEEN, Counts, Reference
from processing_job import InputError
from scipy.special import betainc, gammaincc, ndtr

MIN_EXPECTED = 10
"""Min expected rows in a cell; cells with fewer are merged."""

MIN_ROWS = 100
"""Min rows of a period to compare."""


@dataclass(frozen=True)
class Thresholds:
    """Thresholds of drift.

    Attributes:
        false_alarms: Probability of an alarm in 30 days without drift.
        runs: Comparisons in 30 days.
        shift: Min share of rows that moved to other cells, and min relative increase of the error.
        unusual: Min additional share of rows with missing or unseen values, or with the label
            outside the interval.
        ignored: Names of features that are not compared.
    """

    false_alarms: float
    runs: int
    shift: float
    unusual: float
    ignored: frozenset[str] = frozenset()


class Comparison(NamedTuple):
    """A comparison.

    Attributes:
        kind: "values", "missing", "unseen", "dependence", "predictions", "expected-error",
            "residuals" or "coverage".
        subject: The feature or the two features, or what else is compared.
        runs: Number of runs whose rows are compared.
        effect: Size of the difference, in the thresholds' measure.
        floor: Min effect.
        chance: p-value of the difference; 1 below the floor.
        level: Significance level.
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
        """Whether it is drift: significant, and large."""
        return self.chance < self.level and self.effect >= self.floor

    @property
    def text(self) -> str:
        """A description of the difference."""
        words = {
            "values": f"{self.effect:.1%} of the rows have moved to other values",
            "missing": f"{self.effect:.1%} more rows have no value",
            "unseen": f"{self.effect:.1%} more rows have a value that training hardly knows",
            "dependence": f"{self.effect:.1%} of the rows have moved to other pairs of values",
            "predictions": f"{self.effect:.1%} of the predictions have moved to other values",
            "expected-error": f"the expected error is {self.effect:.1%} larger",
            "residuals": f"{self.effect:.1%} of the errors have moved to other values",
            "coverage": f"{self.effect:.1%} more labels are outside their interval",
        }
        runs = "the last run" if self.runs == 1 else f"the last {self.runs} runs"
        return f"{self.subject}: {words[self.kind]} ({runs})"


def periods_of(counts: Counts, earlier: Sequence[Counts], long: int) -> list[tuple[int, Counts]]:
    """The periods that a run compares: its own, and at most `long` runs up to it together."""
    recent = earlier[-(long - 1) :] if long > 1 else []
    together = counts
    for one in recent:
        together = together + one
    return [(1, counts), *([(len(recent) + 1, together)] if recent else [])]


def compare(
    reference: Reference, periods: Sequence[tuple[int, Counts]], thresholds: Thresholds
) -> list[Comparison]:
    """Compares the rows of the last runs, by the runs' number, with a reference.

    Returns: the comparisons, drift first, then by effect.

    Raises:
        InputError: a feature to ignore does not exist.
    """
    names = [feature.name for feature in reference.features]
    unknown = sorted(thresholds.ignored - set(names))
    if unknown:
        raise InputError(
            f"ignoredFeatures: {', '.join(unknown)}: no such feature; they are {', '.join(names)}"
        )
    # The most that are possible, with those that are ignored.
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
    """Yields each test's kind, subject and floor, and the effect with its p-value."""
    shift, unusual = thresholds.shift, thresholds.unusual
    if counts.rows >= MIN_ROWS:
        names = [feature.name for feature in reference.features]
        for feature, found in zip(reference.features, counts.features):
            if feature.name in thresholds.ignored:
                continue
            rows = int(feature.counts.sum())
            yield "values", feature.name, shift, moved(feature.counts, found, shift)
            for kind, cell in (("missing", MISSING), ("unseen", UNSEEN)):
                more = more_often(int(feature.counts[cell]), rows, int(found[cell]), counts.rows)
                yield kind, feature.name, unusual, more
        for (a, b), known, found in zip(reference.pairs, reference.pair_counts, counts.pairs):
            if thresholds.ignored.isdisjoint((names[a], names[b])):
                subject = f"{names[a]} and {names[b]}"
                yield "dependence", subject, shift, moved(known, found, shift)
        known, found = reference.predictions[1], counts.predictions
        yield "predictions", "predictions", shift, moved(known, found, shift)
        more = more_often(int(known[UNSEEN]), int(known.sum()), int(found[UNSEEN]), counts.rows)
        yield "unseen", "predictions", unusual, more
        yield "expected-error", "predictions", shift, _larger_error(reference, found)
    if counts.labelled >= MIN_ROWS:
        known = reference.residuals[1]
        yield "residuals", "errors", shift, moved(known, counts.residuals, shift)
        # The intervals have CONFIDENCE for new rows, not for the rows that determined them.
        rows = int(known.sum())
        outside = round((1 - CONFIDENCE) * rows)
        more = more_often(outside, rows, counts.uncovered, counts.labelled)
        yield "coverage", "intervals", unusual, more


def moved(known: np.ndarray, found: np.ndarray, floor: float = 0.0) -> tuple[float, float]:
    """The share of rows that moved to other cells, by a G-test of two samples.

    Returns: the total variation distance of the distributions, 0 to 1, and the p-value, which is 1
        if the distance is below the floor.
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
    """Merges cells in which the smaller sample is expected to have few rows."""
    share = min(known.sum(), found.sum()) / (known.sum() + found.sum())
    expected = (known + found) * share
    order = np.argsort(expected, kind="stable")
    # Merge the smallest cells until they have enough rows; then all others have enough.
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
    """How much more frequent something is, by a test of two Poisson counts.

    Returns: the difference of the shares, and the p-value.
    """
    effect = found / rows - known / known_rows
    if found == 0:
        return effect, 1.0
    # Under the null hypothesis, occurrences are distributed like the rows.
    return effect, float(betainc(found, known + 1, rows / (rows + known_rows)))


def _larger_error(reference: Reference, found: np.ndarray) -> tuple[float, float]:
    """The relative increase of the predictions' expected error, and its p-value."""
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
