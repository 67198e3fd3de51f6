"""The training loop: when it ends, what it keeps, how it recovers."""

import signal
import threading
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from helpers.training import settings
from tsrnn.deadline import TimeLimitError, time_limit
from tsrnn.network import Network
from tsrnn.training.ensemble import history, refit
from tsrnn.training.loop import Run, _RunningMeans, train_all
from tsrnn.training.windows import Batch, WindowDataset, WindowShape

LOOKBACK, HORIZON = 8, 2


def windows_of(values, *shape, **more):
    """Windows over one series (n,)."""
    return WindowDataset(values[:, None], WindowShape(*shape, **more), lengths=np.array([len(values)]))


def make_run(values=None, validation_fraction=0.0, seed=0, **changes):
    if values is None:
        values = np.sin(np.arange(120) / 3)
    values = np.asarray(values, np.float32)
    network = Network("gru", 1, 6, 1, HORIZON)
    windows = windows_of(values, LOOKBACK, HORIZON)
    items = [starts[:] for starts in windows.split(validation_fraction)]
    rng = np.random.default_rng(seed)
    return Run(network, network.initialise(rng), settings(**changes), windows, *items, rng)


def train(run):
    train_all([run], None, verbose=False)
    return run


def column(run, name):
    return np.array([row[name] for row in run.history])


def test_loss_falls_to_a_tenth():
    loss = column(train(make_run(max_steps=300)), "loss")
    assert loss[-1] < loss[0] / 10


@pytest.mark.parametrize(
    ("limits", "steps"),
    [
        ({"max_steps": 25, "max_epochs": None}, 25),
        ({"max_steps": None, "max_epochs": 2}, 14),  # 111 windows are 7 batches of 16
        ({"max_steps": 10, "max_epochs": 2}, 10),
        ({"max_steps": 25, "max_epochs": 2}, 14),
    ],
)
def test_whichever_limit_comes_first_ends_training(limits, steps):
    run = train(make_run(**limits))
    assert run.n_taken == run.n_steps == steps
    assert run.history[-1]["step"] == steps


def test_parallel_training_sees_the_horizon_and_nothing_past_it():
    rng = np.random.default_rng(0)
    values, horizon, w = rng.standard_normal(40), 5, 3
    network = Network("gru", w, 3, 1, w, embedding=True, n_decoded=2, dtype="float64")
    windows = windows_of(values, 6, horizon, n_anchor=1, patch_size=w, n_decoded=2)
    theta = network.initialise(rng)
    starts = np.array([0, 7, 29])  # the last window ends with the series
    x, target, anchors, *_ = windows.batch(starts)
    truth = values[starts[:, None] + np.arange(6, 6 + horizon)] - anchors

    def loss(theta):
        forecast = network.forward(theta, x)[0].transpose(1, 0, 2).reshape(3, 6)[:, :horizon]
        return np.mean((forecast - truth) ** 2)

    gradient = np.empty_like(theta)
    assert network.value_and_gradient(theta, x, target, "mse", gradient) == pytest.approx(loss(theta), 1e-12)
    for j, slope in enumerate(gradient):
        step = 1e-6 * (np.arange(len(theta)) == j)
        assert slope == pytest.approx((loss(theta + step) - loss(theta - step)) / 2e-6, abs=1e-8)


def test_teacher_forcing_falls_linearly_to_nothing(monkeypatch):
    shares = []
    genuine = Network.value_and_gradient

    def noting(self, *arguments, teacher_forcing, **more):
        shares.append(teacher_forcing)
        return genuine(self, *arguments, **more)

    monkeypatch.setattr(Network, "value_and_gradient", noting)
    for bptt in (None, 4):
        shares.clear()
        train(make_run(max_steps=5, teacher_forcing=0.5, bptt=bptt))
        np.testing.assert_allclose(shares, [0.5, 0.4, 0.3, 0.2, 0.1], rtol=1e-14)


def test_an_epoch_visits_every_window_once_in_shuffled_order():
    run = make_run()
    run.dataset = SimpleNamespace(batch=lambda items: items)
    batches = run._batches()
    epochs = [np.concatenate([next(batches) for _ in range(run.steps_per_epoch)]) for _ in range(2)]
    for epoch in epochs:
        assert not np.array_equal(epoch, run.items)
        np.testing.assert_array_equal(np.sort(epoch), run.items)
    assert not np.array_equal(*epochs)


def test_cosine_schedule_falls_from_the_rate_to_nothing():
    rates = column(train(make_run(schedule="cosine", max_steps=100, max_epochs=None)), "learning_rate")
    expected = 0.01 * 0.5 * (1 + np.cos(np.pi * (np.arange(10, 101, 10) - 1) / 100))
    np.testing.assert_allclose(rates, expected)


