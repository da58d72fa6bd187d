"""Jobs that run the pipeline's scripts."""

from __future__ import annotations

from pathlib import Path

import pytest
from script_job import Job, on_image


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "_SUCCESS").touch()
    return Job(tmp_path)


@pytest.fixture(params=["this Python", "scikit-learn 1.9-0"])
def job_on_image(job: Job, request: pytest.FixtureRequest) -> Job:
    """A job in this process, and as a process with the Python of the script's image."""
    return job if request.param == "this Python" else on_image(job, request.param)
