"""What the words of a document say of the formulas after them: i ≠ k, y_t = 1, z_1 ≥ 0; and how long that holds.

A case (for i ≠ k, if z_i > 0) holds for what its sentence introduces, and for sentences that go on from there: "hence",
"so", "this gives". It ends where the words speak of all cases: "in general", "for every i". In between it is not clear
whether it holds. What only names something, as "let y_t = 1" names t, holds until the next part of the document.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from chainrule.checking.meaning.symbols import bare_letter, is_symbol, nodes_of
from chainrule.checking.parsing.markup import inline_formulas
from chainrule.checking.parsing.syntax import Chain, Name, Node, Numeral, Prose, Relation, Scripted
from chainrule.checking.parsing.words import CONDITIONS, starts_with

__all__ = ["GENERAL", "ORDERED", "Condition", "Said", "letters_in", "without_cases"]

ORDERED = ("<", ">", "≤", "≥")


def _words(english: str, chinese: str) -> str:
    return rf"\b(?:{english})\b|{chinese}"


# That a sentence speaks of all cases, or of all of something.
GENERAL = re.compile(
    _words(
        "in general|generally|in total|altogether|overall|together(?! with)|combined|combin\\w+ [^.]{0,30}(?:both|two)"
        "|(?:both|either|all|every|any|two)(?: of)?(?: the)? cases?|regardless|whether or not|in summary|to sum up"
        "|summing up|summari[sz]\\w+|in (?:one|a single) \\w+|(?:vector|matrix) (?:form|notation)",
        "一般(?:地|来说|來說|而言|情况|情況|情形|形式)|[总總]的[来來][说說]|[总總][之结結]|[综綜][上合]|合[并併]|合起[来來]"
        "|合在一起|[统統]一|[两兩][种種]情[况況形]|[无無][论論]|不[论論]|[汇彙][总總]|(?:向量|矩[阵陣])形式",
    ),
    re.IGNORECASE,
)
OF_ALL = re.compile(_words("all|every|each|any|arbitrary", "所有|任意|任何|每|一切|全部"), re.IGNORECASE)
OF_ALL_ENTRIES = re.compile(
    _words(
        r"for (?:all|every|each|any|arbitrary) (?:\w+ ){0,2}(?:class|entr|component|ind(?:ex|ic)|output|score|unit)\w*",
        "(?:所有|任意|任何|每一?[个個]?)的?(?:类|類|分量|元素|[输輸]出|[单單]元)",
    ),
    re.IGNORECASE,
)
# That it goes on from what was said.
GOES_ON = re.compile(
    r"\W*(?:"
    + _words(
        "and|so|then|thus|hence|therefore|consequently|it follows|giving|where|by|using|applying|substituting"
        "|(?:this|that|which) (?:gives|yields|means|implies|leads|is)|we (?:get|obtain|have|find|see)|in this case",
        "因此|所以|故|[于於]是|[从從]而|[则則]|即|由此|此[时時]|那[么麼]|得|代入",
    )
    + ")",
    re.IGNORECASE,
)
CASE = re.compile(
    _words("if|when|whenever|for|case|unless|otherwise", "若|如果|[当當]|[对對](?![数數])|情[况況形]"), re.IGNORECASE
)
NEW_PART = re.compile(
    r"#|[(（]\w{1,4}[)）]|\d|[-*+•]\s|\*\*[^*]*\*\*\s*$|\*\*[^*]*[.:：。]\*\*|\\(?:sub)*(?:section|paragraph|item)\b"
    r"|(?:step|part|case|question|exercise|problem) (?:\d|[IVX]+\b)|第?[一二三四五六七八九十]+[、.)）步]|步[骤驟]",
    re.IGNORECASE,
)
BARE_CASE = re.compile(r"\W*(?:if|for|when|whenever|with|若|如果|[当當]|[对對][于於]?)\W*", re.IGNORECASE)
CLOSES = re.compile(r"\s*[.;。；]|\W*(?:(?:and|while|whereas|but)\b|而|且)", re.IGNORECASE)
CLAUSE_ENDS = re.compile(r"[.;。；]|\b(?:and|but|while|whereas)\b|而|以及", re.IGNORECASE)
WHERE = ("where", "其中")
DELIMITERS = re.compile(r"[$`\0]|\\[()]")
ENDS = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n\s*(?=[-*+•#]\s|\d+[.)]\s|\\item\b)")
ABBREVIATIONS = re.compile(r"\b(?:i\.e|e\.g|w\.r\.t|resp|eqs?|cf|fig|sec)\.", re.IGNORECASE)
FORMULA = "\x00"  # in the place of each of its characters


@dataclass(frozen=True)
class Condition:
    """What is said of indices or values.

    Attributes
    ----------
    relation : Relation
        Such as i ≠ k.
    is_case : bool
        Whether it is one of several cases, and no name.
    is_clear : bool
        Whether it clearly holds for what comes next.
    """

    relation: Relation
    is_case: bool = True
    is_clear: bool = True


class _Sentence(NamedTuple):
    """A sentence with its formulas masked, and these; where it begins, and whether a line does."""

    words: str
    formulas: tuple[Chain, ...]
    start: int
    begins_line: bool

    def before(self, number: int) -> str:
        """Return the words before a formula, from the one before it on."""
        start = self.formulas[number - 1].end - self.start if number else 0
        return DELIMITERS.sub("", self.words[start : self.formulas[number].start - self.start])

    def after(self, number: int) -> str:
        """Return the words after a formula, to the next one."""
        is_last = number + 1 == len(self.formulas)
        end = None if is_last else self.formulas[number + 1].start - self.start
        return DELIMITERS.sub("", self.words[self.formulas[number].end - self.start : end])


class Said:
    """What a document's words have said, as far as it still holds."""

    def __init__(self) -> None:
        self._always: list[Condition] = []
        self._recent: list[Condition] = []
        self._is_used = False  # whether something has been stated since
        self._has_claims = False

    def conditions(self, following: Prose | None) -> list[Condition]:
        """Return what is said of a displayed formula, by the words before it and right after it."""
        behind = [] if following is None else _behind(following)
        return [*(each for each in (*self._always, *self._recent) if not _same_letters(each, behind)), *behind]

    def pass_by(self, *, has_claims: bool) -> None:
        """Take notice of a displayed formula."""
        self._is_used = True
        self._has_claims = has_claims

    def read(self, piece: Prose, *, is_behind: bool = False) -> None:
        """Take in a paragraph, which can stand right behind a displayed formula."""
        skipped = [each.relation for each in _behind(piece) if each.is_case] if is_behind else []
        for sentence in _sentences(piece):
            self._read(sentence, skipped)

    def _read(self, sentence: _Sentence, skipped: Sequence[Relation]) -> None:
        if sentence.begins_line and NEW_PART.match(sentence.words.lstrip()):
            self._recent = []
        elif OF_ALL_ENTRIES.search(sentence.words):
            self._recent = without_cases(self._recent)
        elif self._is_used and not GOES_ON.match(sentence.words):
            self._recent = [replace(each, is_clear=not each.is_case) for each in self._recent]
        self._is_used = False
        told: list[Condition] = []
        for number, chain in enumerate(sentence.formulas):
            before = sentence.before(number)
            if GENERAL.search(before):
                self._recent = without_cases(self._recent)
            relations = [each for each in _relations(chain) if each not in skipped]
            if relations and not _is_of_the_formula_before(sentence, number):
                for condition in _conditions(relations, before, sentence.after(number)):
                    self._add(replace(condition, is_clear=not _same_letters(condition, told)))
                    told.append(condition)
            letter = bare_letter(chain.members[0]) if not relations else ""
            if letter and OF_ALL.search(before):
                self._recent = without_cases(self._recent, {letter})
            self._is_used = self._is_used or _states(chain)
        if GENERAL.search(sentence.after(len(sentence.formulas) - 1) if sentence.formulas else sentence.words):
            self._recent = without_cases(self._recent)

    def _add(self, condition: Condition) -> None:
        if _is_of_indices(condition.relation):  # beside i ≠ k, the k of y_k = 1 is a name
            letters = letters_in(condition.relation)
            self._recent = [replace(each, is_case=each.is_case and not _names(each, letters)) for each in self._recent]
        if condition.is_case or self._has_claims:
            self._recent = [*(each for each in self._recent if not _same_letters(each, [condition])), condition]
        else:
            self._always.append(condition)


