"""The context of expressions, and their results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass

from local.standins.athena.sql.errors import failure
from local.standins.athena.sql.functions import SIGNATURES
from local.standins.athena.sql.tree import Call, Exists, InQuery, Name, Query, QueryValue, Window
from local.standins.athena.sql.types import Type


@dataclass(frozen=True)
class Typed:
    """A checked expression: DuckDB's SQL, Trino's type, and whether it is a literal number."""

    sql: str
    type: Type
    constant: bool = False


@dataclass(frozen=True)
class Output:
    """A query's SQL, with columns c1, c2 and so on, and their names and types in Trino."""

    sql: str
    names: tuple[str | None, ...]
    types: tuple[Type, ...]


@dataclass(frozen=True)
class Field:
    """A column of a relation: its name, its table or alias, and its value."""

    name: str | None
    qualifiers: tuple[str, ...]
    value: Typed


@dataclass(frozen=True)
class Scope:
    """The columns that an expression may use; those of the outer query come second."""

    columns: Sequence[Field]
    outer: Scope | None = None

    def find(self, name: Name) -> Typed:
        """Finds a column by name.

        Raises:
            UserError: There is none, or more than one.
        """
        *qualifiers, column = name.parts
        found = [
            field
            for field in self.columns
            if field.name == column
            and (not qualifiers or field.qualifiers[-len(qualifiers) :] == tuple(qualifiers))
        ]
        shown = ".".join(name.parts)
        if len(found) > 1:
            raise failure("AMBIGUOUS_NAME", name.place, f"Column '{shown}' is ambiguous")
        if found:
            return found[0].value
        if self.outer:
            return self.outer.find(name)
        names = sorted({field.name for field in self.columns if field.name})
        known = f"; there are {', '.join(names)}" if names else ""
        raise failure("COLUMN_NOT_FOUND", name.place, f"Column '{shown}' cannot be resolved{known}")


@dataclass(frozen=True)
class Context:
    """The clause of an expression, by its name for messages, and what it may have.

    `grouped` is the SQL of GROUP BY's expressions, if the query is grouped.
    """

    clause: str
    aggregates: bool = False
    windows: bool = False
    grouped: frozenset[str] | None = None
    named_windows: tuple[tuple[str, Window], ...] = ()


def calls(node: object, *kinds: str) -> bool:
    """Whether an expression calls functions of these kinds, outside nested queries."""
    if isinstance(node, Call):
        signatures = SIGNATURES.get(node.name)
        kind = "window" if node.over is not None else signatures[0].kind if signatures else ""
        if kind in kinds:
            return True
    return any(calls(part, *kinds) for part in parts(node))


def has_names(node: object) -> bool:
    """Whether an expression has a column."""
    return isinstance(node, Name | QueryValue | Exists | InQuery) or any(
        has_names(part) for part in parts(node)
    )


def parts(node: object) -> list[object]:
    """The nodes within a node of the tree, except those in nested queries."""
    if isinstance(node, tuple):
        return list(node)
    if is_dataclass(node) and not isinstance(node, Query):
        return [getattr(node, field.name) for field in fields(node)]
    return []
