"""Questions a knowledge base is rehearsed with: its own titles and headings as people write them, and foreign ones."""

import hashlib
import heapq
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files

from retrieval.articles import LANGUAGES
from retrieval.colloquial import FUNCTION_WORDS
from retrieval.passage import Article, Language
from retrieval.words import fold, words

ARTICLES = 100  # that lend questions: two each are asked within 15 s, and give rates to within 8 points
LONGEST = 14  # words of a question: what people write in one line
SHORTEST = 2  # words that carry meaning; one alone names a topic and asks nothing
KEPT = 0.85  # chance that a word of the article is said at all
# Chance that it is said in other words than the article's. With .25 what is expected of a knowledge base is nearest to
# what real questions get: 11 points apart on average, over five public sets at both thresholds; with .15 and .35 more.
OWN_WORDS = 0.25
LONG = 4  # letters from which a word is worth taking from another article
SLIP = 0.08  # chance of a typing slip in a word of five letters or more
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*_`>#|]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_BEFORE: dict[Language, tuple[str, ...]] = {
    "pt-BR": ("oi, ", "bom dia, ", "como faço: ", "", "", ""),
    "es": ("hola, ", "buenas, ", "cómo hago: ", "", "", ""),
    "en": ("hi, ", "hello, ", "how do I: ", "", "", ""),
}


@dataclass(frozen=True, slots=True)
class MadeQuestion:
    """A question nobody asked, and the id of the article it was made from; "" = of another world."""

    text: str
    language: Language
    article: str = ""


def own_questions(articles: Iterable[Article]) -> list[MadeQuestion]:
    """One or two questions each of a sample of the articles, the same ones as long as those stay as they are."""
    sample = heapq.nsmallest(ARTICLES, articles, key=lambda article: hashlib.sha256(article.key.encode()).digest())
    made = []
    for number, article in enumerate(sample):
        others = words(sample[number - 1].body) if number else []  # of another matter
        said = [_as_said(phrase, article, others) for phrase in _phrases(article)]
        made += [MadeQuestion(text, article.language, article.id) for text in said if text]
    return made


def foreign_questions() -> list[MadeQuestion]:
    """Small talk and other domains, in all three languages."""
    made = []
    for language in LANGUAGES:
        text = files("retrieval").joinpath("foreign", f"{language}.txt").read_text("utf-8")
        lines = (line.strip() for line in text.splitlines())
        made += [MadeQuestion(line, language) for line in lines if line and not line.startswith("#")]
    return made


def _phrases(article: Article) -> list[str]:
    """What the article calls itself, and one of its parts or its keywords; its first sentence where it has neither."""
    headings = [name for name in _HEADING.findall(article.body) if fold(name) != fold(article.title)]
    parts = [f"{name} {article.title}" for name in headings]
    if article.keywords:
        parts.append(" ".join(article.keywords))
    found = [phrase for phrase in (article.title, _luck(article).choice(parts) if parts else "") if phrase]
    return found or [_opening(article.body)]


def _opening(body: str) -> str:
    text = _MARKUP.sub(lambda match: match[1] or " ", _HEADING.sub("", body))
    return next((part for part in _SENTENCE.split(text) if len(part.split()) > SHORTEST), "")


def _as_said(phrase: str, article: Article, others: Sequence[str]) -> str:
    """The phrase as somebody types it who does not know the article; "" when too little is left of it."""
    luck, idle = _luck(article, phrase), FUNCTION_WORDS[article.language]
    strange = [word for word in others if word not in idle and len(word) >= LONG]
    said, meaning = [], 0
    for word in words(phrase)[:LONGEST]:
        if word in idle:
            said.append(word)
        elif luck.random() < KEPT:
            meaning += 1
            other = bool(strange) and luck.random() < OWN_WORDS
            said.append(luck.choice(strange) if other else _slipped(word, luck))
    return luck.choice(_BEFORE[article.language]) + " ".join(said) if meaning >= SHORTEST else ""


def _slipped(word: str, luck: random.Random) -> str:
    """Now and then a letter dropped, or two exchanged."""
    if len(word) <= LONG or luck.random() >= SLIP:
        return word
    at = luck.randrange(1, len(word) - 2)
    return word[:at] + luck.choice((word[at + 1 :], word[at + 1] + word[at] + word[at + 2 :]))


def _luck(article: Article, *more: str) -> random.Random:
    """The same for the same text: a revision built again is the same revision."""
    return random.Random("\n".join((article.key, article.title, *more)))  # noqa: S311 -- no secret hangs on it
