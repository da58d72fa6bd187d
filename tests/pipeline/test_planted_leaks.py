"""Columns that leak the target, in ten kinds of tables: which of them Preprocess finds."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from preprocess import main

ROWS = 1200
Columns = dict[str, np.ndarray]
Random = np.random.Generator


def labels(random: Random, names: str) -> np.ndarray:
    return random.choice(names.split(), ROWS)


def worth(texts: np.ndarray) -> np.ndarray:
    """What a label adds: its position in the alphabet."""
    return np.unique(texts, return_inverse=True)[1].astype(float)


def flats(random: Random) -> Columns:
    area = random.lognormal(4.2, 0.4, ROWS)
    district = labels(random, "harbour hill lake old_town station")
    price = area * 3000 * np.exp(random.normal(0, 0.25, ROWS)) + worth(district) * 30_000
    return {"y": price.round(), "area": area.round(1), "district": district}


def wages(random: Random) -> Columns:
    years = random.integers(0, 40, ROWS).astype(float)
    sector = labels(random, "care public trade")
    y = 2000 + 60 * years + 300 * worth(sector) + random.gamma(2, 400, ROWS)
    return {"y": y.round(2), "years": years, "sector": sector}


def claims(random: Random) -> Columns:
    age = random.integers(18, 90, ROWS).astype(float)
    region = labels(random, "north south east west")
    y = random.lognormal(7 + age / 80, 1.1, ROWS)
    return {"y": y.round(2), "age": age, "region": region}


def counts(random: Random) -> Columns:
    heat = random.normal(15, 8, ROWS)
    day = labels(random, "mon tue wed thu fri sat sun")
    return {"y": random.poisson(np.exp(3 + heat / 20)).astype(float), "heat": heat, "day": day}


def sensors(random: Random) -> Columns:
    """A random walk, in the order of its rows."""
    y = np.cumsum(random.normal(0, 1, ROWS))
    hour = (np.arange(ROWS) % 24).astype(float)
    return {"y": y, "hour": hour, "state": labels(random, "idle busy")}


def strength(random: Random) -> Columns:
    cement, water = random.uniform(100, 500, ROWS), random.uniform(120, 250, ROWS)
    y = cement / water * 18 + random.normal(0, 6, ROWS)
    return {"y": y.round(2), "cement": cement, "water": water, "kind": labels(random, "a b c d")}


def scores(random: Random) -> Columns:
    hours = random.exponential(6, ROWS)
    y = np.clip(50 + 3 * hours + random.normal(0, 15, ROWS), 0, 100).round()
    return {"y": y, "hours": hours, "school": labels(random, "a_1 a_2 b_1 b_2")}


def energy(random: Random) -> Columns:
    area = random.uniform(50, 500, ROWS)
    built = random.integers(1900, 2024, ROWS).astype(float)
    y = area * (2100 - built) * np.exp(random.normal(0, 0.4, ROWS))
    return {"y": y, "area": area, "built": built, "fuel": labels(random, "gas oil wood")}


def delays(random: Random) -> Columns:
    """With values below zero."""
    distance = random.uniform(50, 3000, ROWS)
    y = random.normal(distance / 300, 12, ROWS).round()
    return {"y": y, "distance": distance, "carrier": labels(random, "aa dl ua wn")}


def yields(random: Random) -> Columns:
    rain = random.gamma(5, 80, ROWS)
    gaps = np.where(random.random(ROWS) < 0.3, np.nan, random.normal(size=ROWS))
    y = 4 + rain / 200 + random.normal(0, 1, ROWS)
    return {"y": y, "rain": rain, "soil": gaps, "plot": labels(random, "p q r")}


TABLES = (flats, wages, claims, counts, sensors, strength, scores, energy, delays, yields)


def ranks(y: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(y)).astype(float)


def bands(y: np.ndarray, count: int) -> np.ndarray:
    return np.floor(ranks(y) * count / len(y))


def named(numbers: np.ndarray, random: Random) -> np.ndarray:
    """Labels whose alphabetical order is unrelated to the numbers."""
    names = random.permutation(1000)
    return np.array([f"b{names[int(number)]:03}" for number in numbers])


def often_missing(y: np.ndarray, random: Random) -> np.ndarray:
    return np.where(random.random(len(y)) < 0.4, np.nan, y)


def parts(y: np.ndarray, random: Random, count: int) -> Columns:
    """Numbers whose sum is the target, each with the spread of the target."""
    found = [random.normal(0, y.std() + 1, len(y)) for _ in range(count - 1)]
    return {f"part{n}": one for n, one in enumerate([*found, y - sum(found)])}


def before_and_change(y: np.ndarray, random: Random) -> Columns:
    change = random.normal(0, y.std(), len(y))
    return {"before": y - change, "change": change}


def means_of_three(y: np.ndarray, _: Random) -> np.ndarray:
    """Means of neighbours in the target's order, like the mean of a small group."""
    means = np.sort(y).reshape(-1, 3).mean(axis=1).repeat(3)
    return np.asarray(means[ranks(y).astype(int)])


def factors(y: np.ndarray, random: Random) -> Columns:
    quantity = random.integers(1, 60, len(y)).astype(float)
    return {"quantity": quantity, "unit": (y / quantity).round(4)}


