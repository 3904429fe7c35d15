"""Which of the three languages an employee writes, and when a conversation changes its language."""

# ruff: noqa: E501, SIM905 - a rule reads best on one line, a word list as words

import re
from functools import cache
from typing import Any, Protocol

from graph.language.offline.folding import fold
from retrieval.passage import Language

CODES: dict[str, Language] = {"pt": "pt-BR", "es": "es", "en": "en"}
SURE = 0.9  # with at least SURE_WORDS words one message is enough
LIKELY = 0.7  # twice in a row
SURE_WORDS = 4
LIKELY_WORDS = 3

_NOT_WORDS = re.compile(r"https?://\S+|\S+@\S+|\S*[\d_]\S*|[^\w\s']", re.UNICODE)
_ASKED_FOR: tuple[tuple[Language, re.Pattern[str]], ...] = (
    ("pt-BR", re.compile(r"\b(em|fala|falar|falo|in|en) (portugues|portuguese)\b|\bportugues,? por favor\b")),
    ("es", re.compile(r"\b(em|en|in|habla\w*|hablo|fala|speak) (espanol|castellano|espanhol|spanish)\b|\bespanol,? por favor\b")),
    ("en", re.compile(r"\b(em|en|in|speak) (english|ingles)\b|\benglish,? please\b|\bdo you speak english\b")),
)  # fmt: skip
_ABOUT = re.compile(r"\b(traduz\w*|traduc\w*|translat\w*|curso|course|clase|classe|aula\w*)\b")
# Words that one language has and the other two do not, among the commonest of chat.
_TELLING: dict[str, Language] = {
    **dict.fromkeys(
        "nao oie noite voce vc vcs meu minha minhas meus estou tem obrigado obrigada preciso consigo fazer faco quero em um uma "
        "ola oi bom boa dia ferias senha isso chamado onde voces com pra pro tambem acesso hoje ontem ainda muito ao "
        "tou da dos das na sao pq ate gostaria qual quais falar pessoa".split(),
        "pt-BR",
    ),
    **dict.fromkeys(
        "hola buenos tardes noches gracias necesito quiero puedo tengo mi mis el los las una cual donde estoy hacer hay "
        "con pero contrasena clave correo vacaciones ayer hoy tambien muy usted ustedes vos tenes podes quisiera "
        "del al y solicitud trabajo computadora anda buenas dias puedes hablar sueldo hago mandame".split(),
        "es",
    ),
    **dict.fromkeys(
        "the my is are how what where when need want can cannot does not please thanks hello hi and for with you "
        "your have has there morning afternoon evening help it this that to of in on i'm i don't can't won't was who why would like get".split(),
        "en",
    ),
}

_HELLO = frozenset(
    "oi oie oii ola opa e ai alo bom boa dia tarde noite hola buenas buenos dias tardes noches hi hello hey there good morning afternoon evening".split()
)


class _Identifier(Protocol):
    def rank(self, text: str) -> list[tuple[str, float]]: ...


@cache
def _identifier() -> _Identifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - half a second that start-up saves

    identifier: Any = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(CODES))
    return identifier  # type: ignore[no-any-return]  # py3langid has no types


def identify(text: str) -> tuple[Language, float, int]:
    """The likeliest language, its probability and how many words spoke for it."""
    spoken = _NOT_WORDS.sub(" ", text[:600].lower()).split()
    if not spoken:
        return "pt-BR", 0.0, 0
    shares: dict[Language, float] = {CODES[code]: p for code, p in _identifier().rank(" ".join(spoken))}
    telling = [_TELLING[word] for word in map(fold, spoken) if word in _TELLING]
    shares = {language: share * 2.0 ** min(telling.count(language), 8) + 1e-9 for language, share in shares.items()}
    total = sum(shares.values())
    best = max(shares, key=lambda language: shares[language])
    return best, shares[best] / total, len(spoken)


def settle_language(text: str, current: Language, evidence: str) -> tuple[Language, str]:
    """The conversation's language after this text, and what to remember.

    What is remembered: "" while no words were read but a greeting, the language itself once it is settled, or another
    one that has been seen once and waits for a second sign.
    """
    folded = fold(text[:600])
    if not _ABOUT.search(folded):
        for language, wish in _ASKED_FOR:
            if wish.search(folded):
                return language, language
    found, probability, count = identify(text)
    if not evidence:
        return _first_words(text, found, probability, count, current)
    if found == current and count:
        return current, current
    if probability >= SURE and count >= SURE_WORDS:
        return found, found
    if probability >= LIKELY and count >= LIKELY_WORDS:
        return (found, found) if evidence == found else (current, found)
    return current, evidence if count < LIKELY_WORDS else current


def _first_words(text: str, found: Language, probability: float, count: int, current: Language) -> tuple[Language, str]:
    """Nothing is known yet: what is likely decides, a bare greeting only until the employee's record is known."""
    spoken = fold(text[:600]).split()
    told = {_TELLING[word] for word in map(_bare, spoken) if word in _TELLING}
    if count < LIKELY_WORDS:
        language = told.pop() if len(told) == 1 else current
        plain = all(_bare(word) in _HELLO for word in spoken)
        if not plain and found != language and probability >= SURE and count > 1:
            return found, found
        return language, language if count and not plain and language == found and probability >= LIKELY else ""
    return (found, found) if probability >= LIKELY else (current, "")


def _bare(word: str) -> str:
    return word.strip(".,;:!?¡¿()\"'👋🙂 ")
