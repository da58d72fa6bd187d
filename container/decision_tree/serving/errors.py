"""What is wrong with a request."""


class RequestError(Exception):
    """A request that is answered with a 4xx status.

    Args:
        status: the HTTP status.
        reason: what kind of mistake it is, as it is logged. It never holds data of the request.
        message: the mistake in full, as it is answered to the client and never logged.
    """

    def __init__(self, status: int, reason: str, message: str) -> None:  # noqa: D107
        super().__init__(message)
        self.status = status
        self.reason = reason


def bad_payload(message: str) -> RequestError:
    """Return the error for a body that cannot be read as rows of the model's features."""
    return RequestError(400, "bad_payload", message)
