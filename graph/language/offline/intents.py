"""What one part of a message wants: exact rules first, then a classifier trained on the shipped phrases."""

# ruff: noqa: E501, SIM905 - a rule reads best on one line, a word list as words

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz, process

from graph.language.offline.classifier import IntentClassifier
from graph.language.offline.clauses import asks_to_open, content, greets, stripped, ungreeted
from graph.language.offline.folding import canonical, fold
from graph.language.offline.phrases import LANGUAGES, exact, shipped
from graph.language.port import Intent
from retrieval.passage import Language

COMMANDS: frozenset[Intent] = frozenset({
    "greeting", "thanks", "farewell", "yes", "no", "cancel", "back", "correct", "resend_code", "change_email", "logout",
    "erase_data", "help", "person",
})  # fmt: skip
MISSPELT, SHORT, NEARLY = 5, 24, 85  # letters, letters, rapidfuzz ratio: "aveptar", "mucchas gracias"
CERTAIN = 0.98
RULED = 0.9
GUESSED = 0.75  # the most that a command is worth which the classifier reads and no rule
LIKELY = 0.45  # below, a part with a subject is a question: the knowledge base is tried first
AT_WORK = 0.3  # a category scoring this much speaks for a work matter
STRANGE = 0.15  # a category scoring less speaks for none
GRAVE: frozenset[Intent] = frozenset({"erase_data", "logout", "yes", "no", "back", "cancel"})  # never on a guess
TELLING_WORDS = 3  # fewer may be the answer to anything: "no portal", "só eu"
SURE = 0.6  # declining or calling a person needs this much
LONG_WORDS = 12  # a long part is a story: its last word is not a command

