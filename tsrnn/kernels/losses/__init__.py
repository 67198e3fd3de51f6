"""Weighted mean losses and their gradients.

Each takes the predictions for B windows of a batch, those from number `first` on:

prediction : (steps, B, K O), outputs of the network; entry k O + o is parameter k of the K that the loss has
    for target o, where K is 1 for errors of point forecasts
target : (steps, windows, O), of the whole batch; where it is nan, loss and gradient are 0
weight : (steps, windows), of the whole batch; empty: 1 for each
size : (windows,), what the values of each window were divided by; empty: 1
total : sum of the weights of all targets of the batch
gradient : (steps, B, K O), written: d loss / d prediction

Each returns the sum of the weighted losses of its B windows, divided by `total`, in double precision.
"""

from tsrnn.kernels.losses.errors import cross_entropy, huber, mae, mse
from tsrnn.kernels.losses.likelihoods import gaussian, negbin, student_t
from tsrnn.kernels.losses.quantiles import N_QUANTILES, quantile
from tsrnn.kernels.losses.targets import total_weight

__all__ = ["LOSSES", "N_PARAMETERS", "total_weight"]

LOSSES = {
    "mse": mse,
    "mae": mae,
    "huber": huber,
    "cross_entropy": cross_entropy,
    "quantile": quantile,
    "gaussian": gaussian,
    "student_t": student_t,
    "negbin": negbin,
}
N_PARAMETERS = {"quantile": N_QUANTILES, "gaussian": 2, "student_t": 3, "negbin": 2}  # others have one
