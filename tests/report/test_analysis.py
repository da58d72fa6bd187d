"""The analysis of predictions for report and notebook; numpy is the oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from report import analysis
from report.analysis import Bins

NAN = float("nan")
RANDOM = np.random.default_rng(3)


def counted(found: list[dict[str, Any]]) -> int:
    return sum(one["count"] for one in found)


def test_a_residual_is_positive_if_the_prediction_is_too_high() -> None:
    actual, predicted = np.array([100.0, 100.0]), np.array([130.0, 90.0])
    assert analysis.residuals(actual, predicted).tolist() == [30, -10]
    cells = analysis.residual_against_predicted(actual, predicted)
    assert [(one["y0"], one["y1"]) for one in cells] == [(-10, -9), (30, 31)]


def test_steps_are_1_2_or_5_times_a_power_of_ten() -> None:
    assert [analysis.round_up(value) for value in (0.3, 1, 1.1, 2300)] == [0.5, 1, 2, 5000]


def test_a_histogram_counts_every_value_once_in_bins_with_round_ends() -> None:
    values = 1000 * (RANDOM.uniform(size=5000) - 0.5)
    bars = analysis.histogram(values, 40)
    edges = [bars[0]["start"], *(bar["end"] for bar in bars)]
    assert edges == list(range(-500, 501, 50))
    assert [bar["count"] for bar in bars] == np.histogram(values, edges)[0].tolist()


@pytest.mark.parametrize(
    ("values", "bars"),
    [
        ([], [{"start": 0, "end": 1, "count": 0}]),
        ([0, 0, NAN], [{"start": 0, "end": 1, "count": 2}]),
        ([7, 7, 7], [{"start": 7, "end": 8, "count": 3}]),
    ],
)
def test_a_histogram_accepts_equal_missing_and_no_values(
    values: list[float], bars: list[dict[str, Any]]
) -> None:
    assert analysis.histogram(np.array(values, dtype=float), 10) == bars


def test_a_histogram_puts_negative_values_below_zero() -> None:
    bars = analysis.histogram(np.array([-3.0, -1, 1]), 4)
    counts = {(bar["start"], bar["end"]): bar["count"] for bar in bars}
    assert counts == {(-3, -2): 1, (-2, -1): 0, (-1, 0): 1, (0, 1): 0, (1, 2): 1}


def test_a_grid_has_only_cells_with_points_and_their_means() -> None:
    x, y = np.array([0.5, 0.6, 3.5]), np.array([0.5, 0.4, 1.5])
    assert analysis.grid(x, y, np.array([1, 3, -2]), Bins(0, 1, 4), Bins(0, 1, 2)) == [
        {"x0": 0, "x1": 1, "y0": 0, "y1": 1, "count": 2, "mean": 2},
        {"x0": 3, "x1": 4, "y0": 1, "y1": 2, "count": 1, "mean": -2},
    ]


def test_the_grids_count_every_row_once_in_few_cells() -> None:
    actual = 100 + 400 * RANDOM.uniform(size=2000)
    predicted = actual + 40 * RANDOM.normal(size=2000)
    actual[0], predicted[1] = NAN, NAN
    for found in (
        analysis.predicted_against_actual(actual, predicted),
        analysis.residual_against_predicted(actual, predicted),
    ):
        assert counted(found) == 1998
        assert len(found) < 1000


def test_the_error_map_shows_where_predictions_are_too_high() -> None:
    longitude = -124 + 10 * RANDOM.uniform(size=2000)
    latitude = 32 + 10 * RANDOM.uniform(size=2000)
    residual = np.where(longitude > -119, 40.0, 0.0)
    longitude[:2] = NAN
    cells = analysis.error_map(longitude, latitude, residual)
    assert counted(cells) == 1998
    assert {one["mean"] for one in cells if one["x1"] <= -119} == {0}
    assert {one["mean"] for one in cells if one["x0"] >= -119} == {40}


def test_the_error_map_of_rows_without_coordinates_is_empty() -> None:
    nowhere = np.array([NAN])
    assert analysis.error_map(nowhere, nowhere, np.array([1.0])) == []


def test_coordinates_are_found_by_column_name() -> None:
    assert analysis.place_of(["age", "longitude", "latitude"]) == (1, 2)
    assert analysis.place_of(["pickup_lon", "pickup-lat"]) == (0, 1)
    assert analysis.place_of(["longitude", "age"]) is None


def test_the_importance_of_many_features_is_measured_on_fewer_rows() -> None:
    predicted = 0

    def predict(features: np.ndarray) -> np.ndarray:
        nonlocal predicted
        predicted += len(features)
        return features[:, 0]

    rows = np.random.default_rng(1).uniform(size=(5000, 301))
    found = analysis.importance(predict, rows, [str(column) for column in range(300)])
    assert found is not None
    assert found["rows"] == analysis.MIN_IMPORTANCE_ROWS
    assert predicted == (1 + 300 * analysis.REPEATS) * analysis.MIN_IMPORTANCE_ROWS


def test_importance_is_undefined_for_a_constant_label() -> None:
    rows = np.column_stack([np.ones(50), RANDOM.uniform(size=50)])
    assert analysis.importance(lambda features: features[:, 0], rows, ["a"]) is None


def test_the_baseline_is_chosen_on_validation_rows_and_accepts_missing_and_huge_values() -> None:
    random = np.random.default_rng(0)
    label = random.normal(size=300)
    # The first feature is the label in train and test rows, and noise in validation rows.
    lucky = label.copy()
    lucky[100:200] = random.normal(size=100)
    honest = np.where(random.uniform(size=300) < 0.1, np.nan, label + random.normal(size=300))
    huge = label * 1e39
    rows = np.column_stack([label, lucky, honest, huge])
    rows[0, 0] = np.nan
    train, validation, test = rows[:100], rows[100:200], rows[200:]
    found = analysis.baseline(train, validation, test, ["lucky", "honest", "huge"])
    assert found is not None
    assert found["column"] == "honest"
    assert 0.2 < found["r2"] < 0.6
    flat = np.column_stack([np.ones(100), test[:, 1:]])
    assert analysis.baseline(train, validation, flat, ["lucky", "honest", "huge"]) is None
    only_huge = [part[:, [0, 3]] for part in (train, validation, test)]
    assert analysis.baseline(*only_huge, ["huge"]) is None
