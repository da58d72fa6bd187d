"""Runs a user's script: `python launch.py FOLDER PROGRAM ARGUMENT...`.

It imports none of our modules, and removes its own folder from the path, so the script finds the
same modules as with `python PROGRAM` in FOLDER. In the script and the modules beside it, the job's
folder replaces `/opt/ml`: in memory, not in the files, because a job may pack them into a model.
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


def placed(source: bytes) -> bytes:
    """A text with the job's folder in place of /opt/ml."""
    base = re.sub(rb"([\"'\\])", rb"\\\1", os.fsencode(os.environ["SAGEMAKER_BASE_DIR"]))
    return _BASE.sub(lambda _: base, source)


class _Source(SourceFileLoader):
    """Loads a user's module."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(placed(self.get_data(path)), path)
        return code


def enter(folder: Path) -> None:
    """Makes a folder the working directory, and the first in the modules' path."""
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
    """Replaces this process by one that runs a script."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-u", __file__, str(folder), program, *arguments]
    os.execve(sys.executable, command, environment)  # noqa: S606  # like the image's toolkit


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
        exec(compile(placed(path.read_bytes()), str(path), "exec"), main.__dict__)  # noqa: S102
    except Exception as error:
        own = error.__traceback__
        traceback.print_exception(type(error), error, own.tb_next if own else None)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
