"""Weighted mean losses and their gradients.

Each takes prediction (steps, B, K O), the targets (steps, windows, O) and weights (steps, windows) of a whole
batch, of which the predictions are those from window `first` on, what each window's values were divided by,
size (windows,), the sum of weights that makes the mean, and gradient, as prediction, to be overwritten with
d loss / d prediction. Each returns its windows' part of the mean, summed in double precision.

Entry k O + o of a prediction is parameter k of the K that a loss has for each target o; K is 1 for errors of
point forecasts. Where the target is nan there is none: such predictions count for nothing and get no
gradient. Empty weights and sizes stand for ones.
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
