"""The splits of Preprocess by time, group and column."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from preprocess import main
from processing_job import InputError
from row_splits import SPLITS, Key, assign

FRACTIONS = (
    st.tuples(st.integers(1, 20), st.integers(1, 20), st.integers(1, 20))
    .map(lambda parts: [part / sum(parts) for part in parts])
    .filter(lambda parts: min(parts) > 0)
)
SEEDS = st.integers(0, 2**31 - 1)


def key_of(by: str, values: list[str]) -> Key:
    key = Key(by, "column")
    for value in values:
        key.add(value.encode())
    return key


def split(by: str, values: list[str], fractions: list[float], seed: int = 1729) -> list[int]:
    rows = len(values)
    assignment = assign(rows, key_of(by, values), fractions, seed)
    assert len(assignment) == rows
    assert set(assignment.tolist()) == {0, 1, 2}
    return list(assignment.tolist())


GROUPS = st.lists(st.sampled_from("abcdefghijklmnop"), min_size=3, max_size=200).filter(
    lambda groups: len(set(groups)) >= 3
)


@given(GROUPS, FRACTIONS, SEEDS)
def test_a_group_is_in_one_part_and_sizes_are_near_the_fractions(
    groups: list[str], fractions: list[float], seed: int
) -> None:
    parts = split("group", groups, fractions, seed)
    assert len(set(zip(groups, parts, strict=True))) == len(set(groups))
    assert split("group", groups, fractions, seed) == parts
    largest = max(Counter(groups).values())
    sizes = Counter(parts)
    for part, fraction in enumerate(fractions):
        assert -2 * largest - 1 < sizes[part] - len(groups) * fraction < largest + 1


def test_another_seed_selects_other_groups() -> None:
    groups = [str(row // 5) for row in range(500)]
    assert len({tuple(split("group", groups, [0.7, 0.2, 0.1], seed)) for seed in range(9)}) == 9
    tests = [split("group", groups, [0.7, 0.2, 0.1], seed)[0] for seed in range(200)]
    assert 0 < sum(part == 2 for part in tests) < 60


TIMES = st.lists(st.integers(0, 40), min_size=3, max_size=200).filter(
    lambda times: len(set(times)) >= 3
)
FORMS = [
    lambda day: str(day - 20),
    lambda day: f"{day / 7:e}",
    lambda day: f"2020-{1 + day // 28:02}-{1 + day % 28:02}",
    lambda day: f"2020-{1 + day // 28:02}-{1 + day % 28:02} 00:00:00.{day:03}",
    lambda day: f"{1950 + day:04}-06",
    lambda day: f"2020-03-01T{day // 3:02}:{20 * (day % 3):02}:00Z",
]


@given(TIMES, FRACTIONS, st.sampled_from(FORMS))
def test_parts_are_in_order_of_time(times: list[int], fractions: list[float], form: object) -> None:
    assert callable(form)
    parts = split("time", [form(time) for time in times], fractions)
    spans = [
        [time for time, own in zip(times, parts, strict=True) if own == part] for part in range(3)
    ]
    assert max(spans[0]) < min(spans[1]) <= max(spans[1]) < min(spans[2])


@given(st.permutations(range(60)), FRACTIONS)
def test_distinct_times_are_split_at_the_fractions(
    times: list[int], fractions: list[float]
) -> None:
    counts = Counter(split("time", [str(time) for time in times], fractions))
    ends = np.cumsum([counts[0], counts[1]])
    assert [end - round(60 * sum(fractions[:n])) for n, end in enumerate(ends, 1)] == [0, 0]


def test_a_split_is_at_the_nearest_change_of_time() -> None:
    times = ["2020-01-01"] * 60 + ["2020-01-02"] * 15 + ["2020-01-03"] * 24 + ["2020-01-04"]
    assert Counter(split("time", times, [0.7, 0.2, 0.1])) == {0: 75, 1: 24, 2: 1}
    assert Counter(split("time", ["1"] * 98 + ["2", "3"], [0.7, 0.2, 0.1])) == {0: 98, 1: 1, 2: 1}
    assert Counter(split("time", ["1", "2"] + ["3"] * 98, [0.7, 0.2, 0.1])) == {0: 1, 1: 1, 2: 98}


def test_times_with_offsets_are_compared_as_instants() -> None:
    times = ["2020-01-01T03:00+05:00", "2020-01-01T00:00+01:00", "2020-01-01T00:00-01:00"]
    assert split("time", times, [0.4, 0.3, 0.3]) == [0, 1, 2]


def write(folder: Path, keys: list[str]) -> list[str]:
    rows = [f"{row},{key},{row % 7},{row / 3}" for row, key in enumerate(keys)]
    (folder / "input").mkdir(exist_ok=True)
    (folder / "input" / "_SUCCESS").touch()
    for part, own in enumerate((rows[: len(rows) // 2], rows[len(rows) // 2 :])):
        text = "\n".join(["price,restate_split,rooms,age", *own, ""])
        (folder / "input" / f"part-{part}.csv").write_text(text)
    return [f"{row},{row % 7},{row / 3}" for row in range(len(rows))]


def run(folder: Path, by: str) -> None:
    main(
        [
            *("--input", str(folder / "input"), "--output", str(folder), "--target", "price"),
            *("--train", "0.7", "--validation", "0.2", "--test", "0.1", "--seed", "1729"),
            *("--message", str(folder / "message"), "--table", "flats", "--column-count", "2"),
            *("--by", by, "--column", "customer", "--key", "restate_split"),
        ]
    )


def parts_in(folder: Path) -> dict[str, list[str]]:
    return {name: (folder / name / f"{name}.csv").read_text().splitlines() for name in SPLITS}


def test_the_parts_have_each_row_once_without_the_splits_column(tmp_path: Path) -> None:
    groups = ['"a, b"', '"say ""c"""', "d", "日本", '"f\\"g"']
    rows = write(tmp_path, [groups[row % 5] for row in range(50)])
    run(tmp_path, "group")
    parts = parts_in(tmp_path)
    assert sorted(row for part in parts.values() for row in part) == sorted(rows)
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 30,
        "validation": 10,
        "test": 10,
    }
    groups_in = [{int(row.split(",")[0]) % 5 for row in part} for part in parts.values()]
    assert sum(map(len, groups_in)) == 5
    names = (tmp_path / "metadata" / "feature_names.json").read_text()
    assert names == '["rooms", "age"]'


