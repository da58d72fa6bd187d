"""Logs as JSON, one object per line."""

import contextlib
import json
import logging
import os
import stat
from datetime import UTC, datetime

_STDOUT = 1


class JsonFormatter(logging.Formatter):
    """Writes time (UTC), level, message and the record's own `fields`.

    Exceptions' messages are omitted, because they might quote a request.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line of JSON."""
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
    """Writes to standard output, and drops lines if nobody reads them.

    A write to a full pipe would block the event loop, and all requests. Reopening the pipe as
    non-blocking does not affect its other users.
    """

    def __init__(self) -> None:
        super().__init__()
        self._descriptor = _STDOUT
        if stat.S_ISFIFO(os.fstat(_STDOUT).st_mode):
            with contextlib.suppress(OSError):
                self._descriptor = os.open(f"/dev/fd/{_STDOUT}", os.O_WRONLY | os.O_NONBLOCK)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line, if the pipe has room."""
        with contextlib.suppress(OSError):
            os.write(self._descriptor, f"{self.format(record)}\n".encode())


def log_json_lines() -> None:
    """Log to standard output as JSON, from level INFO."""
    handler = StdoutHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
