"""The syntax tree of a query. Names are in lower case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import dataclass_transform


@dataclass(frozen=True)
class Place:
    """The start of a token: line and column, from 1, like Athena's."""

    line: int
    column: int


@dataclass_transform(frozen_default=True)
@dataclass(frozen=True)
class Node:
    """A node; `place` is that of its operator or first word. Subclasses are frozen dataclasses."""

    place: Place

    def __init_subclass__(cls) -> None:
        """Makes the subclass a dataclass."""
        dataclass(frozen=True)(cls)


class Expression(Node):
    """An expression."""


class Literal(Expression):
    """A literal: `kind` is integer, decimal, double, string, boolean or null."""

    kind: str
    text: str


class TypedLiteral(Expression):
    """A literal with a type, such as date '2020-01-31'."""

    type_name: str
    text: str


class IntervalLiteral(Expression):
    """`interval '1' day`; `until` is the second field of `day to second`."""

    sign: int
    text: str
    unit: str
    until: str | None


class Name(Expression):
    """A column, optionally preceded by the table's name or alias."""

    parts: tuple[str, ...]


class Operation(Expression):
    """An operator with its operands.

    `operator` is or, and, not, =, <>, <, <=, >, >=, `is distinct from`, `is not distinct from`,
    `is null`, between, in (of a list), ||, +, -, *, /, %, [] (of a value and an index) or array
    (of items).
    """

    operator: str
    operands: tuple[Expression, ...]


class InQuery(Expression):
    """`value in (query)`."""

    value: Expression
    query: Query


class Like(Expression):
    """`value like pattern escape escape`."""

    value: Expression
    pattern: Expression
    escape: Expression | None


class Case(Expression):
    """`case operand when ... then ... else ... end`; the operand is optional."""

    operand: Expression | None
    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None


class Cast(Expression):
    """`cast(value as type)`, or `try_cast` if `safe`."""

    value: Expression
    type_name: str
    safe: bool


class Extract(Expression):
    """`extract(unit from value)`."""

    unit: str
    value: Expression


class QueryValue(Expression):
    """A scalar subquery."""

    query: Query


class Exists(Expression):
    """`exists (query)`."""

    query: Query


class Frame(Node):
    """A window's frame; bounds are SQL."""

    kind: str
    start: str
    end: str | None


class SortItem(Node):
    """An item of ORDER BY."""

    value: Expression
    descending: bool
    nulls_first: bool


class Window(Node):
    """A window of OVER; `base` is a window's name in the WINDOW clause."""

    base: str | None
    partition_by: tuple[Expression, ...]
    order_by: tuple[SortItem, ...]
    frame: Frame | None


class Call(Expression):
    """A function call; `star` is for count(*)."""

    name: str
    arguments: tuple[Expression, ...]
    star: bool = False
    distinct: bool = False
    order_by: tuple[SortItem, ...] = ()
    where: Expression | None = None
    ignore_nulls: bool = False
    over: Window | None = None


class Item(Node):
    """An item of SELECT: an expression, or the columns of a table or of all (`value` None)."""

    value: Expression | None
    alias: str | None
    star_of: str | None = None


class TableName(Node):
    """A table, by up to three names, with its version, such as `VERSION AS OF 1`."""

    parts: tuple[str, ...]
    as_of: str | None = None


class Unnest(Node):
    """`unnest(arrays) with ordinality`."""

    arrays: tuple[Expression, ...]
    ordinality: bool


class Aliased(Node):
    """A relation with a name, and optional names of its columns."""

    relation: Relation
    alias: str
    columns: tuple[str, ...]


class Join(Node):
    """`kind` is inner, left, right, full or cross; ON or USING if not cross."""

    kind: str
    left: Relation
    right: Relation
    on: Expression | None
    using: tuple[str, ...]


class Select(Node):
    """SELECT up to its WINDOW clause; each element of GROUP BY is a kind, and grouping sets."""

    items: tuple[Item, ...]
    distinct: bool
    source: Relation | None
    where: Expression | None
    group_by: tuple[tuple[str, tuple[tuple[Expression, ...], ...]], ...]
    having: Expression | None
    windows: tuple[tuple[str, Window], ...]


class Values(Node):
    """`values (1, 'a'), (2, 'b')`."""

    rows: tuple[tuple[Expression, ...], ...]


class SetOperation(Node):
    """`operator` is union, intersect or except."""

    operator: str
    distinct: bool
    left: Body
    right: Body


class Query(Node):
    """A body, with the preceding WITH, and the following order and limits."""

    tables: tuple[tuple[str, tuple[str, ...], Query], ...]
    body: Body
    order_by: tuple[SortItem, ...] = ()
    offset: int | None = None
    limit: int | None = None


Relation = TableName | Unnest | Aliased | Join | Query
Body = Select | Values | SetOperation | Query | TableName
