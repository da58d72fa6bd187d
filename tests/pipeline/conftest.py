"""Jobs that run the pipeline's scripts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from script_job import Job, on_image


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "_SUCCESS").touch()
    return Job(tmp_path)


@pytest.fixture(params=["a process", "scikit-learn 1.9-0"])
def job_on_image(job: Job, request: pytest.FixtureRequest) -> Job:
    """A job as a process, with this Python and with that of the script's image."""
    if request.param != "a process":
        return on_image(job, request.param)
    job.python = sys.executable
    return job
