"""A processing job of the SDK's FrameworkProcessor: what its `runproc.sh` does, without installing.

That file, which the SDK writes, unpacks `sourcedir.tar.gz`, installs what requirements.txt asks
for, and runs `python SCRIPT "$@"`. Run as it is, its `pip` would be this machine's. Source:
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
    """The script that a runproc.sh starts, by its path in the code.

    Raises:
        UserError: It is not one that the SDK has written.
    """
    found = _COMMAND.search(shell_script.read_text("utf-8"))
    if found is None:
        raise UserError(
            'runproc.sh has no line `python SCRIPT.py "$@"`, as the SageMaker SDK writes it; '
            "no other shell script runs here"
        )
    return found[1]


def _prepare(base: Path) -> str:
    """Unpacks the code, and gives the script's path in it."""
    program = program_of(base / "processing" / "input" / "entrypoint" / "runproc.sh")
    code = base / "processing" / "input" / "code"
    archive = code / "sourcedir.tar.gz"
    if not archive.is_file():
        raise UserError("none of the inputs puts sourcedir.tar.gz at /opt/ml/processing/input/code")
    with tarfile.open(archive) as opened:
        opened.extractall(code, filter="data")
    check(code, program)
    return program


def main(arguments: list[str]) -> int:
    """Runs the job's script; gives the exit code where it cannot.

    Args:
        arguments: The script's.
    """
    found: list[tuple[Path, str]] = []

    def work(base: Path) -> None:
        found.append((base / "processing" / "input" / "code", _prepare(base)))

    code = run_processing(work)
    if code == 0:
        folder, program = found[0]
        launch.start(folder, program, arguments)
    return code
