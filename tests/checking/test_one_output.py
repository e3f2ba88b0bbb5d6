"""Verdicts on networks with one number a sample: what sums all at once adds up the samples alone."""

import pytest

from chainrule.checking.check import check_document
from chainrule.checking.parsing.documents import read_text

LOGISTIC = """
z = X @ w + b
p = sigmoid(z)
loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
"""
BY_COLUMNS = """
A = sigmoid(np.dot(w.T, X) + b)
cost = -1/m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
"""
REGRESSION = """
y_hat = X @ W + b
loss = np.mean((y_hat - y)**2)
"""
HIDDEN = """
Z1 = np.dot(W1, X) + b1
A1 = np.tanh(Z1)
Z2 = np.dot(W2, A1) + b2
A2 = sigmoid(Z2)
cost = -np.sum(np.log(A2) * Y + (1 - Y) * np.log(1 - A2)) / m
dZ2 = (A2 - Y) / m
dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A1, 2))
"""
CLASSES = """
Z = X @ W + b
P = softmax(Z)
loss = -np.mean(np.sum(Y * np.log(P), axis=1))
"""


@pytest.mark.parametrize(
    ("network", "line", "verdict"),
    [
        (LOGISTIC, "dz = (p - y) / m", "correct"),
        (LOGISTIC, "dz = 2 * (p - y) / m", "wrong"),
        (LOGISTIC, "dw = X.T @ ((p - y) / m)", "correct"),
        (LOGISTIC, "db = np.mean(p - y)", "correct"),
        (LOGISTIC, "db = np.sum(p - y)", "wrong"),
        (BY_COLUMNS, "dw = 1/m * np.dot(X, (A - Y).T)", "correct"),
        (BY_COLUMNS, "db = 1/m * np.sum(A - Y)", "correct"),
        (BY_COLUMNS, "db = np.sum(A - Y)", "wrong"),
        (REGRESSION, "dy_hat = 2 * (y_hat - y) / m", "correct"),
        (REGRESSION, "dW = X.T @ (2 * (y_hat - y))", "wrong"),
        (HIDDEN, "db2 = np.sum(dZ2)", "correct"),
        (HIDDEN, "db1 = np.sum(dZ1, axis=1, keepdims=True)", "correct"),
        (HIDDEN, "db1 = np.sum(dZ1)", "wrong"),  # there are more of these
        (CLASSES, "dZ = (P - Y) / m", "correct"),
        (CLASSES, "db = np.sum((P - Y) / m)", "wrong"),
    ],
)
def test_one_output(network: str, line: str, verdict: str) -> None:
    assert check_document(read_text(f"```python\n{network}{line}\n```")).steps[-1].verdict == verdict


@pytest.mark.parametrize(
    ("mean", "is_of_many"),
    [
        ("np.mean(np.sum(t * np.log(p), axis=-1))", True),
        ("np.sum(t * np.log(p), axis=1).sum()", True),
        ("np.sum(t * np.log(p)) / x.shape[0]", True),
        ("np.sum(t * np.log(p))", False),
    ],
)
def test_code_that_counts_its_samples_is_not_of_one(mean: str, is_of_many: bool) -> None:
    code = f"z = x @ W + b\np = softmax(z)\nloss = -{mean}\ndb = dz"
    (step,) = check_document(read_text(f"```python\n{code}\n```")).steps
    assert (step.verdict, step.mistakes) == (("wrong", ("missing-sum",)) if is_of_many else ("correct", ()))


def test_one_output_in_formulas() -> None:
    text = r"""
$$Z = X W + b$$
$$J = \frac{1}{2} \text{mean}((Z - Y)^2)$$
$$\frac{\partial J}{\partial W} = \frac{1}{m} X^T (Z - Y)$$
$$\frac{\partial J}{\partial b} = \text{mean}(Z - Y)$$
$$\frac{\partial J}{\partial b} = \text{sum}(Z - Y)$$
"""
    assert [step.verdict for step in check_document(read_text(text)).steps] == ["correct", "correct", "wrong"]
