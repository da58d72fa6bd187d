"""The script that splits the rows, on real files."""

from __future__ import annotations

import json
import subprocess

import numpy as np
import pytest
from script_job import Job, on_image

HEADER = "price,rooms,age"


def preprocess(job: Job, *more: str, seed: int = 1729) -> subprocess.CompletedProcess[str]:
    return job.run(
        "preprocess.py",
        *("--input", str(job.folder / "input"), "--output", str(job.folder)),
        *("--target", "price", "--train", "0.7", "--validation", "0.2", "--test", "0.1"),
        *("--seed", str(seed), "--table", "flats", "--column-count", "2", *more),
    )


def split(job: Job, name: str) -> list[str]:
    return (job.folder / name / f"{name}.csv").read_text().splitlines()


def feature_names(job: Job) -> list[str]:
    names: list[str] = json.loads((job.folder / "metadata/feature_names.json").read_text())
    return names


def write_parts(job: Job, *parts: list[str], header: str = HEADER) -> None:
    for index, rows in enumerate(parts):
        part = job.folder / "input" / "node" / f"part-{index:05}.csv"
        part.parent.mkdir(exist_ok=True)
        part.write_text("".join(f"{line}\n" for line in [header, *rows]))


ROWS = [f"{index},{index % 7},{index / 3}" for index in range(1000)]


def test_splits_exactly_and_loses_nothing(job_on_image: Job) -> None:
    job = job_on_image
    write_parts(job, ROWS[:300], ROWS[300:])
    done = preprocess(job)
    assert done.returncode == 0, done.stderr
    splits = {name: split(job, name) for name in ("train", "validation", "test")}
    assert {name: len(rows) for name, rows in splits.items()} == {
        "train": 700,
        "validation": 200,
        "test": 100,
    }
    assert sorted(row for rows in splits.values() for row in rows) == sorted(ROWS)
    assert done.stdout.splitlines() == [
        'target "price": mean 499.5, deviation 288.675',
        "1000 rows read, 1000 used: 700 / 200 / 100; 2 columns, 2 features; 1 warning",
        "warning: age: gives the target away: R2 1.0000 by this column alone",
    ]


def test_splits_the_same_on_every_image(job: Job) -> None:
    write_parts(job, ROWS)
    preprocess(job)
    first = [split(job, name) for name in ("train", "validation", "test")]
    preprocess(on_image(job, "scikit-learn 1.9-0"))
    assert [split(job, name) for name in ("train", "validation", "test")] == first


def test_only_the_same_seed_gives_the_same_split(job: Job) -> None:
    write_parts(job, ROWS)
    preprocess(job)
    first = split(job, "test")
    preprocess(job)
    assert split(job, "test") == first
    preprocess(job, seed=1)
    assert split(job, "test") != first


def test_splits_at_random(job: Job) -> None:
    write_parts(job, ROWS)
    preprocess(job)
    labels = [float(row.split(",")[0]) for row in split(job, "test")]
    assert 400 < sum(labels) / len(labels) < 600


def test_refuses_too_few_validation_rows_for_prediction_intervals(job: Job) -> None:
    write_parts(job, ROWS[:95])
    assert preprocess(job, "--prediction-intervals", "0.95").returncode == 0
    write_parts(job, ROWS[:90])
    job.fails(
        preprocess(job, "--prediction-intervals", "0.95"),
        "predictionIntervals is 0.95, which needs at least 19 validation rows; there are 18",
    )


@pytest.mark.parametrize("more", [[], ["--impute"]])
def test_writes_weights_after_the_target_and_drops_zeros(
    job_on_image: Job, more: list[str]
) -> None:
    job = job_on_image
    rows = [
        f"{n if n else ''},g{n % 50},{0 if n % 10 == 3 else n / 8},t{n % 2},{n % 7},{n / 3}"
        for n in range(1000)
    ]
    header = "price,restate_split,exposure,street,rooms,age"
    write_parts(job, rows[:300], rows[300:], header=header)
    done = preprocess(
        job,
        *("--sample-weight", "exposure", "--by", "group", "--column", "customer"),
        *("--key", "restate_split", "--encode", '[{"column":"street","as":"ordinal"}]', *more),
    )
    assert done.returncode == 0, done.stderr
    # The row without a target has no weight that counts.
    kept = [n for n in range(1, 1000) if n % 10 != 3]
    written = [row for name in ("train", "validation", "test") for row in split(job, name)]
    assert sorted(written) == sorted(f"{n},{n / 8},{n % 2},{n % 7},{n / 3}" for n in kept)
    assert feature_names(job) == ["street", "rooms", "age"]
    weights = np.array(kept) / 8
    effective = weights.sum() ** 2 / (weights**2).sum()
    report = json.loads((job.folder / "metadata/data_report.json").read_text())
    assert report["rows"] == {"read": 1000, "withoutTarget": 1, "used": 899}
    assert report["sampleWeight"] == {
        "column": "exposure",
        "zeros": 100,
        "min": 0.125,
        "max": 124.875,
        "effectiveRows": round(effective, 1),
    }
    assert done.stdout.splitlines()[1].startswith(
        "1000 rows read, 1 without price, 100 of weight 0, 899 used: "
    )
    assert f"; weighted by exposure (effective sample size {effective:.0f}); " in done.stdout


