"""A message cut into what it asks for: greetings and politeness stripped, two wishes apart, long ones shortened."""

# ruff: noqa: E501, SIM905 - a rule reads best on one line, a word list as words

import re

from graph.language.offline.folding import Folded, fold_in_place, words

LONGEST_HALVED = 40  # words: a longer text is a story, whose "and" parts no wishes
LONGEST_QUERY = 300  # characters: the embedder reads 256 tokens

_GREETING = (
    r"o+i+e*|ol+a+|opa|e ai|eai|eae|fala(?: ai)?|salve|alo+|bo+m dia+|boa tarde|boa noite|bom diaa*|bd|bt|"
    r"ho+la+|buenas(?: tardes| noches)?|buen dia|buenos dias|muy buenas|que tal|saludos|"
    r"hi+|hello+|hey+|good (?:morning|afternoon|evening|day)|greetings|dear team|"
    r"tudo (?:bem|bom|certo)|td (?:bem|bom|certo)|blz|beleza|como (?:vai|estas|andas|va|esta)|todo bien|"
    r"how are you(?: doing)?|how's it going|(?:oi )?(?:pessoal|galera|gente|equipo|team|recado|amigo|amiga|time)"
)
_PLEASE = (
    r"por favor(?:zinho)?|pfv+|pf|por gentileza|please|pls|plz|porfa(?:vor)?|desculp[ae](?: incomodar)?|com licenca|"
    r"disculp[ae]|perdon|excuse me|sorry to bother(?: you)?|vc pode me ajudar|voce pode me ajudar|pode me ajudar|"
    r"me ajuda(?: ai)?|podes ayudarme|me puede[sn]? ayudar|can you help me|could you help me|"
    r"(?:eu )?tenho uma duvida|tengo una (?:duda|consulta)|i have a question|uma duvida|una (?:duda|consulta)|quick question"
)
_THANKS = (
    r"(?:muito |mto |mt )?(?:obrigad[oa]|obg|brigad[oa]|vlw|valeu|agradeco|grat[oa])(?: desde ja| pela ajuda| mesmo)?|"
    r"desde ja (?:agradeco|obrigad[oa])|(?:muchas |mil |desde ya |desde ya muchas )?gracias(?: de antemano| por la ayuda)?|"
    r"(?:many )?thanks(?: a lot| in advance| so much)?|thank (?:you|u)(?: so much| very much| in advance)?|thx|ty|tks|cheers"
)
_GAP = r"[\s,;:.!?…\-\u2013\u2014~)(]*"
_FRONT = re.compile(rf"^{_GAP}(?:(?:{_GREETING}|{_PLEASE})\b{_GAP})+")
_TAIL = re.compile(rf"(?:(?<!\w)(?:{_PLEASE}|{_THANKS}|abracos?|abs|att|ok|tks){_GAP})+$")
_THANKS_FIRST = re.compile(rf"^{_GAP}(?:{_THANKS}){_GAP}")
_ANSWER_FIRST = re.compile(r"^\s*(sim|nao|si|yes|no|yep|nope|claro|ok|beleza|blz|dale)\s*[,.!;\n]+\s*")
_ONLY_GREETING = re.compile(rf"{_GAP}(?:(?:{_GREETING})\b{_GAP})+")
_TICKET = (
    r"chamados?|tickets?|solicitac(?:ao|oes)|solicitud(?:es)?|requisic(?:ao|oes)|incidentes?|incidencias?|protocolos?|requests?|"
    r"cas[eo]s?|reclamos?"
)
_ASKED = (
    r"(?:(?:eu|yo|i|voces?|vc|vcs|alguem|alguien|someone|somebody) )?"
    r"(?:(?:preciso|precisava|quero|queria|gostaria(?: de)?|pode(?:m|ria|riam)?|podes|puedes?|pueden|podrias?|necesito|quiero|quisiera|"
    r"tem como|da (?:pra|para)|i need|i want|i'd like|i would like|can you|could you|can i|please|por favor|favor)(?: que| de| to| you to)? )*"
    rf"(?:me )?(?:abr\w+|registr\w+|cri[ae]\w*|cre[ae]\w*|faz(?:er|em)?|hac\w+|open|create|raise|log|make|file)(?: me| pra mim| por favor| please)? "
    rf"(?:(?:um|uma|un|una|a|an|outr[oa]|otr[oa]|another|o|el|la|the)(?: nov[oa]| nuev[oa]| new)? )?(?:{_TICKET})"
    r"(?: (?:pra|para|por) (?:mim|mi|favor|isso|eso)| for me| please)?"
)
_ASKED_FRONT = re.compile(
    rf"^{_GAP}{_ASKED}(?:\s*[:,;.!\n\u2013\u2014-]+\s*|\s+(?:(?:porque|pois|pq|que|sobre|about|because|ya que|por causa d[aeo]|para|pra|"
    r"saying|dizendo|de que|for)\s+)?)"
)
_ASKED_TAIL = re.compile(
    rf"[\s,;:.!\u2013\u2014-]+(?:(?:e|y|and|entao|entonces|so|poderia|pode) )?{_ASKED}(?: (?:pra|para|por|about|for) (?:isso|eso|isto|ele|ela|that|this|it))?{_GAP}$"
)
_ASKS = re.compile(rf"(?:^|[.!?;:\n]\s*|,\s+|\b(?:e|y|and|so|entao|entonces)\s+){_ASKED}")
_OPENED = re.compile(r"(?:abri|abriu|abrimos|opened|registrei|registre|criei|cree|fiz|hice|made)\b")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_OPENER = (
    r"(?:preciso|quero|queria|gostaria|solicito|como|qual|quais|quando|onde|cade|quanto|quantos|quem|abre|abra|abrir|pode|"
    r"da pra|tem como|necesito|quiero|quisiera|cual|cuales|cuando|donde|cuanto|cuantos|quien|abri|podes|puedes|puedo|posso|"
    r"i need|i want|i'd like|i would like|how|what|where|when|who|can i|can you|could you|open|please|meu|minha|mi|my)"
)
_JOINT = re.compile(
    r"[\s,.;]+(?:e|y|and|mas|pero|but|alem disso|ademas|also|outra coisa|otra cosa|another thing)[,:]?\s+"
    rf"(?:tambem |tb |tbm |tambien |also |aproveitando |ainda )?(?={_OPENER}\b)"
    rf"|[\s,.;]+(?:tambem|tb|tbm|tambien|also|alem disso|ademas|outra coisa|otra cosa)[,:]?\s+(?={_OPENER}\b)"
)
_QUESTION = re.compile(
    r"\?|\b(como|qual|quais|quando|onde|cade|quanto|quantos|quem|por que|porque|pq|cual|cuales|cuando|donde|cuanto|"
    r"cuantos|quien|how|what|where|when|who|why|which|can i|posso|puedo|preciso|necesito|i need|nao consigo|no puedo|"
    r"i can't|nao funciona|no funciona|not working|erro|error)\b"
)
_EMPTY = frozenset(
    "a o as os e y and um uma un una the de do da dos das del la el los las em no na in on at para por pra pro to for com con "
    "with que q me meu minha meus minhas mi mis my eu yo i you voce vc isso isto esse essa este esta eso esto it this that "
    "se ja ya is are be estou estoy am so solo just mas pero but or ou preciso quero queria gostaria necesito quiero quisiera "
    "need want would like como how do does can posso pode puedo podes could fazer faco hacer hago make get saber know tambem "
    "tambien also abre abrir abra abri abrir open chamado ticket pedido solicitacao solicitud request case caso ai la there "
    "outro outra outros outras otro otra otros otras other another "
    "favor please obrigado gracias thanks oi hola hi ola aqui aca here agora ahora now "
    "resolveu resolvido resolvi soluciono ajudou ayudo sirvio solved helped help nao not still ainda todavia sobre about "
    "qual quais quem quando onde quanto quantos cual cuales quien cuando donde cuanto cuantos what which who when where".split()
)


