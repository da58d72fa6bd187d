"""DuckDB with limited memory, for stand-ins that process whole tables."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator

import duckdb

Database = duckdb.DuckDBPyConnection
# Above it, DuckDB spills to its temporary folder, which is deleted afterwards.
_MEMORY_LIMIT = "1GB"


@contextlib.contextmanager
def open_database(temporary_parent: str, threads: int | None = None) -> Iterator[Database]:
    """Opens an empty in-memory database that may spill to an existing folder.

    By default, it has as many threads as cores. It loads no extensions from the network, and keeps
    the order of rows.
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


def define_macros(
    database: Database, definitions: str, schema: str, sql: str | None = None
) -> None:
    """Creates macros in a schema, which is created if it does not exist.

    Args:
        database: Where to create them.
        definitions: Each is `name(parameters) := SQL`, from the start of a line; comments have
            lines of their own.
        schema: Its name.
        sql: What is to run. Only the macros that it calls, and those that they call, are created:
            85 of them would take 30 ms. By default all are.
    """
    statements = {}
    for definition in re.split(r"\n(?=\w+\()", definitions):
        head, sign, body = re.sub(r"(?m)^--.*$", "", definition).partition(" := ")
        if sign:
            name = head.strip().partition("(")[0]
            statements[name] = f"create macro {schema}.{head.strip()} as {body.strip()}"
    called = set(statements) if sql is None else set()
    texts = [sql or ""]
    while texts:
        names = set(re.findall(r"\w+(?=\()", texts.pop())) & statements.keys() - called
        called |= names
        texts.extend(statements[name] for name in names)
    database.execute(f"create schema if not exists {schema}")
    for name, statement in statements.items():
        if name in called:
            database.execute(statement)


def quote(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def double(value: float) -> str:
    """A number, which may be infinite, as an SQL double."""
    return f"cast('{value!r}' as double)"


def explain(error: duckdb.Error) -> str:
    """DuckDB's message as one line, without candidates, positions and hints."""
    first, *others = str(error).strip().splitlines()
    if "CSV Error" not in first:
        return first
    # The reason follows the line of the file.
    reason = next((line for line in others if not line.startswith("Original Line")), "")
    return f"{first}: {reason}"
