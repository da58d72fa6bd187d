"""What holds for all tests of Python."""

import os

from hypothesis import HealthCheck, settings

# Threads of OpenMP spin while they wait for each other: where other processes have the cores, a
# model of 300 rows takes minutes. Read when the libraries load, here and in the tests' processes.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Its limits in time, of an example and of drawing data, fail on a busy machine.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
