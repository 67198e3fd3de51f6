"""Matrices in panels one machine vector wide, and their products."""
