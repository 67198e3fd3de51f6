"""Loops over many series laid end to end: seasons, trends, levels and scales."""
