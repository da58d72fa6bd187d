"""Checks queries like Athena, and translates them to DuckDB's SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

from local.standins.athena.sql.call_analyzer import direction
from local.standins.athena.sql.errors import failure, not_here
from local.standins.athena.sql.expressions import Analyzer
from local.standins.athena.sql.operators import converted
from local.standins.athena.sql.relations import Output, RelationPlanner, check_aliases
from local.standins.athena.sql.scope import (
    Context,
    Field,
    Scope,
    Typed,
    calls,
    has_names,
    parts,
)  # fmt: skip
from local.standins.athena.sql.tree import (
    Body,
    Expression,
    GroupBy,
    Item,
    Literal,
    Name,
    Place,
    Query,
    Select,
    SetOperation,
    SortItem,
    TableName,
    Values,
)  # fmt: skip
from local.standins.athena.sql.types import Type, common_type

_MAXIMUM_GROUPING_SETS = 2048


@dataclass
class Planner(RelationPlanner):
    """Checks a statement."""

    def query(self, node: Query, outer: Scope | None, defined: Mapping[str, Output]) -> Output:
        """Checks a query; `defined` are the tables of outer WITH clauses."""
        known = dict(defined)
        for name, columns, query in node.tables:
            output = self.query(query, outer, known)
            known[name] = self._renamed(output, columns, name, node.place)
        ordered = bool(node.order_by) or node.limit is not None or node.offset is not None
        self.is_plain = self.is_plain and not ordered
        if isinstance(node.body, Select):
            output = self._select(node.body, node.order_by, outer, known)
        else:
            output = self._body(node.body, outer, known)
            if node.order_by:
                output = self._ordered(output, node.order_by, outer, known)
        limits = f" limit {node.limit}" if node.limit is not None else ""
        limits += f" offset {node.offset}" if node.offset is not None else ""
        return replace(output, sql=output.sql + limits) if limits else output

    def _body(self, node: Body, outer: Scope | None, defined: Mapping[str, Output]) -> Output:
        if isinstance(node, Select):
            return self._select(node, (), outer, defined)
        if isinstance(node, Query):
            output = self.query(node, outer, defined)
            sql = f"select * from ({output.sql}) as q"  # noqa: S608 - quoted
            return replace(output, sql=sql)
        if isinstance(node, Values):
            return self._values(node, outer, defined)
        if isinstance(node, TableName):
            star = Select(
                node.place, (Item(node.place, None, None),), False, node, None, None, None, ()
            )
            return self._select(star, (), outer, defined)
        return self._set_operation(node, outer, defined)

    def _renamed(self, output: Output, columns: tuple[str, ...], name: str, place: Place) -> Output:
        check_aliases(columns, len(output.names), name, place)
        return replace(output, names=columns or output.names)

    # Bodies

    def _values(self, node: Values, outer: Scope | None, defined: Mapping[str, Output]) -> Output:
        analyzer = self._analyzer(Scope((), outer), defined)
        context = Context("VALUES")
        rows = [[analyzer.analyze(item, context) for item in row] for row in node.rows]
        kinds = [value.type for value in rows[0]]
        for row in rows[1:]:
            pairs = [common_type(*pair) for pair in zip(kinds, (v.type for v in row), strict=False)]
            if len(row) != len(kinds) or None in pairs:
                message = "Values rows have mismatched types or numbers of columns"
                raise failure("TYPE_MISMATCH", node.place, message)
            kinds = [kind for kind in pairs if kind]
        lines = ", ".join(
            f"({', '.join(converted(v, k) for v, k in zip(row, kinds, strict=True))})"
            for row in rows
        )
        columns = ", ".join(f"c{number}" for number in range(1, len(kinds) + 1))
        casts = ", ".join(
            f"cast(c{number} as {kind.sql}) as c{number}" for number, kind in enumerate(kinds, 1)
        )
        sql = f"select {casts} from (values {lines}) as v({columns})"  # noqa: S608 - quoted
        return Output(sql, (None,) * len(kinds), tuple(kinds))

    def _set_operation(
        self, node: SetOperation, outer: Scope | None, defined: Mapping[str, Output]
    ) -> Output:
        self.is_plain = False
        left, right = self._body(node.left, outer, defined), self._body(node.right, outer, defined)
        name = node.operator.upper()
        if len(left.types) != len(right.types):
            raise failure(
                "TYPE_MISMATCH", node.place,
                f"{name} query has different number of fields: "
                f"{len(left.types)}, {len(right.types)}",
            )  # fmt: skip
        kinds = []
        for place, (one, other) in enumerate(zip(left.types, right.types, strict=True), start=1):
            kind = common_type(one, other)
            if kind is None:
                message = f"column {place} in {name} query has incompatible types: {one}, {other}"
                raise failure("TYPE_MISMATCH", node.place, message)
            kinds.append(kind)
        sides = [self._as_types(side, kinds) for side in (left, right)]
        word = name if node.distinct else f"{name} ALL"
        return Output(f"({sides[0]}) {word} ({sides[1]})", left.names, tuple(kinds))

    def _as_types(self, output: Output, kinds: Sequence[Type]) -> str:
        if output.types == tuple(kinds):
            return output.sql
        columns = ", ".join(
            f"{converted(Typed(f'q.c{number}', given), wanted)} as c{number}"
            for number, (given, wanted) in enumerate(zip(output.types, kinds, strict=True), 1)
        )
        return f"select {columns} from ({output.sql}) as q"  # noqa: S608 - quoted

    def _ordered(
        self, output: Output, items: Sequence[SortItem], outer: Scope | None,
        defined: Mapping[str, Output],
    ) -> Output:  # fmt: skip
        """A query that is not a SELECT, ordered by its result columns."""
        columns = [
            Field(name, (), Typed(f"q.c{number}", kind))
            for number, (name, kind) in enumerate(zip(output.names, output.types, strict=True), 1)
        ]
        analyzer = self._analyzer(Scope(columns, outer), defined)
        keys = [
            (
                self._position(item, len(columns))
                or analyzer.analyze(item.value, Context("ORDER BY")).sql
            )
            + direction(item)
            for item in items
        ]
        sql = f"select * from ({output.sql}) as q order by {', '.join(keys)}"  # noqa: S608 - quoted
        return replace(output, sql=sql)

    @staticmethod
    def _position(item: SortItem, count: int, clause: str = "ORDER BY") -> str | None:
        if not (isinstance(item.value, Literal) and item.value.kind == "integer"):
            return None
        if not 1 <= int(item.value.text) <= count:
            message = f"{clause} position {item.value.text} is not in select list"
            raise failure("INVALID_COLUMN_REFERENCE", item.place, message)
        return item.value.text

    # SELECT

    def _select(
        self, node: Select, order_by: Sequence[SortItem], outer: Scope | None,
        defined: Mapping[str, Output],
    ) -> Output:  # fmt: skip
        source = ""
        columns: list[Field] = []
        if node.source is not None:
            source, columns = self._relation(node.source, outer, defined)
        scope = Scope(columns, outer)
        analyzer = self._analyzer(scope, defined)
        items = self._expand(node, columns)
        where = f" where {analyzer.condition(node.where, Context('WHERE'))}" if node.where else ""
        written = [item.value for item in items if not isinstance(item.value, Typed)]
        aggregated = calls((*written, node.having, *order_by), "aggregate")
        grouped, group_sql = None, ""
        if node.group_by:
            keys, group_sql = self._group_by(node.group_by, items, analyzer)
            grouped = frozenset(keys)
        elif aggregated or node.having:
            grouped = frozenset()
        context = Context("SELECT", True, True, grouped, node.windows)
        values = [
            item.value if isinstance(item.value, Typed) else analyzer.analyze(item.value, context)
            for item in items
        ]
        having = ""
        if node.having:
            inside = replace(context, clause="HAVING", windows=False)
            having = f" having {analyzer.condition(node.having, inside)}"
        order = self._order_by(order_by, items, values, node.distinct, scope, defined, context)
        windows = calls((*written, *order_by), "window")
        self.is_plain = self.is_plain and not (
            node.distinct or grouped is not None or windows or order_by
        )
        listed = ", ".join(f"{value.sql} as c{number}" for number, value in enumerate(values, 1))
        distinct = "distinct " if node.distinct else ""
        sql = f"select {distinct}{listed}{source}{where}{group_sql}{having}{order}"
        names = tuple(item.alias for item in items)
        return Output(sql, names, tuple(value.type for value in values))

    def _expand(self, node: Select, columns: Sequence[Field]) -> list[_Chosen]:
        items = []
        for item in node.items:
            if item.value is not None:
                implied = item.value.parts[-1] if isinstance(item.value, Name) else None
                items.append(_Chosen(item.place, item.value, item.alias or implied))
                continue
            if node.source is None:
                message = "SELECT * not allowed in queries without FROM clause"
                raise failure("COLUMN_NOT_FOUND", item.place, message)
            chosen = [
                one
                for one in columns
                if item.star_of is None or one.qualifiers[-1:] == (item.star_of,)
            ]
            if not chosen:
                message = f"Unable to resolve reference {item.star_of}"
                raise failure("TABLE_NOT_FOUND", item.place, message)
            if node.group_by is not None:
                raise not_here(item.place, "* in a grouped query")
            items += [_Chosen(item.place, one.value, one.name) for one in chosen]
        return items

    def _group_by(
        self, node: GroupBy, items: Sequence[_Chosen], analyzer: Analyzer
    ) -> tuple[list[str], str]:
        """The SQL of all keys, and of the clause."""
        keys: list[str] = []

        def key(expression: Expression) -> str:
            chosen = expression
            position = self._position(
                SortItem(expression.place, expression, False, False), len(items), "GROUP BY"
            )
            if position:
                value = items[int(position) - 1].value
                if isinstance(value, Typed):
                    return value.sql
                chosen = value
                if calls(chosen, "aggregate", "window"):
                    message = "GROUP BY position names an aggregation or a window function"
                    raise failure("EXPRESSION_NOT_SCALAR", expression.place, message)
            return analyzer.analyze(chosen, Context("GROUP BY")).sql

        alternatives: list[list[tuple[str, ...]]] = []
        for kind, sets in node.elements:
            written = [tuple(key(one) for one in keys_of) for keys_of in sets]
            keys += [one for keys_of in written for one in keys_of]
            alternatives.append(_grouping_sets(kind, written))
        sets_of_all = [
            tuple(dict.fromkeys(one for part in choice for one in part))
            for choice in product(*alternatives)
        ]
        if len(sets_of_all) > _MAXIMUM_GROUPING_SETS:
            raise failure("TOO_MANY_GROUPING_SETS", None, f"{len(sets_of_all)} grouping sets")
        if len(sets_of_all) == 1:
            # A constant would be a position.
            plain = ", ".join(f"({one})" for one in sets_of_all[0])
            return keys, f" group by {plain}" if plain else " group by ()"
        listed = ", ".join(f"({', '.join(one)})" for one in sets_of_all)
        return keys, f" group by grouping sets ({listed})"

    def _order_by(
        self, order_by: Sequence[SortItem], items: Sequence[_Chosen], values: Sequence[Typed],
        distinct: bool, scope: Scope, defined: Mapping[str, Output], context: Context,
    ) -> str:  # fmt: skip
        if not order_by:
            return ""
        named = [
            Field(item.alias, (), value)
            for item, value in zip(items, values, strict=True)
            if item.alias
        ]
        analyzer = self._analyzer(scope, defined)
        keys = []
        for item in order_by:
            position = self._position(item, len(items))
            if position:
                keys.append(f"{position}{direction(item)}")
                continue
            if not (has_names(item.value) or calls(item.value, "aggregate", "window")):
                continue  # a constant does not order
            sql = self._order_key(item, named, analyzer, scope, defined, context).sql
            if distinct and sql not in [value.sql for value in values]:
                message = "For SELECT DISTINCT, ORDER BY expressions must appear in select list"
                raise failure("EXPRESSION_NOT_IN_DISTINCT", item.place, message)
            keys.append(f"({sql}){direction(item)}")
        return f" order by {', '.join(keys)}" if keys else ""

    def _order_key(
        self, item: SortItem, named: Sequence[Field], analyzer: Analyzer, scope: Scope,
        defined: Mapping[str, Output], context: Context,
    ) -> Typed:  # fmt: skip
        same = {one.value.sql: one.value for one in named if _uses(item.value, one.name)}
        if isinstance(item.value, Name) and len(item.value.parts) == 1 and same:
            if len(same) > 1:
                message = f"Column '{item.value.parts[0]}' is ambiguous"
                raise failure("AMBIGUOUS_NAME", item.place, message)
            return next(iter(same.values()))
        inside = replace(context, clause="ORDER BY")
        if not same:
            return analyzer.analyze(item.value, inside)
        # Names of the result in an expression: replaced by their values.
        hidden = {one.name for one in named}
        columns = [one for one in scope.columns if one.name not in hidden]
        mixed = self._analyzer(Scope([*named, *columns], scope.outer), defined)
        if calls(item.value, "aggregate"):
            raise not_here(item.place, "ORDER BY an aggregation of a name of the result")
        grouped = inside.grouped
        if grouped is not None:
            inside = replace(inside, grouped=grouped | {one.value.sql for one in named})
        return mixed.analyze(item.value, inside)


@dataclass(frozen=True)
class _Chosen:
    """An item of SELECT, after expansion of *; a column of * is already checked."""

    place: Place
    value: Expression | Typed
    alias: str | None


def _grouping_sets(kind: str, written: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    if kind == "rollup":
        return [
            tuple(one for part in written[:count] for one in part)
            for count in range(len(written), -1, -1)
        ]
    if kind == "cube":
        return [
            tuple(one for part in chosen for one in part)
            for count in range(len(written), -1, -1)
            for chosen in combinations(written, count)
        ]
    return list(written)


def _uses(node: Expression, name: str | None) -> bool:
    def inside(part: object) -> bool:
        if isinstance(part, Name):
            return part.parts == (name,)
        return any(inside(one) for one in parts(part))

    return inside(node)
