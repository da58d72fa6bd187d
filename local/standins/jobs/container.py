"""Runs a container like SageMaker, instead of a job's process.

`python -m local.standins.jobs.container REQUEST.json`, where the request is

    {"image", "entrypoint": [...], "command": [...], "base": "/abs/folder",
     "readable": ["/abs/folder"], "environment": {...}, "isolated", "port": number or null,
     "workFolder", "memoryBytes", "cpus", "graceSeconds"}

With `--shell [COMMAND...]`, a shell or a command runs in the container instead, on this process's
terminal.

`base` is mounted as /opt/ml. A non-empty `entrypoint` replaces the image's. The container's output
goes to this process's output, and its exit code, or the signal that ended it, becomes this
process's. SIGTERM is passed on to the container, followed by SIGKILL after the grace period. The
container is removed afterwards.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

_PORT = 8080  # of SageMaker's serving containers
_FOLDER_LABEL = "restate.work-folder"
_SIGNALLED = 128


def main() -> int:
    """Runs the request's container; returns its exit code."""
    request: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    if sys.argv[2:3] == ["--shell"]:
        return _shell(request, sys.argv[3:])
    command = [*request["entrypoint"][1:], *request["command"]]
    created = _docker("create", *_options(request), request["image"], *command)
    if created.returncode != 0:
        sys.stderr.write(created.stderr)
        return 1
    container = created.stdout.strip()

    def stop(*_: object) -> None:
        grace = str(request["graceSeconds"])
        subprocess.Popen(["docker", "stop", "--time", grace, container])  # noqa: S603, S607

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        # Its own session: a signal to this process's group must not end the client.
        subprocess.run(  # noqa: S603
            ["docker", "start", "--attach", container],  # noqa: S607
            check=False,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        code = _exit_code(container)
    finally:
        sys.stderr.write(_docker("rm", "--force", "--volumes", container).stderr)
    if code > _SIGNALLED:
        signal.signal(code - _SIGNALLED, signal.SIG_DFL)
        os.kill(os.getpid(), code - _SIGNALLED)
    return code


def _shell(request: dict[str, Any], command: list[str]) -> int:
    terminal = ["--interactive", *(["--tty"] if sys.stdin.isatty() else [])]
    plain = {**request, "entrypoint": command[:1] or ["sh"], "port": None}
    options = [*terminal, "--rm", "--workdir=/opt/ml", *_options(plain)]
    run = ["docker", "run", *options, request["image"], *command[1:]]
    return subprocess.run(run, check=False).returncode  # noqa: S603


def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["docker", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603


def _options(request: dict[str, Any]) -> list[str]:
    options = [
        f"--label={_FOLDER_LABEL}={request['workFolder']}",
        "--security-opt=no-new-privileges",
        f"--memory={request['memoryBytes']}",
        f"--cpus={request['cpus']}",
        "--pids-limit=4096",
        f"--volume={request['base']}:/opt/ml",
        *(f"--volume={folder}:{folder}:ro" for folder in request["readable"]),
        *(f"--env={name}={value}" for name, value in request["environment"].items()),
    ]
    if request["entrypoint"]:
        options.append(f"--entrypoint={request['entrypoint'][0]}")
    if os.name == "posix" and os.getuid() != 0:
        # The user must be able to delete the container's files; SageMaker runs it as root.
        options.append(f"--user={os.getuid()}:{os.getgid()}")
    if request["port"] is not None:
        options.append(f"--publish=127.0.0.1:{request['port']}:{_PORT}")
    elif request["isolated"]:
        options.append("--network=none")
    elif "AWS_ENDPOINT_URL_SAGEMAKER" in request["environment"]:
        # For the API on this machine's loopback. Docker Desktop must have host networking enabled.
        options.append("--network=host")
    return options


def _exit_code(container: str) -> int:
    inspected = _docker("inspect", "--format", "{{.State.ExitCode}} {{.State.Error}}", container)
    code, _, error = inspected.stdout.strip().partition(" ")
    if error:
        sys.stderr.write(f"{error}\n")
    return int(code) if code.isdecimal() else 1


if __name__ == "__main__":
    sys.exit(main())
