"""Significance tests of differences in accuracy between forecasters."""

from tsrnn.metrics.significance.bootstrap import block_bootstrap
from tsrnn.metrics.significance.confidence_set import ConfidenceSet, model_confidence_set
from tsrnn.metrics.significance.corrections import holm
from tsrnn.metrics.significance.pairs import (
    MIN_ORIGINS,
    DieboldMariano,
    SignedRank,
    diebold_mariano,
    signed_rank,
)
from tsrnn.metrics.significance.ranks import Friedman, critical_difference, friedman, rank_losses

__all__ = [
    "MIN_ORIGINS",
    "ConfidenceSet",
    "DieboldMariano",
    "Friedman",
    "SignedRank",
    "block_bootstrap",
    "critical_difference",
    "diebold_mariano",
    "friedman",
    "holm",
    "model_confidence_set",
    "rank_losses",
    "signed_rank",
]
