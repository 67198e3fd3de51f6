"""Backtests: forecasts from rolling origins, their scores, and whether the differences mean anything."""
