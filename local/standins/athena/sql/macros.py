"""DuckDB macros, in the schema `trino`, for what DuckDB computes differently from Trino.

Errors are raised by casting a message to a boolean, because TRY does not allow DuckDB's error();
`explain_failure` extracts the message.
"""

from __future__ import annotations

import re

from local.standins.database import Database, define_macros, literal

_CAST_MESSAGE = re.compile(r"Could not convert string '([A-Z_]+: .*)' to BOOL")
# Athena's codes for DuckDB's own errors.
_CODES = (
    (r"(Date|Time) out of range", "INVALID_FUNCTION_ARGUMENT"),
    (r"Out of Range Error|out of range", "NUMERIC_VALUE_OUT_OF_RANGE"),
    (r"Conversion Error", "INVALID_CAST_ARGUMENT"),
    (r"Invalid Input Error: Argument", "INVALID_FUNCTION_ARGUMENT"),
    (r"More than one row returned by a subquery", "SUBQUERY_MULTIPLE_ROWS"),
)
# Java's Character.isWhitespace, which Trino's trim removes.
_BLANKS = literal(
    "\t\n\x0b\f\r\x1c\x1d\x1e\x1f \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2008\u2009\u200a\u2028\u2029\u205f\u3000"
)
_FLOAT_TEXT = r"[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?)"
_DATE_TEXT = r"\d{4}-\d{1,2}-\d{1,2}"
_TIME_TEXT = r" \d{1,2}:\d{1,2}(:\d{1,2}(\.\d{1,9})?)?"

