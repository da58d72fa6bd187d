"""Prints a benchmark's results, and writes them to docs/benchmarks.md."""

import re
from pathlib import Path

REPORT = Path(__file__).parents[1] / "docs/benchmarks.md"


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
