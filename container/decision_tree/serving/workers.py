"""Worker processes that share one model and one port."""

import contextlib
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType

logger = logging.getLogger("decision_tree.serving")

_SECONDS_BEFORE_RESTART = 1.0


def listen(address: str, port: int, workers: int) -> list[socket.socket]:
    """Open one listening socket per worker, all on the same port.

    With SO_REUSEPORT, the kernel distributes connections among the sockets. With one shared socket,
    the worker that wakes first would take every waiting connection.

    Raises:
        OSError: the port is in use.
    """
    sockets = []
    for _ in range(workers):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if workers > 1:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((address, port))
        listener.listen(2048)
        sockets.append(listener)
    return sockets


def run_workers(sockets: list[socket.socket], run: Callable[[socket.socket], None]) -> None:
    """Fork one worker per socket, restart any that die, and stop all on SIGTERM or SIGINT.

    The sockets stay open here, so connections wait in them while a worker restarts.

    Args:
        sockets: from `listen`.
        run: serves on one socket, and returns after SIGTERM.
    """
    workers: dict[int, socket.socket] = {}
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        for pid in list(workers):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    # Workers notice by this pipe that this process was killed.
    alive, hold = os.pipe()
    # Signals are blocked between a fork and its entry in `workers`.
    handled = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, handled)
    for number in handled:
        signal.signal(number, stop)

    def start(listener: socket.socket) -> None:
        pid = os.fork()
        if pid:
            workers[pid] = listener
            return
        os.close(hold)
        # Ctrl-C reaches all processes of a terminal; the parent passes it on as SIGTERM.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, handled)
        threading.Thread(target=_stop_with_parent, args=(alive,), daemon=True).start()
        code = 1
        try:
            run(listener)
            code = 0
        finally:
            os._exit(code)

    for listener in sockets:
        start(listener)
    while workers:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, handled)
        pid, status = os.wait()
        signal.pthread_sigmask(signal.SIG_BLOCK, handled)
        abandoned = workers.pop(pid, None)
        if abandoned and not stopping:
            fields = {"pid": pid, "exit_code": os.waitstatus_to_exitcode(status)}
            logger.error("worker died", extra={"fields": fields})
            time.sleep(_SECONDS_BEFORE_RESTART)
            start(abandoned)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, handled)


def _stop_with_parent(alive: int) -> None:
    os.read(alive, 1)
    os.kill(os.getpid(), signal.SIGTERM)