_TICKET = (
    r"chamados?|tickets?|tiquetes?|solicitac(?:ao|oes)|solicitud(?:es)?|requisic(?:ao|oes)|incidentes?|incidencias?|"
    r"protocolos?|pedidos?|requests?|cases?|casos?|reclamos?|issues?"
)
_NUMBER = re.compile(
    rf"#\s?([a-z]{{0,8}}-?\d{{1,9}})\b|\b(?:{_TICKET})\s*(?:(?:de )?(?:numero|number|nro|num|id|no|n)\b)?\s*[.:º°#-]*\s*"
    r"([a-z]{0,5}-?\d{2,9})\b|\b(?:status|estado|andamento|situacao|situacion|novidades?|novedad(?:es)?|updates?|"
    r"como (?:esta|anda|vai|va|ficou)|how is|what about)\s+(?:(?:d[oae]|del|[oa]|el|la|of|on|the)\s+)*(\d{4,6})\b|^\s*(\d{3,5})\s*[?!.]*$|\b((?:req|inc|sol|tic|sd|hd)-?\d{2,9})\b"
)
_EMOJI: tuple[tuple[Intent, str], ...] = (
    ("no", "👎❌🚫✖🙅"), ("yes", "👍✅👌🆗✔💯"), ("thanks", "🙏❤💙💚🥰😍🤝💪🎉👏"), ("greeting", "👋🙋"),
)  # fmt: skip
_STATUS = r"status|estado|andamento|progreso|progress|happened|paso con|novidades?|novedad(?:es)?|updates?"
_CUES: tuple[tuple[Intent, re.Pattern[str]], ...] = (
    ("erase_data", re.compile(
        r"\b(apag|exclu|delet|remov|elimin|borr|suprim|eras|delete|wipe)\w*\b.{0,25}\b(meus|minhas|mis|my)\b.{0,12}"
        r"\b(dados|datos|data|conversas|conversaciones|history|personal information)\b|\b(lgpd|gdpr)\b"
    )),
    ("off_topic", re.compile(r"^\W*(?:me (?:diz|dice) |can you tell me )?(?:que horas sao|que hora es|what time is it|what's the time)(?: agora| ahora| now| ai)?\W*$")),
    ("logout", re.compile(r"\b(encerr|termin|finaliz|fech|cerr|end|close)\w*\b.{0,10}\b(sessao|sesion|session)\b|\blog ?me ?out\b")),
    ("person", re.compile(
        r"\b(falar|hablar|talk|speak|chat|conversar|transfer\w*|passa|pasame|conect\w*|connect)\b.{0,30}"
        r"\b(atendente|pessoa|humano|alguem|analista|agente|persona|alguien|asesor|human|person|agent|someone|somebody|"
        r"representative|suporte|soporte|support|gente de verdade)\b"
        r"|^(?!.*\b(?:are you|you are|eres|sos|voce e|vc e|hablando|hablo|resources|capital)\b).*\b(?:human|humano|humana|real person)\b"
            r"|\b(nao|no|n|don'?t) (quero|quiero|want|wanna)\b.{0,20}\b(robo|robot|bot)\b"
    )),
    ("status", re.compile(rf"\b(?:{_STATUS})\b.{{0,30}}\b(?:{_TICKET})\b")),
    ("status", re.compile(
        r"\b(?:encerr\w+|fech(?:a|ar|e|em)|cierr[ae]\w*|cerrar|close|reabr\w+|reopen)\s+(?:(?:o|a|el|la|the|my|meu|minha|mi)\s+)?"
        rf"(?:ele|ela|isso|esse|essa|este|esta|eso|ese|esa|it|that|this|{_TICKET})\b|\b(?:cierral[oa]|cerrarl[oa]|reabrel[oa])\b"
    )),
    ("request", re.compile(
        rf"\b(abr[aei]\w*|cria\w*|crea\w*|registr\w*|open\w*|create|log|raise|fazer|hacer|make|file|nov[oa]|nuev[oa]|new)\b"
        rf"(?! o meu| mi | my )\W+(?:\w+\W+){{0,3}}?(?:{_TICKET})\b"
    )),
    ("no", re.compile(
        r"^\W*(?:(?:mas|pero|but|eu|yo|i|isso|eso) )*(?:ja|ya|i've already|already)(?: (?:eu|lo|i))? (?:tentei|fiz|testei|probe|hice|intente|tried|did|done)"
        r"(?: (?:isso|tudo|tudo isso|eso|todo|todo eso|that|this|it|all that|all of that|everything|antes|before|e nada|y nada|and nothing))*\W*$"
    )),
    ("correct", re.compile(
        r"^\W*(?:(?:ops|opa|nao|no|nah|oops|perdao|perdon|desculpa|disculpa|sorry)\W+)?(?:na verdade|en realidad|actually|quis dizer|quise decir|"
        r"i meant|me enganei|me equivoque|errei|corrigindo|corrijo)\b(?!\?)"
    )),
    ("no", re.compile(
        r"^\W*(?:(?:no|nao|n)\W+)?(?:e|es|it's|its|that's) (?:outra coisa|otra cosa|something else|another (?:thing|problem))\W*$"
    )),
    ("person", re.compile(
        r"^\W*(?:(?:sim|si|yes|ok|quero|quiero|prefiro|prefiero|melhor|mejor|please)\W+)*(?:(?:com|con|with|to|a)\W+)?"
        r"(?:uma?|una?|an?|alguma|alguna)\W+(?:pessoa|persona|person|human[oa]?|atendente|agente?|asesora?|analista)\b"
        r"(?:\W+(?:de verdade|de verdad|real|mesmo|por favor|please))*\W*$"
    )),
    ("resend_code", re.compile(
        r"\b(reenvi\w*|resend|outro|otro|nov[oa]|nuevo|new|another|again|de novo|de nuevo|chegou|llego|recebi|recibi|get|receive\w*|"
        r"arrive\w*|expirou|expirado|venceu|vencio|vencido|expired)\b.{0,25}\b(codigo|code)\b|"
        r"\b(codigo|code)\b.{0,25}\b(chegou|llego|expir\w*|venc\w*|arrive\w*|de novo|de nuevo|again|otra vez|outra vez)\b"
    )),
    ("ask", re.compile(
        r"\W(?:como (?:eu |se |lo |la )?(?:faco|faz|hago|hace)|o que (?:eu )?faco|que hago|how do i do (?:it|that|this)|what (?:do|should) i do)\W*$"
    )),
)  # fmt: skip
_PAST_OPENING = re.compile(
    r"\b(abri|opened|cree|criei|registrei|hice|fiz)\b.{0,30}\b(ontem|ayer|yesterday|semana|week|ninguem|nadie|nobody)"
)
_COMMENTING = re.compile(
    r"\b(adicion\w*|acrescent\w*|coment\w*|anot\w*|inclu\w*|complement\w*|agreg\w*|suma\w*|add|comment|note|attach|anex\w*|adjunt\w*|"
    r"avis\w*|inform[ae]|diga|diz|tell|coloc\w*|bota|poe|ponle|pon|put|escrev\w*|voltou|volvio|is back|ainda|todavia|still)\b"
)
_ANGRY = re.compile(
    r"\b(merda|porra|caralho|bosta|lixo|inutil|inuteis|idiota|burro|palhacada|absurdo|ridiculo|vergonha|droga|pqp|vsf|fdp|"
    r"puta|foda(?:-se)?|desgraca|incompetentes?|mierda|carajo|boludo|pelotudo|inservible|verguenza|ridicula|basura|hdp|"
    r"shit|fuck\w*|useless|stupid|garbage|crap|bullshit|idiots?|ridiculous|unacceptable|inaceitavel|inaceptable|wtf|damn|"
    r"porcaria|maldit[oa]s?|que saco|inferno|porqueria|nao aguento mais|cansei de|estoy hart[oa]|harto de|fed up|sick of|que raiva|to puto|to put[oa]|furious[oa]?)\b"
)
_ELSEWHERE = re.compile(
    r"\b(weather|forecast|previsao do tempo|vai chover|pronostico|el clima|piadas?|chistes?|jokes?|horoscop\w*|bitcoin|futebol|futbol|football|"
    r"netflix|pizza|hamburg\w*|brigadeiro|lottery|loteria|mega sena|clima el dia|raiz cuadrada|raiz quadrada|square root|poema|poem|world cup|"
    r"copa do mundo|mundial de|eleic(?:ao|oes)|elecciones|election|quanto custa (?:um|uma)|cuanto cuesta (?:un|una)|how much (?:is|does) an?|presidente (?:do|da|dos|de|del)|president of|capital (?:da|do|de|of)|"
    r"sentido (?:da|de la) vida|meaning of life|heladera|geladeira|fridge|lavarropas|lavadora|washing machine|maquina de lavar)\b"
)
_SHRUG = re.compile(
    r"^\W*(?:(?:eu |yo |i )?(?:nao|n|no|don'?t|do not) (?:sei|se|lo se|know|faco ideia)(?: (?:dizer|qual|cual|which|agora|nao))?|sei la|tanto faz|"
    r"da igual|ni idea|sem ideia|idk|dunno|no idea|not sure|whatever)\W*$"
)
_GLUE = frozenset(
    "a o as os um uma e de do da por favor ai entao agora ja el la los las un una y en the an please now so".split()
)
_LAUGH = re.compile(r"\b(?:k{2,}|(?:rs)+|(?:ha|he|ja|je|hua){2,}h?|lol|haha\w*)\b")


