"""Spark's CAST (not in ANSI mode) as DuckDB expressions.

Invalid values become null. Source: Spark's Cast, UTF8String and SparkDateTimeUtils.
"""

from __future__ import annotations

import re

from local.standins.data_wrangler.frame import INTEGRAL_TYPES
from local.standins.database import Database, define_macros, literal
from local.standins.errors import UserError

# Spark's types by Data Wrangler's names.
FLOW_TYPES = {
    "bool": "boolean",
    "date": "date",
    "datetime": "timestamp",
    "float": "double",
    "long": "long",
    "string": "string",
}
_TRIMMED = "".join(f"\\x{code:02x}" for code in [*range(1, 33), 127])
_WRITER_TRIMMED = "".join(f"\\x{code:02x}" for code in range(1, 33))
_LONG_LIMIT = 9223372036854775807

_MACROS = rf"""
-- Java's Double.toString: as many digits as distinguish the value from its neighbours, and
-- scientific notation outside of 0.001 <= |x| < 10,000,000. DuckDB writes the digits otherwise.
scientific(digits, exponent) := digits[1] || '.'
  || case when length(digits) > 1 then digits[2:] else '0' end || 'E' || exponent
java_large(text) := case when contains(text, 'e') then scientific(
    replace(split_part(text, 'e', 1), '.', ''), cast(split_part(text, 'e', 2) as integer))
  else scientific(rtrim(replace(text, '.', ''), '0'), length(split_part(text, '.', 1)) - 1) end
java_small(text) := case when contains(text, 'e') then java_large(text)
  else scientific(ltrim(split_part(text, '.', 2), '0'),
    length(ltrim(split_part(text, '.', 2), '0')) - length(split_part(text, '.', 2)) - 1) end
java_text(x) := case
  when x = 0 or abs(x) >= 0.001 and abs(x) < 10000000 then cast(x as varchar)
  when isnan(x) then 'NaN'
  when isinf(x) then case when x > 0 then 'Infinity' else '-Infinity' end
  else case when x < 0 then '-' else '' end
    || case when abs(x) < 1 then java_small(cast(abs(x) as varchar))
      else java_large(cast(abs(x) as varchar)) end end
date_text(x) := case
  when year(x) between 1 and 9999 then cast(x as varchar)
  when year(x) > 9999 then '+' || cast(x as varchar)
  else case when year(x) < 0 then '-' else '' end
    || lpad(cast(abs(year(x)) as varchar), 4, '0') || strftime(x, '-%m-%d') end
-- Spark's csv writer trims blanks by default.
spark_csv_trim(text) := trim(text, e'{_WRITER_TRIMMED}')
-- Of what it does not write, a line break at the end still has it put quotes around the value.
spark_csv(text, written) := case
  when written = '' or regexp_matches(ltrim(text, e'{_WRITER_TRIMMED}'), '[",\n\r]')
    then '"' || replace(written, '"', '""') || '"'
  else written end
spark_trim(text) := trim(text, e'{_TRIMMED}')
spark_long(text) := case
  when regexp_full_match(text, '[+-]?\d+(\.\d*)?')
    then try_cast(regexp_extract(text, '[+-]?\d+') as bigint)
  when regexp_full_match(text, '[+-]?\.\d*') then 0 end
spark_double(text) := case
  when regexp_full_match(text, '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?')
    then try_cast(rtrim(text, 'dDfF') as double)
  when lower(text) in ('inf', '+inf', 'infinity', '+infinity') then cast('inf' as double)
  when lower(text) in ('-inf', '-infinity') then cast('-inf' as double)
  when lower(text) = 'nan' then cast('nan' as double) end
spark_boolean(text) := case
  when lower(text) in ('t', 'true', 'y', 'yes', '1') then true
  when lower(text) in ('f', 'false', 'n', 'no', '0') then false end
spark_date(text) := case
  when regexp_full_match(text, '(?s)[+-]?\d{{4,7}}(-\d{{1,2}}(-\d{{1,2}}([ T].*)?)?)?') then
    try(make_date(
      cast(regexp_extract(text, '^[+-]?\d+') as bigint),
      cast(coalesce(nullif(regexp_extract(text, '\d-(\d+)', 1), ''), '1') as bigint),
      cast(coalesce(nullif(regexp_extract(text, '\d-\d+-(\d+)', 1), ''), '1') as bigint))) end
truncated(x) := case
  when isnan(x) then 0
  when x >= {_LONG_LIMIT} then {_LONG_LIMIT}
  when x <= -{_LONG_LIMIT} then -{_LONG_LIMIT} - 1
  else cast(trunc(x) as bigint) end
"""


