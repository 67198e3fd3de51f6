"""Matrix micro-kernel: a tile of the result stays in registers while products are added to it.

All matrices are stored in panels of `lanes` columns, one machine vector wide: element (row, column) lies at
``panels[column // lanes, row, column % lanes]``. The vector instructions and the order of every sum are
emitted explicitly, so that results do not depend on which tile or thread computed them.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.core.codegen import get_host_cpu_features
from numba.extending import intrinsic, overload

_SETTINGS: Any = config  # Numba's environment variables


def _vector_bytes() -> int:
    chosen = _SETTINGS.CPU_FEATURES
    features = get_host_cpu_features() if chosen is None else chosen
    return 64 if "+avx512f" in features else 32 if "+avx" in features else 16


VECTOR_BYTES = _vector_bytes()
# Sums of 8 rows in 2 panels fill 16 registers: half of those of AVX-512, all of those of AVX2 and SSE.
ROWS = 8 if VECTOR_BYTES == 64 else 4


def lanes(array: np.ndarray) -> int:
    """Return the width of a panel: how many numbers of the array's dtype fill a machine vector."""
    return VECTOR_BYTES // array.dtype.itemsize


@overload(lanes)
def _lanes(array):
    n = VECTOR_BYTES // (array.dtype.bitwidth // 8)
    return lambda array: n


class Panels(NamedTuple):
    """A matrix in panels: a flat array, the index of its first number, and the distance of its panels."""

    data: np.ndarray
    start: int
    stride: int


class Product(NamedTuple):
    """The matrix product A B, as a sum over `n_steps` blocks of `n_terms` columns of A and rows of B.

    The blocks start `a_step` and `b_step` numbers apart.
    """

    A: Panels
    B: Panels
    n_steps: int
    n_terms: int
    a_step: int
    b_step: int


def make_tile(rows: int, panels: int, *, transposed: bool = False) -> Callable:
    """Return the micro-kernel for `rows` rows and `panels` panels of C.

    Parameters
    ----------
    rows, panels : int
        Rows and panels of C that are held in registers.
    transposed : bool, default False
        Multiply by A' instead of A: the terms are A's rows, not its columns.

    Returns
    -------
    callable
        ``tile(row, panel, C, D, d_row, first, second)`` writes C = D + first + second from `row` and `panel`
        on. C and D are `Panels`, `first` and `second` are `Product`; `d_row` is `lanes`, or 0 if D is one row
        that is added to all rows.
    """
    make = _interpreted if _SETTINGS.DISABLE_JIT else _compiled
    return make(rows, panels, transposed)


