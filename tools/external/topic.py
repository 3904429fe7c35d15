"""Whether a question is one for a help desk at all: only those may be asked of anybody outside.

Meta bars general assistants from WhatsApp, and an engine takes some questions about the world for questions of work.
"""

import re

from retrieval.colloquial import FUNCTION_WORDS
from retrieval.lexicon import Phrase, translate
from retrieval.passage import Language
from retrieval.question import question_words
from tools.external.products import KNOWN

ANYBODYS = frozenset(
    re.findall(
        r"\S+",
        """
        about how that what which why when where people person home house place location start begin stop open close
        help need want use usage get obtain check verify test new old different other another first several many all
        only alone time date day month year name address number city type kind see view show hide find search write
        read learn learning understand wait leave exit join empty blank later daily avoid prevent require required
        mandatory necessary text voice image picture photo video audio sound lost lose missing buy purchase price cost
        pay payment travel trip meal food change create make move copy work works working run line row table chair
        language translate translation plan center centre content public private medical doctor bank weather hot cold
        send receive reply respond answer message call size full limit maximum broken fix slow save remove add edit
        delete course training child team member guest owner property company client customer partner product key
        local cloud order hour hours temporary available unavailable call event invite invitation room book booking
        background available building door space storage benefit
        """,
    )
)
"""English words of the vocabulary that are said at work and everywhere else: they make no question one of work."""


NAMED = frozenset({"sistema", "system", "mail", "email", "intranet", "internet"})
"""Not in the vocabulary, since all three languages write them alike or it has no need of them."""


def is_of_work(question: str, language: Language) -> bool:
    """Whether it names a product, or anything of the shipped vocabulary of IT and HR that is not everybody's word."""
    said = question_words(question, language)
    if (KNOWN | NAMED).intersection(said):
        return True
    return any(_is_ours(phrase, meant, language) for phrase, meant in translate(said, language, _other(language)))


def _other(language: Language) -> Language:
    return "pt-BR" if language == "en" else "en"


def _is_ours(phrase: Phrase, meant: tuple[Phrase, ...], language: Language) -> bool:
    """Whether one of its meanings is; what is no phrase of the vocabulary means nothing."""
    english = (phrase,) if language == "en" and meant else meant
    return not FUNCTION_WORDS[language].issuperset(phrase) and any(not ANYBODYS.issuperset(one) for one in english)
