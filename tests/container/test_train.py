"""The training contract: files in, model, metrics, exit code and failure file out."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import decision_tree.training
import numpy as np
import pyarrow as pa
import pytest
from decision_tree.errors import UserError
from decision_tree.metrics import regression_metrics
from decision_tree.model import load
from decision_tree.tables import read_tables
from machine import PATIENCE, needs_proc
from pyarrow.csv import WriteOptions, write_csv
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from sklearn.tree import DecisionTreeRegressor

CONTAINER = Path(__file__).parents[2] / "container"
Run = Callable[[], int]
Capture = pytest.CaptureFixture[str]


def test_trains_as_bare_scikit_learn_does(job: object) -> None:
    job.rows("train/a.csv", 300).rows("train/b.csv", 50, seed=2).rows(
        "validation/a.csv", 60, seed=1
    )
    job.feature_names().hyperparameters(
        max_depth='"6"', max_leaf_nodes="20", min_samples_leaf="2", criterion="absolute_error"
    )
    model = job.train()
    tables = {}
    for name in ("train", "validation"):
        folder = job.base / "input/data" / name
        tables[name] = np.concatenate(
            [np.loadtxt(f, delimiter=",") for f in sorted(folder.iterdir())]
        )
    train, validation = tables.values()
    bare = DecisionTreeRegressor(
        max_depth=6,
        max_leaf_nodes=20,
        min_samples_leaf=2,
        criterion="absolute_error",
        random_state=1729,
    ).fit(train[:, 1:], train[:, 0])
    for rows in (train, validation):
        np.testing.assert_array_equal(model.predict(rows[:, 1:]), bare.predict(rows[:, 1:]))
    labels, predictions = validation[:, 0], bare.predict(validation[:, 1:])
    metrics = model.description.metrics
    assert metrics["validation:mse"] == pytest.approx(mean_squared_error(labels, predictions))
    assert metrics["validation:rmse"] == pytest.approx(metrics["validation:mse"] ** 0.5)
    assert metrics["validation:mae"] == pytest.approx(mean_absolute_error(labels, predictions))
    assert metrics["validation:r2"] == pytest.approx(r2_score(labels, predictions))
    assert metrics["train:r2"] == pytest.approx(r2_score(train[:, 0], bare.predict(train[:, 1:])))
    assert model.feature_names == ("longitude", "latitude", "Rooms")
    assert model.description.hyperparameters["max_leaf_nodes"] == 20


@pytest.mark.parametrize("weight", [lambda row: row % 5, lambda _: 1])
def test_weights_rows_of_all_channels(job: object, weight: Callable[[int], float]) -> None:
    tables = {}
    for seed, (name, count) in enumerate((("train", 300), ("validation", 60))):
        job.rows(f"{name}/a.csv", count, seed)
        tables[name] = np.loadtxt(job.base / f"input/data/{name}/a.csv", delimiter=",")
    job.hyperparameters(max_depth="3")
    unweighted = job.train()
    for name, table in tables.items():
        weights = [weight(row) for row in range(len(table))]
        lines = [",".join(map(repr, row)) for row in np.insert(table, 1, weights, 1).tolist()]
        job.file(f"{name}/a.csv", "\n".join(lines))
    model = job.hyperparameters(max_depth="3", csv_weights='"1"').train()
    train = tables["train"]
    weights = np.array([float(weight(row)) for row in range(300)])
    bare = DecisionTreeRegressor(max_depth=3, random_state=1729)
    bare.fit(train[:, 1:], train[:, 0], weights)
    np.testing.assert_array_equal(model.predict(train[:, 1:]), bare.predict(train[:, 1:]))
    metrics = model.description.metrics
    for name, table in tables.items():
        given = (table[:, 0], bare.predict(table[:, 1:]))
        own = weights[: len(table)]
        assert metrics[f"{name}:r2"] == pytest.approx(r2_score(*given, sample_weight=own))
        mse = mean_squared_error(*given, sample_weight=own)
        assert metrics[f"{name}:rmse"] == pytest.approx(mse**0.5)
        mae = mean_absolute_error(*given, sample_weight=own)
        assert metrics[f"{name}:mae"] == pytest.approx(mae)
    assert (metrics == unweighted.description.metrics) == (weights == 1).all()
    assert model.feature_names == ("feature_0", "feature_1", "feature_2")


def test_refuses_other_weights(job: object) -> None:
    job.rows("train/a.csv").hyperparameters(csv_weights="yes")
    with pytest.raises(UserError, match="hyperparameter csv_weights is 'yes'; allowed: 0, 1"):
        job.train()


@pytest.mark.parametrize(
    ("labels", "predictions", "r2"),
    [([1, 1], [1, 1], 1.0), ([1, 1], [1, 2], 0.0), ([5], [5], 1.0), ([0, 2], [1, 1], 0.0)],
)
def test_r2_of_constant_labels(labels: list[float], predictions: list[float], r2: float) -> None:
    metrics = regression_metrics(np.array(labels, float), np.array(predictions, float))
    assert metrics["r2"] == r2


def test_the_same_job_gives_the_same_files(job: object) -> None:
    job.rows("train/a.csv").hyperparameters(splitter="random", max_features="0.5")
    job.train()
    files = {f.name: f.read_bytes() for f in job.environment.model.iterdir()}
    job.train()
    assert {f.name: f.read_bytes() for f in job.environment.model.iterdir()} == files


def test_trains_on_missing_values(job: object) -> None:
    lines = [f"{float(i % 3 == 0)},{'' if i % 3 == 0 else i},1" for i in range(60)]
    model = job.file("train/a.csv", "\n".join(lines)).train()
    assert model.predict([[None, 1], [5, 1]]).tolist() == [1, 0]


def test_poisson_accepts_labels_from_zero(job: object) -> None:
    job.file("train/a.csv", "0,1\n0,2\n0.5,3\n").hyperparameters(criterion="poisson")
    assert job.train().predict([[1]]) == pytest.approx(1 / 6)


def test_validation_is_optional(job: object, run_train: Run, capsys: Capture) -> None:
    job.rows("train/a.csv")
    assert run_train() == 0
    assert "validation:" not in capsys.readouterr().out
    assert load(job.environment.model).feature_names == ("feature_0", "feature_1", "feature_2")


def test_features_are_contiguous_in_columns(job: object) -> None:
    """Growing a tree reads one column at a time; with rows contiguous it takes 20 % longer."""
    job.rows("train/a.csv")
    channels = decision_tree.training.find_channels(job.environment, {})
    assert read_tables(channels)["train"].features.flags.f_contiguous


MISTAKES: list[tuple[Callable[[object], object], str]] = [
    (lambda job: job, "channel train is missing"),
    (lambda job: job.file("train/a.csv", ""), "channel train has no rows"),
    (lambda job: job.rows("train/a.csv").hyperparameters(max_depth="0"), "allowed: an integer"),
    (
        lambda job: job.rows("train/a.csv").hyperparameters(depth="1"),
        "unknown hyperparameter depth",
    ),
    (
        lambda job: job.rows("train/a.csv").hyperparameters(max_features="4"),
        "at most the 3 features",
    ),
    (
        lambda job: job.rows("train/a.csv").hyperparameters(criterion="poisson"),
        "criterion poisson needs labels that are not negative",
    ),
    (
        lambda job: job.rows("train/a.csv").config("resourceconfig", {"hosts": ["a", "b"]}),
        "InstanceCount is 2; allowed: 1",
    ),
    (
        lambda job: job.rows("train/a.csv").config(
            "inputdataconfig", {"train": {"TrainingInputMode": "Pipe"}}
        ),
        "TrainingInputMode is Pipe; allowed: File or FastFile",
    ),
    (
        lambda job: job.rows("train/a.csv").hyperparameters(
            _tuning_objective_metric="validation:mse"
        ),
        "the objective metric is validation:mse, but there is no channel validation",
    ),
    (
        lambda job: job.rows("train/a.csv").file("validation/a.csv", "1,2\n"),
        "channel validation has 1 features; train: 3",
    ),
    (
        lambda job: job.rows("train/a.csv").feature_names(["a"]),
        "feature_names.json has 1 names; train: 3",
    ),
    (lambda job: job.file("train/a.csv", "1e200,1\n-1e200,2\n3,2\n"), "the labels are too large"),
]


@pytest.mark.parametrize(("prepare", "message"), MISTAKES, ids=[m for _, m in MISTAKES])
def test_a_user_error_is_one_line_and_a_failure_file(
    job: object, run_train: Run, capsys: Capture, prepare: Callable[[object], object], message: str
) -> None:
    prepare(job)
    assert run_train() == 2
    stderr = capsys.readouterr().err
    assert message in stderr
    assert stderr.count("\n") == 1
    assert job.environment.failure_file.read_text() == stderr.rstrip("\n")
    assert not (job.environment.model / "model.json").exists()


def test_a_broken_platform_has_its_own_exit_code(
    job: object, run_train: Run, capsys: Capture
) -> None:
    job.rows("train/a.csv").config("hyperparameters", "{")
    assert run_train() == 4
    failure = job.environment.failure_file.read_text()
    assert failure.startswith(capsys.readouterr().err[:40])
    assert "Traceback" in failure


def test_a_bug_is_an_algorithm_error_with_its_traceback(
    job: object, run_train: Run, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.rows("train/a.csv")
    monkeypatch.setattr(decision_tree.training, "save", lambda *_: 1 / 0)
    assert run_train() == 3
    stderr = capsys.readouterr().err
    assert stderr.startswith("ZeroDivisionError: division by zero\n")
    assert "Traceback" in stderr
    failure = job.environment.failure_file.read_text()
    assert failure.startswith("ZeroDivisionError: division by zero\n\nTraceback")


def test_an_unwritable_failure_file_does_not_hide_the_mistake(
    job: object, run_train: Run, capsys: Capture
) -> None:
    (job.base / "output").write_text("a file")
    assert run_train() == 2
    assert capsys.readouterr().err.startswith("channel train is missing\n")


def test_a_forked_process_reads_its_own_environment(job: object) -> None:
    """As in the local run: one warm parent, and a job in each fork that ends with os._exit."""
    job.rows("train/a.csv")
    program = (
        "import os, sys, runpy, decision_tree.training, sklearn.tree\n"
        "if not os.fork():\n"
        "    os.environ['SAGEMAKER_BASE_DIR'] = sys.argv[1]\n"
        "    sys.argv = ['decision_tree', 'train']\n"
        "    try:\n"
        "        runpy.run_module('decision_tree', run_name='__main__')\n"
        "    except SystemExit as error:\n"
        "        os._exit(error.code)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))\n"
    )
    environ = {k: v for k, v in os.environ.items() if k != "SAGEMAKER_BASE_DIR"}
    command = [sys.executable, "-c", program, str(job.base)]
    subprocess.run(command, cwd=CONTAINER, env=environ, check=True, capture_output=True)
    assert load(job.environment.model)


def wait_until_growing(process: subprocess.Popen[str]) -> None:
    """Wait until a process has spent half a second of CPU time beyond loading scikit-learn.

    Growing the tree takes several seconds of it, so that is what the process is at, on a slow
    machine too.
    """

    def seconds() -> float:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) / os.sysconf("SC_CLK_TCK")

    while "/sklearn/tree/_tree" not in Path(f"/proc/{process.pid}/maps").read_text():
        assert process.poll() is None
        time.sleep(0.01)
    loaded = seconds()
    while seconds() < loaded + 0.5:
        assert process.poll() is None
        time.sleep(0.01)


@needs_proc
def test_sigterm_ends_training_at_once_and_leaves_no_model(job: object) -> None:
    """Even inside scikit-learn's compiled loop, where no Python handler can run."""
    columns = np.random.default_rng(0).normal(size=(8, 300_000)).round(3)
    folder = job.base / "input/data/train"
    folder.mkdir(parents=True)
    table = pa.table([*columns], [*"abcdefgh"])
    write_csv(table, folder / "a.csv", WriteOptions(include_header=False))
    process = subprocess.Popen(
        [sys.executable, "-m", "decision_tree", "train"],
        cwd=CONTAINER,
        env={**os.environ, "SAGEMAKER_BASE_DIR": str(job.base), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline().startswith("train: 300000 rows")
    wait_until_growing(process)
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + signal.SIGTERM
    assert stdout == ""  # so it was still growing
    assert stderr == "training was stopped by SIGTERM\n"
    assert not job.environment.model.exists()
    assert not job.environment.failure_file.exists()


@pytest.mark.parametrize("arguments", [[], ["predict"], ["train", "serve"]])
def test_other_commands_are_refused(
    arguments: list[str], run_main: Callable[[list[str]], int], capsys: Capture
) -> None:
    assert run_main(arguments) == 2
    assert capsys.readouterr().err == "usage: python -m decision_tree train|serve\n"


def test_real_data(job: object) -> None:
    """The default dataset, prepared like in the pipeline: the known quality of such a tree."""
    path = os.environ.get("RESTATE_DATA")
    if not path:
        pytest.skip("RESTATE_DATA names no cal_housing.data")
    table = np.loadtxt(path, delimiter=",")
    table = table[table[:, 2] > 10][:, [8, 0, 1, 2, 3, 4, 5, 6]]
    np.random.default_rng(0).shuffle(table)
    split = int(0.8 * len(table))
    for name, rows in (("train", table[:split]), ("validation", table[split:])):
        lines = "\n".join(",".join(map(repr, row)) for row in rows.tolist())
        job.file(f"{name}/a.csv", lines)
    model = job.hyperparameters(max_leaf_nodes="300").train()
    assert model.description.metrics["validation:r2"] > 0.62


def test_errors_are_reported_before_scikit_learn_is_imported(job: object) -> None:
    program = (
        "import sys\n"
        "from decision_tree.__main__ import main\n"
        "code = main(['train'])\n"
        "sys.exit(code if 'sklearn' not in sys.modules else 99)\n"
    )
    environ = {**os.environ, "SAGEMAKER_BASE_DIR": str(job.base)}
    command = [sys.executable, "-c", program]
    finished = subprocess.run(command, cwd=CONTAINER, env=environ, capture_output=True)
    assert finished.returncode == UserError.exit_code
    assert json.dumps(finished.stderr.decode()) == json.dumps("channel train is missing\n")
