"""Joins two tables by equal values of columns of each.

Source: the code of join_tables in the notebooks that Data Wrangler exports, and their
get_and_validate_join_keys. No public one has join_multi_keys itself; it is assumed to join like
join_tables. The inputs are the left and the right table, in the node's order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from local.standins.data_wrangler.frame import Column, Frame
from local.standins.data_wrangler.parameters import Parameters
from local.standins.errors import UserError

Join = Callable[[Frame, Frame], Frame]

# DuckDB's joins by Spark's names. The editor has no cross join with a condition.
_KINDS = {
    **dict.fromkeys(("inner",), "inner"),
    **dict.fromkeys(("left", "left_outer", "leftouter"), "left"),
    **dict.fromkeys(("right", "right_outer", "rightouter"), "right"),
    **dict.fromkeys(("full", "full_outer", "fullouter", "outer"), "full"),
    **dict.fromkeys(("semi", "left_semi", "leftsemi"), "semi"),
    **dict.fromkeys(("anti", "left_anti", "leftanti"), "anti"),
}
_LEFT_ONLY = ("semi", "anti")
_MAX_KEYS = 10


def _join_tables(parameters: Parameters) -> Join:
    """Joins rows with equal, non-missing values in two columns."""
    keys = [(parameters.column("left_column"), parameters.column("right_column"))]
    return _read_join(parameters, keys)


def _join_multi_keys(parameters: Parameters) -> Join:
    """Joins rows with equal, non-missing values in each pair of columns."""
    given = parameters.raw("join_keys")
    pairs = given if isinstance(given, list) else []
    if not 0 < len(pairs) <= _MAX_KEYS:
        parameters.note("join_keys", f"must be a list of 1 to {_MAX_KEYS} pairs of columns")
    keys = []
    for place, pair in enumerate(pairs):
        key = Parameters(pair, f"parameters.join_keys[{place}]", parameters.problems)
        keys.append((key.column("left"), key.column("right")))
        key.finish()
    return _read_join(parameters, keys)


def _read_join(parameters: Parameters, keys: list[tuple[str, str]]) -> Join:
    """Parses the rest of a join by pairs of a left and a right column.

    Spark's order of rows is undefined; here it is the left table's, then the right table's.
    """
    kind = _KINDS.get(parameters.choice("join_type", _KINDS), "inner")
    parameters.finish("name")

    def join(left: Frame, right: Frame) -> Frame:
        conditions = " and ".join(_condition(left, right, *key) for key in keys)
        columns = left.columns if kind in _LEFT_ONLY else (*left.columns, *right.columns)
        values = [f"l.c{place}" for place in range(len(left.columns))]
        order = "l.row"
        if kind not in _LEFT_ONLY:
            values += [f"r.c{place}" for place in range(len(right.columns))]
            order = "l.row nulls last, r.row nulls last"
        selected = ", ".join(f"{value} as c{place}" for place, value in enumerate(values))
        return Frame(
            _distinct(columns),
            f"select {selected} from {_numbered(left)} l {kind} join {_numbered(right)} r "  # noqa: S608
            f"on {conditions} order by {order}",
        )

    return join


JOINS = {
    "sagemaker.spark.join_tables_0.1": _join_tables,
    "sagemaker.spark.join_multi_keys_0.1": _join_multi_keys,
}


def _condition(left: Frame, right: Frame, left_column: str, right_column: str) -> str:
    left_place, right_place = left.place(left_column), right.place(right_column)
    types = left.columns[left_place].type, right.columns[right_place].type
    if types[0] != types[1]:
        raise UserError(
            f"{left_column} is {types[0]} and {right_column} is {types[1]}; "
            "the local run joins columns of one type"
        )
    return f"l.c{left_place} = r.c{right_place}"


def _numbered(frame: Frame) -> str:
    return f"(select *, row_number() over () as row from ({frame.query}))"  # noqa: S608


def _distinct(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Numbers duplicate names as _0, _1, ..., and appends _dup if that is taken.

    Raises:
        UserError: Names only differ in case, which versions of the image number differently.
    """
    counts = Counter(column.name for column in columns)
    folded = Counter(name.lower() for name in counts)
    if clashing := [name for name in counts if folded[name.lower()] > 1]:
        raise UserError(f"columns {', '.join(clashing)} only differ in case; rename one first")
    seen: Counter[str] = Counter()
    named = []
    for column in columns:
        name = column.name
        if counts[name] > 1:
            name = f"{column.name}_{seen[column.name]}"
            seen[column.name] += 1
            while name in counts:
                name += "_dup"
        named.append(Column(name, column.type))
    return tuple(named)
