"""DuckDB with bounded memory, for the stand-ins that move whole tables."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator

import duckdb

# Above it DuckDB writes to its temporary folder, beside the job's output and gone afterwards.
_MEMORY_LIMIT = "1GB"


@contextlib.contextmanager
def open_database(
    temporary_parent: str, threads: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Opens an empty in-memory database that may spill to disk.

    Args:
        temporary_parent: An existing folder, in which the temporary files go.
        threads: How many threads; all that there are if None.

    Yields:
        The connection. It reads no extension from the network, and keeps the order of rows.
    """
    with tempfile.TemporaryDirectory(prefix=".duckdb-", dir=temporary_parent) as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": os.environ.get("RESTATE_MEMORY_LIMIT", _MEMORY_LIMIT),
            "temp_directory": folder,
            "preserve_insertion_order": True,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        if threads is not None:
            settings["threads"] = threads
        with duckdb.connect(config=settings) as connection:
            connection.execute("set enable_progress_bar = false")
            yield connection


def quote(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def explain(error: duckdb.Error) -> str:
    """DuckDB's message without its candidates, positions and hints: one line."""
    first, *others = str(error).strip().splitlines()
    if "CSV Error" not in first:
        return first
    # What is wrong comes after the line of the file that has it.
    reason = next((line for line in others if not line.startswith("Original Line")), "")
    return f"{first}: {reason}"
