"""Checks the types of expressions by Trino's rules, and translates them to DuckDB's SQL."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence

from local.standins.athena.sql import tree
from local.standins.athena.sql.casts import cast_sql
from local.standins.athena.sql.coded_functions import CLOCKS, CODED, clock_sql
from local.standins.athena.sql.errors import failure, mismatch, not_here
from local.standins.athena.sql.functions import SIGNATURES, UNAVAILABLE, Signature
from local.standins.athena.sql.literals import (
    integer_literal,
    interval_literal,
    named_type,
    plain_literal,
    typed_literal,
)
from local.standins.athena.sql.operators import (
    boolean,
    common_of,
    compare,
    converted,
    operation,
    unexpected_parameters,
)
from local.standins.athena.sql.scope import Context, Output, Scope, Typed, calls, has_names
from local.standins.athena.sql.signatures import resolve
from local.standins.athena.sql.special_forms import SPECIAL_FORMS, special_form
from local.standins.athena.sql.types import BIGINT, BOOLEAN, UNKNOWN, VARCHAR, Type, common_type
from local.standins.database import literal
from local.standins.errors import UserError

_EXTRACT_UNITS = (
    "year", "quarter", "month", "week", "day", "day_of_month", "day_of_week", "dow", "day_of_year",
    "doy", "year_of_week", "yow", "hour", "minute", "second",
)  # fmt: skip


class Analyzer:
    """Checks the expressions of a query."""

    def __init__(
        self, scope: Scope, subquery: Callable[[tree.Query], Output], now: datetime.datetime
    ) -> None:
        self._scope = scope
        self._subquery = subquery
        self._now = now

    def analyze(self, node: tree.Expression, context: Context) -> Typed:
        """Checks an expression.

        Raises:
            UserError: Athena would refuse it, or it is not supported here.
        """
        if context.grouped is not None and not calls(node, "aggregate", "window"):
            return self._grouped(node, context, context.grouped)
        return self._dispatch(node, context)

    def condition(self, node: tree.Expression, context: Context) -> str:
        """SQL of a boolean expression."""
        value = self.analyze(node, context)
        message = f"{context.clause} clause must evaluate to a boolean: actual type {value.type}"
        return boolean(value, node.place, message)

    def order_sql(self, items: Sequence[tree.SortItem], context: Context) -> str:
        """SQL of ORDER BY; nulls come last by default."""
        keys = ", ".join(self.analyze(item.value, context).sql + direction(item) for item in items)
        return f"order by {keys}"

    def _grouped(self, node: tree.Expression, context: Context, grouped: frozenset[str]) -> Typed:
        plain = Context(context.clause)
        value = self._dispatch(node, plain)
        if value.sql in grouped or not has_names(node):
            return value
        if isinstance(node, tree.Name):
            if not any(field.value == value for field in self._scope.columns):
                return value  # of the outer query
            raise failure(
                "EXPRESSION_NOT_AGGREGATE", node.place,
                f"'{'.'.join(node.parts)}' must be an aggregate expression or appear in GROUP BY "
                "clause",
            )  # fmt: skip
        return self._dispatch(node, context)

    def _dispatch(self, node: tree.Expression, context: Context) -> Typed:
        match node:
            case tree.Literal():
                return plain_literal(node)
            case tree.TypedLiteral():
                return typed_literal(node)
            case tree.IntervalLiteral():
                return interval_literal(node)
            case tree.Name():
                return self._scope.find(node)
            case tree.Operation(operator="-", operands=(tree.Literal(kind="integer", text=text),)):
                return integer_literal(-int(text), node.place)
            case tree.Operation():
                return operation(node, [self.analyze(one, context) for one in node.operands])
            case tree.InQuery():
                return self._in_query(node, context)
            case tree.Exists():
                return Typed(f"exists ({self._subquery(node.query).sql})", BOOLEAN)
            case tree.QueryValue():
                return self._query_value(node)
            case tree.Like():
                return self._like(node, context)
            case tree.Case():
                return self._case(node, context)
            case tree.Cast():
                return self._cast(node, context)
            case tree.Extract():
                return self._extract(node, context)
            case tree.Call():
                return self._call(node, context)
        raise not_here(node.place, type(node).__name__)

    def _in_query(self, node: tree.InQuery, context: Context) -> Typed:
        value = self.analyze(node.value, context)
        output = self._subquery(node.query)
        if len(output.types) != 1:
            raise mismatch(node.place, "the subquery must have one column")
        given = output.types[0]
        both = common_type(value.type, given)
        if both is None:
            what = "Value expression and result of subquery must be of the same type"
            raise mismatch(node.place, f"{what}: {value.type} vs {given}")
        if both.is_float:
            raise not_here(node.place, f"IN (query) of {both}")
        column = converted(Typed('"c1"', given), both)
        rows = f"(select {column} from ({output.sql}) as q)"  # noqa: S608 - quoted
        return Typed(f"({converted(value, both)} in {rows})", BOOLEAN)

    def _query_value(self, node: tree.QueryValue) -> Typed:
        output = self._subquery(node.query)
        if len(output.types) != 1:
            raise not_here(node.place, "a subquery of more than one column as a value")
        return Typed(f"({output.sql})", output.types[0])

    def _like(self, node: tree.Like, context: Context) -> Typed:
        value, pattern = self.analyze(node.value, context), self.analyze(node.pattern, context)
        for side, part, name in (
            (value, node.value, "Left side of"), (pattern, node.pattern, "Pattern for"),
        ):  # fmt: skip
            if not side.type.is_text and side.type != UNKNOWN:
                message = f"{name} LIKE expression must evaluate to a varchar (actual: {side.type})"
                raise mismatch(part.place, message)
        sql = f"{converted(value, VARCHAR)} like {converted(pattern, VARCHAR)}"
        escape = f" escape {_escape_sql(node, node.escape)}" if node.escape else ""
        return Typed(f"({sql}{escape})", BOOLEAN)

    def _case(self, node: tree.Case, context: Context) -> Typed:
        operand = self.analyze(node.operand, context) if node.operand else None
        conditions = []
        for condition, _ in node.branches:
            value = self.analyze(condition, context)
            if operand is None:
                message = f"CASE WHEN clause must evaluate to a boolean (actual: {value.type})"
                conditions.append(boolean(value, condition.place, message))
                continue
            if common_type(operand.type, value.type) is None:
                what = "CASE operand type does not match WHEN clause operand type"
                raise mismatch(condition.place, f"{what}: {operand.type} vs {value.type}")
            conditions.append(compare("=", operand, value, condition.place))
        results = [self.analyze(result, context) for _, result in node.branches]
        otherwise = [self.analyze(node.otherwise, context)] if node.otherwise else []
        what = "All CASE results must be the same type"
        both = common_of([*results, *otherwise], node.place, what)
        branches = " ".join(
            f"when {condition} then {converted(result, both)}"
            for condition, result in zip(conditions, results, strict=True)
        )
        last = "".join(f" else {converted(value, both)}" for value in otherwise)
        return Typed(f"(case {branches}{last} end)", both)

    def _cast(self, node: tree.Cast, context: Context) -> Typed:
        wanted = named_type(node.type_name, node.place)
        value = self.analyze(node.value, context)
        sql = cast_sql(value.sql, value.type, wanted)
        if sql is None and value.type == Type("char"):
            raise not_here(node.place, "a cast of a char whose length is not known")
        if sql is None:
            raise mismatch(node.place, f"Cannot cast {value.type} to {wanted}")
        kept = VARCHAR if wanted.base == "varchar" else wanted
        return Typed(f"try({sql})" if node.safe else f"({sql})", kept)

    def _extract(self, node: tree.Extract, context: Context) -> Typed:
        if node.unit not in _EXTRACT_UNITS:
            raise failure("SYNTAX_ERROR", node.place, f"Invalid EXTRACT field: {node.unit}")
        value = self.analyze(node.value, context)
        if value.type.base == "date" and node.unit in ("hour", "minute", "second"):
            raise mismatch(node.value.place, f"Cannot extract {node.unit.upper()} from date")
        return self._called(SIGNATURES[node.unit], [value], node.place)

    # Function calls

    def _call(self, node: tree.Call, context: Context) -> Typed:
        if node.name in SPECIAL_FORMS:
            _refuse_extras(node)
            return special_form(node, lambda argument: self.analyze(argument, context))
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
        _refuse_extras(node)
        values = [self.analyze(argument, context) for argument in node.arguments]
        if node.name == "concat_ws" and all(value.type == UNKNOWN for value in values[1:]):
            message = "Explicit type casts must be added"
            raise failure("AMBIGUOUS_FUNCTION_CALL", node.place, message)
        return self._called(signatures, values, node.place, node.arguments)

    def _called(
        self, signatures: list[Signature], values: list[Typed], place: tree.Place,
        arguments: Sequence[tree.Expression] = (),
    ) -> Typed:  # fmt: skip
        signature, values, kind = resolve(signatures, values, place, arguments)
        if signature.sql:
            every = ", ".join(value.sql for value in values)
            sql = signature.sql.format(*(value.sql for value in values), all=every)
            return Typed(f"cast({sql} as {kind.sql})", kind)
        if signature.name in CLOCKS:
            return Typed(clock_sql(signature.name, self._now), kind)
        return Typed(CODED[signature.name](signature.name, values, place), kind)

    def _aggregate(self, node: tree.Call, signatures: list[Signature], context: Context) -> Typed:
        if not context.aggregates:
            raise _not_scalar(node, context)
        if any(calls(argument, "aggregate") for argument in node.arguments):
            message = f"Cannot nest aggregations inside aggregation '{node.name}'"
            raise failure("NESTED_AGGREGATION", node.place, message)
        return self._aggregated(node, signatures, Context(f"{node.name}'s"), "")

    def _aggregated(
        self, node: tree.Call, signatures: list[Signature], inside: Context, over: str
    ) -> Typed:
        """Checks an aggregate; `over` is its window's SQL, if any."""
        where = f" filter (where {self.condition(node.where, inside)})" if node.where else ""
        after = where + over
        if node.name == "count" and not node.arguments:
            return Typed(f"count(*){after}", BIGINT)
        values = [self.analyze(argument, inside) for argument in node.arguments]
        if node.star:
            raise unexpected_parameters(node.name, values, node.place, map(str, signatures))
        signature, values, kind = resolve(signatures, values, node.place, node.arguments)
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

    def _window_call(self, node: tree.Call, signatures: list[Signature], context: Context) -> Typed:
        kind = signatures[0].kind
        if node.over is None:
            message = f"Window function {node.name} requires an OVER clause"
            raise failure("MISSING_OVER", node.place, message)
        if kind == "scalar":
            raise _not_a_window_function(node)
        if not context.windows:
            raise _not_scalar(node, context)
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
        signature, values, result = resolve(signatures, values, node.place, node.arguments)
        sql = signature.sql.format(*(value.sql for value in values))
        if node.ignore_nulls:
            sql = f"{sql[:-1]} ignore nulls)"
        return Typed(f"cast({sql}{over} as {result.sql})", result)

    def _window_sql(self, window: tree.Window, inside: Context, context: Context) -> str:
        if window.base is not None:
            named = dict(context.named_windows).get(window.base)
            if named is None:
                message = f"Cannot resolve WINDOW name {window.base}"
                raise failure("INVALID_WINDOW_REFERENCE", window.place, message)
            if named.base or window.partition_by or window.order_by or window.frame:
                raise not_here(window.place, "a window that extends another")
            window = named
        parts = []
        if window.partition_by:
            keys = ", ".join(self.analyze(key, inside).sql for key in window.partition_by)
            parts.append(f"partition by {keys}")
        if window.order_by:
            parts.append(self.order_sql(window.order_by, inside))
        if window.frame:
            parts.append(_frame_sql(window.frame))
        return f"({' '.join(parts)})"


