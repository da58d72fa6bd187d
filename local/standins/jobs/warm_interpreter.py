"""Warms up an interpreter, so that jobs forked from it have their libraries in memory.

Forking is only safe with a single thread, so the imports must not start any.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
from collections.abc import Iterator
from typing import Any

from local.standins.unused_modules import hide_unused_modules

MODULES = (
    # The first steps' libraries come first.
    "numpy",
    "duckdb",
    "local.standins.athena.table_data",
    "local.standins.athena.query",
    "local.standins.data_wrangler.job",
    # In parts, because requests are answered in between: scikit-learn takes most of a second.
    "scipy.sparse",
    "scipy.linalg",
    "scipy.special",
    "scipy.optimize",
    "scipy.interpolate",
    "scipy.integrate",
    "scipy.stats",
    "sklearn.utils",
    "sklearn.tree",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "xgboost",
    "decision_tree.training",
    "local.standins.xgboost.train",
)
_OWN_PACKAGES = ("decision_tree", "local")
# The OpenMP libraries in memory, which take 10 ms to find.
_openmp: list[Any] = []


def forget_own_modules() -> None:
    """Lets a user's script import its own modules with the same names as ours."""
    for name in list(sys.modules):
        if name.partition(".")[0] in _OWN_PACKAGES:
            del sys.modules[name]


def limit_threads(text: str) -> None:
    """Limits loaded OpenMP libraries to OMP_NUM_THREADS, which they only read when loaded."""
    threadpoolctl = sys.modules.get("threadpoolctl")
    if text.isdecimal() and threadpoolctl:
        controller = _openmp[0] if _openmp else threadpoolctl.ThreadpoolController()
        controller.limit(limits=max(int(text), 1), user_api="openmp")


def warm_up() -> Iterator[None]:
    """Imports the heavy libraries in parts, and yields in between; starts no thread.

    A job that is forked in between imports the rest itself.
    """
    for name in MODULES:
        with _imports(), contextlib.suppress(ImportError):
            importlib.import_module(name)
        if name == "duckdb" and (duckdb := sys.modules.get(name)):
            duckdb.default_connection().close()  # its import would create one, with a worker thread
        yield
    with _imports():
        _use_once()
    gc.collect()
    gc.freeze()  # keeps children's garbage collectors from copying shared pages


@contextlib.contextmanager
def _imports() -> Iterator[None]:
    """Keeps imports from starting threads and collecting garbage, and restores everything."""
    # OpenBLAS and pyarrow, which pandas imports, would start threads at import.
    blas_threads = os.environ.get("OPENBLAS_NUM_THREADS")
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    finders = list(sys.meta_path)
    hide_unused_modules()
    # Imported modules are no garbage, and looking for some takes a tenth of the time.
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        sys.meta_path[:] = finders
        if blas_threads is None:
            del os.environ["OPENBLAS_NUM_THREADS"]
        else:
            os.environ["OPENBLAS_NUM_THREADS"] = blas_threads


def _use_once() -> None:
    """Makes the libraries do the look-ups of their first use, which each job would repeat."""
    if threadpoolctl := sys.modules.get("threadpoolctl"):
        _openmp.append(threadpoolctl.ThreadpoolController())
    if tree := sys.modules.get("sklearn.tree"):
        tree.DecisionTreeRegressor().fit([[0.0], [1.0]], [0.0, 1.0])
