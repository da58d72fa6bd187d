"""The number of threads of a training job."""

import os

from decision_tree.errors import UserError


def thread_count() -> int:
    """Return OMP_NUM_THREADS, or the number of available cores.

    Raises:
        UserError: OMP_NUM_THREADS is not a positive integer.
    """
    text = os.environ.get("OMP_NUM_THREADS", "").strip()
    if text:
        if not (text.isascii() and text.isdecimal() and int(text[:10]) >= 1):
            raise UserError(f"OMP_NUM_THREADS is {text!r}; allowed: a positive integer")
        return int(text[:10])
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return cores or 1
