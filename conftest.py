"""What holds for all tests of Python."""

import os

# Threads of OpenMP spin while they wait for each other: where other processes have the cores, a
# model of 300 rows takes minutes. Read when the libraries load, here and in the tests' processes.
os.environ.setdefault("OMP_NUM_THREADS", "1")
