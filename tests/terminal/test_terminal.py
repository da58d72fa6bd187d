"""An execution on a terminal: a pseudo-terminal with a terminal emulator behind it."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
from pathlib import Path

import pyte
import pytest

ROOT = Path(__file__).parents[2]
ROWS = 12

STEPS = [f"✓ Step{number} 1.0 s" for number in range(1, 9)]
REUSED = f" (as in execution {'a1b2c3d4e5f6 ' * 12})"


class Terminal:
    """A terminal of some columns in which a command runs, with its scroll-back."""

    def __init__(self, columns: int, *arguments: str) -> None:
        self.screen = pyte.HistoryScreen(columns, ROWS, history=1000)
        self._stream = pyte.ByteStream(self.screen)
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
        environ = {name: value for name, value in os.environ.items() if name != "CI"}
        self._process = subprocess.Popen(
            ["node", "--require", "tsx/cjs", "tests/terminal/scripted.ts", *arguments],
            cwd=ROOT,
            env={**environ, "TERM": "xterm-256color"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)

    def read(self) -> bool:
        """Reads available output; returns whether there may be more."""
        try:
            content = os.read(self._ours, 65536)
        except OSError:  # Linux's answer where the other end is closed.
            return False
        self._stream.feed(content)
        return content != b""

    def read_until(self, text: str, lines: int) -> None:
        """Reads until so many lines contain a text."""
        while sum(text in line for line in self.lines()) != lines:
            assert self.read(), "\n".join(self.lines())

    def end(self) -> list[str]:
        """Reads to the end, and returns all lines."""
        while self.read():
            pass
        os.close(self._ours)
        assert self._process.wait() == 0
        return self.lines()

    def interrupt(self) -> None:
        """Types Ctrl-C, for the terminal's foreground process."""
        self._process.send_signal(signal.SIGINT)

    def lines(self) -> list[str]:
        """The lines in the scroll-back and on the screen."""
        width = self.screen.columns
        above = [
            "".join(row[column].data for column in range(width)) for row in self.screen.history.top
        ]
        return [line.rstrip() for line in [*above, *self.screen.display] if line.strip()]


def expected(ending: list[str]) -> list[str]:
    """All lines of an execution, whatever the width."""
    lines = [*STEPS, *ending, "the end"]
    lines[2] += REUSED
    return lines


ENDINGS = {
    "succeed": ["✓ TuneDecisionTree 30.0 s", "✓ TuneXGBoost 30.0 s"],
    "fail": ["■ TuneDecisionTree 30.0 s", "✗ TuneXGBoost 30.0 s (no trial has succeeded)"],
}


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("ending", list(ENDINGS))
def test_each_step_has_one_line_in_the_end(ending: str, columns: int) -> None:
    lines = Terminal(columns, ending).end()
    # A line that is wider than the terminal goes on in the next.
    shown = "".join(lines).replace(" ", "")
    assert shown == "".join(expected(ENDINGS[ending])).replace(" ", "")


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_running_steps_are_below_those_that_have_ended_until_ctrl_c(columns: int) -> None:
    terminal = Terminal(columns, "wait")
    terminal.read_until(" 5/10", lines=2)
    running = [line for line in terminal.lines() if line.startswith("▶")]
    assert [line.split()[1] for line in running] == ["TuneDecisionTree", "TuneXGBoost"]
    assert all(len(line) < columns for line in running)
    assert [line for line in terminal.lines() if line.startswith("✓")][-1] == STEPS[-1]
    terminal.interrupt()
    ending = ["■ TuneDecisionTree 30.0 s", "■ TuneXGBoost 30.0 s"]
    assert terminal.end()[-3:] == [*ending, "the end"]
