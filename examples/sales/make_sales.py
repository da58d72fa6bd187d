"""Makes a table of a day's sales in three shops, as CSV: what is sold depends on when.

The same arguments give the same table, on every machine.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
from datetime import date, timedelta
from pathlib import Path

SHOPS = {"harbour": 180.0, "station": 320.0, "village": 90.0}
WEEK = (0.9, 0.9, 0.95, 1.0, 1.2, 1.5, 0.5)
FIRST = date(2022, 1, 1)


def sales(chance: random.Random, days: int) -> list[dict[str, object]]:
    """The rows, day by day; shops are closed on 1 January."""
    rows: list[dict[str, object]] = []
    for number in range(days):
        day = FIRST + timedelta(days=number)
        summer = math.sin(2 * math.pi * (day.timetuple().tm_yday - 105) / 365)
        temperature = 11 + 9 * summer + chance.gauss(0, 3)
        for shop, usual in SHOPS.items():
            is_promoted = chance.random() < 0.1
            level = usual * WEEK[day.weekday()] * (1 + 0.15 * summer) * (1 + number / 4000)
            units = level * (1.3 if is_promoted else 1) + 1.5 * temperature
            if (day.month, day.day) != (1, 1):
                rows.append(
                    {
                        "day": day.isoformat(),
                        "shop": shop,
                        "promotion": str(is_promoted).lower(),
                        "temperature": round(temperature, 1),
                        "units": max(0, round(units * math.exp(chance.gauss(0, 0.08)))),
                    }
                )
    return rows


def main() -> None:
    """Reads the command line, and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, help="file to write")
    parser.add_argument("--days", type=int, default=1000, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1729, help="default: %(default)s")
    arguments = parser.parse_args()
    rows = sales(random.Random(arguments.seed), arguments.days)  # noqa: S311 - for data
    with arguments.path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
