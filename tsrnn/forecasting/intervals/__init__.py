"""Prediction intervals: conformal intervals, distributions and sample paths."""
