"""Every language says everything, with the same formulas in it, and in plain prose."""

import re
from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any

import pytest

from chainrule.derivation.engine import quantities, steps_to
from chainrule.derivation.equations import equations
from chainrule.derivation.messages import LANGUAGES, messages, sentence
from chainrule.errors import InputError
from settings import covering


def flat(table: Mapping[str, Any], above: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        found |= {f"{above}{key}": value} if isinstance(value, str) else flat(value, f"{above}{key}.")
    return found


def placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name}


def rules() -> Iterator[tuple[str, set[str]]]:
    """Yield every rule of the engine with the names of its terms."""
    for setting in covering(2):
        steps = [*equations(setting), *(step for name in quantities(setting) for step in steps_to(setting, name))]
        yield from ((step.rule, set(step.terms)) for step in steps)


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_languages_say_the_same_things_about_the_same_formulas(language: str) -> None:
    english, other = flat(messages("en")), flat(messages(language))
    assert english.keys() == other.keys()
    for key in english:
        assert placeholders(english[key]) == placeholders(other[key]), key


def test_every_rule_has_its_sentence_and_every_sentence_its_rule() -> None:
    said = messages("en")["rules"]
    terms: dict[str, set[str]] = {}
    for rule, names in rules():
        terms[rule] = terms.get(rule, names) & names
    assert terms.keys() == said.keys()
    for rule, names in terms.items():
        assert placeholders(said[rule]["why"]) <= names, rule


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_face_has_anything_to_escape(language: str) -> None:
    for key, message in flat(messages(language)).items():
        assert not re.search(r"[\\$&#^_%~<>*`|\[\]]", re.sub(r"\{\w+\}", "", message)), key


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_chinese_has_no_english_left_and_no_space_beside_its_punctuation(language: str) -> None:
    known = {"softmax", "logsumexp", "ReLU", "LeakyReLU", "L2", "Jacobian", "row", "column", "vector"}
    for key, message in flat(messages(language)).items():
        words = set(re.findall(r"[A-Za-z]\w+", re.sub(r"\{\w+\}", "", message)))
        assert words <= known, key
        assert not re.search(r" [，。：；（）]|[，。：；（）] ", message), key


def test_formulas_take_the_places_of_their_names() -> None:
    from chainrule.algebra.boxes import Atom

    x = Atom("x", "identifier")
    assert sentence("{x} and {x}.", {"x": x}) == (x, " and ", x, ".")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(InputError, match="'zh-Hant-TW' is not known; did you mean zh-Hant"):
        messages("zh-Hant-TW")
