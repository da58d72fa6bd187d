"""Converts rows of values to the model's input."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np

from decision_tree.arrays import Float32Array, NumberArray
from decision_tree.serving.errors import RequestError, bad_payload

_NUMBERS = {int, float, type(None)}
_SHOWN = 50


class Features:
    """Converts parsed values to the model's input, or explains what does not fit."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.count = len(self.names)
        self._exact = {name: name for name in self.names}
        # Records from Athena's results have names in lower case. Names that only differ in case
        # must match exactly.
        uses = Counter(name.lower() for name in self.names)
        self._folded = {name.lower(): name for name in self.names if uses[name.lower()] == 1}

    def wrong_count(self, got: int, row: int) -> RequestError:
        """Return the error for a row (counted from 1) with the wrong number of values."""
        shown = ", ".join(self.names[:_SHOWN]) + (", ..." if self.count > _SHOWN else "")
        return bad_payload(f"row {row} has {got} values; expected {self.count} features: {shown}")

    def from_values(self, values: NumberArray, rows: int) -> Float32Array:
        """Cast values, row by row, to float32 (rows, features), as scikit-learn does.

        Raises:
            RequestError: a value is infinite as float32.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            matrix = np.asarray(values, dtype=np.float32).reshape(rows, self.count)
        if np.isinf(matrix).any():
            row, column = np.argwhere(np.isinf(matrix))[0]
            raise bad_payload(
                f"row {row + 1}: {self.names[column]} is infinite or too large for float32"
            )
        return np.ascontiguousarray(matrix)

    def from_rows(self, rows: Sequence[Sequence[object]]) -> Float32Array:
        """Convert rows of numbers, where None is a missing value.

        Raises:
            RequestError: a row has the wrong length, or a value is not a number.
        """
        if set(map(len, rows)) - {self.count}:
            index, row = next((i, r) for i, r in enumerate(rows) if len(r) != self.count)
            raise self.wrong_count(len(row), index + 1)
        if set(map(type, chain.from_iterable(rows))) - _NUMBERS:
            index, name = next(
                (i, name)
                for i, row in enumerate(rows)
                for value, name in zip(row, self.names, strict=True)
                if type(value) not in _NUMBERS
            )
            raise bad_payload(f"row {index + 1}: {name} is not a number")
        try:
            values = np.array(list(chain.from_iterable(rows)), dtype=np.float64)
        except OverflowError:  # an integer beyond float64
            raise bad_payload("a value is too large for float32") from None
        return self.from_values(values, len(rows))

    def from_records(self, records: Iterable[dict[str, object]]) -> Float32Array:
        """Convert objects that have every feature; null is a missing value.

        Raises:
            RequestError: a feature is missing, unknown or given twice.
        """
        keys_of: dict[tuple[str, ...], list[str]] = {}
        rows = []
        for index, record in enumerate(records):
            keys = tuple(record)
            if keys not in keys_of:
                keys_of[keys] = self._match(keys, index + 1)
            rows.append([record[key] for key in keys_of[keys]])
        return self.from_rows(rows)

    def _match(self, keys: tuple[str, ...], row: int) -> list[str]:
        """Return the record's keys in the order of the features."""
        found: dict[str, str] = {}
        unknown = []
        for key in keys:
            name = self._exact.get(key) or self._folded.get(key.lower())
            if name is None:
                unknown.append(key[:100])
            elif name in found:
                raise bad_payload(f"row {row} has {name} twice, in different cases")
            else:
                found[name] = key
        missing = [name for name in self.names if name not in found]
        if missing or unknown:
            problems = [
                f"{problem} {', '.join(names[:_SHOWN])}"
                for problem, names in (("lacks", missing), ("has the unknown", unknown))
                if names
            ]
            raise bad_payload(f"row {row} {' and '.join(problems)}")
        return [found[name] for name in self.names]