def _interpreted(rows: int, panels: int, transposed: bool) -> Callable:
    def tile(row: int, panel: int, C: Panels, D: Panels, d_row: int, *products: Product) -> None:
        width = lanes(C.data)
        next_row, next_term = (1, width) if transposed else (width, 1)
        for p in range(panel, panel + panels):
            for m in range(row, row + rows):
                start = D.start + m * d_row + p * D.stride
                total = D.data[start : start + width].copy()
                for A, B, n_steps, n_terms, a_step, b_step in products:
                    a = A.start + (m // width * A.stride + m % width if transposed else m * next_row)
                    b = B.start + p * B.stride
                    for s in range(n_steps):
                        for k in range(n_terms):
                            first = b + s * b_step + k * width
                            total += A.data[a + s * a_step + k * next_term] * B.data[first : first + width]
                start = C.start + m * width + p * C.stride
                C.data[start : start + width] = total

    return tile


def _compiled(rows: int, panels: int, transposed: bool) -> Callable:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        emit = _Emitter(context, builder, signature.args[2][0].dtype, transposed)
        row, panel, _, _, d_row, _, _ = args
        tile = [(i, j) for i in range(rows) for j in range(panels)]
        sums = {at: cgutils.alloca_once(builder, emit.vector) for at in tile}
        data, start, stride = emit.panels(signature.args[3], args[3])
        start = emit.sum(start, (row, d_row), (panel, stride))
        for i, j in tile:
            builder.store(emit.load(data, emit.sum(start, (i, d_row), (j, stride))), sums[i, j])
        for which in (5, 6):
            emit.product(sums, rows, panels, row, panel, signature.args[which], args[which])
        data, start, stride = emit.panels(signature.args[2], args[2])
        start = emit.sum(start, (row, emit.width), (panel, stride))
        for i, j in tile:
            emit.store(builder.load(sums[i, j]), data, emit.sum(start, (i, emit.width), (j, stride)))
        return context.get_dummy_value()

    @intrinsic
    def tile(typing_context, row, panel, C, D, d_row, first, second):
        return types.void(row, panel, C, D, d_row, first, second), codegen

    return tile


class _Emitter:
    """Emits the LLVM instructions of a tile."""

    def __init__(self, context: Any, builder: Any, dtype: Any, transposed: bool) -> None:
        self.context, self.builder, self.transposed = context, builder, transposed
        self.align = dtype.bitwidth // 8
        self.width = VECTOR_BYTES // self.align
        self.vector = ir.VectorType(context.get_value_type(dtype), self.width)

    def panels(self, kind: Any, value: Any) -> tuple[Any, Any, Any]:
        array, start, stride = (self.builder.extract_value(value, j) for j in range(3))
        return self.context.make_array(kind[0])(self.context, self.builder, array).data, start, stride

    def sum(self, first: Any, *terms: tuple[Any, Any]) -> Any:
        for pair in terms:
            a, b = (ir.IntType(64)(x) if isinstance(x, int) else x for x in pair)
            first = self.builder.add(first, self.builder.mul(a, b))
        return first

    def _vector_at(self, data: Any, index: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(data, [index]), self.vector.as_pointer())

    def load(self, data: Any, index: Any) -> Any:
        return self.builder.load(self._vector_at(data, index), align=self.align)

    def store(self, value: Any, data: Any, index: Any) -> None:
        self.builder.store(value, self._vector_at(data, index), align=self.align)

    def broadcast(self, data: Any, index: Any) -> Any:
        undefined = ir.Constant(self.vector, ir.Undefined)
        number = self.builder.load(self.builder.gep(data, [index]))
        first = self.builder.insert_element(undefined, number, ir.IntType(32)(0))
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), self.width), [0] * self.width)
        return self.builder.shuffle_vector(first, undefined, everywhere)

    def product(self, sums: Any, rows: int, panels: int, row: Any, panel: Any, kind: Any, value: Any) -> None:
        n_steps, n_terms, a_step, b_step = (self.builder.extract_value(value, j) for j in range(2, 6))
        a_data, a, a_stride = self.panels(kind[0], self.builder.extract_value(value, 0))
        b_data, b, b_stride = self.panels(kind[1], self.builder.extract_value(value, 1))
        width = ir.IntType(64)(self.width)
        if self.transposed:
            a = self.sum(a, (self.builder.sdiv(row, width), a_stride), (self.builder.srem(row, width), 1))
        else:
            a = self.sum(a, (row, width))
        b = self.sum(b, (panel, b_stride))
        next_row, next_term = (1, self.width) if self.transposed else (self.width, 1)
        with cgutils.for_range(self.builder, n_steps, intp=n_steps.type) as step:
            a_here, b_here = self.sum(a, (step.index, a_step)), self.sum(b, (step.index, b_step))
            with cgutils.for_range(self.builder, n_terms, intp=n_terms.type) as k:
                a_term, b_term = self.sum(a_here, (k.index, next_term)), self.sum(b_here, (k.index, width))
                right = [self.load(b_data, self.sum(b_term, (j, b_stride))) for j in range(panels)]
                for i in range(rows):
                    left = self.broadcast(a_data, self.sum(a_term, (i, next_row)))
                    for j in range(panels):
                        self._multiply_add(left, right[j], sums[i, j])

    def _multiply_add(self, a: Any, b: Any, slot: Any) -> None:
        product = self.builder.fmul(a, b, flags=("contract",))
        total = self.builder.fadd(self.builder.load(slot), product, flags=("contract",))
        self.builder.store(total, slot)
