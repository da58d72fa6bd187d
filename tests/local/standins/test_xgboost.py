"""The stand-in for the XGBoost image as a process, on files laid out as SageMaker does."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.loaders
import botocore.validate
import numpy as np
import pytest
import xgboost
from botocore.model import ServiceModel
from machine import PATIENCE, free_port

RunModule = Callable[..., tuple[int, str]]

ROOT = Path(__file__).parents[3]
SPECIFICATION = json.loads((ROOT / "pipeline/algorithms/xgboost.json").read_text())
METRICS = {item["Name"]: item["Regex"] for item in SPECIFICATION["MetricDefinitions"]}
CSV = {"ContentType": "text/csv", "TrainingInputMode": "File"}


def rows(count: int, seed: int) -> np.ndarray:
    """Labels and three features."""
    features = np.random.default_rng(seed).random((count, 3)).round(4)
    label = features[:, 0] * 10 + np.sin(features[:, 1] * 6) * 3
    return np.column_stack([label.round(4), features])


class Job:
    """A training job's folder."""

    def __init__(self, folder: Path, run_module: RunModule) -> None:
        self.folder = folder
        self.run_module = run_module
        for channel, count in (("train", 400), ("validation", 100)):
            self.write(channel, "part-0.csv", rows(count, count))
        self.channels: dict[str, Any] = {"train": CSV, "validation": CSV}
        self.hyperparameters: dict[str, Any] = {"num_round": "6", "max_depth": "3"}

    def write(self, channel: str, name: str, table: np.ndarray | str) -> None:
        path = self.folder / "input/data" / channel / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(table, str):
            path.write_text(table)
        else:
            np.savetxt(path, table, delimiter=",", fmt="%s")

    def configure(self) -> dict[str, str]:
        config = self.folder / "input/config"
        config.mkdir(parents=True, exist_ok=True)
        (config / "hyperparameters.json").write_text(json.dumps(self.hyperparameters))
        (config / "inputdataconfig.json").write_text(json.dumps(self.channels))
        return {"SAGEMAKER_BASE_DIR": str(self.folder), "OMP_NUM_THREADS": "2"}

    def start(self, command: str = "train", **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "local.standins.xgboost", command],
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.configure(), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def train(self) -> str:
        """Runs the job to its successful end, and returns its log."""
        code, log = self.run()
        assert code == 0, log
        assert not (self.folder / "output/failure").exists()
        return log

    def fail(self) -> str:
        """Runs the job to its failure, and returns the failure file's text."""
        code, log = self.run()
        assert code == 1
        assert "Traceback" not in log
        assert not (self.folder / "model/xgboost-model").exists()
        return (self.folder / "output/failure").read_text()

    def run(self) -> tuple[int, str]:
        environment = self.configure()
        return self.run_module("local.standins.xgboost", "train", **environment)

    def model(self) -> xgboost.Booster:
        return xgboost.Booster(model_file=self.folder / "model/xgboost-model")


@pytest.fixture
def job(tmp_path: Path, run_module: RunModule) -> Job:
    return Job(tmp_path, run_module)


def series(log: str, metric: str) -> list[float]:
    """A metric's values, as SageMaker reads them from the log."""
    return [float(value) for value in re.findall(METRICS[metric], log)]


def test_trains_the_model_that_the_package_would(job: Job) -> None:
    job.hyperparameters |= {"eta": '"0.2"', "seed": "3", "subsample": "0.8"}
    log = job.train()
    table = rows(400, 400).astype(np.float32)
    expected = xgboost.train(
        {"max_depth": 3, "eta": 0.2, "seed": 3, "subsample": 0.8, "nthread": 2},
        xgboost.DMatrix(table[:, 1:], table[:, 0]),
        6,
    )
    assert job.model().save_raw("json") == expected.save_raw("json")
    assert "Train matrix has 400 rows and 3 columns\nValidation matrix has 100 rows\n" in log
    assert [path.name for path in (job.folder / "model").iterdir()] == ["xgboost-model"]


