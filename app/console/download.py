"""Files for the browser to keep, never to show."""

import re
import unicodedata
from urllib.parse import quote

from starlette.responses import Response


def attachment(content: bytes, name: str, media_type: str = "application/octet-stream") -> Response:
    """Answer with a file; the sandbox holds even where a browser shows it after all."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^A-Za-z0-9._ -]", "_", plain).lstrip(".") or "file"
    spelt = f"attachment; filename=\"{safe}\"; filename*=UTF-8''{quote(name, safe='')}"
    headers = {"Content-Disposition": spelt, "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(content, media_type=media_type, headers=headers)
