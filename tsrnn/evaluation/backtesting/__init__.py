"""Forecasts from rolling origins: where series are cut, and who forecasts what there."""