# XGBoost's own reader of such files, as the image calls it.
@pytest.mark.filterwarnings("ignore:.*Text file input has been deprecated")
def test_csv_weights_apply_to_the_training_but_not_to_the_image_s_metrics(job: Job) -> None:
    matrices = []
    for channel, count in (("train", 400), ("validation", 100)):
        table = rows(count, count)
        weights = np.random.default_rng(count).integers(0, 4, count) * 0.5
        job.write(channel, "part-0.csv", np.insert(table, 1, weights, axis=1))
        file = job.folder / f"input/data/{channel}/part-0.csv"
        uri = f"{file}?format=csv&label_column=0&delimiter=,&weight_column=1"
        matrices.append(xgboost.DMatrix(uri))
    job.hyperparameters |= {"csv_weights": "1", "_tuning_objective_metric": "validation:rmse"}
    log = job.train()
    known: dict[str, Any] = {}
    given = {"max_depth": 3, "nthread": 2}
    expected = xgboost.train(
        given, matrices[0], 6, [(matrices[1], "validation")], evals_result=known, verbose_eval=False
    )
    predicted = job.model().predict(matrices[1])
    # Its sums, in another order, have other last digits.
    np.testing.assert_allclose(predicted, expected.predict(matrices[1]), rtol=1e-5)
    assert "Train matrix has 400 rows and 3 columns\n" in log
    logged = series(log, "validation:rmse")
    error = expected.predict(matrices[1]) - matrices[1].get_label()
    assert logged[-1] == pytest.approx(float(np.sqrt(np.mean(error**2))), abs=1e-5)
    assert abs(logged[-1] - known["validation"]["rmse"][-1]) > 0.01


def test_reports_the_metrics_of_each_round_as_cloudwatch_shows_them(job: Job) -> None:
    job.hyperparameters |= {"_tuning_objective_metric": "validation:mse", "eval_metric": "mae,r2"}
    job.hyperparameters["objective"] = "reg:squarederror"
    log = job.train()
    line = log.splitlines()[2]
    number = r"[0-9.]+"
    assert re.fullmatch(
        rf"\[0\]#011train-rmse:{number}#011train-mae:{number}#011train-mse:{number}#011train-r2:"
        rf"{number}#011validation-rmse:{number}#011validation-mae:{number}"
        rf"#011validation-mse:{number}#011validation-r2:{number}",
        line,
    )
    validation = rows(100, 100).astype(np.float32)
    errors = validation[:, 0] - job.model().predict(xgboost.DMatrix(validation[:, 1:]))
    assert series(log, "validation:mse")[-1] == pytest.approx(np.mean(errors**2), abs=2e-5)
    assert series(log, "validation:r2")[-1] == pytest.approx(
        1 - np.mean(errors**2) / np.var(validation[:, 0]), abs=2e-5
    )
    for metric in ("train:mae", "train:mse", "train:r2", "validation:mae"):
        assert len(series(log, metric)) == 6


# What the image's own code logs for these rows: train.py of aws/sagemaker-xgboost-container, run on
# XGBoost 3.2.0.
SMALL_TARGET_LOGS = {
    "validation:rmse": [
        "[0]#011train-rmse:0.00129#011validation-rmse:0.00128",
        "[1]#011train-rmse:0.00098#011validation-rmse:0.00098",
        "[2]#011train-rmse:0.00076#011validation-rmse:0.00077",
        "[3]#011train-rmse:0.00060#011validation-rmse:0.00062",
        "[4]#011train-rmse:0.00048#011validation-rmse:0.00051",
    ],
    "validation:mse": [
        "[0]#011train-rmse:0.00129#011train-mse:0.00000#011validation-rmse:0.00128"
        "#011validation-mse:0.00000",
    ],
}


