"""Makes a table of orders, as CSV: each customer has several, and habits that no column tells.

The same arguments give the same table, on every machine.
"""

from __future__ import annotations

import argparse
import csv
import random
from pathlib import Path

CHANNELS = {"app": 4.0, "phone": -6.0, "web": 0.0}


def orders(chance: random.Random, customers: int) -> list[dict[str, object]]:
    """The rows, in the order of time, which mixes the customers."""
    rows: list[dict[str, object]] = []
    for number in range(customers):
        customer = f"C{number:04}"
        age = round(chance.uniform(18, 85), 1)
        distance = round(chance.expovariate(0.1), 2)
        habit = chance.gauss(0, 25)
        for _ in range(chance.randrange(3, 13)):
            items = chance.randrange(1, 9)
            channel = chance.choice(sorted(CHANNELS))
            discount = chance.choice((0, 0, 0, 5, 10, 20))
            amount = 12.5 * items + habit + CHANNELS[channel] + 0.2 * (age - 50) - 0.3 * distance
            amount = amount * (1 - discount / 100) + chance.gauss(0, 5)
            rows.append(
                {
                    "customer": customer,
                    "age": age,
                    "distance_km": distance,
                    "channel": channel,
                    "items": items,
                    "discount": discount,
                    "amount": f"{max(1.0, amount + 40):.2f}",
                }
            )
    chance.shuffle(rows)
    return rows


def main() -> None:
    """Reads the command line, and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, help="file to write")
    parser.add_argument("--customers", type=int, default=400, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1729, help="default: %(default)s")
    arguments = parser.parse_args()
    rows = orders(random.Random(arguments.seed), arguments.customers)  # noqa: S311 - for data
    with arguments.path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
