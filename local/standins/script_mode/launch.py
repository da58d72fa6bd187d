"""Runs a user's script by itself: `python launch.py FOLDER PROGRAM ARGUMENT...`.

It imports nothing of ours, and its own folder is not searched: the script finds what `python
PROGRAM` finds in FOLDER. Where a script or a module beside it says `/opt/ml`, it finds the folder
of its job. What is read is changed, never the files: a job may pack them into a model.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
from importlib.abc import Loader
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from pathlib import Path
from types import CodeType, ModuleType

# /opt/ml as a path of its own, not /mnt/opt/ml or /opt/mlflow.
_BASE = re.compile(rb"(?<![\w./}-])/opt/ml(?![\w-])")


def _placed(source: bytes) -> bytes:
    base = re.sub(r"([\"'\\])", r"\\\1", os.environ["SAGEMAKER_BASE_DIR"]).encode()
    return _BASE.sub(lambda _: base, source)


class _Source(SourceFileLoader):
    """Loads a module of the user's."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(_placed(self.get_data(path)), path)
        return code


def enter(folder: Path) -> None:
    """Makes a folder the working directory, and the first place where modules are looked for."""
    loaders: list[tuple[type[Loader], list[str]]] = [
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (_Source, [".py"]),
    ]

    def finder(entry: str) -> FileFinder:
        if not Path(entry).is_relative_to(folder) or not Path(entry).is_dir():
            raise ImportError(entry)
        return FileFinder(entry, *loaders)

    sys.path_hooks.insert(0, finder)
    sys.path_importer_cache.clear()
    sys.path.insert(0, str(folder))
    os.chdir(folder)


def start(folder: Path, program: str, arguments: list[str]) -> None:
    """Turns this process into one that runs a script; never returns."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-u", __file__, str(folder), program, *arguments]
    os.execve(sys.executable, command, environment)  # noqa: S606  # as the image's toolkit does


def _main(folder: Path, program: str, arguments: list[str]) -> int:
    path = folder / program
    del sys.path[0]
    enter(folder)
    sys.path[0] = str(path.parent)
    sys.argv = [program, *arguments]
    main = ModuleType("__main__")
    main.__file__ = str(path)
    sys.modules["__main__"] = main
    try:
        exec(compile(_placed(path.read_bytes()), str(path), "exec"), main.__dict__)  # noqa: S102
    except Exception as error:
        own = error.__traceback__
        traceback.print_exception(type(error), error, own.tb_next if own else None)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
