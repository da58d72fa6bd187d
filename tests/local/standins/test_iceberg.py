"""A version of an Iceberg table, with files written and read by pyiceberg."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from iceberg_table import SCHEMA, create_flats
from test_athena import Athena

if TYPE_CHECKING:
    from pyiceberg.table import Table

COLUMNS = {"rent": "double", "rooms": "int", "town": "string", "sold": "timestamp"}
FIRST = {
    "rent": [500.0, None],
    "rooms": [1, 2],
    "town": ["Ulm", None],
    "sold": [0, 86_400_000_000],
}


@pytest.fixture
def flats(tmp_path: Path) -> Table:
    """A table with two snapshots."""
    table = create_flats(tmp_path, SCHEMA)
    table.append(pa.table(FIRST, SCHEMA))
    table.append(pa.table(FIRST, SCHEMA))
    return table


def adopt(folder: Path, flats: Table, snapshot: int, as_of: str | None) -> Athena:
    """A stand-in for the table whose files are the rows of a snapshot."""
    rows = folder / "rows"
    rows.mkdir()
    pq.write_table(flats.scan(snapshot_id=snapshot).to_arrow(), rows / "part-0.parquet")
    (folder / "out").mkdir()
    athena = Athena(folder)
    columns = [{"name": name, "type": kind} for name, kind in COLUMNS.items()]
    names = {"database": "sales", "name": "flats", "columns": columns}
    athena.tables.append({**names, "paths": [str(rows)], "format": "parquet", "asOf": as_of})
    return athena


def test_a_snapshot_is_read_by_its_id(tmp_path: Path, flats: Table) -> None:
    first, second = (one.snapshot_id for one in flats.snapshots())
    assert len(flats.scan(snapshot_id=second).to_arrow()) == 4
    athena = adopt(tmp_path, flats, first, f"VERSION AS OF {first}")
    query = f'SELECT * FROM "sales"."flats" FOR VERSION AS OF {first} WHERE "rooms" > 0'  # noqa: S608 - a number
    found = athena.result(query)
    assert found.to_pydict() == pa.table(FIRST, SCHEMA).to_pydict()
    # The table's own files of the first snapshot are read alike.
    own = flats.scan(snapshot_id=first).plan_files()
    paths = [one.file.file_path.removeprefix("file://") for one in own]
    athena.tables[0]["paths"] = paths
    for path in (tmp_path / "out").iterdir():
        path.unlink()
    assert athena.result(query).to_pydict() == found.to_pydict()


def test_another_version_is_refused(tmp_path: Path, flats: Table) -> None:
    first, second = (one.snapshot_id for one in flats.snapshots())
    athena = adopt(tmp_path, flats, first, f"VERSION AS OF {first}")
    behind_alias = "SELECT 1 FROM sales.flats f FOR VERSION AS OF 1"
    assert athena.error(behind_alias).startswith("SYNTAX_ERROR")
    query = f"SELECT rent FROM sales.flats FOR VERSION AS OF {second}"  # noqa: S608 - a number
    said = f"VERSION AS OF {second} of sales.flats (its files hold VERSION AS OF {first})"
    assert athena.error(query) == f"NOT_SUPPORTED: line 1:18: {said} is not available here"
    assert "(its files hold VERSION AS OF" in athena.error("SELECT rent FROM sales.flats")
    athena.tables[0]["asOf"] = None
    assert "(its files hold the latest version) is" in athena.error(
        "SELECT rent FROM sales.flats FOR TIMESTAMP AS OF TIMESTAMP '2024-05-01 00:00:00 UTC'"
    )


def test_a_version_is_read_by_its_time(tmp_path: Path, flats: Table) -> None:
    first, _ = (one.snapshot_id for one in flats.snapshots())
    time = "TIMESTAMP AS OF TIMESTAMP '2024-05-01 00:00:00 UTC'"
    athena = adopt(tmp_path, flats, first, time)
    by_clock = "SELECT rent FROM sales.flats FOR TIMESTAMP AS OF TIMESTAMP now()"
    assert "a version by anything but TIMESTAMP '...' is not available" in athena.error(by_clock)
    joined = f"sales.flats FOR {time} AS a JOIN sales.flats FOR {time} b ON a.rooms = b.rooms"
    assert athena.result(f"SELECT a.rooms FROM {joined}").to_pydict() == {"rooms": [1, 2]}  # noqa: S608 - a time
