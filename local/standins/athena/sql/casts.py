"""CAST between all types, by Trino's documentation ("Conversion functions")."""

from __future__ import annotations

from local.standins.athena.sql.types import Type


def cast_sql(sql: str, given: Type, wanted: Type) -> str | None:
    """SQL of a value cast to a type; None if Trino has no such cast, or it is not supported."""
    if given.base == "unknown":
        return f"cast({sql} as {wanted.sql})"
    if wanted.base == "varchar":
        return _to_varchar(sql, given, wanted)
    if wanted.base == "char":
        cut = f"left({sql}, {wanted.size})" if wanted.size else sql
        return f"rtrim({cut}, ' ')" if given.is_text else None
    if given.is_text:
        return _from_text(sql, given, wanted)
    if given.base == "boolean" or wanted.base == "boolean":
        return _with_boolean(sql, given, wanted)
    if given.is_number and wanted.is_number:
        return _between_numbers(sql, given, wanted)
    if given.is_moment and wanted.is_moment:
        return _between_moments(sql, given, wanted)
    if given.base == wanted.base == "array" and given.element and wanted.element:
        element = cast_sql("one", given.element, wanted.element)
        return element and f"list_transform({sql}, lambda one: {element})"
    return sql if given == wanted else None


def _to_varchar(sql: str, given: Type, wanted: Type) -> str | None:
    if given.base == "varchar":
        return f"left({sql}, {wanted.size})" if wanted.size else sql
    if given.base == "char":
        if not given.size:
            return None
        padded = f"rpad({sql}, {given.size}, ' ')"
        return f"left({padded}, {wanted.size})" if wanted.size else padded
    text = f"cast({sql} as varchar)"
    if given.base == "double":
        text = f"trino.float_to_text({sql})"
    elif given.base == "real":
        text = f"trino.real_to_text({sql})"
    elif given.is_timestamp:
        text = timestamp_text(sql, given)
    elif given.base in ("array", "interval day to second", "interval year to month"):
        return None
    return f"trino.fits({text}, {wanted.size})" if wanted.size else text


def timestamp_text(sql: str, given: Type) -> str:
    """SQL of a timestamp's text, with the digits of its precision."""
    text = f"strftime({sql}, '%Y-%m-%d %H:%M:%S.%f')"
    kept = len("2020-01-01 00:00:00.") + given.size - (not given.size)
    zone = " || ' UTC'" if given.base != "timestamp" else ""
    return f"left({text}, {kept}){zone}"


def _from_text(sql: str, given: Type, wanted: Type) -> str | None:
    if given.base == "char":
        return None
    kind = "INT" if wanted.base == "integer" else str(wanted).upper()
    if wanted.base == "boolean":
        return f"trino.text_to_boolean({sql})"
    if wanted.is_integer:
        return f"cast(trino.text_to_integer({sql}, '{kind}') as {wanted.sql})"
    if wanted.is_float:
        return f"cast(trino.text_to_float({sql}, '{kind}') as {wanted.sql})"
    if wanted.base == "decimal":
        return f"cast(trino.text_to_decimal({sql}, '{kind}') as {wanted.sql})"
    if wanted.base == "date":
        return f"trino.text_to_date({sql})"
    if wanted.base == "timestamp":
        return f"trino.from_nanoseconds(trino.text_to_timestamp({sql}), {wanted.size})"
    return None


def _with_boolean(sql: str, given: Type, wanted: Type) -> str | None:
    if given == wanted:
        return sql
    if given.base == "boolean" and wanted.is_number:
        return f"cast(cast({sql} as integer) as {wanted.sql})"
    return f"({sql} <> 0)" if given.is_number else None


def _between_numbers(sql: str, given: Type, wanted: Type) -> str:
    if given == wanted:
        return sql
    if given.is_float and wanted.is_integer:
        return f"cast(trino.float_to_integer({sql}, '{wanted}') as {wanted.sql})"
    if given.is_float and wanted.base == "decimal":
        return f"cast(trino.float_to_decimal({sql}, '{wanted}') as {wanted.sql})"
    if given.base == "double" and wanted.base == "real":
        return f"trino.double_to_real({sql})"
    return f"cast({sql} as {wanted.sql})"


def _between_moments(sql: str, given: Type, wanted: Type) -> str:
    if given.is_timestamp and wanted.is_timestamp:
        return f"trino.at_precision({sql}, {wanted.size})" if wanted.size < given.size else sql
    return f"cast({sql} as {wanted.sql})" if given != wanted else sql
