"""Function calls: scalar functions, aggregates and windows."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from local.standins.athena.sql.coded_functions import CLOCKS, CODED, clock_sql
from local.standins.athena.sql.errors import failure, not_here
from local.standins.athena.sql.functions import SIGNATURES, UNAVAILABLE, Signature
from local.standins.athena.sql.operators import (
    arithmetic,
    boolean,
    common,
    common_of,
    compare,
    concatenate,
    converted,
    unexpected_parameters,
)
from local.standins.athena.sql.scope import Context, Typed, calls
from local.standins.athena.sql.signatures import resolve, result_type, without_nan
from local.standins.athena.sql.tree import Call, Expression, Frame, Place, SortItem, Window
from local.standins.athena.sql.types import BIGINT, UNKNOWN, VARCHAR, common_type
from local.standins.database import literal


class CallAnalyzer:
    """Checks function calls; a subclass checks their arguments."""

    def __init__(self, now: datetime.datetime) -> None:
        self._now = now

    def analyze(self, node: Expression, context: Context) -> Typed:
        """Checks an expression."""
        raise NotImplementedError

    def condition(self, node: Expression, context: Context) -> str:
        """SQL of a boolean expression."""
        raise NotImplementedError

    def _call(self, node: Call, context: Context) -> Typed:
        special = self._SPECIAL.get(node.name)
        if special:
            return special(self, node, context)
        signatures = SIGNATURES.get(node.name)
        if signatures is None:
            if node.name in UNAVAILABLE:
                raise not_here(node.place, f"the function {node.name}")
            message = f"Function '{node.name}' not registered"
            raise failure("FUNCTION_NOT_FOUND", node.place, message)
        kind = signatures[0].kind
        if node.over is not None or kind == "window":
            return self._window_call(node, signatures, context)
        if kind == "aggregate":
            return self._aggregate(node, signatures, context)
        self._refuse_extras(node)
        values = [self.analyze(argument, context) for argument in node.arguments]
        if node.name == "concat_ws" and all(value.type == UNKNOWN for value in values[1:]):
            raise failure(
                "AMBIGUOUS_FUNCTION_CALL", node.place, "Explicit type casts must be added"
            )
        return self._called(signatures, values, node.name, node.place, node.arguments)

    def _called(
        self, signatures: list[Signature], values: list[Typed], name: str, place: Place,
        arguments: Sequence[Expression] = (),
    ) -> Typed:  # fmt: skip
        signature, values = resolve(signatures, values, name, place, arguments)
        values = without_nan(name, values)
        kind = result_type(signature, values)
        if signature.sql:
            every = ", ".join(value.sql for value in values)
            sql = signature.sql.format(*(value.sql for value in values), all=every)
            return Typed(f"cast({sql} as {kind.sql})", kind)
        if name in CLOCKS:
            return Typed(clock_sql(name, self._now), kind)
        return Typed(CODED[name](name, values, place), kind)

    def _refuse_extras(self, node: Call) -> None:
        if node.over is not None:
            raise failure("FUNCTION_NOT_WINDOW", node.place, f"Not a window function: {node.name}")
        if node.where is not None or node.distinct or node.order_by or node.star:
            message = f"DISTINCT, FILTER, ORDER BY and * are for aggregates, not {node.name}"
            raise failure("FUNCTION_NOT_AGGREGATE", node.place, message)

    def _arguments(
        self, node: Call, context: Context, at_least: int, at_most: int | None = None
    ) -> list[Typed]:
        self._refuse_extras(node)
        count = len(node.arguments)
        if count < at_least or (at_most is not None and count > at_most):
            needs = f"{at_least}" if at_least == at_most else f"{at_least} or more"
            if at_most and at_most != at_least:
                needs = f"{at_least} to {at_most}"
            message = f"The '{node.name}' function takes {needs} arguments, not {count}"
            raise failure("SYNTAX_ERROR", node.place, message)
        return [self.analyze(argument, context) for argument in node.arguments]

    def _coalesce(self, node: Call, context: Context) -> Typed:
        values = self._arguments(node, context, at_least=2)
        both = common_of(values, node.place, "All COALESCE operands must be the same type")
        return Typed(f"coalesce({', '.join(converted(one, both) for one in values)})", both)

    def _nullif(self, node: Call, context: Context) -> Typed:
        first, second = self._arguments(node, context, at_least=2, at_most=2)
        if common_type(first.type, second.type) is None:
            message = f"Types are not comparable with NULLIF: {first.type} vs {second.type}"
            raise failure("TYPE_MISMATCH", node.place, message)
        same = compare("=", first, second, node.place)
        return Typed(f"(case when {same} then null else {first.sql} end)", first.type)

    def _if(self, node: Call, context: Context) -> Typed:
        condition, *results = self._arguments(node, context, at_least=2, at_most=3)
        message = f"IF condition must evaluate to a boolean (actual: {condition.type})"
        test = boolean(condition, node.arguments[0].place, message)
        both = common([result.type for result in results])
        if both is None:
            message = (
                f"Result types for IF must be the same: {results[0].type} vs {results[1].type}"
            )
            raise failure("TYPE_MISMATCH", node.place, message)
        first, *others = (converted(result, both) for result in results)
        return Typed(f"(case when {test} then {first} else {(*others, 'null')[0]} end)", both)

    def _try(self, node: Call, context: Context) -> Typed:
        (value,) = self._arguments(node, context, at_least=1, at_most=1)
        if calls(node.arguments[0], "aggregate", "window"):
            raise not_here(node.place, "TRY of an aggregate or a window function")
        return Typed(f"try({value.sql})", value.type)

    def _typeof(self, node: Call, context: Context) -> Typed:
        (value,) = self._arguments(node, context, at_least=1, at_most=1)
        if value.type.is_text or value.type.base == "array":
            raise not_here(node.place, "typeof of a text or an array, whose length is not kept")
        return Typed(literal(str(value.type)), VARCHAR)

    def _mod(self, node: Call, context: Context) -> Typed:
        left, right = self._arguments(node, context, at_least=2, at_most=2)
        return arithmetic("%", left, right, node.place)

    def _concat(self, node: Call, context: Context) -> Typed:
        values = self._arguments(node, context, at_least=0)
        return concatenate(values, node.place)

    def _aggregate(self, node: Call, signatures: list[Signature], context: Context) -> Typed:
        if not context.aggregates:
            raise failure(
                "EXPRESSION_NOT_SCALAR", node.place,
                f"{context.clause} clause cannot contain aggregations, window functions or "
                f"grouping operations: [{node.name}]",
            )  # fmt: skip
        for argument in node.arguments:
            if calls(argument, "aggregate"):
                raise failure(
                    "NESTED_AGGREGATION", node.place,
                    f"Cannot nest aggregations inside aggregation '{node.name}'",
                )  # fmt: skip
        return self._aggregated(node, signatures, Context(f"{node.name}'s"), "")

    def _aggregated(
        self, node: Call, signatures: list[Signature], inside: Context, over: str
    ) -> Typed:
        """Checks an aggregate; `over` is its window's SQL, if any."""
        where = f" filter (where {self.condition(node.where, inside)})" if node.where else ""
        after = where + over
        if node.name == "count" and not node.arguments:
            return Typed(f"count(*){after}", BIGINT)
        values = [self.analyze(argument, inside) for argument in node.arguments]
        if node.star:
            raise unexpected_parameters(node.name, values, node.place, map(str, signatures))
        signature, values = resolve(signatures, values, node.name, node.place, node.arguments)
        values = without_nan(node.name, values)
        kind = result_type(signature, values)
        distinct = "distinct " if node.distinct else ""
        order = f" {self.order_sql(node.order_by, inside)}" if node.order_by else ""
        if node.name == "avg" and values[0].type.base == "decimal":
            inner = f"{distinct}{values[0].sql}"
            total, count = f"sum({inner}){after}", f"count({inner}){after}"
            scaled = f"trino.scaled(trino.divide_sum({total}, {count}), {kind.scale})"
            return Typed(f"cast({scaled} as {kind.sql})", kind)
        head, _, tail = signature.sql.partition("{0}")
        sql = (head + distinct + "{0}" + tail).format(*(value.sql for value in values))
        if order:
            sql = f"{sql[:-1]}{order})"
        return Typed(f"cast({sql}{after} as {kind.sql})", kind)

    def _window_call(self, node: Call, signatures: list[Signature], context: Context) -> Typed:
        kind = signatures[0].kind
        if node.over is None:
            message = f"Window function {node.name} requires an OVER clause"
            raise failure("MISSING_OVER", node.place, message)
        if kind == "scalar":
            raise failure("FUNCTION_NOT_WINDOW", node.place, f"Not a window function: {node.name}")
        if not context.windows:
            raise failure(
                "EXPRESSION_NOT_SCALAR", node.place,
                f"{context.clause} clause cannot contain aggregations, window functions or "
                f"grouping operations: [{node.name}]",
            )  # fmt: skip
        if node.distinct or node.order_by:
            raise not_here(node.place, "DISTINCT or ORDER BY in a window function")
        inside = Context("window's", context.aggregates, False, context.grouped)
        over = f" over {self._window_sql(node.over, inside, context)}"
        if kind == "aggregate":
            if node.ignore_nulls:
                raise failure("SYNTAX_ERROR", node.place, "IGNORE NULLS is for window functions")
            return self._aggregated(node, signatures, inside, over)
        if node.where is not None:
            raise failure("FUNCTION_NOT_AGGREGATE", node.place, "Filter is only for aggregates")
        values = [self.analyze(argument, inside) for argument in node.arguments]
        signature, values = resolve(signatures, values, node.name, node.place, node.arguments)
        result = result_type(signature, values)
        sql = signature.sql.format(*(value.sql for value in values))
        if node.ignore_nulls:
            sql = f"{sql[:-1]} ignore nulls)"
        return Typed(f"cast({sql}{over} as {result.sql})", result)

    def _window_sql(self, window: Window, inside: Context, context: Context) -> str:
        partition_by, order_by, frame = window.partition_by, window.order_by, window.frame
        if window.base is not None:
            named = dict(context.named_windows).get(window.base)
            if named is None:
                message = f"Cannot resolve WINDOW name {window.base}"
                raise failure("INVALID_WINDOW_REFERENCE", window.place, message)
            if named.base is not None or (partition_by or order_by or frame):
                raise not_here(window.place, "a window that extends another")
            partition_by, order_by, frame = named.partition_by, named.order_by, named.frame
        parts = []
        if partition_by:
            keys = ", ".join(self.analyze(key, inside).sql for key in partition_by)
            parts.append(f"partition by {keys}")
        if order_by:
            parts.append(self.order_sql(order_by, inside))
        if frame:
            parts.append(_frame_sql(frame))
        return f"({' '.join(parts)})"

    def order_sql(self, items: Sequence[SortItem], context: Context) -> str:
        """SQL of ORDER BY; nulls come last by default."""
        keys = ", ".join(self.analyze(item.value, context).sql + direction(item) for item in items)
        return f"order by {keys}"

    _SPECIAL = {  # noqa: RUF012
        "coalesce": _coalesce, "nullif": _nullif, "if": _if, "try": _try, "typeof": _typeof,
        "mod": _mod, "concat": _concat,
    }  # fmt: skip


def _frame_sql(frame: Frame) -> str:
    """SQL of a window's frame."""
    numbers = any(bound and bound[0].isdigit() for bound in (frame.start, frame.end))
    if frame.kind != "rows" and numbers:
        raise not_here(frame.place, f"{frame.kind.upper()} with a number")
    end = f"between {frame.start} and {frame.end}" if frame.end else frame.start
    return f"{frame.kind} {end}"


def direction(item: SortItem) -> str:
    """SQL of the direction of a key of ORDER BY."""
    way = "desc" if item.descending else "asc"
    return f" {way} nulls {'first' if item.nulls_first else 'last'}"
