"""Between the outside world's layouts and panels."""

from tsrnn.kernels.jit import kernel


@kernel
def pack(theta, index, packed):
    """packed[j] = theta[index[j]], and 0 where the index is negative."""
    zero = type(theta[0])(0)
    for j in range(index.size):
        packed[j] = theta[index[j]] if index[j] >= 0 else zero


@kernel
def unpack(packed, index, theta):
    """theta[index[j]] = packed[j], and nothing where the index is negative."""
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
def spread(diagonal, spread_out):
    """Repeat diagonal (n, P, lanes) for each of B windows: spread_out (n, P B lanes)."""
    n, P, width = diagonal.shape
    for i in range(n):
        for j in range(spread_out.shape[1]):
            spread_out[i, j] = diagonal[i, j * P // spread_out.shape[1], j % width]


@kernel
def gather_in(spread_out, diagonal):
    """Add up what belongs to each window: the transpose of `spread`."""
    n, P, width = diagonal.shape
    for i in range(n):
        for j in range(spread_out.shape[1]):
            diagonal[i, j * P // spread_out.shape[1], j % width] += spread_out[i, j]
