"""The rows of a version of an Iceberg table, against pyiceberg's own catalogue."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from iceberg_table import SCHEMA, create_flats

from local.standins.errors import UserError

if TYPE_CHECKING:
    from pyiceberg.table import Table


def rows(rooms: list[int]) -> pa.Table:
    """Rows with some numbers of rooms."""
    count = len(rooms)
    columns = [[500.0] * count, rooms, ["Ulm"] * count, [86_400_000_000] * count]
    return pa.table(dict(zip(SCHEMA.names, columns, strict=True)), SCHEMA)


@pytest.fixture
def flats(tmp_path: Path) -> Table:
    """A partitioned table with rows that were deleted, and a column that was added."""
    from pyiceberg.types import DoubleType

    table = create_flats(tmp_path, SCHEMA)
    with table.update_spec() as spec:
        spec.add_identity("rooms")
    table.append(rows([1, 2, 3]))
    table.delete("rooms = 2")
    with table.update_schema() as schema:
        schema.add_column("size", DoubleType())
        schema.rename_column("town", "city")
    table.append(
        rows([4]).rename_columns(["rent", "rooms", "city", "sold"]).append_column("size", [[70.0]])
    )
    return table


def written(folder: Path, as_of: str | None = None) -> pa.Table:
    """The file that is written for the table in a folder, sorted."""
    from local.standins.athena.iceberg_rows import write_rows

    output = folder.parent / "rows.parquet"
    write_rows({"folder": str(folder), "asOf": as_of, "output": str(output)})
    return pq.read_table(output).sort_by("rooms")


def folder_of(table: Table) -> Path:
    """The table's folder on this machine."""
    return Path(table.location().removeprefix("file://"))


def plain(table: pa.Table) -> list[dict[str, Any]]:
    """A table's rows in order."""
    return table.sort_by("rooms").to_pylist()


def test_deleted_rows_stay_deleted_and_columns_have_their_present_names(flats: Table) -> None:
    found = written(folder_of(flats))
    assert found.to_pylist() == plain(flats.scan().to_arrow())
    assert found.column("rooms").to_pylist() == [1, 3, 4]
    assert found.column("size").to_pylist() == [None, None, 70.0]
    assert found.column_names == ["rent", "rooms", "city", "sold", "size"]


def test_a_version_is_read_by_its_id_or_a_time(flats: Table) -> None:
    folder = folder_of(flats)
    for entry in flats.history():
        own = plain(flats.scan(snapshot_id=entry.snapshot_id).to_arrow())
        assert plain(written(folder, str(entry.snapshot_id))) == own
        time = datetime.fromtimestamp(entry.timestamp_ms / 1000, UTC)
        text = time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        assert plain(written(folder, text)) == own


def test_a_table_is_read_wherever_its_folder_was_copied_to(flats: Table, tmp_path: Path) -> None:
    own = plain(flats.scan().to_arrow())
    copy = tmp_path / "elsewhere" / "flats"
    shutil.copytree(folder_of(flats), copy)
    shutil.rmtree(folder_of(flats))
    assert plain(written(copy)) == own


def test_versions_that_do_not_exist_are_named_with_those_that_do(flats: Table) -> None:
    folder = folder_of(flats)
    latest = flats.history()[-1].snapshot_id
    for wrong in ["1", "2000-01-01 00:00:00 UTC"]:
        with pytest.raises(UserError, match=rf"no snapshot for asOf {wrong}; .*{latest} of 20"):
            written(folder, wrong)


def test_files_that_are_missing_or_outside_of_the_folder_are_named(flats: Table) -> None:
    folder = folder_of(flats)
    data = next((folder / "data").rglob("*.parquet"))
    data.unlink()
    with pytest.raises(UserError, match=rf"the table lacks its file data/.*{data.name}"):
        written(folder)
    metadata = max((folder / "metadata").glob("*.metadata.json"))
    text = metadata.read_text("utf-8")
    metadata.write_text(text.replace(f"{flats.location()}/metadata/snap", "file:///etc/snap"))
    with pytest.raises(UserError, match="the table has files outside of its folder: file:///etc"):
        written(folder)
    shutil.copy(metadata, metadata.with_name(f"{metadata.name[:5]}-other.metadata.json"))
    with pytest.raises(UserError, match="are both the latest"):
        written(folder)
    metadata.write_text("{")
    (folder / "metadata" / f"{metadata.name[:5]}-other.metadata.json").unlink()
    with pytest.raises(UserError, match="the Iceberg table cannot be read: 1 validation error"):
        written(folder)
