"""What a question speaks of, in terms that do not depend on its language, its spelling or how politely it asks."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from retrieval.cognates import kin
from retrieval.colloquial import FUNCTION_WORDS
from retrieval.lexicon import Phrase, dictionary, translate
from retrieval.passage import Language
from retrieval.question import question_words
from retrieval.spelling import Speller
from retrieval.words import fold, grams, stem

LANGUAGES: tuple[Language, ...] = ("pt-BR", "es", "en")
GENERALLY = 0.3  # weight of a word that belongs to any trouble
OWN_WORD = 0.7  # weight of a word's own shape beside its concept: names and loan words meet too
GENERAL = frozenset(
    re.findall(
        r"\S+",
        """
    abrir abre abro abriu acabou achar acho aparece aumento baixar cade caindo caiu cair conseguir conseguiu dar deu
    diz encontrar entrar entro erro esta funciona funcionando funcionar funcionou hora horas ir liga ligar ligo marcar
    mostra mudar novo nova outro outra parou pedindo pedir peco pede perdi problema precisa resolver sabe sei sem
    servico sistema toda todo tirar trocar troco usar ver vejo veio vem ainda nada ninguem
    conseguir consigo dice encontrar encuentro entro error funciona funcionar nuevo nueva otro otra paro pide pedir
    pido perdi problema puede sale salir servicio sistema todo toda tengo tiene usar veo llego llega nadie nada queda
    anymore ask asks change doesn don error find found get gets getting go hasn how isn issue keep keeps left left
    lost make missing new one open opens other problem replace reports request see show shows stop stopped stops system
    take time turn use using won work working works
    """,
    )
)
"""Words that belong to any trouble, folded: they say little of what it is about."""


_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Said:
    """A question as it was asked."""

    text: str
    language: Language


@dataclass(slots=True)
class Gist:
    """A question's terms: what it speaks of in English stems, the pieces of its words, and how they were written."""

    concepts: dict[str, float] = field(default_factory=dict)
    pieces: dict[str, float] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)  # word as it is read -> concept that tells it
    english: list[str] = field(default_factory=list)


def gists(questions: Sequence[Said]) -> list[Gist]:
    """One for each question; words that are said once are repaired after those that are said more often."""
    folded = [question_words(said.text, said.language) for said in questions]
    counts: dict[Language, Counter[str]] = {language: Counter() for language in LANGUAGES}
    for said, parts in zip(questions, folded, strict=True):
        counts[said.language].update(parts)
    known = {language: _vocabulary(language, counts[language]) for language in LANGUAGES}
    spellers = {language: Speller(known[language]) for language in LANGUAGES}
    found = []
    for said, parts in zip(questions, folded, strict=True):
        repaired = [spellers[said.language].repair(part, known[said.language]) for part in parts]
        gist = _read(repaired, said.language)
        written = {fold(word): word.lower() for word in _WORD.findall(said.text)}
        gist.spelled = {" ".join(written.get(p, p) for p in word.split()): c for word, c in gist.spelled.items()}
        found.append(gist)
    return found


def _vocabulary(language: Language, said: Counter[str]) -> dict[str, int]:
    """Words that are spelled well: said more than once, or known to the lexicon."""
    other: Language = "pt-BR" if language == "en" else "en"
    known = Counter(word for phrases in dictionary(other, language).values() for phrase in phrases for word in phrase)
    known.update(dict.fromkeys(FUNCTION_WORDS[language], 1))
    return {**known, **{word: times for word, times in said.items() if times > 1}}


def _read(folded: list[str], language: Language) -> Gist:
    reading = Gist()
    pivot: Language = "en" if language != "en" else "pt-BR"
    for phrase, translations in translate(folded, language, pivot):
        if FUNCTION_WORDS[language].issuperset(phrase):
            continue
        share = GENERALLY if GENERAL.issuperset(phrase) else 1.0
        senses = _senses(phrase, language) if translations else ()
        shapes = [kin(word) for word in phrase]
        for sense in senses:
            _raise(reading.concepts, sense, share * len(senses) ** -0.5)
        own = [f"={kin(term)}" for term in stem(phrase, language)]
        for term in own:
            _raise(reading.concepts, term, share * (OWN_WORD if senses else 1.0))
        for piece in grams(shapes):
            _raise(reading.pieces, piece, share)
        reading.spelled.setdefault(" ".join(phrase), min(senses) if senses else own[0])
        reading.english += translations[0] if translations and language != "en" else phrase
    return reading


@lru_cache(maxsize=4096)
def _senses(phrase: Phrase, language: Language) -> tuple[str, ...]:
    """What a phrase of the lexicon means, as English stems: the same for all words of one meaning."""
    if language != "en":
        english = dictionary(language, "en").get(tuple(stem(phrase, language)), ())
    else:
        there = dictionary("en", "pt-BR").get(tuple(stem(phrase, "en")), ())
        back = dictionary("pt-BR", "en")
        english = tuple(said for other in there for said in back.get(tuple(stem(other, "pt-BR")), ()))
    return tuple(sorted({" ".join(stem(said, "en")) for said in english}))


def _raise(terms: dict[str, float], term: str, weight: float) -> None:
    terms[term] = max(terms.get(term, 0.0), weight)