def test_rows_that_differ_only_in_weight_are_duplicates(job: Job) -> None:
    rows = [f"{n % 90},{n},{n % 90 % 7},{n % 90 / 3}" for n in range(1, 181)]
    write_parts(job, rows, header="price,exposure,rooms,age")
    assert preprocess(job, "--sample-weight", "exposure").returncode == 0
    report = json.loads((job.folder / "metadata/data_report.json").read_text())
    assert report["findings"][0]["kind"] == "duplicates"


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        (
            ["1", "-2", "3", "", "NaN", "Infinity", "much", "1e-40"],
            'the weight "exposure" must be 0 or a number from 1e-37 to 1e+38, but is not in 6 '
            "rows: part-00000.csv, row 3 has -2; leave such rows out with a filter",
        ),
        (["1", ""], "1 rows: part-00000.csv, row 3 has no value; leave"),
        (["0", "0.0"], 'the weight "exposure" of all 2 rows is 0'),
    ],
)
def test_refuses_weights(job: Job, weights: list[str], reason: str) -> None:
    rows = [f"{n},{weight},1,2" for n, weight in enumerate(weights)]
    write_parts(job, [",no number,1,2", *rows], header="price,exposure,rooms,age")
    job.fails(preprocess(job, "--sample-weight", "exposure"), reason)


def test_refuses_a_header_without_the_weight(job: Job) -> None:
    write_parts(job, ROWS)
    reason = 'the second column must be "exposure"; the columns are '
    job.fails(preprocess(job, "--sample-weight", "exposure"), reason)


def test_names_the_features(job: Job) -> None:
    write_parts(job, ROWS)
    preprocess(job)
    assert feature_names(job) == ["rooms", "age"]


def test_reads_the_header_as_csv(job_on_image: Job) -> None:
    job = job_on_image
    names = ["stage_a,b", 'stage_say "c"', "stage_two\nlines", "stage_日本", "stage_ü;\t"]
    header = ",".join(["price", *(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in names)])
    rows = [
        f"{index}," + ",".join("10100"[index % 5 :] + "10100"[: index % 5]) for index in range(50)
    ]
    write_parts(job, rows[:20], rows[20:], header=header)
    assert preprocess(job).returncode == 0
    assert feature_names(job) == names
    kept = [row for name in ("train", "validation", "test") for row in split(job, name)]
    assert sorted(kept) == sorted(rows)


def test_keeps_missing_features(job: Job) -> None:
    write_parts(job, [f"{n},{n if n == 7 else ''},{n % 2}" for n in range(99)])
    assert preprocess(job).returncode == 0
    kept = [row for name in ("train", "validation", "test") for row in split(job, name)]
    assert sum(row.split(",")[1] == "" for row in kept) == 98


def test_skips_hidden_and_empty_files_and_accepts_windows_line_ends(job: Job) -> None:
    write_parts(job, ROWS)
    part = job.folder / "input" / "node" / "part-00000.csv"
    part.write_bytes(part.read_bytes().replace(b"\n", b"\r\n"))
    for path in (".crc", "_temporary/0/part-00001.csv", ".hidden/part-00002.csv"):
        hidden = job.folder / "input" / path
        hidden.parent.mkdir(parents=True, exist_ok=True)
        hidden.write_text("x")
    assert preprocess(job).returncode == 0
    assert len(split(job, "train")) == 700
    assert b"\r" not in (job.folder / "train" / "train.csv").read_bytes()


def test_requires_the_marker_of_a_complete_output(job: Job) -> None:
    write_parts(job, ROWS)
    (job.folder / "input" / "_SUCCESS").unlink()
    job.fails(preprocess(job), "has no file _SUCCESS, which Data Wrangler writes after the last")
    assert not (job.folder / "train").exists()


def test_reports_constant_columns_and_a_small_deviation(job: Job) -> None:
    write_parts(job, [f"5.{index % 7:04},7,{index}" for index in range(70)])
    done = preprocess(job)
    assert done.returncode == 0
    target, counts, constant, small, *_ = done.stdout.splitlines()
    assert target == 'target "price": mean 5.0003, deviation 0.0002'
    assert constant == "warning: rooms: the same value in every row"
    assert small.startswith("warning: the target's standard deviation is 0.0002, and XGBoost logs")
    assert counts.startswith("70 rows read, 70 used: 49 / 14 / 7; 2 columns, 2 features;")


