"""What an employee came with: the words, what to search for, and which categories it may be."""

import re
from collections.abc import Sequence
from typing import Any

from graph.language.port import Scored, Wish
from tools.service_desk import Category, Employee, Outage

WORDS = 2_000  # characters of the employee's words that are kept until a request takes them
SURE, CLEAR, LEAD = 0.6, 0.4, 0.2  # the best category alone, or with this lead over the next
EMPTY_WORDS = frozenset(
    re.findall(
        r"\S+",
        """
        a o um uma uns de do da dos das por favor pra para pro eu me no na com e ou oi ola olá bom dia boa tarde noite
        quero queria gostaria preciso precisava abrir abre abra abro criar fazer faz registrar chamado chamados ticket
        solicitação solicitacao pedido novo nova ajuda suporte ti problema tenho estou aqui mim isso pode poderia
        então entao agora já ja logo mesmo ok sobre disso desse dessa esse essa outro outra vamos bora pois ai aí
        entonces ahora ya eso esto ese esa sobre otro otra dale pues
        then now this that it about one another ok just
        el la los las un una del al en y quiero quisiera necesito abrir crear hacer registrar solicitud caso nueva
        nuevo ayuda soporte hola buenos buenas días dias tardes tengo puedes
        the an i to for please open create make raise file log request new want need would like help support hello hi
        não nao funciona funcionando funcionou deu dá da dando erro resolve nada porcaria droga merda
        no sirve anda andando porquería
        not doesn't doesn t does work working works broken thing error
        tentei tentado testei fiz tudo nenhum disse adiantou ajudou resolveu resolvido continua igual mesma ainda porque
        probé probe intenté intente hice todo resolvió resolvio sirvió sirvio ayudó ayudo sigue mismo todavía todavia
        tried did everything all nothing helped solved fixed still same because
        hey my with have problem can you could issue incident case
        """,
    )
)

ASKED_TWICE = 2  # times that an outage is asked about before other words pass it
QUESTION = re.compile(
    r"\?|^\W*(?:como|qual|quais|quando|onde|quem|por ?qu[eê]|o que|quanto|posso|cómo|cuál|cuándo|dónde|quién|qué|cuánto"
    r"|how|what|which|when|where|who|why|can|could|do|does|is|are)\b",
    re.IGNORECASE,
)


def names_nothing(text: str) -> bool:
    """Say whether these words only ask for a request without telling what about."""
    return all(word in EMPTY_WORDS for word in re.findall(r"[^\W\d_]+", text.casefold())) and not re.search(r"\d", text)


def matter_of(wish: Wish, said: str, files: Sequence[str] = ()) -> dict[str, Any]:
    """Keep what they came with, in plain types."""
    return {
        "words": said[:WORDS],
        "query": (wish.query or said)[:WORDS],
        "categories": [[scored.id, round(scored.score, 4)] for scored in wish.categories[:5]],
        "files": list(files),
    }


def plain_wish(wish: Wish, said: str, files: Sequence[str] = ()) -> dict[str, Any]:
    """Keep a wish that waits, in plain types."""
    return {"intent": wish.intent, "number": wish.number, **matter_of(wish, said, files)}


def wish_of(kept: dict[str, Any]) -> Wish:
    """Make a kept wish one again."""
    return Wish(
        intent=kept["intent"],
        confidence=1.0,
        query=kept["query"],
        categories=tuple(Scored(id=i, score=s) for i, s in kept["categories"]),
        number=kept.get("number", ""),
    )


def leaves(catalogue: Sequence[Category], employee: Employee | None) -> tuple[Category, ...]:
    """Choose the categories this employee may open a request in."""
    groups = set(employee.groups) if employee else set()
    return tuple(c for c in catalogue if c.queue and (not c.groups or groups & set(c.groups)))


def ranked(matter: dict[str, Any], allowed: Sequence[Category]) -> list[tuple[Category, float]]:
    """Order the categories a matter may belong to, best first."""
    by_id = {category.id: category for category in allowed}
    return [(by_id[i], score) for i, score in matter.get("categories", []) if i in by_id]


def sure_of(candidates: Sequence[tuple[Category, float]]) -> Category | None:
    """Choose a category only when it is clear enough not to ask."""
    if not candidates:
        return None
    (best, score), *others = candidates
    lead = score - (others[0][1] if others else 0.0)
    return best if score >= SURE or (score >= CLEAR and lead >= LEAD) else None


def outage_for(
    matter: dict[str, Any], outages: Sequence[Outage], declined: Sequence[str], *, asking: bool
) -> Outage | None:
    """Find a known trouble that this may be; a question wants more signs of it than a complaint."""
    text = f"{matter.get('words', '')}\n{matter.get('query', '')}".casefold()
    top = next((i for i, _ in matter.get("categories", [])), "")
    for outage in outages:
        named = [word for word in outage.keywords if re.search(rf"\b{re.escape(word.casefold())}\b", text)]
        titles = " ".join(outage.title.values()).casefold()
        fitting = not outage.categories or top in outage.categories
        telling = fitting and (not outage.categories or any(w.casefold() in titles for w in named))  # "vpn", not "cai"
        needed = 1 if telling and not (asking and outage.categories) else 2
        if outage.id not in declined and len(named) >= needed:
            return outage
    return None
