"""Steps after the last input: in parallel, one after another, or drawn."""
