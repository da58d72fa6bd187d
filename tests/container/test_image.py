"""The image as SageMaker runs it, in real Docker, which `docker/start.sh` installs if it can."""

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from machine import PATIENCE, free_port

CONTAINER = Path(__file__).parents[2] / "container"
IMAGE = "restate-decision-tree:test"
# What docker/start.sh makes; elsewhere the Dockerfile's own base is pulled.
TEST_BASE = "restate-test-base:bookworm"

# Runs inside a container without a network: many clients at once, each checking its own answers.
LOAD = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from decision_tree.model import load

model = load("/opt/ml/model")

def call(connection, method, path, body=None, headers={}):
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    return response.status, response.read()

def work(seed):
    connection = HTTPConnection("127.0.0.1", 8080, timeout=30)
    for index in range(50):
        rows = [[seed / 10, index / 10, row / 10] for row in range(1 + index)]
        body = "\\n".join(",".join(map(str, row)) for row in rows)
        headers = {"Content-Type": "text/csv"}
        status, content = call(connection, "POST", "/invocations", body, headers)
        assert status == 200, content
        assert list(map(float, content.split())) == model.predict(rows).tolist()
    return call(connection, "GET", "/ping")

with ThreadPoolExecutor(8) as threads:
    assert list(threads.map(work, range(8))) == [(200, b"")] * 8
