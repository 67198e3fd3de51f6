"""Estimators of whole sequences, and of each of their steps, for scikit-learn."""

from tsrnn.sequence.classifier import RNNClassifier
from tsrnn.sequence.regressor import RNNRegressor
from tsrnn.sequence.tagger import RNNTagger

__all__ = ["RNNClassifier", "RNNRegressor", "RNNTagger"]
