"""Who can fix it: the three kinds of failure, as in aws/sagemaker-xgboost-container.

Each kind ends the process with its own exit code. SageMaker's failure file holds the message of a
user's mistake alone, and of others a traceback too.
"""


class ContainerError(Exception):
    """Base of the errors that this package raises on purpose."""

    exit_code = 1


class UserError(ContainerError):
    """The job's configuration or data is wrong: the user can fix it. Shown without a traceback."""

    exit_code = 2


class AlgorithmError(ContainerError):
    """The algorithm itself failed: its maintainers can fix it."""

    exit_code = 3


class PlatformError(ContainerError):
    """The platform broke its side of the contract, such as an unreadable configuration file."""

    exit_code = 4
