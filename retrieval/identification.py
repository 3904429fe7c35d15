"""Which of the three languages a text is written in."""

import re
from functools import cache
from typing import Any, Protocol

from retrieval.passage import Language

CODES: dict[str, Language] = {"pt": "pt-BR", "es": "es", "en": "en"}
_SURE = 0.9  # probability among the three
_FEWEST = 4  # words
_SAMPLE = 4_000  # characters from the start
_NO_PROSE = re.compile(r"```.*?(?:```|\Z)|https?://\S+|\S+@\S+|\S*[\d_]\S*|[^\w\s']", re.DOTALL)


class Identifier(Protocol):
    """What ranks the three languages of a text by probability."""

    def rank(self, text: str) -> list[tuple[str, float]]:
        """Codes as in CODES, the likeliest first."""


@cache
def identifier() -> Identifier:
    """The one identifier of the process."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - half a second that start-up saves

    whole: Any = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    whole.set_languages(list(CODES))
    table = (whole.nb_ptc, whole.nb_pc, whole.nb_classes, whole.tk_nextmove, whole.tk_output)
    return LanguageIdentifier(*table, norm_probs=True, tk_row=whole.tk_row)  # type: ignore[no-any-return]  # 26 MB less


def language_of(text: str) -> Language | None:
    """The language of a written text; None when it is too short or speaks for two of them alike."""
    prose = " ".join(_NO_PROSE.sub(" ", text[:_SAMPLE].lower()).split())
    if len(prose.split()) < _FEWEST:
        return None
    code, probability = identifier().rank(prose)[0]
    return CODES[code] if probability >= _SURE else None
