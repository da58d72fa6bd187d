"""Puts what a benchmark prints into docs/benchmarks.md."""

import re
from pathlib import Path

REPORT = Path(__file__).parents[1] / "docs/benchmarks.md"


def write_section(title: str, text: str) -> None:
    """Writes a section, replacing any of the same title.

    Args:
        title: The section's first line.
        text: The section, with its first line.
    """
    old = REPORT.read_text("utf-8") if REPORT.exists() else "# Benchmarks\n"
    pattern = rf"\n*^{re.escape(title)}\n.*?(?=^## |\Z)"
    other = re.sub(pattern, "\n\n", old, flags=re.DOTALL | re.MULTILINE)
    REPORT.write_text(f"{other.rstrip()}\n\n{text}", "utf-8")
