"""The interpreters of SageMaker's images, with the versions that their Dockerfiles install.

An environment is created once, from the package index, and kept under ~/.cache/restate.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

# Source: docker/sklearn/1.9-0/pyproject.toml and docker/xgboost/pyproject.toml, with their uv.lock,
# in aws/deep-learning-containers.
PYTHON = "3.12"
PACKAGES = {
    "scikit-learn 1.9-0": ("numpy==2.5.1",),
    "xgboost 3.2-0": ("boto3==1.38.0", "numpy==2.1.0", "scipy==1.15.0", "xgboost-cpu==3.2.0"),
}


def _base_python() -> str | None:
    """A Python of the images' version on this machine, from the PATH or pyenv."""
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    installed = sorted(versions.glob(f"{PYTHON}.*/bin/python{PYTHON}"))
    for candidate in [shutil.which(f"python{PYTHON}"), *map(str, installed)]:
        # What pyenv puts on the path may lead nowhere.
        if candidate and subprocess.run([candidate, "-V"], capture_output=True).returncode == 0:
            return candidate
    return None


@cache
def image_python(image: str) -> str | None:
    """The interpreter for an image of PACKAGES; None if this machine cannot create one."""
    key = hashlib.sha256(repr((PYTHON, PACKAGES[image])).encode()).hexdigest()[:12]
    folder = Path.home() / ".cache" / "restate" / "images" / f"{image.replace(' ', '-')}-{key}"
    python = folder / "bin" / "python"
    base = _base_python()
    if not python.exists() and base is not None:
        making = folder.with_name(f"{folder.name}.{os.getpid()}")
        venv = ["venv", "--python", base, str(making)]
        install = ["pip", "install", "--python", str(making / "bin" / "python"), *PACKAGES[image]]
        try:
            for arguments in (venv, install):
                command = [sys.executable, "-m", "uv", "--quiet", *arguments]
                subprocess.run(command, check=True, capture_output=True, timeout=300)
            making.rename(folder)
        except (OSError, subprocess.SubprocessError):
            shutil.rmtree(making, ignore_errors=True)
    return str(python) if python.exists() else None
