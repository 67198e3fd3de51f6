"""Forecasters: recurrent networks, dense ones and combinations, with their intervals, behind one contract."""
