"""Checks the types of expressions by Trino's rules, and translates them to DuckDB's SQL."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

from local.standins.athena.sql import tree
from local.standins.athena.sql.call_analyzer import CallAnalyzer
from local.standins.athena.sql.casts import cast_sql
from local.standins.athena.sql.errors import failure, not_here
from local.standins.athena.sql.functions import SIGNATURES
from local.standins.athena.sql.literals import (
    decimal_literal,
    integer_literal,
    interval_literal,
    moment_literal,
)
from local.standins.athena.sql.operators import (
    INTERVAL_TYPES,
    arithmetic,
    boolean,
    common,
    common_of,
    compare,
    concatenate,
    converted,
)
from local.standins.athena.sql.scope import Context, Scope, Typed, calls, has_names
from local.standins.athena.sql.types import (
    BOOLEAN,
    DOUBLE,
    UNKNOWN,
    VARCHAR,
    Type,
    array,
    common_type,
    parse_type,
)
from local.standins.database import literal
from local.standins.errors import UserError

_EXTRACT_UNITS = (
    "year", "quarter", "month", "week", "day", "day_of_month", "day_of_week", "dow", "day_of_year",
    "doy", "year_of_week", "yow", "hour", "minute", "second",
)  # fmt: skip

Subquery = Callable[[tree.Query, Scope], tuple[str, list[Type]]]


class Analyzer(CallAnalyzer):
    """Checks the expressions of a query."""

    def __init__(self, scope: Scope, subquery: Subquery, now: datetime.datetime) -> None:
        super().__init__(now)
        self._scope = scope
        self._subquery = subquery

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
        for kind, method in self._METHODS:
            if isinstance(node, kind):
                return method(self, node, context)
        raise not_here(node.place, type(node).__name__)

    def _literal(self, node: tree.Literal, _: Context) -> Typed:
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

    def _typed_literal(self, node: tree.TypedLiteral, _: Context) -> Typed:
        name, text = node.type_name, node.text
        if name == "decimal":
            return decimal_literal(text.strip(), node.place)
        if name in ("date", "timestamp"):
            return moment_literal(node)
        kind = Type("char", len(text)) if name == "char" else self._type(name, node.place)
        value = cast_sql(literal(text), VARCHAR, kind)
        return Typed(f"({value})", kind)

    def _interval(self, node: tree.IntervalLiteral, _: Context) -> Typed:
        return interval_literal(node)

    def _name(self, node: tree.Name, _: Context) -> Typed:
        return self._scope.find(node)

    def _type(self, name: str, place: tree.Place) -> Type:
        try:
            kind = parse_type(name)
        except UserError as error:
            raise failure("NOT_SUPPORTED", place, str(error)) from None
        if kind is None:
            raise failure("TYPE_MISMATCH", place, f"Unknown type: {name}")
        return kind

    def _unary(self, node: tree.Unary, context: Context) -> Typed:
        operand = node.operand
        if node.operator == "-" and isinstance(operand, tree.Literal) and operand.kind == "integer":
            return integer_literal(-int(operand.text), node.place)
        value = self.analyze(operand, context)
        if node.operator == "not":
            message = (
                f"Value of logical NOT expression must evaluate to a boolean (actual: {value.type})"
            )
            return Typed(f"(not {boolean(value, operand.place, message)})", BOOLEAN)
        if not value.type.is_number and value.type not in INTERVAL_TYPES:
            raise failure("TYPE_MISMATCH", node.place, f"Cannot negate {value.type}")
        return (
            value if node.operator == "+" else Typed(f"(-{value.sql})", value.type, value.constant)
        )

    def _binary(self, node: tree.Binary, context: Context) -> Typed:
        left, right = self.analyze(node.left, context), self.analyze(node.right, context)
        if node.operator in ("and", "or"):
            sides = [
                boolean(
                    side, part.place,
                    f"Logical expression term must evaluate to a boolean (actual: {side.type})",
                )
                for side, part in ((left, node.left), (right, node.right))
            ]  # fmt: skip
            return Typed(f"({sides[0]} {node.operator} {sides[1]})", BOOLEAN)
        if node.operator == "||":
            return concatenate([left, right], node.place)
        return arithmetic(node.operator, left, right, node.place)

    def _comparison(self, node: tree.Comparison, context: Context) -> Typed:
        left, right = self.analyze(node.left, context), self.analyze(node.right, context)
        if node.operator in ("distinct", "not distinct"):
            both = common_type(left.type, right.type)
            if both is None:
                message = f"Cannot check if {left.type} is distinct from {right.type}"
                raise failure("TYPE_MISMATCH", node.place, message)
            word = "is distinct from" if node.operator == "distinct" else "is not distinct from"
            sides = (converted(left, both), converted(right, both))
            return Typed(f"({sides[0]} {word} {sides[1]})", BOOLEAN)
        return Typed(compare(node.operator, left, right, node.place), BOOLEAN)

    def _between(self, node: tree.Between, context: Context) -> Typed:
        value, lower, upper = (
            self.analyze(part, context) for part in (node.value, node.lower, node.upper)
        )
        kinds = (value.type, lower.type, upper.type)
        if common(kinds) is None:
            message = f"Cannot check if {kinds[0]} is BETWEEN {kinds[1]} and {kinds[2]}"
            raise failure("TYPE_MISMATCH", node.place, message)
        over = compare(">=", value, lower, node.place)
        under = compare("<=", value, upper, node.place)
        return Typed(f"({over} and {under})", BOOLEAN)

    def _in_list(self, node: tree.InList, context: Context) -> Typed:
        value = self.analyze(node.value, context)
        items = [self.analyze(item, context) for item in node.items]
        both = common_of(
            [value, *items], node.place, "IN value and list items must be the same type"
        )
        if both.is_float:
            tests = [compare("=", value, item, node.place) for item in items]
            return Typed(f"({' or '.join(tests)})", BOOLEAN)
        listed = ", ".join(converted(item, both) for item in items)
        return Typed(f"({converted(value, both)} in ({listed}))", BOOLEAN)

    def _in_query(self, node: tree.InQuery, context: Context) -> Typed:
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
        column = converted(Typed('"c1"', kinds[0]), both)
        rows = f"(select {column} from ({sql}) as q)"  # noqa: S608 - quoted
        return Typed(f"({converted(value, both)} in {rows})", BOOLEAN)

    def _exists(self, node: tree.Exists, _: Context) -> Typed:
        sql, _kinds = self._subquery(node.query, self._scope)
        return Typed(f"exists ({sql})", BOOLEAN)

    def _query_value(self, node: tree.QueryValue, _: Context) -> Typed:
        sql, kinds = self._subquery(node.query, self._scope)
        if len(kinds) != 1:
            raise not_here(node.place, "a subquery of more than one column as a value")
        return Typed(f"({sql})", kinds[0])

    def _like(self, node: tree.Like, context: Context) -> Typed:
        value, pattern = self.analyze(node.value, context), self.analyze(node.pattern, context)
        for side, part, name in (
            (value, node.value, "Left side of"), (pattern, node.pattern, "Pattern for"),
        ):  # fmt: skip
            if not side.type.is_text and side.type != UNKNOWN:
                message = f"{name} LIKE expression must evaluate to a varchar (actual: {side.type})"
                raise failure("TYPE_MISMATCH", part.place, message)
        sql = f"{converted(value, VARCHAR)} like {converted(pattern, VARCHAR)}"
        if node.escape is None:
            return Typed(f"({sql})", BOOLEAN)
        return Typed(f"({sql} escape {_escape_sql(node, node.escape)})", BOOLEAN)

    def _is_null(self, node: tree.IsNull, context: Context) -> Typed:
        return Typed(f"({self.analyze(node.value, context).sql} is null)", BOOLEAN)

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
                raise failure(
                    "TYPE_MISMATCH", condition.place,
                    "CASE operand type does not match WHEN clause operand type: "
                    f"{operand.type} vs {value.type}",
                )  # fmt: skip
            conditions.append(compare("=", operand, value, condition.place))
        results = [self.analyze(result, context) for _, result in node.branches]
        otherwise = self.analyze(node.otherwise, context) if node.otherwise else None
        both = common_of(
            [*results, *([otherwise] if otherwise else [])], node.place,
            "All CASE results must be the same type",
        )  # fmt: skip
        branches = " ".join(
            f"when {condition} then {converted(result, both)}"
            for condition, result in zip(conditions, results, strict=True)
        )
        last = f" else {converted(otherwise, both)}" if otherwise else ""
        return Typed(f"(case {branches}{last} end)", both)

    def _cast(self, node: tree.Cast, context: Context) -> Typed:
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

    def _extract(self, node: tree.Extract, context: Context) -> Typed:
        if node.unit not in _EXTRACT_UNITS:
            raise failure("SYNTAX_ERROR", node.place, f"Invalid EXTRACT field: {node.unit}")
        value = self.analyze(node.value, context)
        timely = node.unit in ("hour", "minute", "second")
        if value.type.base == "date" and timely:
            message = f"Cannot extract {node.unit.upper()} from date"
            raise failure("TYPE_MISMATCH", node.value.place, message)
        return self._called(SIGNATURES[node.unit], [value], node.unit, node.place)

    def _array(self, node: tree.ArrayOf, context: Context) -> Typed:
        items = [self.analyze(item, context) for item in node.items]
        if not items:
            return Typed("[]", array(UNKNOWN))
        both = common_of(items, node.place, "All ARRAY elements must be the same type")
        return Typed(f"[{', '.join(converted(item, both) for item in items)}]", array(both))

    def _subscript(self, node: tree.Subscript, context: Context) -> Typed:
        value, index = self.analyze(node.value, context), self.analyze(node.index, context)
        if value.type.base != "array" or value.type.element is None or not index.type.is_integer:
            message = f"Cannot apply operator: {value.type}[{index.type}]"
            raise failure("TYPE_MISMATCH", node.place, message)
        return Typed(f"trino.subscript({value.sql}, {index.sql})", value.type.element)

    _METHODS: tuple[tuple[type[tree.Expression], Callable[..., Typed]], ...] = (
        (tree.Literal, _literal), (tree.TypedLiteral, _typed_literal),
        (tree.IntervalLiteral, _interval),
        (tree.Name, _name), (tree.Unary, _unary), (tree.Binary, _binary),
        (tree.Comparison, _comparison), (tree.Between, _between), (tree.InList, _in_list),
        (tree.InQuery, _in_query), (tree.Exists, _exists), (tree.QueryValue, _query_value),
        (tree.Like, _like), (tree.IsNull, _is_null), (tree.Case, _case),
        (tree.Cast, _cast), (tree.Extract, _extract), (tree.ArrayOf, _array),
        (tree.Subscript, _subscript), (tree.Call, CallAnalyzer._call),
    )  # fmt: skip


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
