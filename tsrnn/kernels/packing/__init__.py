"""Matrices stored in panels as wide as a machine vector, and their products."""