@pytest.mark.parametrize(
    ("unit", "level", "found"),
    [
        (1e-9, 0, "2e-09, and XGBoost logs the RMSE that tuning compares with five decimals, so "),
        (1, 1e6, "2, and its mean 1e+06, while XGBoost and LightGBM read it with seven digits, "),
        (1, 1e5, None),
    ],
)
def test_reports_targets_that_algorithms_read_inexactly(
    job: Job, unit: float, level: float, found: str | None
) -> None:
    write_parts(job, [f"{level + unit * (row % 7)!r},{row % 5},{row % 4}" for row in range(70)])
    done = preprocess(job)
    scale = [line for line in done.stdout.splitlines() if "deviation is" in line]
    if found is None:
        assert scale == []
    else:
        (text,) = scale
        assert text.startswith(f"warning: the target's standard deviation is {found}")
        assert ("trees do not split; use a smaller unit" in text) == (unit < 1)


@pytest.mark.parametrize(
    ("parts", "header", "reason"),
    [
        ([], HEADER, "there are no files in"),
        ([[]], HEADER, "no rows are left"),
        ([["1,2,3"]], HEADER, "1 rows are too few to split: train 1, validation 0, test 0"),
        ([ROWS], "rooms,price,age", 'the first column must be the target "price"'),
        (
            [[",1,2", '"",3,4', "NaN,3,4"]],
            HEADER,
            'all 3 rows have no value of the target "price"',
        ),
        (
            [ROWS[:9], ["1,2"]],
            HEADER,
            "part-00001.csv, row 1: 2 fields, but the header has 3 names",
        ),
        ([[*ROWS[:9], "1,2,3,4"]], HEADER, "part-00000.csv, row 10: 4 fields, but"),
        (
            [[*ROWS[:4], "Infinity,2,3"]],
            HEADER,
            "row 5: the target is Infinity, which is not a",
        ),
        ([[*ROWS[:4], "low,2,3"]], HEADER, "row 5: the target is low, which is not a finite"),
        ([[f"7,{n},{n}" for n in range(9)]], HEADER, 'the target "price" is 7 in all 9 rows'),
        (
            [[f"{n},,NaN" for n in range(9)]],
            HEADER,
            "no row has a value of rooms, age: compare",
        ),
        ([ROWS], 'price,"s_a","s_a"', 'columns "s_a", "s_a" differ at most by case and surr'),
        ([ROWS], 'price,"s_a ","s_A"', 'columns "s_a ", "s_A" differ at most by case and'),
        ([ROWS], 'price,"s_a ","price"', 'columns "price", "price" differ at most by'),
    ],
)
def test_refuses(job: Job, parts: list[list[str]], header: str, reason: str) -> None:
    write_parts(job, *parts, header=header)
    job.fails(preprocess(job), reason)


def test_refuses_parts_that_differ(job: Job) -> None:
    write_parts(job, ROWS, ROWS)
    part = job.folder / "input" / "node" / "part-00001.csv"
    part.write_text(part.read_text().replace(HEADER, "price,age,rooms"))
    job.fails(preprocess(job), "part-00001.csv has columns")


def test_keeps_the_segments_of_the_test_rows(job_on_image: Job) -> None:
    job = job_on_image
    towns = ["K%C3%B6ln%2C+West", '""', "%22Bad%22+Ems", "NaN", ""]
    header = "price,restate_split,weight,street,restate_segment_1,restate_segment_2,age"
    rows = [f"{row},w{row % 12},2,s{row % 3},{towns[row % 5]},{row}E0,{row}" for row in range(120)]
    rows[3] = "3,w3,2,s0,NaN,,3"
    # Without a target, or of weight zero: in no part.
    rows[7], rows[8] = ",w7,2,s1,Ulm,7E0,7", "8,w8,0,s2,Ulm,8E0,8"
    (job.folder / "input" / "part.csv").write_text("\n".join([header, *rows]))
    segments = [
        {"name": "restate_segment_1", "column": "town", "as": "labels"},
        {"name": "restate_segment_2", "column": "size", "as": "numbers"},
    ]
    encode = '--encode=[{"column": "street", "as": "ordinal"}]'
    key = (
        "--by",
        "group",
        "--column",
        "who",
        "--key",
        "restate_split",
        "--sample-weight",
        "weight",
    )
    done = preprocess(job, *key, encode, f"--segments={json.dumps(segments)}")
    assert done.returncode == 0, done.stderr
    assert feature_names(job) == ["street", "age"]
    tested = [int(row.split(",")[0]) for row in split(job, "test")]
    town, size = json.loads((job.folder / "segments" / "segments.json").read_text())
    assert (town["column"], town["labels"]) == ("town", ["Köln, West", '"Bad" Ems', "NaN"])
    expected = [(0, None, 1, 2, None)[row % 5] for row in tested]
    assert (town["values"], size["column"]) == (expected, "size")
    assert size["values"] == [None if row == 3 else row for row in tested]
    assert 5 < len(tested) < 30

    segments[0]["as"] = "numbers"
    done = preprocess(job, *key, encode, f"--segments={json.dumps(segments)}")
    job.fails(done, 'part.csv, row 1: segments: town is "Köln, West", which is not a number')
