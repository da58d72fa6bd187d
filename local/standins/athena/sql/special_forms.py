"""Functions whose arguments only need a common type or none: coalesce, if and the like."""

from __future__ import annotations

from collections.abc import Callable

from local.standins.athena.sql.errors import failure, mismatch, not_here
from local.standins.athena.sql.operators import (
    arithmetic,
    boolean,
    common,
    common_of,
    compare,
    concatenate,
    converted,
)
from local.standins.athena.sql.scope import Typed, calls
from local.standins.athena.sql.tree import Call, Expression
from local.standins.athena.sql.types import VARCHAR, common_type
from local.standins.database import literal


def special_form(node: Call, analyze: Callable[[Expression], Typed]) -> Typed:
    """Checks a call of one of SPECIAL_FORMS; `analyze` checks an argument."""
    at_least, at_most, check = SPECIAL_FORMS[node.name]
    count = len(node.arguments)
    if not at_least <= count <= (at_most or count):
        needs = f"{at_least}" if at_least == at_most else f"{at_least} to {at_most}"
        needs = needs if at_most else f"{at_least} or more"
        message = f"The '{node.name}' function takes {needs} arguments, not {count}"
        raise failure("SYNTAX_ERROR", node.place, message)
    return check(node, [analyze(argument) for argument in node.arguments])


def _coalesce(node: Call, values: list[Typed]) -> Typed:
    both = common_of(values, node.place, "All COALESCE operands must be the same type")
    return Typed(f"coalesce({', '.join(converted(one, both) for one in values)})", both)


def _nullif(node: Call, values: list[Typed]) -> Typed:
    first, second = values
    if common_type(first.type, second.type) is None:
        message = f"Types are not comparable with NULLIF: {first.type} vs {second.type}"
        raise mismatch(node.place, message)
    same = compare("=", first, second, node.place)
    return Typed(f"(case when {same} then null else {first.sql} end)", first.type)


def _if(node: Call, values: list[Typed]) -> Typed:
    condition, *results = values
    message = f"IF condition must evaluate to a boolean (actual: {condition.type})"
    test = boolean(condition, node.arguments[0].place, message)
    both = common(result.type for result in results)
    if both is None:
        message = f"Result types for IF must be the same: {results[0].type} vs {results[1].type}"
        raise mismatch(node.place, message)
    first, *others = (converted(result, both) for result in results)
    return Typed(f"(case when {test} then {first} else {(*others, 'null')[0]} end)", both)


def _try(node: Call, values: list[Typed]) -> Typed:
    if calls(node.arguments[0], "aggregate", "window"):
        raise not_here(node.place, "TRY of an aggregate or a window function")
    return Typed(f"try({values[0].sql})", values[0].type)


def _typeof(node: Call, values: list[Typed]) -> Typed:
    kind = values[0].type
    if kind.is_text or kind.base == "array":
        raise not_here(node.place, "typeof of a text or an array, whose length is not kept")
    return Typed(literal(str(kind)), VARCHAR)


# The min and max number of arguments, and the check.
SPECIAL_FORMS: dict[str, tuple[int, int | None, Callable[[Call, list[Typed]], Typed]]] = {
    "coalesce": (2, None, _coalesce),
    "concat": (0, None, lambda node, values: concatenate(values, node.place)),
    "if": (2, 3, _if),
    "mod": (2, 2, lambda node, values: arithmetic("%", values[0], values[1], node.place)),
    "nullif": (2, 2, _nullif),
    "try": (1, 1, _try),
    "typeof": (1, 1, _typeof),
}
