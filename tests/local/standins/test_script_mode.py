"""Script mode: a script's arguments and environment, and its handlers."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from local.standins.script_mode.source import look_through, started
from local.standins.script_mode.train import Training

ROOT = Path(__file__).parents[3]
PATIENCE = 60


def environment(base: Path, **more: str) -> dict[str, str]:
    own = {"SAGEMAKER_BASE_DIR": str(base), "PYTHONPATH": str(ROOT)}
    return {**os.environ, **own, **more}


def run(base: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.standins.script_mode", *arguments]
    return subprocess.run(
        command, env=environment(base, **more), capture_output=True, text=True, check=False
    )


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A training job of a script, as configured by the SDK."""
    hyperparameters = {
        "sagemaker_program": '"train.py"',
        "sagemaker_submit_directory": '"s3://team/sourcedir.tar.gz"',
        "sagemaker_region": '"us-east-1"',
        "sagemaker_mpi_enabled": "false",
        "_tuning_objective_metric": "mse",
        "n-estimators": "10",
        "alpha": "1.0",
        "eps": "1e-5",
        "d": '{"k": 1, "a": [1, 2.0]}',
        "flag": "true",
        "none": "null",
        "name": '"a b"',
        "plain": "abc",
    }
    resources = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"}
    channels = {"train": {"TrainingInputMode": "File"}, "val-1": {"TrainingInputMode": "File"}}
    write(
        tmp_path / "input" / "config",
        hyperparameters__json=json.dumps(hyperparameters),
        resourceconfig__json=json.dumps(resources),
        inputdataconfig__json=json.dumps(channels),
    )
    return tmp_path


# What aws/sagemaker-training-toolkit makes of the same configuration.
ARGUMENTS = [
    *("--alpha", "1.0", "-d", "a=[1, 2.0],k=1", "--eps", "1e-05", "--flag", "True"),
    *("--n-estimators", "10", "--name", "a b", "--none", "", "--plain", "abc"),
]


def test_passes_arguments_like_the_toolkit(base: Path) -> None:
    assert Training(base).arguments == ARGUMENTS


