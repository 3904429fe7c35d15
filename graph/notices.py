"""The words that switch notices of a changed status off and on."""

import re

NOTICES = r"(?:avisos?|notificaç(?:ões|ão)|notificac(?:oes|ao|iones|ión|ion)|notices?|notifications?|status updates?)"
WISHING = r"(?:por favor|please|pode|puedes|can you|eu|yo|i|quero|quiero|want to|'d like to)"
OFF = (
    r"(?:(?:n[ãa]o|no|don'?t|do not) (?:quero|quiero|preciso|necesito|want|need|me (?:mande|envie|env[ií]es))"
    r"|stop|parar?|para de|pare(?: de)?|deja(?:r)? de|chega|basta|deslig\w+|desativ\w+|desactiv\w+|silenci\w+|mute"
    r"|turn off)"
)
ON = r"(?:quero|quiero|want|ativ\w+|activ\w+|reativ\w+|reactiv\w+|ligar?|ligue|turn on)"
BETWEEN = (
    r"(?:mais|m[áa]s|any ?more|any|de|os|as|los|las|the|receber|recibir|get|send(?:ing)?|mandar|enviar|me|mandarme)"
)
BEHIND = (
    r"(?:mais|m[áa]s|any ?more|de novo|de nuevo|otra vez|again|por favor|please|d[oe]s?|del|de|of|about|sobre|o|os"
    r"|meus?|mis?|my|status|estado|situa[cç][ãa]o|chamados?|solicitud(?:es)?|requests?)"
)


def _said(verb: str) -> re.Pattern[str]:
    words = rf"^\W*(?:{WISHING}\W+)*?{verb}(?:\W+{BETWEEN})*\W+{NOTICES}(?:\W+{BEHIND})*\W*$"
    return re.compile(words, re.IGNORECASE)


SAID_OFF, SAID_ON = _said(OFF), _said(ON)


def wants_notices(said: str) -> bool | None:
    """False: no more; True: again; None: the words are about something else."""
    if SAID_OFF.match(said):
        return False
    return True if SAID_ON.match(said) else None
