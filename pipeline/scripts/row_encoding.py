"""Writes the document that encodes the table's own rows for a served model.

container/decision_tree/encoding/document.py reads it, in the container before the model's.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from array import array
from pathlib import Path
from typing import Any, Iterable, Sequence

import numpy as np
from input_rows import MISSING
from processing_job import InputError

MAX_ROWS = 100_000
MAX_CELLS = 4_000_000
"""Max rows for medians; more are sampled."""


def sample_of(rows: np.ndarray, columns: int, seed: int) -> np.ndarray:
    """Draws the rows to learn medians from."""
    size = min(len(rows), MAX_ROWS, max(1000, MAX_CELLS // max(columns, 1)))
    drawn: np.ndarray = np.sort(np.random.RandomState(seed).permutation(rows)[:size])
    return drawn


def medians(lines: Iterable[bytes], names: Sequence[str]) -> list[float]:
    """The lower median of each column, which is one of its values.

    Raises:
        InputError: a column has no value.
    """
    columns = [array("d") for _ in names]
    for line in lines:
        for column, field in zip(columns, line.split(b",")):
            if field not in MISSING:
                column.append(float(field))
    found = []
    for name, column in zip(names, columns):
        if not column:
            raise InputError(f"{name}: no train row has a value, so there is no median")
        found.append(float(np.sort(np.asarray(column))[(len(column) - 1) // 2]))
    return found


def number(value: float) -> float | int:
    """An integer if it is whole, which is shortest in JSON and CSV."""
    return int(value) if value.is_integer() else value


def filled(line: bytes, fills: Sequence[bytes]) -> bytes:
    """A row of numbers, with missing ones filled."""
    fields = line.split(b",")
    return b",".join(fill if field in MISSING else field for field, fill in zip(fields, fills))


def write_encoder(folder: Path, document: dict[str, Any]) -> None:
    """Writes encoding.json, and a reproducible archive of it."""
    content = json.dumps(document, ensure_ascii=False, indent=1).encode()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "encoding.json").write_bytes(content)
    member = tarfile.TarInfo("encoding.json")
    member.size = len(content)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.addfile(member, io.BytesIO(content))
    (folder / "model.tar.gz").write_bytes(gzip.compress(packed.getvalue(), mtime=0))
