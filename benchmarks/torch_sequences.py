"""The same bidirectional GRU, trained for as many steps on the same sequences, written out in PyTorch."""

import math
from typing import Any

import numpy as np
import torch
from sequences import Part
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence


class Classifier(torch.nn.Module):
    """A GRU read in both directions, pooled, and a dense head."""

    def __init__(self, n_features: int, n_classes: int, settings: dict[str, Any]) -> None:
        super().__init__()
        self.recurrent = torch.nn.GRU(n_features, settings["hidden_size"], bidirectional=True)
        self.dropout = torch.nn.Dropout(settings["dropout"])
        self.head = torch.nn.Linear(2 * settings["hidden_size"], n_classes)
        self.pooling = settings["pooling"]

    def forward(self, X: list[torch.Tensor]) -> torch.Tensor:
        """Return logits (n, classes)."""
        states, last = self.recurrent(pack_sequence(X, enforce_sorted=False))
        if self.pooling == "last":
            pooled = torch.cat([*last], dim=1)
        else:
            padded, lengths = pad_packed_sequence(states)
            pooled = padded.sum(dim=0) / lengths[:, None]
        return self.head(self.dropout(pooled))


def fit(train: Part, settings: dict[str, Any], seed: int) -> Classifier:
    """Train like `RNNClassifier` with these settings; its weights start as PyTorch draws them."""
    torch.manual_seed(seed)
    rows = np.concatenate(train.X)
    level, scale = rows.mean(axis=0), rows.std(axis=0)
    X = [torch.from_numpy(((x - level) / scale).astype(np.float32)) for x in train.X]
    classes, y = np.unique(train.y, return_inverse=True)
    y = torch.from_numpy(y)
    model = Classifier(rows.shape[1], len(classes), settings)
    n_steps = settings.get("max_steps") or settings["max_epochs"] * math.ceil(len(X) / settings["batch_size"])
    optimizer = torch.optim.Adam(model.parameters(), settings["learning_rate"], fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    step = 0
    while step < n_steps:
        for items in torch.randperm(len(X)).split(settings["batch_size"])[: n_steps - step]:
            loss = torch.nn.functional.cross_entropy(model([X[i] for i in items]), y[items])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            step += 1
    return model.eval()
