"""Transforms: functions from table to table."""

from collections.abc import Callable

from local.standins.data_wrangler.frame import Frame
from local.standins.data_wrangler.statistics import Statistics

Transform = Callable[[Frame, Statistics], Frame]


def identity(frame: Frame, _: Statistics) -> Frame:
    """Returns the table unchanged; a placeholder for an operator with invalid parameters."""
    return frame