def test_a_column_names_the_part(tmp_path: Path) -> None:
    rows = write(tmp_path, [("train", '"test"', "validation ")[row % 3] for row in range(30)])
    run(tmp_path, "column")
    assert parts_in(tmp_path) == {
        "train": rows[::3],
        "test": rows[1::3],
        "validation": rows[2::3],
    }


def test_time_orders_rows_across_files(tmp_path: Path) -> None:
    days = [f"2020-01-{31 - row:02}" for row in range(20)]
    rows = write(tmp_path, days)
    run(tmp_path, "time")
    assert parts_in(tmp_path) == {"train": rows[6:], "validation": rows[2:6], "test": rows[:2]}


@pytest.mark.parametrize(
    ("by", "keys", "reason"),
    [
        ("group", ["a"] * 9, 'the column "customer" has 1 group: train, validation, test need'),
        ("group", ["a", "b"] * 9, 'the column "customer" has 2 different groups: train,'),
        ("group", ["a", "b", "", "c"], 'part-1.csv, row 1: the column "customer", which the rows'),
        ("time", ["1"] * 9, 'the column "customer" has 1 time: train, validation, test need'),
        ("time", ["1", "2", "1", "2.0"], 'the column "customer" has 2 different times'),
        ("time", ["2020-01-01", '""'] * 9, 'row 2: the column "customer", which the rows are'),
        ("time", ["2020-01-01", "soon"] * 9, 'holds "soon", which is neither a number nor a date'),
        ("time", ["2020-01-01", "7"] * 9, 'holds "7", a number, but the first row a time without'),
        (
            "time",
            ["2020-01-01", "2020-01-01T00:00Z"] * 9,
            'holds "2020-01-01T00:00Z", a time with an offset, but the first row a time without an',
        ),
        ("column", ["train", "eval"] * 9, 'row 2: the column "customer" holds "eval"; allowed are'),
        ("column", ["train", "test"] * 9, "to split: train 9, validation 0, test 9"),
        ("group", ["a", "b,c", "d"] * 9, "row 2: the row does not have the header's 4 fields"),
        ("group", ["a", '"b', "d"] * 9, "row 2: the row does not have the header's 4 fields"),
    ],
)
def test_refuses(tmp_path: Path, by: str, keys: list[str], reason: str) -> None:
    write(tmp_path, keys)
    with pytest.raises(SystemExit, match="error: ") as ended:
        run(tmp_path, by)
    assert reason in str(ended.value)
    assert (tmp_path / "message").read_text() in str(ended.value)
    assert not (tmp_path / "train").exists()


def test_refuses_a_header_without_the_splits_column(tmp_path: Path) -> None:
    write(tmp_path, ["a", "b", "c"])
    for file in (tmp_path / "input").glob("*.csv"):
        file.write_text(file.read_text().replace("restate_split,rooms", "rooms,restate_split"))
    with pytest.raises(SystemExit, match='the second column must be "restate_split"'):
        run(tmp_path, "group")


def test_a_number_of_microseconds_is_exact() -> None:
    key = key_of("time", ["2024-01-01 00:00:00.000001", "2024-01-01 00:00:00.000002"])
    assert key.times[1] - key.times[0] == 1
    with pytest.raises(InputError):
        key_of("time", ["inf"])
    assert math.isfinite(key_of("time", ["1e300"]).times[0])
