"""Replayed days: their counts equal those of captured requests, and shifts are as described."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from drift_cells import Reference
from drift_reference import make_reference
from drift_requests import labelled, read_labels, read_requests
from drift_tests import Thresholds

from bench.drift import COLUMNS, KINDS, LABELS, START, predict, quiet, replay, rows_of, true
from local.drift_simulation.__main__ import simulate
from local.drift_simulation.replay import Labels, Replay
from local.drift_simulation.shifts import Shift, World
from local.standins.errors import UserError

SHIFTS = [
    {"kind": "mean", "column": "x0", "size": 0.3, "start": 0, "profile": "gradual", "days": 4},
    {"kind": "missing", "column": "x4", "size": 0.2, "start": 1, "profile": "sudden", "days": 2},
    {"kind": "newLabel", "column": "area", "size": 0.1, "start": 0, "profile": "sudden", "days": 2},
]


def shift(kind: str, size: float, column: str = "", **more: object) -> Shift:
    about = {"column": column} if column else {}
    course = {"start": 2, "profile": "sudden", "days": 4}
    return Shift.parse({"kind": kind, "size": size, **about, **course, **more})


def small(rows: int, shifts: list[Shift], labels: Labels | None = None) -> Replay:
    """A replay of requests that are drawn from fifty rows."""
    random = np.random.default_rng(5)
    test = rows_of(random, 200)
    reference = make_reference(
        COLUMNS, rows_of(random, 600), predict(test), true(test, random), ["area"]
    )
    asked = rows_of(random, 50)
    world = World(COLUMNS, asked, true(asked, random), 1)
    thresholds = Thresholds(0.01, 30, 0.1, 0.02)
    return Replay(reference, world, predict, shifts, rows, labels, thresholds, 7, 9)


def captured_counts(
    reference: Reference, rows: np.ndarray, labels: np.ndarray, often: np.ndarray
) -> object:
    """The job's counts for rows that were requested so often, from the records in S3."""
    requests, truths = [], []
    for number, times in enumerate(often.tolist()):
        for time in range(times):
            event = f"{number}-{time}"
            asked = ",".join("" if np.isnan(one) else repr(one) for one in rows[number].tolist())
            answer = repr(float(predict(rows[number : number + 1])[0]))

            def data(text: str) -> dict[str, str]:
                return {"observedContentType": "text/csv", "data": text, "encoding": "CSV"}

            requests.append(
                {
                    "captureData": {"endpointInput": data(asked), "endpointOutput": data(answer)},
                    "eventMetadata": {"eventId": event, "inferenceId": event},
                }
            )
            truths.append(
                {
                    "groundTruthData": {"data": repr(float(labels[number])), "encoding": "CSV"},
                    "eventMetadata": {"eventId": event},
                }
            )
    unread: Counter[str] = Counter()
    found = read_requests("\n".join(map(json.dumps, requests)).encode(), len(COLUMNS), unread)
    known = read_labels("\n".join(map(json.dumps, truths)).encode(), "labels.jsonl")
    has_label, values = labelled(found, known)
    assert not unread
    assert has_label.all()
    return reference.count(reference.place(found.rows, found.predictions, values))


@pytest.mark.parametrize("day", [0, 1, 3])
def test_counts_equal_those_of_the_captured_requests(day: int) -> None:
    shifts = [Shift.parse(one) for one in SHIFTS]
    replayed = small(400, shifts)
    placed, weights = replayed.placed(day)
    often = np.random.default_rng(day).multinomial(400, weights)
    strengths = [(one, one.strength(day)) for one in shifts]
    requests = replayed.world.apply(strengths, replayed.spread)
    labels = predict(requests.rows) + requests.labels - predict(replayed.world.plain.rows)
    # The row path: each request is written, read and counted by the scripts of the job.
    of_rows = captured_counts(replayed.reference, requests.rows, labels, often)
    of_counts = replayed.reference.count(placed, often)
    assert of_counts.rows == of_counts.labelled == 400
    for one in (of_rows, of_counts):
        object.__setattr__(one, "absolute_error", round(one.absolute_error, 6))
    assert of_rows.json() == of_counts.json()


def test_rows_from_a_sample_are_no_more_evidence_than_the_sample() -> None:
    replayed = small(1_000_000, [])
    assert replayed.telling(replayed.counts(0)).rows == 1_000_000
    # Fifty rows differ from the training rows by chance, which is no drift.
    assert [day.findings for day in replayed.days(2) if day.findings] != []
    replayed.sampled = 50
    told = replayed.telling(replayed.counts(0))
    assert told.rows == pytest.approx(50, abs=3)
    assert [day.findings for day in replayed.days(2) if day.findings] == []


def test_a_days_draw_is_a_draw_of_rows() -> None:
    replayed = small(20_000, [])
    placed, weights = replayed.placed(0)
    assert weights.tolist() == [1 / 50] * 50
    drawn = replayed.counts(0)
    expected = replayed.reference.count(placed).features[0] / 50
    assert drawn.rows == 20_000
    assert drawn.labelled == 0
    assert drawn.features[0] / 20_000 == pytest.approx(expected, abs=0.01)


