"""Makes an interpreter warm, so that the jobs forked from it find their libraries in memory.

Forking is only safe while there is one thread, so the libraries are imported without letting them
start any.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
from collections.abc import Iterator
from typing import Any

MODULES = (
    # What the first steps need comes first.
    "numpy",
    "duckdb",
    # In parts, between which requests are answered: scikit-learn takes most of a second.
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
# XGBoost and DuckDB import them where they can, for half a second in each job, though no stand-in
# uses them. They are here for tests only: neither the local run nor the image installs them.
_UNUSED_MODULES = ("pandas", "pyarrow")
_OWN_PACKAGES = ("decision_tree", "local")
# What knows the OpenMP libraries in memory, once they are known: to find them takes 10 ms.
_openmp: list[Any] = []


class _Without:
    """A finder of modules to which those that no stand-in uses are not installed."""

    def __init__(self, finder: Any) -> None:  # noqa: ANN401 - finders have no common type
        self.finder = finder

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the finder has
        return getattr(self.finder, name)

    def find_spec(self, name: str, *place: Any) -> Any:  # noqa: ANN401 - as a finder has it
        unused = name.partition(".")[0] in _UNUSED_MODULES
        return None if unused else self.finder.find_spec(name, *place)


def hide_unused_modules() -> None:
    """Makes an import of what no stand-in uses fail, as where it is not installed."""
    sys.meta_path[:] = [_Without(finder) for finder in sys.meta_path]


def forget_own_modules() -> None:
    """Lets a script of the user's find modules of its own that have a name of ours."""
    for name in list(sys.modules):
        if name.partition(".")[0] in _OWN_PACKAGES:
            del sys.modules[name]


def limit_threads(text: str) -> None:
    """Limits the OpenMP libraries to OMP_NUM_THREADS, which they read when they were loaded."""
    threadpoolctl = sys.modules.get("threadpoolctl")
    if text.isdecimal() and threadpoolctl:
        controller = _openmp[0] if _openmp else threadpoolctl.ThreadpoolController()
        controller.limit(limits=max(int(text), 1), user_api="openmp")


def warm_up() -> Iterator[None]:
    """Imports the heavy libraries, in parts between which it yields; starts no thread.

    A job that is forked in between imports what it still lacks.
    """
    for name in MODULES:
        with _imports(), contextlib.suppress(ImportError):
            importlib.import_module(name)
        if name == "duckdb" and (duckdb := sys.modules.get(name)):
            duckdb.default_connection().close()  # its import opens one, with a worker thread
        yield
    with _imports():
        _use_once()
    gc.collect()
    gc.freeze()  # keeps the collector in a child from copying the shared pages


@contextlib.contextmanager
def _imports() -> Iterator[None]:
    """Keeps imports from starting threads, and leaves everything as it was."""
    # OpenBLAS would start its threads at import; pyarrow, which pandas imports, does too.
    blas_threads = os.environ.get("OPENBLAS_NUM_THREADS")
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    finders = list(sys.meta_path)
    hide_unused_modules()
    try:
        yield
    finally:
        sys.meta_path[:] = finders
        if blas_threads is None:
            del os.environ["OPENBLAS_NUM_THREADS"]
        else:
            os.environ["OPENBLAS_NUM_THREADS"] = blas_threads


def _use_once() -> None:
    """Has the libraries look up what they look up at their first use, of which each job is one."""
    if threadpoolctl := sys.modules.get("threadpoolctl"):
        _openmp.append(threadpoolctl.ThreadpoolController())
    if tree := sys.modules.get("sklearn.tree"):
        tree.DecisionTreeRegressor().fit([[0.0], [1.0]], [0.0, 1.0])
