"""Opens text files like Athena; the suffix determines the compression.

Source: Athena's guide, "Use compression in Athena"; trino's TextLineReaderFactory.
"""

from __future__ import annotations

import bz2
import gzip
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from local.standins.database import Database


def _open(path: Path) -> BinaryIO:
    match path.suffix:
        case ".bz2":
            return cast(BinaryIO, bz2.open(path, "rb"))
        case ".gz":
            return cast(BinaryIO, gzip.open(path, "rb"))
        case _:
            return path.open("rb")


@contextmanager
def open_lines(path: Path) -> Iterator[io.TextIOWrapper]:
    """Opens a file; lines end with LF, CR, or both, and invalid UTF-8 is replaced."""
    with _open(path) as stream, io.TextIOWrapper(stream, "utf-8", "replace") as lines:
        yield lines


def unpacked(path: Path, database: Database) -> Path:
    """A file for DuckDB: itself, or a copy without bzip2.

    The copy has the same path in the database's temporary folder, and is deleted with it.
    """
    if path.suffix != ".bz2":
        return path
    (setting,) = database.execute("select current_setting('temp_directory')").fetchall()
    target = Path(setting[0], "unpacked", *path.with_suffix("").absolute().parts[1:])
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with bz2.open(path, "rb") as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)
    return target


def open_quote(path: Path) -> int | None:
    """The number of the first line with a quote that does not close in it; None if all close."""
    with open_lines(path) as lines:
        return next((number for number, line in enumerate(lines, 1) if line.count('"') % 2), None)


def not_utf8(path: Path) -> int | None:
    """The number of the first line that is not UTF-8; None if all are."""
    with _open(path) as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return None
