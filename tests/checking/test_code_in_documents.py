"""Code as notebooks have it: functions that are a formula, gradients that are changed in place, numbers of classes."""

import pytest

from chainrule.checking.check import Step, check_document
from chainrule.checking.faces.data import record_of
from chainrule.checking.parsing.documents import read_text
from chainrule.checking.parsing.formulas import MOST_NODES
from chainrule.checking.parsing.numpy_functions import functions_in
from chainrule.checking.parsing.plain import plain

NETWORK = """
m = len(X)
z1 = X @ W1 + b1
a1 = np.maximum(0, z1)
z2 = a1 @ W2 + b2
p = softmax(z2)
loss = -np.sum(np.log(p[np.arange(m), y])) / m
"""


def steps(code: str, network: str = NETWORK) -> list[Step]:
    return list(check_document(read_text(f"```python\n{network}\n{code}\n```")).steps)


def verdicts(code: str) -> list[str]:
    return [step.verdict for step in steps(code)]


def formula(source: str) -> str | None:
    _, functions = functions_in(source, {})
    found = functions["f"]
    return None if found is None else plain(found.body)


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ("def f(x): return np.maximum(0, x)", "maximum(0, x)"),
        ('def f(x):\n    """Says what it is."""\n    e = np.exp(x)\n\n    return e / e.sum()\n', "exp(x)/sum(exp(x))"),
        ("def f(z):\n    return 1.0 / (1 + np.exp(-z))", "sigmoid(z)"),
        ("def f(z):\n    s = 1 / (1 + np.exp(-z))\n    return s * (1 - s)", "sigmoid(z) * ⟨1 - sigmoid(z)⟩"),
        ("def f(p, y): return p - y", "p - y"),
        (
            "def f(z):\n    assert z.ndim\n    s = z.copy()\n    s[z <= 0] = 0\n    s *= 2\n    return s",
            "where(z ≤ 0, 0, z) * 2",
        ),
        ("f = lambda x, a=0.1: np.where(x > 0, x, a * x)", "where(x > 0, x, a * x)"),
        ("def f(x): return W @ x", None),  # of more than x
        ("def f(x):\n" + "    x = x * x\n" * 50 + "    return x", None),
        ("def f(x):\n" + "    x *= x\n" * 50 + "    return x", None),
        ("def f(x, y):\n    d = x - y\n    return d", None),  # its lines are read as they stand
        ("def f(x, derivative=False):\n    if derivative:\n        return 1\n    return x", None),
        ("def f(x):\n    return x, x", None),
        ("def f(x):\n    print(x)", None),
        ("def f(*x): return x", None),
        ("def f(x): return y(", None),
    ],
)
def test_a_function_that_is_a_formula_is_one(source: str, body: str | None) -> None:
    assert formula(source) == body


def test_a_function_is_what_it_returns_wherever_it_is_called() -> None:
    code = "def slope(z):\n    return np.heaviside(z, 0)\n\ndz1 = dz2 @ W2.T * slope({})"
    assert verdicts(code.format("z1")) == ["correct"]
    assert verdicts(code.format("z2")) == ["wrong"]
    assert verdicts(code.format("z1, 2")) == ["unreadable"]
    assert verdicts("slope = lambda z: W * z\ndz1 = dz2 @ W2.T * slope(z1)")[-1] == "unreadable"
    leaky = "def relu(z): return np.maximum(0.1 * z, z)\n\n"
    slope = "dz1 = dz2 @ W2.T * np.where(z1 > 0, 1, 0.1)"
    network = NETWORK.replace("np.maximum(0, z1)", "relu(z1)")
    assert [step.verdict for step in steps(slope, leaky + network)] == ["correct"]


def test_the_way_back_through_an_activation_is_a_formula() -> None:
    code = """
def relu_backward(dA, Z):
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ


da1 = dz2 @ W2.T
dz1 = relu_backward(da1, {})
"""
    assert verdicts(code.format("z1")) == ["correct", "correct"]
    assert verdicts(code.format("-z1")) == ["correct", "wrong"]


def test_functions_of_each_other_do_not_grow_without_end() -> None:
    chain = "\n".join(f"def f{n}(x): return f{n - 1}(x) * f{n - 1}(x)" for n in range(1, 40))
    _, functions = functions_in("def f0(x): return x * x\n" + chain, {})
    known = [formula for formula in functions.values() if formula is not None]
    assert len(known) < MOST_NODES
    (step,) = steps(f"def f0(x): return x * x\n{chain}\ndz1 = f39(z1)")
    assert step.verdict == "unreadable"


