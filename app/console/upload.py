"""A file that a form brought, read whole; how large it may be stands in the policy."""

from app.console.form import Form

LONGEST_NAME = 200  # characters


async def uploaded(form: Form, field: str, otherwise: str) -> tuple[str, bytes]:
    """Its name (`otherwise` for none) and content, empty when nothing came; every file of the field is let go of."""
    name, content = otherwise, b""
    for number, file in enumerate(form.files.get(field, ())):
        if number == 0:
            name, content = (file.filename or otherwise)[:LONGEST_NAME], await file.read()
        await file.close()
    return name, content
