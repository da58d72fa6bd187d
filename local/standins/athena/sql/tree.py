"""The syntax tree of a query.

Names are in lower case. Comparisons ignore places, so expressions are equal if they are written
alike, which GROUP BY needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Place:
    """The start of a token: line and column, from 1, like Athena's."""

    line: int
    column: int


@dataclass(frozen=True)
class Expression:
    """An expression; `place` is that of its operator or first word."""

    place: Place = field(compare=False)


@dataclass(frozen=True)
class Literal(Expression):
    """A literal: `kind` is integer, decimal, double, string, boolean or null."""

    kind: str
    text: str


@dataclass(frozen=True)
class TypedLiteral(Expression):
    """A literal with a type, such as date '2020-01-31'."""

    type_name: str
    text: str


@dataclass(frozen=True)
class IntervalLiteral(Expression):
    """`interval '1' day`; `until` is the second field of `day to second`."""

    sign: int
    text: str
    unit: str
    until: str | None


@dataclass(frozen=True)
class Name(Expression):
    """A column, optionally preceded by the table's name or alias."""

    parts: tuple[str, ...]


@dataclass(frozen=True)
class Unary(Expression):
    """`operator` is -, + or not."""

    operator: str
    operand: Expression


@dataclass(frozen=True)
class Binary(Expression):
    """`operator` is one of arithmetic, ||, and, or."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Comparison(Expression):
    """`operator` is =, <>, <, <=, >, >=, `distinct` or `not distinct`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Between(Expression):
    """`value between lower and upper`."""

    value: Expression
    lower: Expression
    upper: Expression


@dataclass(frozen=True)
class InList(Expression):
    """`value in (items)`."""

    value: Expression
    items: tuple[Expression, ...]


@dataclass(frozen=True)
class InQuery(Expression):
    """`value in (query)`."""

    value: Expression
    query: Query


@dataclass(frozen=True)
class Like(Expression):
    """`value like pattern escape escape`."""

    value: Expression
    pattern: Expression
    escape: Expression | None


@dataclass(frozen=True)
class IsNull(Expression):
    """`value is null`."""

    value: Expression


@dataclass(frozen=True)
class Case(Expression):
    """`case operand when ... then ... else ... end`; the operand is optional."""

    operand: Expression | None
    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None


@dataclass(frozen=True)
class Cast(Expression):
    """`cast(value as type)`, or `try_cast` if `safe`."""

    value: Expression
    type_name: str
    safe: bool


@dataclass(frozen=True)
class Extract(Expression):
    """`extract(unit from value)`."""

    unit: str
    value: Expression


@dataclass(frozen=True)
class ArrayOf(Expression):
    """`array[items]`."""

    items: tuple[Expression, ...]


@dataclass(frozen=True)
class Subscript(Expression):
    """`value[index]`."""

    value: Expression
    index: Expression


@dataclass(frozen=True)
class QueryValue(Expression):
    """A scalar subquery."""

    query: Query


@dataclass(frozen=True)
class Exists(Expression):
    """`exists (query)`."""

    query: Query


@dataclass(frozen=True)
class Frame(Expression):
    """A window's frame; bounds are SQL."""

    kind: str
    start: str
    end: str | None


@dataclass(frozen=True)
class SortItem(Expression):
    """An item of ORDER BY."""

    value: Expression
    descending: bool
    nulls_first: bool


@dataclass(frozen=True)
class Window(Expression):
    """A window of OVER; `base` is a window's name in the WINDOW clause."""

    base: str | None
    partition_by: tuple[Expression, ...]
    order_by: tuple[SortItem, ...]
    frame: Frame | None


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Item:
    """An item of SELECT: an expression, or the columns of a table or of all (`value` None)."""

    place: Place
    value: Expression | None
    alias: str | None
    star_of: str | None = None


@dataclass(frozen=True)
class TableName:
    """A table, by up to three names, with its version, such as `VERSION AS OF 1`."""

    place: Place
    parts: tuple[str, ...]
    as_of: str | None = None


@dataclass(frozen=True)
class Unnest:
    """`unnest(arrays) with ordinality`."""

    place: Place
    arrays: tuple[Expression, ...]
    ordinality: bool


@dataclass(frozen=True)
class Aliased:
    """A relation with a name, and optional names of its columns."""

    place: Place
    relation: Relation
    alias: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Join:
    """`kind` is inner, left, right, full or cross; ON or USING if not cross."""

    place: Place
    kind: str
    left: Relation
    right: Relation
    on: Expression | None
    using: tuple[str, ...]


@dataclass(frozen=True)
class GroupBy:
    """Grouping sets: one for plain columns, more for ROLLUP, CUBE and GROUPING SETS."""

    elements: tuple[tuple[str, tuple[tuple[Expression, ...], ...]], ...]


@dataclass(frozen=True)
class Select:
    """SELECT up to its WINDOW clause."""

    place: Place
    items: tuple[Item, ...]
    distinct: bool
    source: Relation | None
    where: Expression | None
    group_by: GroupBy | None
    having: Expression | None
    windows: tuple[tuple[str, Window], ...]


@dataclass(frozen=True)
class Values:
    """`values (1, 'a'), (2, 'b')`."""

    place: Place
    rows: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True)
class SetOperation:
    """`operator` is union, intersect or except."""

    place: Place
    operator: str
    distinct: bool
    left: Body
    right: Body


@dataclass(frozen=True)
class Query:
    """A body, with the preceding WITH, and the following order and limits."""

    place: Place
    tables: tuple[tuple[str, tuple[str, ...], Query], ...]
    body: Body
    order_by: tuple[SortItem, ...] = ()
    offset: int | None = None
    limit: int | None = None


Relation = TableName | Unnest | Aliased | Join | Query
Body = Select | Values | SetOperation | Query | TableName
