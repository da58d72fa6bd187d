"""Runs what the images' toolkits run: `python -m local.standins.script_mode COMMAND`.

`train` runs the script of a training job, `serve scikit-learn|xgboost` the handlers of a model's,
both in /opt/ml/code; `process ARGUMENT...` the script that the SDK's runproc.sh starts. `check
FOLDER PROGRAM` prints, as JSON, what of the code in a folder does not run here; PROGRAM may be a
runproc.sh.
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
            # In an interpreter of its own, in which all packages are there for the user's handlers.
            serve = ["-m", "local.standins.script_mode.serve", framework]
            os.execv(sys.executable, [sys.executable, "-u", *serve])  # noqa: S606
        case ["process", *arguments]:
            from local.standins.script_mode import process

            return process.main(arguments)
        case ["check", folder, program]:
            from local.standins.script_mode.process import program_of
            from local.standins.script_mode.source import look_through

            if Path(program).name == "runproc.sh":
                program = program_of(Path(program))
            print(json.dumps(asdict(look_through(Path(folder), program))))  # noqa: T201
            return 0
    sys.stderr.write(__doc__ or "")
    return 2


if __name__ == "__main__":
    sys.exit(_run(sys.argv[1:]))
