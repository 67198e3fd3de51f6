"""ARIMA models with given orders, and with automatic order selection."""
