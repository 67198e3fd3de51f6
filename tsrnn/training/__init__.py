"""From arrays to trained weights: transforms, windows and the training loop."""
