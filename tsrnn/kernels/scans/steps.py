"""One step of any cell: what is compiled follows from the type of the first argument.

A cell is a NamedTuple of its sizes, and a module with its equations. The arrays of a step are flat over units
and windows, so that each equation is one long loop: gates (n_blocks, n), diagonal and d_diagonal
(n_diagonals, n), all others (n,).
"""

from types import ModuleType
from typing import Any

from numba.extending import overload

_MODULES: dict[type, ModuleType] = {}
_OPTIONS: Any = {"error_model": "numpy", "fastmath": {"contract", "nsz"}}


def register(cell, module):
    """Take a cell's equations from a module."""
    _MODULES[cell] = module


def activate(cell, gates, h_before, h, c_before, c, diagonal):
    """From pre-activations to gates, in place, and to the new state h, c."""
    _MODULES[type(cell)].activate(cell, gates, h_before, h, c_before, c, diagonal)


def differentiate(cell, gates, h_before, h, c_before, c, dh, dc, diagonal, d_diagonal):
    """From gates to gradients of the pre-activations, in place.

    dh and dc hold the gradients of h and c, and are left with what passes to the state before without a
    product.
    """
    _MODULES[type(cell)].differentiate(cell, gates, h_before, h, c_before, c, dh, dc, diagonal, d_diagonal)


def prepare(cell, gates, h_before):
    """Do what comes between the products of one step, where a cell has two: write the last block."""
    _MODULES[type(cell)].prepare(cell, gates, h_before)


def resume(cell, gates, h_before, d_between, dh):
    """Go back through `prepare`, given the gradient of what it wrote."""
    _MODULES[type(cell)].resume(cell, gates, h_before, d_between, dh)


@overload(activate, jit_options=_OPTIONS)
def _activate(cell, gates, h_before, h, c_before, c, diagonal):
    return _MODULES[cell.instance_class].activate


@overload(differentiate, jit_options=_OPTIONS)
def _differentiate(cell, gates, h_before, h, c_before, c, dh, dc, diagonal, d_diagonal):
    return _MODULES[cell.instance_class].differentiate


@overload(prepare, jit_options=_OPTIONS)
def _prepare(cell, gates, h_before):
    return getattr(_MODULES[cell.instance_class], "prepare", lambda cell, gates, h_before: None)


@overload(resume, jit_options=_OPTIONS)
def _resume(cell, gates, h_before, d_between, dh):
    return getattr(_MODULES[cell.instance_class], "resume", lambda cell, gates, h_before, d_between, dh: None)
