"""Makes a table of flats to let in a town that does not exist, as CSV or Parquet.

The same arguments give the same table, on every machine. CSV takes the standard library only;
Parquet takes DuckDB, which is in the project's environment.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

# Glue's types, as Pulumi.flats.yaml names them; DuckDB knows them by the same names.
COLUMNS = {
    "listed": "date",
    "use": "string",
    "district": "string",
    "distance_km": "double",
    "area": "double",
    "rooms": "int",
    "floor": "int",
    "lift": "boolean",
    "year_built": "int",
    "heating": "string",
    "energy": "double",
    "rent": "double",
}

# Rent a square metre that a district adds to the town's, and its distance from the centre in km.
DISTRICTS = {
    "Altstadt": (3.0, 0.8),
    "Hafen": (2.5, 2.0),
    "Kirchberg": (1.2, 3.5),
    "Lindenhof": (0.4, 5.0),
    "Neustadt": (0.0, 4.0),
    "Seefeld": (4.0, 6.5),
    "Suedpark": (-0.8, 8.0),
    "Werk": (-1.5, 7.0),
}

HEATING = {"district": 0.0, "electric": -0.6, "gas": 0.2, "heat pump": 0.9}


def era_premium(year_built: int) -> float:
    """Rent a square metre for the style of an era: high ceilings, or all that is new."""
    if year_built < 1920:
        return 1.5
    if year_built < 1950:
        return 0.2
    if year_built < 1980:
        return -1.2
    return 0.08 * max(0, year_built - 1995)


def flat(chance: random.Random) -> dict[str, object]:
    """One flat; what nobody filled in is None."""
    district = chance.choice(sorted(DISTRICTS))
    premium, centre_km = DISTRICTS[district]
    distance = max(0.2, chance.gauss(centre_km, 0.8))
    rooms = chance.choices([1, 2, 3, 4, 5], [15, 35, 30, 15, 5])[0]
    area = max(16.0, chance.gauss(14 + 21 * rooms, 4 + 3 * rooms))
    year_built = int(chance.choices([1905, 1935, 1965, 1990, 2012], [20, 10, 35, 20, 15])[0])
    year_built += chance.randrange(-12, 12)
    floor = chance.randrange(0, 7)
    lift = chance.random() < (0.8 if year_built > 1990 else 0.3)
    heating = chance.choice(sorted(HEATING))
    energy = max(20.0, chance.gauss(210 - 1.4 * (year_built - 1900), 25))
    use = "holiday" if chance.random() < 0.05 else "home"

    per_square_metre = 10.0 + premium + 5.0 * math.exp(-distance / 3) + era_premium(year_built)
    per_square_metre += HEATING[heating] - 0.006 * energy
    per_square_metre += 0.3 * floor if lift else -0.35 * max(0, floor - 1)
    # Small flats cost more a square metre.
    rent = area * per_square_metre * (1 + 8 / area) * math.exp(chance.gauss(0, 0.07))

    def known(value: object, missing: float) -> object:
        return None if chance.random() < missing else value

    return {
        "listed": date(2024, 1, 1) + timedelta(days=chance.randrange(0, 366)),
        "use": use,
        "district": district,
        "distance_km": round(distance, 2),
        "area": round(area, 1),
        "rooms": rooms,
        "floor": floor,
        "lift": "true" if lift else "false",
        "year_built": known(year_built, 0.1),
        "heating": known(heating, 0.05),
        "energy": known(round(energy, 1), 0.25),
        "rent": known(round(rent * (2.5 if use == "holiday" else 1), 2), 0.01),
    }


def flats(rows: int, seed: int) -> Iterator[dict[str, object]]:
    """The table, row by row."""
    chance = random.Random(seed)  # noqa: S311 - for data, not for secrets
    return (flat(chance) for _ in range(rows))


def write_csv(path: Path, rows: int, seed: int) -> None:
    """Writes the table as CSV, with the names of the columns in the first line."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(flats(rows, seed))


def write_parquet(path: Path, rows: int, seed: int) -> None:
    """Writes the table as Parquet."""
    try:
        import duckdb
    except ModuleNotFoundError:
        sys.exit("error: --format parquet needs DuckDB: run this with .venv/bin/python")
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "flats.csv")
        write_csv(table, rows, seed)
        relation = duckdb.read_csv(str(table), header=True, dtype=COLUMNS)
        relation.write_parquet(str(path))


def row_count(text: str) -> int:
    """Reads a number of rows.

    Raises:
        argparse.ArgumentTypeError: it is not a whole number of at least 1.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of at least 1")
    return int(text)


def main() -> None:
    """Reads the command line, and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, help="file to write")
    parser.add_argument("--format", choices=["csv", "parquet"], default="csv")
    parser.add_argument("--rows", type=row_count, default=20_000, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1729, help="default: %(default)s")
    arguments = parser.parse_args()
    write = {"csv": write_csv, "parquet": write_parquet}[arguments.format]
    try:
        write(arguments.path, arguments.rows, arguments.seed)
    except OSError as error:
        sys.exit(f"error: cannot write {arguments.path}: {error.strerror}")


if __name__ == "__main__":
    main()
