"""The shape a word shares with its kin: Portuguese and Spanish words that differ by sound laws fold together."""

import re

_LAWS = tuple(
    (re.compile(pattern), shape)
    for pattern, shape in (
        (r"([cs])(?:oes|iones|ao)$", r"\1ion"),  # configuração, configuraciones
        (r"dades?$", "dad"),  # universidade, universidad
        (r"ie", "e"),  # tempo, tiempo
        (r"ue", "o"),  # novo, nuevo
        (r"ou", "o"),
        (r"nh|nn", "n"),
        (r"lh|ll", "l"),
        (r"ss", "s"),
        (r"qu|ch", "c"),  # arquivo, archivo
        (r"m$|m(?=s$)", "n"),  # imagem, imagen
        (r"ei", "e"),  # primeiro, primero
        (r"rr", "r"),
        (r"[xj]|g(?=[ei])", "x"),  # executar, ejecutar
        (r"z", "c"),
        (r"y", "i"),
        (r"v", "b"),
    )
)


def kin(folded: str) -> str:
    """The shape of a folded word; words of one language keep apart, cognates meet."""
    for pattern, shape in _LAWS:
        folded = pattern.sub(shape, folded)
    return folded
