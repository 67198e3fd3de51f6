"""Losses that are distributions, against scipy's densities, by hand and by differences."""

import math

import numpy as np
import pytest
from scipy import special, stats

from tsrnn.kernels.losses import LOSSES, N_PARAMETERS, total_weight
from tsrnn.kernels.losses.quantiles import DEVIATES, UPPER
from tsrnn.kernels.special import (
    digamma,
    digamma_step,
    lgamma_step,
    log_softplus,
    log_softplus_slope,
    softplus,
    softplus_slope,
)
from tsrnn.network import Network, truncated_value_and_gradient

NAMES = list(N_PARAMETERS)
LEVELS = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.4, 0.3, 0.2, 0.1, 0.05, 0.025])


def run(name, raw, target, weight=None, size=None, first=0, total=None):
    """Value and gradient; raw (steps, B, K, O), target (steps, windows, O)."""
    weight = np.empty((0, 0), target.dtype) if weight is None else weight
    size = np.empty(0, target.dtype) if size is None else size
    total = total_weight(target, weight) if total is None else total
    prediction = np.ascontiguousarray(raw.reshape(*raw.shape[:2], -1))
    gradient = np.full_like(prediction, np.nan)
    value = LOSSES[name](prediction, target, weight, size, total, first, gradient)
    return value, gradient.reshape(raw.shape)


def draw(name, dtype="float64", shape=(2, 3, 2), seed=0):
    rng = np.random.default_rng(seed)
    raw = rng.normal(0, 1.5, (*shape[:2], N_PARAMETERS[name], shape[2]))
    size = rng.uniform(0.5, 30, shape[1])
    target = rng.normal(0, 2, shape)
    if name == "negbin":
        target = rng.integers(0, 40, shape) / size[:, None]
        target[0, 0, 0] = 0
    return raw.astype(dtype), target.astype(dtype), size.astype(dtype)


