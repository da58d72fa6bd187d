"""Drift detection: cells, their counts, references, and the tests of differences."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import drift_reference
import numpy as np
import pytest
from drift_cells import (
    MISSING,
    UNSEEN,
    Counts,
    Reference,
    Scale,
)
from drift_reference import make_reference
from drift_tests import Comparison, Thresholds, compare, more_often, moved
from hypothesis import given
from hypothesis import strategies as st
from image_python import image_python
from processing_job import InputError
from scipy.stats import binomtest, chi2_contingency

THRESHOLDS = Thresholds(false_alarms=0.01, runs=30, shift=0.1, unusual=0.02)
COLUMNS = ["income", "age", "rooms", "area_coast", "area_inland", "area_island"]


def rows_of(random: np.random.Generator, count: int) -> np.ndarray:
    """Rows of COLUMNS: age depends on income, rooms are integers, the area is one-hot."""
    income = random.standard_normal(count)
    age = 0.8 * income + 0.6 * random.standard_normal(count)
    rooms = random.integers(1, 6, count)
    area = np.eye(3)[random.choice(3, count, p=[0.6, 0.3, 0.1])]
    return np.column_stack([income, age, rooms, area])


def truth(rows: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A model's predictions for rows, and the true values."""
    predicted = rows[:, 0] + 0.2 * rows[:, 2]
    return predicted, predicted + random.standard_normal(len(rows)) * (0.3 + 0.2 * rows[:, 2])


def reference_of(random: np.random.Generator, train: int = 8_000, test: int = 2_000) -> Reference:
    rows = rows_of(random, test)
    return make_reference(COLUMNS, rows_of(random, train), *truth(rows, random), ["area"])


@pytest.fixture(scope="module")
def reference() -> Reference:
    return reference_of(np.random.default_rng(7))


def found(reference: Reference, counts: Counts) -> set[tuple[str, str]]:
    compared = compare(reference, [(1, counts)], THRESHOLDS)
    return {(one.kind, one.subject) for one in compared if one.drifted}


def test_few_values_are_cells_and_many_are_ranges_of_equal_counts() -> None:
    few = Scale.of(np.array([1.0, 5.0, 1.0, 3.0]))
    assert few.json() == {"values": [1.0, 3.0, 5.0]}
    assert few.place(np.array([1, 3, 5, 2, np.nan, np.inf])).tolist() == [2, 3, 4, 1, 0, 1]

    numbers = np.random.default_rng(1).exponential(size=20_000)
    many = Scale.of(numbers)
    counts = np.bincount(many.place(numbers), minlength=many.size)
    assert many.size == 12
    assert counts[[MISSING, UNSEEN]].tolist() == [0, 19]
    # Ten equal counts but for the tails. The oracle: NumPy's histogram of the same edges.
    assert np.abs(counts[3:-1] - 2000).max() <= 1
    assert counts[2:].tolist() == np.histogram(numbers, many.points)[0].tolist()


def test_a_very_frequent_number_has_its_own_range() -> None:
    numbers = np.concatenate([np.zeros(900), np.arange(1, 101)])
    scale = Scale.of(numbers)
    counts = np.bincount(scale.place(numbers), minlength=scale.size)
    assert scale.points.tolist() == [0, np.nextafter(0, 1), 100]
    assert counts.tolist() == [0, 0, 900, 100]
    assert scale.place(np.array([-1, 0, 1, 101])).tolist() == [1, 2, 3, 1]


def test_a_category_is_one_feature(reference: Reference) -> None:
    assert [feature.name for feature in reference.features] == ["income", "age", "rooms", "area"]
    area = reference.features[3]
    assert area.columns == (3, 4, 5)
    labels = [[1, 0, 0], [0, 0, 1], [0, 0, 0], [1, 1, 0], [0, 0.5, 0], [0, np.nan, 0]]
    rows = np.column_stack([np.zeros((6, 3)), np.array(labels)])
    assert area.place(rows).tolist() == [2, 4, UNSEEN, UNSEEN, UNSEEN, MISSING]


def test_a_category_has_a_cell_for_rows_without_a_label() -> None:
    random = np.random.default_rng(3)
    rows = rows_of(random, 1_000)
    rows[:50, 3:] = 0
    known = make_reference(COLUMNS, rows, *truth(rows, random), ["area"])
    area = known.features[3]
    assert int(area.counts[-1]) == 50
    assert area.place(rows[:1]).tolist() == [5]


