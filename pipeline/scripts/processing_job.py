"""What the scripts of processing jobs share: how a job reports its results, or why it failed."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, NoReturn


class InputError(Exception):
    """The input of a job is not valid."""


def job_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser that has the argument for the reason of a failure."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--message", type=Path, required=True, help="file for the reason of a failure"
    )
    return parser


def fail(message: Path, reason: str) -> NoReturn:
    """Ends the script with a reason, which becomes the job's ExitMessage."""
    message.parent.mkdir(parents=True, exist_ok=True)
    message.write_text(reason)
    sys.exit(f"error: {reason}")


@contextmanager
def failures(message: Path) -> Iterator[None]:
    """Ends the script if its input is not valid."""
    try:
        yield
    except InputError as error:
        fail(message, str(error))


def write_json(folder: Path, name: str, document: object, indent: int | None = None) -> None:
    """Writes a document of the results."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(document, indent=indent))
