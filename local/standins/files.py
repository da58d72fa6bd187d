"""A service's job as a program: one request file in, a failure in one line out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def run_job(arguments: list[str], work: Callable[[dict[str, Any]], None]) -> int:
    """Reads the request and does the work.

    Args:
        arguments: The path of the request, a JSON object whose `failure` names a file.
        work: Raises ValueError for users' mistakes, with a message for the user.

    Returns:
        The exit code: 1 after such a mistake, which is then on standard error and in that file.
    """
    request = json.loads(Path(arguments[0]).read_text("utf-8"))
    try:
        work(request)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        failure = Path(request["failure"])
        failure.parent.mkdir(parents=True, exist_ok=True)
        failure.write_text(f"{error}\n", "utf-8")
        return 1
    return 0