print("done")
"""


def docker(
    *arguments: str, timeout: float = PATIENCE, **options: object
) -> subprocess.CompletedProcess:
    environ = {**os.environ, "DOCKER_BUILDKIT": "0"}
    command = ["docker", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, env=environ, **options
    )


def _reason_to_skip() -> str | None:
    try:
        answer = docker("info")
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"Docker cannot be used: {error}"
    return None if answer.returncode == 0 else "there is no Docker daemon"


@pytest.fixture(scope="module")
def image() -> str:
    reason = _reason_to_skip()
    if reason:
        pytest.skip(reason)
    command = ["build", "--network", "host", "--platform", "linux/amd64", "--tag", IMAGE]
    if docker("image", "inspect", TEST_BASE).returncode == 0:
        command += ["--build-arg", f"BASE_IMAGE={TEST_BASE}"]
    built = docker(*command, str(CONTAINER), timeout=900)
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    return IMAGE


@pytest.fixture
def run(image: str) -> Iterator[Callable[..., str]]:
    """Start a container and return its id."""
    containers = []

    def start(*arguments: str) -> str:
        options, command = arguments[:-1], arguments[-1]
        started = docker("run", "--detach", "--network", "none", *options, image, command)
        assert started.returncode == 0, started.stderr
        containers.append(started.stdout.strip())
        return containers[-1]

    yield start
    for container in containers:
        docker("rm", "--force", container)


def wait(container: str) -> int:
    return int(docker("wait", container).stdout)


def wait_until_ready(container: str) -> None:
    ping = "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/ping')"
    deadline = time.monotonic() + PATIENCE
    while docker("exec", container, "python", "-c", ping).returncode:
        assert time.monotonic() < deadline, docker("logs", container)
        time.sleep(0.1)


def inspect(image: str) -> dict[str, object]:
    description: dict[str, object] = json.loads(docker("image", "inspect", image).stdout)[0]
    return description


def test_is_what_sagemaker_expects(image: str) -> None:
    description = inspect(image)
    config = description["Config"]
    assert (description["Os"], description["Architecture"]) == ("linux", "amd64")
    assert config["Entrypoint"] == ["python", "-m", "decision_tree"]
    assert config["User"] in ("", "root", "0")
    assert config["Labels"]["com.amazonaws.sagemaker.capabilities.accept-bind-to-port"] == "true"
    assert config["Labels"]["org.opencontainers.image.title"] == "restate-decision-tree"
    assert config["ExposedPorts"] == {"8080/tcp": {}}


def test_holds_only_what_it_needs(image: str) -> None:
    script = (
        "! command -v gcc && ! command -v cc && ! python -m pip --version 2> /dev/null"
        " && find /opt -name tests -o -name Dockerfile -o -name requirements.in"
        " && ls /opt /opt/program /opt/program/decision_tree/__pycache__"
    )
    listed = docker("run", "--rm", "--entrypoint", "sh", image, "-c", script)
    assert listed.returncode == 0, listed
    before, _, packages = listed.stdout.partition("/opt/program:\n")
    assert before == "/opt:\nprogram\nvenv\n\n"
    assert packages.startswith("decision_tree\n")
    assert re.search(r"__main__\.cpython-3\d+\.pyc", packages)


def test_layers_stay_small(image: str) -> None:
    base = inspect(TEST_BASE)["Size"] if docker("image", "inspect", TEST_BASE).stdout else 0
    if base:
        assert inspect(image)["Size"] - base < 320_000_000


def test_trains_with_mounted_folders(run: Callable[..., str], job: object) -> None:
    job.rows("train/part-0.csv").rows("validation/part-0.csv", 50, seed=1).feature_names()
    job.hyperparameters(max_leaf_nodes='"20"', _tuning_objective_metric="validation:mse")
    job.config("resourceconfig", {"current_host": "algo-1", "hosts": ["algo-1"]})
    job.config("inputdataconfig", {"train": {"TrainingInputMode": "File"}, "validation": {}})
    container = run("--volume", f"{job.base}:/opt/ml", "train")
    assert wait(container) == 0, docker("logs", container)
    assert re.search(r"^validation:mse=\d", docker("logs", container).stdout, re.MULTILINE)
    assert {file.name for file in job.environment.model.iterdir()} == {
        "model.json",
        "tree.npy",
        "rows.npy",
    }
    assert not job.environment.failure_file.exists()


@pytest.mark.parametrize(
    ("name", "rounds"), [("hist-gradient-boosting", "max_iter"), ("lightgbm", "num_iterations")]
)
def test_trains_with_threads_of_a_single_openmp_library(
    name: str, rounds: str, run: Callable[..., str], job: object
) -> None:
    job.rows("train/part-0.csv").hyperparameters(algorithm=name, **{rounds: "5"})
    container = run("--volume", f"{job.base}:/opt/ml", "train")
    assert wait(container) == 0, docker("logs", container)
    described = json.loads((job.environment.model / "model.json").read_text())
    assert (described["algorithm"], described["predictor"]["kind"]) == (name, "ensemble")


def test_both_libraries_share_one_openmp(image: str) -> None:
    script = (
        "import sklearn.ensemble, lightgbm\n"
        "maps = open('/proc/self/maps').read().split()\n"
        "print(len({one for one in maps if 'libgomp' in one}))\n"
    )
    ran = docker("run", "--rm", "--entrypoint", "python", image, "-c", script)
    assert ran.stdout == "1\n", ran


def test_an_error_is_in_the_failure_file(run: Callable[..., str], job: object) -> None:
    job.file("train/part-0.csv", "price,rooms\n1,2\n")
    container = run("--volume", f"{job.base}:/opt/ml", "train")
    assert wait(container) == 2
    stderr = docker("logs", container).stderr
    assert stderr.startswith("train/part-0.csv: line 1: Could not convert")
    assert stderr.count("\n") == 1
    assert job.environment.failure_file.read_text() == stderr.rstrip("\n")


def test_training_stops_at_once(run: Callable[..., str], job: object) -> None:
    job.rows("train/part-0.csv", 200_000)
    container = run("--volume", f"{job.base}:/opt/ml", "train")
    while "train: 200000 rows" not in docker("logs", container).stdout:
        time.sleep(0.05)
    docker("stop", "--time", "60", container)
    assert wait(container) == 143  # it ended by itself: Docker's SIGKILL would give 137
    assert not job.environment.model.exists()


def test_serves_read_only_without_a_network(run: Callable[..., str], trained: object) -> None:
    model = f"{trained.environment.model}:/opt/ml/model:ro"
    container = run("--read-only", "--env", "MODEL_SERVER_WORKERS=2", "--volume", model, "serve")
    wait_until_ready(container)
    loaded = docker("exec", container, "python", "-c", LOAD)
    assert (loaded.returncode, loaded.stdout) == (0, "done\n"), loaded.stderr
    docker("stop", "--time", "60", container)
    assert wait(container) == 0
    messages = [
        json.loads(line)["message"] for line in docker("logs", container).stdout.split("\n")[:-1]
    ]
    assert messages == ["serving", "stopped"]


def test_serve_without_a_model_fails(run: Callable[..., str]) -> None:
    container = run("serve")
    assert wait(container) == 2
    expected = "no model in /opt/ml/model: /opt/ml/model/model.json is missing\n"
    assert docker("logs", container).stderr == expected


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """A registry on loopback, which Docker pushes to without TLS."""
    port = free_port()
    config = tmp_path / "registry.yml"
    config.write_text(
        f"version: 0.1\nlog: {{level: error}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n"
        f"storage: {{filesystem: {{rootdirectory: {tmp_path}/registry}}}}\n"
    )
    try:
        process = subprocess.Popen(["docker-registry", "serve", str(config)])
    except OSError:
        pytest.skip("there is no docker-registry")
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    yield f"127.0.0.1:{port}"
    process.terminate()
    process.wait()


def test_pushes_a_manifest_that_sagemaker_accepts(image: str, registry: str) -> None:
    """SageMaker refuses OCI manifests and indexes (aws/amazon-sagemaker-feedback#180)."""
    name = f"{registry}/decision-tree:test"
    docker("tag", image, name)
    pushed = docker("push", name, timeout=300)
    assert pushed.returncode == 0, pushed.stderr
    docker("rmi", name)
    schema_2 = "application/vnd.docker.distribution.manifest.v2+json"
    oci = [f"application/vnd.oci.image.{kind}.v1+json" for kind in ("manifest", "index")]
    connection = HTTPConnection(registry)
    path = "/v2/decision-tree/manifests/test"
    connection.request("GET", path, headers={"Accept": ", ".join([schema_2, *oci])})
    response = connection.getresponse()
    manifest = json.load(response)
    assert response.getheader("Content-Type") == manifest["mediaType"] == schema_2
    assert manifest["config"]["mediaType"] == "application/vnd.docker.container.image.v1+json"
