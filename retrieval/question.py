"""A question as an index of one language reads it: weighted stems and pieces, and the ideas that must be covered."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from retrieval.cognates import kin
from retrieval.colloquial import ABBREVIATIONS, FUNCTION_WORDS
from retrieval.lexicon import translate
from retrieval.passage import Language
from retrieval.spelling import Speller
from retrieval.words import grams, stem, words

LONGEST_QUESTION = 80  # words: more is a story, and its first words say what it is about
ORIGINAL = 0.5  # weight of a word that has a translation: names and loan words still meet
IDLE = 0.4  # weight of a function word or a greeting: less loses word order's last trace, more finds "ajuda" in titles


@dataclass(slots=True)
class Reading:
    """Terms with weights for both kinds of index. `ideas`: each a choice of stems of which one is enough.

    `wording` is the stems in their order, of a question in the language of the articles only: others order words
    differently.
    """

    stems: dict[str, float] = field(default_factory=dict)
    pieces: dict[str, float] = field(default_factory=dict)
    ideas: list[frozenset[str]] = field(default_factory=list)
    wording: list[str] = field(default_factory=list)

    def add(self, phrase: tuple[str, ...], stems: list[str], weight: float) -> None:
        """Count a phrase; one said twice counts twice."""
        for term in stems:
            self.stems[term] = self.stems.get(term, 0.0) + weight
        for piece in kin_pieces(phrase):
            self.pieces[piece] = self.pieces.get(piece, 0.0) + weight


def kin_pieces(folded: tuple[str, ...] | list[str]) -> list[str]:
    """The 4-grams of the shapes that cognates share."""
    return grams([kin(word) for word in folded])


def question_words(text: str, language: Language) -> list[str]:
    """The folded words of a question, chat abbreviations written out."""
    spelled = ABBREVIATIONS[language]
    return [part for word in words(text)[:LONGEST_QUESTION] for part in spelled.get(word, word).split()]


def read(folded: list[str], asker: Language, language: Language, speller: Speller, known: Mapping[str, int]) -> Reading:
    """The question's words as an index of `language` looks them up; `known` are its words with their frequency."""
    reading, idle = Reading(), FUNCTION_WORDS[asker]
    for said_phrase, translations in translate(folded, asker, language):
        idling = idle.issuperset(said_phrase)
        phrase = said_phrase
        if not translations and not idling:
            phrase = tuple(speller.repair(word, known) for word in said_phrase)
        own = stem(phrase, language)
        reading.add(phrase, own, (ORIGINAL if translations else 1.0) * (IDLE if idling else 1.0))
        spoken = [(said, stem(said, language)) for said in translations]
        for said, terms in spoken:
            _raise(reading, said, terms)
        if not idling:
            reading.wording += own if asker == language else []
            reading.ideas.append(frozenset(own).union(*(terms for _, terms in spoken)))
    return reading


def _raise(reading: Reading, said: tuple[str, ...], terms: list[str]) -> None:
    """Let a translation count once however often it is offered; each word of a longer one a little less."""
    weight = float(len(said) ** -0.5)
    for term in terms:
        reading.stems[term] = max(reading.stems.get(term, 0.0), weight)
    for piece in kin_pieces(said):
        reading.pieces[piece] = max(reading.pieces.get(piece, 0.0), weight)