def test_columns_with_only_the_prefix_of_a_category_are_features() -> None:
    random = np.random.default_rng(4)
    rows = random.standard_normal((500, 2))
    known = make_reference(["area_size", "area_depth"], rows, *[rows[:, 0]] * 2, ["area"])
    assert [feature.name for feature in known.features] == ["area_size", "area_depth"]


def test_pairs_have_groups_of_neighbouring_cells(reference: Reference) -> None:
    assert reference.pairs == ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
    assert reference.features[0].groups.tolist() == [4, 4, 0, 0, 0, 1, 1, 2, 2, 3, 3, 3]
    assert all(int(counts.sum()) == 8_000 for counts in reference.pair_counts)


def test_intervals_contain_the_true_value_of_nine_in_ten_new_rows(reference: Reference) -> None:
    random = np.random.default_rng(11)
    rows = rows_of(random, 20_000)
    counts = reference.count(reference.place(rows, *truth(rows, random)))
    assert counts.labelled == 20_000
    assert counts.uncovered / 20_000 == pytest.approx(0.1, abs=0.01)
    assert counts.absolute_error / 20_000 == pytest.approx(reference.error, rel=0.05)
    assert reference.expected_error(counts) == pytest.approx(reference.error, rel=0.05)


def test_a_reference_and_counts_are_the_same_after_json(reference: Reference) -> None:
    random = np.random.default_rng(5)
    rows = rows_of(random, 300)
    read = Reference.parse(json.loads(json.dumps(reference.json())))
    counts = read.count(read.place(rows, *truth(rows, np.random.default_rng(6))))
    again = reference.count(reference.place(rows, *truth(rows, np.random.default_rng(6))))
    assert counts.json() == again.json()
    assert Counts.parse(json.loads(json.dumps(counts.json()))).json() == counts.json()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "the reference has version 2, this script reads 1"),
        ({"features": [{}]}, "the reference is not valid: KeyError('name')"),
        ({"widths": "wide"}, "the reference is not valid: ValueError"),
    ],
)
def test_another_reference_is_refused(
    reference: Reference, change: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError) as refused:
        Reference.parse({**reference.json(), **change})
    assert str(refused.value).startswith(message)


def test_rows_of_other_columns_are_refused(reference: Reference) -> None:
    with pytest.raises(InputError, match="the rows have 2 columns; the model has 6 features"):
        reference.place(np.zeros((1, 2)), np.zeros(1))


@given(st.lists(st.integers(0, 5), min_size=40, max_size=40), st.integers(0, 100))
def test_weights_count_as_repeated_rows_and_days_add_up(weights: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    reference = reference_of(np.random.default_rng(7), 300, 100)
    rows = rows_of(random, 40)
    predicted, labels = truth(rows, random)
    often = np.array(weights)
    weighted = reference.count(reference.place(rows, predicted, labels), often)
    repeated = reference.count(
        reference.place(*(np.repeat(one, often, axis=0) for one in (rows, predicted, labels)))
    )
    halves = [
        reference.count(reference.place(rows, predicted, labels), often * is_in)
        for is_in in (np.arange(40) < 20, np.arange(40) >= 20)
    ]
    for other in (repeated, halves[0] + halves[1]):
        assert other.absolute_error == pytest.approx(weighted.absolute_error)
        assert replace(other, absolute_error=0).json() == replace(weighted, absolute_error=0).json()


@given(
    st.lists(st.integers(100, 1_000), min_size=2, max_size=12),
    st.lists(st.integers(100, 1_000), min_size=12, max_size=12),
)
def test_the_p_value_of_moved_rows_is_a_g_tests(known: list[int], found: list[int]) -> None:
    table = np.array([known, found[: len(known)]])
    expected = chi2_contingency(table, correction=False, lambda_="log-likelihood")
    assert expected.expected_freq.min() >= 10
    distance, chance = moved(table[0], table[1])
    shares = table / table.sum(axis=1, keepdims=True)
    assert distance == pytest.approx(np.abs(shares[0] - shares[1]).sum() / 2)
    assert chance == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-300)


def test_cells_with_few_rows_are_merged() -> None:
    known, found = np.array([1000, 1000, 3, 2, 0, 6]), np.array([100, 100, 0, 2, 9, 1])
    merged = np.array([[1000, 1000, 11], [100, 100, 12]])
    expected = chi2_contingency(merged, correction=False, lambda_="log-likelihood")
    # The three smallest have 1.3 expected rows; all four 2.1, so the next cell joins them.
    distance, chance = moved(known, found)
    joined = np.array([[1000, 1011], [100, 112]])
    expected = chi2_contingency(joined, correction=False, lambda_="log-likelihood")
    assert chance == pytest.approx(expected.pvalue)
    assert distance == pytest.approx(1000 / 2011 - 100 / 212)
    assert moved(np.array([0, 5]), np.array([0, 7])) == (0, 1)
    assert moved(known, found, floor=0.5)[1] == 1


