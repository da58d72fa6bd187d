"""Expressions: their types by Trino's rules, and their SQL in DuckDB."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence

from local.standins.athena.sql.casts import cast_sql
from local.standins.athena.sql.errors import failure, not_here
from local.standins.athena.sql.functions import RESULTS, SIGNATURES, UNAVAILABLE, Signature
from local.standins.athena.sql.literals import (
    MILLISECONDS,
    MONTHS_OF,
    decimal_literal,
    integer_literal,
    interval_literal,
    moment_literal,
)  # fmt: skip
from local.standins.athena.sql.operators import (
    WEEK,
    compare_floats,
    date_diff,
    decimal_arithmetic,
    escape_sql,
    frame_sql,
    regexp_extract,
    shifted,
)  # fmt: skip
from local.standins.athena.sql.patterns import (
    date_format_sql,
    date_parse_sql,
    groups,
    has_end_anchor,
    may_match_nothing,
    pattern_sql,
    replacement_sql,
)  # fmt: skip
from local.standins.athena.sql.scope import Context, Scope, Typed, calls, has_names
from local.standins.athena.sql.tree import (
    ArrayOf,
    Between,
    Binary,
    Call,
    Case,
    Cast,
    Comparison,
    Exists,
    Expression,
    Extract,
    InList,
    InQuery,
    IntervalLiteral,
    IsNull,
    Like,
    Literal,
    Name,
    Place,
    Query,
    QueryValue,
    SortItem,
    Subscript,
    TypedLiteral,
    Unary,
    Window,
)  # fmt: skip
from local.standins.athena.sql.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DAYS,
    DOUBLE,
    MONTHS,
    UNKNOWN,
    VARCHAR,
    Type,
    array,
    common_type,
    converts,
    parse_type,
)  # fmt: skip
from local.standins.database import literal

_DATE_UNITS = ("day", "week", "month", "quarter", "year")
_TIME_UNITS = ("millisecond", "second", "minute", "hour", *_DATE_UNITS)
_EXTRACT_UNITS = (
    "year", "quarter", "month", "week", "day", "day_of_month", "day_of_week", "dow", "day_of_year",
    "doy", "year_of_week", "yow", "hour", "minute", "second",
)  # fmt: skip
_INTERVAL_TYPES = {DAYS: "to_milliseconds", MONTHS: "to_months"}
# Of floats these see NaN in another order from version to version of Trino.
_ORDER_NUMBERS = ("min", "max", "greatest", "least", "min_by", "max_by")


Subquery = Callable[[Query, Scope], tuple[str, list[Type]]]


class Analyzer:
    """Checks the expressions of one query."""

    def __init__(self, scope: Scope, subquery: Subquery, now: datetime.datetime) -> None:
        """Takes the columns in sight, what checks a query in an expression, and the time."""
        self._scope = scope
        self._subquery = subquery
        self._now = now

    def analyze(self, node: Expression, context: Context) -> Typed:
        """The checked expression.

        Raises:
            ValueError: Athena would refuse it, or it is not available here.
        """
        if context.grouped is not None and not calls(node, "aggregate", "window"):
            return self._grouped(node, context, context.grouped)
        return self._dispatch(node, context)

    def condition(self, node: Expression, context: Context) -> str:
        """SQL of an expression that must be boolean."""
        value = self.analyze(node, context)
        message = f"{context.clause} clause must evaluate to a boolean: actual type {value.type}"
        return self._boolean(value, node.place, message)

    def _grouped(self, node: Expression, context: Context, grouped: frozenset[str]) -> Typed:
        plain = Context(context.clause)
        value = self._dispatch(node, plain)
        if value.sql in grouped or not has_names(node):
            return value
        if isinstance(node, Name):
            if not any(field.value == value for field in self._scope.columns):
                return value  # of the query around this one
            raise failure(
                "EXPRESSION_NOT_AGGREGATE", node.place,
                f"'{'.'.join(node.parts)}' must be an aggregate expression or appear in GROUP BY "
                "clause",
            )  # fmt: skip
        return self._dispatch(node, context)

    def _dispatch(self, node: Expression, context: Context) -> Typed:
        for kind, method in self._METHODS:
            if isinstance(node, kind):
                return method(self, node, context)
        raise not_here(node.place, type(node).__name__)

    def _boolean(self, value: Typed, place: Place, message: str) -> str:
        if value.type.base not in ("boolean", "unknown"):
            raise failure("TYPE_MISMATCH", place, message)
        return value.sql if value.type == BOOLEAN else f"cast({value.sql} as boolean)"

    # Constants and columns

    def _literal(self, node: Literal, _: Context) -> Typed:
        if node.kind == "string":
            return Typed(literal(node.text), VARCHAR)
        if node.kind == "boolean":
            return Typed(node.text, BOOLEAN)
        if node.kind == "null":
            return Typed("null", UNKNOWN)
        if node.kind == "double":
            return Typed(f"cast('{node.text}' as double)", DOUBLE, constant=True)
        if node.kind == "decimal":
            return decimal_literal(node.text, node.place)
        return integer_literal(int(node.text), node.place)

    def _typed_literal(self, node: TypedLiteral, _: Context) -> Typed:
        name, text = node.type_name, node.text
        if name == "decimal":
            return decimal_literal(text.strip(), node.place)
        if name in ("date", "timestamp"):
            return moment_literal(node)
        kind = Type("char", len(text)) if name == "char" else self._type(name, node.place)
        value = cast_sql(literal(text), VARCHAR, kind)
        return Typed(f"({value})", kind)

    def _interval(self, node: IntervalLiteral, _: Context) -> Typed:
        return interval_literal(node)

    def _name(self, node: Name, _: Context) -> Typed:
        return self._scope.find(node)

    def _type(self, name: str, place: Place) -> Type:
        try:
            kind = parse_type(name)
        except ValueError as error:
            raise failure("NOT_SUPPORTED", place, str(error)) from None
        if kind is None:
            raise failure("TYPE_MISMATCH", place, f"Unknown type: {name}")
        return kind

    # Operators

    def _unary(self, node: Unary, context: Context) -> Typed:
        operand = node.operand
        if node.operator == "-" and isinstance(operand, Literal) and operand.kind == "integer":
            return integer_literal(-int(operand.text), node.place)
        value = self.analyze(operand, context)
        if node.operator == "not":
            message = (
                f"Value of logical NOT expression must evaluate to a boolean (actual: {value.type})"
            )
            return Typed(f"(not {self._boolean(value, operand.place, message)})", BOOLEAN)
        if not value.type.is_number and value.type not in _INTERVAL_TYPES:
            raise failure("TYPE_MISMATCH", node.place, f"Cannot negate {value.type}")
        return (
            value if node.operator == "+" else Typed(f"(-{value.sql})", value.type, value.constant)
        )

    def _binary(self, node: Binary, context: Context) -> Typed:
        left, right = self.analyze(node.left, context), self.analyze(node.right, context)
        if node.operator in ("and", "or"):
            sides = [
                self._boolean(
                    side, part.place,
                    f"Logical expression term must evaluate to a boolean (actual: {side.type})",
                )
                for side, part in ((left, node.left), (right, node.right))
            ]  # fmt: skip
            return Typed(f"({sides[0]} {node.operator} {sides[1]})", BOOLEAN)
        if node.operator == "||":
            return self._concatenate([left, right], node.place)
        return self.arithmetic(node.operator, left, right, node.place)

    def _concatenate(self, values: list[Typed], place: Place) -> Typed:
        if len(values) < 2:
            message = "There must be two or more concatenation arguments"
            raise failure("INVALID_FUNCTION_ARGUMENT", place, message)
        if any(value.type.base in ("array", "char") for value in values):
            raise not_here(place, "|| of arrays and chars")
        if any(value.type == UNKNOWN for value in values):
            raise not_here(place, "|| of a null without a type")
        if any(value.type.base != "varchar" for value in values):
            raise self._unexpected_parameters("concat", values, place, ["concat(varchar...)"])
        parts = (self.converted(value, VARCHAR) for value in values)
        return Typed(f"({' || '.join(parts)})", VARCHAR)

    def arithmetic(self, operator: str, left: Typed, right: Typed, place: Place) -> Typed:
        """The checked sum, difference, product, quotient or remainder."""
        if left.type == UNKNOWN and right.type == UNKNOWN:
            raise failure("AMBIGUOUS_FUNCTION_CALL", place, "Explicit type casts must be added")
        moment = self._moment_arithmetic(operator, left, right, place)
        if moment:
            return moment
        both = common_type(left.type, right.type)
        if both is None or not both.is_number:
            raise failure(
                "TYPE_MISMATCH", place,
                f"Cannot apply operator: {left.type} {operator} {right.type}; use CAST",
            )  # fmt: skip
        if both.base == "decimal":
            return decimal_arithmetic(operator, left, right)
        one, other = self.converted(left, both), self.converted(right, both)
        if both.is_integer and operator in "/%":
            macro = "divide" if operator == "/" else "modulo"
            return Typed(f"trino.{macro}({one}, {other})", both)
        return Typed(f"({one} {operator} {other})", both)

    def _moment_arithmetic(
        self, operator: str, left: Typed, right: Typed, place: Place
    ) -> Typed | None:
        moments = ("date", "timestamp", "timestamp with time zone")
        if operator == "+" and left.type in _INTERVAL_TYPES and right.type.base in moments:
            left, right = right, left
        if operator in "+-" and left.type.base in moments and right.type in _INTERVAL_TYPES:
            return shifted(left, right, operator)
        if operator == "-" and left.type.base in moments and right.type.base in moments:
            both = common_type(left.type, right.type)
            one, other = (f"cast({side.sql} as timestamp)" for side in (left, right))
            milliseconds = f"(trino.milliseconds({one}) - trino.milliseconds({other}))"
            return Typed(milliseconds, DAYS) if both else None
        intervals = left.type in _INTERVAL_TYPES and left.type == right.type
        if operator in "+-" and intervals:
            return Typed(f"({left.sql} {operator} {right.sql})", left.type)
        if operator == "*" and left.type.is_integer and right.type in _INTERVAL_TYPES:
            left, right = right, left
        if operator == "*" and left.type in _INTERVAL_TYPES and right.type.is_integer:
            return Typed(f"({left.sql} * {right.sql})", left.type)
        if operator in "*/" and (left.type in _INTERVAL_TYPES or right.type in _INTERVAL_TYPES):
            raise not_here(place, f"{left.type} {operator} {right.type}")
        return None

    def converted(self, value: Typed, wanted: Type) -> str:
        """SQL of a value as another type, to which it converts."""
        if value.type == wanted or value.type.base == wanted.base == "varchar":
            return value.sql
        sql = cast_sql(value.sql, value.type, wanted)
        return sql if sql is not None else value.sql

    # Predicates

    def _comparison(self, node: Comparison, context: Context) -> Typed:
        left, right = self.analyze(node.left, context), self.analyze(node.right, context)
        if node.operator in ("distinct", "not distinct"):
            both = common_type(left.type, right.type)
            if both is None:
                message = f"Cannot check if {left.type} is distinct from {right.type}"
                raise failure("TYPE_MISMATCH", node.place, message)
            word = "is distinct from" if node.operator == "distinct" else "is not distinct from"
            sides = (self.converted(left, both), self.converted(right, both))
            return Typed(f"({sides[0]} {word} {sides[1]})", BOOLEAN)
        return Typed(self.compare(node.operator, left, right, node.place), BOOLEAN)

    def compare(self, operator: str, left: Typed, right: Typed, place: Place) -> str:
        """SQL of a comparison."""
        both = common_type(left.type, right.type)
        if both is None:
            raise failure(
                "TYPE_MISMATCH", place,
                f"Cannot apply operator: {left.type} {operator} {right.type}; use CAST",
            )  # fmt: skip
        one, other = self.converted(left, both), self.converted(right, both)
        if not both.is_float:
            return f"({one} {operator} {other})"
        sides = (Typed(one, both, left.constant), Typed(other, both, right.constant))
        return compare_floats(operator, *sides)

    def _between(self, node: Between, context: Context) -> Typed:
        value, lower, upper = (
            self.analyze(part, context) for part in (node.value, node.lower, node.upper)
        )
        kinds = (value.type, lower.type, upper.type)
        if _common(kinds) is None:
            message = f"Cannot check if {kinds[0]} is BETWEEN {kinds[1]} and {kinds[2]}"
            raise failure("TYPE_MISMATCH", node.place, message)
        over = self.compare(">=", value, lower, node.place)
        under = self.compare("<=", value, upper, node.place)
        return Typed(f"({over} and {under})", BOOLEAN)

    def _in_list(self, node: InList, context: Context) -> Typed:
        value = self.analyze(node.value, context)
        items = [self.analyze(item, context) for item in node.items]
        both = self._common_of(
            [value, *items], node.place, "IN value and list items must be the same type"
        )
        if both.is_float:
            tests = [self.compare("=", value, item, node.place) for item in items]
            return Typed(f"({' or '.join(tests)})", BOOLEAN)
        listed = ", ".join(self.converted(item, both) for item in items)
        return Typed(f"({self.converted(value, both)} in ({listed}))", BOOLEAN)

    def _in_query(self, node: InQuery, context: Context) -> Typed:
        value = self.analyze(node.value, context)
        sql, kinds = self._subquery(node.query, self._scope)
        if len(kinds) != 1:
            raise failure("TYPE_MISMATCH", node.place, "the subquery must have one column")
        both = common_type(value.type, kinds[0])
        if both is None:
            raise failure(
                "TYPE_MISMATCH", node.place,
                "Value expression and result of subquery must be of the same type: "
                f"{value.type} vs {kinds[0]}",
            )  # fmt: skip
        if both.is_float:
            raise not_here(node.place, f"IN (query) of {both}")
        column = self.converted(Typed('"c1"', kinds[0]), both)
        rows = f"(select {column} from ({sql}) as q)"  # noqa: S608 - quoted
        return Typed(f"({self.converted(value, both)} in {rows})", BOOLEAN)

    def _exists(self, node: Exists, _: Context) -> Typed:
        sql, _kinds = self._subquery(node.query, self._scope)
        return Typed(f"exists ({sql})", BOOLEAN)

    def _query_value(self, node: QueryValue, _: Context) -> Typed:
        sql, kinds = self._subquery(node.query, self._scope)
        if len(kinds) != 1:
            raise not_here(node.place, "a subquery of more than one column as a value")
        return Typed(f"({sql})", kinds[0])

    def _like(self, node: Like, context: Context) -> Typed:
        value, pattern = self.analyze(node.value, context), self.analyze(node.pattern, context)
        for side, part, name in (
            (value, node.value, "Left side of"), (pattern, node.pattern, "Pattern for"),
        ):  # fmt: skip
            if not side.type.is_text and side.type != UNKNOWN:
                message = f"{name} LIKE expression must evaluate to a varchar (actual: {side.type})"
                raise failure("TYPE_MISMATCH", part.place, message)
        sql = f"{self.converted(value, VARCHAR)} like {self.converted(pattern, VARCHAR)}"
        if node.escape is None:
            return Typed(f"({sql})", BOOLEAN)
        return Typed(f"({sql} escape {escape_sql(node, node.escape)})", BOOLEAN)

    def _is_null(self, node: IsNull, context: Context) -> Typed:
        return Typed(f"({self.analyze(node.value, context).sql} is null)", BOOLEAN)

    # Conditions

    def _common_of(self, values: Iterable[Typed], place: Place, what: str) -> Type:
        kinds = list(dict.fromkeys(value.type for value in values))
        both = _common(kinds)
        if both is None:
            shown = ", ".join(map(str, kinds))
            raise failure(
                "TYPE_MISMATCH", place,
                f"{what} or coercible to a common type. Cannot find common type of: {shown}",
            )  # fmt: skip
        return both

    def _case(self, node: Case, context: Context) -> Typed:
        operand = self.analyze(node.operand, context) if node.operand else None
        conditions = []
        for condition, _ in node.branches:
            value = self.analyze(condition, context)
            if operand is None:
                message = f"CASE WHEN clause must evaluate to a boolean (actual: {value.type})"
                conditions.append(self._boolean(value, condition.place, message))
                continue
            if common_type(operand.type, value.type) is None:
                raise failure(
                    "TYPE_MISMATCH", condition.place,
                    "CASE operand type does not match WHEN clause operand type: "
                    f"{operand.type} vs {value.type}",
                )  # fmt: skip
            conditions.append(self.compare("=", operand, value, condition.place))
        results = [self.analyze(result, context) for _, result in node.branches]
        otherwise = self.analyze(node.otherwise, context) if node.otherwise else None
        both = self._common_of(
            [*results, *([otherwise] if otherwise else [])], node.place,
            "All CASE results must be the same type",
        )  # fmt: skip
        branches = " ".join(
            f"when {condition} then {self.converted(result, both)}"
            for condition, result in zip(conditions, results, strict=True)
        )
        last = f" else {self.converted(otherwise, both)}" if otherwise else ""
        return Typed(f"(case {branches}{last} end)", both)

    def _coalesce(self, node: Call, context: Context) -> Typed:
        values = self._arguments(node, context, at_least=2)
        both = self._common_of(values, node.place, "All COALESCE operands must be the same type")
        return Typed(f"coalesce({', '.join(self.converted(one, both) for one in values)})", both)

    def _nullif(self, node: Call, context: Context) -> Typed:
        first, second = self._arguments(node, context, at_least=2, at_most=2)
        if common_type(first.type, second.type) is None:
            message = f"Types are not comparable with NULLIF: {first.type} vs {second.type}"
            raise failure("TYPE_MISMATCH", node.place, message)
        same = self.compare("=", first, second, node.place)
        return Typed(f"(case when {same} then null else {first.sql} end)", first.type)

    def _if(self, node: Call, context: Context) -> Typed:
        condition, *results = self._arguments(node, context, at_least=2, at_most=3)
        message = f"IF condition must evaluate to a boolean (actual: {condition.type})"
        test = self._boolean(condition, node.arguments[0].place, message)
        both = _common([result.type for result in results])
        if both is None:
            message = (
                f"Result types for IF must be the same: {results[0].type} vs {results[1].type}"
            )
            raise failure("TYPE_MISMATCH", node.place, message)
        first, *others = (self.converted(result, both) for result in results)
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

    def _cast(self, node: Cast, context: Context) -> Typed:
        wanted = self._type(node.type_name, node.place)
        value = self.analyze(node.value, context)
        sql = cast_sql(value.sql, value.type, wanted)
        if sql is None and value.type == Type("char"):
            raise not_here(node.place, "a cast of a char whose length is not known")
        if sql is None:
            message = f"Cannot cast {value.type} to {wanted}"
            raise failure("TYPE_MISMATCH", node.place, message)
        kept = VARCHAR if wanted.base == "varchar" else wanted
        return Typed(f"try({sql})" if node.safe else f"({sql})", kept)

    def _extract(self, node: Extract, context: Context) -> Typed:
        if node.unit not in _EXTRACT_UNITS:
            raise failure("SYNTAX_ERROR", node.place, f"Invalid EXTRACT field: {node.unit}")
        value = self.analyze(node.value, context)
        timely = node.unit in ("hour", "minute", "second")
        if value.type.base == "date" and timely:
            message = f"Cannot extract {node.unit.upper()} from date"
            raise failure("TYPE_MISMATCH", node.value.place, message)
        return self._called(SIGNATURES[node.unit], [value], node.unit, node.place)

    def _array(self, node: ArrayOf, context: Context) -> Typed:
        items = [self.analyze(item, context) for item in node.items]
        if not items:
            return Typed("[]", array(UNKNOWN))
        both = self._common_of(items, node.place, "All ARRAY elements must be the same type")
        return Typed(f"[{', '.join(self.converted(item, both) for item in items)}]", array(both))

    def _subscript(self, node: Subscript, context: Context) -> Typed:
        value, index = self.analyze(node.value, context), self.analyze(node.index, context)
        if value.type.base != "array" or value.type.element is None or not index.type.is_integer:
            message = f"Cannot apply operator: {value.type}[{index.type}]"
            raise failure("TYPE_MISMATCH", node.place, message)
        return Typed(f"trino.subscript({value.sql}, {index.sql})", value.type.element)

    # Functions

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

    def _refuse_extras(self, node: Call) -> None:
        if node.over is not None:
            raise failure("FUNCTION_NOT_WINDOW", node.place, f"Not a window function: {node.name}")
        if node.where is not None or node.distinct or node.order_by or node.star:
            message = f"DISTINCT, FILTER, ORDER BY and * are for aggregates, not {node.name}"
            raise failure("FUNCTION_NOT_AGGREGATE", node.place, message)

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
        """An aggregate; `over` is its window's SQL, if any."""
        where = f" filter (where {self.condition(node.where, inside)})" if node.where else ""
        after = where + over
        if node.name == "count" and not node.arguments:
            return Typed(f"count(*){after}", BIGINT)
        values = [self.analyze(argument, inside) for argument in node.arguments]
        if node.star:
            raise self._unexpected_parameters(node.name, values, node.place, map(str, signatures))
        signature, values = self._resolve(signatures, values, node.name, node.place, node.arguments)
        values = self._without_nan(node.name, values)
        kind = self._result(signature, values)
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

    def _without_nan(self, name: str, values: list[Typed]) -> list[Typed]:
        if name not in _ORDER_NUMBERS:
            return values
        return [
            Typed(f"trino.no_nan({value.sql}, '{name}')", value.type)
            if value.type.is_float
            else value
            for value in values
        ]

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
        signature, values = self._resolve(signatures, values, node.name, node.place, node.arguments)
        result = self._result(signature, values)
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
            parts.append(frame_sql(frame))
        return f"({' '.join(parts)})"

    def order_sql(self, items: Sequence[SortItem], context: Context) -> str:
        """SQL of ORDER BY: nulls come last if nothing else is said."""
        keys = ", ".join(self.analyze(item.value, context).sql + direction(item) for item in items)
        return f"order by {keys}"

    def _called(
        self, signatures: list[Signature], values: list[Typed], name: str, place: Place,
        arguments: Sequence[Expression] = (),
    ) -> Typed:  # fmt: skip
        signature, values = self._resolve(signatures, values, name, place, arguments)
        values = self._without_nan(name, values)
        kind = self._result(signature, values)
        if signature.sql:
            every = ", ".join(value.sql for value in values)
            sql = signature.sql.format(*(value.sql for value in values), all=every)
            return Typed(f"cast({sql} as {kind.sql})", kind)
        special: Callable[[Analyzer, str, list[Typed], Place, Sequence[Expression]], str]
        special = self._BY_CODE[name]
        return Typed(special(self, name, values, place, arguments), kind)

    def _resolve(
        self, signatures: list[Signature], values: list[Typed], name: str, place: Place,
        arguments: Sequence[Expression],
    ) -> tuple[Signature, list[Typed]]:  # fmt: skip
        """The first form that the arguments fit exactly, else the first they convert to."""
        for exact in (True, False):
            for signature in signatures:
                fitted = self._fit(signature, values, exact, arguments)
                if fitted is not None:
                    return signature, fitted
        raise self._unexpected_parameters(name, values, place, map(str, signatures))

    def _fit(
        self, signature: Signature, values: list[Typed], exact: bool,
        arguments: Sequence[Expression],
    ) -> list[Typed] | None:  # fmt: skip
        parameters = list(signature.parameters)
        if parameters and parameters[-1].endswith("..."):
            repeated = parameters.pop().removesuffix("...")
            parameters += [repeated] * max(len(values) - len(parameters), 1)
        if len(parameters) != len(values):
            return None
        shared = self._shared(parameters, values)
        if "T" in parameters and shared is None:
            return None
        fitted = []
        for place, (parameter, value) in enumerate(zip(parameters, values, strict=True)):
            argument = arguments[place] if arguments else None
            one = self._as_parameter(parameter, value, shared, exact, argument)
            if one is None:
                return None
            fitted.append(one)
        return fitted

    @staticmethod
    def _shared(parameters: list[str], values: list[Typed]) -> Type | None:
        """The type that T stands for."""
        kinds = []
        for parameter, value in zip(parameters, values, strict=True):
            if parameter == "T":
                kinds.append(value.type)
            elif parameter == "array(T)":
                kinds.append(value.type.element or UNKNOWN)
        return _common(kinds) if kinds else None

    def _as_parameter(
        self, parameter: str, value: Typed, shared: Type | None, exact: bool,
        argument: Expression | None,
    ) -> Typed | None:  # fmt: skip
        kind = value.type
        if parameter == "T" and shared:
            return Typed(self.converted(value, shared), shared)
        if parameter == "any":
            return value
        if parameter == "array(T)":
            if kind.base != "array":
                return None if kind != UNKNOWN else value
            wanted = array(shared or UNKNOWN)
            return Typed(self.converted(value, wanted), wanted) if kind != wanted else value
        if parameter in ("literal", "count"):
            return self._written(parameter, value, argument)
        families: dict[str, Callable[[Type], bool]] = {
            "integers": lambda one: one.is_integer,
            "floats": lambda one: one.is_float,
            "number": lambda one: one.is_number,
            "decimal": lambda one: one.base == "decimal",
            "moment": lambda one: one.base == "date" or one.is_timestamp,
            "timestamp": lambda one: one.is_timestamp,
            "text": lambda one: one.is_text,
        }  # fmt: skip
        if parameter in families:
            if families[parameter](kind):
                if kind == Type("char"):
                    raise not_here(None, "the length of a char that was made from a varchar")
                return Typed(self.converted(value, VARCHAR), VARCHAR) if kind.is_text else value
            if exact or kind != UNKNOWN or parameter == "decimal":
                later = parameter == "timestamp" and kind.base == "date" and not exact
                moment = Type("timestamp", 0)
                return Typed(self.converted(value, moment), moment) if later else None
            default = {"text": VARCHAR, "moment": DATE, "timestamp": Type("timestamp", 3)}
            wanted = default.get(parameter, DOUBLE if parameter == "floats" else Type("tinyint"))
            return Typed(f"cast({value.sql} as {wanted.sql})", wanted)
        wanted_type = parse_type(parameter) or DAYS
        if kind.base == wanted_type.base == "varchar":
            return value
        if kind == wanted_type:
            return value
        if kind.base == "array" and wanted_type.base == "array":
            same = kind.element is not None and kind.element.base == "varchar"
            return value if same else None
        if exact or not converts(kind, wanted_type) or kind.base == "char":
            return None
        return Typed(self.converted(value, wanted_type), wanted_type)

    def _written(self, parameter: str, value: Typed, argument: Expression | None) -> Typed | None:
        """An argument that must be written out: its value decides what DuckDB is asked."""
        if parameter == "literal":
            if value.type.base != "varchar":
                return None
            if not (isinstance(argument, Literal) and argument.kind == "string"):
                raise not_here(argument.place if argument else None, "this argument as a column")
            return Typed(argument.text, VARCHAR)
        if not value.type.is_integer:
            return None
        if not (isinstance(argument, Literal) and argument.kind == "integer"):
            raise not_here(argument.place if argument else None, "this argument as a column")
        return value

    def _result(self, signature: Signature, values: list[Typed]) -> Type:
        result = signature.result
        if result.isdigit():
            return values[int(result) - 1].type
        if result in RESULTS:
            return RESULTS[result](values[0].type)
        if result in ("T", "array(T)"):
            places = [
                (parameter.removesuffix("..."), value.type)
                for parameter, value in zip(signature.parameters, values, strict=False)
            ]
            for parameter, kind in places:
                if parameter == "T":
                    return kind if result == "T" else array(kind)
                if parameter == "array(T)" and kind.element:
                    return kind.element
            return UNKNOWN
        return parse_type(result) or DAYS

    @staticmethod
    def _unexpected_parameters(
        name: str, values: Iterable[Typed], place: Place, forms: Iterable[str]
    ) -> ValueError:
        given = ", ".join(str(value.type) for value in values)
        message = f"Unexpected parameters ({given}) for function {name}. Here: {', '.join(forms)}"
        return failure("FUNCTION_NOT_FOUND", place, message)

    # Functions that the table leaves to code

    def _mod(self, node: Call, context: Context) -> Typed:
        left, right = self._arguments(node, context, at_least=2, at_most=2)
        return self.arithmetic("%", left, right, node.place)

    def _concat(self, node: Call, context: Context) -> Typed:
        values = self._arguments(node, context, at_least=0)
        return self._concatenate(values, node.place)

    def _clock(self, name: str, _: list[Typed], __: Place, ___: Sequence[Expression]) -> str:
        if name == "current_date":
            return f"date '{self._now.date().isoformat()}'"
        moment = self._now.replace(tzinfo=None).isoformat(" ", "milliseconds")
        return f"timestamp '{moment}'"

    def _extreme(self, name: str, values: list[Typed], _: Place, __: Sequence[Expression]) -> str:
        any_null = " or ".join(f"{value.sql} is null" for value in values)
        listed = ", ".join(value.sql for value in values)
        return f"(case when {any_null} then null else {name}({listed}) end)"

    def _regular(
        self, name: str, values: list[Typed], place: Place, _: Sequence[Expression]
    ) -> str:
        text, pattern = values[0].sql, values[1].sql
        try:
            form = pattern_sql(pattern)
            replacement = replacement_sql(
                values[2].sql if name == "regexp_replace" and len(values) > 2 else "",
                groups(pattern),
            )
        except ValueError as error:
            raise not_here(place, str(error)) from None
        if name in ("regexp_replace", "regexp_count") and may_match_nothing(pattern):
            raise not_here(place, f"{name} with a pattern that matches an empty text")
        if has_end_anchor(pattern):
            reason = "NOT_SUPPORTED: $ before a line break at the end is not available here"
            text = (
                f"(case when trino.fail(ends_with({text}, chr(10)), '{reason}') then null "
                f"else {text} end)"
            )
        if name == "regexp_like":
            return f"regexp_matches({text}, {form})"
        if name == "regexp_replace":
            return f"regexp_replace({text}, {form}, {replacement}, 'g')"
        if name == "regexp_count":
            return f"len(regexp_extract_all({text}, {form}))"
        return regexp_extract(text, pattern, form, values, place)

    def _date_unit(self, unit: str, kind: Type, place: Place) -> str:
        allowed = _DATE_UNITS if kind.base == "date" else _TIME_UNITS
        if unit.lower() not in allowed:
            name = "DATE" if kind.base == "date" else "TIMESTAMP"
            raise failure(
                "INVALID_FUNCTION_ARGUMENT", place, f"'{unit}' is not a valid {name} field"
            )
        return unit.lower()

    def _date_function(
        self, name: str, values: list[Typed], place: Place, _: Sequence[Expression]
    ) -> str:
        moment = values[-1]
        if name == "date_diff":
            both = common_type(values[1].type, values[2].type) or moment.type
            unit = self._date_unit(values[0].sql, both, place)
            one, other = (f"cast({value.sql} as timestamp)" for value in values[1:])
            return date_diff(unit, one, other)
        unit = self._date_unit(values[0].sql, moment.type, place)
        if name == "date_trunc":
            word = "milliseconds" if unit == "millisecond" else unit
            return f"cast(date_trunc('{word}', {moment.sql}) as {moment.type.sql})"
        count = values[1].sql
        if unit in MONTHS_OF:
            shift = f"to_months(cast({count} * {MONTHS_OF[unit]} as integer))"
        else:
            milliseconds = {**MILLISECONDS, "week": WEEK, "millisecond": 1}[unit]
            shift = f"to_milliseconds({count} * {milliseconds})"
        sql = f"({moment.sql} + {shift})"
        if moment.type.is_timestamp and unit == "millisecond":
            sql = f"trino.at_precision({sql}, {moment.type.size})"
        return f"cast({sql} as {moment.type.sql})"

    def _date_text(
        self, name: str, values: list[Typed], place: Place, _: Sequence[Expression]
    ) -> str:
        try:
            if name == "date_format":
                return date_format_sql(values[0].sql, values[1].sql)
        except ValueError as error:
            raise failure("INVALID_FUNCTION_ARGUMENT", place, str(error)) from None
        try:
            return date_parse_sql(values[0].sql, values[1].sql)
        except ValueError as error:
            raise not_here(place, str(error)) from None

    _SPECIAL = {  # noqa: RUF012
        "coalesce": _coalesce, "nullif": _nullif, "if": _if, "try": _try, "typeof": _typeof,
        "mod": _mod, "concat": _concat,
    }  # fmt: skip
    _BY_CODE = {  # noqa: RUF012
        **dict.fromkeys(("now", "current_date", "current_timestamp", "localtimestamp"), _clock),
        **dict.fromkeys(("greatest", "least"), _extreme),
        **dict.fromkeys(("date_diff", "date_add", "date_trunc"), _date_function),
        **dict.fromkeys(("date_format", "date_parse"), _date_text),
        **dict.fromkeys(
            ("regexp_like", "regexp_extract", "regexp_replace", "regexp_count"), _regular
        ),
    }
    _METHODS: tuple[tuple[type[Expression], Callable[..., Typed]], ...] = (
        (Literal, _literal), (TypedLiteral, _typed_literal), (IntervalLiteral, _interval),
        (Name, _name), (Unary, _unary), (Binary, _binary), (Comparison, _comparison),
        (Between, _between), (InList, _in_list), (InQuery, _in_query), (Exists, _exists),
        (QueryValue, _query_value), (Like, _like), (IsNull, _is_null), (Case, _case),
        (Cast, _cast), (Extract, _extract), (ArrayOf, _array), (Subscript, _subscript),
        (Call, _call),
    )  # fmt: skip


def _common(kinds: Iterable[Type]) -> Type | None:
    both: Type | None = UNKNOWN
    for kind in kinds:
        both = both and common_type(both, kind)
    return both


def direction(item: SortItem) -> str:
    """SQL of what follows a key of ORDER BY."""
    way = "desc" if item.descending else "asc"
    return f" {way} nulls {'first' if item.nulls_first else 'last'}"
