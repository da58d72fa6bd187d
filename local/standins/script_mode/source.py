"""Checks the requirements of a folder of code before it runs.

The images install `requirements.txt` and, for training and serving, a `setup.py`. Here, the code
uses this machine's packages: a missing one is an error, another version a warning. Source:
`install` of entry_point.py in aws/sagemaker-training-toolkit. The `runproc.sh` of processing jobs
(process.py) ignores a `setup.py`.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from local.standins.errors import UserError

_MOST_NAMES = 8

_REPACK_LAUNCHER = "_repack_script_launcher.sh"
_REPACK_SCRIPT = "_repack_model.py"
_REPACK_ARGUMENTS = ("dependencies", "inference_script", "model_archive", "source_dir")


@dataclass
class Source:
    """Errors and warnings about a folder of code."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def started(program: str, variables: Mapping[str, str]) -> tuple[str, list[str]] | None:
    """The script and arguments of the shell script that packs a model again with its code.

    The SDK puts such a training job before the registration of a framework's model. Source:
    `LAUNCH_REPACK_SCRIPT_CMD` of sagemaker/workflow/_utils.py in aws/sagemaker-python-sdk.

    Args:
        program: The entry point of a training job.
        variables: The environment variables of its script.

    Returns:
        None if the program is another one.
    """
    if program != _REPACK_LAUNCHER:
        return None
    values = [(name, variables.get(f"SM_HP_{name.upper()}", "")) for name in _REPACK_ARGUMENTS]
    return _REPACK_SCRIPT, [part for name, value in values for part in (f"--{name}", value)]


def look_through(folder: Path, program: str, processes: bool = False) -> Source:
    """Finds what keeps a script in a folder from running here, and what differs from the image."""
    source = Source()
    program = _REPACK_SCRIPT if program == _REPACK_LAUNCHER else program
    if not program.endswith(".py"):
        source.problems.append(f'"{program}" must be a Python script (.py) here')
    elif not (folder / program).is_file():
        names = sorted(path.name for path in folder.iterdir())
        shown = ", ".join(names[:_MOST_NAMES]) + (", ..." if len(names) > _MOST_NAMES else "")
        source.problems.append(f'the code has no "{program}", but {shown or "nothing"}')
    if not processes and (folder / "setup.py").is_file():
        source.problems.append(
            "setup.py: the image installs the code as a package, which the local run does not; "
            "without the file, the script finds the modules beside it"
        )
    requirements = folder / "requirements.txt"
    if requirements.is_file():
        for line in requirements.read_text("utf-8-sig").splitlines():
            _look_at(line.split(" #")[0].strip(), source)
    return source


def check(folder: Path, program: str, processes: bool = False) -> None:
    """Checks a folder of code, and prints warnings.

    Raises:
        UserError: It does not run here.
    """
    source = look_through(folder, program, processes)
    if source.problems:
        raise UserError("; ".join(source.problems))
    for warning in source.warnings:
        print(f"warning: {warning}")  # noqa: T201  # into the job's log


def _look_at(line: str, source: Source) -> None:
    """Compares a line of requirements.txt with the installed packages."""
    if line == "" or line.startswith("#"):
        return
    try:
        wanted = Requirement(line)
    except InvalidRequirement:
        source.problems.append(
            f'requirements.txt: "{line}" is not a package, so it is not installed'
        )
        return
    if wanted.marker is not None and not wanted.marker.evaluate():
        return
    try:
        version = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        source.problems.append(
            f'requirements.txt: "{line}" is not installed, and a run installs nothing; '
            f"`.venv/bin/python -m pip install '{line}'` does"
        )
        return
    if not wanted.specifier.contains(version, prereleases=True):
        source.warnings.append(f'requirements.txt: "{line}" runs as {wanted.name} {version} here')
