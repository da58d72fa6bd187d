"""Athena: a job that runs a query on Glue tables and writes its result.

`python -m local.standins.athena.query REQUEST.json`, where the request is

    {"query", "database", "tables": [see tables.parse_table], "failure": "/abs/file",
     "output": {"path": "/abs/folder", "format": "PARQUET" | "TEXTFILE" | "JSON", "compression"?},
     "rows"?: "/abs/file",
     "inputTable"?: {"name", "location", "workGroup": {"name", "enforcesConfiguration"}}}

With an inputTable, the query is a processing job's input: SageMaker makes Athena write the result
as a table, and downloads the table's files. local/service/calls/athenaInput.ts has the permissions
for this, with evidence. The file `rows` gets the number of rows that a query of one
table read and returned.

Names are not case-sensitive, and result columns are in lower case. An error in the query ends the
job with code 1, and one line on standard error and in the failure file. Results are reproducible.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import duckdb

from local.standins.athena.sql import Query, create_macros, explain_failure, parse_query
from local.standins.athena.tables import Table, create_view, parse_table
from local.standins.database import Database, explain, literal, open_database
from local.standins.errors import UserError
from local.standins.files import run_service, write_text

# DuckDB's options, suffix and compressions by format, with Athena's default compression first.
# Source: "Use Hive table compression" and "Use compression in Athena".
_FORMATS = {
    "PARQUET": (
        "format parquet, row_group_size 122880",
        ".parquet",
        ("GZIP", "SNAPPY", "ZSTD", "NONE"),
    ),
    # Hive's text format: columns separated by Ctrl-A, no header, null as \N.
    "TEXTFILE": (
        r"format csv, header false, delimiter e'\x01', quote '', escape '', nullstr '\N'",
        ".txt",
        ("GZIP", "NONE"),
    ),
    "JSON": ("format json", ".json", ("GZIP", "NONE")),
}


def run_query(request: dict[str, Any]) -> None:
    """Runs the query of a request and writes its result.

    Raises:
        UserError: The request, the query or the data is not valid.
    """
    tables = [parse_table(fields) for fields in request["tables"]]
    query = parse_query(request["query"], str(request["database"]).lower(), tables)
    output = request["output"]
    table = request.get("inputTable")
    copy_options, suffix = _copy_options(output, "GZIP" if table else "NONE")
    if table:
        if re.match(r"\s*create\b", request["query"], re.IGNORECASE):
            raise UserError("the query of an input must be a SELECT: SageMaker creates its table")
        _check_work_group(table)
        sys.stdout.write(_create_table(request, table))
    folder = Path(output["path"])
    folder.mkdir(parents=True, exist_ok=True)
    # Sums of floats depend on the order of additions: only plain selections may use all threads.
    threads = None if query.is_plain else 1
    with open_database(str(folder), threads) as database:
        try:
            create_macros(database, query.sql)
            for one in tables:
                if one.full_name in query.tables:
                    create_view(one, database)
            names = [row[0] for row in database.execute(f"describe {query.sql}").fetchall()]
            _check_names(names, in_table=table is not None)
            temporary = folder / f".part-00000{suffix}"
            copy = f"copy ({query.sql}) to {literal(str(temporary))} ({copy_options})"
            (selected,) = database.execute(copy).fetchall()[0]
            if request.get("rows") and len(query.tables) == 1 and query.is_plain:
                _write_rows(database, request, query, tables, selected)
        except duckdb.Error as error:
            raise UserError(explain_failure(explain(error))) from None
        temporary.replace(folder / f"part-00000{suffix}")


def _write_rows(
    database: Database, request: dict[str, Any], query: Query, tables: list[Table], selected: int
) -> None:
    (table,) = (table for table in tables if table.full_name in query.tables)
    rows = selected
    if re.search(r"\bwhere\b", request["query"], re.IGNORECASE):
        (rows,) = database.execute(f"select count(*) from {table.view}").fetchall()[0]  # noqa: S608 - quoted
    write_text(Path(request["rows"]), json.dumps({"table": rows, "selected": selected}))


def _copy_options(output: dict[str, Any], default: str) -> tuple[str, str]:
    file_format = str(output.get("format") or "PARQUET").upper()
    if file_format not in _FORMATS:
        raise UserError(
            f"output.format: {file_format} is not supported; allowed are {', '.join(_FORMATS)}"
        )
    options, suffix, allowed = _FORMATS[file_format]
    compression = str(output.get("compression") or default).upper()
    if compression not in allowed:
        raise UserError(
            f"output.compression: {compression} is not supported for {file_format}; "
            f"allowed are {', '.join(allowed)}"
        )
    name = compression.lower()
    if file_format == "PARQUET":
        name = "uncompressed" if name == "none" else name
    elif name == "gzip":
        suffix += ".gz"
    return f"{options}, compression {name}", suffix


def _check_work_group(table: dict[str, Any]) -> None:
    """Refuses the location if the workgroup enforces its own.

    Evidence: dbt-labs/dbt-athena#176 and feast-dev/feast#3326, which have this message; the Athena
    guide, "Considerations and limitations for CTAS queries".
    """
    if table["workGroup"]["enforcesConfiguration"]:
        raise UserError(
            f"InvalidRequestException: workgroup {table['workGroup']['name']}: the Create Table As "
            "Select query failed because it was submitted with an 'external_location' property "
            f"({table['location']}, the input's OutputS3Uri) to an Athena Workgroup that enforces "
            "a centralized output location for all queries"
        )


def _create_table(request: dict[str, Any], table: dict[str, Any]) -> str:
    """The statement that SageMaker sends to Athena, for the job's log."""
    output = request["output"]
    properties = {
        "external_location": table["location"],
        "format": str(output.get("format") or "PARQUET").upper(),
        "write_compression": str(output.get("compression") or "GZIP").upper(),
    }
    values = ", ".join(f"{name} = {literal(str(value))}" for name, value in properties.items())
    return f"CREATE TABLE {table['name']} WITH ({values}) AS\n{request['query']}\n"


def _check_names(names: list[str], in_table: bool) -> None:
    """Refuses names twice, and in a table expressions without a name.

    Evidence: Trino's StatementAnalyzer, which has these messages.
    """
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"DUPLICATE_COLUMN_NAME: the result has two columns named {name}")
    for position, name in enumerate(names, 1):
        if in_table and name == f"_col{position - 1}":
            raise UserError(
                f"MISSING_COLUMN_NAME: Column name not specified at position {position}: give the "
                "expression a name with AS"
            )


if __name__ == "__main__":
    sys.exit(run_service(sys.argv[1:], run_query))
