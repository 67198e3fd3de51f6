"""How often the tests find a difference between forecasters that are equally accurate: 5 percent is right.

python benchmarks/size.py [--pairs N]

Errors of each forecaster at h steps from an origin add up h innovations, a part of them shared, as those of
forecasts of one series do: losses of origins that overlap depend on each other, those of others don't. Ends
with an error if the Diebold-Mariano test at horizon 1 with 50 origins is off by more than 1.5 points.
"""

import argparse
import sys

import numpy as np

from tsrnn.metrics.significance import (
    critical_difference,
    diebold_mariano,
    friedman,
    model_confidence_set,
    signed_rank,
)

PERSISTENCE = 0.7
SHARED = 0.5  # of the variance


def losses(rng, n_origins, horizon, step, n_forecasters=2):
    """Mean absolute errors over the horizon, (n_origins, n_forecasters), all of the same distribution."""
    n = (n_origins - 1) * step + horizon
    common, own = rng.normal(size=(n, 1)), rng.normal(size=(n, n_forecasters))
    innovations = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own
    starts = step * np.arange(n_origins)
    error, total = np.zeros((n_origins, n_forecasters)), np.zeros((n_origins, n_forecasters))
    for ahead in range(horizon):
        error = PERSISTENCE * error + innovations[starts + ahead]
        total += np.abs(error)
    return total / horizon


def rejections(n_pairs, n_origins, horizon, step, seed=0):
    """Share of pairs whose p-value is below 0.05, by the Diebold-Mariano test."""
    rng = np.random.default_rng(seed)
    lags = -(-horizon // step) - 1
    pairs = (losses(rng, n_origins, horizon, step) for _ in range(n_pairs))
    return np.mean([diebold_mariano(*pair.T, lags=lags).p_value < 0.05 for pair in pairs])


def others(n_pairs, seed=0):
    """Share of wrong findings of the other tests, and what it should be."""
    rng = np.random.default_rng(seed)
    several = [losses(rng, 60, 1, 1, n_forecasters=5) for _ in range(n_pairs)]
    overlapping = [losses(rng, 60, 6, 2, n_forecasters=5) for _ in range(n_pairs // 4)]
    yield (
        "signed-rank test, 60 series",
        5,
        np.mean([signed_rank(*each[:, :2].T).p_value < 0.05 for each in several]),
    )
    yield (
        "Friedman's test, 5 models, 60 series",
        5,
        np.mean([friedman(each).p_value < 0.05 for each in several]),
    )
    apart = [np.ptp(friedman(each).mean_ranks) > critical_difference(5, 60) for each in several[:500]]
    yield "Nemenyi's test, any pair of 5", 5, np.mean(apart)
    for name, cases, length in (("60 origins", several, 1), ("horizon 6, step 2", overlapping, 5)):
        sets = [model_confidence_set(each, block_length=length, n_bootstrap=500).p_value for each in cases]
        yield f"90 % confidence set without any of 5, {name}", 10, np.mean([p.min() < 0.1 for p in sets])
        yield f"90 % confidence set without the first, {name}", "<10", np.mean([p[0] < 0.1 for p in sets])


def of_series_together(n_pairs, n_series=20, n_origins=12, seed=0):
    """Shares of wrong findings where series move together: over series, and over origins."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n_pairs):
        shocks = rng.normal(size=(n_origins, 1, 2))  # that meet all series, of either forecaster
        table = np.abs(shocks + 0.5 * rng.normal(size=(n_origins, n_series, 2)))
        over_series, over_origins = table.mean(axis=0), table.mean(axis=1)
        found.append((signed_rank(*over_series.T).p_value, diebold_mariano(*over_origins.T, lags=0).p_value))
    return np.mean(np.array(found) < 0.05, axis=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=2000)
    n_pairs = parser.parse_args().pairs
    counts = (10, 20, 50, 200)
    print(f"Diebold-Mariano test, {n_pairs:,} pairs: percent with p < 0.05")
    print(f"{'horizon':>8}{'step':>6}" + "".join(f"{f'{n} origins':>13}" for n in counts))
    for horizon, step in ((1, 1), (6, 6), (3, 1), (6, 2), (12, 1), (12, 6)):
        shares = [100 * rejections(n_pairs, n, horizon, step) for n in counts]
        cells = "".join(
            f"{share:>13.1f}" if n > horizon / step else f"{'-':>13}"
            for n, share in zip(counts, shares, strict=True)
        )
        print(f"{horizon:>8}{step:>6}{cells}", flush=True)
        if horizon == 1 and abs(shares[2] - 5) > 1.5:
            sys.exit(f"The size at horizon 1 with 50 origins is {shares[2]:.1f} percent, not 5.")
    print(f"\n{'other tests':<56}{'should be':>10}{'is':>7}")
    for name, nominal, share in others(n_pairs):
        print(f"{name:<56}{nominal:>10}{100 * share:>7.1f}", flush=True)
    series, origins = of_series_together(n_pairs)
    for name, share in (
        ("signed-rank test over series", series),
        ("Diebold-Mariano test over origins", origins),
    ):
        print(f"{f'20 series that move together, 12 origins: {name}':<76}{100 * share:>7.1f}", flush=True)


if __name__ == "__main__":
    main()
