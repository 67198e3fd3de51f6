"""Forecasters with one contract: recurrent and dense networks, combinations, and their intervals."""
