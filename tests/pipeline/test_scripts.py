"""The scripts of the processing jobs, run as processes on real files."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import evaluate
import numpy as np
import pytest
from image_python import image_python

SCRIPTS = Path(__file__).parents[2] / "pipeline" / "scripts"
HEADER = "price,rooms,age"


class Job:
    """A processing job's folder, and how a script ended in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.message = folder / "output" / "message"
        self.python = sys.executable

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [
            self.python,
            str(SCRIPTS / script),
            *arguments,
            "--message",
            str(self.message),
        ]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def preprocess(self, *more: str, seed: int = 1729) -> subprocess.CompletedProcess[str]:
        return self.run(
            "preprocess.py",
            *("--input", str(self.folder / "input"), "--output", str(self.folder)),
            *("--target", "price", "--train", "0.7", "--validation", "0.2", "--test", "0.1"),
            *("--seed", str(seed), "--table", "flats", "--column-count", "2", *more),
        )

    def fails(self, done: subprocess.CompletedProcess[str], reason: str) -> None:
        assert done.returncode == 1
        assert reason in done.stderr
        assert "Traceback" not in done.stderr
        assert self.message.read_text() in done.stderr

    def split(self, name: str) -> list[str]:
        return (self.folder / name / f"{name}.csv").read_text().splitlines()

    def feature_names(self) -> list[str]:
        names: list[str] = json.loads((self.folder / "metadata/feature_names.json").read_text())
        return names


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "_SUCCESS").touch()
    return Job(tmp_path)


@pytest.fixture(params=["this", "scikit-learn 1.9-0"])
def job_on_image(job: Job, request: pytest.FixtureRequest) -> Job:
    """A job on this Python, and on that of the image that the script runs on."""
    return on_image(job, request.param)


def on_image(job: Job, image: str) -> Job:
    if image != "this":
        python = image_python(image)
        if python is None:
            pytest.skip(f"this machine has no Python, or no package index, for {image}")
        job.python = python
    return job


def write_parts(job: Job, *parts: list[str], header: str = HEADER) -> None:
    for index, rows in enumerate(parts):
        part = job.folder / "input" / "node" / f"part-{index:05}.csv"
        part.parent.mkdir(exist_ok=True)
        part.write_text("".join(f"{line}\n" for line in [header, *rows]))


ROWS = [f"{index},{index % 7},{index / 3}" for index in range(1000)]


