"""What a folder of code needs, before any of it runs.

The images install what `requirements.txt` asks for. Here nothing is installed: the packages are
those of this machine's environment, so a missing one is refused, and another version is named.
Source: `install` of entry_point.py in aws/sagemaker-training-toolkit.
"""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from local.standins.errors import UserError

_MOST_NAMES = 8


@dataclass
class Source:
    """What there is to say of a folder of code."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def look_through(folder: Path, program: str) -> Source:
    """Finds what keeps a script from running here, and what runs otherwise than in the image.

    Args:
        folder: Where the code was unpacked.
        program: The script, by its path in the folder.
    """
    source = Source()
    if not program.endswith(".py"):
        source.problems.append(f'"{program}" must be a Python script (.py) here')
    elif not (folder / program).is_file():
        names = sorted(path.name for path in folder.iterdir())
        shown = ", ".join(names[:_MOST_NAMES]) + (", ..." if len(names) > _MOST_NAMES else "")
        source.problems.append(f'the code has no "{program}", but {shown or "nothing"}')
    if (folder / "setup.py").is_file():
        source.problems.append(
            "setup.py: code that the image installs as a package does not run here"
        )
    requirements = folder / "requirements.txt"
    if requirements.is_file():
        for line in requirements.read_text("utf-8-sig").splitlines():
            _look_at(line.split(" #")[0].strip(), source)
    return source


def check(folder: Path, program: str) -> None:
    """Looks through a folder of code, and prints what runs otherwise.

    Raises:
        UserError: It does not run here.
    """
    source = look_through(folder, program)
    if source.problems:
        raise UserError("; ".join(source.problems))
    for warning in source.warnings:
        print(f"warning: {warning}")  # noqa: T201  # into the job's log


def _look_at(line: str, source: Source) -> None:
    """Holds a line of requirements.txt against what is installed."""
    if line == "" or line.startswith("#"):
        return
    try:
        wanted = Requirement(line)
    except InvalidRequirement:
        source.problems.append(f'requirements.txt: "{line}" is not a package, so is not installed')
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
