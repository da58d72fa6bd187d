"""Weights of rows."""

from __future__ import annotations

import math
from array import array
from typing import Any

import numpy as np
from processing_job import InputError

MIN_WEIGHT, MAX_WEIGHT = 1e-37, 1e38
"""XGBoost's weights have single precision."""


class Weights:
    """The weights of the rows with a target.

    Attributes:
        name: Of their column.
        values: Those above zero.
        zeros: Places of rows of weight zero among them. They are left out, which changes no fit and
            no metric.
    """

    def __init__(self, name: str) -> None:
        """Starts empty."""
        self.name = name
        self.values = array("d")
        self.zeros: set[int] = set()
        self._wrong = 0
        self._first = ""

    def add(self, text: str, where: str) -> bool:
        """Adds the weight of a row; returns whether it is above zero."""
        try:
            weight = float(text)
        except ValueError:
            weight = math.nan
        if weight == 0:
            self.zeros.add(len(self.values) + len(self.zeros))
        elif MIN_WEIGHT <= weight <= MAX_WEIGHT:
            self.values.append(weight)
            return True
        else:
            self._wrong += 1
            self._first = self._first or f"{where} has {text if text.strip() else 'no value'}"
        return False

    def check(self) -> None:
        """Checks the weights as a whole.

        Raises:
            InputError: one is missing, negative or not finite, or all are zero.
        """
        if self._wrong:
            raise InputError(
                f'the weight "{self.name}" must be 0 or a number from {MIN_WEIGHT:g} to '
                f"{MAX_WEIGHT:g}, but is not in {self._wrong} rows: {self._first}; leave such rows "
                "out with a filter"
            )
        if self.zeros and not self.values:
            raise InputError(f'the weight "{self.name}" of all {len(self.zeros)} rows is 0')

    def report(self) -> dict[str, Any]:
        """Their part of the data report."""
        values = np.asarray(self.values)
        return {
            "column": self.name,
            "zeros": len(self.zeros),
            "min": values.min(),
            "max": values.max(),
            "effectiveRows": round(effective_rows(values), 1),
        }


def effective_rows(weights: np.ndarray) -> float:
    """The number of rows of equal weight whose mean varies as much. Source: Kish (1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def take_weights(rows: np.ndarray, weighted: bool) -> tuple[np.ndarray, np.ndarray | None]:
    """The rows, and the weights that their second column had, if any."""
    return (np.delete(rows, 1, axis=1), rows[:, 1]) if weighted else (rows, None)
