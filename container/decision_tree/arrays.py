"""Array types that the modules share."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Float32Array: TypeAlias = npt.NDArray[np.float32]
Float64Array: TypeAlias = npt.NDArray[np.float64]
NumberArray: TypeAlias = npt.NDArray[np.floating[Any] | np.integer[Any]]
