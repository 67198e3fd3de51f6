"""What a backtest found: forecasts, scores, and whether the differences mean anything."""

from tsrnn.judgement.result import Backtest

__all__ = ["Backtest"]
