"""Logs as JSON, one object a line."""

import contextlib
import json
import logging
import os
import stat
from datetime import UTC, datetime

_STDOUT = 1


class JsonFormatter(logging.Formatter):
    """Writes time (UTC), level, message and the record's own `fields`.

    Messages of exceptions are left out, because they might quote a request.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
        return json.dumps(line)


class StdoutHandler(logging.Handler):
    """Writes to standard output, and drops lines while nobody reads them.

    Once its pipe is full, a write would block the event loop and with it all requests. So a pipe is
    opened anew without blocking; that leaves other users of the same pipe alone.
    """

    def __init__(self) -> None:  # noqa: D107
        super().__init__()
        self._descriptor = _STDOUT
        if stat.S_ISFIFO(os.fstat(_STDOUT).st_mode):
            with contextlib.suppress(OSError):
                self._descriptor = os.open(f"/dev/fd/{_STDOUT}", os.O_WRONLY | os.O_NONBLOCK)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line if it can be written now."""
        with contextlib.suppress(OSError):
            os.write(self._descriptor, f"{self.format(record)}\n".encode())


def log_json_lines() -> None:
    """Send all logs from the level INFO on to standard output as JSON."""
    handler = StdoutHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
