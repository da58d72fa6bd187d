"""Training with the local implementation of the XGBoost image."""

import json
import re
import signal
from pathlib import Path
from typing import Any

import botocore.loaders
import botocore.validate
import numpy as np
import pytest
import xgboost
from botocore.model import ServiceModel
from machine import PATIENCE
from xgboost_job import CSV, ROOT, Job, rows

SPECIFICATION = json.loads((ROOT / "pipeline/algorithms/xgboost.json").read_text())
METRICS = {item["Name"]: item["Regex"] for item in SPECIFICATION["MetricDefinitions"]}


def series(log: str, metric: str) -> list[float]:
    """A metric's values, as SageMaker reads them from the log."""
    return [float(value) for value in re.findall(METRICS[metric], log)]


def test_trains_the_same_model_as_the_package(job: Job) -> None:
    job.hyperparameters |= {"eta": '"0.2"', "seed": "3", "subsample": "0.8"}
    log = job.train()
    table = rows(400, 400).astype(np.float32)
    expected = xgboost.train(
        {"max_depth": 3, "eta": 0.2, "seed": 3, "subsample": 0.8, "nthread": 1},
        xgboost.DMatrix(table[:, 1:], table[:, 0]),
        6,
    )
    assert job.model().save_raw("json") == expected.save_raw("json")
    assert "Train matrix has 400 rows and 3 columns\nValidation matrix has 100 rows\n" in log
    assert [path.name for path in (job.folder / "model").iterdir()] == ["xgboost-model"]


# XGBoost's own reader of such files, as the image calls it.
@pytest.mark.filterwarnings("ignore:.*Text file input has been deprecated")
def test_csv_weights_apply_to_training_but_not_to_the_images_metrics(job: Job) -> None:
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
    given = {"max_depth": 3, "nthread": 1}
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


def test_logs_the_metrics_of_each_round_like_the_image(job: Job) -> None:
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
def test_logs_a_small_target_like_the_image(job: Job, metric: str) -> None:
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


def test_calculates_the_same_metrics_as_scikit_learn() -> None:
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
        {"max_depth": 3, "nthread": 1}, xgboost.DMatrix(table[:, 1:], table[:, 0]), 6
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
def test_refuses_hyperparameters_like_the_image(
    hyperparameters: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from local.standins.errors import UserError
    from local.standins.xgboost.hyperparameters import validate_hyperparameters

    given = {"num_round": "6", **hyperparameters}
    with pytest.raises(UserError, match=re.escape(message)):
        validate_hyperparameters({name: text for name, text in given.items() if text is not None})


def test_accepts_constraints_and_passes_them_on(job: Job) -> None:
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


def test_reports_xgboosts_own_error(job: Job) -> None:
    job.hyperparameters["objective"] = "binary:logistic"
    failure = job.fail()
    assert failure.startswith("XGB train call failed with exception: Check failed: ")
    assert "base_score must be in (0,1) for the logistic loss" in failure


def test_stops_after_the_current_round(job: Job) -> None:
    job.hyperparameters |= {"num_round": "1000000", "save_model_on_termination": "false"}
    process = job.start()
    assert process.stdout
    while "[3]" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 143
    assert "Traceback" not in errors
    assert not (job.folder / "model/xgboost-model").exists()


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
    log, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "Traceback" not in errors
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
