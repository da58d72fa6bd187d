"""Errors in requests."""


class RequestError(Exception):
    """A request that gets an error status.

    Args:
        status: the HTTP status.
        reason: kind of mistake, for the log; it never has data of the request.
        message: for the client; it is never logged.
    """

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


def bad_payload(message: str) -> RequestError:
    """Return the error for a body that cannot be read as rows of the model's features."""
    return RequestError(400, "bad_payload", message)
