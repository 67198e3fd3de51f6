"""Which seasons a series has: those that its index suggests and its values show."""

from typing import Any

import numpy as np

from tsrnn.timeseries.future_index import natural_season, natural_seasons
from tsrnn.timeseries.series import Observed
from tsrnn.training.transforms import Deseasonalize, seasonal_test
from tsrnn.validation import check_positive_integer

_LATEST = 1_000_000  # values that tell whether there is a season


def find_season(observed: Observed, season_length: Any) -> int:
    """Return the steps in a season, 1 for none; "auto" follows the index only where the data agree."""
    if season_length is None:
        return 1
    if season_length != "auto":
        return check_positive_integer("season_length", season_length, 'steps, "auto" or None')
    season = natural_season(observed.index)
    return season if seasonal_test(observed.values[-_LATEST:], season) else 1


def find_seasons(observed: Observed, season_length: Any) -> tuple[int, ...]:
    """Return the steps in each season; "auto" looks for a longer one in what is left without the shorter."""
    if np.ndim(season_length) == 1:
        each = {check_positive_integer("season_length", m, "steps", 2) for m in season_length}
        return tuple(sorted(each))
    season = find_season(observed, season_length)
    found, rest = (season,) * (season > 1), observed.values[-_LATEST:]
    for longer in natural_seasons(observed.index)[1:] if found and season_length == "auto" else ():
        rest = Deseasonalize(rest, found[-1:]).forward
        found += (longer,) * seasonal_test(rest, longer)
    return found
