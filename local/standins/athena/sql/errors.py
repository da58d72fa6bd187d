"""What is wrong with a query, by the names of Athena's errors."""

from __future__ import annotations

from local.standins.athena.sql.tree import Place
from local.standins.errors import UserError


def failure(code: str, place: Place | None, message: str) -> UserError:
    """An error in Athena's form: its code, where, and what."""
    where = f"line {place.line}:{place.column}: " if place else ""
    return UserError(f"{code}: {where}{message}")


def not_here(place: Place | None, what: str) -> UserError:
    """Athena has it; the local run does not, and gives no other value instead."""
    return failure("NOT_SUPPORTED", place, f"{what} is not available here")
