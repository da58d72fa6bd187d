"""Chooses the form of a function by its arguments, and the type of its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from local.standins.athena.sql.errors import not_here
from local.standins.athena.sql.functions import RESULTS, Signature
from local.standins.athena.sql.operators import common, converted, unexpected_parameters
from local.standins.athena.sql.scope import Typed
from local.standins.athena.sql.tree import Expression, Literal, Place
from local.standins.athena.sql.types import (
    DATE,
    DAYS,
    DOUBLE,
    UNKNOWN,
    VARCHAR,
    Type,
    array,
    converts,
    parse_type,
)

# Their order of NaN depends on Trino's version.
_ORDER_NUMBERS = ("min", "max", "greatest", "least", "min_by", "max_by")


def resolve(
    signatures: list[Signature], values: list[Typed], place: Place, arguments: Sequence[Expression]
) -> tuple[Signature, list[Typed], Type]:
    """The first form that the arguments fit exactly, otherwise the first they convert to.

    Returns:
        The form, its arguments, of which NaN fails if Trino's versions differ, and the result's
        type.
    """
    name = signatures[0].name
    for exact in (True, False):
        for signature in signatures:
            fitted = _fit(signature, values, exact, arguments)
            if fitted is not None:
                if name in _ORDER_NUMBERS:
                    fitted = [_without_nan(name, value) for value in fitted]
                return signature, fitted, _result_type(signature, fitted)
    raise unexpected_parameters(name, values, place, map(str, signatures))


def _without_nan(name: str, value: Typed) -> Typed:
    if not value.type.is_float:
        return value
    return Typed(f"trino.no_nan({value.sql}, '{name}')", value.type)


def _result_type(signature: Signature, values: list[Typed]) -> Type:
    result = signature.result
    if result.isdigit():
        return values[int(result) - 1].type
    if result in RESULTS:
        return RESULTS[result](values[0].type)
    if result not in ("T", "array(T)"):
        return parse_type(result) or DAYS
    for parameter, value in zip(signature.parameters, values, strict=False):
        if parameter.removesuffix("...") == "T":
            return value.type if result == "T" else array(value.type)
        if parameter == "array(T)" and value.type.element:
            return value.type.element
    return UNKNOWN


def _fit(
    signature: Signature, values: list[Typed], exact: bool,
    arguments: Sequence[Expression],
) -> list[Typed] | None:  # fmt: skip
    parameters = list(signature.parameters)
    if parameters and parameters[-1].endswith("..."):
        repeated = parameters.pop().removesuffix("...")
        parameters += [repeated] * max(len(values) - len(parameters), 1)
    if len(parameters) != len(values):
        return None
    shared = _shared(parameters, values)
    if "T" in parameters and shared is None:
        return None
    fitted = []
    for place, (parameter, value) in enumerate(zip(parameters, values, strict=True)):
        argument = arguments[place] if arguments else None
        one = _as_parameter(parameter, value, shared, exact, argument)
        if one is None:
            return None
        fitted.append(one)
    return fitted


def _shared(parameters: list[str], values: list[Typed]) -> Type | None:
    """The type T."""
    kinds = []
    for parameter, value in zip(parameters, values, strict=True):
        if parameter == "T":
            kinds.append(value.type)
        elif parameter == "array(T)":
            kinds.append(value.type.element or UNKNOWN)
    return common(kinds) if kinds else None


def _as_parameter(
    parameter: str, value: Typed, shared: Type | None, exact: bool,
    argument: Expression | None,
) -> Typed | None:  # fmt: skip
    kind = value.type
    if parameter == "T" and shared:
        return Typed(converted(value, shared), shared)
    if parameter == "any":
        return value
    if parameter == "array(T)":
        if kind.base != "array":
            return None if kind != UNKNOWN else value
        wanted = array(shared or UNKNOWN)
        return Typed(converted(value, wanted), wanted) if kind != wanted else value
    if parameter in ("literal", "count"):
        return _written(parameter, value, argument)
    families: dict[str, Callable[[Type], bool]] = {
        "integers": lambda one: one.is_integer,
        "floats": lambda one: one.is_float,
        "number": lambda one: one.is_number,
        "decimal": lambda one: one.base == "decimal",
        "moment": lambda one: one.is_moment,
        "timestamp": lambda one: one.is_timestamp,
        "text": lambda one: one.is_text,
    }  # fmt: skip
    if parameter in families:
        if families[parameter](kind):
            if kind == Type("char"):
                raise not_here(None, "the length of a char that was made from a varchar")
            return Typed(converted(value, VARCHAR), VARCHAR) if kind.is_text else value
        if exact or kind != UNKNOWN or parameter == "decimal":
            later = parameter == "timestamp" and kind.base == "date" and not exact
            moment = Type("timestamp", 0)
            return Typed(converted(value, moment), moment) if later else None
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
    return Typed(converted(value, wanted_type), wanted_type)


def _written(parameter: str, value: Typed, argument: Expression | None) -> Typed | None:
    """An argument that must be a literal, because its value determines DuckDB's SQL."""
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
