"""Recurrent networks for time-series forecasting without a deep-learning framework."""
