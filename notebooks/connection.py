"""Connects the notebook to AWS, for a deployed stack, or to this machine.

Either way, it uses boto3: on this machine, `restate emulate` serves the same API from a work
folder.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

PROJECT = Path(__file__).resolve().parents[1]
WORK_FOLDER = PROJECT / ".local-notebook"


def npm(script: str, *arguments: str) -> str:
    """Runs a command of the project, and returns its output.

    Raises:
        RuntimeError: It failed; the message is its standard error.
    """
    ended = subprocess.run(
        npm_command(script, *arguments),
        cwd=PROJECT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if ended.returncode != 0:
        raise RuntimeError(f"npm run {script}: {ended.stderr.strip()}")
    return ended.stdout


def npm_command(script: str, *arguments: str) -> list[str]:
    """The command line of an npm script."""
    return [shutil.which("npm") or "npm", "run", "--silent", script, "--", *arguments]


@dataclass(frozen=True)
class Connection:
    """Clients of boto3, and the names of a stack."""

    session: boto3.Session
    pipeline_name: str
    endpoint_url: str | None = None
    """Default: AWS itself."""
    model_settings: dict[str, Any] = field(default_factory=dict)
    """Arguments of CreateModel apart from the container: role and network."""
    endpoint_settings: dict[str, Any] = field(default_factory=dict)
    """Arguments of CreateEndpointConfig apart from the variants: the key."""
    close: Callable[[], None] = lambda: None
    """Stops the emulator, if one was started, and deletes its work folder."""

    def client(self, service: str) -> Any:
        """A client of boto3, such as `sagemaker`, `sagemaker-runtime` or `s3`."""
        return self.session.client(service, endpoint_url=self.endpoint_url)


def connect(stack: str = "", outputs: str = "", config_file: str = "") -> Connection:
    """Connects to a deployed stack, or to this machine.

    Args:
        stack: Name of a deployed stack. Empty: this machine.
        outputs: File with the output of `pulumi stack output --json`. Empty: calls the Pulumi CLI.
        config_file: On this machine, file with the configuration. Empty: `Pulumi.dev.yaml`.
    """
    return deployed_stack(stack, outputs) if stack else this_machine(config_file)


def deployed_stack(stack: str, outputs: str) -> Connection:
    """Connects to AWS, with boto3's credentials."""
    if outputs:
        printed = Path(outputs).read_text(encoding="utf-8")
    else:
        command = ["pulumi", "stack", "output", "--json", "--stack", stack]
        printed = subprocess.run(
            command, cwd=PROJECT, check=True, stdout=subprocess.PIPE, encoding="utf-8"
        ).stdout
    exports = json.loads(printed)
    network = {
        "Subnets": exports["subnetIds"],
        "SecurityGroupIds": exports["securityGroupIds"],
    }
    return Connection(
        session=boto3.Session(region_name=exports["region"]),
        pipeline_name=exports["pipelineName"],
        model_settings={
            "ExecutionRoleArn": exports["servingRoleArn"],
            "EnableNetworkIsolation": True,
            **({"VpcConfig": network} if exports["subnetIds"] else {}),
        },
        endpoint_settings={"KmsKeyId": exports["kmsKeyArn"]},
    )


def this_machine(config_file: str) -> Connection:
    """Starts the emulator, with its own work folder, until the connection is closed.

    Raises:
        RuntimeError: The emulator did not start; the reason is on standard error.
    """
    configured = ["--config-file", str(Path(config_file).resolve())] if config_file else []
    emulate = ["emulate", "--port", "0", "--work-folder", str(WORK_FOLDER), *configured]
    emulator = subprocess.Popen(
        npm_command("restate", *emulate),
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )

    def stop() -> None:
        atexit.unregister(stop)
        if emulator.poll() is None:
            # npm, Node.js and the jobs are one process group; the last one to end closes the pipe.
            os.killpg(emulator.pid, signal.SIGINT)
        if emulator.stdout and not emulator.stdout.closed:
            emulator.communicate()

    def close() -> None:
        stop()
        if WORK_FOLDER.exists():
            shutil.rmtree(WORK_FOLDER)

    atexit.register(stop)
    # It prints the environment for SDKs, with the keys last.
    environment: dict[str, str] = {}
    for line in emulator.stdout or []:
        if line.startswith("export "):
            environment |= dict(part.split("=", 1) for part in line.split()[1:])
        if "AWS_SECRET_ACCESS_KEY" in environment:
            break
    else:
        stop()
        raise RuntimeError("the emulator did not start: see its output above")
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_REGION"],
    )
    url = environment["AWS_ENDPOINT_URL_SAGEMAKER"]
    [pipeline] = session.client("sagemaker", endpoint_url=url).list_pipelines()["PipelineSummaries"]
    return Connection(session, pipeline["PipelineName"], url, close=close)
