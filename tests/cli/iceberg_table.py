"""Makes an Iceberg table in a folder, with 60 rows of which 20 are then deleted.

`python iceberg_table.py FOLDER` prints the id of the snapshot before the deletion. The table's
folder is `warehouse/sales/flats`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

folder = Path(sys.argv[1])
warehouse = folder / "warehouse"
warehouse.mkdir()
catalogue = SqlCatalog("test", uri=f"sqlite:///{folder}/catalogue.db", warehouse=warehouse.as_uri())
catalogue.create_namespace("sales")
rows = pa.table(
    {
        "rent": [500.0 + 7 * (n * 37 % 60) + 20 * (n * 17 % 23) for n in range(60)],
        "size": [float(n * 37 % 60) for n in range(60)],
        "rooms": pa.array([1 + n % 3 for n in range(60)], pa.int32()),
    }
)
table = catalogue.create_table("sales.flats", rows.schema)
table.append(rows)
table.delete("rooms = 3")
sys.stdout.write(f"{table.history()[0].snapshot_id}\n")
