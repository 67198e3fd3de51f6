"""Predictive distributions against scipy's."""

import numpy as np
import pytest
from scipy import stats

from tsrnn.forecasting.intervals.distributions import DISTRIBUTIONS
from tsrnn.kernels.losses import LOSSES, N_PARAMETERS
from tsrnn.kernels.optimizers import OPTIMIZERS, clip_norm
from tsrnn.network import Network

P = np.array([0.001, 0.025, 0.1, 0.25, 0.5, 0.8, 0.9, 0.95, 0.975, 0.999])
LEVELS = np.array([0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975])
NAMES = list(DISTRIBUTIONS)
CONTINUOUS = [name for name in NAMES if name != "negbin"]


def draw(name, shape=(3, 4, 2), seed=0):
    """Raw outputs (steps, windows, K, O) and sizes of windows."""
    rng = np.random.default_rng(seed)
    raw = rng.normal(0, 1.5, (*shape[:2], N_PARAMETERS[name], shape[2]))
    return raw, rng.uniform(0.5, 30, shape[1])


def softplus(x):
    return np.log1p(np.exp(x))


def scipys(name, raw, size):
    """The distribution as scipy has it, of values or counts, with room for probabilities."""
    a, b, c = (raw[:, :, k, None] for k in (0, 1, -1))
    if name == "gaussian":
        return stats.norm(a, softplus(b) + 1e-3)
    if name == "student_t":
        return stats.t(2 + softplus(c), a, softplus(b) + 1e-3)
    size = size[:, None, None]
    mean, alpha = size * softplus(a), softplus(b) / np.sqrt(size)
    return stats.nbinom(1 / alpha, 1 / (1 + alpha * mean))


def test_each_distribution_has_a_loss_and_its_number_of_parameters():
    assert {name: one.n_parameters for name, one in DISTRIBUTIONS.items()} == N_PARAMETERS
    assert set(NAMES) <= set(LOSSES)


@pytest.mark.parametrize("name", ["gaussian", "student_t"])
def test_quantiles_probabilities_and_means_are_scipys(name):
    raw, size = draw(name)
    own, other = DISTRIBUTIONS[name], scipys(name, raw, size)
    np.testing.assert_allclose(own.quantile(raw, P), other.ppf(P[:, None]), rtol=1e-9, atol=1e-9)
    y = np.random.default_rng(1).normal(0, 3, (3, 4, 2))
    np.testing.assert_allclose(own.cdf(raw, y), other.cdf(y[:, :, None])[:, :, 0], rtol=1e-12)
    np.testing.assert_allclose(own.point(raw), other.mean()[:, :, 0], rtol=1e-12)


def test_counts_are_scipys_divided_by_the_size():
    raw, size = draw("negbin")
    own, other, room = DISTRIBUTIONS["negbin"], scipys("negbin", raw, size), size[:, None, None]
    np.testing.assert_allclose(own.quantile(raw, P, size) * room, other.ppf(P[:, None]), rtol=1e-12)
    counts = np.random.default_rng(1).integers(0, 30, (3, 4, 2))
    expected = other.cdf(counts[:, :, None])[:, :, 0]
    single = (counts / size[:, None]).astype(np.float32)
    np.testing.assert_allclose(own.cdf(raw, single, size), expected, rtol=1e-12)
    between = (counts + 0.5) / size[:, None]
    np.testing.assert_allclose(own.cdf(raw, between, size), expected, rtol=1e-12)
    assert (own.cdf(raw, -1 / size[:, None], size) == 0).all()
    np.testing.assert_allclose(own.point(raw, size), other.mean()[:, :, 0] / size[:, None], rtol=1e-12)


