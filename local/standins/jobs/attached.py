"""Runs Python while the process that started it lives.

Usage: python -m local.standins.jobs.attached (-m MODULE | SCRIPT) ARGUMENT..., with an unused pipe
as standard input. The system closes it when the process at the other end ends in any way; then the
program gets SIGTERM, and SIGKILL after a grace period. SIGTERM and SIGINT are passed on to it. The
exit code is the program's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

_GRACE_SECONDS = 30


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the program when the standard input closes."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    process.terminate()
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def main(arguments: list[str]) -> int:
    """Runs the program; returns its exit code."""
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, *arguments], stdin=subprocess.DEVNULL
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: process.send_signal(received))
    threading.Thread(target=_end, args=(process,), daemon=True).start()
    code = process.wait()
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
