"""The fits that tsrnn's is measured against, each a function of the job and the cell.

It returns what is timed: a function from a seed to a fitted model, given as the function that forecasts.
"""

import logging
import math
import os
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from contest import flushed, torch
from jobs import LONGEST, RATE, Job, forecaster

Predict = Callable[[], np.ndarray]
Fit = Callable[[int], Predict]


def fit_torch(job: Job, cell: str) -> Fit:
    """Write the same training out in PyTorch, on the preparation that tsrnn fitted.

    It keeps no history, which is in its favour; its weights start as PyTorch draws them.
    """
    model = forecaster(job, cell).set_params(max_steps=1).fit(job.train)
    prepared = model._prepared(model.panel_)

    def fit(seed: int) -> Predict:
        torch.manual_seed(seed)
        recurrent = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell](1, job.units)
        head = torch.nn.Linear(job.units, job.horizon)
        windows = prepared.dataset
        every_window = torch.from_numpy(windows.values[:, 0]).unfold(0, job.lookback + job.horizon, 1)
        train_torch(recurrent, head, every_window[windows.n_lost :], windows.shape.n_anchor, job)

        def predict() -> np.ndarray:
            batch = windows.inputs(windows.latest())
            with torch.inference_mode():
                z = batch.restore(head(recurrent(torch.from_numpy(batch.x))[0][-1]).numpy()[:, :, None])
            return prepared.restore(z[:, None], np.zeros(1, int), windows.lengths)[0, 0, :, 0]

        return predict

    return fit


def train_torch(
    recurrent: "torch.nn.RNNBase", head: "torch.nn.Linear", windows: "torch.Tensor", n_anchor: int, job: Job
) -> None:
    """Train on windows (n, lookback + horizon), gathered batch by batch."""
    parameters = [*recurrent.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, RATE, fused=True)
    L = job.lookback
    step = 0
    while step < job.steps:
        for batch in torch.randperm(len(windows)).split(job.batch)[: job.steps - step]:
            optimizer.param_groups[0]["lr"] = RATE * 0.5 * (1 + math.cos(math.pi * step / job.steps))
            segments = windows[batch]
            segments -= segments[:, L - n_anchor : L].mean(1, keepdim=True)
            output, _ = recurrent(segments[:, :L].T.contiguous()[:, :, None])
            loss = torch.nn.functional.l1_loss(head(output[-1]), segments[:, L:])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, LONGEST)
            optimizer.step()
            step += 1


def fit_torch_flushed(job: Job, cell: str) -> Fit:
    """Do the same with denormals flushed."""
    fit = fit_torch(job, cell)
    return lambda seed: flushed(lambda: fit(seed))()


def fit_neuralforecast(job: Job, cell: str) -> Fit:
    """Train NeuralForecast's network of the same sizes for as many steps."""
    os.environ.setdefault("NIXTLA_ID_AS_COL", "1")
    from neuralforecast import NeuralForecast, models

    frame = job.train.rename_axis("ds").rename("y").reset_index().assign(unique_id="y")

    def fit(seed: int) -> Predict:
        model = getattr(models, cell.upper())(
            h=job.horizon,
            input_size=job.lookback,
            encoder_n_layers=1,
            encoder_hidden_size=job.units,
            decoder_layers=1,
            max_steps=job.steps,
            learning_rate=RATE,
            batch_size=1,
            windows_batch_size=job.batch,
            scaler_type="standard",
            random_seed=seed,
            **trainer_settings(),
        )
        fitted = NeuralForecast([model], freq=job.train.index.freqstr)
        fitted.fit(frame)
        return lambda: fitted.predict()[cell.upper()].to_numpy()

    return fit


def fit_darts(job: Job, cell: str) -> Fit:
    """Train Darts' network of the same sizes for as many steps, on standardised values."""
    from darts import TimeSeries
    from darts.models import BlockRNNModel

    level, scale = job.train.mean(), job.train.std()
    series = TimeSeries.from_series((job.train - level) / scale).astype(np.float32)

    def fit(seed: int) -> Predict:
        model = BlockRNNModel(
            job.lookback,
            job.horizon,
            model=cell.upper(),
            hidden_dim=job.units,
            batch_size=job.batch,
            n_epochs=job.steps,
            loss_fn=torch.nn.L1Loss(),
            optimizer_kwargs={"lr": RATE},
            random_state=seed,
            pl_trainer_kwargs={"max_steps": job.steps, **trainer_settings()},
        )
        model.fit(series)
        return lambda: model.predict(job.horizon).values()[:, 0] * scale + level

    return fit


def trainer_settings() -> dict[str, object]:
    """Return what keeps Lightning quiet, off the disk and on the processor."""
    for name in ("pytorch_lightning", "lightning.pytorch", "lightning_fabric", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return {
        "accelerator": "cpu",
        "gradient_clip_val": LONGEST,
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }


def rivals() -> dict[str, Callable[[Job, str], Fit]]:
    """Return those that are installed."""
    libraries = {"neuralforecast": fit_neuralforecast, "darts": fit_darts}
    found = {name: rival for name, rival in libraries.items() if find_spec(name)}
    by_hand = {"torch": fit_torch, "torch, flushed": fit_torch_flushed} if torch else {}
    return by_hand | found
