"""Lines of NumPy: what they come to, and that none of them is run."""

import pytest

from chainrule.checking.parsing.code_lines import looks_like_numpy, statement_lines
from chainrule.checking.parsing.numpy_lines import numpy_chains
from chainrule.checking.parsing.plain import plain
from chainrule.checking.parsing.problems import NotUnderstood

READ = {
    "dW2 = a1.T @ dz2 / m + lam / m * W2": "dW2 = ⟨a1^⊤ @ dz2⟩/m + lam/m * W2",
    "dz1 = da1 * (z1 > 0)": "dz1 = da1 * ⟨z1 > 0⟩",
    "db2 = dz2.sum(axis=0, keepdims=True)": "db2 = sum(dz2, axis = 0, keepdims = True)",
    "db2 = np.sum(dz2, axis=0)": "db2 = sum(dz2, axis = 0)",
    "z = np.dot(x, W) + b": "z = x @ W + b",
    "z = x.dot(W)": "z = x @ W",
    "z = a * b @ c": "z = ⟨a * b⟩ @ c",
    "z = a - (b - c)": "z = a - ⟨b - c⟩",
    "z = a - b + c @ d @ e": "z = a - b + c @ d @ e",
    "a = np.maximum(0, z)": "a = maximum(0, z)",
    "p = np.exp(z) / np.exp(z).sum(1, keepdims=True)": "p = exp(z)/sum(exp(z), axis = 1, keepdims = True)",
    "d = np.where(z > 0, 1.0, 0.01)": "d = where(z > 0, 1.0, 0.01)",
    "d = (a1 ** 2).mean() - np.square(b)": "d = mean(a1^2) - b^2",
    "g = np.outer(x, dz)": "g = outer(x, dz)",
    'params["W1"] = self.W2.copy()': "W1 = W2",
    "l = -np.log(p[:, k])": "l = -log(p_{[…, k]})",
    "m = X.shape[0]": "m = shape(X, 0)",
    "loss += np.linalg.norm(W) ** 2": "loss ← loss + ‖W‖^2",
    "a, b = c, d": "a = c",
    "x: float = 0.5": "x = 0.5",
    "a = b = c": "a = b = c",
    "ŷ = β": "ŷ = β",
    "n = len(y)": "n = shape(y, 0)",
    "n = y.size": "n = size(y)",
    "l = -np.log(p[range(N), y])": "l = -log(sum(p * onehot(y), axis = 1))",
    "l = -np.log(p[y, np.arange(m)])": "l = -log(sum(p * onehot(y), axis = 0))",
    "Y[np.arange(m), y] = 1": "Y = onehot(y)",
    "Y = np.eye(10)[y]": "Y = onehot(y)",
    "dz[np.arange(N), y] -= 1": "dz ← -onehot(y) + dz",
    "dz[h <= 0] = 0": "dz ← where(h ≤ 0, 0, dz)",
    "dz[h <= 0] *= 0.01": "dz ← where(h ≤ 0, dz * 0.01, dz)",
    "d = np.heaviside(z, 0)": "d = where(z > 0, 1, where(z < 0, 0, 0))",
    "d = 1 if z > 0 else 0": "d = where(z > 0, 1, 0)",
    "d = np.einsum('ni,nj->ij', a, b)": "d = a^⊤ @ b",
    "d = np.einsum('ij,kj->ki', a, b)": "d = ⟨a @ b^⊤⟩^⊤",
    "d = np.einsum('ij,ji->', a, b)": "d = sum(a * b^⊤)",
    "d = np.einsum('ij->j', a)": "d = sum(a, axis = 0)",
    "g = x.sum(dim=0, keepdim=True)": "g = sum(x, axis = 0, keepdims = True)",
    "a = z.clamp(min=0)": "a = maximum(z, 0)",
    "g = a.t().mm(d)": "g = a^⊤ @ d",
    "l = (p - y).pow(2).sum()": "l = sum(⟨p - y⟩^2)",
    "p = torch.nn.functional.softmax(z, dim=1)": "p = softmax(z, axis = 1)",
    "d = dh.clone()": "d = dh",
    "a = F.relu(z)": "a = relu(z)",
    "delta2 = delta3 @ W": "δ2 = δ3 @ W",
    "c = float(np.squeeze(c2))": "c = c2",
    "grads = {'W': X.T @ dZ, 'b': db}": "dW = X^⊤ @ dZ",
}


@pytest.mark.parametrize(("source", "expected"), READ.items())
def test_a_line_comes_to_its_nodes(source: str, expected: str) -> None:
    assert plain(numpy_chains(source)[0]) == expected


@pytest.mark.parametrize(
    "source",
    [
        "Y[np.arange(m), y] = 2",
        "x = sigmoid(z, derivative=True)",
        "x = np.sum(z, where=mask)",
        "x = np.einsum('ij,jk,kl->il', a, b, c)",
        "x = np.einsum('ii->i', a)",
        "f = lambda x: x",
        "x = [a for a in b]",
        "x = z.reshape(3)",
        "x = 'text'",
        "x = a // b",
        "x = f(**k)",
        "x = a[1:2]",
        "x = (",
        "x = " + "-" * 1000 + "1",
        "x = " + "(" * 1000,
        "x = a" + ".T" * 1000,
        "x = a\0",
        "x = " + "a + " * 1000 + "a" * 5000,
    ],
)
def test_what_is_no_formula_is_refused_at_its_place(source: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        numpy_chains(source)
    start, end = caught.value.problem.place
    assert 0 <= start <= end <= len(source)


@pytest.mark.parametrize(
    "source", ["import numpy as np", "def f(x, y=1):", "return dW, db", "print(a)", "for i in x:", "pass"]
)
def test_what_assigns_nothing_states_nothing(source: str) -> None:
    assert numpy_chains(source) == ()


def test_nothing_is_run(tmp_path: object) -> None:
    (chain,) = numpy_chains("x = missing(1 / 0)")
    assert plain(chain) == "x = missing(1/0)"


def test_places_count_characters_not_bytes() -> None:
    source = "ŷ_ = β + dz.T"
    (chain,) = numpy_chains(source)
    assert [source[node.start : node.end] for node in chain.members] == ["ŷ_", "β + dz.T"]


def test_statements_go_on_in_brackets_and_end_without_their_closing_one() -> None:
    code = "a = (b +\n     c)  # sum\n\n# alone\nx = f(y\nz = w # '\nt = '#'\nu = \\\n  v"
    found = list(statement_lines(code))
    assert [(line.number, line.comment) for line in found] == [
        (1, "sum"),
        (4, "alone"),
        (5, ""),
        (6, "'"),
        (7, ""),
        (8, ""),
    ]
    assert found[0].source == "a = (b +\n     c)"
    assert found[2].source == "x = f(y"
    assert found[4].source == "t = '#'"


def test_code_is_told_from_formulas() -> None:
    assert looks_like_numpy("a = b.T @ c")
    assert looks_like_numpy("np.exp(z)")
    assert not looks_like_numpy("∂L/∂W = xᵀ δ 1[z > 0] / m")