def test_numbers_of_classes_are_one_hot_targets() -> None:
    assert verdicts("dz2 = (p - np.eye(10)[y]) / len(y)") == ["correct"]
    assert verdicts("dz2 = p.copy()\ndz2[range(m), y] -= 1\ndz2 /= y.size") == ["correct"]
    assert verdicts("dz2 = p.copy()\ndz2[range(m), y] -= 2\ndz2 /= m") == ["wrong"]
    assert verdicts("Y = np.zeros((m, 10))\nY[np.arange(m), y] = 1\ndz2 = (p - Y) / m") == ["correct"]
    (step,) = steps("dz2 = np.eye(10)[y] - p\ndz2 /= m")
    assert (step.verdict, step.mistakes) == ("wrong", ("sign",))


@pytest.mark.parametrize("mask", ["[a1 <= 0] = 0", "[z1 <= 0] = 0", " *= a1 > 0", " *= (z1 > 0)", " = {0} * (z1 > 0)"])
@pytest.mark.parametrize("name", ["da1", "dz1"])
def test_a_gradient_may_go_back_through_an_activation_in_place(name: str, mask: str) -> None:
    back = f"{name} = dz2 @ W2.T\n{name}{mask.format(name)}\n"
    assert set(verdicts(f"{back}dW1 = X.T @ {name}")) == {"correct"}
    assert verdicts(f"{name} = dz2 @ W2.T\ndW1 = X.T @ {name}")[-1] == ("wrong" if name == "da1" else "correct")
    turned = back.replace("<=", "<").replace(">", "<").replace("< 0] = 0", "> 0] = 0")
    assert "wrong" in verdicts(f"{turned}dW1 = X.T @ {name}")
    assert verdicts(f"{back}{name} = dz2 @ W2.T\ndW1 = X.T @ {name}")[-1] == ("wrong" if name == "da1" else "correct")


def test_a_loss_is_put_together_bit_by_bit() -> None:
    network = """
N = X.shape[0]
scores = X @ W
e = np.exp(scores)
p = e / e.sum(axis=1, keepdims=True)
loss = np.sum(-np.log(p[range(N), y]))
loss /= N
loss += reg * np.sum(W * W)
dscores = p - np.eye(10)[y]
"""
    assert [step.verdict for step in steps("dW = X.T @ dscores / N + 2 * reg * W", network)] == ["convention"] * 2
    assert steps("dW = X.T @ dscores / N + reg * W", network)[-1].verdict == "wrong"


def test_names_of_code_count_samples() -> None:
    network = """
scores = X.dot(W)
p = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
loss = -np.sum(np.log(p[np.arange(num_train), y]))
loss /= num_train
dscores = p.copy()
dscores[np.arange(num_train), y] -= 1
"""
    assert [step.verdict for step in steps("dW = X.T.dot(dscores) / num_train", network)] == ["convention"] * 2
    slip = steps("dscores /= num_train\ndW = X.T.dot(p)", network)[-1]
    assert slip.verdict == "wrong"
    report = check_document(read_text(f"```python\n{network}\ndW = X.T @ dscores\ndW = X.T @ dscores\n```"))
    assert record_of(report, "en")["steps"][0]["right"] == "(-onehot(y) + p) / num_train"


def test_what_comes_out_of_a_function_is_said_by_its_lines() -> None:
    function = "def forward(X):\n    q = X\n    return q, 1\n\n"
    assert verdicts(f"{function}A, cache = forward(X)\nloss, grads = self.loss(X, y)\ncost = forward(X)") == []
    assert verdicts(f"{function}dz1 = forward(X)") == ["unreadable"]
    assert verdicts(f"{function}dz1, dz2 = forward(X)") == ["unreadable"]


def test_a_machine_makes_no_outer_product_of_vectors_side_by_side() -> None:
    network = "z = W @ x + b\np = softmax(z)\nloss = -np.sum(y * np.log(p))\ndz = p - y\n"
    lines = ("np.outer(dz, x)", "dz @ x.T", "dz @ x", "np.dot(x, dz)", "dz.mm(y)")
    expected = ["correct", "correct", "wrong", "wrong", "wrong"]
    assert [steps(f"dW = {line}", network)[-1].verdict for line in lines] == expected


def test_a_name_that_is_cut_short_is_that_of_the_only_longer_one() -> None:
    network = "hidden_layer = X @ W1\nscores = hidden_layer @ W2\nloss = np.sum(scores ** 2)"
    (step,) = steps("dhidden = 2 * scores @ W2.T", network)
    assert step.verdict == "correct"
    (step,) = steps("dhidden = 2 * scores @ W2.T", network + "\nhidden_sum = np.sum(hidden_layer)")
    assert step.verdict == "unreadable"
