"""SIGTERM during training."""

import os
import signal
import threading

EXIT_CODE = 128 + signal.SIGTERM


def exit_on_sigterm() -> None:
    """From now on, end the process at once when SIGTERM comes.

    A handler of Python's would wait until scikit-learn's compiled loop returns, which may take
    longer than SageMaker's 120 s; and as process 1 of a container the default action is none at
    all. So a thread waits for the signal, which all threads started later leave to it. The model is
    written such that ending at any moment leaves none half-written.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

    def wait() -> None:
        signal.sigwait({signal.SIGTERM})
        os.write(2, b"training was stopped by SIGTERM\n")
        os._exit(EXIT_CODE)

    threading.Thread(target=wait, name="sigterm", daemon=True).start()
