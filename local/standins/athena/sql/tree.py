"""The syntax tree of a query: what the parser reads and the rest checks.

Names are in lower case, as Athena keeps them. Places do not count in comparisons, so that two
expressions are equal if they are written alike: that decides what GROUP BY names.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Place:
    """Where a token begins: line and column, from 1, as Athena counts them."""

    line: int
    column: int


@dataclass(frozen=True)
class Expression:
    """Any expression; `place` is where its operator or first word is."""

    place: Place = field(compare=False)


@dataclass(frozen=True)
class Literal(Expression):
    """A constant: `kind` is integer, decimal, double, string, boolean or null."""

    kind: str
    text: str


@dataclass(frozen=True)
class TypedLiteral(Expression):
    """A constant with its type's name before it: date '2020-01-31'."""

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
    """A column, with the table's name or alias before it if given."""

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
    """`case operand when ... then ... else ... end`; no operand in the searched form."""

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
    """A query in parentheses, as a value."""

    query: Query


@dataclass(frozen=True)
class Exists(Expression):
    """`exists (query)`."""

    query: Query


@dataclass(frozen=True)
class Frame(Expression):
    """A window's frame; the bounds are as in SQL, their numbers literals."""

    kind: str
    start: str
    end: str | None


@dataclass(frozen=True)
class SortItem(Expression):
    """One item of ORDER BY."""

    value: Expression
    descending: bool
    nulls_first: bool


@dataclass(frozen=True)
class Window(Expression):
    """What OVER has; `base` is a window's name in the WINDOW clause."""

    base: str | None
    partition_by: tuple[Expression, ...]
    order_by: tuple[SortItem, ...]
    frame: Frame | None


@dataclass(frozen=True)
class Call(Expression):
    """A function's call. `star` is count(*)'s."""

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
    """One item of SELECT: an expression, or the columns of a table, or of all (`value` None)."""

    place: Place
    value: Expression | None
    alias: str | None
    star_of: str | None = None


@dataclass(frozen=True)
class TableName:
    """A table, by up to three names, and the version that is read, as `VERSION AS OF 1`."""

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
    """A relation with a name, and names of its columns if given."""

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
    """Its sets: one for plain columns, more for ROLLUP, CUBE and GROUPING SETS."""

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
    """A body with the tables that WITH defines before it, and its order and limits after it."""

    place: Place
    tables: tuple[tuple[str, tuple[str, ...], Query], ...]
    body: Body
    order_by: tuple[SortItem, ...] = ()
    offset: int | None = None
    limit: int | None = None


Relation = TableName | Unnest | Aliased | Join | Query
Body = Select | Values | SetOperation | Query | TableName
