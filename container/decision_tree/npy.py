"""Writes NumPy's format, and reads it from untrusted sources."""

import io
import math
from typing import Any

import numpy as np
import numpy.typing as npt

_HEADER_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def write_npy(array: npt.NDArray[Any]) -> bytes:
    """Return the content of a .npy file."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def read_npy(content: bytes) -> npt.NDArray[Any]:
    """Return the array, read-only, in a .npy file of format 1.0 or 2.0.

    np.load would also open zip files, and allocate terabytes if the header says so. Here the header
    is checked first, so a pickle, or a shape larger than the data, has no effect.

    Raises:
        ValueError: the content is not such a file, or has Python objects.
    """
    stream = io.BytesIO(content)
    try:
        read_header = _HEADER_READERS[np.lib.format.read_magic(stream)]
        shape, fortran_order, dtype = read_header(stream)
        data = memoryview(content)[stream.tell() :]
        if math.prod(shape) * dtype.itemsize != len(data):
            raise ValueError
        # From a buffer, NumPy itself refuses objects and negative sizes.
        return np.ndarray(shape, dtype, data, order="F" if fortran_order else "C")
    except Exception:  # parsing the header as a Python literal fails in many ways
        raise ValueError("not a NumPy array of plain values (format 1.0 or 2.0)") from None
