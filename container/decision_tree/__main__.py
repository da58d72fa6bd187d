"""Entry point of the image: `train` or `serve`, as SageMaker calls it."""

import logging
import os
import sys
import traceback

from decision_tree.environment import Environment
from decision_tree.errors import AlgorithmError, ContainerError, UserError

logger = logging.getLogger("decision_tree")


def main(arguments: list[str]) -> int:
    """Run a command and return the process's exit code.

    All that is read from outside is read here and now, so that a process forked from a warm parent
    that has imported this package before behaves as a new one.
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
    # Serving does no linear algebra, and NumPy's threads for it would be forked with the workers.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from decision_tree.serving.server import serve

    try:
        serve(environment)
    except ContainerError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _report(error: Exception, environment: Environment) -> int:
    """Write the failure file, and say the same on stderr.

    A user's mistake is its message alone; what others have to fix comes with its traceback.
    """
    text = str(error) if isinstance(error, ContainerError) else f"{type(error).__name__}: {error}"
    if not isinstance(error, UserError):
        text += "\n\n" + "".join(traceback.format_exception(error))
    sys.stderr.write(f"{text.rstrip()}\n")
    try:
        environment.failure_file.parent.mkdir(parents=True, exist_ok=True)
        environment.failure_file.write_text(text, encoding="utf-8")
    except OSError as failure:
        sys.stderr.write(f"the failure file cannot be written: {failure}\n")
    return error.exit_code if isinstance(error, ContainerError) else AlgorithmError.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
