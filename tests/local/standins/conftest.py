"""Runs the local implementations of images as the local run does: as jobs of the job server."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xgboost_job import Job, RunModule

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def run_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunModule]:
    """A function that runs `python -m MODULE ARGUMENTS` and gives its exit code and log."""
    log = tmp_path_factory.mktemp("jobs") / "log"
    with subprocess.Popen(
        [sys.executable, "-m", "local.standins.jobs.server"],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'container'}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:

        def run(module: str, *arguments: str, **environment: str) -> tuple[int, str]:
            assert server.stdin and server.stdout
            job = {
                "id": "job",
                "module": module,
                "arguments": arguments,
                "workingDirectory": str(ROOT),
                "environment": environment,
                "log": str(log),
            }
            server.stdin.write(json.dumps({"run": job}) + "\n")
            server.stdin.flush()
            return json.loads(server.stdout.readline())["ended"]["exitCode"], log.read_text()

        yield run
        assert server.stdin
        server.stdin.close()


@pytest.fixture
def job(tmp_path: Path, run_module: RunModule) -> Job:
    """A training job of XGBoost."""
    return Job(tmp_path, run_module)


JAVA = Path("/usr/lib/jvm/java-17-openjdk-amd64")


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A Spark session, one for all files."""
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed")
    if not os.environ.get("JAVA_HOME") and JAVA.exists():
        os.environ["JAVA_HOME"] = str(JAVA)
    if not os.environ.get("JAVA_HOME") and not shutil.which("java"):
        pytest.skip("Spark needs Java 17, and there is none")
    # The tables are small: what counts is the time to load, plan and compile.
    options = (
        "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmn400m "
        "-XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote "
        "-Djdk.lang.Process.launchMechanism=VFORK"  # Hadoop calls chmod for each file
    )
    os.environ["PYSPARK_SUBMIT_ARGS"] = f"--driver-java-options '{options}' pyspark-shell"
    session = (
        sql.SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.python.sql.dataFrameDebugging.enabled", "false")
        .config("spark.sql.ansi.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.log.level", "ERROR")
        .config("spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version", "2")
        .config("spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
        .getOrCreate()
    )
    yield session
    session.stop()
