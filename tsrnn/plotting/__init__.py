"""Plots of forecasts, backtests and networks; they need matplotlib, the extra ``plot``."""

from tsrnn.plotting.backtests import (
    error_by_horizon,
    plot_backtest,
    plot_error_by_horizon,
    plot_error_by_series,
    plot_panel,
)
from tsrnn.plotting.figures import to_svg
from tsrnn.plotting.forecasts import plot_channels, plot_forecast
from tsrnn.plotting.networks import plot_gates, plot_gradient_flow
from tsrnn.plotting.residuals import plot_residuals
from tsrnn.plotting.skill import plot_ranks, plot_skill
from tsrnn.plotting.training import plot_training

__all__ = [
    "error_by_horizon",
    "plot_backtest",
    "plot_channels",
    "plot_error_by_horizon",
    "plot_error_by_series",
    "plot_forecast",
    "plot_gates",
    "plot_gradient_flow",
    "plot_panel",
    "plot_ranks",
    "plot_residuals",
    "plot_skill",
    "plot_training",
    "to_svg",
]