def without_cases(conditions: Sequence[Condition], letters: set[str] | None = None) -> list[Condition]:
    """Return what is left of conditions where all is meant, or all values of some letters."""
    return [
        each
        for each in conditions
        if not each.is_case or (letters is not None and letters.isdisjoint(letters_in(each.relation)))
    ]


def letters_in(relation: Relation) -> set[str]:
    """Return the letters of a relation: those that stand alone, and those below symbols."""
    found = set()
    for node in nodes_of(relation):
        is_number = isinstance(node, Name) and node.is_any
        found |= {letter} if (letter := bare_letter(node)) and not is_number else set()
        if isinstance(node, Scripted) and node.sub is not None:
            found |= {item.text for item in node.sub.items if isinstance(item, Name)}
    return found


def _names(condition: Condition, letters: set[str]) -> bool:
    """Return whether a condition says that one of some letters is the true class: y_k = 1."""
    return condition.relation.signs == ("=",) and letters_in(condition.relation) < letters


def _same_letters(condition: Condition, others: Sequence[Condition]) -> bool:
    return any(letters_in(condition.relation) == letters_in(other.relation) for other in others)


# -- sentences and their formulas -------------------------------------------------------------------------------------


def _sentences(piece: Prose) -> Iterator[_Sentence]:
    words = piece.text
    for start, end in inline_formulas(words):
        words = words[:start] + FORMULA * (end - start) + words[end:]
    words = ABBREVIATIONS.sub(lambda found: found[0].replace(".", " "), words)
    start = 0
    for end in (*(found.end() for found in ENDS.finditer(words)), len(words)):
        formulas = tuple(chain for chain in piece.formulas if start <= chain.start < end)
        if words[start:end].strip():
            begins_line = not words[:start].rpartition("\n")[2].strip()
            yield _Sentence(words[start:end], formulas, start, begins_line)
        start = end


