"""Reshaped views without a function call; NumPy's `reshape` takes as long as a small step of a layer."""

from typing import Any

import numpy as np
from numba import config, types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import intrinsic

_SETTINGS: Any = config  # Numba's environment variables


def flat(array: np.ndarray) -> np.ndarray:
    """Return a contiguous array as a view of one dimension."""
    return array.reshape(-1)


def rows(array: np.ndarray, n: int) -> np.ndarray:
    """Return a contiguous array as a view with n rows."""
    return array.reshape((n, array.size // n))


def _view(array: Any, ndim: int, further: tuple[Any, ...], shape_of: Any) -> Any:
    if array.layout != "C":
        raise TypingError("Only contiguous arrays can be viewed.")
    kind = array.copy(ndim=ndim)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        whole = context.make_array(array)(context, builder, args[0])
        shape, strides = shape_of(builder, whole, *args[1:]), [whole.itemsize]
        for length in reversed(shape[1:]):
            strides.insert(0, builder.mul(strides[0], length))
        view = context.make_array(kind)(context, builder)
        view.data, view.itemsize, view.nitems = whole.data, whole.itemsize, whole.nitems
        view.shape, view.strides = (cgutils.pack_array(builder, each) for each in (shape, strides))
        view.meminfo, view.parent = (
            cgutils.get_null_value(each.type) for each in (whole.meminfo, whole.parent)
        )
        return view._getvalue()

    return kind(array, *further), codegen


def _flat(typing_context: Any, array: Any) -> Any:
    return _view(array, 1, (), lambda builder, whole: [whole.nitems])


def _rows(typing_context: Any, array: Any, n: Any) -> Any:
    return _view(array, 2, (types.int64,), lambda builder, whole, n: [n, builder.sdiv(whole.nitems, n)])


if not _SETTINGS.DISABLE_JIT:
    _compile: Any = intrinsic
    flat, rows = _compile(_flat), _compile(_rows)
