"""Which of the three languages an employee writes, and when a conversation changes its language."""

# ruff: noqa: E501, SIM905 - a rule reads best on one line, a word list as words

import re

from graph.language.offline.folding import fold
from retrieval.identification import CODES, identifier
from retrieval.passage import Language

SURE = 0.9  # with at least SURE_WORDS words one message is enough
LIKELY = 0.7  # twice in a row
SURE_WORDS = 4
LIKELY_WORDS = 3

_DRAWN_OUT = re.compile(r"(\w)\1+$")
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
        "tou da dos das na sao pq ate gostaria qual quais falar pessoa td tudo bem blz beleza impressora ajuda".split(),
        "pt-BR",
    ),
    **dict.fromkeys(
        "hola buenos tardes noches gracias necesito quiero puedo tengo mi mis el los las una cual donde estoy hacer hay "
        "con pero contrasena clave correo vacaciones ayer hoy tambien muy usted ustedes vos tenes podes quisiera "
        "del al y solicitud trabajo computadora anda buenas dias puedes hablar sueldo hago mandame impresora ayuda bien".split(),
        "es",
    ),
    **dict.fromkeys(
        "the my is are how what where when need want can cannot does not please thanks hello hi and for with you "
        "your have has there morning afternoon evening help it this that to of in on i'm i don't can't won't was who why would like get".split(),
        "en",
    ),
}

_HINTS: dict[str, Language] = {"la": "es", "no": "es", "lo": "es", "le": "es"}
"""Words of two languages that lean to one; they count only in a first message, when nothing else is known."""

_HELLO = frozenset(
    "oi oie oii ola opa e ai alo bom boa dia tarde noite hola buenas buenos dias tardes noches hi hello hey there good morning afternoon evening".split()
)


def identify(text: str, *, first: bool = False) -> tuple[Language, float, int]:
    """The likeliest language, its probability and how many words spoke for it; of a first message each word tells more."""
    spoken = _NOT_WORDS.sub(" ", text[:600].lower()).split()
    if not spoken:
        return "pt-BR", 0.0, 0
    shares: dict[Language, float] = {CODES[code]: p for code, p in identifier().rank(" ".join(spoken))}
    telling = [language for word in spoken if (language := _told(word))]
    if first:
        telling += [*telling, *(_HINTS[word] for word in spoken if word in _HINTS)]
    shares = {language: share * 2.0 ** min(telling.count(language), 8) + 1e-9 for language, share in shares.items()}
    total = sum(shares.values())
    best = max(shares, key=lambda language: shares[language])
    return best, shares[best] / total, len(spoken)


_NAMED: dict[str, Language] = {
    **dict.fromkeys(("portugues", "portuguese"), "pt-BR"),
    **dict.fromkeys(("espanol", "espanhol", "castellano", "spanish"), "es"),
    **dict.fromkeys(("ingles", "english"), "en"),
}
_ASKING = frozenset(
    "voce vc tu usted vos pode podes puedes puede poderia podria podemos vamos fala falar fale falas falamos falando hablar habla hablas "
    "hable hablame hablemos hablamos sigue sigamos seguir seguimos continuar continua continuamos continuemos volta voltar voltamos vuelve "
    "volvamos volver mudar muda cambia cambiar cambiemos responde responder responda prefiro prefiero quero quiero queria quisiera em en in "
    "to al a ao o el no para pra por favor please can could you do we i let s us speak talk write reply answer switch change back go "
    "continue want would like prefer the language idioma me lo com con comigo conmigo agora ahora now e y and oi hola hi hello only so solo eu yo "
    "escreve escrever escreva escribe escribir conversar conversamos de novo nuevo again".split()
)


def asked_language(text: str) -> Language | None:
    """The language that a message asks for when it asks for nothing else: "pode falar em português?"."""
    spoken = re.findall(r"\w+", fold(text[:200]))
    named = {_NAMED[word] for word in spoken if word in _NAMED}
    alone = len(spoken) < 2  # a bare name may be a form's answer
    return (
        named.pop()
        if len(named) == 1 and not alone and all(word in _NAMED or word in _ASKING for word in spoken)
        else None
    )


def _asked_in_passing(text: str) -> Language | None:
    """The language that a longer message asks for, unless it is about translations or courses."""
    folded = fold(text[:600])
    if _ABOUT.search(folded):
        return None
    return next((language for language, wish in _ASKED_FOR if wish.search(folded)), None)


def settle_language(text: str, current: Language, evidence: str) -> tuple[Language, str]:
    """The conversation's language after this text, and what to remember.

    What is remembered: "" while no words were read but a greeting, the language itself once it is settled, or another
    one that has been seen once and waits for a second sign.
    """
    asked = asked_language(text) or _asked_in_passing(text)
    if asked:
        return asked, asked
    found, probability, count = identify(text, first=not evidence)
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
    told = {language for word in map(_bare, spoken) if (language := _told(word))}
    if count < LIKELY_WORDS:
        language = told.pop() if len(told) == 1 else current
        plain = all(_bare(word) in _HELLO for word in spoken)
        if not plain and found != language and probability >= SURE and count > 1:
            return found, found
        return language, language if count and not plain and language == found and probability >= LIKELY else ""
    return (found, found) if probability >= LIKELY else (current, "")


def _told(word: str) -> Language | None:
    """The language of a telling word, its last letter drawn out or not: "oii", "holaaa"."""
    plain = fold(word)
    return _TELLING.get(plain) or _TELLING.get(_DRAWN_OUT.sub(r"\1", plain))


def _bare(word: str) -> str:
    return word.strip(".,;:!?¡¿()\"'👋🙂 ")
