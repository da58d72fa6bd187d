"""The files of a job, as SageMaker and the local run lay them out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.standins.errors import UserError


def base_directory() -> Path:
    """The folder that stands for /opt/ml."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def write_text(path: Path, text: str) -> None:
    """Writes a file, and makes its folder if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def run_service(arguments: list[str], work: Callable[[dict[str, Any]], None]) -> int:
    """Runs what a service does for a job, from a request file.

    Args:
        arguments: The path of the request, a JSON object whose `failure` names a file.
        work: Raises UserError for users' mistakes.

    Returns:
        The exit code: 1 after such a mistake, which is then on standard error and in that file.
    """
    request = json.loads(Path(arguments[0]).read_text("utf-8"))
    return _run(Path(request["failure"]), lambda: work(request))


def run_processing(work: Callable[[Path], None]) -> int:
    """Runs the entry point of a processing image.

    Args:
        work: Takes the base directory; raises UserError for users' mistakes.

    Returns:
        The exit code: 1 after such a mistake, which SageMaker shows as the job's ExitMessage.
    """
    base = base_directory()
    return _run(base / "output" / "message", lambda: work(base))


def _run(failure: Path, work: Callable[[], None]) -> int:
    try:
        work()
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        write_text(failure, f"{error}\n")
        return 1
    return 0