@dataclass(frozen=True, slots=True)
class Reading:
    """One part's intent; `number` of a request when named."""

    intent: Intent
    confidence: float
    number: str = ""


def angry(text: str) -> bool:
    """Insults, or shouting: mostly capitals with exclamation marks."""
    letters = [letter for letter in text if letter.isalpha()]
    capitals = sum(letter.isupper() for letter in letters)
    return bool(_ANGRY.search(fold(text))) or (len(letters) >= 15 and capitals > 0.8 * len(letters) and "!!" in text)


def request_number(text: str) -> str:
    """The number of a request that the words name, or ""."""
    found = _NUMBER.search(fold(text))
    return next((group for group in found.groups() if group), "").upper() if found else ""


def train_intents() -> IntentClassifier:
    """Learn all shipped phrases; n-grams only, since embedding two thousand phrases would cost six seconds."""
    pairs = [(line, intent) for language in LANGUAGES for intent, lines in shipped(language).items() for line in lines]
    return IntentClassifier.train(pairs)


def read_rules(part: str, language: Language) -> Reading | None:
    """The intent of a part that needs no classifier."""
    number = request_number(part)
    if number:
        return Reading(_about_request(part), RULED, number)
    known = exact(language)
    calm = _LAUGH.sub(" ", fold(part))
    for form in (canonical(calm), canonical(ungreeted(calm)), canonical(stripped(calm))):
        if form and (intent := known.get(form)):
            return Reading(intent, CERTAIN)
    if greets(calm):
        return Reading("greeting", CERTAIN)
    if intent := _nearly(canonical(calm), known):
        return Reading(intent, RULED)
    if not any(letter.isalnum() for letter in calm):
        return _read_signs(part)
    return _read_cues(calm)


