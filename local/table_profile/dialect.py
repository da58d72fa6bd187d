"""The delimiter and quotes of a CSV file, found by DuckDB's sniffer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from local.standins.athena.text_files import open_lines
from local.standins.database import Database, literal
from local.standins.errors import UserError

_DELIMITERS = (",", ";", "\t", "|", " ")
_SAMPLE_LINES = 1000
# All lines, if values in quotes only begin later.
_SNIFFED_LINES = 100_000
_ALIGNED = 0.9


@dataclass(frozen=True)
class Dialect:
    """The form of a file's lines; title lines come before the header or the rows."""

    delimiter: str
    is_quoted: bool
    title_lines: int
    columns: int


def sniff(path: Path, others: Sequence[Path], database: Database) -> Dialect:
    """Finds the form of a file, with quotes if other files of its table have them.

    Raises:
        UserError: Athena cannot read it.
    """
    if _is_aligned(path):
        raise UserError(
            "columns are aligned by several blanks, but Athena needs one delimiter between values: "
            "write the file with commas or tabs"
        )
    delimiter, quote, title_lines, columns = _sniffed(path, database, _SNIFFED_LINES)
    if quote != '"' and _quote(path, delimiter):
        delimiter, quote, title_lines, columns = _sniffed(path, database, -1)
    if columns < 2 or delimiter not in _DELIMITERS:
        delimiter, columns = _most_even(path)
        quote, title_lines = _quote(path, delimiter), 0
    if quote != "'" and any(_quote(other, delimiter) for other in others):
        quote = '"'
    if quote == "'":
        raise UserError(
            "values are in single quotes, which Athena treats as part of the value: write the file "
            "with double quotes"
        )
    if columns < 2:
        raise UserError(
            'holds one column: none of ",", ";", "|", a tab or a blank separates values in all '
            "lines alike"
        )
    return Dialect(delimiter, quote == '"', title_lines, columns)


def _sniffed(path: Path, database: Database, lines: int) -> tuple[str, str, int, int]:
    """Delimiter, quote, title lines and columns by a file's first lines; all of them if -1."""
    try:
        found = database.execute(
            "select Delimiter, Quote, SkipRows, len(Columns) "  # noqa: S608 - quoted
            f"from sniff_csv({literal(str(path))}, sample_size = {lines}, null_padding = false)"
        ).fetchall()
    except duckdb.Error:
        return "", "", 0, 1
    delimiter, quote, title_lines, columns = found[0]
    return str(delimiter), str(quote), int(title_lines), int(columns)


def _sample(path: Path) -> list[str]:
    with open_lines(path) as lines:
        return [line.rstrip("\r\n") for line in islice(lines, _SAMPLE_LINES)]


def _is_aligned(path: Path) -> bool:
    """Whether most lines have numbers with nothing but several blanks between them."""
    sample = _sample(path)
    aligned = sum(re.search(r"\d\.? {2,}[-.\d]", line) is not None for line in sample)
    return aligned > _ALIGNED * len(sample)


def _most_even(path: Path) -> tuple[str, int]:
    """The delimiter whose count is the same in most lines, if lines differ, and their columns."""
    sample = _sample(path)
    best = (0, "", 1)
    for delimiter in _DELIMITERS:
        counts = Counter(_columns(line, delimiter) for line in sample if line)
        columns, lines_alike = max(counts.items(), key=lambda one: one[1], default=(1, 0))
        if columns > 1 and lines_alike > best[0]:
            best = (lines_alike, delimiter, columns)
    return best[1], best[2]


def _columns(line: str, delimiter: str) -> int:
    return re.sub(r'"(?:[^"]|"")*"', "", line).count(delimiter) + 1


def _quote(path: Path, delimiter: str) -> str:
    at_start = re.compile(rf'(?:^|{re.escape(delimiter)})"') if delimiter else re.compile('"')
    with open_lines(path) as lines:
        return '"' if any(at_start.search(line) for line in lines) else ""
