"""New values for what has one: what is added to a gradient, and what is left out of it in place."""

import pytest

from chainrule.checking.check import check_document
from chainrule.checking.parsing.documents import read_text

TYPESET = r"""
$$z = x W_1 + b_1$$ $$h = \max(0, z)$$ $$s = h W_2 + b_2$$
$$L = \frac{1}{2} \|s - y\|^2 + \frac{\lambda}{2} \|W_1\|^2$$
$$ds = s - y$$
"""
CODE = """
z = X @ W1 + b1
h = np.maximum(0, z)
s = h @ W2 + b2
loss = np.sum((s - Y) ** 2) / 2
ds = s - Y
"""


def typeset(*lines: str) -> list[str]:
    return judged(TYPESET + "".join(f"$${line}$$\n" for line in lines))


def code(*lines: str) -> list[str]:
    return judged("\n".join(("```python", CODE, *lines, "```")))


def judged(text: str) -> list[str]:
    """Return the verdicts after that on ds."""
    verdicts: list[str] = [step.verdict for step in check_document(read_text(text)).steps]
    assert verdicts[0] == "correct"
    return verdicts[1:]


@pytest.mark.parametrize("mask", [r"dh \odot (h > 0)", r"dh \odot 1[z > 0]"])
def test_what_follows_is_about_the_new_value(mask: str) -> None:
    weights = r"dW_1 = x^T dh + \lambda W_1"
    for sign in ("=", r"\leftarrow"):
        assert typeset("dh = ds W_2^T", f"dh {sign} {mask}", weights, "db_1 = dh") == ["correct"] * 4
    assert typeset("dh = ds W_2^T", r"dh = dh \odot (z < 0)", weights) == ["correct", "wrong", "wrong"]
    assert typeset("dh = ds W_2^T", rf"dh = {mask}", "dh = ds W_2^T", weights)[2:] == ["correct", "wrong"]


@pytest.mark.parametrize("added", [r"\leftarrow dW_1 + ", r"\mathrel{+}= ", "+= ", ":= dW_1 + ", "= dW_1 + "])
def test_what_is_added_to_a_gradient_is_part_of_it(added: str) -> None:
    gradient = r"dW_1 = x^T (ds W_2^T \odot 1[z > 0])"
    assert typeset(gradient, rf"dW_1 {added} \lambda W_1") == ["correct"]
    assert typeset(gradient, rf"dW_1 {added} 2 \lambda W_1") == ["wrong"]
    assert typeset(gradient) == ["wrong"]


def test_what_is_taken_from_a_gradient() -> None:
    assert typeset(r"dW_1 = x^T (ds W_2^T \odot 1[z > 0])", r"dW_1 -= -\lambda W_1") == ["correct"]


@pytest.mark.parametrize("mask", ["dh[h <= 0] = 0", "dh = dh * (h > 0)", "dh *= z > 0", "dh = np.where(h > 0, dh, 0)"])
def test_what_is_left_out_of_a_gradient_in_place(mask: str) -> None:
    assert code("dh = ds @ W2.T", mask, "dW1 = X.T @ dh", "db1 = dh.sum(axis=0)") == ["correct"] * 4
    assert code("dh = ds @ W2.T", "dh[h > 0] = 0", "dW1 = X.T @ dh") == ["correct", "wrong", "wrong"]


@pytest.mark.parametrize("begun", ["dz = ds @ W2.T", "dh = ds @ W2.T\ndz = dh.copy()"])
def test_a_gradient_by_scores_is_put_together(begun: str) -> None:
    assert set(code(begun, "dz[z <= 0] = 0", "dW1 = X.T @ dz")) == {"correct"}
    assert code(begun, "dz[z > 0] = 0", "dW1 = X.T @ dz")[-2:] == ["wrong", "correct"]


def test_an_activation_in_place_is_part_of_what_it_changes() -> None:
    text = "\n".join(("```python", CODE.replace("np.maximum(0, z)", "z.copy()\nh[h < 0] = 0"), "dh = ds @ W2.T"))
    assert judged(text + "\ndz = dh * (z > 0)\n```") == ["correct", "correct"]
    assert judged(text + "\ndh[h <= 0] = 0\ndW1 = X.T @ dh\n```") == ["correct"] * 3


def test_leaky_slopes_in_place() -> None:
    text = CODE.replace("np.maximum(0, z)", "np.where(z > 0, z, 0.1 * z)")
    lines = "dh = ds @ W2.T", "dh[z < 0] *= {}", "db1 = dh.sum(axis=0)"
    right, wrong = ("\n".join(("```python", text, *lines, "```")).format(slope) for slope in ("0.1", "0.2"))
    assert judged(right) == ["correct"] * 3
    assert judged(wrong) == ["correct", "wrong", "wrong"]


def test_a_value_that_grows_and_grows_is_let_go() -> None:
    assert typeset(*[r"dW_2 \leftarrow dW_2 + dW_2"] * 60) == []
    assert "wrong" in typeset("dW_2 = h^T ds", *[r"dW_2 \leftarrow dW_2 + dW_2"] * 60)


def test_the_d_of_a_derivative_is_no_new_value() -> None:
    assert typeset(r"dh = \frac{dL}{dh} = ds W_2^T") == ["correct", "correct"]


def test_a_value_of_code_that_grows_and_grows_is_let_go() -> None:
    assert code("dW2 = h.T @ ds", *["dW2 = dW2 * dW2"] * 20, "dW2 = h.T @ ds")[-1] == "correct"


def test_an_activation_by_cases_is_gone_back_through() -> None:
    text = CODE.replace("np.maximum(0, z)", "np.where(z > 0, z, 0.1 * z)")
    lines = "dh = ds @ W2.T", "dh *= np.where(z > 0, 1, 0.1)", "dW1 = X.T @ dh"
    assert judged("\n".join(("```python", text, *lines, "```"))) == ["correct"] * 3
