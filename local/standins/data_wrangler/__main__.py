"""Runs the image's entry point, or checks a flow.

`python -m local.standins.data_wrangler --output-config JSON` runs the flow under
SAGEMAKER_BASE_DIR; `--check FILE` prints the problems of a flow as a JSON list.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from local.standins.data_wrangler.flow import check
from local.standins.data_wrangler.job import run_flow
from local.standins.files import run_processing


def main() -> int:
    """Does what the command line asks for; gives the exit code."""
    parser = argparse.ArgumentParser(prog="data_wrangler", allow_abbrev=False)
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--output-config")
    task.add_argument("--check", type=Path)
    arguments = parser.parse_args()
    if arguments.check:
        try:
            problems = check(json.loads(arguments.check.read_text("utf-8")))
        except (OSError, ValueError) as error:
            problems = [f"{arguments.check.name}: {error}"]
        sys.stdout.write(json.dumps(problems) + "\n")
        return 0
    output_config = arguments.output_config.strip("'")
    return run_processing(lambda base: run_flow(base, output_config))


if __name__ == "__main__":
    sys.exit(main())