@given(st.integers(0, 50), st.integers(60, 10_000), st.integers(0, 50), st.integers(60, 10_000))
def test_the_p_value_of_an_increase_is_binomial(
    known: int, known_rows: int, found: int, rows: int
) -> None:
    effect, chance = more_often(known, known_rows, found, rows)
    assert effect == found / rows - known / known_rows
    if found + known > 0:
        test = binomtest(found, found + known, rows / (rows + known_rows), alternative="greater")
        assert chance == pytest.approx(test.pvalue, rel=1e-6)
    else:
        assert chance == 1


Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def twentieth(value: float) -> Change:
    """Every twentieth row gets a value."""
    return lambda one, _: np.where(np.arange(len(one)) % 20, one, value)


SHIFTS: dict[str, tuple[int, Change, set[tuple[str, str]]]] = {
    "nothing": (0, lambda one, _: one, set()),
    "mean": (
        0,
        lambda one, _: one + 0.6,
        {("values", "income"), ("dependence", "income and age"), ("predictions", "predictions")},
    ),
    "missing": (1, twentieth(np.nan), {("missing", "age")}),
    "outliers": (1, twentieth(50), {("unseen", "age")}),
    "rotation": (
        1,
        lambda one, random: random.permutation(one),
        {("dependence", "income and age")},
    ),
}


@pytest.mark.parametrize("name", SHIFTS)
def test_each_kind_of_shift_is_found_by_its_test(reference: Reference, name: str) -> None:
    column, change, expected = SHIFTS[name]
    random = np.random.default_rng(23)
    rows = rows_of(random, 2_000)
    rows[:, column] = change(rows[:, column], random)
    predicted, _ = truth(rows, random)
    seen = found(reference, reference.count(reference.place(rows, predicted)))
    assert seen == expected or (name == "mean" and expected <= seen)


def test_features_that_are_ignored_are_not_compared(reference: Reference) -> None:
    random = np.random.default_rng(31)
    rows = rows_of(random, 2_000)
    rows[:, 2] = 4  # such as the day of the week, in a run of a day
    rows[:, 3:] = [0, 0, 1]
    predicted, _ = truth(rows_of(random, 2_000), random)
    counts = reference.count(reference.place(rows, predicted))
    assert {("values", "rooms"), ("values", "area")} <= found(reference, counts)
    ignored = replace(THRESHOLDS, ignored=frozenset(["rooms", "area"]))
    compared = compare(reference, [(1, counts)], ignored)
    assert [one for one in compared if one.drifted] == []
    assert {one.subject for one in compared} == {
        *("income", "age", "income and age", "predictions"),
    }
    assert {one.level for one in compared} == {0.01 / 30 / 23}
    with pytest.raises(InputError, match="area_coast: no such feature; they are income, age, roo"):
        compare(reference, [(1, counts)], replace(THRESHOLDS, ignored=frozenset(["area_coast"])))


def test_labels_show_a_changed_concept(reference: Reference) -> None:
    random = np.random.default_rng(29)
    rows = rows_of(random, 2_000)
    predicted, labels = truth(rows, random)
    counts = reference.count(reference.place(rows, predicted, labels + 1))
    assert found(reference, counts) == {("residuals", "errors"), ("coverage", "intervals")}


def test_a_million_rows_do_not_alarm_on_a_small_difference(reference: Reference) -> None:
    counts = Counts(
        1_000_000,
        [one.counts * 125 for one in reference.features],
        [one * 125 for one in reference.pair_counts],
        reference.predictions[1] * 500,
        reference.residuals[1] * 0,
        0,
        0.0,
    )
    # Three in a hundred rows have moved from one decile to another.
    counts.features[0][3] -= 30_000
    counts.features[0][8] += 30_000
    compared = compare(reference, [(1, counts)], replace(THRESHOLDS, shift=0.02))
    assert [(one.kind, one.subject, round(one.effect, 4)) for one in compared if one.drifted] == [
        ("values", "income", 0.03)
    ]
    assert found(reference, counts) == set()


