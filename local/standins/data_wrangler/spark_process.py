"""The process that runs a flow's custom code, seen from the job's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from local.standins.data_wrangler.frame import Column, Frame
from local.standins.data_wrangler.source import Dataset, read_dataset
from local.standins.database import Database, literal
from local.standins.errors import UserError

# The major versions by which code runs as in the image, with what custom_code.py does about it.
_PACKAGES = {"pyspark": (4,), "pandas": (2, 3)}
_INSTALL = "'pyspark==4.*' 'pandas==2.*'"
_PROGRAM = Path(__file__).with_name("custom_code.py")


@dataclass(frozen=True)
class CustomCode:
    """Code of a flow: pandas, pyspark, sql, or a formula, whose value goes to the output column."""

    kind: str
    code: str
    output_column: str = ""


def missing_for_spark() -> str | None:
    """What this machine lacks to run Spark, and how to get it; None where nothing is missing."""
    if not all(map(_is_installed, _PACKAGES)):
        return f"pyspark 4 and pandas 2: `.venv/bin/python -m pip install {_INSTALL}`"
    if not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
        return "Java 17 or later, found by JAVA_HOME or PATH"
    return None


def _is_installed(package: str) -> bool:
    try:
        return int(version(package).split(".")[0]) in _PACKAGES[package]
    except PackageNotFoundError:
        return False


class SparkProcess:
    """Starts the process at the first code that it runs."""

    def __init__(self, database: Database, folder: Path) -> None:
        """Keeps what tables are read by and where they are put."""
        self._database = database
        self._folder = folder
        self._count = 0
        self._process: subprocess.Popen[str] | None = None

    def run(self, frame: Frame, custom: CustomCode) -> Frame:
        """What the code makes of a table.

        Raises:
            UserError: The code fails, or a type of column cannot be passed on.
        """
        self._count += 1
        table, output = f"{self._count}.parquet", f"{self._count}"
        self._write(frame, self._folder / table)
        answer = self._ask(
            {
                "kind": custom.kind,
                "code": custom.code,
                "output_column": custom.output_column,
                "input": str(self._folder / table),
                "names": [column.name for column in frame.columns],
                "output": str(self._folder / output),
            }
        )
        if "error" in answer:
            raise UserError(answer["error"])
        result = read_dataset(self._database, self._folder, Dataset(output, "parquet"))
        columns = zip(answer["names"], result.columns, strict=True)
        return Frame(tuple(Column(name, column.type) for name, column in columns), result.query)

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.communicate()

    def _write(self, frame: Frame, path: Path) -> None:
        values = []
        for place, column in enumerate(frame.columns):
            if column.type == "vector":
                raise UserError(
                    f"column {column.name} is a vector, which the local run cannot pass on"
                )
            is_time = column.type == "timestamp"
            values.append(f"cast(c{place} as timestamptz) as c{place}" if is_time else f"c{place}")
        query = f"select {', '.join(values)} from ({frame.query})"  # noqa: S608 - made of SQL
        self._database.execute(f"copy ({query}) to {literal(str(path))} (format parquet)")

    def _ask(self, request: dict[str, object]) -> dict[str, list[str]]:
        if self._process is None:
            environment = {**os.environ, "TZ": "UTC", "SPARK_LOCAL_IP": "127.0.0.1"}
            environment.pop("PYTHONPATH", None)  # the code finds nothing of ours
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", str(_PROGRAM), str(self._folder)],
                cwd=self._folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        requests, answers = self._process.stdin, self._process.stdout
        line = ""
        with suppress(BrokenPipeError):
            if requests is not None and answers is not None:
                requests.write(json.dumps(request) + "\n")
                requests.flush()
                line = answers.readline()
        if not line:
            raise UserError(
                f"Spark ended with exit code {self._process.wait()}; the job's log has its words. "
                "PySpark needs Java 17 or later, found by JAVA_HOME or PATH"
            )
        answer: dict[str, list[str]] = json.loads(line)
        return answer


@contextmanager
def spark_process(database: Database, base: Path) -> Iterator[SparkProcess]:
    """A process for the code of one output, and a folder in the job's own for its tables."""
    with tempfile.TemporaryDirectory(dir=base, prefix="custom-code-") as folder:
        process = SparkProcess(database, Path(folder))
        try:
            yield process
        finally:
            process.close()
