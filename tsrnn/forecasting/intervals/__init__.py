"""How sure a forecast is: conformal intervals, distributions and sample paths."""
