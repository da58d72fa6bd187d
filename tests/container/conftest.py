"""A job's base folder as SageMaker lays it out, models, and the server as a process."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import decision_tree.__main__ as entry_point
import numpy as np
import pytest
from decision_tree.environment import Environment
from decision_tree.model import Model, load
from decision_tree.serving.app import Application
from decision_tree.serving.settings import Settings
from decision_tree.training import train
from machine import PATIENCE, free_port

CONTAINER = Path(__file__).parents[2] / "container"
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
def run_train(job: Job, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Run the entry point in this process; its SIGTERM handling is for a process of its own."""
    monkeypatch.setattr("decision_tree.termination.exit_on_sigterm", lambda: None)
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(job.base))
    return lambda: entry_point.main(["train"])


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A finished job with a model of the features `NAMES`."""
    job = Job(tmp_path_factory.mktemp("trained"))
    job.rows("train/part-0.csv").rows("validation/part-0.csv", 50, seed=1).feature_names()
    job.hyperparameters(max_leaf_nodes="40").train()
    return job


@pytest.fixture(scope="session")
def model(trained: Job) -> Model:
    return load(trained.environment.model)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """Calls the ASGI application in this process."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        chunk: int | None = None,
    ) -> Answer:
        size = chunk or max(len(body), 1)
        parts = [body[start : start + size] for start in range(0, max(len(body), 1), size)]
        incoming = [
            {"type": "http.request", "body": part, "more_body": index < len(parts) - 1}
            for index, part in enumerate(parts)
        ]
        sent: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            return incoming.pop(0)

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        raw = [(k.lower().encode(), v.encode("latin-1")) for k, v in (headers or {}).items()]
        scope = {"type": "http", "method": method, "path": path, "headers": raw}
        asyncio.run(self.application(scope, receive, send))
        start, end = sent
        found = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], found, end["body"])

    def invoke(
        self, body: bytes, content_type: str | None = "text/csv", accept: str | None = None
    ) -> Answer:
        headers = {"Content-Type": content_type, "Accept": accept}
        given = {name: value for name, value in headers.items() if value is not None}
        return self("POST", "/invocations", body, given)


@pytest.fixture(scope="session")
def client(model: Model) -> Client:
    return Client(Application(model, Settings("127.0.0.1", 8080, 2, 2**20, 60)))


class Server:
    """`python -m decision_tree serve` as a process."""

    def __init__(self, base: Path, **environ: str) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "decision_tree", "serve"],
            cwd=CONTAINER,
            env={
                **os.environ,
                "SAGEMAKER_BASE_DIR": str(base),
                "SAGEMAKER_BIND_TO_PORT": str(self.port),
                **environ,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> "Server":
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                if self("GET", "/ping").status == 200:
                    return self
            except ConnectionError:
                assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.02)
        raise TimeoutError

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
        connection: HTTPConnection | None = None,
    ) -> Answer:
        """Send a request; an iterable body is sent chunked."""
        used = connection or self.connect()
        used.request(method, path, body, headers or {})
        response = used.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        answer = Answer(response.status, found, response.read())
        if not connection:
            used.close()
        return answer

    def invoke(self, body: object, content_type: str = "text/csv", **options: object) -> Answer:
        return self("POST", "/invocations", body, {"Content-Type": content_type}, **options)

    def children(self) -> list[int]:
        pid = self.process.pid
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def stop(self) -> tuple[int, str, str]:
        """Send SIGTERM; return exit code, stdout and stderr."""
        self.process.send_signal(signal.SIGTERM)
        stdout, stderr = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, stdout, stderr


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
