"""Outputs after the last input: decoded in parallel, decoded one after another, or sampled."""
