"""scikit-learn's contract for estimators."""

from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from chainrule import MLPClassifier

pytestmark = [
    pytest.mark.usefixtures("engine"),
    pytest.mark.filterwarnings("default"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


@parametrize_with_checks(
    [
        MLPClassifier(),
        # A penalty, as L-BFGS drives probabilities to exactly 0 without, whose logarithm the checks want to be -inf;
        # 30 iterations, as more blow rounding up past the 1e-7 that the checks allow (scikit-learn's own fails there).
        MLPClassifier(solver="lbfgs", alpha=1.0, max_iter=30),
        MLPClassifier(solver="sgd", out_activation="softmax", activation="leaky_relu"),
    ]
)
def test_sklearn_contract(estimator: Any, check: Any) -> None:
    check(estimator)
