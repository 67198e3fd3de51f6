"""What scikit-learn asks of estimators."""

import pytest
from sklearn.base import is_classifier, is_regressor
from sklearn.utils.estimator_checks import check_estimator

from helpers.sequences import ESTIMATORS
from tsrnn import RNNClassifier, RNNRegressor, RNNTagger

# A weight equals so many repetitions up to rounding, which scikit-learn compares to 1e-7.
SINGLE_PRECISION = {"check_sample_weight_equivalence_on_dense_data": "rounding of float32"}
NEEDS_A_VARIABLE = "check_array_api_input"  # of the environment, before SciPy is imported


@pytest.mark.filterwarnings("ignore")  # as scikit-learn runs its own
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ["regressor", "classifier"])
def test_scikit_learn_finds_nothing_wrong(kind, dtype):
    expected = SINGLE_PRECISION if dtype == "float32" else {}
    checks = check_estimator(
        ESTIMATORS[kind](dtype=dtype), expected_failed_checks=expected, on_skip=None, on_fail="raise"
    )
    assert {check["check_name"] for check in checks if check["status"] == "skipped"} <= {NEEDS_A_VARIABLE}
    assert len(checks) > 50


def test_scikit_learn_knows_what_they_are():
    assert is_classifier(RNNClassifier())
    assert is_regressor(RNNRegressor())
    assert not is_classifier(RNNTagger())
    assert not is_regressor(RNNTagger())
    for make in ESTIMATORS.values():
        assert make().__sklearn_tags__().input_tags.three_d_array
    assert RNNRegressor().__sklearn_tags__().target_tags.multi_output
