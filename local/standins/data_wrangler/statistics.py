"""Queries by which operators learn from a column."""

from __future__ import annotations

from typing import Any

import duckdb

from local.standins.data_wrangler.frame import Frame


class Statistics:
    """Runs aggregate queries on frames.

    They run on one thread, because a sum of floats depends on the order of additions.
    """

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self._database = database

    def rows(self, frame: Frame, query: str) -> list[tuple[Any, ...]]:
        """Runs a query on the frame as the table t."""
        threads = self._database.execute("select current_setting('threads')").fetchall()[0][0]
        self._database.execute("set threads = 1")
        try:
            return self._database.execute(f"with t as ({frame.query}) {query}").fetchall()
        finally:
            self._database.execute(f"set threads = {threads}")

    def row(self, frame: Frame, expressions: str, where: str = "true") -> tuple[Any, ...]:
        """Aggregates the frame's rows to one."""
        return self.rows(frame, f"select {expressions} from t where {where}")[0]  # noqa: S608
