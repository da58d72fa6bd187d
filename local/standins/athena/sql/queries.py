"""Checks queries like Athena, and translates them to DuckDB's SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations, product

from local.standins.athena.sql import tree
from local.standins.athena.sql.errors import failure, mismatch, not_here
from local.standins.athena.sql.expressions import Analyzer, direction
from local.standins.athena.sql.operators import converted
from local.standins.athena.sql.relations import (
    OUTERMOST,
    Around,
    RelationPlanner,
    check_aliases,
    columns_of,
)
from local.standins.athena.sql.scope import (
    Context,
    Field,
    Output,
    Typed,
    calls,
    has_names,
    parts,
)  # fmt: skip
from local.standins.athena.sql.types import Type, common_type

_MAXIMUM_GROUPING_SETS = 2048


@dataclass
class Planner(RelationPlanner):
    """Checks a statement."""

    def query(self, node: tree.Query, around: Around = OUTERMOST) -> Output:
        """Checks a query."""
        for name, columns, query in node.tables:
            output = self.query(query, around)
            check_aliases(columns, len(output.names), name, node.place)
            output = replace(output, names=columns or output.names)
            around = replace(around, defined={**around.defined, name: output})
        ordered = bool(node.order_by) or node.limit is not None or node.offset is not None
        self.is_plain = self.is_plain and not ordered
        if isinstance(node.body, tree.Select):
            output = self._select(node.body, node.order_by, around)
        else:
            output = self._body(node.body, around)
            if node.order_by:
                output = self._ordered(output, node.order_by, around)
        limits = f" limit {node.limit}" if node.limit is not None else ""
        limits += f" offset {node.offset}" if node.offset is not None else ""
        return replace(output, sql=output.sql + limits) if limits else output

    def _body(self, node: tree.Body, around: Around) -> Output:
        if isinstance(node, tree.Select):
            return self._select(node, (), around)
        if isinstance(node, tree.Query):
            output = self.query(node, around)
            sql = f"select * from ({output.sql}) as q"  # noqa: S608 - quoted
            return replace(output, sql=sql)
        if isinstance(node, tree.Values):
            return self._values(node, around)
        if isinstance(node, tree.TableName):
            items = (tree.Item(node.place, None, None),)
            star = tree.Select(node.place, items, False, node, None, (), None, ())
            return self._select(star, (), around)
        return self._set_operation(node, around)

    # Bodies

    def _values(self, node: tree.Values, around: Around) -> Output:
        analyzer = self._analyzer((), around)
        context = Context("VALUES")
        rows = [[analyzer.analyze(item, context) for item in row] for row in node.rows]
        kinds = [value.type for value in rows[0]]
        for row in rows[1:]:
            pairs = [common_type(*pair) for pair in zip(kinds, (v.type for v in row), strict=False)]
            if len(row) != len(kinds) or None in pairs:
                message = "Values rows have mismatched types or numbers of columns"
                raise mismatch(node.place, message)
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

    def _set_operation(self, node: tree.SetOperation, around: Around) -> Output:
        self.is_plain = False
        left, right = self._body(node.left, around), self._body(node.right, around)
        name = node.operator.upper()
        if len(left.types) != len(right.types):
            counts = f"{len(left.types)}, {len(right.types)}"
            raise mismatch(node.place, f"{name} query has different number of fields: {counts}")
        kinds = []
        for place, (one, other) in enumerate(zip(left.types, right.types, strict=True), start=1):
            kind = common_type(one, other)
            if kind is None:
                message = f"column {place} in {name} query has incompatible types: {one}, {other}"
                raise mismatch(node.place, message)
            kinds.append(kind)
        sides = [_as_types(side, kinds) for side in (left, right)]
        word = name if node.distinct else f"{name} ALL"
        return Output(f"({sides[0]}) {word} ({sides[1]})", left.names, tuple(kinds))

    def _ordered(self, output: Output, items: Sequence[tree.SortItem], around: Around) -> Output:
        """A query that is not a SELECT, ordered by its result columns."""
        columns = columns_of(output, "q")
        analyzer = self._analyzer(columns, around)
        context = Context("ORDER BY")
        keys = [
            (_position(item, len(columns)) or analyzer.analyze(item.value, context).sql)
            + direction(item)
            for item in items
        ]
        sql = f"select * from ({output.sql}) as q order by {', '.join(keys)}"  # noqa: S608 - quoted
        return replace(output, sql=sql)

    # SELECT

    def _select(
        self, node: tree.Select, order_by: Sequence[tree.SortItem], around: Around
    ) -> Output:
        source = ""
        columns: list[Field] = []
        if node.source is not None:
            source, columns = self._from(node.source, [], around)
            source = f" from {source}"
        analyzer = self._analyzer(columns, around)
        items = _expand(node, columns)
        where = f" where {analyzer.condition(node.where, Context('WHERE'))}" if node.where else ""
        written = [value for value, _ in items if not isinstance(value, Typed)]
        aggregated = calls((*written, node.having, *order_by), "aggregate")
        grouped, group_sql = None, ""
        if node.group_by:
            keys, group_sql = _group_by(node, written, analyzer)
            grouped = frozenset(keys)
        elif aggregated or node.having:
            grouped = frozenset()
        context = Context("SELECT", True, True, grouped, node.windows)
        values = [
            value if isinstance(value, Typed) else analyzer.analyze(value, context)
            for value, _ in items
        ]
        having = ""
        if node.having:
            inside = replace(context, clause="HAVING", windows=False)
            having = f" having {analyzer.condition(node.having, inside)}"
        names = tuple(name for _, name in items)
        named = [Field(name, (), value) for name, value in zip(names, values, strict=True) if name]
        others = [one for one in columns if one.name not in {field.name for field in named}]
        mixed = self._analyzer([*named, *others], around)
        inside = replace(context, clause="ORDER BY")
        keys = []
        for item in order_by:
            if position := _position(item, len(items)):
                keys.append(f"{position}{direction(item)}")
            # A constant does not order.
            elif has_names(item.value) or calls(item.value, "aggregate", "window"):
                sql = _order_key(item, named, analyzer, mixed, inside).sql
                if node.distinct and sql not in [value.sql for value in values]:
                    message = "For SELECT DISTINCT, ORDER BY expressions must appear in select list"
                    raise failure("EXPRESSION_NOT_IN_DISTINCT", item.place, message)
                keys.append(f"({sql}){direction(item)}")
        order = f" order by {', '.join(keys)}" if keys else ""
        windows = calls((*written, *order_by), "window")
        self.is_plain = self.is_plain and not (
            node.distinct or grouped is not None or windows or order_by
        )
        listed = ", ".join(f"{value.sql} as c{number}" for number, value in enumerate(values, 1))
        distinct = "distinct " if node.distinct else ""
        sql = f"select {distinct}{listed}{source}{where}{group_sql}{having}{order}"
        return Output(sql, names, tuple(value.type for value in values))


def _as_types(output: Output, kinds: Sequence[Type]) -> str:
    if output.types == tuple(kinds):
        return output.sql
    columns = ", ".join(
        f"{converted(column.value, wanted)} as c{number}"
        for number, (column, wanted) in enumerate(
            zip(columns_of(output, "q"), kinds, strict=True), 1
        )
    )
    return f"select {columns} from ({output.sql}) as q"  # noqa: S608 - quoted


def _position(item: tree.SortItem, count: int, clause: str = "ORDER BY") -> str | None:
    if not (isinstance(item.value, tree.Literal) and item.value.kind == "integer"):
        return None
    if not 1 <= int(item.value.text) <= count:
        message = f"{clause} position {item.value.text} is not in select list"
        raise failure("INVALID_COLUMN_REFERENCE", item.place, message)
    return item.value.text


def _expand(
    node: tree.Select, columns: Sequence[Field]
) -> list[tuple[tree.Expression | Typed, str | None]]:
    """The items with their names, after expansion of *, whose columns are already checked."""
    items: list[tuple[tree.Expression | Typed, str | None]] = []
    for item in node.items:
        if item.value is not None:
            implied = item.value.parts[-1] if isinstance(item.value, tree.Name) else None
            items.append((item.value, item.alias or implied))
            continue
        if node.source is None:
            message = "SELECT * not allowed in queries without FROM clause"
            raise failure("COLUMN_NOT_FOUND", item.place, message)
        chosen = [
            (one.value, one.name)
            for one in columns
            if item.star_of is None or one.qualifiers[-1:] == (item.star_of,)
        ]
        if not chosen:
            message = f"Unable to resolve reference {item.star_of}"
            raise failure("TABLE_NOT_FOUND", item.place, message)
        if node.group_by:
            raise not_here(item.place, "* in a grouped query")
        items += chosen
    return items


def _group_by(
    node: tree.Select, items: Sequence[tree.Expression], analyzer: Analyzer
) -> tuple[list[str], str]:
    """The SQL of all keys, and of the clause."""

    def key(expression: tree.Expression) -> str:
        item = tree.SortItem(expression.place, expression, False, False)
        if position := _position(item, len(items), "GROUP BY"):
            chosen = items[int(position) - 1]
            if calls(chosen, "aggregate", "window"):
                message = "GROUP BY position names an aggregation or a window function"
                raise failure("EXPRESSION_NOT_SCALAR", expression.place, message)
            expression = chosen
        return analyzer.analyze(expression, Context("GROUP BY")).sql

    keys: list[str] = []
    alternatives: list[list[tuple[str, ...]]] = []
    for kind, sets in node.group_by:
        written = [tuple(map(key, keys_of)) for keys_of in sets]
        keys += chain.from_iterable(written)
        alternatives.append(_grouping_sets(kind, written))
    sets_of_all = [
        tuple(dict.fromkeys(chain.from_iterable(choice))) for choice in product(*alternatives)
    ]
    if len(sets_of_all) > _MAXIMUM_GROUPING_SETS:
        raise failure("TOO_MANY_GROUPING_SETS", None, f"{len(sets_of_all)} grouping sets")
    if len(sets_of_all) == 1:
        # A constant would be a position.
        plain = ", ".join(f"({one})" for one in sets_of_all[0])
        return keys, f" group by {plain}" if plain else " group by ()"
    listed = ", ".join(f"({', '.join(one)})" for one in sets_of_all)
    return keys, f" group by grouping sets ({listed})"


def _grouping_sets(kind: str, written: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    counts = range(len(written), -1, -1)
    if kind == "rollup":
        choices = [written[:count] for count in counts]
    elif kind == "cube":
        choices = [chosen for count in counts for chosen in combinations(written, count)]
    else:
        return list(written)
    return [tuple(chain.from_iterable(choice)) for choice in choices]


def _order_key(
    item: tree.SortItem,
    named: Sequence[Field],
    analyzer: Analyzer,
    mixed: Analyzer,
    context: Context,
) -> Typed:
    """A key of ORDER BY; `mixed` also knows the names of the result, which come first."""
    same = {one.value.sql: one.value for one in named if _uses(item.value, one.name)}
    if isinstance(item.value, tree.Name) and len(item.value.parts) == 1 and same:
        if len(same) > 1:
            message = f"Column '{item.value.parts[0]}' is ambiguous"
            raise failure("AMBIGUOUS_NAME", item.place, message)
        return next(iter(same.values()))
    if not same:
        return analyzer.analyze(item.value, context)
    if calls(item.value, "aggregate"):
        raise not_here(item.place, "ORDER BY an aggregation of a name of the result")
    if context.grouped is not None:
        grouped = context.grouped | {one.value.sql for one in named}
        context = replace(context, grouped=grouped)
    return mixed.analyze(item.value, context)


def _uses(node: object, name: str | None) -> bool:
    if isinstance(node, tree.Name):
        return node.parts == (name,)
    return any(_uses(part, name) for part in parts(node))