def content(text: str) -> list[str]:
    """The words that carry a subject."""
    return [
        word for word in words(text) if word not in _EMPTY and (len(word) > 2 or word in {"ti", "rh", "pc", "it", "hr"})
    ]


def greets(text: str) -> bool:
    """Whether a folded text is a greeting and nothing else, however it is spelled: "oieee bom diaa"."""
    return _ONLY_GREETING.fullmatch(text) is not None


def asks_to_open(text: str) -> bool:
    """Whether some sentence of a folded text asks for a request to be opened, and does not tell of one opened before."""
    return any(not _OPENED.search(asked[0]) for asked in _ASKS.finditer(text))


def ungreeted(text: str) -> str:
    """The text without the greeting at its front only."""
    folded = fold_in_place(text)
    front = _FRONT.match(folded.text)
    return folded.written(front.end() if front else 0, len(folded.text))


def stripped(text: str) -> str:
    """The text without greeting at its front and politeness at its end; unchanged when nothing else is left."""
    folded = fold_in_place(text)
    front = _FRONT.match(folded.text)
    start = front.end() if front else 0
    tail = _TAIL.search(folded.text, start)
    kept = folded.written(start, tail.start() if tail else len(folded.text)).strip(" ,;:.!-\u2013\u2014~\n\t")
    return kept if any(letter.isalnum() for letter in kept) else text.strip()


