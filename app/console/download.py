"""Files for the browser to keep, never to show."""

import re
import unicodedata
from pathlib import Path
from urllib.parse import quote

import anyio
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from app.uploads import HEAD, media_type_of, stored_path

UNKNOWN = "application/octet-stream"


def attachment(content: bytes, name: str, media_type: str = UNKNOWN) -> Response:
    """Answer with a file; the sandbox holds even where a browser shows it after all."""
    return Response(content, media_type=media_type, headers=_headers(name))


async def stored_file(data_dir: Path, path: str, name: str) -> Response:
    """Answer with a file somebody sent, from below the data directory; raises HTTPException 404 when it is gone.

    Its type is what its content says, whatever was claimed. An `<img>` shows it all the same.
    """
    found = stored_path(data_dir, path)
    if found is None:
        raise HTTPException(404)
    async with await anyio.open_file(found, "rb") as file:
        head = await file.read(HEAD)
    return FileResponse(found, media_type=media_type_of(head) or UNKNOWN, headers=_headers(name))


def _headers(name: str) -> dict[str, str]:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^A-Za-z0-9._ -]", "_", plain).lstrip(".") or "file"
    spelt = f"attachment; filename=\"{safe}\"; filename*=UTF-8''{quote(name, safe='')}"
    return {"Content-Disposition": spelt, "Content-Security-Policy": "default-src 'none'; sandbox"}
