"""Runs a flow like the image's entry point, or checks one.

`python -m local.standins.data_wrangler [--trust-code] [--] ARGUMENTS` runs the flow in
SAGEMAKER_BASE_DIR, where ARGUMENTS are the container's: `--output-config JSON` for each output, and
`--refit-trained-params JSON`. The definition sets them, so nothing after `--` is an option of this
module. With `--check FLOW`, it prints a JSON list of problems instead.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from local.standins.data_wrangler.arguments import parse_arguments
from local.standins.data_wrangler.flow import check
from local.standins.data_wrangler.job import read_flow, run_flow
from local.standins.errors import UserError
from local.standins.files import run_processing


def main() -> int:
    """Executes the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="data_wrangler", allow_abbrev=False, add_help=False)
    parser.add_argument("--check", type=Path)
    parser.add_argument("--trust-code", action="store_true")
    own, given = sys.argv[1:], []
    if "--" in own:
        end = own.index("--")
        own, given = own[:end], own[end + 1 :]
    known, arguments = parser.parse_known_args(own)
    arguments += given
    if known.check is None:
        return run_processing(lambda base: run_flow(base, arguments, known.trust_code))
    try:
        asked = parse_arguments(arguments, known.trust_code) if arguments else None
        problems = check(read_flow(known.check), asked)
    except (OSError, UserError) as error:
        problems = [str(error)]
    sys.stdout.write(json.dumps(problems) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
