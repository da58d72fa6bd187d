"""`serve`: load the model once, then answer requests in several processes."""

import logging.config
import signal
import sys

from granian import Granian
from granian.constants import HTTPModes, Interfaces

from decision_tree.environment import Environment
from decision_tree.model import load
from decision_tree.serving.app import Application
from decision_tree.serving.logs import LOGGING
from decision_tree.serving.settings import Settings

logger = logging.getLogger("decision_tree.serving")

# Of the 30 s that SageMaker leaves between SIGTERM and SIGKILL.
_SECONDS_TO_FINISH = 20


def serve(environment: Environment) -> None:
    """Serve the model in the environment's model folder until SIGTERM or SIGINT.

    The model is loaded before the port is opened, so that /ping answers only where there is one;
    the workers are forked afterwards and share its memory.

    Raises:
        UserError: there is no whole model, or a setting is wrong.
    """
    # Until Granian takes the signals over: process 1 of a container would ignore them.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    logging.config.dictConfig(LOGGING)
    settings = Settings.from_environ()
    model = load(environment.model)
    application = Application(model, settings)
    server = Granian(
        "decision_tree.serving",
        address="0.0.0.0",  # noqa: S104 - the container's only interface
        port=settings.port,
        interface=Interfaces.RSGI,
        workers=settings.workers,
        respawn_failed_workers=True,
        workers_kill_timeout=_SECONDS_TO_FINISH,
        http=HTTPModes.http1,
        websockets=False,
        log_dictconfig=LOGGING,
    )
    logger.info(
        "serving",
        extra={
            "fields": {
                "port": settings.port,
                "workers": settings.workers,
                "features": len(model.feature_names),
                "nodes": int(model.tree.nodes.size),
            }
        },
    )
    server.serve(target_loader=lambda: application.__rsgi__, wrap_loader=False)
    logger.info("stopped")
