"""Replaces the images' toolkits: `python -m local.standins.script_mode COMMAND`.

`train` runs the script of a training job, and `serve scikit-learn|xgboost` the handlers of a model,
both in /opt/ml/code. `process ARGUMENT...` runs the script that the SDK's runproc.sh starts. `check
FOLDER PROGRAM` prints problems of the code in a folder as JSON; PROGRAM may be a runproc.sh.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path


def _run(command: list[str]) -> int:
    # One at a time, so that a training job does not load the web server.
    match command:
        case ["train"]:
            from local.standins.script_mode import train

            return train.main()
        case ["serve", framework]:
            # In its own interpreter, which hides no packages from the user's handlers.
            serve = ["-m", "local.standins.script_mode.serve", framework]
            os.execv(sys.executable, [sys.executable, "-u", *serve])  # noqa: S606
        case ["process", *arguments]:
            from local.standins.script_mode import process

            return process.main(arguments)
        case ["check", folder, program]:
            from local.standins.script_mode.process import program_of
            from local.standins.script_mode.source import look_through

            processes = Path(program).name == "runproc.sh"
            if processes:
                program = program_of(Path(program))
            source = look_through(Path(folder), program, processes)
            print(json.dumps(asdict(source)))  # noqa: T201
            return 0
    sys.stderr.write(__doc__ or "")
    return 2


if __name__ == "__main__":
    sys.exit(_run(sys.argv[1:]))
