"""`python -m bench.container [--write]`: the Decision Tree image compared with the classic stack.

Prints Markdown; --write also puts it under "## Container" in docs/benchmarks.md.
"""

import json
import os
import platform
import subprocess

from bench.container.serving import SECONDS, measure_serving
from bench.container.training import measure_training
from bench.report import options, publish

TITLE = "## Container"
IMAGE = "restate-decision-tree:test"


def main() -> None:
    """Run everything and print it."""
    arguments = options("container", __doc__).parse_args()
    lines = [
        TITLE,
        "",
        f"`npm run bench -- container`, Python {platform.python_version()}, {os.cpu_count()} "
        "cores, shared with the load generator. *Classic* is the stack of SageMaker's "
        "bring-your-own example (Flask, gunicorn with gevent, pandas, pickle) without its nginx, "
        "on the same versions of NumPy and scikit-learn, in the same run.",
        "",
        f"### Serving: wrk, {SECONDS} s each, CSV rows of 7 features, a tree of 300 leaves",
        "",
        *measure_serving(),
        *_image_size(),
        "",
        "### Training: 7 features, at most 300 leaves",
        "",
        "*Bare* is scikit-learn alone on the same rows as an array: *fit* is only the call, *job* "
        "the whole process. Our job and the classic one read CSV; ours also computes metrics.",
        "",
        *measure_training(),
        "",
    ]
    publish(lines, write=arguments.write)


def _image_size() -> list[str]:
    """Return a table row with the size of the image that the tests build, if it exists."""
    command = ["docker", "image", "inspect", IMAGE, "restate-test-base:bookworm"]
    try:
        finished = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    image, base = (item["Size"] / 1e6 for item in json.loads(finished.stdout))
    return [f"| image above its base (MB, {image:.0f} with it) | {image - base:.0f} | | |"]


if __name__ == "__main__":
    main()
