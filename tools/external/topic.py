"""Whether a question is one for a help desk at all: only those may be asked of anybody outside.

Meta bars general assistants from WhatsApp, and an engine takes some questions about the world for questions of work.
"""

from retrieval.colloquial import FUNCTION_WORDS
from retrieval.lexicon import translate
from retrieval.passage import Language
from retrieval.question import question_words
from tools.external.products import KNOWN


def is_of_work(question: str, language: Language) -> bool:
    """Whether it names a product, or anything of the shipped vocabulary of IT and HR."""
    said = question_words(question, language)
    if KNOWN.intersection(said):
        return True
    other: Language = "pt-BR" if language == "en" else "en"
    phrases = translate(said, language, other)
    return any(known and not FUNCTION_WORDS[language].issuperset(phrase) for phrase, known in phrases)
