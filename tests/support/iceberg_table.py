"""Iceberg tables by pyiceberg, with a catalogue of their own.

`python iceberg_table.py FOLDER` makes the table of `main` and prints the id of the snapshot before
its rows were deleted. A table's folder is `warehouse/sales/flats`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from pyiceberg.table import Table

SCHEMA = pa.schema(
    {"rent": pa.float64(), "rooms": pa.int32(), "town": pa.string(), "sold": pa.timestamp("us")}
)


def create_flats(folder: Path, schema: pa.Schema) -> Table:
    """An empty table sales.flats."""
    # Not at the top: each worker of pytest loads all files.
    from pyiceberg.catalog.sql import SqlCatalog

    warehouse = folder / "warehouse"
    warehouse.mkdir()
    uri = f"sqlite:///{folder}/catalogue.db"
    catalogue = SqlCatalog("test", uri=uri, warehouse=warehouse.as_uri())
    catalogue.create_namespace("sales")
    return catalogue.create_table("sales.flats", schema)


def main(folder: Path) -> int:
    """Makes a table with 60 rows of which 20 are then deleted; returns the first snapshot's id."""
    rows = pa.table(
        {
            "rent": [500.0 + 7 * (n * 37 % 60) + 20 * (n * 17 % 23) for n in range(60)],
            "size": [float(n * 37 % 60) for n in range(60)],
            "rooms": pa.array([1 + n % 3 for n in range(60)], pa.int32()),
        }
    )
    table = create_flats(folder, rows.schema)
    table.append(rows)
    table.delete("rooms = 3")
    return table.history()[0].snapshot_id


if __name__ == "__main__":
    sys.stdout.write(f"{main(Path(sys.argv[1]))}\n")