def test_a_count_is_its_own_quantile():
    raw, size = draw("negbin")
    own, counts = DISTRIBUTIONS["negbin"], np.arange(8)
    raw, size = np.broadcast_to(raw[0], (8, 4, 2, 2)), np.broadcast_to(size, (8, 4))
    y = np.broadcast_to(counts[:, None, None] / size[:, :, None], (8, 4, 2))
    p = own.cdf(raw, y, size)
    for k in np.ndindex(p.shape):
        window = raw[k[:2]][:, k[2:]]
        assert own.quantile(window, p[k], size[k[:2]]).item() == pytest.approx(y[k], rel=1e-12)
    assert (own.quantile(raw, [0.0], size) == 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_each_value_has_a_quantile_of_its_own(name):
    raw, size = draw(name)
    own, u = DISTRIBUTIONS[name], np.random.default_rng(1).uniform(0.01, 0.99, (3, 4, 2))
    values = own.inverse(raw, u, size)
    for place in np.ndindex(u.shape):
        one = own.quantile(raw[place[:2]][:, place[2:]], u[place], size[place[1]])
        assert values[place] == pytest.approx(one.item(), rel=1e-12)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_probabilities_undo_quantiles(name):
    raw, _ = draw(name)
    own = DISTRIBUTIONS[name]
    q = own.quantile(raw, P)
    assert q.shape == (3, 4, len(P), 2)
    assert (np.diff(q, axis=2) > 0).all()
    for k, p in enumerate(P):
        np.testing.assert_allclose(own.cdf(raw, q[:, :, k]), p, rtol=1e-6)
        np.testing.assert_array_equal(own.quantile(raw, p)[:, :, 0], q[:, :, k])


def test_quantiles_at_the_levels_are_those_of_the_loss():
    raw, _ = draw("quantile")
    q = DISTRIBUTIONS["quantile"].quantile(raw, LEVELS)
    steps = (
        softplus(raw[:, :, 1:]) * np.diff(stats.norm.ppf([0.5, *LEVELS[7:]]))[[*range(6), *range(6)], None]
    )
    expected = [raw[:, :, 0] - steps[:, :, 6 : 12 - k].sum(axis=2) for k in range(6)]
    expected += [raw[:, :, 0] + steps[:, :, :k].sum(axis=2) for k in range(7)]
    np.testing.assert_allclose(q, np.stack(expected, axis=2), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(DISTRIBUTIONS["quantile"].point(raw), raw[:, :, 0])


def test_equal_steps_are_a_normal_distribution_in_the_tails_too():
    raw = np.full((13, 1), 0.7)
    own, normal = DISTRIBUTIONS["quantile"], stats.norm(0.7, softplus(0.7))
    p = [1e-6, 0.01, 0.22, 0.5, 0.61, 0.99, 1 - 1e-6]
    np.testing.assert_allclose(own.quantile(raw, p)[:, 0], normal.ppf(p), rtol=1e-12)
    np.testing.assert_array_equal(own.quantile(raw, [0.0, 1.0])[:, 0], [-np.inf, np.inf])


def test_the_loss_is_least_at_the_quantiles_of_the_data():
    """Of the kernel's gradient: none where each level has its share of the data below."""
    data = np.random.default_rng(3).gamma(2.0, size=4001)
    knots = np.quantile(data, LEVELS, method="median_unbiased")
    slopes = np.diff(knots) / np.diff(stats.norm.ppf(LEVELS))
    steps = np.log(np.expm1(np.concatenate([slopes[6:], slopes[:6][::-1]])))
    raw = np.concatenate([knots[6:7], steps])
    prediction = np.tile(raw, (len(data), 1, 1))
    gradient, empty = np.empty_like(prediction), np.empty(0)
    LOSSES["quantile"](prediction, data[:, None, None], empty.reshape(0, 0), empty, len(data), 0, gradient)
    np.testing.assert_allclose(gradient.sum(axis=(0, 1)), 0, atol=1e-3)
    np.testing.assert_allclose(
        DISTRIBUTIONS["quantile"].quantile(raw[:, None], LEVELS)[:, 0], knots, rtol=1e-9
    )


@pytest.mark.parametrize("name", NAMES)
def test_samples_have_the_distribution(name):
    raw, size = draw(name, (1, 2, 1), seed=2)
    own, n = DISTRIBUTIONS[name], 20_000
    many = np.broadcast_to(raw, (n, *raw.shape[1:]))
    draws = own.sample(many, np.random.default_rng(5), size)
    assert draws.shape == (n, 2, 1)
    for p in (0.05, 0.3, 0.5, 0.9, 0.99):
        q = own.quantile(raw[0], p, size)[:, 0]
        share = own.cdf(raw[0], q, size)  # of counts, more than p
        error = 4 * np.sqrt(share * (1 - share) / n)
        assert (np.abs((draws <= q + 1e-9).mean(axis=0) - share) < error).all()
    np.testing.assert_array_equal(draws, own.sample(many, np.random.default_rng(5), size))


@pytest.mark.parametrize("name", NAMES)
def test_single_precision_and_extreme_outputs_give_finite_numbers(name):
    own = DISTRIBUTIONS[name]
    for extreme in (-80.0, -1e4, 1e4):
        raw = np.zeros((N_PARAMETERS[name], 1), np.float32)
        raw[1:] = extreme
        q = own.quantile(raw, LEVELS)
        assert q.dtype == np.float64
        assert np.isfinite(q).all()
        assert (np.diff(q, axis=0) >= 0).all()
        assert np.isfinite(own.cdf(raw, q[3])).all()
        assert np.isfinite(own.sample(raw, np.random.default_rng(0))).all()


def test_counts_without_dispersion_are_poisson():
    raw = np.array([[2.0], [-60.0]])
    own, poisson = DISTRIBUTIONS["negbin"], stats.poisson(softplus(2.0))
    np.testing.assert_array_equal(own.quantile(raw, P)[:, 0], poisson.ppf(P))
    for n in (0, 1, 5):
        assert own.cdf(raw, [n]) == pytest.approx(poisson.cdf(n), rel=1e-6)


def noisy(name, rng, n):
    """Windows whose first step says how uncertain the value after the last one is."""
    x = rng.uniform(-1, 1, (4, n, 1)).astype(np.float32)
    middle, scale = x[-1, :, 0], np.exp(1.5 * x[0, :, 0] - 1)
    if name == "negbin":
        size = rng.uniform(1, 50, n)
        mean, dispersion = size * np.exp(middle), scale / np.sqrt(size)
        counts = rng.poisson(rng.gamma(1 / dispersion, dispersion * mean))
        return x, (counts / size)[None, :, None].astype(np.float32), size
    noise = rng.standard_t(4, n) if name == "student_t" else rng.standard_normal(n)
    return x, (middle + scale * noise)[None, :, None].astype(np.float32), np.ones(n)


@pytest.mark.parametrize("name", NAMES)
def test_networks_learn_how_uncertain_they_are(name):
    rng, own = np.random.default_rng(0), DISTRIBUTIONS[name]
    network = Network("gru", 1, 8, 1, own.n_parameters)
    theta, adam, workspace = network.initialise(rng), OPTIMIZERS["adam"], network.workspace()
    gradient, moments = np.empty_like(theta), np.zeros((adam.n_moments, len(theta)), np.float32)
    for step in range(1, 1001):
        x, y, size = noisy(name, rng, 64)
        network.value_and_gradient(theta, x, y, name, gradient, size=size, workspace=workspace)
        clip_norm(gradient, 1.0)
        adam.step(theta, gradient, moments, 0.02 * (1 - step / 1001), step)
    x, y, size = noisy(name, rng, 4000)
    raw = network.forward(theta, x, first=-1)[0].reshape(1, 4000, -1, 1)
    below = own.cdf(raw, y, size)
    if name == "negbin":  # anywhere in the jump
        below -= rng.uniform(size=y.shape) * (below - own.cdf(raw, y - 1 / size[:, None], size))
    for calm in (True, False):
        share = np.histogram(below[:, (x[0, :, 0] < 0) == calm], [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1])[0] / 2000
        np.testing.assert_allclose(share, [0.1, 0.2, 0.2, 0.2, 0.2, 0.1], atol=0.05)