def direction(item: tree.SortItem) -> str:
    """SQL of the direction of a key of ORDER BY."""
    way = "desc" if item.descending else "asc"
    return f" {way} nulls {'first' if item.nulls_first else 'last'}"


def _escape_sql(node: tree.Like, escape: tree.Expression) -> str:
    """SQL of the character after ESCAPE; checks the pattern."""
    if not (isinstance(escape, tree.Literal) and escape.kind == "string"):
        raise not_here(escape.place, "ESCAPE with a column")
    if len(escape.text) != 1:
        message = "Escape string must be a single character"
        raise failure("INVALID_FUNCTION_ARGUMENT", escape.place, message)
    if not (isinstance(node.pattern, tree.Literal) and node.pattern.kind == "string"):
        raise not_here(node.place, "LIKE with ESCAPE and a column as its pattern")
    one = re.escape(escape.text)
    if not re.fullmatch(rf"(?:[^{one}]|{one}[%_{one}])*", node.pattern.text, re.DOTALL):
        message = "Escape character must be followed by '%', '_' or the escape character itself"
        raise failure("INVALID_FUNCTION_ARGUMENT", node.pattern.place, message)
    return literal(escape.text)


def _refuse_extras(node: tree.Call) -> None:
    if node.over is not None:
        raise _not_a_window_function(node)
    if node.where is not None or node.distinct or node.order_by or node.star:
        message = f"DISTINCT, FILTER, ORDER BY and * are for aggregates, not {node.name}"
        raise failure("FUNCTION_NOT_AGGREGATE", node.place, message)


def _not_a_window_function(node: tree.Call) -> UserError:
    return failure("FUNCTION_NOT_WINDOW", node.place, f"Not a window function: {node.name}")


def _not_scalar(node: tree.Call, context: Context) -> UserError:
    return failure(
        "EXPRESSION_NOT_SCALAR", node.place,
        f"{context.clause} clause cannot contain aggregations, window functions or grouping "
        f"operations: [{node.name}]",
    )  # fmt: skip


def _frame_sql(frame: tree.Frame) -> str:
    """SQL of a window's frame."""
    numbers = any(bound and bound[0].isdigit() for bound in (frame.start, frame.end))
    if frame.kind != "rows" and numbers:
        raise not_here(frame.place, f"{frame.kind.upper()} with a number")
    end = f"between {frame.start} and {frame.end}" if frame.end else frame.start
    return f"{frame.kind} {end}"