def expected(name, raw, target, size):
    """Each target's loss, from scipy."""
    a, b, c = raw[:, :, 0], np.logaddexp(0, raw[:, :, 1]), np.logaddexp(0, raw[:, :, -1])
    if name == "gaussian":
        return -stats.norm.logpdf(target, a, b + 1e-3)
    if name == "student_t":
        return -stats.t.logpdf(target, 2 + c, a, b + 1e-3)
    if name == "negbin":
        size = size[:, None]
        alpha, mean = b / np.sqrt(size), size * np.logaddexp(0, a)
        p = 1 / (1 + alpha * mean)
        counts = np.rint(target * size)
        return -stats.nbinom.logpmf(counts, 1 / alpha, p)
    steps = np.logaddexp(0, raw[:, :, 1:])
    gaps = np.diff(stats.norm.ppf(LEVELS[:7]))[:, None]
    above, below = (np.cumsum(gaps * part, axis=2) for part in np.split(steps, 2, axis=2))
    quantiles = np.concatenate([a[:, :, None], a[:, :, None] + above, a[:, :, None] - below], axis=2)
    error, levels = target[:, :, None] - quantiles, LEVELS[:, None]
    return np.maximum(levels * error, (levels - 1) * error).mean(axis=2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_losses_are_those_of_scipy(name, dtype):
    raw, target, size = draw(name, dtype, (4, 5, 3))
    value, _ = run(name, raw, target, size=size)
    wide = [array.astype("float64") for array in (raw, target, size)]
    assert value == pytest.approx(expected(name, *wide).mean(), rel=1e-6 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_the_slopes_of_the_value(name):
    raw, target, size = draw(name)
    weight = np.random.default_rng(1).uniform(0, 2, target.shape[:2])
    _, gradient = run(name, raw, target, weight, size)
    step = 1e-5
    for k in np.ndindex(raw.shape):
        at = raw[k]
        values = []
        for shift in (step, -step):
            raw[k] = at + shift
            values.append(run(name, raw, target, weight, size)[0])
        raw[k] = at
        assert gradient[k] == pytest.approx((values[0] - values[1]) / (2 * step), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_float32_gradients_are_those_of_float64_but_for_rounding(name):
    raw, target, size = draw(name, "float32", (4, 9, 3))
    _, gradient = run(name, raw, target, size=size)
    assert gradient.dtype == np.float32
    _, wide = run(name, *(array.astype("float64") for array in (raw, target)), size=size.astype("float64"))
    np.testing.assert_allclose(gradient, wide, rtol=2e-5, atol=2e-6 * np.abs(wide).max())


def test_a_normal_density_by_hand():
    raw = np.array([3.0, math.log(math.expm1(0.499))]).reshape(1, 1, 2, 1)  # scale 1/2
    value, gradient = run("gaussian", raw, np.full((1, 1, 1), 4.0))
    assert value == pytest.approx(2.0 + math.log(0.5) + 0.5 * math.log(2 * math.pi), rel=1e-14)
    slope = -math.expm1(-0.499)
    np.testing.assert_allclose(gradient.ravel(), [-4.0, (1 - 4) / 0.5 * slope], rtol=1e-13)


def test_geometric_counts_by_hand():
    # Dispersion 1 is the geometric distribution: of mean 3, n has probability 1/4 (3/4)^n. sqrt(size) = 2.
    raw = np.log(np.expm1([3 / 4, 2.0])).reshape(1, 1, 2, 1)
    target, size = np.array([2 / 4, 0.0]).reshape(2, 1, 1), np.array([4.0])
    for y, probability in zip(target[:, None], (9 / 64, 1 / 4), strict=True):
        assert run("negbin", raw, y, size=size)[0] == pytest.approx(-math.log(probability), rel=1e-13)


def test_pinball_losses_by_hand():
    raw = np.full((1, 1, 13, 1), math.log(math.e - 1))  # steps of one standard normal distribution, around it
    raw[0, 0, 0] = 10.0
    levels, deviates = np.append(UPPER, 0.5), np.append(DEVIATES, 0)
    above = levels * (2.0 - deviates)  # a truth of 12 lies above them all
    below = (1 - UPPER) * (2.0 + DEVIATES)
    value, gradient = run("quantile", raw, np.full((1, 1, 1), 12.0))
    assert value == pytest.approx((above.sum() + below.sum()) / 13, rel=1e-13)
    assert gradient[0, 0, 0, 0] == pytest.approx(-0.5, rel=1e-13)
    outermost = -0.975 * (DEVIATES[-1] - DEVIATES[-2]) * (1 - 1 / math.e) / 13
    assert gradient[0, 0, 6, 0] == pytest.approx(outermost, rel=1e-13)


def test_levels_are_where_the_normal_distribution_has_them():
    np.testing.assert_allclose(DEVIATES, special.ndtri(UPPER), rtol=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_where_there_is_no_target_nothing_is_lost(name):
    raw, target, size = draw(name, "float32")
    target[0, 1, 1] = target[1, 2, 0] = np.nan
    there = ~np.isnan(target)
    losses = expected(name, *(array.astype("float64") for array in (raw, target, size)))
    raw[0, 1, :, 1] = np.nan
    value, gradient = run(name, raw, target, size=size)
    assert value == pytest.approx(losses[there].mean(), rel=1e-6)
    lost = np.abs(gradient).sum(axis=2)
    assert (lost[~there] == 0).all()
    assert (lost[there] > 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_windows_of_a_part_find_their_own_targets_weights_and_sizes(name):
    raw, target, size = draw(name, shape=(2, 5, 3))
    weight = np.random.default_rng(7).uniform(0, 2, (2, 5))
    value, gradient = run(name, raw, target, weight, size)
    losses = expected(name, raw, target, size) * weight[:, :, None]
    assert value == pytest.approx(losses.sum() / (3 * weight.sum()), rel=1e-12)
    total, parts = total_weight(target, weight), 0.0
    for first, last in ((0, 2), (2, 5)):
        part, own = run(name, raw[:, first:last], target, weight, size, first, total)
        np.testing.assert_array_equal(own, gradient[:, first:last])
        parts += part
    assert parts == pytest.approx(value, rel=1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("name", NAMES)
def test_outputs_as_large_as_numbers_get_are_survived(name, sign, dtype):
    _, target, size = draw(name, dtype)
    for k in range(N_PARAMETERS[name]):
        for extreme in (100.0, 1e4, 1e15):
            raw = np.zeros((2, 3, N_PARAMETERS[name], 2), dtype)
            raw[:, :, k] = sign * extreme
            with np.errstate(all="raise", under="ignore"):
                value, gradient = run(name, raw, target, size=size)
            assert np.isfinite(value)
            assert np.isfinite(gradient).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("name", NAMES)
def test_a_prediction_that_is_not_finite_gives_a_loss_that_is_not_finite(name, bad):
    _, target, size = draw(name, "float32")
    raw = np.zeros((2, 3, N_PARAMETERS[name], 2), np.float32)
    raw[1, 1] = bad
    assert not np.isfinite(run(name, raw, target, size=size)[0])


def test_counts_without_dispersion_are_poisson():
    raw = np.array([2.0, -60.0]).reshape(1, 1, 2, 1)
    mean = math.log1p(math.exp(2))
    for n in (0, 1, 7, 500):
        value, gradient = run("negbin", raw, np.full((1, 1, 1), float(n)))
        assert value == pytest.approx(-stats.poisson.logpmf(n, mean), rel=1e-5)
        slope = 1 / (1 + math.exp(-2))
        assert gradient[0, 0, 0, 0] == pytest.approx((1 - n / mean) * slope, rel=1e-6)


def test_a_count_nobody_expected_pulls_as_hard_as_it_is_large():
    raw = np.array([-1000.0, 0.0]).reshape(1, 1, 2, 1)  # a mean of exp(-1000)
    value, gradient = run("negbin", raw, np.full((1, 1, 1), 3.0))
    assert value == pytest.approx(3 * 1000, rel=1e-2)
    assert gradient[0, 0, 0, 0] == -3
    value, gradient = run("negbin", raw, np.zeros((1, 1, 1)))
    assert value == 0
    assert (gradient == 0).all()


def test_many_degrees_of_freedom_are_normal():
    raw = np.array([0.5, 0.3, 1e9]).reshape(1, 1, 3, 1)
    target = np.full((1, 1, 1), 2.0)
    value, gradient = run("student_t", raw, target)
    normal, d_normal = run("gaussian", raw[:, :, :2], target)
    assert value == pytest.approx(normal, rel=1e-8)
    np.testing.assert_allclose(gradient[:, :, :2], d_normal, rtol=1e-8)
    assert gradient[0, 0, 2, 0] == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_soft_steps_keep_their_digits(dtype):
    x = np.array([-100, -80, -37.5, -36.5, -5, -1e-3, 0, 1e-3, 5, 40, 1e4], dtype)
    exact, rtol = x.astype("float64"), 1e-6 if dtype == "float32" else 1e-14
    functions = [(softplus, np.logaddexp(0, exact)), (softplus_slope, special.expit(exact))]
    for function, values in functions:
        np.testing.assert_allclose([function(value) for value in x], values, rtol=rtol, atol=1e-38)
    np.testing.assert_allclose(
        [log_softplus(value) for value in exact], np.log(np.logaddexp(0, exact)), rtol=1e-13
    )
    ratio = special.expit(exact) / np.logaddexp(0, exact)
    np.testing.assert_allclose([log_softplus_slope(value) for value in exact], ratio, rtol=1e-13)


def test_the_gamma_function_equals_scipys():
    for x in (1e-30, 1e-8, 0.3, 1.0, 1.4616, 2.5, 9.99, 10.0, 37.0, 1e4, 1e9):
        assert digamma(x) == pytest.approx(special.digamma(x), rel=1e-12, abs=1e-12)
        for d in (0.0, 0.5, 1.0, 3.0, 250.0, 1e6):
            ends = special.gammaln([x + d, x])
            lost = 1e-14 * max(1, *np.abs(ends))  # by the difference of scipy's
            assert lgamma_step(x, d) == pytest.approx(ends[0] - ends[1], rel=1e-12, abs=lost)
            step = special.digamma(x + d) - special.digamma(x)
            assert digamma_step(x, d) == pytest.approx(step, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("x", [9.5, 10.5, 1e6, 1e12])
def test_steps_of_the_gamma_function_are_products_and_sums_over_whole_numbers(x):
    terms = x + np.arange(5)
    assert lgamma_step(x, 5.0) == pytest.approx(math.fsum(np.log(terms)), rel=1e-12)
    assert digamma_step(x, 5.0) == pytest.approx(math.fsum(1 / terms), rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_networks_learn_from_them_by_the_chain_rule(name):
    rng = np.random.default_rng(4)
    network = Network("gru", 2, 3, 1, 2 * N_PARAMETERS[name], dtype="float64")
    theta, x = network.initialise(rng), rng.standard_normal((4, 3, 2))
    _, target, size = draw(name, shape=(4, 3, 2))
    gradient, scratch = np.empty_like(theta), np.empty_like(theta)
    network.value_and_gradient(theta, x, target, name, gradient, size=size)
    along = rng.standard_normal(len(theta))
    above, below = (
        network.value_and_gradient(theta + step * along, x, target, name, scratch, size=size)
        for step in (1e-6, -1e-6)
    )
    assert gradient @ along == pytest.approx((above - below) / 2e-6, rel=1e-6)


def test_counts_know_their_size_however_far_back_the_gradient_goes():
    rng = np.random.default_rng(5)
    network = Network("gru", 1, 3, 1, 2, dtype="float64")
    theta, x = network.initialise(rng), rng.standard_normal((6, 3, 1))
    _, target, size = draw("negbin", shape=(6, 3, 1))
    gradient = np.empty_like(theta)
    values = [
        truncated_value_and_gradient(network, theta, x, target, "negbin", gradient, bptt=bptt, size=size)
        for bptt in (2, 6)
    ]
    assert values[0] == pytest.approx(values[1], rel=1e-12)
    output, _ = network.forward(theta, x)
    assert values[0] == pytest.approx(expected("negbin", output[..., None], target, size).mean(), rel=1e-12)


def test_outputs_that_do_not_fit_the_targets_are_refused():
    network = Network("gru", 1, 3, 1, 3)
    theta = network.initialise(np.random.default_rng(0))
    x, target = np.zeros((2, 1, 1), np.float32), np.zeros((1, 1, 1), np.float32)
    with pytest.raises(ValueError, match="n_outputs") as raised:
        network.value_and_gradient(theta, x, target, "gaussian", np.empty_like(theta))
    assert str(raised.value) == (
        'loss="gaussian" needs 2 outputs for each target; got n_outputs=3 and targets of shape (1, 1, 1). '
        "Set n_outputs=2."
    )


def test_a_decoder_that_reads_its_outputs_has_no_distribution():
    network = Network("gru", 2, 3, 1, 2, n_decoded=2, decoder="sequential")
    theta = network.initialise(np.random.default_rng(0))
    x, target = np.zeros((2, 1, 2), np.float32), np.zeros((2, 1, 1), np.float32)
    with pytest.raises(ValueError, match="sequential") as raised:
        network.value_and_gradient(theta, x, target, "gaussian", np.empty_like(theta))
    assert str(raised.value) == (
        'A sequential decoder reads its outputs; with loss="gaussian" they are parameters of distributions. '
        'Choose another loss, or decoder="parallel".'
    )
