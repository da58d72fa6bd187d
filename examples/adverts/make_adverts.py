"""Makes a table of used bicycles on offer, as CSV: wide, with text of few and of many labels.

The same arguments give the same table, on every machine.
"""

from __future__ import annotations

import argparse
import csv
import random
from pathlib import Path

CONDITIONS = {"poor": 0.5, "fair": 0.7, "good": 0.85, "like new": 1.0}
KINDS = {"city": 450.0, "mountain": 800.0, "racing": 1100.0, "touring": 700.0}
MEASURED = 40


def adverts(chance: random.Random, count: int) -> list[dict[str, object]]:
    """The rows; what nobody filled in is NA."""
    models = [
        f"{maker} {chance.choice('ABCDEF')}{number}"
        for maker in ("Alba", "Bora", "Cima, Sons", "Dolce")
        for number in range(30)
    ]
    worth = {model: chance.uniform(0.6, 1.8) for model in models}
    rows: list[dict[str, object]] = []
    for number in range(count):
        model = chance.choice(models)
        kind = chance.choice(sorted(KINDS))
        condition = chance.choice(list(CONDITIONS))
        age = chance.randrange(0, 15)
        price = KINDS[kind] * worth[model] * CONDITIONS[condition] * 0.9**age
        weight = round(chance.gauss(12, 2), 1)
        measured = {
            f"measure_{place:02}": "NA" if chance.random() < 0.03 else round(chance.gauss(0, 1), 3)
            for place in range(1, MEASURED + 1)
        }
        rows.append(
            {
                "advert": 100_000 + number,
                "title": f"{model} for sale, number {number}, call me",
                "model": model,
                "kind": kind,
                "condition": condition,
                "age": age,
                "weight": "NA" if chance.random() < 0.1 else weight,
                **measured,
                "price": round(max(10.0, price * chance.gauss(1, 0.08)), 2),
            }
        )
    return rows


def main() -> None:
    """Reads the command line, and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, help="file to write")
    parser.add_argument("--rows", type=int, default=3000, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1729, help="default: %(default)s")
    arguments = parser.parse_args()
    rows = adverts(random.Random(arguments.seed), arguments.rows)  # noqa: S311 - for data
    with arguments.path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
