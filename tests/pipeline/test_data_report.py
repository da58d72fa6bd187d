"""Preprocess's findings about the rows, before any tuning."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import data_report
import numpy as np
import pytest
from data_report import Sample, explained, summary
from preprocess import main

COUNTS = (700, 200, 100)


def report(columns: dict[str, np.ndarray], seed: int = 1, read: int = 0) -> dict[str, Any]:
    rows = len(next(iter(columns.values())))
    counts = [rows * part // sum(COUNTS) for part in COUNTS]
    assignment = np.repeat(np.arange(3, dtype=np.uint8), [*counts[:2], rows - sum(counts[:2])])
    np.random.RandomState(seed).shuffle(assignment)
    sample = Sample(list(columns), assignment, seed)
    for row in zip(*columns.values(), strict=True):
        sample.add(b",".join(b"" if np.isnan(x) else repr(float(x)).encode() for x in row))
    return sample.report(read or rows, len(columns) - 1, [])


def found(columns: dict[str, np.ndarray], seed: int = 1) -> list[tuple[str, str | None]]:
    return [(one["kind"], one["column"]) for one in report(columns, seed)["findings"]]


def table(seed: int, rows: int) -> dict[str, np.ndarray]:
    """A clean table: features with several distributions, and a target that depends on them."""
    random = np.random.default_rng(seed)
    size = random.lognormal(4, 0.5, rows)
    age = random.integers(0, 100, rows).astype(float)
    town = random.integers(0, 2, rows).astype(float)
    gaps = np.where(random.random(rows) < 0.3, np.nan, random.normal(size=rows))
    noise = random.normal(0, 0.25, rows)
    price = size * 30 * np.exp(noise) - age * 3 + town * 500
    return {"price": price, "size": size, "age": age, "town": town, "gaps": gaps}


PLANTED = {
    "copy": lambda y, _: y,
    "rounded": lambda y, _: np.round(y, -2),
    "noisy": lambda y, random: y + random.normal(0, y.std() / 12, len(y)),
    "in another unit": lambda y, _: -y * 1.95583 + 7,
    "logarithm": lambda y, _: np.log(y - y.min() + 1),
    "reciprocal": lambda y, _: 1 / (y - y.min() + 100),
    "not monotone": lambda y, _: np.abs(y - np.median(y)) + 1e7 * (y > np.median(y)),
    "often missing": lambda y, random: np.where(random.random(len(y)) < 0.4, np.nan, y * 1.1),
}


@pytest.mark.parametrize("rows", [150, 1500])
def test_finds_columns_that_leak_the_target_and_no_others(rows: int) -> None:
    planted, seen = 0, 0
    for seed in range(5):
        clean = table(seed, rows)
        assert found(clean, seed) == [], seed
        random = np.random.default_rng(seed)
        for leak in PLANTED.values():
            leaking = {**clean, "leak": leak(clean["price"], random)}
            leaks = [column for kind, column in found(leaking, seed) if kind == "leak"]
            assert set(leaks) <= {"leak"}
            planted += 1
            seen += len(leaks)
    assert planted == 40
    assert seen >= 38


def test_a_good_feature_is_not_reported_as_a_leak() -> None:
    columns = table(7, 1000)
    noise = np.random.default_rng(100).normal(size=1000)
    good = columns["price"] + noise * columns["price"].std() / 4
    assert found({**columns, "good": good}) == []


ZERO_OR_NOT = np.where(np.arange(600) % 3 == 0, 0, 10_000 + np.arange(600) % 7)
MANY = np.random.default_rng(3).permutation(600) + 0.5


@pytest.mark.parametrize(
    ("y", "paid", "way"),
    [
        (ZERO_OR_NOT, np.where(ZERO_OR_NOT == 0, np.nan, MANY), "where this column is missing"),
        (
            MANY,
            np.where(np.arange(600) % 5 == 0, -1, 2 * MANY),
            "this column alone, where it is not -1",
        ),
    ],
)
def test_a_leak_with_missing_values_or_a_number_for_them_is_found(
    y: np.ndarray, paid: np.ndarray, way: str
) -> None:
    findings = report({"y": y.astype(float), "paid": paid})["findings"]
    texts = [one["text"] for one in findings if one["kind"] == "leak"]
    assert texts == [f"paid: gives the target away: R2 1.0000 by {way}"]


LINEAR = "c, a: the target is a weighted sum of them (R2 1.0000), so it may be computed from them"


@pytest.mark.parametrize(("noise", "texts"), [(0, [LINEAR]), (0.05, [])])
def test_the_columns_of_an_exactly_linear_target_are_named(noise: float, texts: list[str]) -> None:
    random = np.random.default_rng(1)
    a, b, c = random.normal(size=(3, 600))
    y = 2 * a - 3 * c + 7 + noise * random.normal(size=600)
    findings = report({"y": y, "a": a, "b": b, "c": c})["findings"]
    assert [one["text"] for one in findings] == texts


def test_the_reported_number_equals_a_librarys() -> None:
    from scipy.stats import spearmanr
    from sklearn.linear_model import LinearRegression

    random = np.random.default_rng(1)
    x = np.round(random.normal(size=500), 1)
    is_train = np.arange(500) < 350
    straight = 3 * x + random.normal(size=500)
    model = LinearRegression().fit(x[is_train, None], straight[is_train])
    score = model.score(x[~is_train, None], straight[~is_train])
    rank = spearmanr(x, straight).statistic ** 2
    assert score > rank
    assert explained(x, straight, is_train) == pytest.approx(score)
    curved = np.exp(3 * x + random.normal(size=500))
    rank = spearmanr(x, curved).statistic ** 2
    assert explained(x, curved, is_train) == pytest.approx(rank)


def test_rows_in_two_parts_are_counted_exactly() -> None:
    columns = table(3, 1000)
    assert found(columns) == []
    again = np.arange(1000)
    again[900:] = again[:100]
    doubled = report({name: values[again] for name, values in columns.items()})
    (finding,) = (one for one in doubled["findings"] if one["kind"] == "duplicates")
    rows = again.tolist()
    assignment = np.repeat(np.arange(3), COUNTS)
    np.random.RandomState(1).shuffle(assignment)
    parts = [{row for row, own in zip(rows, assignment, strict=True) if own == n} for n in range(3)]
    shared = sum(
        row in set().union(*parts[:own]) for row, own in zip(rows, assignment, strict=True) if own
    )
    assert shared > 20
    assert finding["text"].startswith(
        f"{shared} of 300 validation and test rows are also in an earlier"
    )
    assert finding["value"] == round(shared / 300, 4)


def test_ids_missing_values_and_drift_are_found() -> None:
    columns = table(4, 1000)
    random = np.random.default_rng(4)
    numbers = random.permutation(1000).astype(float)
    assert found({**columns, "row": numbers + 5}) == [("id", "row")]
    assert found({**columns, "customer_id": numbers**3}) == [("id", "customer_id")]
    assert found({**columns, "cube": numbers**3}) == []
    assert found({**columns, "sold_days_since_epoch": numbers + 19_000}) == []
    rare = np.where(random.random(1000) < 0.6, np.nan, numbers)
    assert found({**columns, "rare": rare}) == [("missing", "rare")]
    assignment = np.repeat(np.arange(3), COUNTS)
    np.random.RandomState(1).shuffle(assignment)
    drifting = report({**columns, "year": random.normal(size=1000) + (assignment == 2)})
    (finding,) = drifting["findings"]
    assert finding["kind"] == "drift"
    assert finding["value"] == pytest.approx(1, abs=0.3)
    expected = f"year: differs by {finding['value']:.1f} standard deviations between train and test"
    assert finding["text"] == f"{expected} rows"


def test_chance_effects_in_small_tables_are_not_reported() -> None:
    columns = table(8, 150)
    again = np.arange(150)
    again[100:102] = again[:2]
    for seed in range(5):
        assert found({name: values[again] for name, values in columns.items()}, seed) == []
    again[100:130] = again[:30]
    doubled = found({name: values[again] for name, values in columns.items()})
    assert doubled == [("duplicates", None)]
    random = np.random.default_rng(1)
    for seed in range(200):
        noise = {name: random.normal(size=24) for name in ("price", "a", "b", "c", "d")}
        assert found(noise, seed) == []


def test_the_report_has_counts_and_shares() -> None:
    columns = table(5, 1000)
    columns["gaps"] = np.where(np.arange(1000) % 4 == 0, np.nan, 1.0) + columns["age"]
    found = report(columns, read=1200)
    assert {name: value for name, value in found.items() if name != "findings"} == {
        "version": 1,
        "target": "price",
        "rows": {"read": 1200, "withoutTarget": 200, "used": 1000},
        "parts": {"train": 700, "validation": 200, "test": 100},
        "columns": 4,
        "features": 4,
        "sampledRows": 1000,
        "missing": {"gaps": 0.25},
    }
    assert summary({**found, "findings": [1]}) == (
        "1200 rows read, 200 without price, 1000 used: 700 / 200 / 100; 4 columns, 4 features; "
        "1 warning"
    )


def test_a_large_table_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_report, "MAX_SAMPLED_ROWS", 300)
    columns = table(6, 5000)
    one = report({**columns, "leak": columns["price"]})
    assert one["sampledRows"] == 300
    assert [(two["kind"], two["column"]) for two in one["findings"]] == [("leak", "leak")]
    assert report({**columns, "leak": columns["price"]}) == one


def preprocess(folder: Path, rows: list[str], checks: str, *more: str) -> None:
    (folder / "input").mkdir()
    (folder / "input" / "_SUCCESS").touch()
    (folder / "input" / "part-0.csv").write_text("\n".join(["price,rooms,age", *rows, ""]))
    main(
        [
            *("--input", str(folder / "input"), "--output", str(folder), "--target", "price"),
            *("--train", "0.7", "--validation", "0.2", "--test", "0.1", "--seed", "1729"),
            *("--message", str(folder / "message"), "--table", "flats", "--column-count", "2"),
            *("--data-checks", checks, *more),
        ]
    )


def test_rows_without_a_target_are_counted_and_excluded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{n * n % 997},{n % 7},{n * 31 % 11}" for n in range(100)]
    preprocess(tmp_path, [*rows[:50], ",1,2", "NaN,1,2", '"",1,2', *rows[50:]], "fail")
    line = (
        "103 rows read, 3 without price, 100 used: 70 / 20 / 10; 2 columns, 2 features; 0 warnings"
    )
    assert capsys.readouterr().out.splitlines()[1:] == [line]
    kept = json.loads((tmp_path / "metadata" / "data_report.json").read_text())
    assert kept["table"] == "flats"
    parts = [tmp_path / name / f"{name}.csv" for name in ("train", "validation", "test")]
    assert sorted("".join(part.read_text() for part in parts).split()) == sorted(rows)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_rows_that_query_and_flow_left_out_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], compress: Callable[[bytes], bytes]
) -> None:
    counts = tmp_path / "counts"
    counts.mkdir()
    (counts / "1").write_bytes(compress(b""))
    (counts / "2").write_bytes(compress(b'{"table_rows":250,"selected_rows":130}\n'))
    rows = [f"{n * n % 997},{n % 7},{n * 31 % 11}" for n in range(100)]
    preprocess(tmp_path, [*rows, ",1,2"], "warn", "--counts", str(counts))
    line = "250 rows in the table, 120 excluded by the filter, 29 excluded by the flow; 101 rows"
    assert line in capsys.readouterr().out
    kept = json.loads((tmp_path / "metadata" / "data_report.json").read_text())
    assert kept["rows"] == {
        **{"table": 250, "selected": 130, "read": 101, "withoutTarget": 1, "used": 100}
    }
    assert kept["summary"].startswith(line)


@pytest.mark.parametrize("content", ["", "[]", '{"table_rows":1}', '{"table_rows":1}' * 2])
def test_counts_must_be_there(tmp_path: Path, content: str) -> None:
    counts = tmp_path / "counts"
    counts.mkdir()
    (counts / "1").write_text(content)
    with pytest.raises(SystemExit, match="error: the query that counts the rows has no counts: "):
        preprocess(tmp_path, ["1,2,3"], "warn", "--counts", str(counts))


def test_findings_stop_the_run_if_configured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{n * n % 997},{n * n % 997 * 2},7" for n in range(100)]
    with pytest.raises(SystemExit, match="dataChecks is fail, and age: the same value in every"):
        preprocess(tmp_path, rows, "fail")
    assert "rooms: gives the target away: R2 1.0000" in (tmp_path / "message").read_text()
    assert "; 2 warnings" in capsys.readouterr().out
