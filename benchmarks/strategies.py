"""How to reach the horizon: each strategy's error relative to SeasonalNaive over rolling origins.

python benchmarks/strategies.py [--variants TEXT ...] [--series NAME ...] [--seeds 1]

All else is default. "one to many" has a look-back of one value, "one to one" forecasts one step from it and
is fed its own forecasts; measured from itself that value is 0, so that both learn mean changes. The last
columns are the geometric mean over the series and the processor's seconds for all fits.
"""

import argparse
import time

import numpy as np
from defaults import ORIGINS

from tsrnn import RNNForecaster, backtest, datasets


class OneToOne(RNNForecaster):
    """Trained for one step, whatever horizon a backtest asks for."""

    def set_params(self, **parameters):
        """Set parameters but this one."""
        return super().set_params(**parameters | {"horizon": 1})


VARIANTS = {
    "direct": (RNNForecaster, {}),
    "recursive": (RNNForecaster, {"strategy": "recursive"}),
    "seq2seq": (RNNForecaster, {"strategy": "seq2seq"}),
    "seq2seq, never told": (RNNForecaster, {"strategy": "seq2seq", "teacher_forcing": 0}),
    "seq2seq, told at first": (RNNForecaster, {"strategy": "seq2seq", "teacher_forcing": 1}),
    "parallel": (RNNForecaster, {"strategy": "parallel"}),
    "one to many": (RNNForecaster, {"lookback": 1}),
    "one to one": (OneToOne, {"lookback": 1}),
}


def relative_error(name, kind, settings):
    """Mean absolute scaled error over all origins, as a ratio to SeasonalNaive's."""
    horizon, n_windows, step = ORIGINS[name]
    model = kind(missing="interpolate", alias="net", **settings)
    scores = backtest(model, datasets.load(name), horizon, n_windows=n_windows, step=step).scores()
    return scores.loc["net", "vs SeasonalNaive"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=VARIANTS, metavar="TEXT")
    parser.add_argument("--series", nargs="+", default=list(ORIGINS), choices=ORIGINS, metavar="NAME")
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    print(" " * 24 + "".join(f"{name[:9]:>10}" for name in arguments.series) + "  geo mean  seconds")
    for variant in arguments.variants:
        (kind, settings), start = VARIANTS[variant], time.process_time()
        ratios = [
            np.mean(
                [
                    relative_error(name, kind, settings | {"random_state": seed})
                    for seed in range(arguments.seeds)
                ]
            )
            for name in arguments.series
        ]
        mean, seconds = np.exp(np.mean(np.log(ratios))), time.process_time() - start
        print(
            f"{variant:<24}{''.join(f'{r:>10.3f}' for r in ratios)}{mean:>10.3f}{seconds:>9.1f}", flush=True
        )


if __name__ == "__main__":
    main()
