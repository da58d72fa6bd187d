"""Three kinds of failure by who can fix them, as in aws/sagemaker-xgboost-container.

Each has its own exit code. The failure file gets a traceback too, except for users' mistakes.
"""


class ContainerError(Exception):
    """Base class."""

    exit_code = 1


class UserError(ContainerError):
    """The job's configuration or data is wrong: the user can fix it."""

    exit_code = 2


class AlgorithmError(ContainerError):
    """The algorithm itself failed: its maintainers can fix it."""

    exit_code = 3


class PlatformError(ContainerError):
    """The platform broke the contract, for example by an unreadable configuration file."""

    exit_code = 4
