"""What ETS chooses, and what it chooses from; Theta with other angles than the standard one."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from tsrnn import datasets
from tsrnn.baselines import ETS

AIR = datasets.load("airpassengers")
NILE = datasets.load("nile")


def names(model):
    """Return the candidates as Hyndman et al. (2008) call them, such as A,Ad,M."""
    letter = {"add": "A", "mul": "M", None: "N"}
    return [
        f"{letter[row.error]},{letter[row.trend]}{'d' * row.damped_trend},{letter[row.seasonal]}"
        for row in model.search_.itertuples()
    ]


def test_candidates_are_the_fifteen_stable_models_without_multiplicative_trend():
    stable = [f"{e},{t},{s}" for s in "NAM" for t in ("N", "A", "Ad") for e in "AM" if e + s != "AM"]
    model = ETS(season_length=12, damped_trend="auto").fit(AIR)
    assert sorted(names(model)) == sorted(stable)
    assert len(stable) == 15
    assert sorted(names(ETS().fit(AIR))) == sorted(name for name in stable if ",A," not in name)


def test_candidates_without_season_and_without_positive_values():
    assert names(ETS(damped_trend="auto").fit(NILE)) == [
        "A,N,N",
        "M,N,N",
        "A,A,N",
        "M,A,N",
        "A,Ad,N",
        "M,Ad,N",
    ]
    additive = ["A,N,N", "A,A,N", "A,Ad,N", "A,N,A", "A,A,A", "A,Ad,A"]
    assert names(ETS(season_length=12, damped_trend="auto").fit(AIR - 300)) == additive


@pytest.mark.parametrize(
    ("fixed", "expected"),
    [
        ({"error": "add"}, ["A,N,N", "A,A,N", "A,Ad,N", "A,N,A", "A,A,A", "A,Ad,A"]),
        ({"seasonal": "mul"}, ["M,N,M", "M,A,M", "M,Ad,M"]),
        ({"error": "add", "seasonal": "mul", "trend": None}, ["A,N,M"]),
        ({"trend": "add", "seasonal": None}, ["A,A,N", "M,A,N", "A,Ad,N", "M,Ad,N"]),
        ({"damped_trend": True, "error": "mul", "seasonal": "add"}, ["M,N,A", "M,Ad,A"]),
        ({"damped_trend": False, "error": "mul", "seasonal": None}, ["M,N,N", "M,A,N"]),
    ],
)
def test_what_is_given_is_not_searched(fixed, expected):
    model = ETS(**{"season_length": 12, "damped_trend": "auto"} | fixed).fit(AIR[:60])
    assert names(model) == expected
    for name, value in fixed.items():
        assert getattr(model, f"{name}_") in ((value, False) if name == "damped_trend" else (value,))


def test_aicc_counts_smoothing_parameters_initial_states_and_variance():
    """Hyndman et al. (2008), section 7.1: k is 17 for A,A,A with 12 months, 3 for A,N,N."""
    model = ETS(season_length=12, damped_trend="auto").fit(AIR)
    table = model.search_.set_index(pd.Index(names(model)))
    n, counts = len(AIR), {"A,N,N": 3, "M,Ad,N": 6, "A,N,A": 15, "A,A,A": 17, "M,Ad,M": 18}
    for name, k in counts.items():
        parts = table.loc[name]
        one = ETS(parts.error, parts.trend, parts.seasonal, 12, damped_trend=bool(parts.damped_trend)).fit(
            AIR
        )
        likelihood = one._components_.state_space(AIR.to_numpy()).loglike(list(one.params_.values()))
        aic = 2 * k - 2 * likelihood
        assert parts.aicc == pytest.approx(aic + 2 * k * (k + 1) / (n - k - 1), rel=1e-9)


def test_the_least_aicc_is_chosen_and_forecast():
    model = ETS(season_length=12, horizon=12).fit(AIR)
    best = model.search_.loc[model.search_.aicc.idxmin()]
    assert (model.error_, model.trend_, model.seasonal_) == (best.error, best.trend, best.seasonal)
    assert set(model.search_.status) == {"ok"}
    alone = ETS(best.error, best.trend, best.seasonal, 12, 12, damped_trend=bool(best.damped_trend)).fit(AIR)
    pd.testing.assert_series_equal(model.predict(), alone.predict())


def test_components_of_simulated_series_are_found():
    rng = np.random.default_rng(0)
    t, level = np.arange(400), 100 + 0.4 * np.cumsum(rng.normal(size=400))
    season = np.tile([6.0, -2, 0, -4], 100)
    model = ETS("add", season_length=4).fit(level + rng.normal(size=400))
    assert (model.trend_, model.damped_trend_, model.seasonal_, model.season_length_) == (
        None,
        False,
        None,
        1,
    )
    model = ETS(season_length=4, damped_trend="auto").fit(50 + t + season + rng.normal(size=400))
    assert (model.error_, model.trend_, model.damped_trend_, model.seasonal_) == ("add", "add", False, "add")
    rate = np.exp(0.01 * t) * (1 + season / 20)
    model = ETS(season_length=4).fit(rate * (1 + 0.05 * rng.normal(size=400)))
    assert (model.error_, model.trend_, model.seasonal_, model.season_length_) == ("mul", "add", "mul", 4)


def test_parameters_that_there_are_too_few_observations_for_are_not_estimated():
    model = ETS(season_length=12).fit(AIR[:24])
    few = model.search_.status == "too few observations"
    assert [name for name, left_out in zip(names(model), few, strict=True) if left_out] == []
    model = ETS(damped_trend="auto").fit(NILE[:6])
    few = model.search_.status == "too few observations"
    assert [name for name, left_out in zip(names(model), few, strict=True) if left_out] == [
        "A,A,N",
        "M,A,N",
        "A,Ad,N",
        "M,Ad,N",
    ]
    assert np.isinf(model.search_.aicc[few]).all()
    only = ETS("add", "add", "add", 4, damped_trend=True).fit(NILE[:8])
    assert only.search_.status.tolist() == ["ok"]


def test_settled_fixes_what_was_found_and_changes_no_forecast():
    model = ETS(horizon=3, alias="smooth").fit(AIR)
    settled = model.settled()
    assert not hasattr(settled, "params_")
    assert (settled.alias, settled.horizon, settled.season_length) == ("smooth", 3, 12)
    found = (model.error_, model.trend_, model.seasonal_, model.damped_trend_)
    assert (settled.error, settled.trend, settled.seasonal, settled.damped_trend) == found
    again = clone(settled).fit(AIR)
    assert len(again.search_) == 1
    pd.testing.assert_series_equal(again.predict(), model.predict())
    with pytest.raises(NotFittedError):
        ETS().settled()


def test_settled_of_many_series_leaves_each_its_own():
    panel = {"a": AIR, "b": AIR - 300}
    model = ETS().fit(panel)
    settled = model.settled()
    assert settled.get_params() == ETS().get_params()
    assert {key: one.error_ for key, one in settled.fit(panel).models_.items()} == {"a": "mul", "b": "add"}
