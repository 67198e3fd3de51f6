"""Hyperbolic tangent and logistic sigmoid in arithmetic that LLVM can vectorise."""

import math

import numpy as np
from numba import types
from numba.extending import overload

from tsrnn.kernels.jit import kernel

_ONE = np.float32(1)
_SATURATION = np.float32(9.02)
# Weighted minimax fit of tanh(x)/x by P(x^2)/Q(x^2) on |x| <= 9.02; relative error 2.6e-8 before rounding.
_P1 = np.float32(0.13086651595769616)
_P2 = np.float32(0.0031068034657959816)
_P3 = np.float32(1.1181108478968928e-05)
_P4 = np.float32(-2.0317943377733895e-08)
_P5 = np.float32(5.315979201087885e-11)
_P6 = np.float32(-8.575918905828957e-14)
_Q1 = np.float32(0.4641998135917432)
_Q2 = np.float32(0.024506806743367204)
_Q3 = np.float32(0.00025501143401140784)

_TINY = np.float32(1e-30)


def tanh(x):
    """Hyperbolic tangent: vectorised in float32 (within 4e-7), the platform's own in float64.

    Examples
    --------
    >>> round(float(tanh(np.float32(0.5))), 6)
    0.462117
    """
    return type(x)(math.tanh(x))


@overload(tanh, jit_options={"error_model": "numpy", "fastmath": {"contract", "nsz"}})
def _tanh(x):
    if x == types.float32:

        def tanh_float32(x):
            x = _SATURATION if x > _SATURATION else x
            x = -_SATURATION if x < -_SATURATION else x
            u = x * x
            p = _ONE + u * (_P1 + u * (_P2 + u * (_P3 + u * (_P4 + u * (_P5 + u * _P6)))))
            q = _ONE + u * (_Q1 + u * (_Q2 + u * _Q3))
            y = x * p / q
            y = _ONE if y > _ONE else y
            return -_ONE if y < -_ONE else y

        return tanh_float32
    return lambda x: math.tanh(x)


@kernel
def sigmoid(x):
    """Logistic function 1 / (1 + exp(-x)), written as (1 + tanh(x / 2)) / 2."""
    half = type(x)(0.5)
    return half + half * tanh(half * x)


@kernel
def flush(x):
    """Return x, or 0 if abs(x) < 1e-30: small gradients turn into denormals, which are 10-70 times slower."""
    return type(x)(0) if abs(x) < type(x)(_TINY) else x
