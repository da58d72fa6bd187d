"""Two servers of MLflow, of which one import of its libraries costs more than all that they serve.

Usage: python servers.py FOLDER PORT APP_FOLDER APP_PORT ARTIFACT_ROOT. `mlflow ui` serves FOLDER;
in APP_FOLDER, a server leaves artifacts to its clients, as an app of SageMaker does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

import mlflow.cli
import mlflow.server
import mlflow.server.fastapi_app
import uvicorn


def serve_here(command: Sequence[str], extra_env: Mapping[str, str], **_: object) -> None:
    """Runs what MLflow's command line starts as a process of its own."""
    os.environ.update(extra_env)
    uvicorn.main(command[command.index("uvicorn") + 1 :])


def main() -> None:
    """Serves until SIGTERM."""
    folder, port, app_folder, app_port, artifact_root = sys.argv[1:]
    mlflow.server._exec_cmd = serve_here
    command = ["ui", "--port", port]
    if os.fork() == 0:
        folder = app_folder
        own = ["--backend-store-uri", "sqlite:///mlflow.db", "--no-serve-artifacts"]
        command = ["server", "--port", app_port, *own, "--default-artifact-root", artifact_root]
    os.chdir(folder)
    mlflow.cli.cli([*command, "--workers", "1"])


if __name__ == "__main__":
    main()
