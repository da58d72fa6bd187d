"""The question for the target, on a pseudo-terminal."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = "".join(f"{n % 7},{n * 3},{(n * n) % 100}\n" for n in range(60))


def ask(folder: Path, typed: bytes) -> tuple[int, str, Path]:
    """Runs `init` without --target, and types an answer once it asks."""
    table = folder / "flats.csv"
    table.write_text(f"rooms,area,rent\n{ROWS}")
    output = folder / "own.yaml"
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["node", "tools/restate.mjs", "init", str(table), "--output", str(output)],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    is_answered = False
    while True:
        try:
            content = os.read(ours, 65536)
        except OSError:  # Linux's answer where the other end is closed.
            break
        shown += content
        if b"be predicted?" in shown and not is_answered:
            is_answered = True
            os.write(ours, typed)
    os.close(ours)
    return process.wait(), shown.decode(), output


@pytest.mark.parametrize(("typed", "target"), [(b"\r", "rent"), (b" Area \r", "area")])
def test_the_answer_is_the_target(tmp_path: Path, typed: bytes, target: str) -> None:
    code, shown, output = ask(tmp_path, typed)
    assert code == 0, shown
    assert "Which column should be predicted? [rent] (or area, rooms)" in shown
    assert f"    target: {target}\n" in output.read_text()


def test_another_answer_is_an_error(tmp_path: Path) -> None:
    code, shown, output = ask(tmp_path, b"price\r")
    assert code == 1
    assert "there is no column price; the columns are rooms, area, rent" in shown
    assert not output.exists()


@pytest.mark.parametrize("key", [b"\x04", b"\x03"], ids=["Ctrl-D", "Ctrl-C"])
def test_no_answer_writes_nothing(tmp_path: Path, key: bytes) -> None:
    code, shown, output = ask(tmp_path, key)
    assert code == 1
    assert shown.endswith("error: no column was named; name it by --target\r\n"), shown
    assert not output.exists()
