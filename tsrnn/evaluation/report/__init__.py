"""Backtests as a web page: one file with tables and pictures, that needs no network and no script."""

from tsrnn.evaluation.report.tables import best_scores, format_scores
from tsrnn.evaluation.report.writing import write_report

__all__ = ["best_scores", "format_scores", "write_report"]