def test_plateau_halves_the_rate_when_nothing_improves():
    noise = np.random.default_rng(0).standard_normal(120)
    run = train(make_run(noise, 0.3, schedule="plateau", learning_rate=0.05, max_steps=300))
    rates = column(run, "learning_rate")
    assert rates[0] == 0.05
    assert set(np.diff(np.log2(rates)).round(6)) == {0, -1}


def test_early_stopping_stops_and_keeps_the_best_weights():
    values = np.random.default_rng(1).standard_normal(120)  # noise can only be learnt by heart
    run = train(make_run(values, 0.3, early_stopping=True, max_steps=2000, learning_rate=0.03))
    validation = column(run, "validation_loss")
    assert run.n_taken < 2000
    assert len(validation) == np.argmin(validation) + 1 + 3
    assert run._validation_loss() == min(validation)


def stopped_early(**changes):
    values = np.random.default_rng(1).standard_normal(120)
    changes = {"early_stopping": True, "max_steps": 2000, "learning_rate": 0.03, **changes}
    return train(make_run(values, 0.3, **changes))


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_training_again_on_the_same_windows_ends_where_early_stopping_went_back_to(schedule):
    run = stopped_early(schedule=schedule)
    assert run.best_step < run.n_taken
    again = train(run.refit_run(run.items))
    np.testing.assert_array_equal(again.theta, run.theta)
    assert again.n_taken == run.best_step


def test_a_refit_visits_all_windows_as_often_as_was_best_for_some():
    run = stopped_early(schedule="cosine")
    everything = np.arange(111)
    (again,), interrupted = refit([run], everything, None, verbose=False)
    longer = 111 / len(run.items)
    assert longer > 1.4
    assert not interrupted
    assert again.n_taken == round(longer * run.best_step)
    assert not np.array_equal(again.theta, run.theta)
    seen = []
    again.dataset = SimpleNamespace(batch=seen.append)
    for _, _ in zip(range(again.steps_per_epoch), again._batches(), strict=False):
        pass
    assert set(run.validation_items) < set(np.concatenate(seen))
    # the rate is where it was when the same share of all windows had been visited
    assert again._learning_rate(1 + longer * 50) == pytest.approx(run._learning_rate(51), rel=1e-3)


def test_the_history_of_a_refit_follows_that_of_the_search():
    runs = [stopped_early(seed=seed) for seed in (0, 1)]
    again, _ = refit(runs, np.arange(111), None, verbose=False)
    rows = history(runs, again)
    assert [(row["phase"], row["member"]) for row in rows if row["step"] == 10] == [
        ("search", 0),
        ("search", 1),
        ("refit", 0),
        ("refit", 1),
    ]
    assert np.isnan([row["validation_loss"] for row in rows if row["phase"] == "refit"]).all()
    assert history(runs[:1]) == runs[0].history


def test_nothing_is_refitted_where_nothing_was_validated():
    run = train(make_run(early_stopping=True))
    assert refit([run], run.items, None, verbose=False) == ([], False)


def test_without_early_stopping_the_last_weights_are_kept():
    values = np.random.default_rng(1).standard_normal(120)
    run = train(make_run(values, 0.3, max_steps=300, learning_rate=0.03))
    validation = column(run, "validation_loss")
    assert run._validation_loss() == validation[-1] > min(validation)


def test_validation_is_the_chronological_tail_and_training_never_sees_its_targets():
    training, validation = (starts[:] for starts in windows_of(np.zeros(100), LOOKBACK, HORIZON).split(0.2))
    assert training[-1] + LOOKBACK + HORIZON == 80  # the last training target ends where validation begins
    np.testing.assert_array_equal(validation + LOOKBACK, np.arange(80, 99))


def test_a_series_too_short_to_validate_trains_on_every_window():
    training, validation = (starts[:] for starts in windows_of(np.zeros(14), LOOKBACK, HORIZON).split(0.2))
    np.testing.assert_array_equal(training, np.arange(5))
    assert len(validation) == 0


def test_history_reports_norms_and_the_share_of_clipped_steps():
    free = train(make_run(clip_norm=None, max_steps=20))
    assert (column(free, "clipped") == 0).all()
    median = np.median(column(free, "gradient_norm"))
    always = train(make_run(clip_norm=float(median) / 1e3, max_steps=20))
    assert (column(always, "clipped") == 1).all()
    by_value = train(make_run(clip_norm=None, clip_value=1e-8, max_steps=20))
    assert (column(by_value, "clipped") == 1).all()
    assert not np.array_equal(by_value.theta, free.theta)
    seconds = column(train(make_run()), "seconds")
    assert (np.diff(seconds) > 0).all()


