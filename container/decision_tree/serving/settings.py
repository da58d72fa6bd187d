"""The server's settings, from environment variables."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass

from decision_tree.errors import UserError

_MIB = 2**20


@dataclass(frozen=True)
class Settings:
    """Settings of the server.

    Attributes:
        address: address to listen on, SAGEMAKER_BIND_TO_ADDRESS, by default all, because SageMaker
            calls from outside the container.
        port: TCP port, SAGEMAKER_BIND_TO_PORT, default 8080.
        workers: processes, MODEL_SERVER_WORKERS, by default one per available core.
        max_payload_bytes: longer bodies get 413. SAGEMAKER_MAX_PAYLOAD_IN_MB, which batch transform
            sets, by default 100 MB, its maximum.
        seconds_to_arrive: time limit for a request's headers, and for each pause in its body,
            MODEL_SERVER_TIMEOUT, default 60.
        is_batch: whether this is a batch transform, SAGEMAKER_BATCH.
        half_width: half the width of each prediction's interval, in the label's unit,
            PREDICTION_INTERVAL, by default no intervals.
    """

    address: str
    port: int
    workers: int
    max_payload_bytes: int
    seconds_to_arrive: int
    is_batch: bool = False
    half_width: float | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read the environment variables.

        Raises:
            UserError: a value is not a number in its range.
        """
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return cls(
            address=environ.get("SAGEMAKER_BIND_TO_ADDRESS", "").strip() or "0.0.0.0",  # noqa: S104
            port=_integer(environ, "SAGEMAKER_BIND_TO_PORT", 8080, 65535),
            workers=_integer(environ, "MODEL_SERVER_WORKERS", cores or 1, 1024),
            max_payload_bytes=_MIB * _integer(environ, "SAGEMAKER_MAX_PAYLOAD_IN_MB", 100, 2048),
            seconds_to_arrive=_integer(environ, "MODEL_SERVER_TIMEOUT", 60, 3600),
            is_batch=bool(environ.get("SAGEMAKER_BATCH", "").strip()),
            half_width=_half_width(environ.get("PREDICTION_INTERVAL", "").strip()),
        )


def _integer(environ: Mapping[str, str], name: str, default: int, high: int) -> int:
    text = environ.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:10]) <= high):
        raise UserError(f"{name} is {text!r}; allowed: an integer from 1 to {high}")
    return int(text)


def _half_width(text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise UserError(f"PREDICTION_INTERVAL is {text!r}; allowed: a number of at least 0")
    return value
