"""Embedding lookup: numbers of symbols or categories are replaced by rows of a table, and its gradient.

x : (T, windows, columns), the numbers in one `column`
table : (n, d)
panels : (T, panels, B, lanes), the vectors are written to its columns from `start` on

A number without a row, such as a negative one, gives a vector of zeros.
"""

from tsrnn.kernels.jit import kernel
from tsrnn.kernels.packing.tile import lanes


@kernel
def lookup(x, first, column, table, start, panels):
    """Write the vectors of windows `first` to `first` + B into panels."""
    T, _, B, _ = panels.shape
    (n, d), width, zero = table.shape, lanes(panels), type(table[0, 0])(0)
    for t in range(T):
        for b in range(B):
            row = int(x[t, first + b, column])
            for j in range(d):
                at = start + j
                panels[t, at // width, b, at % width] = table[row, j] if 0 <= row < n else zero


@kernel
def lookup_backward(x, first, column, d_panels, start, d_table):
    """Add to d_table, the gradient of the table, given that of the panels."""
    T, _, B, _ = d_panels.shape
    (n, d), width = d_table.shape, lanes(d_panels)
    for t in range(T):
        for b in range(B):
            row = int(x[t, first + b, column])
            for j in range(d if 0 <= row < n else 0):
                at = start + j
                d_table[row, j] += d_panels[t, at // width, b, at % width]