def test_mostly_clipped_training_warns_with_the_share_and_the_limits():
    with pytest.warns(
        RuntimeWarning, match=r"^The gradient was clipped in 220 of 220 steps by clip_norm=1e-05,"
    ):
        train(make_run(clip_norm=1e-5, max_steps=220))
    with pytest.warns(RuntimeWarning, match="by clip_norm=1e-05 and clip_value=1e-08, which"):
        train(make_run(clip_norm=1e-5, clip_value=1e-8, max_steps=220))
    train(make_run(clip_norm=1e-5, max_steps=199))  # too few to tell
    train(make_run(clip_norm=1e5, max_steps=220))


def test_a_diverging_run_recovers_with_a_lower_rate(monkeypatch):
    run = make_run(max_steps=40)
    genuine, calls = run.network.value_and_gradient, iter(range(100))

    def sometimes_nan(*arguments, **keywords):
        value = genuine(*arguments, **keywords)
        return float("nan") if next(calls) == 5 else value

    monkeypatch.setattr(run.network, "value_and_gradient", sometimes_nan)
    train(run)
    assert run.n_taken == 40
    np.testing.assert_allclose(column(run, "learning_rate"), 0.005)
    assert np.isfinite(run.theta).all()


def test_a_hopeless_run_keeps_the_last_good_parameters_and_says_so():
    run = make_run(np.full(120, np.inf))
    start = run.theta.copy()
    with pytest.warns(
        RuntimeWarning, match=r"^Training stopped at step 4: the loss or its gradient was not finite 4"
    ):
        train(run)
    np.testing.assert_array_equal(run.theta, start)


def test_ctrl_c_keeps_what_was_learned_and_warns():
    run = make_run(max_steps=100_000)
    timer = threading.Timer(0.5, signal.raise_signal, [signal.SIGINT])
    run._step(1, run.dataset.batch(run.items[:4]), _RunningMeans())  # compile first
    timer.start()
    start = run.theta.copy()
    with pytest.warns(RuntimeWarning, match=r"^Training was interrupted after \d+ of 100000 steps; the best"):
        train(run)
    assert 0 < run.n_taken < 100_000
    assert not np.array_equal(run.theta, start)


def test_ctrl_c_ends_members_in_other_threads_too():
    runs = [make_run(seed=seed, max_steps=100_000) for seed in range(2)]
    timer = threading.Timer(1.0, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.warns(RuntimeWarning, match=r"^Training was interrupted after \d+ of 200000 steps; the best"):
        train_all(runs, 2, verbose=False)
    assert all(0 < run.n_taken < 100_000 for run in runs)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_time_limit_ends_training_in_any_thread(n_jobs):
    runs = [make_run(seed=seed, max_steps=100_000) for seed in range(2)]
    with pytest.raises(TimeLimitError), time_limit(0.2):
        train_all(runs, n_jobs, verbose=False)


def test_threads_do_not_change_a_bit():
    one, two = ([make_run(seed=seed) for seed in range(3)] for _ in range(2))
    train_all(one, 1, verbose=False)
    train_all(two, 2, verbose=False)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a.theta, b.theta)


def test_progress_is_shown_when_asked_for_and_silence_otherwise(capfd):
    train_all([make_run()], None, verbose=True)
    assert "60/60" in capfd.readouterr().err
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train_all([make_run()], None, verbose=False)
    assert capfd.readouterr() == ("", "")


class Counts:
    """Windows of two series, each divided by its own size."""

    first = -1

    def __init__(self):
        rng = np.random.default_rng(8)
        self.size = np.repeat([2.0, 50.0], 6)
        self.x = rng.standard_normal((3, 12, 1)).astype(np.float32)
        self.target = (rng.integers(0, 90, (1, 12, 1)) / self.size[:, None]).astype(np.float32)

    def batch(self, items):
        return Batch(self.x[:, items], self.target[:, items], size=self.size[items])


def test_training_and_validation_know_what_windows_were_divided_by():
    network, source = Network("gru", 1, 3, 1, 2), Counts()
    items, held = np.arange(4, 12), np.arange(4)
    theta = network.initialise(np.random.default_rng(0))
    training = settings(loss="negbin", batch_size=8, max_steps=1)
    run = Run(network, theta.copy(), training, source, items, held, np.random.default_rng(1))
    train(run)

    def loss(theta, items):
        batch, gradient = source.batch(items), np.empty_like(theta)
        return network.value_and_gradient(theta, batch.x, batch.target, "negbin", gradient, size=batch.size)

    (row,) = run.history
    assert row["loss"] == pytest.approx(loss(theta, items), rel=1e-6)
    assert row["validation_loss"] == pytest.approx(loss(run.theta, held), rel=1e-6)
