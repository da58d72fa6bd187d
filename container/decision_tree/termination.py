"""SIGTERM during training."""

import os
import signal
import threading

EXIT_CODE = 128 + signal.SIGTERM


def exit_on_sigterm() -> None:
    """From now on, end the process immediately at SIGTERM.

    A Python handler would only run when scikit-learn's compiled loop returns, perhaps after
    SageMaker's 120 s, and process 1 of a container ignores the signal by default. So a thread waits
    for it, and threads started later block it. Ending at any moment leaves no half-written model.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

    def wait() -> None:
        signal.sigwait({signal.SIGTERM})
        os.write(2, b"training was stopped by SIGTERM\n")
        os._exit(EXIT_CODE)

    threading.Thread(target=wait, name="sigterm", daemon=True).start()
