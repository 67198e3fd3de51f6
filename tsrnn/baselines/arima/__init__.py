"""ARIMA models: of given orders, and of orders that are searched for."""
