"""Copies between plain arrays and panels (see `tsrnn.kernels.packing.tile`)."""

from tsrnn.kernels.jit import kernel


@kernel
def pack(theta, index, packed):
    """Write packed[j] = theta[index[j]], and 0 where index[j] is negative."""
    zero = type(theta[0])(0)
    for j in range(index.size):
        packed[j] = theta[index[j]] if index[j] >= 0 else zero


@kernel
def unpack(packed, index, theta):
    """Write theta[index[j]] = packed[j], except where index[j] is negative."""
    for j in range(index.size):
        if index[j] >= 0:
            theta[index[j]] = packed[j]


@kernel
def to_panels(rows, first, panels):
    """Copy rows (T, windows, columns), from window `first` on, into panels (T, P, B, lanes); pad with 0."""
    T, P, B, width = panels.shape
    zero = type(rows[0, 0, 0])(0)
    for t in range(T):
        for p in range(P):
            n = min(width, rows.shape[2] - p * width)
            for b in range(B):
                for j in range(width):
                    panels[t, p, b, j] = rows[t, first + b, p * width + j] if j < n else zero


@kernel
def from_panels(panels, rows, first):
    """Copy panels (T, P, B, lanes) into rows (T, windows, columns), from window `first` on."""
    T, P, B, width = panels.shape
    for t in range(T):
        for p in range(P):
            for b in range(B):
                for j in range(min(width, rows.shape[2] - p * width)):
                    rows[t, first + b, p * width + j] = panels[t, p, b, j]


@kernel
def repeat_for_windows(diagonal, repeated):
    """Repeat diagonal (n, P, lanes) for each of B windows; writes repeated (n, P B lanes)."""
    n, P, width = diagonal.shape
    for i in range(n):
        for j in range(repeated.shape[1]):
            repeated[i, j] = diagonal[i, j * P // repeated.shape[1], j % width]


@kernel
def add_over_windows(repeated, diagonal):
    """Add to diagonal (n, P, lanes) the sum of repeated (n, P B lanes) over the B windows."""
    n, P, width = diagonal.shape
    for i in range(n):
        for j in range(repeated.shape[1]):
            diagonal[i, j * P // repeated.shape[1], j % width] += repeated[i, j]
