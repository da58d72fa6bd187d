"""Writes the rows of an Iceberg table in a local folder to a Parquet file.

`python -m local.standins.athena.iceberg_rows REQUEST.json`, where the request is

    {"folder": "/abs/folder", "asOf"?: "id or time", "output": "/abs/file", "failure": "/abs/file"}

`asOf` is `dataset.source.asOf`. Only the metadata says which rows of the data files are deleted.
Sources: Iceberg's table spec, and "Reliability" for the names of metadata files.
"""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.exceptions import ValidationError
from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import StaticTable
from pyiceberg.table.snapshots import Snapshot

from local.standins.errors import UserError
from local.standins.files import run_service

_MAX_NAMED = 5


class _FolderIO(PyArrowFileIO):
    """Reads the files of a table in its folder, wherever the table was when they were written."""

    def __init__(self, folder: Path, location: str) -> None:
        super().__init__()
        self._folder = folder
        self._location = f"{_plain(location)}/"

    def new_input(self, location: str) -> PyArrowFile:
        """A file of the table.

        Raises:
            UserError: It is not below the table's location.
        """
        inside = _plain(location).removeprefix(self._location)
        path = self._folder / inside
        if inside == _plain(location) or ".." in path.parts:
            raise UserError(f"the table has files outside of its folder: {location}")
        if not path.is_file():
            raise UserError(f"the table lacks its file {inside}")
        return super().new_input(str(path))


def _plain(location: str) -> str:
    """A location in one of its ways to be written."""
    return re.sub(r"^s3[an]:", "s3:", re.sub(r"^file:(//)?(?=/)", "", location)).rstrip("/")


def write_rows(request: dict[str, Any]) -> None:
    """Writes the rows of a version of the table.

    Raises:
        UserError: The table or the version cannot be read.
    """
    folder = Path(request["folder"]).resolve()
    try:
        _write(folder, request.get("asOf"), request["output"])
    except UserError:
        raise
    # A damaged file, or what pyiceberg does not read, such as equality deletes.
    except (pa.ArrowException, OSError, ValidationError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"the Iceberg table cannot be read: {reason}") from None


def _write(folder: Path, as_of: str | None, output: str) -> None:
    path = _metadata_file(folder)
    metadata = FromInputFile.table_metadata(PyArrowFileIO().new_input(str(path)))
    # Not by from_metadata, which imports any class that the metadata names.
    table = StaticTable(
        identifier=("local", folder.name),
        metadata_location=str(path),
        metadata=metadata,
        io=_FolderIO(folder, metadata.location),
        catalog=NoopCatalog("local"),
    )
    snapshot = _snapshot(table, as_of)
    batches = table.scan(snapshot_id=snapshot.snapshot_id).to_arrow_batch_reader()
    with pq.ParquetWriter(output, batches.schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _metadata_file(folder: Path) -> Path:
    """The current metadata: the catalogue knows it; without it, the one with the highest number."""
    found: dict[int, list[Path]] = {}
    for path in (folder / "metadata").iterdir():
        number = re.match(r"v?(\d+).*\.metadata\.json$", path.name)
        if number is not None:
            found.setdefault(int(number[1]), []).append(path)
    latest = found[max(found)]
    if len(latest) > 1:
        names = " and ".join(sorted(path.name for path in latest))
        raise UserError(f"{names} are both the latest; remove the one that its catalogue lacks")
    return latest[0]


def _snapshot(table: StaticTable, as_of: str | None) -> Snapshot:
    if as_of is None:
        found = table.current_snapshot()
    elif as_of.isdigit():
        found = table.snapshot_by_id(int(as_of))
    else:
        time = datetime.fromisoformat(re.sub("Z| UTC", "", as_of)).replace(tzinfo=UTC)
        found = table.snapshot_as_of_timestamp(round(time.timestamp() * 1000))
    if found is None:
        entries = [f"{one.snapshot_id} of {_text(one.timestamp_ms)}" for one in table.history()][
            -_MAX_NAMED:
        ]
        known = f"the latest are {', '.join(entries)}" if entries else "it has none"
        what = "" if as_of is None else f" for asOf {as_of}"
        raise UserError(f"the table has no snapshot{what}; {known}")
    return found


def _text(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


if __name__ == "__main__":
    sys.exit(run_service(sys.argv[1:], write_rows))
