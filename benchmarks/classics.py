"""Default networks against the classics on the shipped seasonal series: MASE over rolling origins.

python benchmarks/classics.py [--jobs N]

The last two columns are the best network, relative to SeasonalNaive and to the best classical model.
"""

import argparse

from tsrnn import compare, datasets

ORIGINS = {  # horizon, number of origins, steps between them
    "airpassengers": (12, 6, 12),
    "nottem": (12, 8, 12),
    "usaccdeaths": (12, 6, 4),
    "elnino": (12, 12, 12),
    "ukgas": (4, 8, 4),
    "co2": (26, 6, 26),
    "power": (24, 10, 24),
}
NETWORKS = ["RNN", "LSTM", "GRU"]
CLASSICS = ["Naive", "SeasonalNaive", "AutoARIMA", "ETS", "Theta"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int)
    jobs = parser.parse_args().jobs
    header = [f"{name[:10]:>11}" for name in [*NETWORKS, *CLASSICS]]
    print(f"{'series':<14}{''.join(header)}   net/naive  net/classic")
    for name, (horizon, n_windows, step) in ORIGINS.items():
        result = compare(datasets.load(name), horizon, n_windows, step=step, n_jobs=jobs)
        mase = result.scores()["MASE"]
        classical = mase.drop(NETWORKS).min()
        columns = "".join(f"{mase.get(model, float('nan')):>11.3f}" for model in [*NETWORKS, *CLASSICS])
        best = mase[NETWORKS].min()
        naive = mase.get("SeasonalNaive", mase["Naive"])
        print(f"{name:<14}{columns}{best / naive:>12.3f}{best / classical:>13.3f}", flush=True)


if __name__ == "__main__":
    main()
