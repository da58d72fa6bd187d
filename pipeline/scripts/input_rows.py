"""Reads the rows that Data Wrangler wrote: CSV files in a folder, with the same header."""

from __future__ import annotations

import csv
import json
import math
from array import array
from pathlib import Path
from typing import Any, BinaryIO, Iterator
from urllib.parse import unquote_plus

import numpy as np
from processing_job import InputError

MISSING = {b"", b'""', b"NaN"}


def read_header(stream: BinaryIO) -> list[str]:
    """Reads the header, the first CSV record, which may have line breaks in quotes."""
    texts = (line.decode("utf-8-sig") for line in iter(stream.readline, b""))
    return next(csv.reader(texts), [])


def rows(stream: BinaryIO) -> Iterator[bytes]:
    """Yields the non-empty lines, without line ends."""
    for line in stream:
        stripped = line.rstrip(b"\r\n")
        if stripped:
            yield stripped


def find_files(folder: Path) -> list[Path]:
    """Finds the part files of a folder and its subfolders.

    Names that begin with an underscore or a dot hold no rows, by the convention of Hive and Spark.

    Raises:
        InputError: there are none, or Spark did not write _SUCCESS.
    """
    if not (folder / "_SUCCESS").exists():
        raise InputError(
            f"{folder} has no file _SUCCESS, which Data Wrangler writes after the last row"
        )
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
        and path.stat().st_size > 0
    ]
    if not files:
        raise InputError(f"there are no files in {folder}")
    return files


def cut(line: bytes, features: int, count: int) -> tuple[bytes, bytes, list[str]]:
    """Splits off the columns after the target, which may have commas and quotes, unlike features.

    Returns: the target, the features, and the values of the columns.

    Raises:
        InputError: the number of fields is wrong.
    """
    target, _, rest = line.partition(b",")
    if count == 0:
        return target, rest, []
    head = rest.rsplit(b",", features)[0]
    texts = head.decode().split(",")
    if b'"' in head:
        texts = next(csv.reader([head.decode()]))
    if count == 1:
        is_whole = not head.startswith(b'"') or (len(head) > 1 and head.endswith(b'"'))
    else:
        is_whole = head.count(b'"') % 2 == 0
    if rest.count(b",") < features + count - 1 or len(texts) != count or not is_whole:
        raise InputError(f"the row does not have the header's {features + count + 1} fields")
    return target, rest[len(head) + 1 :], texts


class SegmentColumn:
    """Values of a column that the errors are broken down by: numbers, or numbered labels."""

    def __init__(self, given: dict[str, str]) -> None:
        """Starts empty.

        Args:
            given: Its "name" in the rows, its "column" in the table, and whether it is read "as"
                labels or numbers.
        """
        self.name = given["name"]
        self.column = given["column"]
        self.numbers = array("d")
        self.labels: dict[str, int] | None = {} if given["as"] == "labels" else None

    def add(self, text: str) -> None:
        """Adds the value of a row, percent-encoded; empty if it is missing.

        Raises:
            InputError: it is not a number, but must be one.
        """
        value = unquote_plus(text, errors="strict").strip()
        if not value:
            self.numbers.append(math.nan)
        elif self.labels is not None:
            self.numbers.append(self.labels.setdefault(value, len(self.labels)))
        else:
            try:
                self.numbers.append(float(value))
            except ValueError:
                raise InputError(
                    f'segments: {self.column} is "{value}", which is not a number'
                ) from None

    def document(self, chosen: np.ndarray) -> dict[str, Any]:
        """Some rows' values, for JSON: null if missing. Labels are places in the list of them."""
        numbers = np.asarray(self.numbers)[chosen]
        if self.labels is None:
            values = [None if math.isnan(one) else one for one in numbers.tolist()]
            return {"column": self.column, "values": values}
        places = [None if math.isnan(one) else int(one) for one in numbers.tolist()]
        return {"column": self.column, "labels": list(self.labels), "values": places}


def check_names(columns: list[str], target: str) -> None:
    """Checks a header.

    Raises:
        InputError: the target is not first, or two names differ at most by case and blanks.
    """
    if not columns or columns[0] != target:
        raise InputError(
            f'the first column must be the target "{target}"; the columns are {columns}'
        )
    seen: dict[str, str] = {}
    for name in columns:
        earlier = seen.setdefault(name.strip().lower(), name)
        if earlier is not name:
            names = json.dumps([earlier, name], ensure_ascii=False)[1:-1]
            raise InputError(
                f"columns {names} differ at most by case and surrounding blanks: labels of a "
                "category, or a label that makes another column's name; change them in the data"
            )