def _relations(chain: Chain) -> list[Relation]:
    """Return what a formula in prose says of indices and entries, where that is no statement: i ≠ k, y_t = 1."""
    relations = [each for each in chain.members if isinstance(each, Relation)]
    if len(chain.members) == 2 and chain.signs[0] in ("=", "≠", *ORDERED):
        relations = [Relation(chain.members, chain.signs, start=chain.start, end=chain.end)]
    return [each for each in relations if each.signs[0] != "=" or _is_choice(*each.sides)]


def _is_choice(left: Node, right: Node) -> bool:
    """Return whether a value is chosen: k = i, k = y_n, y_t = 1; an equation between other things is a claim."""
    if bare_letter(left):
        return isinstance(right, Numeral) or is_symbol(right)
    return is_symbol(left) and isinstance(right, Numeral)


def _conditions(relations: Sequence[Relation], before: str, after: str) -> Iterator[Condition]:
    """Yield the conditions among some relations; y_i = 0 for i ≠ t, and what else is so if …, is a fact and none."""
    for relation in relations:
        is_case = _is_of_indices(relation) or bool(CASE.search(before))
        is_of_ones = relation.signs[0] != "=" or relation.sides[1] == Numeral("1")
        if is_case or (is_of_ones and not BARE_CASE.match(after)):
            yield Condition(relation, is_case)


def _is_of_indices(relation: Relation) -> bool:
    return all(isinstance(side, Name | Numeral) for side in relation.sides)


def _is_of_the_formula_before(sentence: _Sentence, number: int) -> bool:
    """Return whether a condition is said of the formula before it and of no other: … is p_i for i ≠ k."""
    between = sentence.before(number)
    if number == 0 or bare_letter(sentence.formulas[number - 1].members[0]) or not BARE_CASE.fullmatch(between):
        return False
    return "," not in between or bool(CLOSES.match(sentence.after(number)))


def _behind(piece: Prose) -> list[Condition]:
    """Return the conditions with which a paragraph goes on after the formula above it: for i ≠ k, and …; where i ≠ k.

    Where its clause does not end before the next formula, "for" is about that one.
    """
    sentence = next(_sentences(piece), None)
    if sentence is None:
        return []
    words = sentence.words.lstrip()
    clause = CLAUSE_ENDS.search(sentence.words)
    if words[:1].isupper() or not starts_with(words[:20], CONDITIONS):
        return []
    if clause is None and not starts_with(words[:20], WHERE):
        return []
    end = sentence.start + (clause.start() if clause else len(sentence.words))
    relations = [each for chain in sentence.formulas if chain.start < end for each in _relations(chain)]
    is_case = bool(CASE.match(words))
    return [Condition(each, is_case or _is_of_indices(each)) for each in relations]


def _states(chain: Chain) -> bool:
    """Return whether a formula in prose says more than a condition or a name."""
    return not _relations(chain) and not (len(chain.members) == 1 and is_symbol(chain.members[0]))
