"""Croston's method by hand, by its equations, and with the figures of another library."""

import numpy as np
import pytest

from tsrnn.baselines import Croston

PARTS = [0, 0, 0, 6, 0, 3, 0, 0, 2, 0, 0, 3, 0, 0, 0, 4, 0, 3, 0, 0, 4, 0, 6, 0, 0, 0, 3, 0, 0, 0]
PARTS += [0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1, 0, 3, 0, 0, 0, 0, 1]


def literally(y, variant, alpha, beta):
    """Step by step, as the papers have it."""
    size = interval = None
    share, since = float(y[0] > 0), 0
    for t, demand in enumerate(y):
        since += 1
        if t > 0:
            share += beta * ((demand > 0) - share)
        if demand > 0:
            size = demand if size is None else size + alpha * (demand - size)
            interval = since if interval is None else interval + beta * (since - interval)
            since = 0
    rates = {"classic": size / interval, "sba": (1 - beta / 2) * size / interval, "tsb": size * share}
    return rates[variant]


@pytest.mark.parametrize(
    ("variant", "expected"),
    # sizes 6, 2, 4: 6, 4, 4; intervals 2, 1, 3: 2, 1.5, 2.25; demand 0 1 1 0 0 1: 0 .5 .75 .375 .1875 .59375
    [("classic", 4 / 2.25), ("sba", 0.75 * 4 / 2.25), ("tsb", 4 * 0.59375)],
)
def test_forecasts_worked_by_hand(variant, expected):
    model = Croston(variant, 0.5, 0.5, horizon=3).fit([0, 6, 2, 0, 0, 4])
    assert model.predict().tolist() == [expected] * 3


def test_forecasts_equal_those_of_statsforecast():
    assert Croston().fit(PARTS).predict()[60] == pytest.approx(0.85934615, rel=1e-7)
    assert Croston("sba").fit(PARTS).predict()[60] == pytest.approx(0.81637884, rel=1e-7)
    assert Croston("tsb").fit(PARTS).predict()[60] == pytest.approx(0.98374795, rel=1e-7)
    assert Croston("tsb", 0.3, 0.05).fit(PARTS).predict()[60] == pytest.approx(0.55313601, rel=1e-7)


@pytest.mark.parametrize("variant", ["classic", "sba", "tsb"])
@pytest.mark.parametrize(("alpha", "beta"), [(0.1, 0.1), (0.3, 0.05), (1.0, 1.0)])
def test_forecasts_follow_the_equations(variant, alpha, beta):
    rng = np.random.default_rng(0)
    for share in (0.05, 0.3, 0.9):
        y = rng.poisson(4, 80) * (rng.random(80) < share)
        expected = literally(y, variant, alpha, beta)
        assert Croston(variant, alpha, beta).fit(y).predict()[80] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("variant", ["classic", "tsb"])
def test_automatic_parameters_have_the_least_one_step_errors(variant):
    model = Croston(variant, "auto", "auto").fit(PARTS)
    y = np.array(PARTS, dtype=float)
    times = (y > 0).astype(float) if variant == "tsb" else np.diff(np.flatnonzero(y), prepend=-1)
    for chosen, series in ((model.alpha_, y[y > 0]), (model.beta_, times)):
        errors = {}
        for alpha in np.arange(5, 31) / 100:
            level, errors[alpha] = series[0], 0.0
            for value in series[1:]:
                errors[alpha] += (value - level) ** 2
                level += alpha * (value - level)
        assert chosen == min(errors, key=errors.get)
    assert model.predict()[60] == pytest.approx(literally(y, variant, model.alpha_, model.beta_), rel=1e-12)


def test_only_tsb_forgets_what_is_no_longer_sold():
    later = [*PARTS, *[0] * 60]
    for variant, falls in (("classic", False), ("sba", False), ("tsb", True)):
        model = Croston(variant).fit(PARTS)
        before, after = model.predict(1)[60], model.predict(1, y=later)[120]
        assert (after < 0.01 * before) == falls
        assert falls or after == before


@pytest.mark.parametrize("variant", ["classic", "sba", "tsb"])
@pytest.mark.parametrize("alpha", [0.1, "auto"])
def test_a_series_without_demand_forecasts_none(variant, alpha):
    assert Croston(variant, alpha, alpha, 4).fit([0] * 9).predict().tolist() == [0] * 4
    assert Croston(variant, alpha, alpha).fit([0, 0, 5]).predict()[3] > 0


@pytest.mark.parametrize(
    ("model", "y", "text"),
    [
        (
            Croston(),
            [0, 3, -1, -2],
            "`y` has 2 negative values, the first -1 at position 2; Croston needs demand, zero or more. "
            "Use another model.",
        ),
        (Croston("best"), [0, 1], "`variant` must be one of 'classic', 'sba', 'tsb'; got 'best'."),
        (Croston(alpha=0), [0, 1], r"`alpha` must be a number in \(0, 1\]; got 0."),
        (Croston(beta=1.5), [0, 1], r"`beta` must be a number in \(0, 1\]; got 1.5."),
        (Croston(), [3], "`y` has 1 observation; Croston needs at least 2. Supply more data."),
    ],
)
def test_refusals_say_what_is_needed(model, y, text):
    with pytest.raises(ValueError, match=f"^{text}$"):
        model.fit(y)
