"""The script that evaluates a model, on real files and models."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import prediction_intervals
import pytest
import regression_scores
import sample_weights
import segments
from script_job import Job, on_image


def test_prediction_intervals_cover_nine_rows_of_ten() -> None:
    covered = []
    for seed in range(100):
        random = np.random.default_rng(seed)
        x = random.uniform(size=1400)
        # Skewed noise that grows with x, and a model that fits the curve badly.
        y = x**2 + x * random.exponential(size=1400)
        line = np.polyfit(x[:200], y[:200], 1)
        predicted = np.polyval(line, x)
        half = prediction_intervals.half_width(y[200:400], predicted[200:400], 0.9)
        assert half is not None
        covered.append(np.mean(np.abs(predicted - y)[400:] <= half))
    assert 0.88 <= np.mean(covered) <= 0.92


def test_a_prediction_interval_needs_enough_rows() -> None:
    actual = np.arange(9.0)
    # The largest of 9, as 10 * 0.9 is 9; of 8 rows, none is far enough out.
    assert prediction_intervals.half_width(actual, actual + actual, 0.9) == 8
    assert prediction_intervals.half_width(actual[1:], 2 * actual[1:], 0.9) is None


def pack(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / "model.tar.gz", "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def evaluated(job: Job, *arguments: str) -> subprocess.CompletedProcess[str]:
    return job.run("evaluate.py", *arguments, "--output", str(job.folder / "evaluation"))


def evaluated_model(job: Job, *more: str) -> subprocess.CompletedProcess[str]:
    return evaluated(
        job,
        *("--algorithm", "xgboost", "--model", str(job.folder / "model")),
        *("--test", str(job.folder / "test"), *more),
    )


def reported(job: Job) -> dict[str, float]:
    report = json.loads((job.folder / "evaluation" / "evaluation.json").read_text())
    names = {"regression_metrics", "dataset", "segments", "model_card"}
    assert report.keys() - {"confidence_intervals", "sample_weight"} == names
    return {name: one["value"] for name, one in report["regression_metrics"].items()}


@pytest.fixture(params=["this process", "xgboost 3.2-0"])
def boosted(job: Job, request: pytest.FixtureRequest) -> Callable[[np.ndarray], np.ndarray]:
    """Trains a model, packs it like a training job, and returns its expected predictions."""
    import xgboost

    if request.param != "this process":
        on_image(job, request.param)
    rows = np.random.default_rng(1).normal(size=(300, 4))
    rows[:, 0] = rows[:, 1] * 3 + rows[:, 2]
    booster = xgboost.train({}, xgboost.DMatrix(rows[:, 1:], rows[:, 0]), 20)
    pack(job.folder / "model", {"xgboost-model": booster.save_raw("ubj")})
    return lambda features: booster.predict(xgboost.DMatrix(features))


def test_agrees_with_scikit_learn(job: Job, boosted: Callable[[np.ndarray], np.ndarray]) -> None:
    from sklearn import metrics

    rows = np.random.default_rng(2).normal(size=(200, 4))
    rows[5, 2] = np.nan
    (job.folder / "test").mkdir()
    text = "\n".join(",".join("" if np.isnan(x) else repr(float(x)) for x in r) for r in rows)
    (job.folder / "test" / "test.csv").write_text(text + "\n")
    done = evaluated_model(job)
    assert done.returncode == 0, done.stderr
    predicted = boosted(rows[:, 1:])
    mse = metrics.mean_squared_error(rows[:, 0], predicted)
    assert reported(job) == pytest.approx(
        {
            "r2": metrics.r2_score(rows[:, 0], predicted),
            "mse": mse,
            "rmse": mse**0.5,
            "mae": metrics.mean_absolute_error(rows[:, 0], predicted),
        }
    )
    kept = np.loadtxt(job.folder / "evaluation" / "predictions.csv", delimiter=",", skiprows=1)
    assert kept[:, 0] == pytest.approx(rows[:, 0])
    assert kept[:, 1] == pytest.approx(predicted)


def test_calculates_intervals_from_the_validation_rows(
    job: Job, boosted: Callable[[np.ndarray], np.ndarray]
) -> None:
    random = np.random.default_rng(5)
    counts = {"test": 50, "validation": 39}
    parts = {name: random.normal(size=(count, 4)) for name, count in counts.items()}
    for name, rows in parts.items():
        (job.folder / name).mkdir()
        np.savetxt(job.folder / name / f"{name}.csv", rows, delimiter=",")
    learns = ("--validation", str(job.folder / "validation"), "--confidence")
    done = evaluated_model(job, *learns, "0.8")
    assert done.returncode == 0, done.stderr
    report = json.loads((job.folder / "evaluation" / "evaluation.json").read_text())
    errors = {name: abs(rows[:, 0] - boosted(rows[:, 1:])) for name, rows in parts.items()}
    # The 32nd of 39 errors: 80 % of 40.
    half = np.sort(errors["validation"])[31]
    assert report["prediction_interval"] == {
        "confidence": 0.8,
        "half_width": pytest.approx(half, rel=1e-12),
        "item_count": 39,
        "covered": np.mean(errors["test"] <= half),
    }
    job.fails(evaluated_model(job, *learns, "0.98"), "39 validation rows are too few")


def test_reads_what_a_batch_transform_joined(job: Job) -> None:
    (job.folder / "predictions").mkdir()
    (job.folder / "predictions" / "test.csv.out").write_text("1,1.5\n2,2\n3,2.5\n")
    done = evaluated(job, "--predictions", str(job.folder / "predictions"))
    assert done.returncode == 0, done.stderr
    assert reported(job)["r2"] == pytest.approx(0.75)


def report_of(job: Job, actual: np.ndarray, predicted: np.ndarray, *more: str) -> dict[str, Any]:
    (job.folder / "predictions").mkdir(exist_ok=True)
    np.savetxt(
        job.folder / "predictions" / "test.csv.out",
        np.column_stack([actual, predicted]),
        delimiter=",",
    )
    done = evaluated(job, "--predictions", str(job.folder / "predictions"), *more)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads((job.folder / "evaluation" / "evaluation.json").read_text())
    return report


def test_the_interval_of_r2_equals_scipys(job_on_image: Job) -> None:
    from scipy import stats

    def r2(actual: np.ndarray, predicted: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(1 - np.mean((actual - predicted) ** 2, axis) / np.var(actual, axis))

    random = np.random.default_rng(3)
    actual = 1e6 + random.normal(size=400)
    predicted = actual + random.normal(scale=0.5, size=400)
    report = report_of(job_on_image, actual, predicted)
    assert report["dataset"] == {"item_count": 400}
    found = report["confidence_intervals"]["r2"]
    assert found["confidence"] == 0.9
    expected = stats.bootstrap(
        (actual, predicted),
        r2,
        paired=True,
        n_resamples=1000,
        confidence_level=0.9,
        method="percentile",
        rng=np.random.default_rng(4),
    ).confidence_interval
    assert found["low"] == pytest.approx(expected.low, abs=0.005)
    assert found["high"] == pytest.approx(expected.high, abs=0.005)
    assert report_of(job_on_image, actual, predicted) == report


def test_weighted_metrics_equal_scikit_learns(
    job: Job, boosted: Callable[[np.ndarray], np.ndarray]
) -> None:
    from sklearn import metrics

    random = np.random.default_rng(2)
    rows = random.normal(size=(200, 4))
    weights = random.integers(1, 9, 200) / 2
    (job.folder / "test").mkdir()
    np.savetxt(job.folder / "test/test.csv", np.insert(rows, 1, weights, 1), "%.17g", ",")
    done = evaluated_model(job, "--sample-weight", "exposure")
    assert done.returncode == 0, done.stderr
    given = (rows[:, 0], boosted(rows[:, 1:]))
    mse = metrics.mean_squared_error(*given, sample_weight=weights)
    r2 = metrics.r2_score(*given, sample_weight=weights)
    assert reported(job) == pytest.approx(
        {
            "r2": r2,
            "mse": mse,
            "rmse": mse**0.5,
            "mae": metrics.mean_absolute_error(*given, sample_weight=weights),
        }
    )
    report = json.loads((job.folder / "evaluation/evaluation.json").read_text())
    plain = metrics.r2_score(*given)
    assert report["sample_weight"] == {
        "column": "exposure",
        "effective_item_count": pytest.approx(weights.sum() ** 2 / (weights**2).sum()),
        "unweighted_r2": pytest.approx(plain),
    }
    weighted, unweighted, first, *_ = json.loads(report["model_card"]["metric_groups"])
    assert weighted["name"] == "Regression weighted by exposure"
    assert weighted["metric_data"][0]["value"] == pytest.approx(r2)
    assert unweighted["name"] == "Regression unweighted"
    assert unweighted["metric_data"][0]["value"] == pytest.approx(plain)
    quarter = rows[:, 0] <= np.quantile(rows[:, 0], 0.25)
    assert first["metric_data"][1]["value"] == pytest.approx(
        metrics.mean_absolute_error(*(x[quarter] for x in given), sample_weight=weights[quarter])
    )
    low, high = (report["confidence_intervals"]["r2"][end] for end in ("low", "high"))
    assert low < r2 < high
    assert done.stdout.startswith(f"200 rows weighted by exposure: r2 {r2:.6g}, mse ")
    assert f"; unweighted r2 {plain:.6g}; r2 is " in done.stdout


def test_equal_weights_change_nothing_and_integer_ones_count_as_rows() -> None:
    random = np.random.default_rng(8)
    actual = random.normal(size=500)
    predicted = actual + random.normal(scale=0.5, size=500)
    assert regression_scores.regression_metrics(actual, predicted, np.ones(500)) == (
        regression_scores.regression_metrics(actual, predicted)
    )
    np.testing.assert_array_equal(
        regression_scores.resampled_r2(actual, predicted, weights=np.ones(500)),
        regression_scores.resampled_r2(actual, predicted),
    )
    counts = random.integers(1, 5, 500)
    repeated = [np.repeat(one, counts) for one in (actual, predicted)]
    assert regression_scores.regression_metrics(actual, predicted, counts) == pytest.approx(
        regression_scores.regression_metrics(*repeated), rel=1e-12
    )


def test_the_weighted_interval_contains_the_true_r2_in_nine_of_ten_cases() -> None:
    held = 0
    for seed in range(150):
        random = np.random.default_rng(seed)
        # Rows of the first half are drawn four times as often as they should be.
        half = np.arange(250) < 200
        actual = random.normal(loc=np.where(half, 1, -1), size=250)
        predicted = actual + random.normal(scale=np.where(half, 0.2, 1.0), size=250)
        weights = np.where(half, 0.25, 1.0)
        resampled = regression_scores.resampled_r2(actual, predicted, weights=weights)
        assert resampled is not None
        low, high = regression_scores.interval(resampled)
        held += low <= 1 - (0.2**2 + 1) / 2 / 2 <= high
    assert 0.84 <= held / 150 <= 0.95


def test_few_rows_with_large_weights_have_no_interval() -> None:
    actual = np.arange(100.0)
    weights = np.where(actual < 15, 1.0, 1e-4)
    assert sample_weights.effective_rows(weights) == pytest.approx(15.02, abs=0.01)
    assert regression_scores.resampled_r2(actual, actual + actual % 2, weights=weights) is None


def test_large_groups_have_the_interval_of_their_rows() -> None:
    random = np.random.default_rng(5)
    # In the table's order, neighbouring rows are alike.
    actual = np.sort(random.normal(size=50_000))
    error = random.normal(scale=0.5, size=50_000)
    resampled = regression_scores.resampled_r2(actual, actual + error)
    assert resampled is not None
    low, high = regression_scores.interval(resampled)
    # By the delta method: the deviation of the mean of (e² - (1 - R²) y²) / variance.
    terms = error**2 - np.mean(error**2) / np.var(actual) * (actual - actual.mean()) ** 2
    deviation = np.std(terms / np.var(actual)) / 50_000**0.5
    assert high - low == pytest.approx(2 * 1.645 * deviation, rel=0.1)
    assert (low + high) / 2 == pytest.approx(
        regression_scores.regression_metrics(actual, actual + error)["r2"], abs=deviation / 4
    )


def test_the_interval_contains_the_true_r2_in_nine_of_ten_cases(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(regression_scores, "RESAMPLES", 200)  # enough for the rate over many runs
    held = 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        actual = random.normal(size=200)
        resampled = regression_scores.resampled_r2(
            actual, actual + random.normal(scale=0.6, size=200)
        )
        assert resampled is not None
        low, high = regression_scores.interval(resampled)
        held += low <= 1 - 0.6**2 <= high
    assert 0.86 <= held / 300 <= 0.94


def test_the_card_has_the_metrics_of_each_quarter_of_the_target(job: Job) -> None:
    from sklearn import metrics

    random = np.random.default_rng(6)
    actual = np.sort(random.normal(size=103))
    predicted = actual + random.normal(scale=0.1, size=103) + (actual > 0) / 4
    text = report_of(job, actual, predicted)["model_card"]["metric_groups"]
    everything, *parts = json.loads(text)
    assert everything["name"] == "Regression"
    assert everything["metric_data"][0] == {
        "name": "r2",
        "type": "number",
        "value": pytest.approx(metrics.r2_score(actual, predicted)),
    }
    first = 0
    for part, rows in zip(parts, (26, 26, 25, 26), strict=True):
        own, known = actual[first : first + rows], predicted[first : first + rows]
        first += rows
        assert part["name"] == f"Target {own[0]:.6g} to {own[-1]:.6g}"
        assert {one["name"]: one["value"] for one in part["metric_data"]} == {
            "rmse": pytest.approx(metrics.root_mean_squared_error(own, known)),
            "mae": pytest.approx(metrics.mean_absolute_error(own, known)),
            "bias": pytest.approx(float(np.mean(known - own))),
            "rows": rows,
        }


def test_equal_targets_are_in_one_part(job: Job) -> None:
    actual = np.array([0.0] * 8 + [1.0, 5.0])
    text = report_of(job, actual, actual / 2)["model_card"]["metric_groups"]
    names = [group["name"] for group in json.loads(text)]
    assert names == ["Regression", "Target = 0", "Target 1 to 5"]


def test_breaks_the_errors_down_by_columns(job_on_image: Job) -> None:
    import pandas as pd

    job, random = job_on_image, np.random.default_rng(9)
    actual = random.normal(size=400)
    predicted = actual + random.normal(size=400)
    labels = [f"town {number}" for number in range(20)]
    towns = random.choice(len(labels), 400, p=np.arange(20, 0, -1) / 210).astype(object)
    sizes = random.lognormal(30, size=400).astype(object)
    towns[:7] = sizes[:5] = None
    few = [0 if row < 371 else 1 for row in range(400)]
    segments = [
        {"column": "town", "labels": labels, "values": list(towns)},
        {"column": "size", "values": list(sizes)},
        {"column": "lift", "labels": ["true", "false"], "values": few},
        {"column": "empty", "values": [None] * 400},
    ]
    (job.folder / "segments").mkdir()
    (job.folder / "segments" / "segments.json").write_text(json.dumps(segments))
    more = ("--segments", str(job.folder / "segments"))
    report = report_of(job, actual, predicted, *more)
    found = {
        column["column"]: {one.pop("name"): one for one in column["segments"]}
        for column in report["segments"]
    }
    assert list(found) == ["Target", "town", "size", "lift", "empty"]

    frame = pd.DataFrame({"actual": actual, "predicted": predicted, "town": towns})
    frame["size"] = pd.to_numeric(pd.Series(sizes))
    often = frame["town"].value_counts()
    common = sorted(often.index, key=lambda place: (-often[place], labels[place]))[:10]
    assert list(found["town"]) == [
        *(f"= {labels[place]}" for place in common),
        *("10 other labels", "missing"),
    ]
    quarter = pd.qcut(frame["size"], 4, labels=False)
    groups = {
        **{f"= {labels[place]}": frame[frame["town"] == place] for place in common},
        "10 other labels": frame[~frame["town"].isin([*common, None])],
        "missing": frame[frame["town"].isna()],
    }
    for name, rows in groups.items():
        error = rows["predicted"] - rows["actual"]
        assert found["town"][name] == {
            "rmse": pytest.approx((error**2).mean() ** 0.5),
            "mae": pytest.approx(error.abs().mean()),
            "bias": pytest.approx(error.mean()),
            "rows": len(rows),
        }
    assert [one["rows"] for one in found["size"].values()] == [
        *quarter.value_counts().sort_index(),
        5,
    ]
    assert list(found["lift"]) == ["= true", "= false"]
    assert {name: one["rows"] for name, one in found["empty"].items()} == {"missing": 400}
    groups_of_card = json.loads(report["model_card"]["metric_groups"])
    notes = {group["name"]: group["metric_data"][-1].get("notes") for group in groups_of_card[1:]}
    assert (notes["lift = true"], notes["lift = false"]) == (
        None,
        "Fewer than 30 rows, so the errors vary a lot by chance.",
    )

    (job.folder / "segments" / "segments.json").write_text(
        json.dumps([{"column": "town", "values": [1]}])
    )
    done = evaluated(job, "--predictions", str(job.folder / "predictions"), *more)
    job.fails(done, "there are 400 predictions, but 1 test rows with values of town")


def test_segments_have_names_that_differ_and_fit_a_card() -> None:
    values = np.array([1e9, 1e9 + 1, 1e9 + 2, 1e9 + 3])
    names = [name for name, _ in segments.quarters(values)]
    assert names == [f"= 100000000{place}" for place in range(4)] + ["missing"]
    infinite = segments.quarters(np.array([1, 2, 3, np.inf, -np.inf, np.nan]))
    assert [(name, int(rows.sum())) for name, rows in infinite] == [
        *(("-inf to 1", 2), ("= 2", 1), ("3 to inf", 2), ("missing", 1)),
    ]
    long = segments.group_name("c" * 128, "= " + "v" * 500)
    assert long == "c" * 28 + "... = " + "v" * 26 + "..."
    assert len(long) == 63


def test_too_few_rows_have_no_interval(job: Job) -> None:
    rows = np.arange(20.0)
    assert "confidence_intervals" in report_of(job, rows, rows + rows % 2)
    report = report_of(job, rows[:19], rows[:19] + rows[:19] % 2)
    assert report["dataset"] == {"item_count": 19}
    assert "confidence_intervals" not in report


def test_a_target_that_hardly_varies_has_no_interval(job: Job) -> None:
    # In a third of the samples the one row that differs is missing, and R² undefined.
    actual = np.zeros(100)
    actual[0] = 1
    assert "confidence_intervals" not in report_of(job, actual, actual / 2)


@pytest.mark.parametrize("image", ["this process", "scikit-learn 1.9-0"])
@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("1,1.5\n2,nan\n3,\n4,4\n5,-inf\n", "3 of 5 predictions are not finite numbers"),
        ("1,1.5\n,2\n3,3\n", "1 of 3 targets are not finite numbers"),
        ("1,1e200\n2,2\n", "the errors are too large to square: mse is inf"),
        ("1,1,1\n2,2,2\n", "predictions have 3 columns, not 2"),
    ],
)
def test_refuses_predictions(job: Job, image: str, rows: str, reason: str) -> None:
    if image != "this process":
        on_image(job, image)
    (job.folder / "predictions").mkdir()
    (job.folder / "predictions" / "test.csv.out").write_text(rows)
    job.fails(evaluated(job, "--predictions", str(job.folder / "predictions")), reason)
    assert not (job.folder / "evaluation").exists()


def test_evaluates_all_saved_rounds_of_a_stopped_job(job: Job) -> None:
    import xgboost

    rows = np.random.default_rng(1).normal(size=(300, 2))
    matrix = xgboost.DMatrix(rows[:, 1:], rows[:, 0])
    booster = xgboost.train({}, matrix, 20)
    booster.set_attr(best_iteration="3")
    pack(job.folder / "model", {"xgboost-model": booster.save_raw("ubj")})
    (job.folder / "test").mkdir()
    np.savetxt(job.folder / "test" / "test.csv", rows, delimiter=",")
    assert evaluated_model(job).returncode == 0
    kept = np.loadtxt(job.folder / "evaluation" / "predictions.csv", delimiter=",", skiprows=1)
    assert kept[:, 1] == pytest.approx(booster.predict(matrix))


@pytest.mark.usefixtures("boosted")
@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("", "there are no rows in"),
        ("1,2,3,x\n", "the test data is not all numbers"),
        ("1,2,3,4\n1,2,3,5\n", "all 2 test rows have the same target, so R2 is undefined"),
    ],
)
def test_refuses_data(job: Job, rows: str, reason: str) -> None:
    (job.folder / "test").mkdir()
    (job.folder / "test" / "test.csv").write_text(rows)
    job.fails(evaluated_model(job), reason)
    assert not (job.folder / "evaluation").exists()


def test_refuses_a_broken_archive(job: Job) -> None:
    (job.folder / "test").mkdir()
    (job.folder / "test" / "test.csv").write_text("1,2\n2,3\n")
    (job.folder / "model").mkdir()
    (job.folder / "model" / "model.tar.gz").write_bytes(b"no archive")
    job.fails(evaluated_model(job), "cannot read the model model.tar.gz")


def test_unpacks_nothing_outside_its_folder(job: Job) -> None:
    (job.folder / "test").mkdir()
    (job.folder / "test" / "test.csv").write_text("1,2\n2,3\n")
    pack(job.folder / "model", {"../../escaped": b"x", "/tmp/escaped-restate": b"x"})  # noqa: S108
    with pytest.raises(FileNotFoundError, match="xgboost-model"):
        evaluated_model(job)
    assert not (job.folder.parent / "escaped").exists()
    assert not Path("/tmp/escaped-restate").exists()  # noqa: S108