@pytest.mark.parametrize("metric", SMALL_TARGET_LOGS)
def test_logs_a_small_target_as_the_image_does(job: Job, metric: str) -> None:
    for channel, count in (("train", 400), ("validation", 100)):
        table = rows(count, count)
        table[:, 0] = (table[:, 0] * 0.0005 + 3).round(6)
        job.write(channel, "part-0.csv", table)
    job.hyperparameters |= {"objective": "reg:squarederror", "num_round": "50"}
    job.hyperparameters |= {"_tuning_objective_metric": metric, "early_stopping_rounds": "3"}
    log = [line for line in job.train().splitlines() if line.startswith("[")]
    assert log[: len(SMALL_TARGET_LOGS[metric])] == SMALL_TARGET_LOGS[metric]
    # Tuned on the mean squared error, the image stops as soon as six decimals tell no difference.
    assert (len(log) == 7) == (metric == "validation:mse")


def test_computes_as_scikit_learn_does() -> None:
    import sklearn.metrics

    from local.standins.xgboost.metrics import METRICS

    draw = np.random.default_rng(1)
    for scale in (1e-3, 1.0, 1e5):
        labels = (draw.normal(size=5001) * scale + 3 * scale).astype(np.float32)
        predictions = labels + (draw.normal(size=5001) * scale / 3).astype(np.float32)
        for name, function in (
            ("mse", sklearn.metrics.mean_squared_error),
            ("rmse", sklearn.metrics.root_mean_squared_error),
            ("mae", sklearn.metrics.mean_absolute_error),
        ):
            assert METRICS[name](labels, predictions) == function(labels, predictions)
        expected = sklearn.metrics.r2_score(labels, predictions)
        assert METRICS["r2"](labels, predictions) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("objective", ["reg:squarederror", "count:poisson"])
def test_the_tuning_metric_is_added_to_the_default_metric(job: Job, objective: str) -> None:
    own = {"reg:squarederror": "rmse", "count:poisson": "poisson-nloglik"}[objective]
    table = rows(400, 400)
    table[:, 0] = np.abs(table[:, 0])  # as poisson has it
    for channel in ("train", "validation"):
        job.write(channel, "part-0.csv", table)
    job.hyperparameters |= {"objective": objective, "_tuning_objective_metric": "validation:mse"}
    log = job.train()
    number = r"[0-9.]+"
    line = rf"\[5\]#011train-{own}:{number}#011train-mse:{number}"
    assert re.search(line + line.removeprefix(r"\[5\]").replace("train", "validation"), log)
    wide = table.astype(np.float32)
    errors = wide[:, 0] - job.model().predict(xgboost.DMatrix(wide[:, 1:]))
    for channel in ("train", "validation"):
        mse = series(log, f"{channel}:mse")
        assert len(mse) == 6
        assert mse[-1] == pytest.approx(np.mean(errors**2, dtype=np.float64), abs=2e-5)


def test_stops_early_and_keeps_the_best_round(job: Job) -> None:
    job.write("validation", "part-0.csv", rows(100, 100) * [-1, 1, 1, 1])  # nothing to learn
    job.hyperparameters |= {"num_round": "50", "early_stopping_rounds": "3", "eval_metric": "rmse"}
    job.hyperparameters["objective"] = "reg:squarederror"
    log = job.train()
    assert len(series(log, "validation:rmse")) == 4
    assert job.model().num_boosted_rounds() == 1


def test_classifies(job: Job) -> None:
    for channel, count in (("train", 400), ("validation", 100)):
        table = rows(count, count)
        table[:, 0] = table[:, 0] > 5
        job.write(channel, "part-0.csv", table)
    metrics = "auc,logloss,accuracy,f1,recall"
    job.hyperparameters |= {"objective": "binary:logistic", "eval_metric": metrics}
    log = job.train()
    for metric in metrics.split(","):
        assert len(series(log, f"validation:{metric}")) == 6
    # The image takes all probabilities, which are above 0, for the class 1.
    table = rows(100, 100)
    assert series(log, "validation:accuracy")[-1] == np.mean(table[:, 0] > 5)


