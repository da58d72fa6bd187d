"""`serve`: loads the model once, and answers requests in several processes."""

import gc
import logging
import signal
import socket
import sys
from functools import partial

import uvicorn

from decision_tree.encoding.document import FILE as ENCODING_FILE
from decision_tree.encoding.document import load_encoding
from decision_tree.encoding.encoder import Encoder
from decision_tree.environment import Environment
from decision_tree.errors import UserError
from decision_tree.model import load
from decision_tree.serving.app import (
    Application,
    BaseApplication,
    EncoderApplication,
    IntervalApplication,
)
from decision_tree.serving.connections import BoundedConnection, DrainingServer
from decision_tree.serving.logs import log_json_lines
from decision_tree.serving.settings import Settings
from decision_tree.serving.workers import listen, run_workers

logger = logging.getLogger("decision_tree.serving")

# SageMaker allows 30 s between SIGTERM and SIGKILL.
_SECONDS_TO_FINISH = 20


def serve(environment: Environment) -> None:
    """Serve what the environment's model folder holds until SIGTERM or SIGINT.

    The model is loaded before the port opens, so /ping only answers if there is one. The workers
    are forked afterwards, and share its memory.

    Raises:
        UserError: the model is missing or broken, a setting is wrong, or the port is in use.
    """
    # Without a handler, process 1 of a container would ignore these signals.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    log_json_lines()
    settings = Settings.from_environ()
    application, content = _application(environment, settings)
    try:
        sockets = listen(settings.address, settings.port, settings.workers)
    except OSError as error:
        raise UserError(f"cannot open port {settings.port}: {error}") from None
    fields = {
        "port": settings.port,
        "workers": settings.workers,
        **content,
    }
    # A large body has millions of objects but no cycles; collecting at the default rate would take
    # most of the time. Freezing keeps the memory of existing objects shared.
    gc.set_threshold(50_000, 50, 50)
    gc.freeze()
    logger.info("serving", extra={"fields": fields})
    run_workers(sockets, lambda listener: _run(application, settings, listener))
    logger.info("stopped")


def _application(
    environment: Environment, settings: Settings
) -> tuple[BaseApplication, dict[str, int]]:
    """Load the model or the encoding in the model folder, and log it.

    Without either, but with an interval, this is the container that follows the model.
    """
    if (environment.model / ENCODING_FILE).is_file():
        encoding = load_encoding(environment.model)
        content = {"columns": len(encoding.columns), "features": len(encoding.features)}
        return EncoderApplication(Encoder(encoding), settings), content
    if settings.half_width is not None and not any(environment.model.glob("*")):
        return IntervalApplication(settings), {}
    model = load(environment.model)
    content = {"features": len(model.feature_names), "size": model.predictor.size}
    return Application(model, settings), content


def _run(application: BaseApplication, settings: Settings, listener: socket.socket) -> None:
    config = uvicorn.Config(
        application,
        loop="uvloop",
        # uvicorn calls it for each connection.
        http=partial(BoundedConnection, seconds_to_arrive=settings.seconds_to_arrive),  # type: ignore[arg-type]
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
    )
    DrainingServer(config).run(sockets=[listener])