# Each with the table into which it is planted, by its place.
LEAKS: list[tuple[str, int, Callable[[np.ndarray, Random], Any]]] = [
    ("copy", 0, lambda y, _: y),
    ("another unit", 1, lambda y, _: y * 1.95583),
    ("negative and shifted", 2, lambda y, _: 1e6 - y),
    ("with tax, rounded", 3, lambda y, _: (y * 1.19).round(2)),
    ("noise of 1 %", 4, lambda y, r: y + r.normal(0, y.std() / 100, len(y))),
    ("noise of 10 %", 5, lambda y, r: y + r.normal(0, y.std() / 10, len(y))),
    ("another model's prediction", 6, lambda y, r: y + r.normal(0, y.std() / 9, len(y))),
    ("the next measurement", 4, lambda y, _: np.append(y[1:], y[-1])),
    ("the measurement before", 4, lambda y, _: np.insert(y[:-1], 0, y[0])),
    ("mean of three measurements", 4, lambda y, _: np.convolve(y, np.ones(3) / 3, "same")),
    ("a year later", 0, lambda y, r: y * np.exp(r.normal(0.03, 0.03, len(y)))),
    ("by the day's rate of exchange", 1, lambda y, r: y * r.uniform(0.98, 1.02, len(y))),
    ("rounded to two digits", 0, lambda y, _: y.round(-4)),
    ("twenty equal widths", 5, lambda y, _: np.floor(20 * (y - y.min()) / np.ptp(y))),
    ("rank", 2, lambda y, _: ranks(y)),
    ("percentile", 7, lambda y, _: bands(y, 100)),
    ("decile", 9, lambda y, _: bands(y, 10)),
    ("logarithm", 2, lambda y, _: np.log(y)),
    ("square root", 3, lambda y, _: np.sqrt(y)),
    ("square", 7, lambda y, _: y**2),
    ("reciprocal", 2, lambda y, _: 1 / y),
    ("saturating", 5, lambda y, _: np.tanh((y - y.mean()) / y.std())),
    ("distance to the median, folded", 8, lambda y, _: np.abs(y) + 1000 * (y > 0)),
    ("digits turned round", 6, lambda y, _: (y % 10) * 10 + y // 10),
    ("capped", 1, lambda y, _: np.minimum(y, np.quantile(y, 0.98))),
    ("often missing", 9, often_missing),
    ("only of a tenth of the rows", 0, lambda y, r: np.where(r.random(len(y)) < 0.9, np.nan, y)),
    ("id in the target's order", 7, lambda y, _: ranks(y) + 10_000),
    (
        "id in the target's order, with gaps",
        8,
        lambda y, r: ranks(y) * 7 + r.integers(0, 7, len(y)),
    ),
    ("day in the target's order", 1, lambda y, _: 18_000 + np.floor(ranks(y) / 4)),
    ("text of 12 bands", 5, lambda y, r: named(np.floor(12 * (y - y.min()) / np.ptp(y)), r)),
    ("text of 30 bands", 9, lambda y, r: named(bands(y, 30), r)),
    ("text of each value", 6, lambda y, r: named(y, r)),
    ("two parts of a sum", 1, lambda y, r: parts(y, r, 2)),
    ("five parts of a sum", 8, lambda y, r: parts(y, r, 5)),
    ("twelve parts of a sum", 3, lambda y, r: parts(y, r, 12)),
    ("before and change", 0, before_and_change),
    ("quantity and price of one", 2, factors),
    ("mean of three rows alike", 9, means_of_three),
    ("one flag for above the median", 5, lambda y, _: (y > np.median(y)).astype(float)),
]


def run(folder: Path, columns: Columns) -> list[dict[str, Any]]:
    """Encodes text one-hot, as the flow does, and runs Preprocess."""
    flat: Columns = {}
    for name, values in columns.items():
        if values.dtype.kind == "U":
            flat |= {f"{name}_{one}": (values == one).astype(float) for one in np.unique(values)}
        else:
            flat[name] = values
    folder.mkdir()
    (folder / "input").mkdir()
    (folder / "input" / "_SUCCESS").touch()
    with (folder / "input" / "part-0.csv").open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(flat)
        for row in zip(*flat.values(), strict=True):
            writer.writerow("" if np.isnan(value) else repr(float(value)) for value in row)
    main(
        [
            *("--input", str(folder / "input"), "--output", str(folder), "--target", "y"),
            *("--train", "0.7", "--validation", "0.2", "--test", "0.1", "--seed", "1729"),
            *("--message", str(folder / "message"), "--table", "t", "--column-count", "3"),
        ]
    )
    findings: list[dict[str, Any]] = json.loads(
        (folder / "metadata" / "data_report.json").read_text()
    )["findings"]
    return findings


def is_of(finding: dict[str, Any], planted: Columns) -> bool:
    """Whether a finding names what was planted, and nothing else."""
    named = finding["text"].partition(":")[0].partition(" and ")[0].split(", ")
    return finding["kind"] == "leak" and all(
        any(one == name or one.startswith(f"{name}_") for name in planted) for one in named
    )


def test_thirty_eight_of_forty_planted_leaks_are_found(tmp_path: Path) -> None:
    missed = []
    assert len(LEAKS) == 40
    for number, (what, place, plant) in enumerate(LEAKS):
        random = np.random.default_rng(number)
        clean = TABLES[place](random)
        planted = plant(clean["y"], random)
        planted = planted if isinstance(planted, dict) else {"extra": planted}
        findings = run(tmp_path / str(number), {**clean, **planted})
        leaks = [one for one in findings if one["kind"] == "leak"]
        assert all(is_of(one, planted) for one in leaks), (what, leaks)
        if not leaks:
            missed.append(what)
    assert missed == ["text of 12 bands", "one flag for above the median"]


@pytest.mark.parametrize("make", TABLES)
def test_nothing_is_found_in_clean_tables(
    make: Callable[[Random], Columns], tmp_path: Path
) -> None:
    for seed in range(3):
        assert run(tmp_path / str(seed), make(np.random.default_rng(100 + seed))) == []
