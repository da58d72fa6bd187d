"""Entry point of the image, called by SageMaker with `train` or `serve`."""

import logging
import os
import sys
import traceback

from decision_tree.environment import Environment
from decision_tree.errors import AlgorithmError, ContainerError, UserError

logger = logging.getLogger("decision_tree")


def main(arguments: list[str]) -> int:
    """Run a command and return the process's exit code.

    The environment is read here, not at import: a process may be forked from a parent that has
    already imported this package, and must behave like a new one.
    """
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s", force=True)
    environment = Environment.from_environ()
    if arguments == ["train"]:
        return _train(environment)
    if arguments == ["serve"]:
        return _serve(environment)
    sys.stderr.write("usage: python -m decision_tree train|serve\n")
    return UserError.exit_code


def _train(environment: Environment) -> int:
    from decision_tree.termination import exit_on_sigterm

    exit_on_sigterm()
    try:
        from decision_tree.training import train

        train(environment)
    except Exception as error:
        return _report(error, environment)
    return 0


def _serve(environment: Environment) -> int:
    # Serving needs no linear algebra, and NumPy's threads for it must not exist when workers fork.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from decision_tree.serving.server import serve

    try:
        serve(environment)
    except ContainerError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _report(error: Exception, environment: Environment) -> int:
    """Write a failure to its file and stderr, with a traceback unless users can fix it."""
    text = str(error) if isinstance(error, ContainerError) else f"{type(error).__name__}: {error}"
    if not isinstance(error, UserError):
        text += "\n\n" + "".join(traceback.format_exception(error))
    sys.stderr.write(f"{text.rstrip()}\n")
    try:
        environment.failure_file.parent.mkdir(parents=True, exist_ok=True)
        environment.failure_file.write_text(text, encoding="utf-8")
    except OSError as failure:
        sys.stderr.write(f"cannot write the failure file: {failure}\n")
    return error.exit_code if isinstance(error, ContainerError) else AlgorithmError.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