class TestPreprocess:
    def test_splits_exactly_and_loses_nothing(self, job_on_image: Job) -> None:
        job = job_on_image
        write_parts(job, ROWS[:300], ROWS[300:])
        done = job.preprocess()
        assert done.returncode == 0, done.stderr
        splits = {name: job.split(name) for name in ("train", "validation", "test")}
        assert {name: len(rows) for name, rows in splits.items()} == {
            "train": 700,
            "validation": 200,
            "test": 100,
        }
        assert sorted(row for rows in splits.values() for row in rows) == sorted(ROWS)
        assert done.stdout.splitlines() == [
            'target "price": mean 499.5, deviation 288.675',
            "1000 rows read, 1000 used: 700 / 200 / 100; 2 columns, 2 features; 1 warning",
            "warning: age: gives the target away: R2 1.0000 by this column alone",
        ]

    def test_splits_the_same_on_every_image(self, job: Job) -> None:
        write_parts(job, ROWS)
        job.preprocess()
        first = [job.split(name) for name in ("train", "validation", "test")]
        on_image(job, "scikit-learn 1.9-0").preprocess()
        assert [job.split(name) for name in ("train", "validation", "test")] == first

    def test_gives_the_same_split_for_the_same_seed_only(self, job: Job) -> None:
        write_parts(job, ROWS)
        job.preprocess()
        first = job.split("test")
        job.preprocess()
        assert job.split("test") == first
        job.preprocess(seed=1)
        assert job.split("test") != first

    def test_draws_at_random(self, job: Job) -> None:
        write_parts(job, ROWS)
        job.preprocess()
        labels = [float(row.split(",")[0]) for row in job.split("test")]
        assert 400 < sum(labels) / len(labels) < 600

    def test_refuses_too_few_validation_rows_for_prediction_intervals(self, job: Job) -> None:
        write_parts(job, ROWS[:95])
        assert job.preprocess("--prediction-intervals", "0.95").returncode == 0
        write_parts(job, ROWS[:90])
        job.fails(
            job.preprocess("--prediction-intervals", "0.95"),
            "predictionIntervals is 0.95, which needs at least 19 validation rows; there are 18",
        )

    def test_names_the_features(self, job: Job) -> None:
        write_parts(job, ROWS)
        job.preprocess()
        assert job.feature_names() == ["rooms", "age"]

    def test_reads_the_header_as_csv(self, job_on_image: Job) -> None:
        job = job_on_image
        names = ["stage_a,b", 'stage_say "c"', "stage_two\nlines", "stage_日本", "stage_ü;\t"]
        header = ",".join(["price", *(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in names)])
        rows = [
            f"{index}," + ",".join("10100"[index % 5 :] + "10100"[: index % 5])
            for index in range(50)
        ]
        write_parts(job, rows[:20], rows[20:], header=header)
        assert job.preprocess().returncode == 0
        assert job.feature_names() == names
        kept = [row for name in ("train", "validation", "test") for row in job.split(name)]
        assert sorted(kept) == sorted(rows)

    def test_keeps_missing_features(self, job: Job) -> None:
        write_parts(job, [f"{n},{n if n == 7 else ''},{n % 2}" for n in range(99)])
        assert job.preprocess().returncode == 0
        kept = [row for name in ("train", "validation", "test") for row in job.split(name)]
        assert sum(row.split(",")[1] == "" for row in kept) == 98

    def test_passes_over_hidden_and_empty_files_and_windows_line_ends(self, job: Job) -> None:
        write_parts(job, ROWS)
        part = job.folder / "input" / "node" / "part-00000.csv"
        part.write_bytes(part.read_bytes().replace(b"\n", b"\r\n"))
        for path in (".crc", "_temporary/0/part-00001.csv", ".hidden/part-00002.csv"):
            hidden = job.folder / "input" / path
            hidden.parent.mkdir(parents=True, exist_ok=True)
            hidden.write_text("x")
        assert job.preprocess().returncode == 0
        assert len(job.split("train")) == 700
        assert b"\r" not in (job.folder / "train" / "train.csv").read_bytes()

    def test_insists_on_the_mark_of_a_whole_output(self, job: Job) -> None:
        write_parts(job, ROWS)
        (job.folder / "input" / "_SUCCESS").unlink()
        job.fails(
            job.preprocess(), "has no file _SUCCESS, which Data Wrangler writes after the last"
        )
        assert not (job.folder / "train").exists()

    def test_says_what_tells_nothing_and_what_is_small(self, job: Job) -> None:
        write_parts(job, [f"5.{index % 7:04},7,{index}" for index in range(70)])
        done = job.preprocess()
        assert done.returncode == 0
        target, counts, constant, small, *_ = done.stdout.splitlines()
        assert target == 'target "price": mean 5.0003, deviation 0.0002'
        assert constant == "warning: rooms: the same value in every row"
        assert small.startswith(
            "warning: the target's standard deviation is 0.0002, and XGBoost logs"
        )
        assert counts.startswith("70 rows read, 70 used: 49 / 14 / 7; 2 columns, 2 features;")

    @pytest.mark.parametrize(
        ("parts", "header", "reason"),
        [
            ([], HEADER, "there are no files in"),
            ([[]], HEADER, "no rows are left"),
            ([["1,2,3"]], HEADER, "1 rows are too few to split: train 1, validation 0, test 0"),
            ([ROWS], "rooms,price,age", 'the first column must be the target "price"'),
            (
                [[",1,2", '"",3,4', "NaN,3,4"]],
                HEADER,
                'all 3 rows have no value of the target "price"',
            ),
            (
                [ROWS[:9], ["1,2"]],
                HEADER,
                "part-00001.csv, row 1: 2 fields, but the header has 3 names",
            ),
            ([[*ROWS[:9], "1,2,3,4"]], HEADER, "part-00000.csv, row 10: 4 fields, but"),
            (
                [[*ROWS[:4], "Infinity,2,3"]],
                HEADER,
                "row 5: the target is Infinity, which is not a",
            ),
            ([[*ROWS[:4], "low,2,3"]], HEADER, "row 5: the target is low, which is not a finite"),
            ([[f"7,{n},{n}" for n in range(9)]], HEADER, 'the target "price" is 7 in all 9 rows'),
            (
                [[f"{n},,NaN" for n in range(9)]],
                HEADER,
                "no row has a value of rooms, age: compare",
            ),
            ([ROWS], 'price,"s_a","s_a"', 'columns "s_a", "s_a" differ at most by case and surr'),
            ([ROWS], 'price,"s_a ","s_A"', 'columns "s_a ", "s_A" differ at most by case and'),
            ([ROWS], 'price,"s_a ","price"', 'columns "price", "price" differ at most by'),
        ],
    )
    def test_refuses(self, job: Job, parts: list[list[str]], header: str, reason: str) -> None:
        write_parts(job, *parts, header=header)
        job.fails(job.preprocess(), reason)

    def test_refuses_parts_that_differ(self, job: Job) -> None:
        write_parts(job, ROWS, ROWS)
        part = job.folder / "input" / "node" / "part-00001.csv"
        part.write_text(part.read_text().replace(HEADER, "price,age,rooms"))
        job.fails(job.preprocess(), "part-00001.csv has columns")


