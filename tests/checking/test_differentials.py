"""Lines of differentials, and that the dW of a gradient is none."""

import pytest

from chainrule.checking.check import check_document
from chainrule.checking.parsing.documents import read_text

NETWORK = r"""
$$z = W x + b$$ $$a = \tanh(z)$$ $$s = V a + c$$ $$L = \frac{1}{2} \|s - y\|^2$$
"""
HELD = "what has no d is held"


def judged(*lines: str) -> list[tuple[str, tuple[str, ...]]]:
    text = NETWORK + "".join(f"\n$${line}$$\n" for line in lines)
    return [(step.verdict, step.granted) for step in check_document(read_text(text)).steps]


@pytest.mark.parametrize("d", ["d", r"\mathrm{d}"])
@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (r"Ds = V Da + DV a + Dc", ("correct", ())),
        (r"Ds = V \, Da", ("convention", (HELD,))),
        (r"Ds = Da V + DV a + Dc", ("wrong", ())),
        (r"Ds = V Da - DV a + Dc", ("wrong", ())),
        (r"Dz = DW x", ("convention", (HELD,))),
        (r"Dz = DW x + W Dx + Db", ("correct", ())),
        (r"Da = (1 - a^2) \odot Dz", ("correct", ())),
        (r"Da = (1 - a) \odot Dz", ("wrong", ())),
        (r"DL = (s - y)^T Ds", ("correct", ())),
        (r"DL = \operatorname{tr}((s - y)^T V Da)", ("convention", (HELD,))),
        (r"DL = \operatorname{tr}((s - y)^T a)", ("unreadable", ())),
        (r"Da_i = (1 - a_i^2) Dz_i", ("correct", ())),
        (r"Dz_i = \sum_j DW_{ij} x_j + Db_i", ("correct", ())),
        (r"Dz_i = \sum_j DW_{ji} x_j + Db_i", ("wrong", ())),
    ],
)
def test_a_differential_is_by_what_moves_on_the_right(d: str, line: str, verdict: tuple[str, tuple[str, ...]]) -> None:
    lines = r"DL = (s - y)^T Ds", r"Ds = V Da + DV a + Dc", line
    assert judged(*(each.replace("D", d) for each in lines))[2] == verdict


def test_each_link_moves_by_what_it_has_itself() -> None:
    assert judged(r"dL = (s - y)^T ds = (s - y)^T V da = (s - y)^T V^T da") == [
        ("correct", ()),
        ("convention", (HELD,)),
        ("wrong", ()),
    ]


def test_most_lines_of_a_document_say_whether_d_is_a_gradient() -> None:
    gradients = "ds = s - y", "dV = ds a^T", "da = V^T ds"
    assert [verdict for verdict, _ in judged(*gradients)] == ["correct"] * 3
    assert [verdict for verdict, _ in judged(*gradients, "da = W dz")] == [*["correct"] * 3, "wrong"]  # of wrong layers
    assert judged("dL = (s - y)^T ds", "ds = V da", "ds = s - y")[2] == ("unreadable", ())