def test_reads_every_file_missing_values_and_parquet_alike(job: Job, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    first, more = rows(400, 400).tolist(), rows(50, 50).tolist()
    for number, row in enumerate(first):
        row[1 + number % 3] = None if number % 2 else row[1 + number % 3]
    lines = [",".join("" if value is None else str(value) for value in row) for row in first]
    job.write("train", "part-1.csv", "\n".join(lines))
    job.write("train", "deeper/part-0.csv", np.array(more))
    job.write("train", "_SUCCESS", "")
    (job.folder / "input/data/train/part-0.csv").unlink()
    assert "Train matrix has 450 rows" in job.train()
    table = np.array(more + first, np.float64).astype(np.float32)
    expected = xgboost.train(
        {"max_depth": 3, "nthread": 2}, xgboost.DMatrix(table[:, 1:], table[:, 0]), 6
    )
    assert job.model().save_raw("json") == expected.save_raw("json")

    other = Job(tmp_path / "parquet", job.run_module)
    for channel, content in (("train", more + first), ("validation", rows(100, 100).tolist())):
        (other.folder / "input/data" / channel / "part-0.csv").unlink()
        columns = [pa.array(column, pa.float64()) for column in zip(*content, strict=True)]
        path = other.folder / "input/data" / channel / "part.parquet"
        pq.write_table(pa.table(columns, ["y", "a", "b", "c"]), path)
        other.channels[channel] = {"ContentType": "application/x-parquet"}
    other.train()
    assert other.model().save_raw("json") == expected.save_raw("json")


@pytest.mark.parametrize(
    ("hyperparameters", "message"),
    [
        ({"num_round": None}, "Missing required hyperparameter: num_round"),
        ({"num_rounds": "3"}, "Extraneous hyperparameter found: num_rounds; allowed are "),
        ({"num_round": "0"}, "Hyperparameter num_round: 0 is not in [1, 2147483647]"),
        ({"num_round": 5}, "Hyperparameter num_round: must be a string, not 5"),
        ({"max_depth": "3.5"}, "Hyperparameter max_depth: 3.5 is not an integer"),
        ({"eta": "fast"}, "Hyperparameter eta: fast is not a number"),
        ({"eta": "1.1"}, "Hyperparameter eta: 1.1 is not in [0, 1]"),
        ({"eta": "nan"}, "Hyperparameter eta: nan is not in [0, 1]"),
        ({"eta": "0.1", "learning_rate": "0.1"}, "learning_rate: eta is given twice"),
        ({"subsample": "0"}, "Hyperparameter subsample: 0 is not in (0, 1]"),
        ({"booster": "tree"}, "Hyperparameter booster: tree is not one of gbtree, gblinear, dart"),
        ({"eval_metric": "rmse,best"}, "Hyperparameter eval_metric: best is not one of "),
        ({"eval_metric": "rmse@1"}, "eval_metric: rmse@1: only error, ndcg and map"),
        ({"eval_metric": "rmse"}, "Hyperparameter eval_metric: requires an explicit objective"),
        (
            {"eval_metric": "auc", "objective": "reg:squarederror"},
            "Hyperparameter eval_metric: auc needs a binary: or rank:",
        ),
        ({"objective": "multi:softmax"}, "num_class: required by objective multi:soft"),
        ({"monotone_constraints": "(1,0,0)"}, "monotone_constraints: needs tree_method exact"),
        ({"updater": "grow_colmaker,distcol"}, "updater: grow_colmaker,distcol does not fit"),
        ({"_tuning_objective_metric": "test:mse"}, "_tuning_objective_metric: test:mse is not one"),
        ({"tree_method": "gpu_hist"}, "tree_method: the local run does not support GPUs"),
    ],
)  # fmt: skip
def test_refuses_hyperparameters_as_the_image_does(
    hyperparameters: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from local.standins.errors import UserError
    from local.standins.xgboost.hyperparameters import validate_hyperparameters

    given = {"num_round": "6", **hyperparameters}
    with pytest.raises(UserError, match=re.escape(message)):
        validate_hyperparameters({name: text for name, text in given.items() if text is not None})


def test_takes_constraints_and_passes_them_on(job: Job) -> None:
    job.hyperparameters |= {
        "tree_method": "hist",
        "monotone_constraints": "(1,0,-1)",
        "interaction_constraints": "[[1,2]]",
    }
    job.train()
    grid = np.full((50, 3), 0.5)
    grid[:, 0] = np.linspace(0, 1, 50)
    assert (np.diff(job.model().predict(xgboost.DMatrix(grid))) >= 0).all()


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        (
            {"train": {}},
            "Channel train: ContentType none, which means text/libsvm is not",
        ),
        ({"train": {"ContentType": "text/tsv"}}, "Channel train: text/tsv is not an accepted"),
        ({"train": {"ContentType": "text/csv; label_size=2"}}, "label_size must be 1"),
        ({"train": {**CSV, "TrainingInputMode": "Pipe"}}, "Channel train: input mode Pipe"),
        ({"validation": CSV}, "Channel train: missing"),
        ({"train": CSV, "test": CSV}, "Channel test: unknown; allowed are train, validation"),
    ],
)
def test_refuses_channels(job: Job, channels: dict[str, Any], message: str) -> None:
    job.channels = channels
    assert message in job.fail()