def test_prediction_intervals_cover_nine_rows_of_ten() -> None:
    covered = []
    for seed in range(100):
        random = np.random.default_rng(seed)
        x = random.uniform(size=1400)
        # Skewed noise that grows with x, and a model that fits the curve badly.
        y = x**2 + x * random.exponential(size=1400)
        line = np.polyfit(x[:200], y[:200], 1)
        predicted = np.polyval(line, x)
        half = evaluate.half_width(y[200:400], predicted[200:400], 0.9)
        assert half is not None
        covered.append(np.mean(np.abs(predicted - y)[400:] <= half))
    assert 0.88 <= np.mean(covered) <= 0.92


def test_a_prediction_interval_needs_rows_enough() -> None:
    actual = np.arange(9.0)
    # The largest of 9, as 10 * 0.9 is 9; of 8 rows, none is far enough out.
    assert evaluate.half_width(actual, actual + actual, 0.9) == 8
    assert evaluate.half_width(actual[1:], 2 * actual[1:], 0.9) is None


def pack(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / "model.tar.gz", "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


class TestEvaluate:
    def evaluate(self, job: Job, *arguments: str) -> subprocess.CompletedProcess[str]:
        return job.run("evaluate.py", *arguments, "--output", str(job.folder / "evaluation"))

    def model(self, job: Job, *more: str) -> subprocess.CompletedProcess[str]:
        return self.evaluate(
            job,
            *("--algorithm", "xgboost", "--model", str(job.folder / "model")),
            *("--test", str(job.folder / "test"), *more),
        )

    def metrics(self, job: Job) -> dict[str, float]:
        report = json.loads((job.folder / "evaluation" / "evaluation.json").read_text())
        names = {"regression_metrics", "dataset", "model_card"}
        assert report.keys() - {"confidence_intervals"} == names
        return {name: one["value"] for name, one in report["regression_metrics"].items()}

    @pytest.fixture(params=["this", "xgboost 3.2-0"])
    def boosted(
        self, job: Job, request: pytest.FixtureRequest
    ) -> Callable[[np.ndarray], np.ndarray]:
        """Trains a model, packs it as a training job does, and returns what it must predict."""
        import xgboost

        on_image(job, request.param)
        rows = np.random.default_rng(1).normal(size=(300, 4))
        rows[:, 0] = rows[:, 1] * 3 + rows[:, 2]
        booster = xgboost.train({}, xgboost.DMatrix(rows[:, 1:], rows[:, 0]), 20)
        pack(job.folder / "model", {"xgboost-model": booster.save_raw("ubj")})
        return lambda features: booster.predict(xgboost.DMatrix(features))

    def test_agrees_with_scikit_learn(
        self, job: Job, boosted: Callable[[np.ndarray], np.ndarray]
    ) -> None:
        from sklearn import metrics

        rows = np.random.default_rng(2).normal(size=(200, 4))
        rows[5, 2] = np.nan
        (job.folder / "test").mkdir()
        text = "\n".join(",".join("" if np.isnan(x) else repr(float(x)) for x in r) for r in rows)
        (job.folder / "test" / "test.csv").write_text(text + "\n")
        done = self.model(job)
        assert done.returncode == 0, done.stderr
        predicted = boosted(rows[:, 1:])
        mse = metrics.mean_squared_error(rows[:, 0], predicted)
        assert self.metrics(job) == pytest.approx(
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

    def test_knows_intervals_by_the_validation_rows(
        self, job: Job, boosted: Callable[[np.ndarray], np.ndarray]
    ) -> None:
        random = np.random.default_rng(5)
        counts = {"test": 50, "validation": 39}
        parts = {name: random.normal(size=(count, 4)) for name, count in counts.items()}
        for name, rows in parts.items():
            (job.folder / name).mkdir()
            np.savetxt(job.folder / name / f"{name}.csv", rows, delimiter=",")
        learns = ("--validation", str(job.folder / "validation"), "--confidence")
        done = self.model(job, *learns, "0.8")
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
        job.fails(self.model(job, *learns, "0.98"), "39 validation rows are too few")

    def test_reads_what_a_batch_transform_joined(self, job: Job) -> None:
        (job.folder / "predictions").mkdir()
        (job.folder / "predictions" / "test.csv.out").write_text("1,1.5\n2,2\n3,2.5\n")
        done = self.evaluate(job, "--predictions", str(job.folder / "predictions"))
        assert done.returncode == 0, done.stderr
        assert self.metrics(job)["r2"] == pytest.approx(0.75)

    def report_of(self, job: Job, actual: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
        (job.folder / "predictions").mkdir(exist_ok=True)
        np.savetxt(
            job.folder / "predictions" / "test.csv.out",
            np.column_stack([actual, predicted]),
            delimiter=",",
        )
        done = self.evaluate(job, "--predictions", str(job.folder / "predictions"))
        assert done.returncode == 0, done.stderr
        report: dict[str, Any] = json.loads(
            (job.folder / "evaluation" / "evaluation.json").read_text()
        )
        return report

    def test_says_how_far_r2_is_known_as_scipy_does(self, job_on_image: Job) -> None:
        from scipy import stats
        from sklearn import metrics

        random = np.random.default_rng(3)
        actual = 1e6 + random.normal(size=400)
        predicted = actual + random.normal(scale=0.5, size=400)
        report = self.report_of(job_on_image, actual, predicted)
        assert report["dataset"] == {"item_count": 400}
        found = report["confidence_intervals"]["r2"]
        assert found["confidence"] == 0.9
        expected = stats.bootstrap(
            (actual, predicted),
            metrics.r2_score,
            paired=True,
            vectorized=False,
            n_resamples=1000,
            confidence_level=0.9,
            method="percentile",
            rng=np.random.default_rng(4),
        ).confidence_interval
        assert found["low"] == pytest.approx(expected.low, abs=0.005)
        assert found["high"] == pytest.approx(expected.high, abs=0.005)
        assert self.report_of(job_on_image, actual, predicted) == report

    def test_groups_of_many_rows_give_the_interval_of_the_rows(self) -> None:
        random = np.random.default_rng(5)
        # In the table's order, neighbouring rows are alike.
        actual = np.sort(random.normal(size=50_000))
        error = random.normal(scale=0.5, size=50_000)
        resampled = evaluate.resampled_r2(actual, actual + error)
        assert resampled is not None
        low, high = evaluate.interval(resampled)
        # By the delta method: the deviation of the mean of (e² - (1 - R²) y²) / variance.
        terms = error**2 - np.mean(error**2) / np.var(actual) * (actual - actual.mean()) ** 2
        deviation = np.std(terms / np.var(actual)) / 50_000**0.5
        assert high - low == pytest.approx(2 * 1.645 * deviation, rel=0.1)
        assert (low + high) / 2 == pytest.approx(
            evaluate.regression_metrics(actual, actual + error)["r2"], abs=deviation / 4
        )

    def test_the_interval_holds_the_true_r2_nine_times_of_ten(self) -> None:
        held = 0
        for seed in range(300):
            random = np.random.default_rng(seed)
            actual = random.normal(size=200)
            resampled = evaluate.resampled_r2(actual, actual + random.normal(scale=0.6, size=200))
            assert resampled is not None
            low, high = evaluate.interval(resampled)
            held += low <= 1 - 0.6**2 <= high
        assert 0.86 <= held / 300 <= 0.94

    def test_the_card_has_the_metrics_of_each_quarter_of_the_target(self, job: Job) -> None:
        from sklearn import metrics

        random = np.random.default_rng(6)
        actual = np.sort(random.normal(size=103))
        predicted = actual + random.normal(scale=0.1, size=103) + (actual > 0) / 4
        text = self.report_of(job, actual, predicted)["model_card"]["metric_groups"]
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

    def test_targets_that_are_the_same_are_in_one_part(self, job: Job) -> None:
        actual = np.array([0.0] * 8 + [1.0, 5.0])
        text = self.report_of(job, actual, actual / 2)["model_card"]["metric_groups"]
        names = [group["name"] for group in json.loads(text)]
        assert names == ["Regression", "Target 0 to 0", "Target 1 to 5"]

    def test_too_few_rows_have_no_interval(self, job: Job) -> None:
        rows = np.arange(20.0)
        assert "confidence_intervals" in self.report_of(job, rows, rows + rows % 2)
        report = self.report_of(job, rows[:19], rows[:19] + rows[:19] % 2)
        assert report["dataset"] == {"item_count": 19}
        assert "confidence_intervals" not in report

    def test_a_target_that_hardly_varies_has_no_interval(self, job: Job) -> None:
        # In a third of the samples the one row that differs is missing, and R² undefined.
        actual = np.zeros(100)
        actual[0] = 1
        assert "confidence_intervals" not in self.report_of(job, actual, actual / 2)

    @pytest.mark.parametrize("image", ["this", "scikit-learn 1.9-0"])
    @pytest.mark.parametrize(
        ("rows", "reason"),
        [
            ("1,1.5\n2,nan\n3,\n4,4\n5,-inf\n", "3 of 5 predictions are not finite numbers"),
            ("1,1.5\n,2\n3,3\n", "1 of 3 targets are not finite numbers"),
            ("1,1e200\n2,2\n", "the errors are too large to square: mse is inf"),
            ("1,1,1\n2,2,2\n", "predictions have 3 columns, not 2"),
        ],
    )
    def test_refuses_predictions(self, job: Job, image: str, rows: str, reason: str) -> None:
        on_image(job, image)
        (job.folder / "predictions").mkdir()
        (job.folder / "predictions" / "test.csv.out").write_text(rows)
        job.fails(self.evaluate(job, "--predictions", str(job.folder / "predictions")), reason)
        assert not (job.folder / "evaluation").exists()

    def test_evaluates_all_rounds_that_a_stopped_job_saved(self, job: Job) -> None:
        import xgboost

        rows = np.random.default_rng(1).normal(size=(300, 2))
        matrix = xgboost.DMatrix(rows[:, 1:], rows[:, 0])
        booster = xgboost.train({}, matrix, 20)
        booster.set_attr(best_iteration="3")
        pack(job.folder / "model", {"xgboost-model": booster.save_raw("ubj")})
        (job.folder / "test").mkdir()
        np.savetxt(job.folder / "test" / "test.csv", rows, delimiter=",")
        assert self.model(job).returncode == 0
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
    def test_refuses_data(self, job: Job, rows: str, reason: str) -> None:
        (job.folder / "test").mkdir()
        (job.folder / "test" / "test.csv").write_text(rows)
        job.fails(self.model(job), reason)
        assert not (job.folder / "evaluation").exists()

    def test_refuses_a_broken_archive(self, job: Job) -> None:
        (job.folder / "test").mkdir()
        (job.folder / "test" / "test.csv").write_text("1,2\n2,3\n")
        (job.folder / "model").mkdir()
        (job.folder / "model" / "model.tar.gz").write_bytes(b"no archive")
        job.fails(self.model(job), "cannot read the model model.tar.gz")

    def test_unpacks_nothing_outside_its_folder(self, job: Job) -> None:
        (job.folder / "test").mkdir()
        (job.folder / "test" / "test.csv").write_text("1,2\n2,3\n")
        pack(job.folder / "model", {"../../escaped": b"x", "/tmp/escaped-restate": b"x"})  # noqa: S108
        self.model(job)
        assert not (job.folder.parent / "escaped").exists()
        assert not Path("/tmp/escaped-restate").exists()  # noqa: S108


class TestCompare:
    def compare(
        self, job: Job, scores: dict[str, float], minimum: float, *more: str
    ) -> subprocess.CompletedProcess[str]:
        for name, score in scores.items():
            report = job.folder / "evaluation" / name / "evaluation.json"
            report.parent.mkdir(parents=True)
            report.write_text(json.dumps({"regression_metrics": {"r2": {"value": score}}}))
        names = list(scores)
        return job.run(
            "compare.py",
            *("--candidates", ",".join(names[:2]), ",".join(names[2:])),
            *("--minimum", str(minimum), "--input", str(job.folder / "evaluation")),
            *("--output", str(job.folder / "comparison")),
            *more,
        )

    def compare_folds(
        self, job: Job, scores: dict[str, float], folds: dict[str, float]
    ) -> subprocess.CompletedProcess[str]:
        for name, score in folds.items():
            report = job.folder / "folds" / name / "cross_validation.json"
            report.parent.mkdir(parents=True)
            report.write_text(json.dumps({"score": score}))
        return self.compare(job, scores, 0.1, "--cross-validation", str(job.folder / "folds"))

    @pytest.mark.parametrize(
        ("folds", "winner"),
        [
            ({"A": 0.4, "B": 0.5, "C": 0.3, "D": 0.9}, "B"),
            ({"A": 0.5, "B": 0.5, "C": 0.5, "D": 0.9}, "C"),
            ({"A": 0, "B": 0, "C": -0.1, "D": 0}, "A"),
        ],
    )
    def test_the_folds_decide_among_those_that_reach_the_minimum(
        self, job: Job, folds: dict[str, float], winner: str
    ) -> None:
        done = self.compare_folds(job, {"A": 0.2, "B": 0.2, "C": 0.3, "D": 0.05}, folds)
        assert done.returncode == 0, done.stderr
        comparison = json.loads((job.folder / "comparison" / "comparison.json").read_text())
        assert comparison == {"winner": winner, "scores": "A 0.2, B 0.2, C 0.3, D 0.05"}

    def test_refuses_missing_folds(self, job: Job) -> None:
        done = self.compare_folds(job, {"A": 0.2, "B": 0.2, "C": 0.3}, {"A": 0.1})
        job.fails(done, "B has no score of its cross-validation")

    @pytest.mark.parametrize(
        ("scores", "minimum", "winner"),
        [
            ({"A": 0.1, "B": 0.3, "C": 0.2}, 0, "B"),
            ({"B": 0.1, "C": 0.3, "A": 0.3}, 0, "C"),
            ({"A": 0.1, "B": 0.3, "C": 0.2}, 0.3, "B"),
            ({"A": 0.1, "B": 0.3, "C": 0.2}, 0.31, ""),
            ({"A": -5, "B": -1, "C": -2}, -10, "B"),
        ],
    )
    def test_names_the_best(
        self, job: Job, scores: dict[str, float], minimum: float, winner: str
    ) -> None:
        done = self.compare(job, scores, minimum)
        assert done.returncode == 0, done.stderr
        comparison = json.loads((job.folder / "comparison" / "comparison.json").read_text())
        assert comparison == {
            "winner": winner,
            "scores": ", ".join(f"{name} {score:.1f}" for name, score in scores.items()),
        }

    def test_refuses_a_score_that_is_not_finite(self, job: Job) -> None:
        done = self.compare(job, {"A": float("nan"), "B": 0.3}, 0)
        job.fails(done, "the R2 of A is nan, which is not a finite number")

    def test_refuses_a_missing_report(self, job: Job) -> None:
        done = job.run(
            "compare.py",
            *("--candidates", "A", "--minimum", "0", "--input", str(job.folder)),
            *("--output", str(job.folder / "comparison")),
        )
        job.fails(done, "A has no evaluation report with an R2")