def subject(text: str) -> str:
    """What a request is about, without the asking for one: "abram um chamado: meu crachá quebrou" is "meu crachá quebrou"."""
    plain = stripped(text)
    folded = fold_in_place(plain)
    front = _ASKED_FRONT.match(folded.text)
    start = front.end() if front else 0
    tail = _ASKED_TAIL.search(folded.text, start)
    kept = folded.written(start, tail.start() if tail else len(folded.text)).strip(" ,;:.!-\u2013\u2014~\n\t")
    return stripped(kept) if content(kept) else plain


def cut(text: str) -> list[str]:
    """The text in at most three parts that may each be a wish: thanks or yes/no in front, then joined halves."""
    parts: list[str] = []
    folded = fold_in_place(text)
    start = 0
    first = _THANKS_FIRST.match(folded.text) or _ANSWER_FIRST.match(folded.text)
    if (
        first
        and len(content(folded.text[first.end() :])) > 0
        and re.search(rf"\b{_OPENER}\b|\?", folded.text[first.end() :])
    ):
        parts.append(folded.written(first.start(), first.end()).strip())
        start = first.end()
    return [*parts, *_halves(folded, start)]


def _halves(folded: Folded, start: int) -> list[str]:
    """Two halves when both have a subject of their own, else the whole."""
    if len(folded.text.split()) > LONGEST_HALVED:
        return [folded.written(start, len(folded.text))]
    for joint in _JOINT.finditer(folded.text, start):
        left, right = folded.text[start : joint.start()], folded.text[joint.end() :]
        if content(left) and content(right) and set(content(left)) != set(content(right)):
            return [folded.written(start, joint.start()), folded.written(joint.end(), len(folded.text))]
    return [folded.written(start, len(folded.text))]


def query(text: str) -> str:
    """The words to search with: one line, polite noise gone; of a long message the question and what stands before it."""
    plain = " ".join(subject(text).split())
    if len(plain) <= LONGEST_QUERY:
        return re.sub(r"^(?:e|y|and|mas|pero|but)\s+(?=\w)", "", plain, flags=re.IGNORECASE) or plain
    sentences = [line.strip() for line in _SENTENCE_END.split(subject(text)) if content(line)]
    asking = [number for number, line in enumerate(sentences) if _QUESTION.search(fold_in_place(line[:1000]).text)]
    kept: set[int] = set()
    size = 0
    for number in [*sorted(asking, key=lambda n: ("?" not in sentences[n], n)), *range(len(sentences))]:
        if number not in kept and size + len(sentences[number]) <= LONGEST_QUERY:
            kept.add(number)
            size += len(sentences[number]) + 1
    return " ".join(" ".join(sentences[number] for number in sorted(kept)).split()) or plain[:LONGEST_QUERY]
