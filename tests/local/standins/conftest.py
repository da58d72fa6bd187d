"""Runs the stand-ins of images as the local run does: as jobs of the job server."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
RunModule = Callable[..., tuple[int, str]]


@pytest.fixture(scope="session")
def run_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunModule]:
    """A function that runs `python -m MODULE ARGUMENTS` and gives its exit code and log."""
    log = tmp_path_factory.mktemp("jobs") / "log"
    with subprocess.Popen(
        [sys.executable, "-m", "local.standins.jobs.server"],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'container'}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:

        def run(module: str, *arguments: str, **environment: str) -> tuple[int, str]:
            assert server.stdin and server.stdout
            job = {
                "id": "job",
                "module": module,
                "arguments": arguments,
                "workingDirectory": str(ROOT),
                "environment": environment,
                "log": str(log),
            }
            server.stdin.write(json.dumps({"run": job}) + "\n")
            server.stdin.flush()
            return json.loads(server.stdout.readline())["ended"]["exitCode"], log.read_text()

        yield run
        assert server.stdin
        server.stdin.close()
