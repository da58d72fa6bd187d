"""Helpers for tests that start processes, even on a busy machine."""

import random
import socket
from pathlib import Path

import pytest

needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc")

# Seconds that a test waits for what must happen before it fails: they bound a hang, and measure
# nothing.
PATIENCE = 120.0

# Below the range from which systems give ports to connections: so none takes a port between the
# moment it is found free here and the moment a server opens it.
_PORTS = range(15_000, 32_000)


def free_port() -> int:
    """Find a port on loopback that a server can open."""
    while True:
        port = random.choice(_PORTS)  # noqa: S311 - nothing secret
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
