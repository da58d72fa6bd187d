"""Reads an operator's parameters and notes every problem, instead of stopping at the first."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any


class Parameters:
    """One JSON object of parameters.

    Each reader returns a value even where it notes a problem, so that reading goes on.
    """

    def __init__(self, values: object, path: str, problems: list[str]) -> None:
        """Wraps the object.

        Args:
            values: What stands in the flow.
            path: Its place, for messages.
            problems: Where problems are noted.
        """
        self._path = path
        self.problems = problems
        self._known: set[str] = set()
        self._values: dict[str, Any] = {}
        if isinstance(values, dict):
            self._values = values
        elif values is not None:
            problems.append(f"{path}: must be an object")

    def note(self, name: str, problem: str) -> None:
        """Notes a problem of a parameter."""
        self.problems.append(f"{self._path}.{name}: {problem}")

    def has(self, name: str) -> bool:
        """Whether the parameter is given and not null."""
        self._known.add(name)
        return self._values.get(name) is not None

    def raw(self, name: str) -> Any:  # noqa: ANN401
        """The parameter as it stands; None if it is missing."""
        self._known.add(name)
        return self._values.get(name)

    def group(self, name: str) -> Parameters:
        """The parameters in an object of this one."""
        return Parameters(self.raw(name), f"{self._path}.{name}", self.problems)

    def choice(self, name: str, allowed: Iterable[str], default: str | None = None) -> str:
        """One of the allowed texts; empty where a problem is noted."""
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
        """A finite number, or a text that is one."""
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
        """A text that is not blank."""
        value = self.raw(name)
        if not isinstance(value, str) or not value.strip():
            self.note(name, "missing" if value is None else "must be a text that is not blank")
            return ""
        return value

    def column(self, name: str, required: bool = True) -> str:
        """One column's name; empty where a problem is noted, or where none is given."""
        value = self.raw(name)
        if value in (None, ""):
            if required:
                self.note(name, "missing")
            return ""
        if isinstance(value, list):
            self.note(
                name, f"a list, {json.dumps(value)}; Data Wrangler takes one column's name here"
            )
            return ""
        if not isinstance(value, str):
            self.note(name, "must be a column's name")
            return ""
        return value

    def columns(self, name: str) -> list[str]:
        """One column's name or a list of them."""
        value = self.raw(name)
        names = value if isinstance(value, list) else [value] if value not in (None, "") else []
        if not all(isinstance(item, str) and item for item in names):
            self.note(name, "must be a column's name or a list of them")
            return []
        if not names:
            self.note(name, "missing")
        if len(set(names)) < len(names):
            self.note(name, "names a column twice")
        return names

    def finish(self, *ignored: str, other_operators: bool = False) -> None:
        """Notes the parameters that nobody has read.

        Args:
            ignored: Names without effect.
            other_operators: Whether parameter groups of other operators may stand here, as the
                editor leaves them.
        """
        for name, value in self._values.items():
            if name in self._known or name in ignored or value in (None, ""):
                continue
            if not (other_operators and name.endswith("_parameters")):
                self.note(name, "not supported by the local run")
