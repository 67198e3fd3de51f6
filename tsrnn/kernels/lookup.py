"""Numbers of symbols turned into vectors: rows of a table (n, d) into panels (T, panels, B, lanes).

The numbers stand in a column of x (T, windows, columns), the vectors go to the columns of the panels from
`start` on. A number that is no row's, such as a negative one, stands for a vector of zeros.
"""

from tsrnn.kernels.jit import kernel
from tsrnn.kernels.packing.tile import lanes


@kernel
def lookup(x, first, column, table, start, panels):
    """Write the vectors of the windows from `first` on."""
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
    """Add to the table's gradient, given that of the panels."""
    T, _, B, _ = d_panels.shape
    (n, d), width = d_table.shape, lanes(d_panels)
    for t in range(T):
        for b in range(B):
            row = int(x[t, first + b, column])
            for j in range(d if 0 <= row < n else 0):
                at = start + j
                d_table[row, j] += d_panels[t, at // width, b, at % width]
