"""Scikit-learn estimators with one target for each sequence, or for each of its steps; a generator."""

from tsrnn.sequence.classifier import RNNClassifier
from tsrnn.sequence.regressor import RNNRegressor
from tsrnn.sequence.tagger import RNNTagger

__all__ = ["RNNClassifier", "RNNRegressor", "RNNTagger"]
