"""Prints a benchmark's results, and writes them to docs/benchmarks.md."""

import argparse
import os
import re
from pathlib import Path

REPORT = Path(__file__).parents[1] / "docs/benchmarks.md"


def options(name: str, description: str | None, *, data: bool = False) -> argparse.ArgumentParser:
    """A parser of the options that benchmarks have: --write, and the file of the default table."""
    parser = argparse.ArgumentParser(prog=f"bench.{name}", description=description)
    parser.add_argument("--write", action="store_true", help="update docs/benchmarks.md")
    if data:
        default = os.environ.get("RESTATE_DATA", "")
        parser.add_argument("--data", type=_table, default=default, help="California housing")
    return parser


def _table(text: str) -> Path:
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError("it (or RESTATE_DATA) must be the California housing file")
    return Path(text).resolve()


def publish(lines: list[str], *, write: bool) -> None:
    """Prints a section, whose first line is its title; also writes it if requested."""
    text = "\n".join(lines)
    print(text)  # noqa: T201 - the report is the output
    if write:
        write_section(lines[0], text)


def write_section(title: str, text: str) -> None:
    """Writes a section, replacing any with the same title.

    Args:
        title: The section's first line.
        text: The section, with its first line.
    """
    old = REPORT.read_text("utf-8") if REPORT.exists() else "# Benchmarks\n"
    pattern = rf"\n*^{re.escape(title)}\n.*?(?=^## |\Z)"
    other = re.sub(pattern, "\n\n", old, flags=re.DOTALL | re.MULTILINE)
    REPORT.write_text(f"{other.rstrip()}\n\n{text}", "utf-8")
