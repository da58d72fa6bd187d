"""Runs the notebook, and reads its output."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path("notebooks", "restate-project.ipynb")
ROW = "-117.18,32.75,52.0,1504.0,208.0,518.0,196.0"


def execute(
    project: Path,
    environment: dict[str, str],
    after_cell: Callable[[str, str], None] = lambda _source, _printed: None,
) -> nbformat.NotebookNode:
    """Runs a project's notebook from its folder, in a new kernel.

    Args:
        project: The project's folder.
        environment: Variables for the kernel in addition to the tests' environment.
        after_cell: Receives the source of each code cell that has run, and what it printed.
    """
    notebook = nbformat.read(project / NOTEBOOK, as_version=4)

    def on_cell_executed(cell: nbformat.NotebookNode, **_: Any) -> None:
        after_cell(cell.source, streams([cell]))

    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(project / NOTEBOOK.parent)}},
        on_cell_executed=on_cell_executed,
    )
    # What the tests were started with must not decide where the notebook runs.
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "RESTATE_"))
    }
    client.execute(env={**inherited, **environment})
    return notebook


def outputs(notebook: nbformat.NotebookNode) -> list[Any]:
    return [one for cell in notebook.cells for one in cell.get("outputs", [])]


def streams(cells: list[nbformat.NotebookNode]) -> str:
    found = [one for cell in cells for one in cell.get("outputs", [])]
    return "".join(one.text for one in found if one.output_type == "stream")


def data(notebook: nbformat.NotebookNode, mime_type: str) -> list[str]:
    """The outputs of a media type, such as image/png."""
    shown = [one.get("data", {}) for one in outputs(notebook)]
    return [one[mime_type] for one in shown if mime_type in one]