def install_macros(database: Database) -> None:
    """Defines the macros that `cast` uses."""
    define_macros(database, _MACROS, "main")


def cast(expression: str, source: str, target: str) -> str:
    """The SQL of a cast from one of Spark's types to another.

    Raises:
        UserError: Spark has no such cast, or it is not supported here.
    """
    if source == target:
        return expression
    kind = "integral" if source in INTEGRAL_TYPES else source
    template = _CASTS.get(kind, {}).get(target)
    if template is None:
        raise UserError(f"a cast from {source} to {target} is not supported")
    return template.format(expression)


_DATE_PATTERN = re.compile(r"(yyyy|MM?|dd?)([-/. ]+)(yyyy|MM?|dd?)([-/. ]+)(yyyy|MM?|dd?)")
_DATE_FIELDS = {"yyyy": r"\d{4}", "MM": r"\d{2}", "M": r"\d{1,2}", "dd": r"\d{2}", "d": r"\d{1,2}"}

_LENIENT_FIELDS = {**dict.fromkeys(_DATE_FIELDS, r"\s*\d+"), "yyyy": r"\s*[+-]?\d+"}


def to_date(expression: str, source: str, pattern: str) -> str:
    """The SQL of Spark's `to_date` with a pattern, which only texts are read by.

    A text that only Spark 2 could read by the pattern makes Spark 3 fail (SparkUpgradeException);
    any other that is no date is null. Source: spark.sql.legacy.timeParserPolicy, EXCEPTION.

    Raises:
        UserError: The pattern, or a cast from the type, is not supported.
    """
    if source in ("date", "timestamp"):
        return cast(expression, source, "date")
    if source != "string":
        raise UserError(f"a cast from {source} to date is not supported")
    found = _DATE_PATTERN.fullmatch(pattern)
    if found is None or len({field[0] for field in found.group(1, 3, 5)}) < len("ymd"):
        raise UserError(
            f"{pattern} is not supported; allowed are yyyy, MM and dd, as in dd-MM-yyyy"
        )
    fields = found.group(1, 3, 5)
    order = {field[0]: place for place, field in enumerate(fields, 1)}

    def parsed(form: dict[str, str], end: str) -> str:
        first, second, third = (f"({form[field]})" for field in fields)
        regex = f"^{first}{re.escape(found[2])}{second}{re.escape(found[4])}{third}{end}"
        parts = ", ".join(
            f"try_cast(regexp_extract({expression}, {literal(regex)}, {order[field]}) as bigint)"
            for field in "yMd"
        )
        return f"try(make_date({parts}))"

    message = literal(f"a text that Spark 3 fails to read as a date by {pattern}")
    fails = f"case when {parsed(_LENIENT_FIELDS, '')} is not null then error({message}) end"
    return f"coalesce({parsed(_DATE_FIELDS, '$')}, {fails})"


_BIGINT, _DOUBLE, _TEXT = (f"cast({{}} as {kind})" for kind in ("bigint", "double", "varchar"))
_NOT_ZERO = "({} <> 0)"
_NULL = "cast(case when {{}} is null then null end as {})"
_FLOAT = {
    "long": "truncated({})",
    "double": _DOUBLE,
    "boolean": _NOT_ZERO,
    "string": "java_text({})",
}
_CASTS: dict[str, dict[str, str]] = {
    "string": {
        name: f"spark_{name}(spark_trim({{}}))" for name in ("long", "double", "boolean", "date")
    },
    "integral": {"long": _BIGINT, "double": _DOUBLE, "boolean": _NOT_ZERO, "string": _TEXT},
    "float": _FLOAT,
    "double": _FLOAT,
    "decimal": {
        "long": "cast(trunc({}) as bigint)",
        "double": _DOUBLE,
        "boolean": _NOT_ZERO,
        "string": _TEXT,
    },
    "boolean": {"long": _BIGINT, "double": "cast(cast({} as integer) as double)", "string": _TEXT},
    "date": {
        "string": "date_text({})",
        "timestamp": "cast({} as timestamp)",
        "long": _NULL.format("bigint"),
        "double": _NULL.format("double"),
        "boolean": _NULL.format("boolean"),
    },
    "timestamp": {
        "string": _TEXT,
        "date": "cast({} as date)",
        "long": "cast(floor(epoch({})) as bigint)",
        "double": "epoch({})",
        "boolean": "(epoch({}) <> 0)",
    },
}
