"""A processing job's folder, and how a script ended in it."""

from __future__ import annotations

import importlib
import io
import subprocess
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from image_python import image_python

SCRIPTS = Path(__file__).parents[2] / "pipeline" / "scripts"


def run_here(
    main: Callable[[list[str]], object], arguments: Sequence[str]
) -> subprocess.CompletedProcess[str]:
    """Runs a script in this process, which has loaded its libraries already."""
    printed, errors, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(printed), redirect_stderr(errors):
        try:
            main([*arguments])
        except SystemExit as ended:
            if ended.code:
                code = 1
                errors.write(f"{ended.code}\n")
    return subprocess.CompletedProcess(arguments, code, printed.getvalue(), errors.getvalue())


def run_script(
    script: str, arguments: Sequence[str], python: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a script in this process, or with an interpreter."""
    if python is None:
        return run_here(importlib.import_module(script.removesuffix(".py")).main, arguments)
    command = [python, str(SCRIPTS / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


class Job:
    """A processing job's folder, and how a script ended in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.message = folder / "output" / "message"
        self.python: str | None = None  # default: this process

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_script(script, [*arguments, "--message", str(self.message)], self.python)

    def fails(self, done: subprocess.CompletedProcess[str], reason: str) -> None:
        assert done.returncode == 1
        assert reason in done.stderr
        assert "Traceback" not in done.stderr
        assert self.message.read_text() in done.stderr


def on_image(job: Job, image: str) -> Job:
    """The job with the Python of the script's image."""
    job.python = image_python(image)
    if job.python is None:
        pytest.skip(f"this machine has no Python, or no package index, for {image}")
    return job
