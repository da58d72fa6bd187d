"""The supported functions of Athena, with their types and DuckDB's SQL.

Every row was compared with Trino's documentation ("Functions and operators"), and with the answers
of Trino 405 (tests/local/standins/athena_values.tsv). Other functions are refused: by name if Trino
has them, otherwise as FUNCTION_NOT_FOUND.

A row has a function's names, its parameters, its result, and DuckDB's SQL. Parameters:

    bigint, double, ...   a value of the type, or one that converts to it
    decimal, timestamp    of any size
    integers, floats      one of these types, unconverted
    number                any number, unconverted
    text                  varchar or char, including a char's trailing blanks
    T                     any type, the common one of all T
    moment                date or timestamp, unconverted
    array(T)              an array
    literal, count        a literal text, or a literal integer from 0
    T...                  two or more

Results: a type, `1` or `2` for the type of that argument, T, or a rule of `_RESULTS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from local.standins.athena.sql.types import Type, as_decimal, decimal

_SCALARS = """
abs          | decimal             | 1          | abs({0})
abs          | number              | 1          | abs({0})
ceil, ceiling | decimal            | ceiling    | ceil({0})
ceil, ceiling | integers           | 1          | {0}
ceil, ceiling | floats             | 1          | ceil({0})
floor        | decimal             | ceiling    | floor({0})
floor        | integers            | 1          | {0}
floor        | floats              | 1          | floor({0})
round        | decimal             | ceiling    | round({0})
round        | integers            | 1          | {0}
round        | decimal, count      | rounded    | round({0}, {1})
round        | real, integer       | real       | trino.round_double(cast({0} as double), {1})
round        | floats              | 1          | trino.round_double({0}, 0)
round        | integers, integer   | 1          | trino.round_integer({0}, {1})
round        | double, integer     | double     | trino.round_double({0}, {1})
sign         | integers            | 1          | sign({0})
sign         | decimal             | decimal(1,0) | sign({0})
sign         | floats              | 1          | case when isnan({0}) then {0} else sign({0}) end
mod          | integers            | 1          |
sqrt         | double              | double     | trino.square_root({0})
cbrt         | double              | double     | trino.cube_root({0})
power, pow   | double, double      | double     | pow({0}, {1})
exp          | double              | double     | exp({0})
ln           | double              | double     | trino.logarithm({0})
log2         | double              | double     | trino.logarithm2({0})
log10        | double              | double     | trino.logarithm10({0})
log          | double, double      | double     | trino.logarithm({1}) / trino.logarithm({0})
sin          | double              | double     | sin({0})
cos          | double              | double     | cos({0})
tan          | double              | double     | tan({0})
asin         | double              | double     | trino.arc_sine({0})
acos         | double              | double     | trino.arc_cosine({0})
atan         | double              | double     | atan({0})
atan2        | double, double      | double     | atan2({0}, {1})
cosh         | double              | double     | cosh({0})
tanh         | double              | double     | tanh({0})
degrees      | double              | double     | degrees({0})
radians      | double              | double     | radians({0})
pi           |                     | double     | pi()
e            |                     | double     | 2.718281828459045::double
infinity     |                     | double     | 'inf'::double
nan          |                     | double     | 'nan'::double
is_nan       | double              | boolean    | isnan({0})
is_finite    | double              | boolean    | isfinite({0})
is_infinite  | double              | boolean    | isinf({0})
bitwise_and  | bigint, bigint      | bigint     | {0} & {1}
bitwise_or   | bigint, bigint      | bigint     | {0} | {1}
bitwise_xor  | bigint, bigint      | bigint     | xor({0}, {1})
bitwise_not  | bigint              | bigint     | ~{0}
length       | text                | bigint     | length({0})
lower        | varchar             | varchar    | lower({0})
upper        | varchar             | varchar    | trino.upper_text({0})
trim         | text                | varchar    | trino.trim_both({0})
trim         | varchar, varchar    | varchar    | trim({0}, {1})
ltrim        | text                | varchar    | trino.trim_left({0})
ltrim        | varchar, varchar    | varchar    | ltrim({0}, {1})
rtrim        | text                | varchar    | trino.trim_right({0})
rtrim        | varchar, varchar    | varchar    | rtrim({0}, {1})
reverse      | varchar             | varchar    | trino.reverse_text({0})
replace      | varchar, varchar    | varchar    | replace({0}, {1}, '')
replace      | varchar, varchar, varchar | varchar | trino.replace_text({0}, {1}, {2})
substr, substring | text, bigint   | varchar    | trino.substring_to_end({0}, {1})
substr, substring | text, bigint, bigint | varchar | trino.substring({0}, {1}, {2})
strpos       | varchar, varchar    | bigint     | strpos({0}, {1})
lpad         | varchar, bigint, varchar | varchar | trino.pad_left({0}, {1}, {2})
rpad         | varchar, bigint, varchar | varchar | trino.pad_right({0}, {1}, {2})
split        | varchar, varchar    | array(varchar) | trino.split_text({0}, {1})
split_part   | varchar, varchar, bigint | varchar | trino.split_part({0}, {1}, {2})
starts_with  | varchar, varchar    | boolean    | starts_with({0}, {1})
chr          | bigint              | varchar    | chr(cast({0} as integer))
translate    | varchar, varchar, varchar | varchar | translate({0}, {1}, {2})
concat_ws    | varchar, varchar... | varchar    | concat_ws({all})
url_encode   | varchar             | varchar    | trino.encode_url({0})
levenshtein_distance | varchar, varchar | bigint | trino.edits({0}, {1})
hamming_distance | varchar, varchar | bigint    | trino.differences({0}, {1})
regexp_like  | varchar, literal    | boolean    |
regexp_extract | varchar, literal  | varchar    |
regexp_extract | varchar, literal, integer | varchar |
regexp_replace | varchar, literal  | varchar    |
regexp_replace | varchar, literal, literal | varchar |
regexp_count | varchar, literal    | bigint     |
year         | moment              | bigint     | year({0})
quarter      | moment              | bigint     | quarter({0})
month        | moment              | bigint     | month({0})
week, week_of_year | moment        | bigint     | week({0})
day, day_of_month | moment         | bigint     | day({0})
day_of_week, dow | moment          | bigint     | isodow({0})
day_of_year, doy | moment          | bigint     | dayofyear({0})
year_of_week, yow | moment         | bigint     | isoyear({0})
hour         | timestamp           | bigint     | hour({0})
minute       | timestamp           | bigint     | minute({0})
second       | timestamp           | bigint     | second({0})
millisecond  | timestamp           | bigint     | millisecond({0}) % 1000
last_day_of_month | moment         | date       | last_day({0})
date         | date                | date       | {0}
date         | timestamp           | date       | cast({0} as date)
date         | varchar             | date       | trino.text_to_date({0})
date_diff    | literal, moment, moment | bigint |
date_add     | literal, bigint, moment | 3      |
date_trunc   | literal, moment     | 2          |
date_format  | timestamp, literal  | varchar    |
date_parse   | varchar, literal    | timestamp(3) |
from_unixtime | double             | timestamp(3) with time zone | trino.from_seconds({0})
to_unixtime  | timestamp           | double     | epoch_us({0}) / 1000000e0
to_milliseconds | interval day to second | bigint | {0}
now          |                     | timestamp(3) with time zone |
current_date |                     | date       |
current_timestamp |                | timestamp(3) with time zone |
localtimestamp |                   | timestamp(3) |
greatest     | T...                | T          |
least        | T...                | T          |
concat       | varchar...          | varchar    |
cardinality  | array(T)            | bigint     | len({0})
element_at   | array(T), bigint    | T          | trino.element_at({0}, {1})
contains     | array(T), T         | boolean    | trino.has_element({0}, {1})
array_join   | array(varchar), varchar | varchar | trino.join_texts({0}, {1})
"""

_AGGREGATES = """
count        | T                   | bigint     | count({0})
count_if     | boolean             | bigint     | count(case when {0} then 1 end)
sum          | bigint              | bigint     | sum({0})
sum          | decimal             | decimal(38) | sum({0})
sum          | real                | real       | sum(cast({0} as double))
sum          | double              | double     | sum({0})
avg          | integers            | double     | avg(cast({0} as double))
avg          | decimal             | 1          |
avg          | real                | real       | avg(cast({0} as double))
avg          | double              | double     | avg({0})
min          | T                   | T          | min({0})
max          | T                   | T          | max({0})
min_by       | T, any              | T          | arg_min_null({0}, {1})
max_by       | T, any              | T          | arg_max_null({0}, {1})
arbitrary    | T                   | T          | any_value({0})
bool_and, every | boolean          | boolean    | bool_and({0})
bool_or      | boolean             | boolean    | bool_or({0})
stddev, stddev_samp | double       | double     | stddev_samp({0})
stddev_pop   | double              | double     | stddev_pop({0})
variance, var_samp | double        | double     | var_samp({0})
var_pop      | double              | double     | var_pop({0})
corr         | double, double      | double     | corr({0}, {1})
covar_pop    | double, double      | double     | covar_pop({0}, {1})
covar_samp   | double, double      | double     | covar_samp({0}, {1})
array_agg    | T                   | array(T)   | list({0})
bitwise_and_agg | bigint           | bigint     | bit_and({0})
bitwise_or_agg | bigint            | bigint     | bit_or({0})
"""

_WINDOWS = """
row_number   |                     | bigint     | row_number()
rank         |                     | bigint     | rank()
dense_rank   |                     | bigint     | dense_rank()
percent_rank |                     | double     | percent_rank()
cume_dist    |                     | double     | cume_dist()
ntile        | count               | bigint     | ntile({0})
first_value  | T                   | T          | first_value({0})
last_value   | T                   | T          | last_value({0})
nth_value    | T, count            | T          | nth_value({0}, {1})
lag          | T                   | T          | lag({0})
lag          | T, count            | T          | lag({0}, {1})
lag          | T, count, T         | T          | lag({0}, {1}, {2})
lead         | T                   | T          | lead({0})
lead         | T, count            | T          | lead({0}, {1})
lead         | T, count, T         | T          | lead({0}, {1}, {2})
"""

# Trino's functions that are not supported ("List of functions and operators").
UNAVAILABLE = frozenset(
    """
    all_match any_match any_value approx_distinct approx_most_frequent approx_percentile
    approx_set array_distinct array_except array_first array_histogram array_intersect
    array_last array_max array_min array_position array_remove array_sort array_union
    arrays_overlap at_timezone bar beta_cdf bing_tile bing_tile_at bing_tile_coordinates
    bing_tile_polygon bing_tile_quadkey bing_tile_zoom_level bing_tiles_around bit_count
    bitwise_left_shift bitwise_right_shift bitwise_right_shift_arithmetic bitwise_xor_agg
    char2hexint checksum classifier classify codepoint color combinations contains_sequence
    convex_hull_agg cosine_distance cosine_similarity crc32 current_groups current_timezone
    empty_approx_set ends_with evaluate_classifier_predictions features filter flatten format
    format_datetime format_number from_base from_base32 from_base64 from_base64url
    from_big_endian_32 from_big_endian_64 from_encoded_polyline from_geojson_geometry from_hex
    from_ieee754_32 from_ieee754_64 from_iso8601_date from_iso8601_timestamp
    from_iso8601_timestamp_nanos from_unixtime_nanos from_utf8 geometric_mean
    geometry_invalid_reason geometry_nearest_points geometry_to_bing_tiles geometry_union
    geometry_union_agg great_circle_distance hash_counts histogram hmac_md5 hmac_sha1
    hmac_sha256 hmac_sha512 human_readable_seconds index intersection_cardinality
    inverse_beta_cdf inverse_normal_cdf is_json_scalar jaccard_index json_array_contains
    json_array_get json_array_length json_extract json_extract_scalar json_format json_parse
    json_size kurtosis learn_classifier learn_libsvm_classifier learn_libsvm_regressor
    learn_regressor line_interpolate_point line_interpolate_points line_locate_point listagg
    luhn_check make_set_digest map map_agg map_concat map_entries map_filter map_from_entries
    map_keys map_union map_values map_zip_with md5 merge merge_set_digest multimap_agg
    multimap_from_entries murmur3 ngrams none_match normal_cdf normalize numeric_histogram
    objectid objectid_timestamp parse_data_size parse_datetime parse_duration
    parse_presto_data_size qdigest_agg quantile_at_value rand random reduce reduce_agg
    regexp_extract_all regexp_position regexp_split regr_avgx regr_avgy regr_count
    regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy regress render repeat rgb
    sequence sha1 sha256 sha512 shuffle simplify_geometry sinh skewness slice soundex
    spatial_partitioning spatial_partitions split_to_map split_to_multimap spooky_hash_v2_32
    spooky_hash_v2_64 st_area st_asbinary st_astext st_buffer st_centroid st_contains
    st_distance st_geometryfromtext st_intersects st_point st_within st_x st_y tdigest_agg
    timestamp_objectid timezone_hour timezone_minute to_base to_base32 to_base64 to_base64url
    to_big_endian_32 to_big_endian_64 to_char to_date to_encoded_polyline to_geojson_geometry
    to_geometry to_hex to_ieee754_32 to_ieee754_64 to_iso8601 to_spherical_geography
    to_timestamp to_utf8 transform transform_keys transform_values trim_array truncate
    url_decode url_extract_fragment url_extract_host url_extract_parameter
    url_extract_path url_extract_port url_extract_protocol url_extract_query uuid
    value_at_quantile values_at_quantiles version width_bucket wilson_interval_lower
    wilson_interval_upper with_timezone word_stem xxhash64 zip zip_with
    """.split()  # noqa: SIM905 - more readable than a list
)


@dataclass(frozen=True)
class Signature:
    """A form of a function, a row of the tables above.

    `kind` is scalar, aggregate or window; `sql` is empty for coded functions.
    """

    name: str
    kind: str
    parameters: tuple[str, ...]
    result: str
    sql: str

    def __str__(self) -> str:
        """The form as in Trino's messages: name(parameters)."""
        return f"{self.name}({', '.join(self.parameters)})"


def _read(kind: str, table: str) -> list[Signature]:
    rows = []
    for line in table.strip().splitlines():
        names, parameters, result, sql = (part.strip() for part in line.split(" |", 3))
        kinds = tuple(one.strip() for one in parameters.split(",")) if parameters else ()
        rows += [Signature(name, kind, kinds, result, sql) for name in names.split(", ")]
    return rows


SIGNATURES: dict[str, list[Signature]] = {}
for _signature in (
    *_read("scalar", _SCALARS), *_read("aggregate", _AGGREGATES), *_read("window", _WINDOWS),
):  # fmt: skip
    SIGNATURES.setdefault(_signature.name, []).append(_signature)


def _ceiling(kind: Type) -> Type:
    return decimal(kind.size - kind.scale + min(kind.scale, 1), 0)


# Rules for results that depend on a decimal's digits.
RESULTS: dict[str, Callable[[Type], Type]] = {
    "ceiling": _ceiling,
    "rounded": lambda kind: decimal(kind.size + 1, kind.scale),
    "decimal(38)": lambda kind: Type("decimal", 38, as_decimal(kind).scale),
}
