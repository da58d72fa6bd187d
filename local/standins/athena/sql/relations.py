"""Checks relations: tables, queries in FROM, joins and UNNEST."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from local.standins.athena.sql import tree
from local.standins.athena.sql.errors import failure, not_here
from local.standins.athena.sql.expressions import Analyzer
from local.standins.athena.sql.operators import compare, converted
from local.standins.athena.sql.scope import Context, Field, Output, Scope, Typed
from local.standins.athena.sql.types import BIGINT, BOOLEAN, Type, common_type, parse_type
from local.standins.athena.tables import OWN_CATALOG, Table
from local.standins.database import quote
from local.standins.errors import UserError


@dataclass(frozen=True)
class Around:
    """What a query may use of the ones around it: their columns, and the tables of WITH."""

    outer: Scope | None = None
    defined: Mapping[str, Output] = field(default_factory=dict)


OUTERMOST = Around()
# SQL in FROM, and its columns.
_Source = tuple[str, list[Field]]


@dataclass
class RelationPlanner:
    """Checks FROM; a subclass checks queries.

    `database` is that of tables without one, and `now` the query's start; `used` are the tables
    that it reads, by full name, and `is_plain` tells whether it works row by row.
    """

    database: str
    tables: Mapping[str, Table]
    now: datetime.datetime
    used: set[str] = field(default_factory=set)
    is_plain: bool = True
    _relations: int = 0

    def query(self, node: tree.Query, around: Around) -> Output:
        """Checks a query."""
        raise NotImplementedError

    def _analyzer(self, columns: Sequence[Field], around: Around) -> Analyzer:
        scope = Scope(columns, around.outer)

        def subquery(query: tree.Query) -> Output:
            self.is_plain = False
            return self.query(query, replace(around, outer=scope))

        return Analyzer(scope, subquery, self.now)

    def _alias(self) -> str:
        self._relations += 1
        return f"r{self._relations}"

    def _from(self, node: tree.Relation, left: list[Field], around: Around) -> _Source:
        """Checks a relation; UNNEST may use the columns left of it."""
        if isinstance(node, tree.TableName):
            return self._table(node, around)
        if isinstance(node, tree.Query):
            return self._derived(self.query(node, around), ())
        if isinstance(node, tree.Unnest):
            return self._unnest(node, left, around)
        if isinstance(node, tree.Join):
            return self._join(node, left, around)
        sql, columns = self._from(node.relation, left, around)
        check_aliases(node.columns, len(columns), node.alias, node.place)
        names: Sequence[str | None] = node.columns or [one.name for one in columns]
        renamed = [
            Field(name, (node.alias,), one.value) for name, one in zip(names, columns, strict=True)
        ]
        return sql, renamed

    def _derived(self, output: Output, qualifiers: tuple[str, ...]) -> _Source:
        alias = self._alias()
        return f"({output.sql}) as {alias}", columns_of(output, alias, qualifiers)

    def _table(self, node: tree.TableName, around: Around) -> _Source:
        *qualifiers, name = node.parts
        if not qualifiers and name in around.defined:
            return self._derived(around.defined[name], (name,))
        if len(node.parts) > 3:
            raise failure("SYNTAX_ERROR", node.place, f"Too many dots in table name: {node.parts}")
        catalog = qualifiers[0] if len(qualifiers) == 2 else OWN_CATALOG
        catalogs = {OWN_CATALOG, *(table.catalog for table in self.tables.values())}
        if catalog not in catalogs:
            there_are = ", ".join(sorted(catalogs))
            raise UserError(f"CATALOG_NOT_FOUND: {catalog}; there is {there_are}")
        database = qualifiers[-1] if qualifiers else self.database
        full_name = f"{database}.{name}"
        table = self.tables.get(full_name)
        if table is None or table.catalog != catalog:
            there_are = ", ".join(sorted(self.tables)) or "none"
            raise UserError(f"TABLE_NOT_FOUND: {full_name} does not exist; there are {there_are}")
        if node.as_of != table.as_of:
            # The files have one version, so no other is available.
            there_is = "the latest version" if table.as_of is None else table.as_of
            asked = "the latest version" if node.as_of is None else node.as_of
            raise not_here(node.place, f"{asked} of {full_name} (its files hold {there_is})")
        self.used.add(full_name)
        alias = self._alias()
        columns = [
            Field(
                column, (catalog, database, name),
                Typed(f"{alias}.{quote(column)}", column_type(kind.name)),
            )
            for column, kind in table.all_columns.items()
        ]  # fmt: skip
        return f"{quote(database)}.{quote(name)} as {alias}", columns

    def _unnest(self, node: tree.Unnest, left: list[Field], around: Around) -> _Source:
        self.is_plain = False
        analyzer = self._analyzer(left, around)
        arrays = [analyzer.analyze(one, Context("UNNEST")) for one in node.arrays]
        for value, part in zip(arrays, node.arrays, strict=True):
            if value.type.base != "array" or value.type.element is None:
                message = f"Cannot unnest type: {value.type}"
                raise failure("INVALID_FUNCTION_ARGUMENT", part.place, message)
        if node.ordinality and len(arrays) > 1:
            raise not_here(node.place, "UNNEST of many arrays WITH ORDINALITY")
        listed = [f"unnest({value.sql}) as c{number}" for number, value in enumerate(arrays, 1)]
        kinds = [value.type.element or BOOLEAN for value in arrays]
        if node.ordinality:
            listed.append(f"generate_subscripts({arrays[0].sql}, 1) as c2")
            kinds.append(BIGINT)
        alias = self._alias()
        columns = [
            Field(None, (), Typed(f"cast({alias}.c{number} as {kind.sql})", kind))
            for number, kind in enumerate(kinds, 1)
        ]
        return f"lateral (select {', '.join(listed)}) as {alias}", columns

    def _join(self, node: tree.Join, before: list[Field], around: Around) -> _Source:
        self.is_plain = False
        left_sql, left = self._from(node.left, before, around)
        right_sql, right = self._from(node.right, [*before, *left], around)
        if node.kind == "cross":
            return f"{left_sql} cross join {right_sql}", [*left, *right]
        if "lateral" in right_sql and node.kind != "inner":
            raise not_here(node.place, f"{node.kind.upper()} JOIN UNNEST")
        if node.on is not None:
            analyzer = self._analyzer([*left, *right], around)
            condition = analyzer.condition(node.on, Context("JOIN ON"))
            return f"({left_sql} {node.kind} join {right_sql} on {condition})", [*left, *right]
        return self._join_using(node, (left_sql, left), (right_sql, right))

    def _join_using(self, node: tree.Join, left: _Source, right: _Source) -> _Source:
        conditions, shared = [], []
        for name in node.using:
            one, other = (
                Scope(columns).find(tree.Name(node.place, (name,)))
                for columns in (left[1], right[1])
            )
            conditions.append(compare("=", one, other, node.place))
            both = common_type(one.type, other.type) or one.type
            sides = (converted(one, both), converted(other, both))
            shared.append(Field(name, (), Typed(f"coalesce({sides[0]}, {sides[1]})", both)))
        rest = [one for one in (*left[1], *right[1]) if one.name not in node.using]
        sql = f"({left[0]} {node.kind} join {right[0]} on {' and '.join(conditions)})"
        return sql, [*shared, *rest]


def columns_of(output: Output, alias: str, qualifiers: tuple[str, ...] = ()) -> list[Field]:
    """The columns of a query in FROM, which has the alias in DuckDB's SQL."""
    return [
        Field(name, qualifiers, Typed(f"{alias}.c{number}", kind))
        for number, (name, kind) in enumerate(zip(output.names, output.types, strict=True), 1)
    ]


def check_aliases(columns: tuple[str, ...], count: int, name: str, place: tree.Place) -> None:
    """Refuses a list of column names of the wrong length."""
    if columns and len(columns) != count:
        raise failure(
            "MISMATCHED_COLUMN_ALIASES", place,
            f"Column alias list has {len(columns)} entries but '{name}' has {count} columns "
            "available",
        )  # fmt: skip


def column_type(glue: str) -> Type:
    """Trino's type of a Glue column."""
    name = {"string": "varchar", "float": "real", "int": "integer"}.get(glue, glue)
    kind = parse_type(name)
    if kind is None:
        raise UserError(f"type {glue} is not supported")
    return Type("varchar") if kind.base == "varchar" else kind
