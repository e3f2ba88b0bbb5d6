"""What a wrong line is repaired into: its slips, and the line as its author would write it."""

from chainrule.checking.check import check_document
from chainrule.checking.parsing.documents import read_text


def test_two_slips_in_a_deep_network() -> None:
    text = r"""
$$A = \tanh(X W_1)$$ $$B = \tanh(A W_2)$$ $$C = \tanh(B W_3)$$ $$Q = C W_4$$
$$L = \frac{1}{2} \|Q - Y\|^2 + \frac{\lambda}{4} \|W_2\|^2$$
$$\frac{\partial L}{\partial W_2} = B^\top (((Q - Y) W_4^\top \odot (1 - C^2)) W_3^\top \odot (1 - B^2)) + \lambda W_2$$
"""
    (step,) = check_document(read_text(text)).steps
    assert step.mistakes == ("wrong-input", "penalty-factor")
