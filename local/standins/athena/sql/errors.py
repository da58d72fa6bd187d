"""Errors of a query, with Athena's codes."""

from __future__ import annotations

from local.standins.athena.sql.tree import Place
from local.standins.errors import UserError


def failure(code: str, place: Place | None, message: str) -> UserError:
    """An error in Athena's form: code, place and message."""
    where = f"line {place.line}:{place.column}: " if place else ""
    return UserError(f"{code}: {where}{message}")


def mismatch(place: Place, message: str) -> UserError:
    """An error of types."""
    return failure("TYPE_MISMATCH", place, message)


def not_here(place: Place | None, what: str) -> UserError:
    """A feature that Athena supports, but the local run does not."""
    return failure("NOT_SUPPORTED", place, f"{what} is not available here")
