"""A copy of the project for commands, so that a test leaves nothing in the project itself."""

from __future__ import annotations

import shutil
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

# What is installed is taken as it is.
INSTALLED = ("node_modules", ".venv")
LEFT_OUT = (*INSTALLED, ".git", ".local*", ".*_cache", ".hypothesis", "__pycache__", "*.csv")


def copy_project(folder: Path) -> Path:
    """Copies the project's files into a new folder, with links to the installed packages."""
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for name in INSTALLED:
        (folder / name).symlink_to(PROJECT / name)
    return folder