def test_sets_the_toolkits_variables(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINING_JOB_NAME", "job-1")
    variables = Training(base).variables()
    training = json.loads(variables.pop("SM_TRAINING_ENV"))
    assert json.loads(variables.pop("SM_NUM_CPUS")) == os.cpu_count()
    resources = '{"current_host":"algo-1","hosts":["algo-1"],"network_interface_name":"lo"}'
    hyperparameters = (
        '{"alpha":1.0,"d":{"a":[1,2.0],"k":1},"eps":1e-05,"flag":true,"n-estimators":10,'
        '"name":"a b","none":null,"plain":"abc"}'
    )
    mode = '{"TrainingInputMode":"File"}'
    assert variables == {
        "SM_CHANNELS": '["train","val-1"]',
        "SM_CHANNEL_TRAIN": f"{base}/input/data/train",
        "SM_CHANNEL_VAL-1": f"{base}/input/data/val-1",
        "SM_CURRENT_HOST": "algo-1",
        "SM_CURRENT_INSTANCE_GROUP": "homogeneousCluster",
        "SM_CURRENT_INSTANCE_GROUP_HOSTS": "[]",
        "SM_CURRENT_INSTANCE_TYPE": "local",
        "SM_DISTRIBUTION_INSTANCE_GROUPS": "[]",
        "SM_FRAMEWORK_MODULE": "",
        "SM_FRAMEWORK_PARAMS": '{"sagemaker_mpi_enabled":false}',
        "SM_HOSTS": '["algo-1"]',
        "SM_HPS": hyperparameters,
        "SM_HP_ALPHA": "1.0",
        "SM_HP_D": '{"a":[1,2.0],"k":1}',
        "SM_HP_EPS": "1e-05",
        "SM_HP_FLAG": "true",
        "SM_HP_N-ESTIMATORS": "10",
        "SM_HP_NAME": "a b",
        "SM_HP_NONE": "",
        "SM_HP_PLAIN": "abc",
        "SM_INPUT_CONFIG_DIR": f"{base}/input/config",
        "SM_INPUT_DATA_CONFIG": f'{{"train":{mode},"val-1":{mode}}}',
        "SM_INPUT_DIR": f"{base}/input",
        "SM_INSTANCE_GROUPS": "[]",
        "SM_INSTANCE_GROUPS_DICT": "{}",
        "SM_IS_HETERO": "false",
        "SM_LOG_LEVEL": "20",
        "SM_MODEL_DIR": f"{base}/model",
        "SM_MODULE_DIR": "s3://team/sourcedir.tar.gz",
        "SM_MODULE_NAME": "train",
        "SM_NETWORK_INTERFACE_NAME": "lo",
        "SM_NUM_GPUS": "0",
        "SM_NUM_NEURONS": "0",
        "SM_OUTPUT_DATA_DIR": f"{base}/output/data",
        "SM_OUTPUT_DIR": f"{base}/output",
        "SM_OUTPUT_INTERMEDIATE_DIR": f"{base}/output/intermediate",
        "SM_RESOURCE_CONFIG": resources,
        "SM_USER_ARGS": json.dumps(ARGUMENTS, separators=(",", ":")),
        "SM_USER_ENTRY_POINT": "train.py",
    }
    assert training["hyperparameters"] == json.loads(hyperparameters)
    assert training["job_name"] == "job-1"
    assert training["channel_input_dirs"]["train"] == f"{base}/input/data/train"


def test_runs_the_script_in_its_folder_and_finds_opt_ml(base: Path) -> None:
    script = """
import os, pickle, sys
from helper import FOLDER
class Kept:
    pass
assert pickle.loads(pickle.dumps(Kept())).__class__ is Kept
assert 'local' not in sys.modules and not any('script_mode' in entry for entry in sys.path)
print([sys.argv[0], os.getcwd(), FOLDER, '/mnt/opt/ml', '/opt/mlflow', open(__file__).read()[:1]])
"""
    write(base / "code", train__py=script, helper__py="FOLDER = '/opt/ml/model'\n")
    ended = run(base, "train")
    assert ended.returncode == 0, ended.stderr
    expected = ["train.py", f"{base}/code", f"{base}/model", "/mnt/opt/ml", "/opt/mlflow", "\n"]
    assert ended.stdout == f"{expected}\n"
    # A job may pack its code into a model.
    assert (base / "code" / "helper.py").read_text() == "FOLDER = '/opt/ml/model'\n"


@pytest.mark.parametrize(
    ("script", "code", "printed"),
    [
        ("import sys\nsys.exit(3)\n", 3, ""),
        ("def fail():\n    raise ValueError('bad')\nfail()\n", 1, "ValueError: bad"),
        ("def f(:\n", 1, "SyntaxError: invalid syntax"),
    ],
)
def test_has_the_scripts_exit_code(base: Path, script: str, code: int, printed: str) -> None:
    write(base / "code", train__py=script)
    ended = run(base, "train")
    assert ended.returncode == code
    assert (ended.stderr.splitlines() or [""])[-1] == printed
    assert "launch.py" not in ended.stderr


def test_checks_requirements(tmp_path: Path) -> None:
    lines = [
        "# comment",
        "numpy>=1.20",
        "scikit-learn==0.24.2 # old",
        "no_such_package",
        "no_such_package; python_version < '3'",
        "-r more.txt",
    ]
    write(tmp_path, serve__py="", requirements__txt="\n".join(lines))
    source = look_through(tmp_path, "serve.py")
    assert source.problems == [
        'requirements.txt: "no_such_package" is not installed, and a run installs nothing; '
        "`.venv/bin/python -m pip install 'no_such_package'` does",
        'requirements.txt: "-r more.txt" is not a package, so it is not installed',
    ]
    (warning,) = source.warnings
    assert warning.startswith('requirements.txt: "scikit-learn==0.24.2" runs as scikit-learn ')
    assert look_through(tmp_path, "start.sh").problems[0] == (
        '"start.sh" must be a Python script (.py) here'
    )
    assert (
        look_through(tmp_path, "other.py")
        .problems[0]
        .startswith('the code has no "other.py", but ')
    )


def test_starts_the_sdks_packing_of_a_model_with_its_code(tmp_path: Path) -> None:
    variables = {"SM_HP_INFERENCE_SCRIPT": "serve.py", "SM_HP_DEPENDENCIES": "", "SM_HP_OTHER": "x"}
    assert started("_repack_script_launcher.sh", variables) == (
        "_repack_model.py",
        [
            *("--dependencies", "", "--inference_script", "serve.py"),
            *("--model_archive", "", "--source_dir", ""),
        ],
    )
    assert started("train.py", variables) is None
    write(tmp_path, _repack_model__py="")
    assert look_through(tmp_path, "_repack_script_launcher.sh").problems == []


def test_accepts_only_the_sdks_shell_script(tmp_path: Path) -> None:
    write(tmp_path / "processing/input/entrypoint", runproc__sh="make all\n")
    ended = run(tmp_path, "process")
    assert ended.returncode == 1
    message = (tmp_path / "output" / "message").read_text()
    assert message == (
        'runproc.sh has no line `python SCRIPT.py "$@"`, as the SageMaker SDK writes it; '
        "other shell scripts are not supported here\n"
    )


MODEL = """
import numpy as np
class Model:
    def predict(self, rows, **_):
        return np.asarray(rows).sum(axis=1)
def model_fn(model_dir):
    return Model()
"""
Ask = Callable[..., tuple[int, str, str | None]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[str], Ask]]:
    """Serves a script on the scikit-learn image; returns a function that sends requests."""
    started: list[subprocess.Popen[bytes]] = []

    def start(script: str) -> Ask:
        write(tmp_path / "code", serve__py=script)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        more = {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_BIND_TO_PORT": str(port)}
        command = [sys.executable, "-m", "local.standins.script_mode", "serve", "scikit-learn"]
        started.append(subprocess.Popen(command, env=environment(tmp_path, **more)))

        def ask(
            path: str, body: bytes | None = None, **headers: str
        ) -> tuple[int, str, str | None]:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            message = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, named)
            try:
                with urllib.request.urlopen(message, timeout=PATIENCE) as answer:  # noqa: S310
                    return answer.status, answer.read().decode(), answer.headers["Content-Type"]
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode(), error.headers["Content-Type"]

        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                assert ask("/ping") == (200, "", None)
                break
            except urllib.error.URLError:
                time.sleep(0.05)
        return ask

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_serves_with_the_images_defaults(serve: Callable[[str], Ask]) -> None:
    ask = serve(MODEL)

    def invoke(body: bytes, content_type: str, accept: str) -> tuple[int, str, str | None]:
        return ask("/invocations", body, Content_Type=content_type, Accept=accept)

    csv, json_type = "text/csv", "application/json"
    assert invoke(b"1,2\n3,4\n", csv, csv) == (200, "3.0\n7.0\n", csv)
    assert invoke(b"1,2\n3,4\n", csv, "*/*") == (200, "[3.0, 7.0]", json_type)
    assert invoke(b"[[1, 2.5]]", json_type, csv) == (200, "3.5\n", csv)
    assert invoke(b"x", "text/plain", csv)[:2] == (415, "Content-type text/plain is not supported")
    assert invoke(b"1,2\n3,4", csv, "text/html")[:2] == (
        406,
        "Accept type text/html is not supported",
    )
    # As in the image, which squeezes a single row.
    assert invoke(b"1,2\n", csv, csv)[0] == 500
    assert ask("/execution-parameters")[0] == 404
    assert ask("/invocations")[0] == 405


def test_serves_with_the_scripts_handlers(serve: Callable[[str], Ask]) -> None:
    ask = serve(
        MODEL
        + """
def transform_fn(model, content, content_type, accept):
    return f"{content_type} {accept} {model.predict([[1, 2]])} {content}", "text/plain"
"""
    )
    assert ask("/invocations", b"ab", Content_Type="text/csv", Accept="a/b") == (
        200,
        f"text/csv a/b {np.array([3])} ab",
        "text/plain",
    )


def test_refuses_a_script_without_a_model(tmp_path: Path) -> None:
    write(tmp_path / "code", serve__py="")
    ended = run(tmp_path, "serve", "scikit-learn", SAGEMAKER_PROGRAM="serve.py")
    assert (ended.returncode, ended.stderr) == (
        1,
        "serve.py has no model_fn, which has no default\n",
    )
    write(tmp_path / "code", serve__py=f"{MODEL}\ntransform_fn = input_fn = print\n")
    ended = run(tmp_path, "serve", "xgboost", SAGEMAKER_PROGRAM="serve.py")
    assert ended.stderr == "transform_fn excludes input_fn, predict_fn and output_fn\n"
