"""Runs the program of an image that is given as a folder.

Usage: python -m local.standins.jobs.program_folder FOLDER PACKAGE ARGUMENT...

It runs `python -m PACKAGE ARGUMENT...`; if the package is empty, the first argument, `train` or
`serve`, names a script in the folder. A copy runs in the job's folder, in which that folder
replaces `/opt/ml` in texts.
"""

from __future__ import annotations

import os
import runpy
import shutil
import sys
from pathlib import Path

from local.standins.jobs.warm_interpreter import forget_own_modules
from local.standins.script_mode.launch import placed


def main(words: list[str]) -> None:
    """Runs the program; does not return if that exits."""
    [folder, package, *arguments] = words
    program = Path(os.environ["SAGEMAKER_BASE_DIR"]).parent.parent / "program"
    shutil.rmtree(program, ignore_errors=True)
    shutil.copytree(folder, program, ignore=shutil.ignore_patterns("__pycache__"))
    for path in program.rglob("*"):
        if path.is_file() and (content := path.read_bytes()) != placed(content):
            path.write_bytes(placed(content))
    sys.path.insert(0, str(program))
    # Our modules in the warm interpreter may have the name of a module of the program.
    forget_own_modules()
    if package:
        sys.argv = [package, *arguments]
        runpy.run_module(package, run_name="__main__", alter_sys=True)
        return
    [name, *rest] = arguments or [""]
    script = program / name
    if not script.is_file():
        sys.exit(f"the program has no script {name}: {folder}")
    sys.argv = [str(script), *rest]
    runpy.run_path(str(script), run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