_MACROS = rf"""
fail(condition, message) := cast(case when condition then message end as boolean)

-- Arithmetic
divide(a, b) := case when trino.fail(b = 0, 'DIVISION_BY_ZERO: Division by zero') then null
  else a // b end
modulo(a, b) := case when trino.fail(b = 0, 'DIVISION_BY_ZERO: Division by zero') then null
  else a % b end
unscaled(x) := cast(replace(cast(x as varchar), '.', '') as hugeint)
half_up(a, b) := (case when (a < 0) = (b < 0) then 1 else -1 end)
  * cast((2 * abs(a) + abs(b)) // (2 * abs(b)) as hugeint)
power_of_ten(n) := cast('1' || repeat('0', n) as hugeint)
divide_decimals(a, b, shift) := case
  when trino.fail(b = 0, 'DIVISION_BY_ZERO: Division by zero') then null
  else trino.half_up(trino.unscaled(a) * trino.power_of_ten(shift), trino.unscaled(b)) end
divide_sum(total, n) := case when n > 0 then trino.half_up(trino.unscaled(total), n) end
padded(digits, scale) := lpad(digits, cast(greatest(length(digits), scale + 1) as integer), '0')
with_point(digits, scale) := left(digits, length(digits) - scale) || '.' || right(digits, scale)
scaled(n, scale) := (case when n < 0 then '-' else '' end)
  || (case when scale = 0 then cast(abs(n) as varchar)
    else trino.with_point(trino.padded(cast(abs(n) as varchar), scale), scale) end)
encode_url(x) := replace(replace(replace(url_encode(x), '%20', '+'), '%2A', '*'), '~', '%7E')
no_nan(x, what) := case
  when trino.fail(isnan(x), 'NOT_SUPPORTED: ' || what || ' of NaN is not available here') then null
  else x end
round_double(x, n) := case
  when isnan(x) or isinf(x) then x
  when abs(x * pow(10e0, n)) < 9.2e18 then round(x * pow(10e0, n)) / pow(10e0, n) else x end
round_integer(x, n) := case when n >= 0 then cast(x as hugeint) when n < -18 then 0::hugeint
  else trino.half_up(cast(x as hugeint), trino.power_of_ten(-n)) * trino.power_of_ten(-n) end
square_root(x) := case when x < 0 then 'nan'::double when isnan(x) then x else sqrt(x) end
cube_root_step(x, r) := case when r = 0 or isinf(r) or isnan(r) then r
  else r - (r * r * r - x) / (3 * r * r) end
cube_root(x) := trino.cube_root_step(x, cbrt(x))
logarithm(x) := case when x = 0 then '-inf'::double when x < 0 then 'nan'::double else ln(x) end
logarithm10(x) := case when x = 0 then '-inf'::double when x < 0 then 'nan'::double
  else log10(x) end
logarithm2(x) := trino.logarithm(x) / ln(2)
arc_sine(x) := case when abs(x) > 1 then 'nan'::double else asin(x) end
arc_cosine(x) := case when abs(x) > 1 then 'nan'::double else acos(x) end

-- Comparison, in which NaN is neither equal nor greater nor less
float_equal(a, b) := a = b and not isnan(a + b)
float_less(a, b) := case when isnan(a) or isnan(b)
  then (case when a is not null and b is not null then false end) else a < b end
float_at_most(a, b) := case when isnan(a) or isnan(b)
  then (case when a is not null and b is not null then false end) else a <= b end

-- Conversion
refuse_cast(x, ok, kind) := trino.fail(x is not null and not ok,
  'INVALID_CAST_ARGUMENT: Cannot cast ''' || x || ''' to ' || kind)
text_to_integer(x, kind) := case
  when trino.refuse_cast(x, regexp_full_match(x, '[+-]?[0-9]+'), kind) then null else x end
text_to_decimal(x, kind) := case
  when trino.refuse_cast(x, regexp_full_match(x, '[+-]?(\d+\.?\d*|\.\d+)'), kind)
  then null else x end
text_to_float(x, kind) := case
  when trino.refuse_cast(x, regexp_full_match(trim(x, {_BLANKS}), '{_FLOAT_TEXT}'), kind) then null
  else rtrim(trim(x, {_BLANKS}), 'fFdD') end
text_to_boolean(x) := case
  when trino.refuse_cast(x, lower(x) in ('t', 'true', '1', 'f', 'false', '0'), 'BOOLEAN') then null
  else lower(x) in ('t', 'true', '1') end
text_to_date(x) := case
  when trino.fail(x is not null and (not regexp_full_match(trim(x), '{_DATE_TEXT}')
      or try_cast(trim(x) as date) is null),
    'INVALID_CAST_ARGUMENT: Value cannot be cast to date: ' || x) then null
  else try_cast(trim(x) as date) end
with_seconds(x) := case when regexp_full_match(x, '{_DATE_TEXT} \d{{1,2}}:\d{{1,2}}')
  then x || ':00' else x end
text_to_timestamp(x) := case
  when trino.fail(x is not null and (not regexp_full_match(trim(x), '{_DATE_TEXT}({_TIME_TEXT})?')
      or try_cast(trino.with_seconds(trim(x)) as timestamp_ns) is null),
    'INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: ' || x) then null
  else try_cast(trino.with_seconds(trim(x)) as timestamp_ns) end
whole_seconds(x) := epoch_us(date_trunc('second', x))
at_precision(x, p) := case when p >= 6 then x else make_timestamp(
  trino.whole_seconds(x) + (epoch_us(x) - trino.whole_seconds(x)
    + cast(pow(10, 6 - p) as bigint) // 2)
  // cast(pow(10, 6 - p) as bigint) * cast(pow(10, 6 - p) as bigint)) end
from_nanoseconds(x, p) := make_timestamp((epoch_ns(x) - epoch_ns(date_trunc('second', x))
    + cast(pow(10, 9 - p) as bigint) // 2) // cast(pow(10, 9 - p) as bigint)
    * cast(pow(10, 9 - p) as bigint) // 1000
  + trino.whole_seconds(cast(date_trunc('second', x) as timestamp)))
float_to_integer(x, kind) := case
  when trino.fail(isnan(x), 'INVALID_CAST_ARGUMENT: Cannot cast NaN to ' || kind) then null
  else round(x) end
float_to_decimal(x, kind) := case
  when trino.fail(isnan(x) or isinf(x),
    'INVALID_CAST_ARGUMENT: Cannot cast ''' || x || ''' to ' || kind) then null
  else (case when x < 0 then '-' else '' end) || trino.without_exponent(cast(abs(x) as varchar))
  end
double_to_real(x) := case when abs(x) > 3.4028235677973366e38 then
  (case when x > 0 then 'inf'::float else '-inf'::float end) else cast(x as float) end
digits(x) := regexp_replace(replace(split_part(x, 'e', 1), '.', ''), '^0+', '')
exponent(x) := (case when contains(x, 'e') then cast(split_part(x, 'e', 2) as integer) else 0 end)
  + (case when starts_with(x, '0.')
    then -1 - length(regexp_extract(split_part(x, 'e', 1), '^0\.(0*)', 1))
    else length(split_part(split_part(x, 'e', 1), '.', 1)) - 1 end)
with_exponent(x) := trino.digits(x)[1] || '.'
  || coalesce(nullif(rtrim(substr(trino.digits(x), 2), '0'), ''), '0') || 'E' || trino.exponent(x)
moved_point(digits, place) := case when place <= 0 then '0.' || repeat('0', -place) || digits
  when place >= length(digits) then digits || repeat('0', place - length(digits))
  else left(digits, place) || '.' || substr(digits, place + 1) end
without_exponent(x) := case when contains(x, 'e')
  then trino.moved_point(trino.digits(x), trino.exponent(x) + 1) else x end
positive_to_text(x) := case when isnan(x) then 'NaN' when isinf(x) then 'Infinity'
  when x = 0 then '0E0' else trino.with_exponent(cast(x as varchar)) end
float_to_text(x) := case when x is null then null else
  (case when not isnan(x) and starts_with(cast(x as varchar), '-') then '-' else '' end)
  || trino.positive_to_text(abs(x)) end
real_to_text(x) := case
  when trino.fail(not isnan(x) and not isinf(x)
      and length(rtrim(trino.digits(cast(abs(x) as varchar)), '0')) > 7,
    'NOT_SUPPORTED: the text of a real with more than 7 digits is not available here') then null
  else trino.float_to_text(x) end
fits(x, n) := case
  when trino.fail(length(x) > n,
    'INVALID_CAST_ARGUMENT: Value ' || x || ' cannot be represented as varchar(' || n || ')')
  then null else x end

-- Text
substring_to_end(x, start) := case when start > 0 then substr(x, start)
  when start < 0 and -start <= length(x) then substr(x, length(x) + start + 1)
  when start is not null and x is not null then '' end
substring(x, start, n) := case when n is null then null
  else left(trino.substring_to_end(x, start), greatest(n, 0)) end
reverse_text(x) := array_to_string(list_reverse(string_split(x, '')), '')
upper_text(x) := case when contains(x, 'ß')
  then array_to_string(list_transform(string_split(x, 'ß'), lambda part: upper(part)), 'ß')
  else upper(x) end
trim_both(x) := trim(x, {_BLANKS})
trim_left(x) := ltrim(x, {_BLANKS})
trim_right(x) := rtrim(x, {_BLANKS})
replace_text(x, search, separator) := case
  when trino.fail(search = '', 'NOT_SUPPORTED: replace of an empty text is not available here')
  then null else replace(x, search, separator) end
pad_check(size, padding) := trino.fail(size < 0 or size > 2147483647,
    'INVALID_FUNCTION_ARGUMENT: Target length must be in the range [0..2147483647]')
  or trino.fail(padding = '', 'INVALID_FUNCTION_ARGUMENT: Padding string must not be empty')
pad_left(x, size, padding) := case when trino.pad_check(size, padding) then null
  else lpad(x, cast(size as integer), padding) end
pad_right(x, size, padding) := case when trino.pad_check(size, padding) then null
  else rpad(x, cast(size as integer), padding) end
split_text(x, separator) := case
  when trino.fail(separator = '',
    'INVALID_FUNCTION_ARGUMENT: The delimiter may not be the empty string')
  then null else string_split(x, separator) end
split_part(x, separator, n) := case
  when trino.fail(n <= 0, 'INVALID_FUNCTION_ARGUMENT: Index must be greater than zero') then null
  else trino.split_text(x, separator)[n] end
join_texts(x, separator) := array_to_string(list_filter(x, lambda one: one is not null), separator)

in_ascii(x, what) := case
  when trino.fail(strlen(x) <> length(x),
    'NOT_SUPPORTED: ' || what || ' of a text that is not ASCII is not available here') then null
  else x end
edits(x, y) := levenshtein(trino.in_ascii(x, 'levenshtein_distance'),
  trino.in_ascii(y, 'levenshtein_distance'))
differences(x, y) := hamming(trino.in_ascii(x, 'hamming_distance'),
  trino.in_ascii(y, 'hamming_distance'))

-- Arrays
subscript(x, n) := case
  when trino.fail(n < 1, 'INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1')
    or trino.fail(n > len(x),
      'INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length')
  then null else x[n] end
element_at(x, n) := case
  when trino.fail(n = 0, 'INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1') then null
  else x[n] end
has_element(x, one) := case when one is null or x is null then null
  when list_contains(x, one) then true when list_count(x) < len(x) then null else false end

-- Dates
milliseconds(x) := (epoch_us(x) - ((epoch_us(x) % 1000) + 1000) % 1000) // 1000
month_number(x) := 12 * year(x) + month(x)
time_in_month(x) := trino.milliseconds(x) - trino.milliseconds(date_trunc('month', x))
clamped_time_in_month(x, until) := case
  when day(until) = day(last_day(until)) and day(x) > day(until)
  then trino.time_in_month(x) - 86400000 * (day(x) - day(until)) else trino.time_in_month(x) end
months_forward(a, b) := trino.month_number(b) - trino.month_number(a)
  - (case when trino.time_in_month(b) < trino.clamped_time_in_month(a, b) then 1 else 0 end)
months_between(a, b) := case when a <= b then trino.months_forward(a, b)
  else -trino.months_forward(b, a) end
is_leap(x) := day(last_day(make_date(year(x), 2, 1))) = 29
time_in_year(x) := 86400000 * (31 * month(x) + day(x))
  + trino.milliseconds(x) - trino.milliseconds(date_trunc('day', x))
clamped_time_in_year(x, until) := trino.time_in_year(x) - (case
  when month(x) = 2 and day(x) = 29 and not trino.is_leap(until) then 86400000 else 0 end)
years_forward(a, b) := year(b) - year(a)
  - (case when trino.time_in_year(b) < trino.clamped_time_in_year(a, b) then 1 else 0 end)
years_between(a, b) := case when a <= b then trino.years_forward(a, b)
  else -trino.years_forward(b, a) end
whole(a, b, size) := (trino.milliseconds(b) - trino.milliseconds(a)) // size
whole_days(x) := case
  when trino.fail(x % 86400000 <> 0,
    'INVALID_FUNCTION_ARGUMENT: Cannot add hour, minutes or seconds to a date') then null
  else cast(x // 86400000 as integer) end
from_seconds(x) := make_timestamp(cast(floor(x * 1000 + 0.5) as bigint) * 1000)
date_parts(x, pattern) := case
  when trino.fail(x is not null and not regexp_full_match(x, pattern),
    'INVALID_FUNCTION_ARGUMENT: Invalid format: "' || x || '"') then null else x end
"""


def create_macros(database: Database, sql: str | None = None) -> None:
    """Creates the schema `trino` in the database, with the macros that SQL calls; default: all."""
    define_macros(database, _MACROS, "trino", sql)


def explain_failure(message: str) -> str:
    """DuckDB's message of an error at run time, with Athena's code if it has one."""
    if match := _CAST_MESSAGE.search(message):
        return match.group(1)
    for form, code in _CODES:
        if re.search(form, message):
            return f"{code}: {message.partition(': ')[2]}"
    return message