def _read_cues(calm: str) -> Reading | None:
    """What a turn of phrase says on its own."""
    if _SHRUG.match(calm):
        return Reading("unclear", RULED)
    if len(canonical(calm).split()) > 2 * LONG_WORDS:
        return Reading("request", RULED) if asks_to_open(calm) else None
    if not _PAST_OPENING.search(calm):
        return next((Reading(intent, RULED) for intent, cue in _CUES if cue.search(calm)), None)
    return None


def _nearly(form: str, known: dict[str, Intent]) -> Intent | None:
    """The intent of a short shipped phrase that a short message misspells."""
    if not MISSPELT <= len(form) <= SHORT or re.search(r"\d", form):
        return None
    near = process.extractOne(form, known.keys(), scorer=fuzz.ratio, score_cutoff=NEARLY)
    return known[near[0]] if near and len(near[0]) >= MISSPELT else None


@cache
def _vocabulary(intent: Intent) -> frozenset[str]:
    """Every word of the phrases shipped for an intent."""
    lines = (line for language in LANGUAGES for line in shipped(language).get(intent, ()))
    return frozenset(word for line in lines for word in canonical(line).split())


def _all_its_own(part: str, intent: Intent) -> bool:
    """Whether every word is of the intent's own phrases: "senha" is not in "alterar minha senha", "eu" not in "só eu"."""
    own = _vocabulary(intent) | _GLUE
    said = canonical(stripped(part)).split()
    return len(said) <= LONG_WORDS and all(
        word in own
        or (len(word) >= MISSPELT and process.extractOne(word, own, scorer=fuzz.ratio, score_cutoff=NEARLY) is not None)
        for word in said
    )


def read_scores(part: str, scores: Sequence[tuple[str, float]], *, at_work: float) -> Reading:
    """The classifier's word, tempered: in doubt a question; never off-topic when a category of the house fits."""
    ranked: list[tuple[Intent, float]] = [(intent, score) for intent, score in scores]  # type: ignore[misc]  # labels are intents
    intent, score = ranked[0]
    if at_work < 2 * AT_WORK and _ELSEWHERE.search(fold(part)):
        return Reading("off_topic", max(score, RULED - 0.1))
    if intent in COMMANDS and not _commands(part, intent, score, at_work):
        intent, score = next(pair for pair in ranked if pair[0] not in COMMANDS)
    if intent == "off_topic" and (at_work >= AT_WORK or score < SURE):
        intent, score = next(pair for pair in ranked if pair[0] in {"ask", "request"})
    if score >= LIKELY:
        return Reading(intent, min(score, GUESSED) if intent in COMMANDS else score)
    if not content(part):
        return Reading("unclear", 1 - score)
    together = sum(value for name, value in ranked if name in {"ask", "request"})
    return Reading("ask", max(together, 0.4))


def _commands(part: str, intent: Intent, score: float, at_work: float) -> bool:
    """Whether a command is meant: said in its own words, or surely and about nothing of the house."""
    if _all_its_own(part, intent):
        return intent != "person" or score >= SURE
    telling = TELLING_WORDS <= len(canonical(part).split()) <= LONG_WORDS
    return telling and score >= SURE and at_work < STRANGE and intent not in GRAVE


def _about_request(part: str) -> Intent:
    """With a number: words to add, or (what most want) how it stands."""
    rest = content(_NUMBER.sub(" ", fold(part)))
    return "comment" if _COMMENTING.search(fold(part)) and len(rest) > 1 else "status"


def _read_signs(part: str) -> Reading:
    for intent, signs in _EMOJI:
        if any(sign in part for sign in signs):
            return Reading(intent, RULED)
    return Reading("unclear", RULED)