def test_the_false_alarm_rate_is_divided_among_all_tests(reference: Reference) -> None:
    counts = reference.count(reference.place(*_day(1)))
    compared = compare(reference, [(1, counts), (7, counts)], THRESHOLDS)
    # Of 4 features 3 each, 6 pairs, 3 of the predictions, 2 of the labels.
    assert len(compared) == 2 * 23
    assert {one.level for one in compared} == {0.01 / 30 / 46}
    few = reference.count(reference.place(*(one[:99] for one in _day(1))))
    assert compare(reference, [(1, few)], THRESHOLDS) == []


def _day(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    rows = rows_of(random, 1_000)
    return (rows, *truth(rows, random))


def test_a_finding_says_what_it_is() -> None:
    one = Comparison("unseen", "age", 7, 0.0312, 0.02, 1e-9, 1e-5)
    assert one.drifted
    assert one.text == (
        "age: 3.1% more rows have a value that training hardly knows (the last 7 runs)"
    )
    assert not one._replace(effect=0.019).drifted
    assert not one._replace(chance=1e-5).drifted


def test_twenty_quiet_months_have_no_alarm() -> None:
    random = np.random.default_rng(31)
    for _ in range(2):
        reference = reference_of(random, 4_000, 1_000)
        rows = rows_of(random, 300_000)
        predicted, labels = truth(rows, random)
        for month in range(10):
            for day in range(30):
                part = slice((month * 30 + day) * 1_000, (month * 30 + day + 1) * 1_000)
                counts = reference.count(reference.place(rows[part], predicted[part], labels[part]))
                assert found(reference, counts) == set()


@pytest.mark.parametrize("image", ["this", "scikit-learn 1.9-0", "xgboost 3.2-0"])
def test_the_script_evaluates_and_stores_a_reference(tmp_path: Path, image: str) -> None:
    python = sys.executable if image == "this" else image_python(image)
    if python is None:
        pytest.skip(f"this machine has no Python, or no package index, for {image}")
    random = np.random.default_rng(37)
    rows = rows_of(random, 500)
    predicted, labels = truth(rows, random)
    for name, table in {
        "train/train.csv": np.column_stack([labels, rows]),
        "predictions/test.csv.out": np.column_stack([labels, predicted]),
    }.items():
        (tmp_path / name).parent.mkdir()
        np.savetxt(tmp_path / name, table, delimiter=",", fmt="%.10g")
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "feature_names.json").write_text(json.dumps(COLUMNS))
    command = [python, drift_reference.__file__, "--message", str(tmp_path / "message")]
    for name in ("train", "metadata", "predictions", "output"):
        command += [f"--{name}", str(tmp_path / name)]
    command += ["--categories", "colour", "area"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "4 features and 6 pairs for drift detection"
    written = Reference.parse(json.loads((tmp_path / "output/drift_reference.json").read_text()))
    assert [int(one.counts.sum()) for one in written.features] == [500] * 4
    assert (tmp_path / "output/evaluation.json").exists()

    (tmp_path / "metadata" / "feature_names.json").write_text(json.dumps(COLUMNS[1:]))
    failed = subprocess.run(command, capture_output=True, text=True)
    assert failed.returncode == 1
    assert failed.stderr == "error: there are 5 names for 6 features\n"
    assert (tmp_path / "message").read_text() == "there are 5 names for 6 features"


def test_weights_are_left_out_of_a_reference(tmp_path: Path) -> None:
    import xgboost

    rows = rows_of(np.random.default_rng(38), 300)
    labels = rows[:, 0]
    booster = xgboost.train({}, xgboost.DMatrix(rows, labels), 5)
    (tmp_path / "xgboost-model").write_bytes(booster.save_raw("ubj"))
    (tmp_path / "model").mkdir()
    with tarfile.open(tmp_path / "model/model.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "xgboost-model", "xgboost-model")
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata/feature_names.json").write_text(json.dumps(COLUMNS))

    def reference(weights: np.ndarray | None, *more: str) -> Reference:
        table = np.column_stack([labels, *([] if weights is None else [weights]), rows])
        for name in ("train", "test"):
            (tmp_path / name).mkdir(exist_ok=True)
            np.savetxt(tmp_path / name / "rows.csv", table, delimiter=",", fmt="%.10g")
        arguments = ["--algorithm", "xgboost", "--message", str(tmp_path / "message"), *more]
        for name in ("train", "test", "metadata", "model", "output"):
            arguments += [f"--{name}", str(tmp_path / name)]
        drift_reference.main(arguments)
        document = json.loads((tmp_path / "output/drift_reference.json").read_text())
        return Reference.parse(document)

    weighted = reference(np.arange(1.0, 301), "--sample-weight", "exposure")
    assert weighted.json() == reference(None).json()
