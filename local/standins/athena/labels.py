"""Checks the labels that a flow encodes one-hot, before a run.

A label becomes the column `<column>_<label>`. Data Wrangler selects columns by name, and Spark
ignores case, so equal names fail there with an ambiguous reference. Labels that only differ in
surrounding blanks become two columns that look the same. Sources: the operators' code in the
notebooks that Data Wrangler exports; Spark's `spark.sql.caseSensitive`, by default false.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from local.standins.athena.sql import create_macros, parse_query
from local.standins.athena.tables import Table, create_view
from local.standins.database import Database, quote
from local.standins.errors import UserError

_SHOWN = 5
_BLANKS = "".join(map(chr, range(33)))
_TEXTS = {
    "string": "cast({} as varchar)",
    "long": "cast(cast({} as bigint) as varchar)",
    "float": "cast(cast({} as double) as varchar)",
}


class Label(NamedTuple):
    """A value of an encoded column."""

    column: str
    text: str

    def __str__(self) -> str:
        """The label in messages, with visible blanks and line breaks."""
        return json.dumps(self.text, ensure_ascii=False)

    @property
    def name(self) -> str:
        """Its column's name, as Spark compares it."""
        return f"{self.column}_{self.text}".lower()


def check_labels(table: Table, encoding: dict[str, Any], database: Database) -> dict[str, int]:
    """Checks the labels in a query's rows.

    `encoding` is {"query": Athena's SQL, "database": of the query, "columns": {name: the flow's
    type}, "encoded": names of the columns to encode}.

    Returns:
        The number of labels by column.

    Raises:
        UserError: Labels that clash, one problem per line.
    """
    query = parse_query(encoding["query"], str(encoding["database"]).lower(), [table])
    create_macros(database, query.sql)
    create_view(table, database)
    columns: dict[str, str] = encoding["columns"]
    labels = []
    for column in encoding["encoded"]:
        text = _TEXTS[columns[column]].format(quote(column))
        found = f"select distinct {text} as label from ({query.sql}) order by label"  # noqa: S608 - quoted
        labels += [Label(column, text) for (text,) in database.execute(found).fetchall() if text]
    kept = [name for name in columns if name not in encoding["encoded"]]
    if problems := label_problems(labels, kept):
        shown = problems[:_SHOWN]
        if len(problems) > _SHOWN:
            shown.append(f"{len(problems):,} problems with labels")
        raise UserError("\n".join(shown))
    return {
        column: sum(label.column == column for label in labels) for column in encoding["encoded"]
    }


def label_problems(labels: Iterable[Label], columns: Iterable[str]) -> list[str]:
    """The problems with labels and other columns: a sentence for each group with the same name."""
    twins: dict[tuple[str, str], list[Label]] = {}
    for label in labels:
        twins.setdefault((label.column, label.text.strip(_BLANKS).lower()), []).append(label)
    problems = []
    places: dict[str, list[str]] = {name.lower(): [f"column {name}"] for name in columns}
    for group in twins.values():
        first = group[0]
        if len(group) > 1:
            trimmed = {label.text.strip(_BLANKS) for label in group}
            difference = "surrounding blanks" if len(trimmed) == 1 else "case or surrounding blanks"
            problems.append(
                f"column {first.column}: the labels {', '.join(map(str, group))} differ only by "
                f"{difference}: merge them in the data, or exclude the others with the "
                "dataset's filter"
            )
        places.setdefault(first.name, []).append(f"label {first} of column {first.column}")
    problems += [
        f"{' and '.join(sources)} would both be the column {json.dumps(name, ensure_ascii=False)} "
        "after one-hot encoding: rename one of them in the data"
        for name, sources in places.items()
        if len(sources) > 1
    ]
    return problems