def test_labels_arrive_late_and_of_some_rows() -> None:
    replayed = small(1_000, [shift("concept", 2)], Labels(0.1, 3))
    days = [replayed.counts(day) for day in range(6)]
    assert [one.labelled for one in days] == [0, 0, 0, 100, 100, 100]
    # Those of day 2, on which the labels have changed, arrive on day 5.
    errors = [one.absolute_error for one in days[3:]]
    assert errors[2] > 1.5 * max(errors[:2])


@pytest.mark.parametrize(
    ("profile", "strengths"),
    [
        ("sudden", [0, 0, 1, 1, 1, 1, 1]),
        ("gradual", [0, 0, 0.25, 0.5, 0.75, 1, 1]),
        ("seasonal", [0, 0, 0, 0.5, 1, 0.5, 0]),
    ],
)
def test_shifts_start_when_configured(profile: str, strengths: list[float]) -> None:
    one = shift("mean", 1, "x0", profile=profile)
    assert [one.strength(day) for day in range(7)] == pytest.approx(strengths)


def test_shifts_have_the_configured_effect() -> None:
    random = np.random.default_rng(3)
    rows = rows_of(random, 4_000)
    world = World(COLUMNS, rows, true(rows, random), 1)

    def apply(one: Shift) -> np.ndarray:
        return world.apply([(one, 1.0)], 2.0).rows

    def column(one: Shift, place: int) -> np.ndarray:
        return np.asarray(apply(one)[:, place])

    deviation = rows[:, 0].std()
    assert column(shift("mean", 0.5, "x0"), 0) == pytest.approx(rows[:, 0] + deviation / 2)
    assert column(shift("scale", 3, "x0"), 0).std() == pytest.approx(3 * deviation)
    assert column(shift("unit", 1_000, "x2"), 2) == pytest.approx(rows[:, 2] * 1_000)
    assert np.isnan(column(shift("missing", 0.1, "x0"), 0)).mean() == pytest.approx(0.1, abs=0.02)
    far = column(shift("outliers", 0.1, "x0"), 0) > rows[:, 0].mean() + 9.9 * deviation
    assert far.mean() == pytest.approx(0.1, abs=0.02)
    mixed = column(shift("dependence", 1, "x1"), 1)
    assert sorted(mixed) == sorted(rows[:, 1])
    assert abs(np.corrcoef(rows[:, 0], mixed)[0, 1]) < 0.05
    none = apply(shift("newLabel", 0.1, "area"))[:, 8:].sum(axis=1) == 0
    assert none.mean() == pytest.approx(0.1, abs=0.02)
    later = world.apply([(shift("concept", 1.5), 1.0)], 2.0)
    assert later.labels == pytest.approx(world.plain.labels + 3)
    weights = world.apply([(shift("share", 0.2, "area", label="c"), 1.0)], 2.0).weights
    is_label = rows[:, COLUMNS.index("area_c")] == 1
    assert weights.sum() == pytest.approx(1)
    assert weights[is_label].sum() == pytest.approx(is_label.mean() + 0.2)


@pytest.mark.parametrize(
    ("one", "message"),
    [
        (
            shift("mean", 1, "age"),
            'the shift "mean" has the unknown column "age"; the features are x0, x1',
        ),
        (shift("newLabel", 0.1, "x0"), 'has the category "x0", which has no one-hot columns'),
        (
            shift("share", 0.1, "area", label="z"),
            'the category "area" has no label "z"; it has a, b, c, d, e',
        ),
    ],
)
def test_a_scenarios_columns_must_exist_whenever_it_starts(one: Shift, message: str) -> None:
    with pytest.raises(UserError, match=r"^scenario: ") as refused:
        small(100, [one])
    assert message in str(refused.value)


def test_a_model_that_cannot_be_read_here_is_named() -> None:
    with pytest.raises(UserError) as refused:
        simulate({"scenario": {}, "candidate": "Forest", "algorithm": "custom"})
    assert str(refused.value) == (
        "Forest has the algorithm custom; supported are decision-tree, xgboost"
    )


def test_quiet_months_have_no_alarm() -> None:
    assert [quiet((seed, rows)) for seed in range(2) for rows in (1_000, 1_000_000)] == [False] * 4


@pytest.mark.parametrize("kind", range(len(KINDS)), ids=[name for name, _, _ in KINDS])
def test_each_kind_of_shift_is_detected_in_time(kind: int) -> None:
    assert LABELS.delay == 3
    _, shifts, within = KINDS[kind]
    days = replay(1, 1_000, shifts).days(START + within["1 k"])
    assert [day for day in range(START) if days[day].findings] == []
    assert [day for day in range(START, len(days)) if days[day].findings] != []