@pytest.mark.parametrize(
    ("channel", "text", "message"),
    [
        ("train", "1,,2\n", "Channel train: a weight, the second column, is missing"),
        (
            "train",
            "1,-1,2\n1,1,2\n",
            "XGB train call failed with exception: Check failed: valid: Weights",
        ),
        ("train", "y,a,b\n1,2,3\n", "Channel train: part-0.csv, line 1: 'y' is not a number"),
        ("train", "1,2,3\n1,2\n", "Channel train: part-0.csv, line 2: 2 columns, expected 3"),
        ("train", ",2,3\n1,2,3\n", "Channel train: a label, the first column, is missing"),
        ("train", "1\n2\n", "Channel train: part-0.csv has a label but no features"),
        ("train", "", "Channel train: no data in "),
        ("validation", "1,2,3\n", "Channel validation: 2 features, but train has 3"),
    ],
)
def test_refuses_data(job: Job, channel: str, text: str, message: str) -> None:
    job.write(channel, "part-0.csv", text)
    job.hyperparameters |= {"csv_weights": "1"} if "eigh" in message else {}
    assert job.fail().startswith(message)


def test_gives_the_reason_of_xgboost_itself(job: Job) -> None:
    job.hyperparameters["objective"] = "binary:logistic"
    failure = job.fail()
    assert failure.startswith("XGB train call failed with exception: Check failed: ")
    assert "base_score must be in (0,1) for the logistic loss" in failure


@pytest.mark.parametrize(("save", "exit_code"), [("false", 143), ("true", 0)])
def test_stops_after_the_round_under_way(job: Job, save: str, exit_code: int) -> None:
    job.hyperparameters |= {"num_round": "1000000", "save_model_on_termination": save}
    process = job.start()
    assert process.stdout
    while "[3]" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == exit_code
    assert "Traceback" not in errors
    assert (job.folder / "model/xgboost-model").exists() == (save == "true")


def test_a_stopped_job_saves_every_round(job: Job) -> None:
    job.write("validation", "part-0.csv", rows(100, 100) * [-1, 1, 1, 1])  # the first round is best
    job.hyperparameters |= {"num_round": "1000000", "early_stopping_rounds": "999999"}
    job.hyperparameters |= {"_tuning_objective_metric": "validation:rmse"}
    job.hyperparameters |= {"save_model_on_termination": "true"}
    process = job.start()
    assert process.stdout
    while "[3]" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGTERM)
    log, _ = process.communicate(timeout=60)
    last = int(re.findall(r"^\[(\d+)\]", "[3]\n" + log, re.MULTILINE)[-1])
    assert job.model().attr("best_iteration") == "0"
    assert job.model().num_boosted_rounds() == last + 1


def test_the_contract_is_a_training_specification() -> None:
    loader = botocore.loaders.Loader()
    service = ServiceModel(loader.load_service_model("sagemaker", "service-2"))
    shape = service.shape_for("TrainingSpecification")
    report = botocore.validate.ParamValidator().validate(
        {"TrainingImage": "image", **SPECIFICATION}, shape
    )
    assert not report.has_errors(), report.generate_report()
    types = service.shape_for("TrainingInstanceType").enum
    assert set(SPECIFICATION["SupportedTrainingInstanceTypes"]) <= set(types)
    for limit, items in ((100, "SupportedHyperParameters"), (40, "MetricDefinitions")):
        assert len(SPECIFICATION[items]) <= limit
    for metric in SPECIFICATION["MetricDefinitions"]:
        assert len(metric["Regex"]) <= 500
        assert re.compile(metric["Regex"]).groups == 1


