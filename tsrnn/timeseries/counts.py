"""Check that series are counts."""

from typing import Any

import numpy as np

from tsrnn.timeseries.checks import show_label
from tsrnn.timeseries.panel import Panel

_LARGEST = 1e12  # whose probabilities are still told apart


def check_counts(panel: Panel) -> None:
    """Refuse series with values that are no counts.

    Raises
    ------
    ValueError
        With the first such value, and where it is.
    """
    values = panel.arrays.values
    if values.max() > _LARGEST:
        raise ValueError(
            f'loss="negbin" forecasts counts up to {_LARGEST:g}; got {values.max():g} in `y`. Count in '
            'larger units, or use another loss, such as "quantile".'
        )
    bad = ((values < 0) | (values != np.rint(values))) & ~panel.arrays.missing
    if not bad.any():
        return
    row, c = divmod(int(bad.ravel().argmax()), values.shape[1])
    s = int(np.searchsorted(panel.arrays.offsets, row, side="right")) - 1
    where: list[Any] = [f"at {show_label(panel.labels.of(s)[row - panel.arrays.offsets[s]])}"]
    where += [] if panel.columns is None else [f"in {panel.columns[c]!r}"]
    where += [] if panel.is_single else [f"of series {panel.ids[s]!r}"]
    raise ValueError(
        'loss="negbin" forecasts counts, whole numbers from 0 on; got '
        f'{values[row, c]:g} {" ".join(where)} in `y`. Use another loss, such as "quantile".'
    )
