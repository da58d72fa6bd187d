"""The server of the Decision Tree image, in this process and as a separate one."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from decision_tree.serving.app import Application
from machine import PATIENCE, free_port

CONTAINER = Path(__file__).parents[2] / "container"


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
