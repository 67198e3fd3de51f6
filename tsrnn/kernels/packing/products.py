"""Matrix products in panels; the order of each sum depends on the sizes only, not on tiles or threads."""

from tsrnn.kernels.jit import kernel
from tsrnn.kernels.packing.tile import ROWS, Product, lanes, make_tile

_block, _column, _row, _cell = (make_tile(*size) for size in ((ROWS, 2), (ROWS, 1), (1, 4), (1, 1)))
_block_t, _column_t, _row_t, _cell_t = (
    make_tile(*size, transposed=True) for size in ((ROWS, 2), (ROWS, 1), (1, 4), (1, 1))
)


@kernel
def product(A, B, K):
    """Return the `Product` A B of A (rows, K) and B (K, columns); K is below `lanes` or a multiple of it."""
    width = lanes(A.data)
    n_terms = min(K, width)
    return Product(A, B, K // max(n_terms, 1), n_terms, A.stride, width * width)


@kernel
def nothing(A):
    """Return a `Product` without terms, which is 0."""
    return Product(A, A, 0, 0, 0, 0)


@kernel
def multiply_add(C, n_rows, n_panels, D, d_row, first, second):
    """Write C = D + first + second, two `Product`; `d_row` is `lanes`, or 0 if D is one row for all rows."""
    whole = n_rows - n_rows % ROWS
    for panel in range(0, n_panels - 1, 2):
        for row in range(0, whole, ROWS):
            _block(row, panel, C, D, d_row, first, second)
    if n_panels % 2 == 1:
        for row in range(0, whole, ROWS):
            _column(row, n_panels - 1, C, D, d_row, first, second)
    for row in range(whole, n_rows):
        for panel in range(0, n_panels - 3, 4):
            _row(row, panel, C, D, d_row, first, second)
        for panel in range(n_panels - n_panels % 4, n_panels):
            _cell(row, panel, C, D, d_row, first, second)


@kernel
def add_transposed(C, n_rows, n_panels, A, B, n_steps, n_terms, a_step, b_step):
    """Add to C the sum of A' B over `n_steps` matrices of `n_terms` rows, `a_step` and `b_step` apart."""
    width = lanes(C.data)
    whole = n_rows - n_rows % ROWS
    first, second = Product(A, B, n_steps, n_terms, a_step, b_step), nothing(A)
    for panel in range(0, n_panels - 1, 2):
        for row in range(0, whole, ROWS):
            _block_t(row, panel, C, C, width, first, second)
    if n_panels % 2 == 1:
        for row in range(0, whole, ROWS):
            _column_t(row, n_panels - 1, C, C, width, first, second)
    for row in range(whole, n_rows):
        for panel in range(0, n_panels - 3, 4):
            _row_t(row, panel, C, C, width, first, second)
        for panel in range(n_panels - n_panels % 4, n_panels):
            _cell_t(row, panel, C, C, width, first, second)
