"""Forecasts of several models from rolling origins."""
