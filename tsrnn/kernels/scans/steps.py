"""Equations of one step, forward and backward, dispatched at compile time by the type of the cell.

A cell is a NamedTuple of its sizes, and a module with its equations. Arrays are flat over units and windows,
n numbers, so that each equation is one long loop:

gates : (n_blocks, n)
diagonal, d_diagonal : (n_diagonals, n)
all others : (n,)
"""

from types import ModuleType
from typing import Any

from numba.extending import overload

_MODULES: dict[type, ModuleType] = {}
_OPTIONS: Any = {"error_model": "numpy", "fastmath": {"contract", "nsz"}}


def register(cell, module):
    """Register the module that holds the equations of a type of cell."""
    _MODULES[cell] = module


def activate(cell, gates, h_before, h, c_before, c, diagonal):
    """Overwrite the pre-activations in gates with the gates, and write the new state h, c."""
    _MODULES[type(cell)].activate(cell, gates, h_before, h, c_before, c, diagonal)


def differentiate(cell, gates, h_before, h, c_before, c, dh, dc, diagonal, d_diagonal):
    """Overwrite gates with the gradients of the pre-activations.

    dh, dc : gradients of h and c; overwritten with the part of the gradients of h_before and c_before that
        does not pass through recurrent weights
    d_diagonal : added to
    """
    _MODULES[type(cell)].differentiate(cell, gates, h_before, h, c_before, c, dh, dc, diagonal, d_diagonal)


def apply_reset(cell, gates, h_before):
    """Write q = r h_before to the last block of gates, for cells whose reset gate r acts before a product."""
    _MODULES[type(cell)].apply_reset(cell, gates, h_before)


def apply_reset_backward(cell, gates, h_before, dq, dh):
    """Overwrite r with the gradient of its pre-activation, and add to dh, given dq, the gradient of q."""
    _MODULES[type(cell)].apply_reset_backward(cell, gates, h_before, dq, dh)


@overload(activate, jit_options=_OPTIONS)
def _activate(cell, gates, h_before, h, c_before, c, diagonal):
    return _MODULES[cell.instance_class].activate


@overload(differentiate, jit_options=_OPTIONS)
def _differentiate(cell, gates, h_before, h, c_before, c, dh, dc, diagonal, d_diagonal):
    return _MODULES[cell.instance_class].differentiate


@overload(apply_reset, jit_options=_OPTIONS)
def _apply_reset(cell, gates, h_before):
    return getattr(_MODULES[cell.instance_class], "apply_reset", lambda cell, gates, h_before: None)


@overload(apply_reset_backward, jit_options=_OPTIONS)
def _apply_reset_backward(cell, gates, h_before, dq, dh):
    module = _MODULES[cell.instance_class]
    return getattr(module, "apply_reset_backward", lambda cell, gates, h_before, dq, dh: None)
