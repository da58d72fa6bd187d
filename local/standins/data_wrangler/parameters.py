"""Reads an operator's parameters, and records every problem instead of stopping at the first."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable
from typing import Any


def group_name(chosen: str) -> str:
    """The name of the parameters that belong to a chosen text, such as an operator's name."""
    return f"{chosen.lower().replace('-', '_').replace(' ', '_')}_parameters"


class Parameters:
    """A JSON object of parameters.

    Readers return a value even if they record a problem, so that reading continues.
    """

    def __init__(self, values: object, path: str, problems: list[str]) -> None:
        """Wraps an object at a place in the flow; problems are added to the list."""
        self._path = path
        self.problems = problems
        self._known: set[str] = set()
        self._values: dict[str, Any] = {}
        if isinstance(values, dict):
            self._values = values
        elif values is not None:
            problems.append(f"{path}: must be an object")

    def note(self, name: str, problem: str) -> None:
        """Records a parameter's problem."""
        self.problems.append(f"{self._path}.{name}: {problem}")

    def warn(self, name: str, text: str) -> None:
        """Says in the job's log what runs otherwise than the flow has it."""
        sys.stderr.write(f"warning: {self._path}.{name}: {text}\n")

    def has(self, name: str) -> bool:
        """Whether the parameter is given and not null."""
        self._known.add(name)
        return self._values.get(name) is not None

    def raw(self, name: str) -> Any:  # noqa: ANN401
        """The parameter's value; None if it is missing."""
        self._known.add(name)
        return self._values.get(name)

    def group(self, name: str) -> Parameters:
        """The parameters in a nested object."""
        return Parameters(self.raw(name), f"{self._path}.{name}", self.problems)

    def choice(self, name: str, allowed: Iterable[str], default: str | None = None) -> str:
        """One of the allowed texts; empty if it is not valid."""
        value = self.raw(name)
        value = default if value is None else value
        options = list(allowed)
        if value not in options:
            given = "missing" if value is None else f"{value} is not supported"
            self.note(name, f"{given}; allowed are {', '.join(options)}")
            return ""
        return str(value)

    def boolean(self, name: str, default: bool) -> bool:
        """True or false."""
        value = self.raw(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.note(name, f"must be true or false, not {value}")
            return default
        return value

    def number(self, name: str, default: float) -> float:
        """A finite number, possibly as text."""
        value = self.raw(name)
        if value is None:
            return default
        try:
            number = float(value)
            if math.isfinite(number) and not isinstance(value, bool):
                return number
        except (TypeError, ValueError):
            pass
        self.note(name, f"must be a number, not {value}")
        return default

    def text(self, name: str) -> str:
        """A non-blank text."""
        value = self.raw(name)
        if not isinstance(value, str) or not value.strip():
            self.note(name, "missing" if value is None else "must be a non-blank text")
            return ""
        return value

    def column(self, name: str, required: bool = True) -> str:
        """A column's name; empty if it is missing or not valid."""
        value = self.raw(name)
        if value in (None, ""):
            if required:
                self.note(name, "missing")
            return ""
        if isinstance(value, list):
            self.note(
                name, f"a list, {json.dumps(value)}; Data Wrangler requires one column's name here"
            )
            return ""
        if not isinstance(value, str):
            self.note(name, "must be a column's name")
            return ""
        return value

    def columns(self, name: str) -> list[str]:
        """A column's name, or a list of names."""
        value = self.raw(name)
        names = value if isinstance(value, list) else [value] if value not in (None, "") else []
        if not all(isinstance(item, str) and item for item in names):
            self.note(name, "must be a column's name or a list of names")
            return []
        if not names:
            self.note(name, "missing")
        if len(set(names)) < len(names):
            self.note(name, "names a column twice")
        return names

    def input_and_output(self) -> tuple[list[str], str]:
        """The input columns, and the output column, which only one has; empty to replace it."""
        names, output = self.columns("input_column"), self.column("output_column", required=False)
        if output and len(names) > 1:
            self.note("output_column", "of several columns is not supported by the local run")
        return names, "" if output in names else output

    def finish(self, *ignored: str, other_operators: bool = False) -> None:
        """Records unread parameters as problems, except those without effect.

        The editor leaves parameter groups of other operators, which may be allowed.
        """
        for name, value in self._values.items():
            if name in self._known or name in ignored or value in (None, ""):
                continue
            if not (other_operators and name.endswith("_parameters")):
                self.note(name, "not supported by the local run")
