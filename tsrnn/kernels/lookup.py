"""Symbols turned into vectors: rows of a table (V, panels lanes) into panels (T, panels, B, lanes)."""

from tsrnn.kernels.jit import kernel


@kernel
def lookup(symbols, first, table, panels):
    """Write the vectors of symbols (T, windows, 1), given as numbers, from window `first` on."""
    T, P, B, width = panels.shape
    for t in range(T):
        for b in range(B):
            vector = table[int(symbols[t, first + b, 0])]
            for p in range(P):
                for j in range(width):
                    panels[t, p, b, j] = vector[p * width + j]


@kernel
def lookup_backward(symbols, first, d_panels, d_table):
    """Add to the table's gradient, given that of the vectors."""
    T, P, B, width = d_panels.shape
    for t in range(T):
        for b in range(B):
            vector = d_table[int(symbols[t, first + b, 0])]
            for p in range(P):
                for j in range(width):
                    vector[p * width + j] += d_panels[t, p, b, j]
