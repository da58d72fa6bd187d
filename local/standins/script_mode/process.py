"""Runs a processing job of the SDK's FrameworkProcessor, without installing packages.

The SDK's `runproc.sh` unpacks `sourcedir.tar.gz`, installs requirements.txt, and runs
`python SCRIPT "$@"`. It is not run itself, because its `pip` would be this machine's. Source:
`FrameworkProcessor._generate_framework_script` in aws/sagemaker-python-sdk, version 2.
"""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

from local.standins.errors import UserError
from local.standins.files import run_processing
from local.standins.script_mode import launch
from local.standins.script_mode.source import check

_COMMAND = re.compile(r'^\s*python[\d.]*(?: -u)? (\S+\.py) "\$@"\s*$', re.MULTILINE)


def program_of(shell_script: Path) -> str:
    """The path in the code of the script that a runproc.sh starts.

    Raises:
        UserError: The SDK did not write the runproc.sh.
    """
    found = _COMMAND.search(shell_script.read_text("utf-8"))
    if found is None:
        raise UserError(
            'runproc.sh has no line `python SCRIPT.py "$@"`, as the SageMaker SDK writes it; '
            "other shell scripts are not supported here"
        )
    return found[1]


def main(arguments: list[str]) -> int:
    """Unpacks and runs the job's script with its arguments; returns the exit code if it cannot."""

    def start(base: Path) -> None:
        inputs = base / "processing" / "input"
        program = program_of(inputs / "entrypoint" / "runproc.sh")
        code = inputs / "code"
        archive = code / "sourcedir.tar.gz"
        if not archive.is_file():
            path = "/opt/ml/processing/input/code"
            raise UserError(f"none of the inputs puts sourcedir.tar.gz at {path}")
        with tarfile.open(archive) as opened:
            opened.extractall(code, filter="data")
        check(code, program, processes=True)
        launch.start(code, program, arguments)

    return run_processing(start)
