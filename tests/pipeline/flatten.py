"""Compares documents leaf by leaf."""

from __future__ import annotations

from typing import Any

NAMES = ("Name", "PropertyFileName", "OutputName", "InputName", "ChannelName")


def flat(value: Any, at: str = "") -> dict[str, Any]:
    """The leaves of a document by path; in lists of named items, the path has their names."""
    if isinstance(value, dict) and value:
        return {k: v for key, one in value.items() for k, v in flat(one, f"{at}.{key}").items()}
    if isinstance(value, list) and value:
        found: dict[str, Any] = {}
        for index, one in enumerate(value):
            named = [one[key] for key in NAMES if key in one] if isinstance(one, dict) else []
            found |= flat(one, f"{at}[{named[0] if named else index}]")
        return found
    return {at: value}


def differences(ours: Any, theirs: Any) -> dict[str, tuple[Any, Any]]:
    """The leaves that differ, by path, with the value on each side; "-" if there is none."""
    left, right = flat(ours), flat(theirs)
    return {
        path: (left.get(path, "-"), right.get(path, "-"))
        for path in sorted(left.keys() | right.keys())
        if left.get(path, "-") != right.get(path, "-")
    }
