"""Logs executions to MLflow with its own client.

Usage: python log.py FACTS STORE, where FACTS is a JSON document (pipeline/scripts/mlflow_runs.py),
and STORE is a folder, the address of a tracking server, or the ARN of an MLflow app or tracking
server of SageMaker. A folder gets what `mlflow ui` expects in its working directory: mlflow.db, and
the artifacts in mlartifacts. MLflow's own file store is deprecated (MLflow's documentation,
"Backend Stores"). Prints counts as JSON.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlparse

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException

sys.path.append(str(Path(__file__).resolve().parents[2] / "pipeline" / "scripts"))

from mlflow_runs import Point, Store, log


class Client:
    """MLflow's client, as the store needs it."""

    def __init__(self, address: str, folder: Path | None) -> None:
        self.client = MlflowClient(address)
        self.folder = folder

    def __getattr__(self, name: str) -> object:
        """All else that MLflow's client has."""
        return getattr(self.client, name)

    def log_batch(
        self,
        run_id: str,
        metrics: Sequence[Point] = (),
        params: Sequence[tuple[str, str]] = (),
        tags: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Logs metrics, parameters and tags of a run."""
        self.client.log_batch(
            run_id,
            [Metric(*one) for one in metrics],
            [Param(*one) for one in params],
            [RunTag(*one) for one in tags],
        )

    def sha256(self, path: str) -> str:
        """The hash of a file."""
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()

    def log_artifact(self, run: Run, path: str, folder: str) -> None:
        """Adds a file to a run's artifacts."""
        uri = urlparse(run.info.artifact_uri)
        if self.folder is None or uri.scheme != "mlflow-artifacts":
            self.client.log_artifact(run.info.run_id, path, folder or None)
            return
        target = self.folder / "mlartifacts" / uri.path.lstrip("/") / folder / Path(path).name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def write_ahead() -> None:
    """Lets SQLite commit without waiting for the disk, because each run has several commits."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def opened(connection: sqlite3.Connection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.close()

    event.listen(Engine, "connect", opened)


def opened(address: str) -> Store:
    """Opens a tracking server, or a store in a folder, which is created if needed."""
    if "://" in address or address.startswith("arn:"):
        # SageMaker's plugin signs for the global tracking URI, not for the client's.
        mlflow.set_tracking_uri(address)
        return Store(Client(address, None))
    folder = Path(address)
    folder.mkdir(parents=True, exist_ok=True)
    write_ahead()
    client = Client(f"sqlite:///{(folder / 'mlflow.db').resolve()}", folder)
    # The server resolves this to mlartifacts, so the folder can be moved.
    return Store(client, "mlflow-artifacts:/")


def main() -> None:
    """Logs a document, or prints the reason for a failure in one line."""
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    path, address = sys.argv[1:]
    try:
        done = log(json.loads(Path(path).read_text("utf-8")), opened(address))
    except MlflowException as error:
        sys.exit(f"MLflow: {str(error).strip().splitlines()[0]}")
    sys.stdout.write(json.dumps(done))


if __name__ == "__main__":
    main()
