"""The local API over HTTP for tests: boto3 clients that check responses by the service model."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.model import Shape

ROOT = Path(__file__).parents[2]
COMMAND = ["node", "tools/restate.mjs", "emulate", "--port", "0"]


# Classes of Java's patterns that Python's do not have; of letters and signs, those of ASCII.
CLASSES = {
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{L}": "a-zA-Z",
    r"\p{M}": "",
    r"\p{N}": "0-9",
    r"\p{P}": "!-/:-@\\[-`{-~",
    r"\p{S}": "$+<=>^`|~",
    r"\p{Z}": " ",
}


# Members that the model requires, and the service omits. Source: SageMaker's guide, "View the
# Details of a Model Version".
OMITTED = {("DescribeModelPackageOutput", "ModelPackageName")}


def matches(pattern: str, value: str) -> bool:
    """Whether a whole text matches a pattern of a service model."""
    # A mistake in the model: "(...)${1,256}".
    written = re.sub(r"\$\{\d+,\d+\}$", "", pattern)
    for java, python in CLASSES.items():
        written = written.replace(java, python)
    return re.fullmatch(written, value, re.DOTALL) is not None


def faults(value: Any, shape: Shape, path: str) -> Iterator[str]:
    """The differences between a raw response and the service's model."""
    kinds = {
        "boolean": bool,
        "integer": int,
        "long": int,
        "string": str,
        "structure": dict,
        "list": list,
        "map": dict,
    }
    expected: Any = kinds.get(shape.type_name, (int, float))
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        yield f"{path}: {value!r} is no {shape.type_name}"
    elif shape.type_name == "structure":
        for name in shape.required_members:
            if name not in value and (shape.name, name) not in OMITTED:
                yield f"{path}.{name}: missing"
        for name, member in value.items():
            if name not in shape.members:
                yield f"{path}.{name}: unknown"
            else:
                yield from faults(member, shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list":
        for index, member in enumerate(value):
            yield from faults(member, shape.member, f"{path}[{index}]")
    elif shape.type_name == "map":
        for name, member in value.items():
            yield from faults(member, shape.value, f"{path}.{name}")
    elif value not in (shape.metadata.get("enum") or [value]):
        yield f"{path}: {value!r} is none of {shape.metadata['enum']}"
    if not isinstance(value, (bool, dict)):
        size = value if isinstance(value, (int, float)) else len(value)
        least, most = (shape.metadata.get(limit, size) for limit in ("min", "max"))
        if not least <= size <= most:
            yield f"{path}: {value!r} is not from {least} to {most}"
    if isinstance(value, str) and not matches(shape.metadata.get("pattern", ".*"), value):
        yield f"{path}: {value!r} does not match {shape.metadata['pattern']}"


class Emulator:
    """A running emulator."""

    def __init__(self, url: str, environment: dict[str, str]) -> None:
        self.url = url
        self.environment = environment
        self.checked: set[str] = set()

    def session(self) -> boto3.Session:
        """A boto3 session with the emulator's region and keys."""
        return boto3.Session(
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - the emulator asks for none
            region_name=self.environment["AWS_REGION"],
        )

    def client(self, service: str) -> Any:
        """A boto3 client. Each raw response of a JSON service is checked."""
        client = self.session().client(
            service, endpoint_url=self.url, config=Config(retries={"max_attempts": 1})
        )

        def check(response_dict: dict[str, Any], operation_model: Any, **_: Any) -> None:
            if response_dict["status_code"] == 200 and operation_model.output_shape is not None:
                answer = json.loads(response_dict["body"])
                found = list(faults(answer, operation_model.output_shape, operation_model.name))
                assert found == [], found
                self.checked.add(operation_model.name)

        if service in ("sagemaker", "logs"):
            client.meta.events.register(f"before-parse.{service}", check)
        return client


@contextmanager
def emulator(work_folder: Path, *options: str) -> Iterator[Emulator]:
    """Runs the emulator on a work folder, on any free port."""
    process = subprocess.Popen(
        [*COMMAND, "--work-folder", str(work_folder), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "INIT_CWD": str(ROOT)},
    )
    try:
        assert process.stdout is not None
        environment: dict[str, str] = {}
        url = process.stdout.readline().rsplit(" ", 1)[-1].strip()
        while "AWS_SECRET_ACCESS_KEY" not in environment:
            line = process.stdout.readline()
            assert line.startswith("export "), line
            environment |= dict(part.split("=", 1) for part in line.split()[1:])
        yield Emulator(url, environment)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