def test_the_default_values_of_the_contract_are_valid() -> None:
    from local.standins.xgboost.hyperparameters import validate_hyperparameters

    defaults = {
        item["Name"]: item["DefaultValue"]
        for item in SPECIFICATION["SupportedHyperParameters"]
        if "DefaultValue" in item
    }
    assert len(defaults) > 30
    assert validate_hyperparameters({**defaults, "num_round": "1"})["eta"] == 0.3


class Served:
    """A server of a trained model."""

    def __init__(self, job: Job, **environment: str) -> None:
        self.port = free_port()
        self.process = job.start("serve", SAGEMAKER_BIND_TO_PORT=str(self.port), **environment)
        self.model = job.model()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                assert self.ask("/ping")[:2] == (200, "")
                break
            except urllib.error.URLError:
                time.sleep(0.05)

    def ask(
        self, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, str, str | None]:
        """The status, body and type of an answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        message = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, named)
        try:
            with urllib.request.urlopen(message, timeout=PATIENCE) as answer:  # noqa: S310
                return answer.status, answer.read().decode(), answer.headers["Content-Type"]
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), error.headers["Content-Type"]

    def invoke(self, body: bytes, content_type: str = "text/csv", **headers: str) -> Any:
        return self.ask("/invocations", body, Content_Type=content_type, **headers)

    def predictions(self, *rows: list[float]) -> list[float]:
        return list(self.model.predict(xgboost.DMatrix(np.array(rows))).tolist())

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, run_module: RunModule) -> Iterator[Served]:
    job = Job(tmp_path_factory.mktemp("served"), run_module)
    job.train()
    served = Served(job)
    yield served
    served.close()


ROWS = [[0.5, 0.25, 0.75], [0.1, np.nan, 0.3]]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"0.5,0.25,0.75\n0.1,,0.3\n", "text/csv"),
        (b"0.5,0.25,0.75\r\n0.1,,0.3\r\n", "text/csv; charset=utf-8"),
        (b"0.5;0.25;0.75\n0.1;;0.3", "text/csv; label_size=1"),
        (b"0.5\t0.25\t0.75\n0.1\t\t0.3", "TEXT/CSV"),
        (b"0.5,0.25,0.75\n0.1,,0.3", "csv"),
        (b"1 0:0.5 1:0.25 2:0.75\n0 0:0.1 2:0.3", "text/libsvm"),
        (b"1:0.5 2:0.25 3:0.75\n1:0.1 3:0.3\n", "text/x-libsvm"),
    ],
)
def test_serves_rows_as_the_image_does(served: Served, body: bytes, content_type: str) -> None:
    expected = "".join(f"{value}\n" for value in served.predictions(*ROWS))
    assert served.invoke(body, content_type) == (200, expected, "text/csv")


@pytest.mark.parametrize(
    ("body", "row"),
    [
        (b"0.5,0.25", [0.5, 0.25, np.nan]),  # the model takes what is not there as missing
        (b"nan,0.25,0.75", [np.nan, 0.25, 0.75]),
        (b" 0.5 , 0.25,0.75", [0.5, 0.25, 0.75]),
        ("1_0,\uff11,0.75".encode(), [10, 1, 0.75]),  # NumPy's numbers are Python's
        (b"0." + b"5" * 200_000 + b",0.25,0.75", [5 / 9, 0.25, 0.75]),
    ],
)
def test_takes_the_numbers_that_numpy_takes(served: Served, body: bytes, row: list[float]) -> None:
    status, text, _ = served.invoke(body)
    assert (status, float(text)) == (200, served.predictions(row)[0])


@pytest.mark.parametrize(
    ("body", "content_type", "status", "message"),
    [
        (b"", "text/csv", 204, ""),
        (b"\n", "text/csv", 415, "Loading csv data failed: Could not determine delimiter"),
        (b"  ", "text/csv", 415, "Loading csv data failed: Could not determine delimiter"),
        (b"a,b,c", "text/csv", 415, "Loading csv data failed: could not convert string to float"),
        (b'"0.5","0.25","0.75"', "text/csv", 415, "Loading csv data failed: could not convert"),
        (b"0.5, ,0.75", "text/csv", 415, "Loading csv data failed: could not convert"),
        (b"1,2,3\n1,2", "text/csv", 415, "Loading csv data failed: setting an array element"),
        (b"inf,0.25,0.75", "text/csv", 415, "Loading csv data failed: "),
        (b"1e39,0.25,0.75", "text/csv", 415, "Loading csv data failed: "),
        (b"\xff,1,2", "text/csv", 415, "Loading csv data failed: 'utf-8' codec can't decode"),
        (b"1:x", "text/libsvm", 415, "Loading libsvm data failed: could not convert string"),
        (b"1,2,3", "text/csv; label_size=0", 415, "text/csv; label_size=0 is not an accepted"),
        (b"[1]", "application/json", 415, "Content-type application/json is not supported"),
        (b"1", "application/x-recordio-protobuf", 415, "Content-type application/x-recordio"),
        (b"1,2,3,4", "text/csv", 400, "Unable to evaluate payload provided: "),
    ],
)  # fmt: skip
def test_refuses_a_request_as_the_image_does(
    served: Served, body: bytes, content_type: str, status: int, message: str
) -> None:
    code, text, _ = served.invoke(body, content_type)
    assert (code, text[: len(message)]) == (status, message)
    assert "\n" not in text


@pytest.mark.parametrize(
    ("accept", "status", "form"),
    [
        ("application/json", 200, '{{"predictions": [{{"score": {}}}]}}'),
        ("APPLICATION/JSON; charset=utf-8", 200, '{{"predictions": [{{"score": {}}}]}}'),
        ("text/csv", 200, "{}\n"),
        ("*/*", 200, "{}\n"),
        ("application/jsonlines", 500, "the image's encoders have no application/jsonlines"),
    ],
)
def test_answers_in_the_type_that_is_accepted(
    served: Served, accept: str, status: int, form: str
) -> None:
    (expected,) = served.predictions(ROWS[0])
    code, text, _ = served.invoke(b"0.5,0.25,0.75", Accept=accept)
    assert (code, text) == (status, form.format(expected))


@pytest.mark.parametrize("accept", ["application/xml", "text/csv, application/json"])
def test_refuses_an_accept_that_it_does_not_know(served: Served, accept: str) -> None:
    code, text, _ = served.invoke(b"0.5,0.25,0.75", Accept=accept)
    assert (code, text.split(" is ")[0]) == (406, f"Accept type {accept}")


def test_serves_no_other_requests(served: Served) -> None:
    assert served.ask("/elsewhere")[0] == 404
    assert served.ask("/invocations")[0] == 405
    assert served.invoke(b"1," * (3 * 1024**2) + b"1")[0] == 413
    parameters = json.loads(served.ask("/execution-parameters")[1])
    assert parameters == {
        "MaxConcurrentTransforms": os.cpu_count(),
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": 6,
    }


def test_a_batch_transform_gets_a_line_a_row(job: Job) -> None:
    job.train()
    batch = Served(job, SAGEMAKER_BATCH="true")
    expected = "".join(f"{value}\n" for value in batch.predictions(*ROWS))
    body = b"0.5,0.25,0.75\n0.1,,0.3\n"
    assert batch.invoke(body, Accept="application/json")[:2] == (200, expected)
    batch.close()


def test_does_not_serve_selected_output(job: Job) -> None:
    job.train()
    process = job.start("serve", SAGEMAKER_INFERENCE_OUTPUT="probability")
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert errors.endswith("SAGEMAKER_INFERENCE_OUTPUT is not supported by the local run\n")


def test_does_not_serve_without_a_model(job: Job) -> None:
    process = job.start("serve")
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert errors.endswith("model/xgboost-model: no XGBoost model\n")
