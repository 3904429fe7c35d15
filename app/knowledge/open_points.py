"""What a draft leaves to the person who reviews it: kept by name, said in English here, by pages in their languages."""

SENTENCES = {
    "no_solution": "No solved request of these questions has a public comment in this language: the steps are missing.",
    "one_request": "The steps come from one request only (#{what}): check that they hold for everybody.",
    "other_language": "Solved in another language too, to be looked at: {what}.",
    "brackets": "Personal data was taken out where brackets stand: write what everybody can follow, or drop it.",
    "people": "Look for names and details of one person: what is published is read by everybody in the audience.",
    "left_out": "{what} steps of the model stood in no comment and were left out.",
}
"""Anything else is a model's own question, in the article's language."""


def point(name: str, what: str | int = "") -> str:
    """A point as it is kept."""
    return f"{name}:{what}"


def parted(kept: str) -> tuple[str, str]:
    """Its name and what it is about; for a model's question "" and the question."""
    name, colon, what = kept.partition(":")
    return (name, what) if colon and name in SENTENCES else ("", kept)


def sentence(kept: str) -> str:
    """A kept point in English."""
    name, what = parted(kept)
    return SENTENCES[name].format(what=what) if name else what
