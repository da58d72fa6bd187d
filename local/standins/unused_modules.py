"""Hides modules that libraries import if they can, for up to a second, but no stand-in uses."""

from __future__ import annotations

import sys
from typing import Any

# Of XGBoost and DuckDB. The notebook installs pandas (notebooks/requirements.in), and others may in
# the same .venv.
_UNUSED_MODULES = ("pandas", "pyarrow")


class _Without:
    """A finder of modules that hides some."""

    def __init__(self, finder: Any, hidden: tuple[str, ...]) -> None:  # noqa: ANN401 - no common type
        self.finder = finder
        self.hidden = hidden

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the finder has
        return getattr(self.finder, name)

    def find_spec(self, name: str, *place: Any) -> Any:  # noqa: ANN401 - as a finder has it
        is_hidden = name.partition(".")[0] in self.hidden
        return None if is_hidden else self.finder.find_spec(name, *place)


def hide_unused_modules(*more: str) -> None:
    """Makes imports of modules that no stand-in uses, and of more, fail, as if not installed."""
    hidden = (*_UNUSED_MODULES, *more)
    sys.meta_path[:] = [_Without(finder, hidden) for finder in sys.meta_path]
