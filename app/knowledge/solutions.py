"""How agents solved the requests that questions ended in, in their public words, without anybody's name."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.catalogue import catalogue_of
from app.desk.models import RequestEvent, RequestRow
from app.identity.models import EmployeeRow
from app.knowledge.evidence import without_people
from retrieval.articles import LANGUAGES
from retrieval.passage import Language

SOLVED = ("solved", "closed")
MOST = 30  # requests whose comments are read, the newest
_LIST_MARK = re.compile(r"^\s*(?:\d{1,2}\s*[.)º°-]|[-•*\u2013])\s+")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=[^\s\d])")
_GREETING = r"oi|ol[áa]|bom dia|boa tarde|boa noite|hola|buen(?:os|as) \w+|hi|hello|hey|dear|good (?:morning|afternoon)"
_CLOSING = (
    r"obrigad[oa]|gracias|thanks?|valeu|abra[çc]os?|abs|att|atenciosamente|saludos|cordialmente|(?:best|kind) regards"
    r"|regards|tudo bem|de nada|por nada|disponha|you'?re welcome|estou [àa] disposi|quedo a"
    r"|qualquer (?:coisa|d[úu]vida)|cualquier (?:cosa|duda)|any (?:questions?|trouble|doubt)|let me know"
    r"|me avis[ae]|av[íi]s[ae]me"
)
_COURTESY = re.compile(rf"^\W*(?:{_GREETING}|{_CLOSING})\b", re.IGNORECASE)
_ADDRESS = re.compile(rf"^\W*(?:{_GREETING})\b", re.IGNORECASE)
"""Words that open or close a comment and help nobody else."""
_HANDLING = re.compile(
    r"\b(?:vou (?:verificar|ver|checar|olhar|analisar)|estou (?:vendo|verificando|analisando)|j[áa] (?:vou|estou)"
    r"|encaminhei|escalei|em an[áa]lise|voy a (?:revisar|ver|verificar)|estoy (?:revisando|viendo)|lo escal[ée]"
    r"|i'?(?:ll| will| am|'m) (?:check|look|chas|investigat)\w*|i(?:'ve| have)? escalated|looking into"
    r"|chamado (?:encerrado|resolvido)|closing (?:the|this)|cierro (?:el|la|este|esta))\b",
    re.IGNORECASE,
)
"""What agents say about their own work."""


@dataclass(frozen=True, slots=True)
class Solution:
    """The useful sentences of the comments that solved one request; `listed` are those that stood in a list."""

    number: str
    language: Language
    sentences: tuple[str, ...]
    listed: frozenset[str]
    groups: frozenset[str]  # that may open such requests; empty = everybody


def solutions(session: Session, references: Sequence[str]) -> list[Solution]:
    """Of the solved requests with these references, newest first; requests without a useful word are left out."""
    wanted = select(RequestRow).where(RequestRow.reference.in_(references), RequestRow.status.in_(SOLVED))
    rows = list(session.scalars(wanted.order_by(RequestRow.number.desc()).limit(MOST)))
    groups = {category.id: frozenset(category.groups) for category in catalogue_of(session)}
    found = [_solution(session, row, groups.get(row.category_id, frozenset())) for row in rows]
    return [solution for solution in found if solution.sentences]


def _solution(session: Session, row: RequestRow, groups: frozenset[str]) -> Solution:
    told = select(RequestEvent).where(
        RequestEvent.number == row.number,
        RequestEvent.by == "agent",
        RequestEvent.public,
        RequestEvent.kind.in_(("comment", "status")),
    )
    events = [event for event in session.scalars(told.order_by(RequestEvent.id)) if event.text.strip()]
    requester = session.get(EmployeeRow, row.employee_id)
    names = [event.author for event in events] + ([requester.name] if requester else [])
    sentences, listed = [], set()
    for event in events:
        for sentence, is_listed in useful(event.text):
            clean = without_people(sentence, *names)
            sentences.append(clean)
            listed |= {clean} if is_listed else set()
    language: Language = next((known for known in LANGUAGES if known == row.language), "pt-BR")
    once = tuple(dict.fromkeys(sentences))
    return Solution(str(row.number), language, once, frozenset(listed), groups)


def useful(text: str) -> Iterator[tuple[str, bool]]:
    """The sentences of a comment that say what to do, and whether each stood in a list."""
    for line in text.splitlines():
        mark = _LIST_MARK.match(line)
        for sentence in _SENTENCE.split(line[mark.end() if mark else 0 :].strip()):
            bare = _without_address(sentence.strip())
            if len(bare.split()) < 2 or bare.endswith("?") or _COURTESY.match(bare) or _HANDLING.search(bare):
                continue
            yield bare, bool(mark)


def _without_address(sentence: str) -> str:
    """Drop whom it is said to: "Oi Ana, abra o portal" says "Abra o portal"."""
    head, comma, rest = sentence.partition(",")
    if comma and len(head.split()) <= 4 and _ADDRESS.match(head) and len(rest.split()) > 1:
        rest = rest.strip()
        return rest[:1].upper() + rest[1:]
    return sentence
