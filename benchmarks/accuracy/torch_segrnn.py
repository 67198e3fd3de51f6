"""The network of `etth1.py` written out in PyTorch, trained in a process of its own.

    PYTHON benchmarks/accuracy/torch_segrnn.py VALUES.npy SETTINGS.json

Started by ``etth1.py --torch PYTHON``, whose interpreter need not have tsrnn. VALUES.npy holds the prepared
channels (n, C), SETTINGS.json the sizes. Each line that comes in is a number of training steps to take; the
seconds they took go out.
"""

import json
import sys
from time import perf_counter

import numpy as np
import torch


class SegRNN(torch.nn.Module):
    """Patches through a dense layer and a GRU, then parallel steps from its last state (Lin et al., 2023)."""

    def __init__(self, patch_size: int, hidden_size: int, n_decoded: int, dropout: float) -> None:
        super().__init__()
        self.patch_size = patch_size
        self.embedding = torch.nn.Linear(patch_size, hidden_size)
        self.recurrent = torch.nn.GRU(hidden_size, hidden_size)
        self.position = torch.nn.Parameter(torch.randn(n_decoded, 1, hidden_size))
        self.dropout = torch.nn.Dropout(dropout)
        self.head = torch.nn.Linear(hidden_size, patch_size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Forecast (B, n_decoded patch_size) from x (B, look-back)."""
        B, (n_decoded, _, H) = len(x), self.position.shape
        patches = x.view(B, -1, self.patch_size).transpose(0, 1)
        _, last = self.recurrent(torch.relu(self.embedding(patches)))
        positions = self.position.expand(-1, B, -1).reshape(1, n_decoded * B, H)
        _, decoded = self.recurrent(positions, last.repeat(1, n_decoded, 1))
        output = self.head(self.dropout(decoded)).view(n_decoded, B, self.patch_size)
        return output.transpose(0, 1).reshape(B, -1)


class Trainer:
    """Takes training steps on random windows of all channels."""

    def __init__(self, values: np.ndarray, settings: dict) -> None:
        torch.manual_seed(0)
        self.lookback, self.horizon = settings["lookback"], settings["horizon"]
        self.batch_size, self.loss = settings["batch_size"], settings["loss"]
        windows = torch.from_numpy(values.astype(np.float32).T.copy())
        self.windows = windows.unfold(1, self.lookback + self.horizon, 1)
        patch_size, hidden_size = settings["patch_size"], settings["hidden_size"]
        self.model = SegRNN(patch_size, hidden_size, -(-self.horizon // patch_size), settings["dropout"])
        self.optimizer = torch.optim.Adam(self.model.parameters(), settings["learning_rate"], fused=True)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, settings["max_steps"])

    def train(self, n_steps: int) -> None:
        """Take `n_steps` steps."""
        n_channels, n_windows = self.windows.shape[:2]
        functional = torch.nn.functional
        losses = {"mae": functional.l1_loss, "mse": functional.mse_loss, "huber": functional.huber_loss}
        for _ in range(n_steps):
            starts = torch.randint(n_windows, (self.batch_size,))
            batch = self.windows[torch.randint(n_channels, (self.batch_size,)), starts]
            batch = batch - batch[:, self.lookback - 1 : self.lookback]
            forecast = self.model(batch[:, : self.lookback])[:, : self.horizon]
            loss = losses[self.loss](forecast, batch[:, self.lookback :])
            self.optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            self.schedule.step()


def main() -> None:
    with open(sys.argv[2], encoding="utf-8") as file:
        settings = json.load(file)
    torch.set_num_threads(settings["n_threads"])
    torch.set_flush_denormal(True)
    trainer = Trainer(np.load(sys.argv[1]), settings)
    for line in sys.stdin:
        start = perf_counter()
        trainer.train(int(line))
        print(perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
