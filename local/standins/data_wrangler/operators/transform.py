"""What an operator is made into: a function from table to table."""

from collections.abc import Callable

from local.standins.data_wrangler.frame import Frame
from local.standins.data_wrangler.statistics import Statistics

Transform = Callable[[Frame, Statistics], Frame]


def identity(frame: Frame, _: Statistics) -> Frame:
    """Leaves the table as it is; stands for an operator whose parameters are wrong."""
    return frame
