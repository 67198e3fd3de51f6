"""Report of backtests: one web page of tables and pictures, and score tables rounded for reading."""

from tsrnn.evaluation.report.tables import best_scores, format_scores
from tsrnn.evaluation.report.writing import write_report

__all__ = ["best_scores", "format_scores", "write_report"]
