"""What a reader of files says when it will not go on."""


class RefusedError(Exception):
    """A file is not taken; the message is the reason, for the person who keeps the articles."""


TOO_DEEP = "its parts are nested too deeply to be read: simplify headings, lists and boxes"
DAMAGED = "the file is damaged or unusual: open it, save it again and try once more"
NO_TEXT = "there is no text in it"
TOO_LARGE = "reading it takes more memory or time than a file may: split it"
"""One sentence for each thing a person can do about it."""
