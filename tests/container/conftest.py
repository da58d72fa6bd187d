"""A job's base folder in SageMaker's layout, models, and the server as a process."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import decision_tree.__main__ as entry_point
import numpy as np
import pytest
from decision_tree.environment import Environment
from decision_tree.model import Model, load
from decision_tree.serving.app import Application
from decision_tree.serving.settings import Settings
from decision_tree.training import train
from served_image import Client, Server

NAMES = ("longitude", "latitude", "Rooms")


class Job:
    """One training job on a temporary base folder."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.environment = Environment(base)

    def config(self, name: str, content: object) -> "Job":
        file = self.base / "input/config" / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return self

    def hyperparameters(self, **values: object) -> "Job":
        return self.config("hyperparameters", values)

    def file(self, path: str, content: bytes | str) -> "Job":
        file = self.base / "input/data" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self

    def rows(self, path: str, count: int = 200, seed: int = 0) -> "Job":
        """Write synthetic rows as CSV; a tree of a few leaves explains most of the label."""
        generator = np.random.default_rng(seed)
        features = generator.normal(size=(count, len(NAMES)))
        labels = 3 * (features[:, 0] > 0) + features[:, 1] + generator.normal(size=count) / 10
        table = np.column_stack([labels, features])
        lines = [",".join(repr(float(value)) for value in row) for row in table]
        return self.file(path, "\n".join(lines) + "\n")

    def feature_names(self, names: object = NAMES) -> "Job":
        return self.file("metadata/feature_names.json", json.dumps(names))

    def train(self) -> Model:
        train(self.environment)
        return load(self.environment.model)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


@pytest.fixture
def run_main() -> Callable[[list[str]], int]:
    """Run a command of the image in this process; its log is for a process of its own."""

    def run(arguments: list[str]) -> int:
        root = logging.getLogger()
        handlers, level = root.handlers, root.level
        root.handlers = []
        try:
            return entry_point.main(arguments)
        finally:
            root.handlers = handlers
            root.setLevel(level)

    return run


@pytest.fixture
def run_train(
    job: Job, run_main: Callable[[list[str]], int], monkeypatch: pytest.MonkeyPatch
) -> Callable[[], int]:
    """Train; the handling of SIGTERM is for a process of its own, too."""
    monkeypatch.setattr("decision_tree.termination.exit_on_sigterm", lambda: None)
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(job.base))
    return lambda: run_main(["train"])


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A finished job with a model for the features `NAMES`."""
    job = Job(tmp_path_factory.mktemp("trained"))
    job.rows("train/part-0.csv").rows("validation/part-0.csv", 50, seed=1).feature_names()
    job.hyperparameters(max_leaf_nodes="40").train()
    return job


@pytest.fixture(scope="session")
def model(trained: Job) -> Model:
    return load(trained.environment.model)


@pytest.fixture(scope="session")
def client(model: Model) -> Client:
    return Client(Application(model, Settings("127.0.0.1", 8080, 2, 2**20, 60)))


@pytest.fixture
def start_server(trained: Job) -> Iterator[Callable[..., Server]]:
    servers = []

    def start(base: Path = trained.base, **environ: str) -> Server:
        servers.append(Server(base, **environ))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
        server.process.communicate()


@pytest.fixture(scope="module")
def server(trained: Job) -> Iterator[Server]:
    server = Server(trained.base, MODEL_SERVER_WORKERS="2").wait_until_ready()
    yield server
    server.process.kill()
    server.process.communicate()
