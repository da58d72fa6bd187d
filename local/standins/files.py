"""The files of a job, in SageMaker's layout."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.standins.errors import UserError


def base_directory() -> Path:
    """The folder that replaces /opt/ml."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def read_configuration(base: Path, name: str) -> dict[str, Any]:
    """A training job's input/config/NAME.json; empty if there is none."""
    path = base / "input" / "config" / f"{name}.json"
    content: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return content


def data_files(at: Path) -> list[Path]:
    """The files with content at a path, except hidden ones, in the order of their paths."""
    return sorted(
        path
        for path in ([at] if at.is_file() else at.rglob("*"))
        if path.is_file() and not path.name.startswith((".", "_")) and path.stat().st_size > 0
    )


def write_text(path: Path, text: str) -> None:
    """Writes a file, and creates its folder if needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def run_service(arguments: list[str], work: Callable[[dict[str, Any]], None]) -> int:
    """Runs a service's work from a request, a JSON object in a file that the arguments name.

    Returns:
        The exit code: 1 after a user's mistake, which is printed to stderr and written to the
        request's file `failure`.
    """
    request = json.loads(Path(arguments[0]).read_text("utf-8"))
    return _run(Path(request["failure"]), lambda: work(request))


def run_processing(work: Callable[[Path], None]) -> int:
    """Runs the entry point of a processing image in the base folder.

    Returns:
        The exit code: 1 after a user's mistake, which SageMaker shows as the job's ExitMessage.
    """
    base = base_directory()
    return _run(base / "output" / "message", lambda: work(base))


def run_training(work: Callable[[Path], None]) -> int:
    """Runs the entry point of a training image, like `run_processing`.

    Returns:
        The exit code: 1 after a user's mistake, which SageMaker shows as the job's FailureReason.
    """
    base = base_directory()
    return _run(base / "output" / "failure", lambda: work(base))


def _run(failure: Path, work: Callable[[], None]) -> int:
    try:
        work()
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        write_text(failure, f"{error}\n")
        return 1
    return 0
