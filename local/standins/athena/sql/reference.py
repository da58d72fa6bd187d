"""`python -m local.standins.athena.sql.reference` writes docs/athena-sql.md from the tables."""

from __future__ import annotations

import textwrap
from pathlib import Path

from local.standins.athena.sql.functions import SIGNATURES, UNAVAILABLE

PAGE = Path(__file__).parents[4] / "docs" / "athena-sql.md"
_BY_FORM = {
    "coalesce": "two or more values of a common type",
    "concat": "two or more varchars; also `||`",
    "if": "a condition, and one or two values of a common type",
    "nullif": "two values that can be compared",
    "try": "any expression without aggregates",
    "typeof": "any type except varchar, char and array",
}
_TITLES = {"scalar": "Functions", "aggregate": "Aggregates", "window": "Window functions"}
_HEAD = """# Athena's SQL in the local run

The local run executes queries with DuckDB, but by the rules of Athena's engine version 3, which
is Trino. Each expression has the same value and type as in Trino; otherwise, the query is rejected
before it runs, or at the row that needs it. The error is Athena's own (`TYPE_MISMATCH`,
`COLUMN_NOT_FOUND`, `FUNCTION_NOT_FOUND`), or `NOT_SUPPORTED` for something that "is not available
here".

The supported expressions were compared with Trino's documentation and with the answers of Trino
405 to over a thousand expressions, which are in `tests/local/standins/athena_values.tsv`. Athena's
exact version of Trino is not known, so anything that differs between versions is rejected (`max`
of a column with NaN, for example).

This page is written by `python -m local.standins.athena.sql.reference`.

## Statements

- `SELECT`, and `CREATE TABLE ... AS SELECT`; `WITH` (not `RECURSIVE`), `VALUES`, `UNION`,
  `INTERSECT`, `EXCEPT`, subqueries, `JOIN` with `ON` or `USING`, `CROSS JOIN UNNEST`, `GROUP BY`
  with `ROLLUP`, `CUBE` and `GROUPING SETS`, `HAVING`, `WINDOW`, `ORDER BY` (nulls last), `OFFSET`
  before `LIMIT` or `FETCH FIRST`.
- `FOR VERSION AS OF` and `FOR TIMESTAMP AS OF TIMESTAMP '...'` of the one version that
  `dataset.source.asOf` names, which the files here are taken for.
- Not supported: `TABLESAMPLE`, `MATCH_RECOGNIZE`, `LATERAL`, `NATURAL JOIN`, `AT TIME ZONE`, lambda
  expressions, rows, maps, JSON, varbinary, times, and timestamps finer than microseconds.
- Timestamps with a time zone come from `now()` and `from_unixtime()`. Their zone is UTC, as in
  Athena, and they must be cast to be part of a result.
- `power`, `exp`, logarithms and trigonometric functions may differ in the last digit of a double,
  as the mathematics of Java and C do.
- Regular expressions must be literals. Those that Java and RE2 treat differently (lookaround,
  back-references, possessive quantifiers, `\\b`) are rejected.
"""


def reference() -> str:
    """The page's text."""
    parts = [_HEAD]
    for kind, title in _TITLES.items():
        lines = {
            name: [f"`{signature}`" for signature in signatures]
            for name, signatures in SIGNATURES.items()
            if signatures[0].kind == kind
        }
        if kind == "scalar":
            lines |= {name: [f"`{name}`: {form}"] for name, form in _BY_FORM.items()}
        listed = "\n".join(f"- {', '.join(forms)}" for _, forms in sorted(lines.items()))
        parts.append(f"## {title}\n\n{listed}\n")
    names = textwrap.fill(
        ", ".join(f"`{name}`" for name in sorted(UNAVAILABLE)), 100, break_on_hyphens=False
    )
    parts.append(f"## Trino's functions that are not supported\n\n{names}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(reference(), "utf-8")
